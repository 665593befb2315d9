"""Pure. Articles as plain HTML pages: they need no script, print well, and have an anchor per section."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby

from ..links import section_anchors
from ..text import slug
from ..types import Article, Section
from .markup import inline, link, source_items

__all__ = ["article_page", "index_page", "message_page", "page"]

_ITEM = re.compile(r"\s*(?:(?P<number>\d{1,4})[.)]|[-*•])\s+(?P<text>.*)")


def article_page(article: Article, library: Sequence[Article] = (), picture: str = "") -> str:
    """Render one article as a complete page; `library` holds those that it leads to, `picture` is an SVG element."""
    anchors = section_anchors(article)
    also = f'<p class="also">Also called {inline(", ".join(article.aliases))}.</p>' if article.aliases else ""
    # "ref:" cannot be the start of a section's anchor: a slug holds no colon
    sources = f"<h2>Sources</h2><ol>{source_items(article.sources, 'ref:')}</ol>" if article.sources else ""
    sections = "".join(_sections(article, anchors))
    body = (
        f"<article><h1>{inline(article.title)}</h1>{also}{_tags(article)}{_leads(article, library)}"
        f'<p class="about">{_about(article)}</p>{picture and f"<figure>{picture}</figure>"}'
        f'{_contents(article, anchors)}{sections}<footer class="sources">{sources}</footer></article>'
    )
    return page(article.title, body, root="../", back=("../articles", "All articles"))


def index_page(articles: Sequence[Article]) -> str:
    """Render the list of all articles as a complete page: by what they are tagged with, then all of them."""
    rows = "".join(_row(article) for article in articles)
    listing = (
        f'<h2 id="all">All articles</h2><ul class="articles">{rows}</ul>'
        if rows
        else "<p>There are no articles yet.</p>"
    )
    tagged = "".join(_by_tag(facet, articles) for facet in dict.fromkeys(f for a in articles for f in a.tags))
    return page("Articles", f"<h1>Articles</h1><p>Every answer is quoted from these.</p>{tagged}{listing}", root="")


def _by_tag(facet: str, articles: Sequence[Article]) -> str:
    """One line for each tag of a facet, with the articles that have it, those first that have it first."""
    places: dict[str, list[tuple[int, Article]]] = {}
    for article in articles:
        for place, tag in enumerate(article.tags.get(facet, ())):
            places.setdefault(tag, []).append((place, article))
    rows = "".join(
        f'<dt id="{facet}:{slug(tag)}">{inline(tag[:1].upper() + tag[1:])}</dt><dd>'
        + ", ".join(_to_article(article) for _, article in sorted(own, key=lambda entry: (entry[0], entry[1].title)))
        + "</dd>"
        for tag, own in sorted(places.items())
    )
    return f'<h2 id="{facet}">By {inline(_label(facet))}</h2><dl class="tags">{rows}</dl>'


def _to_article(article: Article, folder: str = "articles/") -> str:
    return f'<a href="{folder}{escape(article.id)}">{inline(article.title)}</a>'


def message_page(title: str, message: str, root: str = "") -> str:
    """Render a page that only says something, such as that there is no such article."""
    return page(title, f"<h1>{inline(title)}</h1><p>{inline(message)}</p>", root=root)


def page(title: str, body: str, root: str, back: tuple[str, str] | None = None) -> str:
    """Put together a complete document; `root` leads from its address to the server's first page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{inline(title)} · Backchat</title>"
        f'<link rel="icon" href="{root}static/favicon.svg" type="image/svg+xml">'
        f'<link rel="stylesheet" href="{root}static/page.css"></head>\n'
        f'<body><header><a class="home" href="{root or "./"}">Backchat</a>'
        + (f'<a href="{back[0]}">{back[1]}</a>' if back else "")
        + f"</header>\n<main>{body}</main></body></html>\n"
    )


def _row(article: Article) -> str:
    also = f"<span>{inline(', '.join(article.aliases))}</span>" if article.aliases else ""
    return f"<li>{_to_article(article)}{also}</li>"


def _label(facet: str) -> str:
    return "kind" if facet == "definition" else facet


def _tags(article: Article) -> str:
    """What an article is tagged with, each tag a link to what else has it."""
    lines = (
        f"{inline(_label(facet).capitalize())}: "
        + ", ".join(f'<a href="../articles#{facet}:{slug(tag)}">{inline(tag)}</a>' for tag in own)
        for facet, own in article.tags.items()
    )
    shown = " · ".join(lines)
    return f'<p class="also">{shown}</p>' if shown else ""


def _leads(article: Article, library: Sequence[Article]) -> str:
    """What to do before and what to go on to, each a link."""
    titled = {other.id: other for other in library}
    lines = [
        f"{said}: {', '.join(_to_article(titled[id_], '') for id_ in ids if id_ in titled)}"
        for said, ids in (("Easier", article.easier), ("Harder", article.harder))
        if titled.keys() & set(ids)
    ]
    return f'<p class="also">{" · ".join(lines)}</p>' if lines else ""


def _about(article: Article) -> str:
    """Name author, date, licence, and where else the text stands."""
    parts = [inline(part) for part in (article.author, article.date, article.licence) if part]
    if article.url:
        parts.append(link(article.url, "Original page"))
    return " · ".join(parts)


def _contents(article: Article, anchors: dict[tuple[str, ...], str]) -> str:
    """Link to the top-level sections, when there are enough to get lost in."""
    tops = [s.heading for s in article.sections if len(s.heading) == 1]
    if len(tops) < 4:
        return ""
    items = "".join(f'<li><a href="#{anchors[path]}">{inline(path[0])}</a></li>' for path in dict.fromkeys(tops))
    return f'<nav aria-label="Sections of this article"><ul>{items}</ul></nav>'


def _sections(article: Article, anchors: dict[tuple[str, ...], str]) -> Iterator[str]:
    numbers = {source.key: number for number, source in enumerate(article.sources, start=1)}
    shown: set[tuple[str, ...]] = set()
    for section in article.sections:
        name = "" if section.heading in shown else f' id="{anchors[section.heading]}"'
        shown.add(section.heading)
        yield (
            f"<section{name}>{_heading(section)}{_body(article.text[section.start : section.end])}"
            f"{_references(section, numbers)}</section>"
        )


def _heading(section: Section) -> str:
    if not section.heading:
        return ""
    level = min(len(section.heading) + 1, 6)
    return f"<h{level}>{inline(section.heading[-1])}</h{level}>"


def _references(section: Section, numbers: dict[str, int]) -> str:
    """Show which of the article's sources a section names, as links to the list at the end."""
    cited = sorted({numbers[key] for key in section.sources if key in numbers})
    links = ", ".join(f'<a href="#ref:{number}">{number}</a>' for number in cited)
    return f'<p class="refs">Sources: {links}</p>' if links else ""


def _body(text: str) -> str:
    """Render paragraphs and lists of one section's text."""
    return "".join(_paragraph(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip())


def _paragraph(block: str) -> str:
    r"""Render one run of lines: those that start like list items become a list, the others a paragraph.

    >>> _paragraph("Then:\n1. Lie down.\n2. Lift.")
    '<p>Then:</p><ol><li>Lie down.</li><li>Lift.</li></ol>'
    """
    parts = []
    for kind, lines in groupby(block.splitlines(), key=_kind):
        if kind == "p":
            parts.append(f"<p>{inline(chr(10).join(lines))}</p>")
        else:
            parts.append(_list(kind, [match for line in lines if (match := _ITEM.match(line))]))
    return "".join(parts)


def _kind(line: str) -> str:
    match = _ITEM.match(line)
    return "p" if match is None else "ol" if match["number"] else "ul"


def _list(tag: str, items: list[re.Match[str]]) -> str:
    first = int(items[0]["number"]) if tag == "ol" else 1
    start = f' start="{first}"' if first != 1 else ""
    rows = "".join(f"<li>{inline(item['text'])}</li>" for item in items)
    return f"<{tag}{start}>{rows}</{tag}>"
