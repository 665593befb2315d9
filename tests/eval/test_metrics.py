"""How a reply is scored, with replies worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.types import Answer, Article, Block, Citation, Quote, Section, Sentence
from eval.dataset import Case, shipped_cases
from eval.metrics import (
    EARLY,
    Gold,
    Judge,
    first_words,
    gold,
    is_verbatim,
    passes,
    relevant_places,
    score,
    supported_sentences,
)
from eval.types import Reply, Score

from ..bicycles import bicycle_articles
from .examples import ANSWER, NOWHERE, OFTEN, place, reply

TEXT = "Clean the chain every 300 kilometres. After rain, wipe it the same day."
ARTICLE = Article("chain", "Chain", TEXT, (Section(("How often",), "dose", 0, len(TEXT)),))
WHERE = gold(OFTEN, [ARTICLE])


def judged(text: str, case: Case = OFTEN, *, answered: bool = True, **changes: object) -> Score:
    """Score a text as the reply to a case."""
    said = replace(reply(text, answered=answered), **changes)  # type: ignore[arg-type]
    return score(case, said, gold(case, [ARTICLE]), frozenset(), {"chain": ARTICLE}, Judge())


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
    found = judged(text)
    assert found.correct
    assert found.correct_anywhere
    assert (found.stated, found.stated_early, found.wrong) == (2, 2, False)


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
    found = judged(text)
    assert not found.correct
    assert not found.correct_anywhere
    assert found.wrong is wrong


@pytest.mark.parametrize("half", ["dev", "test"])
def test_the_shipped_cases_judge_their_own_examples(half: str) -> None:
    """Right wordings pass and plausible wrong answers fail, in hundreds of shipped cases."""
    tested = [case for case in shipped_cases(half) if case.right]
    assert len(tested) > 50
    assert not [(case.id, text) for case in tested for text in case.right if not passes(case, text)]
    assert not [(case.id, text) for case in tested for text in case.wrong if passes(case, text)]


def test_only_the_first_words_count() -> None:
    """A fact after the first hundred words is stated, but too late; so nobody wins by printing the whole article."""
    late = judged("word " * EARLY + ANSWER)
    assert (late.stated_early, late.stated, late.correct, late.correct_anywhere) == (0, 2, False, True)
    assert late.words == EARLY + 6
    assert judged("word " * (EARLY - 6) + ANSWER).correct


def test_what_is_forbidden_late_is_no_early_fault() -> None:
    """A must-not pattern after the first hundred words is held against the whole answer only."""
    found = judged(ANSWER + " word" * EARLY + " Check the tyre.")
    assert found.correct
    assert not found.correct_anywhere


def test_declining_is_right_only_where_nothing_is_covered() -> None:
    """A covered case declined is not correct, even with the facts in it; an uncovered one is correct only declined."""
    assert not judged(TEXT, answered=False).correct
    assert judged("My articles don't cover that.", NOWHERE, answered=False).correct
    assert not judged(TEXT, NOWHERE).correct


def test_a_declined_case_states_nothing() -> None:
    """What would have been said counts for the risk-coverage curve alone."""
    found = judged(ANSWER, answered=False, quotes=(place(TEXT, article="chain"),))
    assert (found.stated, found.words, found.verbatim, found.facts_quoted) == (0, 0, 0, 0)
    assert found.forced_right


@pytest.mark.parametrize(("forced", "right"), [(None, True), ("The chain.", False), (ANSWER, True)])
def test_the_forced_answer_is_judged_apart(forced: str | None, right: bool) -> None:
    """Without one the answer itself is taken."""
    assert judged(ANSWER, forced=forced).forced_right is right


@pytest.mark.parametrize(
    ("text", "count", "expected"), [("a  b\nc", 2, "a b"), ("a", 5, "a"), ("", 3, ""), ("a b", 0, "")]
)
def test_first_words(text: str, count: int, expected: str) -> None:
    """Words are what white space separates."""
    assert first_words(text, count) == expected


@pytest.mark.parametrize(
    ("start", "text", "article", "exact"),
    [
        (0, TEXT[:37], "chain", True),
        (1, TEXT[:37], "chain", False),
        (0, TEXT[:37].lower(), "chain", False),
        (0, TEXT[:37], "elsewhere", False),
        (5, "", "chain", False),
    ],
)
def test_a_quote_is_verbatim_only_at_its_place(start: int, text: str, article: str, exact: bool) -> None:
    """Text, offsets and article must all agree, and an empty quote proves nothing."""
    assert is_verbatim(place(text, start, article), {"chain": ARTICLE}) is exact


def test_quotes_are_scored_with_the_answer() -> None:
    """A quote on point lies in the evidence and states a fact; others do not count; a fact may lack a quote."""
    quotes = (place(TEXT[:37], 0, "chain"), place(TEXT[38:], 38, "chain"))
    found = judged(TEXT, quotes=quotes)
    assert (found.quotes_on_point, found.facts_quoted, found.verbatim) == (1, 2, 2)
    assert judged(TEXT, quotes=quotes[1:]).facts_quoted == 0


def test_a_quote_from_elsewhere_is_not_on_point() -> None:
    """Saying the same in another section does not count as gold evidence."""
    other = Article("chain", "Chain", TEXT * 2, (Section(("How often",), None, 0, len(TEXT)),))
    where = gold(OFTEN, [other])
    assert where.holds(place(TEXT, 0, "chain"), OFTEN, Judge())
    assert not where.holds(place(TEXT, len(TEXT), "chain"), OFTEN, Judge())
    assert not where.holds(place(TEXT, 0, "other"), OFTEN, Judge())


def test_only_what_lies_inside_the_evidence_counts() -> None:
    """A chunk that reaches into the evidence but states the fact before it is not relevant."""
    where = Gold((("chain", 37, len(TEXT)),))
    assert not where.holds(place(TEXT, 0, "chain"), OFTEN, Judge())


def test_another_corpus_has_no_known_evidence() -> None:
    """When no article has the sections, anything that states a fact is relevant."""
    where = gold(replace(OFTEN, evidence=("Nowhere",)), [ARTICLE])
    assert where.stretches is None
    assert where.holds(place("Oil the chain."), OFTEN, Judge())
    assert not where.holds(place("Oil the bell."), OFTEN, Judge())


def test_evidence_can_name_its_article() -> None:
    """The form "article > heading" picks one of several sections of that name."""
    articles = bicycle_articles()
    both = gold(replace(OFTEN, evidence=("How to do it", "Equipment")), articles).stretches
    one = gold(replace(OFTEN, evidence=("puncture-repair > Equipment",)), articles).stretches
    assert both is not None
    assert one is not None
    assert {article for article, _, _ in both} == {"chain-cleaning", "puncture-repair"}
    assert {article for article, _, _ in one} == {"puncture-repair"}
    assert gold(replace(OFTEN, evidence=("chain-cleaning > Equipment",)), articles).stretches is None


def test_retrieval_is_flagged_in_order() -> None:
    """Each retrieved place is relevant or not; the total counts what the search could have found."""
    units = [place(TEXT[:37], 0, "chain"), place(TEXT[38:], 38, "chain")]
    findable = relevant_places(OFTEN, WHERE, units, Judge())
    assert findable == {("chain", 0)}
    ranked = replace(reply(), ranked=(units[1], units[0]))
    found = score(OFTEN, ranked, WHERE, findable, {}, Judge())
    assert (found.relevant, found.relevant_total) == ((False, True), 1)
    assert relevant_places(NOWHERE, WHERE, units, Judge()) == frozenset()


def answer(*sentences: Sentence, kind: str = "paragraph") -> Answer:
    """Make an answer that cites one passage with one quote."""
    quote = Quote(0, 37, TEXT[:37])
    cited = Citation(1, "chain", "Chain", (), None, None, (), Quote(0, len(TEXT), TEXT), (quote,))
    return Answer("?", "answered", (Block(kind, sentences),), (cited,))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (answer(Sentence(ANSWER, (1,))), (1, 1)),
        (answer(Sentence(f"[Chain] {ANSWER}", (1,))), (1, 1)),
        (answer(Sentence(ANSWER, (2,))), (0, 1)),
        (answer(Sentence(ANSWER)), (0, 1)),
        (answer(Sentence("Never clean the chain.", (1,))), (0, 1)),
        (answer(Sentence("My articles don't cover that."), kind="notice"), (0, 0)),
    ],
)
def test_a_sentence_is_supported_by_the_quotes_it_cites(said: Answer, expected: tuple[int, int]) -> None:
    """It stands in them word for word, a leading subject in brackets apart; notices are no sentences of the article."""
    assert supported_sentences(said) == expected


def test_an_empty_reply_scores_nothing() -> None:
    """No words, no facts, and no error."""
    found = score(OFTEN, Reply("", 0.0), WHERE, frozenset(), {}, Judge())
    assert (found.words, found.flesch, found.stated, found.correct) == (0, 0.0, 0, False)
