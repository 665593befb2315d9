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


@dataclass(frozen=True, slots=True)
class Gold:
    """Where the answer to a case stands: stretches (article, start, end); None: anywhere a key fact is stated."""

    stretches: tuple[tuple[str, int, int], ...] | None

    def holds(self, place: Place, case: Case) -> bool:
        """Whether a place lies in the gold evidence, at least in part, and what lies there states a key fact."""
        if self.stretches is None:
            return any(states(fact, place.text) for fact in case.facts)
        inside = [
            place.text[max(0, start - place.start) : end - place.start]
            for article, start, end in self.stretches
            if article == place.article and start < place.end and place.start < end
        ]
        return any(states(fact, text) for text in inside for fact in case.facts)


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


@dataclass(frozen=True, slots=True)
class _Judgement:
    stated: int
    wrong: bool


def _judge(case: Case, text: str) -> _Judgement:
    """How many key facts a text states, and whether it says what it must not (nuggets: Voorhees, TREC 2003)."""
    stated = sum(states(fact, text) for fact in case.facts)
    return _Judgement(stated, any(pattern.search(text) for pattern in case.must_not))


def passes(case: Case, text: str) -> bool:
    """Whether a text states every key fact and nothing that it must not."""
    judged = _judge(case, text)
    return judged.stated == len(case.facts) and not judged.wrong


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


def relevant_places(case: Case, where: Gold, units: Sequence[Place]) -> frozenset[tuple[str, int]]:
    """Article and start of those units that hold a key fact of the case; none for an uncovered one."""
    return frozenset((u.article, u.start) for u in units if where.holds(u, case)) if case.covered else frozenset()


def score(
    case: Case, reply: Reply, where: Gold, findable: frozenset[tuple[str, int]], articles: Mapping[str, Article]
) -> Score:
    """Score a reply.

    Args:
        case: what was asked, with what its answer must state.
        reply: what a system gave back.
        where: the gold evidence.
        findable: the relevant places among those the system's search can find (`relevant_places`).
        articles: the corpus by id.
    """
    said = reply.text if reply.answered else ""
    forced = first_words(reply.text if reply.forced is None else reply.forced)
    judged = {text: _judge(case, text) for text in {said, first_words(said), forced}}  # often one and the same
    whole, early = judged[said], judged[first_words(said)]
    quotes = reply.quotes if reply.answered else ()
    return Score(
        case=case,
        reply=reply,
        stated=whole.stated,
        stated_early=early.stated,
        wrong=whole.wrong,
        wrong_early=early.wrong,
        forced_right=case.covered and judged[forced].stated == len(case.facts) and not judged[forced].wrong,
        relevant=tuple((place.article, place.start) in findable for place in reply.ranked),
        relevant_total=len(findable),
        quotes_on_point=sum(where.holds(quote, case) for quote in quotes) if case.covered else 0,
        facts_quoted=sum(any(states(fact, quote.text) for quote in quotes) for fact in case.facts),
        verbatim=sum(is_verbatim(quote, articles) for quote in quotes),
        words=len(said.split()),
        flesch=flesch(said),
    )
