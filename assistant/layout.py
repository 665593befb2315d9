"""Pure: raw blocks of a page -> a clean article text with its sections.

Site furniture and picture captions go; headings without marks are found; what a caption says its picture shows names the
section below it when no heading does. The text has one form whatever the page had: headings on their own line, blank lines
between blocks, `1. ` before steps and `- ` before bullets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from .readers import RawBlock, RawPage
from .text import fold, phrase_pattern, stems, words
from .types import Section
from .vocabulary import Reading

__all__ = ["clean_blocks", "compose_text", "page_title", "topic_phrase"]

_CLOSERS = (".", "!", ",", ";", ":", "…", '"', "”", ")")
_MAX_HEADING_WORDS = 12
_MAX_TITLE_WORDS = 30


def page_title(page: RawPage, reading: Reading) -> tuple[str | None, tuple[RawBlock, ...]]:
    """The title of a page and the blocks below it: its own mark, its first heading, or a first line that is no sentence."""
    if page.title:
        return page.title, page.blocks
    for position, block in enumerate(page.blocks[:5]):
        rest = page.blocks[:position] + page.blocks[position + 1 :]
        if block.kind == "heading" and block.level == 1:
            return block.text, rest
        if not page.marked and block.kind == "paragraph" and not _is_caption(block, page.blocks, reading):
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
    in_furniture = False
    for position, block in enumerate(blocks):
        if _is_caption(block, blocks, reading):
            subject = _caption_subject(block.text, reading)
            if subject and not in_furniture and not marked:
                kept.append(replace(block, kind="caption", text=subject))
            continue
        heading = block.kind == "heading" or (not marked and _looks_like_heading(block, blocks, position))
        if heading:
            in_furniture = _starts(block.text, reading.furniture_headings)
        if in_furniture or _is_furniture_line(block, reading):
            continue
        kept.append(replace(block, kind="heading", level=block.level or 2) if heading else block)
    return _without_empty_headings(_caption_headings(kept))


def _starts(text: str, phrases: Iterable[str]) -> bool:
    folded = fold(text).lstrip("#*-–— ")
    return any(phrase_pattern(phrase).match(folded) or folded.startswith("©") and phrase == "©" for phrase in phrases)


def _is_furniture_line(block: RawBlock, reading: Reading) -> bool:
    if block.kind == "heading":
        return False
    tokens = block.text.split()
    if all(token.startswith("#") for token in tokens) or (len(tokens) == 1 and "://" in tokens[0]):
        return True
    return len(tokens) <= 25 and _starts(block.text, reading.furniture_lines)


def _is_caption(block: RawBlock, blocks: Sequence[RawBlock], reading: Reading) -> bool:
    """A caption opens like one, or stands twice on the page without ending like a sentence."""
    if block.kind not in ("paragraph", "caption") or not _unclosed(block.text, 40):
        return False
    openings = reading.caption_openings
    text = block.text.split(" ", 1)[-1] if words(block.text)[:1] in (["a"], ["an"], ["the"]) else block.text
    repeated = sum(other.text == block.text for other in blocks) > 1
    return repeated or _starts(text, openings)


def _caption_subject(text: str, reading: Reading) -> str:
    """What a caption says its picture shows.

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
    """A short line that is no sentence, starts like a title, and has something else below it."""
    if block.kind != "paragraph" or not _unclosed(block.text.rstrip(":"), _MAX_HEADING_WORDS):
        return False
    if not (block.text[0].isupper() or block.text[0].isdigit()) or block.text.startswith("#"):
        return False
    if block.text.endswith(":") and len(block.text.split()) > 5:
        return False
    return position + 1 < len(blocks)


def _caption_headings(blocks: list[RawBlock]) -> list[RawBlock]:
    """Turn a caption's subject into the heading of what follows, unless the heading above already says it or one comes next."""
    result: list[RawBlock] = []
    above: set[str] = set()
    for position, block in enumerate(blocks):
        if block.kind == "heading":
            above = set(stems(block.text))
        if block.kind != "caption":
            result.append(block)
            continue
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        heading_near = following is None or following.kind in ("heading", "caption") or (result and result[-1].kind == "heading")
        said = not above or set(stems(block.text)) <= above
        if not heading_near and not said:
            title = block.text[0].upper() + block.text[1:]
            above = set(stems(title))
            result.append(replace(block, kind="heading", text=title, level=2))
    return result


def _without_empty_headings(blocks: list[RawBlock]) -> list[RawBlock]:
    """Drop headings with nothing under them, such as the labels of links."""
    result = []
    for position, block in enumerate(blocks):
        following = blocks[position + 1] if position + 1 < len(blocks) else None
        if block.kind == "heading" and (following is None or (following.kind == "heading" and following.level <= block.level)):
            continue
        result.append(block)
    return result


def compose_text(
    blocks: Sequence[RawBlock], facet_of: Callable[[str], str | None]
) -> tuple[str, tuple[Section, ...]]:
    """The article's text and its sections.

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
        in_list = block.kind == "item" and previous is not None and previous.kind == "item" and previous.ordered == block.ordered
        number = number + 1 if in_list else 1
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
    """The two-word phrase an article keeps coming back to (at least three times), as it most often writes it.

    Used to name the subject of a page that has no front matter.
    """
    counts: Counter[tuple[str, ...]] = Counter()
    forms: dict[tuple[str, ...], Counter[str]] = {}
    for line in text.splitlines():
        tokens = words(line)
        for pair in zip(tokens, tokens[1:], strict=False):
            if not any(word in stop_words or word.isdigit() for word in pair):
                key = tuple(stems(" ".join(pair)))
                counts[key] += 1
                forms.setdefault(key, Counter())[" ".join(pair)] += 1
    if not counts:
        return None
    key, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return min(forms[key].items(), key=lambda item: (-item[1], item[0]))[0] if count >= 3 else None
