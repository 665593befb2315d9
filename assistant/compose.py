"""Pure: the spans that answer -> blocks of quotes with their citations."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from .cues import opens_unclear
from .text import stems
from .types import Article, Block, BlockKind, Citation, Passage, Quote, Sentence, Source, Span

__all__ = ["Chosen", "compose", "notice"]


_SUBJECT = "subject"
_LISTED = 3
"""Quotes from as many articles, one from each, make a list."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """A span picked for the answer, with the passage it stands in."""

    passage: Passage
    span: Span


@dataclass
class _Citations:
    """Citations numbered in order of first use, one for each passage."""

    numbers: dict[str, int] = field(default_factory=dict)
    quotes: dict[str, list[Span]] = field(default_factory=dict)
    passages: list[Passage] = field(default_factory=list)

    def cite(self, chosen: Chosen) -> int:
        key = chosen.passage.id
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            self.passages.append(chosen.passage)
        self.quotes.setdefault(key, []).append(chosen.span)
        return self.numbers[key]


def notice(text: str) -> Block:
    """A block in our own words, without citations."""
    return Block("notice", (Sentence(text),))


def compose(
    parts: Iterable[Sequence[Chosen]],
    articles: dict[str, Article],
    openings: tuple[str, ...],
    link: Callable[[Article, Passage], str | None],
    meant: Collection[str] = (),
) -> tuple[tuple[Block, ...], tuple[Citation, ...]]:
    """Blocks and citations of an answer.

    Args:
        parts: for each part of the question the chosen spans, in any order; they are put into reading order.
        articles: the corpus by id.
        openings: first words that leave a sentence's subject unclear.
        link: where the passage's article can be read, or None.
        meant: titles of the subjects that were asked about; a quote about another one says whose it is.
    """
    citations = _Citations()
    blocks: list[Block] = []
    for chosen in parts:
        order = {passage.article: n for n, passage in reversed(list(enumerate(item.passage for item in chosen)))}
        reading = sorted(chosen, key=lambda item: (order[item.passage.article], item.span.start))
        if len(order) == len(reading) >= _LISTED:
            listed = tuple(Sentence(_named(item), (citations.cite(item),)) for item in reading)
            blocks.append(Block("bullets", listed))
            continue
        for group in _groups(reading):
            shown = [_shown(item, before, openings) for before, item in zip([None, *group], group, strict=False)]
            first = group[0].passage
            if meant and articles[first.article].kind == _SUBJECT and first.title not in meant:
                shown[0] = _led(shown[0], first.title, " ".join(shown))
            sentences = tuple(Sentence(t, (citations.cite(item),)) for t, item in zip(shown, group, strict=True))
            blocks.append(Block(_kind(group), sentences))
    return tuple(blocks), tuple(
        _citation(number, passage, citations.quotes[passage.id], articles[passage.article], link)
        for number, passage in enumerate(citations.passages, start=1)
    )


def _groups(reading: Sequence[Chosen]) -> list[list[Chosen]]:
    """Runs that make one block: sentences of one section, or items of one list."""
    groups: list[list[Chosen]] = []
    for item in reading:
        last = groups[-1][-1] if groups else None
        same_form = (
            last is not None and last.span.kind == item.span.kind and last.passage.article == item.passage.article
        )
        same_place = last is not None and (
            last.passage.heading == item.passage.heading
            if item.span.kind == "sentence"
            else last.passage.id == item.passage.id
        )
        if same_form and same_place:
            groups[-1].append(item)
        else:
            groups.append([item])
    return groups


def _kind(group: Sequence[Chosen]) -> BlockKind:
    """Steps are numbered only when the list is whole: numbers with gaps would mislead."""
    first = group[0]
    if first.span.kind == "sentence" or len(group) == 1:
        return "paragraph"
    whole = sum(span.kind == "step" for span in first.passage.spans) == len(group)
    return "steps" if first.span.kind == "step" and whole else "bullets"


def _shown(item: Chosen, before: Chosen | None, openings: tuple[str, ...]) -> str:
    """A quote, led by its subject in brackets where it opens with a pronoun and the sentence before it is not shown."""
    if item.span.kind != "sentence" or not opens_unclear(item.span.text, openings):
        return item.span.text
    spans = item.passage.spans
    position = spans.index(item.span)
    if before is not None and position > 0 and before.span == spans[position - 1]:
        return item.span.text
    named = item.passage.heading and item.passage.facet is None
    return f"[{item.passage.heading[-1] if named else item.passage.title}] {item.span.text}"


def _named(item: Chosen) -> str:
    """A quote, led by what it is about unless it says so itself: those beside it are about something else."""
    return _led(item.span.text, item.passage.title, item.span.text)


def _led(shown: str, title: str, told: str) -> str:
    """What is shown, led by a title in brackets unless a word of it is told anyway."""
    return shown if set(stems(title)) & set(stems(told)) else f"[{title}] {shown}"


def _citation(
    number: int,
    passage: Passage,
    spans: Sequence[Span],
    article: Article,
    link: Callable[[Article, Passage], str | None],
) -> Citation:
    section = next((s for s in article.sections if s.start <= passage.start < s.end), None)
    keys = section.sources if section else ()
    sources: tuple[Source, ...] = tuple(s for s in article.sources if s.key in keys) or article.sources
    quotes = tuple(Quote(span.start, span.end, span.text) for span in sorted(set(spans), key=lambda span: span.start))
    return Citation(
        number=number,
        article=article.id,
        title=article.title,
        section=passage.heading,
        facet=passage.facet,
        url=link(article, passage),
        sources=sources,
        passage=Quote(passage.start, passage.end, passage.text),
        quotes=quotes,
    )
