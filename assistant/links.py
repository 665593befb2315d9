"""Pure: where a passage can be read: the article's own address, or our page of it."""

from __future__ import annotations

from urllib.parse import quote

from .text import slug
from .types import Article, Passage

__all__ = ["anchor", "article_link", "section_anchors"]

_FRAGMENT_WORDS = 8


def anchor(heading_path: tuple[str, ...]) -> str:
    """The anchor a section gets when no other section of its article wants the same.

    >>> anchor(("Variations", "Superman")), anchor(())
    ('variations-superman', 'top')
    """
    return slug(" ".join(heading_path)) if heading_path else "top"


def section_anchors(article: Article) -> dict[tuple[str, ...], str]:
    """The anchor of each heading path of an article; no two paths share one."""
    anchors: dict[tuple[str, ...], str] = {}
    taken: set[str] = set()
    for section in article.sections:
        if section.heading in anchors:
            continue
        name, count = anchor(section.heading), 1
        while name in taken:
            count += 1
            name = f"{anchor(section.heading)}-{count}"
        anchors[section.heading] = name
        taken.add(name)
    return anchors


def article_link(article: Article, passage: Passage, public_url: str) -> str:
    """Link to a passage: a text fragment at the article's own address, else the section's anchor on our page.

    A text fragment (https://wicg.github.io/scroll-to-text-fragment/) makes the browser scroll there.
    """
    if article.url:
        opening = " ".join(passage.spans[0].text.split()[:_FRAGMENT_WORDS])  # a fragment never crosses a list item
        mark = "" if "#" in article.url else "#"
        return f"{article.url}{mark}:~:text={quote(opening, safe='').replace('-', '%2D')}"
    return f"{public_url.rstrip('/')}/articles/{quote(article.id)}#{quote(section_anchors(article)[passage.heading])}"
