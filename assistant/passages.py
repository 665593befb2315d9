"""Pure: article -> passages, each an exact slice of its text with the spans that can be quoted."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from typing import Literal

from .text import sentences, word_count, words
from .types import Article, Passage, Section, Span

__all__ = ["CHUNKER_VERSION", "cut_passages", "display_name"]

CHUNKER_VERSION = "2"
"""Part of the index fingerprint: change it whenever the same article would be cut differently."""

_MAX_WORDS = 90
_MAX_LIST_WORDS = 160
_ITEM = re.compile(r"(?:(\d+)\. |- )")
_STEP_FACETS = ("technique", "setup")
_Kind = Literal["sentence", "step", "bullet"]


def display_name(article: Article) -> str:
    """Say what to call an article: its title, or for a headline of more than eight words its first alias."""
    return article.aliases[0].capitalize() if article.aliases and word_count(article.title) > 8 else article.title


def cut_passages(article: Article, step_verbs: frozenset[str]) -> tuple[Passage, ...]:
    """Cut an article into passages of about 90 words that never cross a heading; a list stays together.

    A sentence or list item is never cut. Every span of the text that is not a heading is in exactly one passage.

    Args:
        article: the article to cut.
        step_verbs: words that open a step; a list of which most items open so is a list of steps.

    """
    seen: Counter[str] = Counter()
    passages = []
    for section in article.sections:
        for group in _groups(list(_blocks(article.text, section, step_verbs))):
            start, end = group[0].start, group[-1].end
            text = article.text[start:end]
            key = "\0".join((article.id, article.title, *section.heading, text))
            seen[key] += 1
            digest = hashlib.sha256(f"{key}\0{seen[key]}".encode()).hexdigest()[:24]
            passages.append(
                Passage(
                    digest,
                    article.id,
                    display_name(article),
                    section.heading,
                    section.facet,
                    start,
                    end,
                    text,
                    tuple(group),
                )
            )
    return tuple(passages)


def _blocks(text: str, section: Section, step_verbs: frozenset[str]) -> Iterator[list[Span]]:
    """Cut each paragraph or list of a section into its spans."""
    position = section.start
    for chunk in text[section.start : section.end].split("\n\n"):
        if _ITEM.match(chunk):
            yield _list_spans(chunk, position, section, step_verbs)
        elif chunk.strip():
            yield [Span(s, e, text[s:e], "sentence") for s, e in sentences(chunk, position)]
        position += len(chunk) + 2


def _list_spans(chunk: str, position: int, section: Section, step_verbs: frozenset[str]) -> list[Span]:
    items = []
    for line in chunk.split("\n"):
        mark = _ITEM.match(line)
        lead = mark.end() if mark else 0
        items.append((position + lead, position + len(line), line[lead:], bool(mark and mark.group(1))))
        position += len(line) + 1
    opening_verbs = sum(_opens_with_verb(text, step_verbs) for _, _, text, _ in items)
    steps = items[0][3] or (
        2 * opening_verbs > len(items) and (section.facet in _STEP_FACETS or opening_verbs == len(items))
    )
    kind: _Kind = "step" if steps else "bullet"
    return [Span(start, end, text, kind) for start, end, text, _ in items]


def _opens_with_verb(text: str, verbs: frozenset[str]) -> bool:
    opening = words(text)[:2]
    if len(opening) == 2 and opening[0].endswith("ly"):  # "Gently lift ..."
        opening = opening[1:]
    return bool(opening) and opening[0] in verbs


def _groups(blocks: list[list[Span]]) -> Iterator[list[Span]]:
    """Join small paragraphs, keep lists whole with the line above them, cut what is too long between spans."""
    current: list[Span] = []
    for block in blocks:
        is_list = block[0].kind != "sentence"
        leads_in = is_list and bool(current) and current[-1].text.endswith(":") and current[-1].kind == "sentence"
        if (
            current
            and not leads_in
            and (is_list or current[-1].kind != "sentence" or _words(current) + _words(block) > _MAX_WORDS)
        ):
            yield current
            current = []
        limit = _MAX_LIST_WORDS if is_list else _MAX_WORDS
        for span in block:
            if current and _words(current) + word_count(span.text) > limit:
                yield current
                current = []
            current = [*current, span]
    if current:
        yield current


def _words(spans: list[Span]) -> int:
    return sum(word_count(span.text) for span in spans)
