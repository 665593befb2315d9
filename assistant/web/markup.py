"""Pure. Small pieces of HTML: everything that comes from outside is escaped here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from urllib.parse import urlsplit

from ..types import Quote, Source

__all__ = ["highlighted", "inline", "link", "safe_url", "source_items"]


def inline(text: str) -> str:
    r"""Escape text for one place in a page: all on one line, line ends as `<br>`.

    >>> inline("a < b\n\nc")
    'a &lt; b<br>c'
    """
    return "<br>".join(escape(line.strip()) for line in text.splitlines() if line.strip())


def safe_url(url: str | None) -> str | None:
    """Return the address when a reader may follow it: http(s), or a path on our own host; anything else is None.

    >>> [safe_url(url) for url in ("https://a.org/b", "/articles/x#y", "javascript:alert(1)", "//host")]
    ['https://a.org/b', '/articles/x#y', None, None]
    """
    if not url or any(char <= " " or char in "\\\x7f" for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if parts.scheme in ("http", "https"):
        return url if parts.netloc else None
    return url if not parts.scheme and not parts.netloc and url.startswith("/") else None


def link(url: str | None, text: str, css_class: str = "") -> str:
    """Make a link, or just the escaped text when the address is not one to follow."""
    target = safe_url(url)
    if target is None:
        return inline(text)
    named = f' class="{css_class}"' if css_class else ""
    return f'<a href="{escape(target)}"{named} rel="noopener">{inline(text)}</a>'


def source_items(sources: Iterable[Source], id_prefix: str = "") -> str:
    """Make list items naming what an article draws on, each linked; with a prefix they get ids ending in 1, 2, ..."""
    items = []
    for number, source in enumerate(sources, start=1):
        name = f' id="{id_prefix}{number}"' if id_prefix else ""
        publisher = f" <span>{inline(source.publisher)}</span>" if source.publisher else ""
        items.append(f"<li{name}>{link(source.url, source.title or source.url)}{publisher}</li>")
    return "".join(items)


def highlighted(passage: Quote, quotes: Iterable[Quote]) -> str:
    """Return the passage with the quoted words in `<mark>`; quotes that touch or overlap share one.

    >>> highlighted(Quote(10, 17, "Lie. Up"), [Quote(15, 17, "Up")])
    'Lie. <mark>Up</mark>'
    """
    parts: list[str] = []
    done = 0
    for start, end in _merged(passage, quotes):
        parts += [_raw(passage.text[done:start]), "<mark>", _raw(passage.text[start:end]), "</mark>"]
        done = end
    return "".join([*parts, _raw(passage.text[done:])])


def _raw(text: str) -> str:
    return escape(text).replace("\r", "").replace("\n", "<br>")


def _merged(passage: Quote, quotes: Iterable[Quote]) -> list[tuple[int, int]]:
    """Find where the quotes lie in the passage's own text, in order and without overlap."""
    spans: list[tuple[int, int]] = []
    for quote in sorted(quotes, key=lambda q: q.start):
        start = max(quote.start - passage.start, 0)
        end = min(quote.end - passage.start, len(passage.text))
        if start >= end:
            continue
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans
