"""Pure: raw blocks of a page -> a clean article text with its sections.

Site furniture and picture captions go; headings without marks are found; what a caption says its picture shows names
the section below it when no heading does. The text has one form whatever the page had: headings on their own line,
blank lines between blocks, `1. ` before steps and `- ` before bullets.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from .blocks import RawBlock, RawPage
from .text import fold, phrase_pattern, stems, words
from .types import Section
from .vocabulary import Reading

__all__ = ["clean_blocks", "compose_text", "page_title", "topic_phrase"]

_FIGURE = re.compile(r":\s*\d[^A-Z]*$")
"""A line such as `Time: 20 minutes` says something; a heading does not."""
_CLOSERS = (".", "!", ",", ";", ":", "…", '"', "”", ")")
_MAX_CAPTION_WORDS = 40
_MAX_HEADING_WORDS = 12
_MAX_PLACE_WORDS = 5
_MAX_TITLE_WORDS = 30


def page_title(page: RawPage, reading: Reading) -> tuple[str | None, tuple[RawBlock, ...]]:
    """Find the title of a page (own mark, first heading, or a first line that is no sentence) and the blocks below."""
    if page.title:
        own = (block for block in page.blocks if block.kind == "heading" and fold(block.text) == fold(page.title))
        said = next(own, None)
        return page.title, tuple(block for block in page.blocks if block is not said)
    for position, block in enumerate(page.blocks[:5]):
        rest = page.blocks[:position] + page.blocks[position + 1 :]
        if block.kind == "heading" and block.level == 1:
            return block.text, rest
        if not page.marked and block.kind == "paragraph" and not _is_caption(block, page.blocks, position, reading):
            return (block.text, rest) if _unclosed(block.text, _MAX_TITLE_WORDS) else (None, page.blocks)
    return None, page.blocks


def clean_blocks(blocks: Sequence[RawBlock], reading: Reading, *, marked: bool) -> list[RawBlock]:
    """Blocks without furniture and captions, with headings marked.

    Args:
        blocks: the page's blocks below its title.
        reading: the data that says what furniture and captions look like.
        marked: whether the page marks its headings; if not, they are told by their form.

    """
    kept: list[RawBlock] = []
    furniture_level = 0  # of the furniture heading we are under; 0: under none
    blocks = blocks if marked else _with_lists(blocks)
    for position, block in enumerate(blocks):
        if _is_caption(block, blocks, position, reading):
            subject = _caption_subject(block.text, reading)
            if subject and not furniture_level and not marked:
                kept.append(replace(block, kind="caption", text=subject))
            continue
        heading = block.kind == "heading" or (not marked and _looks_like_heading(block, blocks, position))
        opens_furniture = heading and _is_furniture_heading(block.text, reading, marked=marked)
        if not opens_furniture and _is_furniture_line(block, reading):
            continue  # also where it looks like a heading: it neither opens nor ends what we are under
        level = block.level or 2
        if heading and (not furniture_level or level <= furniture_level):
            furniture_level = level if opens_furniture else 0
        if furniture_level:
            continue
        title = block.text.rstrip(": ") or block.text
        kept.append(replace(block, kind="heading", level=level, text=title) if heading else block)
    return _without_empty_headings(_caption_headings(kept))


def _with_lists(blocks: Sequence[RawBlock]) -> list[RawBlock]:
    """Make items of the short lines that stand right under a short line ending in a colon: a list without bullets."""
    result: list[RawBlock] = []
    last_line = 0  # of the list we are in
    for position, block in enumerate(blocks):
        above = blocks[position - 1] if position else None
        opens = (
            above is not None
            and above.kind == "paragraph"
            and above.text.endswith(":")
            and above.line + 1 == block.line
        )
        short = block.kind == "paragraph" and _unclosed(block.text, _MAX_HEADING_WORDS)
        if short and (opens or (last_line and last_line + 1 == block.line)):
            result.append(replace(block, kind="item"))
            last_line = block.line
        else:
            result.append(block)
            last_line = 0
    return result


def _is_furniture_heading(text: str, reading: Reading, *, marked: bool) -> bool:
    """Whether a heading opens site furniture; a single word must be nearly all of it, unlike in "Search the tube"."""
    said = words(text)
    while said and said[0].isdigit():  # "12 comments"
        said = said[1:]
    known = reading.furniture_headings + (reading.furniture_marked_headings if marked else ())
    phrases = (phrase for phrase in known if len(phrase.split()) > 1 or len(said) <= 2)
    return _starts(" ".join(said), phrases)


def _starts(text: str, phrases: Iterable[str]) -> bool:
    folded = fold(text).lstrip("#*-–—([ ")
    return any(phrase_pattern(phrase).match(folded) or (folded.startswith("©") and phrase == "©") for phrase in phrases)


def _is_furniture_line(block: RawBlock, reading: Reading) -> bool:
    if block.kind == "heading":
        return False
    tokens = block.text.split()
    if all(token.startswith("#") for token in tokens) or (len(tokens) == 1 and "://" in tokens[0]):
        return True
    return len(tokens) <= 25 and _starts(block.text, reading.furniture_lines)


def _is_caption(block: RawBlock, blocks: Sequence[RawBlock], position: int, reading: Reading) -> bool:
    """Tell a caption: it opens like one, says what a person does, or stands twice in a row, and is no sentence.

    One that ends like a sentence must stand twice and say what its picture shows.
    """
    if block.kind not in ("paragraph", "caption") or len(block.text.split()) > _MAX_CAPTION_WORDS:
        return False
    text = block.text.split(" ", 1)[-1] if words(block.text)[:1] in (["a"], ["an"], ["the"]) else block.text
    neighbours = (*blocks[max(0, position - 1) : position], *blocks[position + 1 : position + 2])
    repeated = any(other.text == block.text for other in neighbours)
    if not _unclosed(block.text, _MAX_CAPTION_WORDS):
        return repeated and bool(_caption_subject(block.text, reading))
    return repeated or _starts(text, reading.caption_openings) or _shows_person(text, reading)


def _shows_person(text: str, reading: Reading) -> bool:
    """Whether a line opens with a person, perhaps says where, and goes on with what they do: "Man on a mat doing"."""
    folded = fold(text)
    people = (phrase_pattern(phrase).match(folded) for phrase in reading.caption_people)
    for person in () if folded.endswith("?") else filter(None, people):
        said = words(folded[person.end() :])
        most = _MAX_PLACE_WORDS + 1 if said and said[0] in reading.caption_stops else 1
        if any(word in reading.caption_verbs for word in said[:most]):
            return True
    return False


def _caption_subject(text: str, reading: Reading) -> str:
    """Find what a caption says its picture shows.

    "An illustration of a woman doing the plank on a mat" -> "plank", if the data knows `doing` and `on`.
    """
    tokens = text.split()
    for position, token in enumerate(tokens):
        if fold(token) in reading.caption_verbs:
            rest = tokens[position + 1 :]
            stop = next((n for n, word in enumerate(rest) if fold(word) in reading.caption_stops), len(rest))
            name = [word for word in rest[:stop] if fold(word) not in ("a", "an", "the")]
            return " ".join(name).strip(" .,") if len(name) <= 5 else ""
    return ""


def _unclosed(text: str, most_words: int) -> bool:
    return len(text.split()) <= most_words and not text.rstrip().endswith(_CLOSERS)


def _looks_like_heading(block: RawBlock, blocks: Sequence[RawBlock], position: int) -> bool:
    """Tell a short line that is no sentence, starts like a title, and has something else below it."""
    text = re.sub(r"\s*\(\d+\)$", "", block.text)  # "Comments (3)"
    if block.kind != "paragraph" or not _unclosed(text.rstrip(":"), _MAX_HEADING_WORDS):
        return False
    if not (block.text[0].isupper() or block.text[0].isdigit()) or block.text.startswith("#"):
        return False
    if block.text.endswith(":") and len(block.text.split()) > 5:
        return False
    if _FIGURE.search(block.text):
        return False
    return position + 1 < len(blocks)


def _caption_headings(blocks: list[RawBlock]) -> list[RawBlock]:
    """Make a caption's subject the heading of what follows, unless the heading above says it or one comes next."""
    result: list[RawBlock] = []
    above: set[str] = set()
    for position, block in enumerate(blocks):
        if block.kind == "heading":
            above = set(stems(block.text))
        if block.kind != "caption":
            result.append(block)
            continue
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        heading_near = (
            following is None or following.kind in ("heading", "caption") or (result and result[-1].kind == "heading")
        )
        said = not above or set(stems(block.text)) <= above
        if not heading_near and not said:
            title = block.text[0].upper() + block.text[1:]
            above = set(stems(title))
            result.append(replace(block, kind="heading", text=title, level=2))
    return result


def _without_empty_headings(blocks: list[RawBlock]) -> list[RawBlock]:
    """Drop headings with nothing under them, such as the labels of links."""
    result: list[RawBlock] = []
    for block in reversed(blocks):  # from below, since dropping one can leave the one above it empty
        below = result[-1] if result else None
        if block.kind != "heading" or (below and (below.kind != "heading" or below.level > block.level)):
            result.append(block)
    return result[::-1]


def _same_list(previous: RawBlock | None, block: RawBlock) -> bool:
    if previous is None or previous.kind != "item" or block.kind != "item" or previous.ordered != block.ordered:
        return False
    return not block.ordered or block.number != 1 or previous.number <= 1  # a second list that starts again at 1


def compose_text(blocks: Sequence[RawBlock], facet_of: Callable[[str], str | None]) -> tuple[str, tuple[Section, ...]]:
    """Write the article's text and say where its sections are.

    Args:
        blocks: clean blocks in reading order.
        facet_of: the facet that a heading announces, or None; a subsection without one takes its parent's.

    """
    parts: list[str] = []
    sections: list[Section] = []
    path: list[tuple[int, str, str | None]] = []
    length, start, number = 0, 0, 0
    cites: dict[str, None] = {}

    def close(end: int) -> None:
        if end > start:
            heading = tuple(text for _, text, _ in path)
            sections.append(Section(heading, path[-1][2] if path else None, start, end, tuple(cites)))

    previous: RawBlock | None = None
    for block in blocks:
        in_list = _same_list(previous, block)
        if block.ordered:  # the page's own number, so that a paragraph between two steps does not restart them
            number = block.number if block.number and block.number != number else number + 1 if in_list else 1
        if block.kind == "heading":
            close(length)
            cites = {}
            path = [entry for entry in path if entry[0] < block.level]
            path.append((block.level, block.text, facet_of(block.text) or (path[-1][2] if path else None)))
        mark = (f"{number}. " if block.ordered else "- ") if block.kind == "item" else ""
        separator = ("\n" if in_list else "\n\n") if parts else ""
        parts.append(f"{separator}{mark}{block.text}")
        length += len(parts[-1])
        if block.kind == "heading":
            start = length
        cites.update(dict.fromkeys(block.cites))
        previous = block
    close(length)
    return "".join(parts), tuple(sections)


def topic_phrase(text: str, stop_words: frozenset[str]) -> str | None:
    """Find the two-word phrase an article keeps coming back to (at least three times), as it most often writes it.

    Used to name the subject of a page that has no front matter.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    forms: dict[tuple[str, ...], Counter[str]] = {}
    for line in text.splitlines():
        tokens = words(line)
        for pair in pairwise(tokens):
            if not any(word in stop_words or word.isdigit() for word in pair):
                key = tuple(stems(" ".join(pair)))
                counts[key] += 1
                forms.setdefault(key, Counter())[" ".join(pair)] += 1
    if not counts:
        return None
    key, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return min(forms[key].items(), key=lambda item: (-item[1], item[0]))[0] if count >= 3 else None
