"""Pure: how good one answer is, and what a set of them comes to. No model judges; see each function for its source."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Article

from .dataset import Case, states

__all__ = [
    "FIRST_WORDS",
    "Interval",
    "Score",
    "bootstrap",
    "first_words",
    "score_answer",
    "score_text",
    "verbatim_quotes",
]

FIRST_WORDS = 100
"""A reader of a chat reads about this far; counting no further keeps a dump of the article from winning."""


@dataclass(frozen=True, slots=True)
class Score:
    """What one answer to one case achieved."""

    case: Case
    text: str
    declined: bool
    stated: int
    """Key facts stated within the first 100 words."""
    stated_anywhere: int
    wrong: bool
    """A must-not pattern matched."""
    words: int
    citation_hits: int = 0
    """Quotes that state a key fact of the case."""
    citations: int = 0
    verbatim: int = 0
    """Quotes that are exact slices of their article."""
    milliseconds: float = 0.0

    @property
    def correct(self) -> bool:
        """For a covered case: every key fact within the first 100 words and nothing wrong. Else: declined."""
        if not self.case.covered:
            return self.declined
        return not self.declined and self.stated == len(self.case.facts) and not self.wrong


def first_words(text: str, count: int = FIRST_WORDS) -> str:
    """The first words of a text.

    >>> first_words("one two  three", 2)
    'one two'
    """
    return " ".join(text.split()[:count])


def score_text(case: Case, text: str, declined: bool) -> Score:
    """Score a text against a case by its patterns (key-fact recall, after the nugget method of Voorhees, TREC 2003)."""
    opening = first_words(text)
    return Score(
        case=case,
        text=text,
        declined=declined,
        stated=sum(states(fact, opening) for fact in case.facts),
        stated_anywhere=sum(states(fact, text) for fact in case.facts),
        wrong=not declined and any(pattern.search(opening) for pattern in case.must_not),
        words=len(text.split()),
    )


def verbatim_quotes(answer: Answer, articles: Mapping[str, Article]) -> tuple[int, int]:
    """How many quotes are exact slices of the article they name, and how many quotes there are."""
    quotes = [(articles.get(citation.article), quote) for citation in answer.citations for quote in citation.quotes]
    exact = [
        article
        for article, quote in quotes
        if article and quote.text and article.text[quote.start : quote.end] == quote.text
    ]
    return len(exact), len(quotes)


def score_answer(case: Case, answer: Answer, articles: Mapping[str, Article], milliseconds: float) -> Score:
    """Score an answer of the assistant; adds to `score_text` what can be said of its citations."""
    plain = score_text(case, answer.text, answer.status in ("not_covered", "declined", "red_flag"))
    exact, quotes = verbatim_quotes(answer, articles)
    hits = sum(
        any(states(fact, quote.text) for fact in case.facts)
        for citation in answer.citations
        for quote in citation.quotes
    )
    return Score(
        case,
        plain.text,
        plain.declined,
        plain.stated,
        plain.stated_anywhere,
        plain.wrong,
        plain.words,
        hits,
        quotes,
        exact,
        milliseconds,
    )


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % bootstrap interval and the number of cases behind it."""

    value: float
    low: float
    high: float
    count: int


def bootstrap(outcomes: Sequence[bool], rounds: int = 2000) -> Interval:
    """Share of true outcomes with its percentile bootstrap interval (Efron 1979), always with the same seed."""
    if not outcomes:
        return Interval(float("nan"), float("nan"), float("nan"), 0)
    generator = random.Random(20260101)
    size = len(outcomes)
    shares = sorted(sum(generator.choices(outcomes, k=size)) / size for _ in range(rounds))
    return Interval(sum(outcomes) / size, shares[int(0.025 * rounds)], shares[int(0.975 * rounds) - 1], size)
