"""Pure: how good one reply is. No model judges: patterns and offsets do; see each function for its source."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Article

from .dataset import Case, states
from .readability import flesch
from .types import Place, Reply, Score

__all__ = [
    "EARLY",
    "Gold",
    "Judge",
    "first_words",
    "gold",
    "is_verbatim",
    "passes",
    "relevant_places",
    "score",
    "supported_sentences",
]

EARLY = 100
"""Words. A reader of a chat reads about this far; counting no further keeps a dump of the article from winning."""
_SUBJECT = re.compile(r"^\[[^\]]*\] ")


class Judge:
    """What texts state of a case, remembered: the systems of a run say and quote much the same words.

    Key facts are the nuggets of Voorhees (TREC 2003): an answer is judged by those it states.
    """

    def __init__(self) -> None:
        self._facts: dict[tuple[str, str, str], tuple[bool, ...]] = {}
        self._wrong: dict[tuple[str, str, str], bool] = {}

    def facts(self, case: Case, text: str) -> tuple[bool, ...]:
        """For each key fact whether the text states it."""
        key = (case.where, case.id, text)
        if key not in self._facts:
            self._facts[key] = tuple(states(fact, text) for fact in case.facts)
        return self._facts[key]

    def wrong(self, case: Case, text: str) -> bool:
        """Whether the text says what it must not."""
        key = (case.where, case.id, text)
        if key not in self._wrong:
            self._wrong[key] = any(pattern.search(text) for pattern in case.must_not)
        return self._wrong[key]


@dataclass(frozen=True, slots=True)
class Gold:
    """Where the answer to a case stands: stretches (article, start, end); None: anywhere a key fact is stated."""

    stretches: tuple[tuple[str, int, int], ...] | None

    def holds(self, place: Place, case: Case, judge: Judge) -> bool:
        """Whether a place lies in the gold evidence, at least in part, and what lies there states a key fact."""
        if self.stretches is None:
            return any(judge.facts(case, place.text))
        inside = [
            place.text[max(0, start - place.start) : end - place.start]
            for article, start, end in self.stretches
            if article == place.article and start < place.end and place.start < end
        ]
        return any(any(judge.facts(case, text)) for text in inside)


def gold(case: Case, articles: Sequence[Article]) -> Gold:
    """The sections a case names as its evidence; `None` stretches when no article has them (another corpus)."""
    found = tuple(
        (article.id, section.start, section.end)
        for article in articles
        for section in article.sections
        if section.heading and {section.heading[-1], f"{article.id} > {section.heading[-1]}"} & set(case.evidence)
    )
    return Gold(found or None)


def first_words(text: str, count: int = EARLY) -> str:
    """The first words of a text.

    >>> first_words("one two  three", 2)
    'one two'
    """
    return " ".join(text.split()[:count])


def passes(case: Case, text: str) -> bool:
    """Whether a text states every key fact and nothing that it must not."""
    judge = Judge()
    return all(judge.facts(case, text)) and not judge.wrong(case, text)


def is_verbatim(quote: Place, articles: Mapping[str, Article]) -> bool:
    """Whether a quote is an exact, non-empty slice of the article it names."""
    article = articles.get(quote.article)
    return article is not None and bool(quote.text) and article.text[quote.start : quote.end] == quote.text


def supported_sentences(answer: Answer) -> tuple[int, int]:
    """How many sentences stand word for word in the quotes they cite, and how many there are, notices apart.

    ALCE's citation recall (Gao et al. 2023) with entailment replaced by containment, which is stricter.
    """
    quotes = {citation.number: " ".join(q.text for q in citation.quotes) for citation in answer.citations}
    sentences = [sentence for block in answer.blocks if block.kind != "notice" for sentence in block.sentences]
    supported = [
        sentence
        for sentence in sentences
        if any(_SUBJECT.sub("", sentence.text) in quotes.get(number, "") for number in sentence.citations)
    ]
    return len(supported), len(sentences)


def relevant_places(case: Case, where: Gold, units: Sequence[Place], judge: Judge) -> frozenset[tuple[str, int]]:
    """Article and start of those units that hold a key fact of the case; none for an uncovered one."""
    if not case.covered:
        return frozenset()
    return frozenset((unit.article, unit.start) for unit in units if where.holds(unit, case, judge))


def score(
    case: Case,
    reply: Reply,
    where: Gold,
    findable: frozenset[tuple[str, int]],
    articles: Mapping[str, Article],
    judge: Judge,
) -> Score:
    """Score a reply.

    Args:
        case: what was asked, with what its answer must state.
        reply: what a system gave back.
        where: the gold evidence.
        findable: the relevant places among those the system's search can find (`relevant_places`).
        articles: the corpus by id.
        judge: tells what texts state.
    """
    said = reply.text if reply.answered else ""
    early, forced = first_words(said), first_words(reply.text if reply.forced is None else reply.forced)
    quotes = reply.quotes if reply.answered else ()
    quoted = [judge.facts(case, quote.text) for quote in quotes]
    return Score(
        case=case,
        reply=reply,
        stated=sum(judge.facts(case, said)),
        stated_early=sum(judge.facts(case, early)),
        wrong=judge.wrong(case, said),
        wrong_early=judge.wrong(case, early),
        forced_right=case.covered and all(judge.facts(case, forced)) and not judge.wrong(case, forced),
        relevant=tuple((place.article, place.start) in findable for place in reply.ranked),
        relevant_total=len(findable),
        quotes_on_point=sum(where.holds(quote, case, judge) for quote in quotes) if case.covered else 0,
        facts_quoted=sum(any(column) for column in zip(*quoted, strict=True)),
        verbatim=sum(is_verbatim(quote, articles) for quote in quotes),
        words=len(said.split()),
        flesch=flesch(said),
    )
