"""Pure: the marks on a page as raw blocks, and the making of blocks that the readers of all forms share."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from .text import collapse, word_count

__all__ = [
    "BOLD_LEVEL", "BULLET", "NUMBERED", "RawBlock", "RawPage", "is_bold_heading", "joined", "nested", "row_text",
    "typed_list",
]  # fmt: skip

BOLD_LEVEL = 6
"""Level of a heading that is only a bold line: below all marked ones."""
BULLET = re.compile(r"^\s*(?:[•◦▪●■‣·∙⁃○✓✔✅➤➢►▶→»*+–—-]\ufe0f?|o(?=\s{2,}))\s+(?=\S)")
NUMBERED = re.compile(r"^\s*(?:step\s+)?\(?(\d{1,2})[.):]\s+(?=\S)", re.IGNORECASE)
_TYPED_BULLET = re.compile(r"^\s*[•◦▪●■‣·∙⁃○✓✔✅➤➢►▶→»–—]\ufe0f?\s+(?=\S)")
"""Bullets that Markdown does not know: people paste them from a word processor."""
_CLOSED = (".", "!", "?", ":", ";", ",")
_MAX_BOLD_WORDS = 8


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A paragraph, heading, list item or marked caption as the page has it, on one line."""

    kind: Literal["heading", "paragraph", "item", "caption"]
    text: str
    line: int
    level: int = 0
    ordered: bool = False
    cites: tuple[str, ...] = ()
    number: int = 0
    """Of an ordered item, where the page tells it; 0 when it has to be counted."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """All blocks of a page, with title and front matter where it has them; headings are marked or still to be found."""

    blocks: tuple[RawBlock, ...]
    title: str | None = None
    front: dict[str, Any] = field(default_factory=dict)
    marked: bool = True
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each front matter entry: `title`, and `sources.0` for the first of a list."""


def typed_list(text: str, line: int, cites: tuple[str, ...], *, numbers: bool = False) -> list[RawBlock]:
    """Cut a paragraph into the items of a list whose bullets were typed, each on its own line, if it is one."""
    pieces: list[tuple[re.Match[str] | None, list[str]]] = []
    for row in text.split("\n"):
        mark = (NUMBERED.match(row) or BULLET.match(row)) if numbers else _TYPED_BULLET.match(row)
        if mark or not pieces:
            pieces.append((mark, []))
        pieces[-1][1].append(row[mark.end() :] if mark else row)
    blocks = []
    for mark, rows in pieces:
        count = int(mark.group(1)) if mark and mark.re is NUMBERED else 0
        if words := collapse(" ".join(rows)):
            kind: Literal["item", "paragraph"] = "item" if mark else "paragraph"
            blocks.append(RawBlock(kind, words, line, 0, count > 0, cites, count))
    return blocks


def joined(item: RawBlock, words: str, cites: tuple[str, ...], between: str = " ") -> RawBlock:
    """Give an item more text: a further paragraph, or an item nested in it."""
    return replace(item, text=nested(item.text, words, between), cites=item.cites + cites)


def nested(text: str, words: str, between: str) -> str:
    """Put words behind a text; `between` stands between them unless the text is closed by a mark of its own."""
    return f"{text}{' ' if text.endswith(_CLOSED) else between}{words}"


def row_text(header: Sequence[str], row: Sequence[str]) -> str:
    """Write a table's row as one line that can be quoted alone.

    >>> row_text(["Level", "Sets"], ["Beginner", "2"]), row_text([], ["Beginner", "2 sets"])
    ('Level: Beginner; Sets: 2', 'Beginner: 2 sets')
    """
    if any(header):
        names = [*header, *[""] * len(row)]
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell)
    cells = [cell for cell in row if cell]
    return ": ".join((cells[0], "; ".join(cells[1:]))) if len(cells) > 1 else "".join(cells)


def is_bold_heading(words: str) -> bool:
    """Whether a line that is all bold is meant as a heading: it is short and does not end like a sentence."""
    return 0 < word_count(words) <= _MAX_BOLD_WORDS and not words.endswith((".", "!", ",", ";", "…", '"', "”"))
