"""How an answer is scored, with answers worked out by hand."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest

from assistant.types import Answer, Article, Block, Citation, Quote, Sentence
from eval.dataset import Case, Fact
from eval.metrics import FIRST_WORDS, bootstrap, first_words, score_answer, score_text, verbatim_quotes


def patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    """Compile patterns as the dataset does."""
    return tuple(re.compile(text, re.IGNORECASE | re.DOTALL) for text in texts)


OFTEN = Case(
    id="often",
    corpus="bicycles",
    kind="answerable",
    topic="dose",
    question="How often do I clean the chain?",
    history=(),
    facts=(
        Fact("distance", patterns(r"(every|each|per)\s+300 (km|kilomet)", r"300 kilometres apart")),
        Fact("chain", patterns(r"\bchain\b")),
    ),
    evidence=("How often",),
    must_not=patterns(r"\b(not|never|don't|no need to)\s+(have to )?clean", r"\btyre"),
    tags=(),
    line=1,
)
UNANSWERABLE = replace(OFTEN, id="none", kind="unanswerable", facts=(), must_not=())
TEXT = "Clean the chain every 300 kilometres. After rain, wipe it the same day."
ARTICLE = Article("chain", "Chain", TEXT, ())


@pytest.mark.parametrize(
    "text",
    [
        "Clean the chain every 300 kilometres.",
        "A chain wants cleaning each 300 km, more often in rain.",
        "Cleanings of the CHAIN should lie\n300 kilometres apart.",
    ],
)
def test_right_answers_pass_in_any_wording(text: str) -> None:
    """Three ways to say the same are all correct."""
    score = score_text(OFTEN, text, declined=False)
    assert score.correct
    assert (score.stated, score.stated_anywhere, score.wrong) == (2, 2, False)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("You do not have to clean the chain every 300 kilometres.", True),
        ("Never clean the chain every 300 kilometres.", True),
        ("Clean the chain every 3000 kilometres.", False),
        ("Clean the chain every 30 kilometres.", False),
        ("Check the tyre every 300 kilometres, the chain too.", True),
        ("Check the bell every 300 kilometres.", False),
        ("The chain.", False),
        ("", False),
    ],
)
def test_wrong_answers_fail(text: str, wrong: bool) -> None:
    """A flipped negation, a changed number, the right words about another thing, and half an answer are not correct."""
    score = score_text(OFTEN, text, declined=False)
    assert not score.correct
    assert score.wrong is wrong


def test_only_the_first_words_count() -> None:
    """A fact after the first hundred words is stated, but too late; so nobody wins by printing the whole article."""
    late = "word " * FIRST_WORDS + "Clean the chain every 300 kilometres."
    score = score_text(OFTEN, late, declined=False)
    assert (score.stated, score.stated_anywhere, score.correct) == (0, 2, False)
    assert score.words == FIRST_WORDS + 6
    just = "word " * (FIRST_WORDS - 6) + "Clean the chain every 300 kilometres."
    assert score_text(OFTEN, just, declined=False).correct


def test_declining_is_right_only_where_nothing_is_covered() -> None:
    """A covered case declined is not correct, even with the facts in it; an uncovered one is correct only declined."""
    assert not score_text(OFTEN, TEXT, declined=True).correct
    assert score_text(UNANSWERABLE, "My articles don't cover that.", declined=True).correct
    assert not score_text(UNANSWERABLE, TEXT, declined=False).correct


def test_a_refusal_is_never_a_wrong_statement() -> None:
    """Must-not patterns are not held against a declined answer."""
    assert not score_text(OFTEN, "I do not clean, sorry: not clean.", declined=True).wrong


@pytest.mark.parametrize(
    ("text", "count", "expected"), [("a  b\nc", 2, "a b"), ("a", 5, "a"), ("", 3, ""), ("a b", 0, "")]
)
def test_first_words(text: str, count: int, expected: str) -> None:
    """Words are what white space separates."""
    assert first_words(text, count) == expected


def quoted(*quotes: Quote, article: str = "chain", status: str = "answered") -> Answer:
    """Make an answer of some quotes from one passage."""
    cited = Citation(1, article, "Chain", ("How often",), "dose", None, (), Quote(0, len(TEXT), TEXT), quotes)
    blocks = (Block("paragraph", tuple(Sentence(quote.text, (1,)) for quote in quotes)),)
    return Answer("?", status, blocks, (cited,))  # type: ignore[arg-type]


EXACT, OTHER = Quote(0, 37, TEXT[:37]), Quote(38, len(TEXT), TEXT[38:])


@pytest.mark.parametrize(
    ("quote", "article", "exact"),
    [
        (EXACT, "chain", 1),
        (replace(EXACT, start=1), "chain", 0),
        (replace(EXACT, text=EXACT.text.lower()), "chain", 0),
        (EXACT, "elsewhere", 0),
        (Quote(5, 5, ""), "chain", 0),
        (Quote(-37, 999, TEXT[-37:]), "elsewhere", 0),
    ],
)
def test_a_quote_is_verbatim_only_at_its_place(quote: Quote, article: str, exact: int) -> None:
    """Text, offsets and article must all agree, and an empty quote proves nothing."""
    assert verbatim_quotes(quoted(quote, article=article), {"chain": ARTICLE}) == (exact, 1)


def test_an_answer_is_scored_with_its_citations() -> None:
    """Quotes that state a fact are hits among all quotes; a passage quoted beside the point is not."""
    score = score_answer(OFTEN, quoted(EXACT, OTHER), {"chain": ARTICLE}, 12.5)
    assert (score.citation_hits, score.citations, score.verbatim, score.milliseconds) == (1, 2, 2, 12.5)
    assert score.correct
    assert score.words == len(TEXT.split())


@pytest.mark.parametrize(
    ("status", "declined"), [("answered", False), ("not_covered", True), ("declined", True), ("red_flag", True)]
)
def test_the_status_tells_whether_an_answer_declines(status: str, declined: bool) -> None:
    """Every status but "answered" declines."""
    assert score_answer(OFTEN, quoted(EXACT, status=status), {"chain": ARTICLE}, 0).declined is declined


def test_the_bootstrap_interval_holds_the_share() -> None:
    """The interval lies around the share, shrinks with more cases, and is the same every time."""
    few, many = bootstrap([True, True, False, True]), bootstrap([True, True, False, True] * 100)
    assert few.value == many.value == 0.75
    assert few.low <= few.value <= few.high
    assert many.high - many.low < 0.1 < few.high - few.low
    assert bootstrap([True, False] * 9) == bootstrap([True, False] * 9)
    # the normal approximation says 0.75 ± 1.96 * sqrt(0.75 * 0.25 / 400) = 0.75 ± 0.042
    assert many.low == pytest.approx(0.708, abs=0.01)
    assert many.high == pytest.approx(0.792, abs=0.01)


def test_the_bootstrap_of_certainty_and_of_nothing() -> None:
    """All right leaves no doubt; no cases give no share."""
    assert bootstrap([True] * 5) == replace(bootstrap([True]), count=5)
    assert bootstrap([True]).low == 1.0
    nothing = bootstrap([])
    assert nothing.count == 0
    assert math.isnan(nothing.value)
