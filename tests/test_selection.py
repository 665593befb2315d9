"""What is picked of ranked spans, and in which measure, on passages about bicycles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.evidence import SPAN_FEATURES, Candidate
from assistant.selection import one_each, select
from assistant.types import Hit, Passage

from .test_evidence import MISTAKES, OFTEN, PATCH, STEPS, ask


def ranked(*passages: Passage, scores: tuple[float, ...] = ()) -> list[tuple[float, Candidate]]:
    """Rank the passages' spans as they stand, one point apart or with the given scores, the best first."""
    spans = [(Hit(passage, 1.0), span) for passage in passages for span in passage.spans]
    made = [Candidate(hit, span, (0.0,) * len(SPAN_FEATURES)) for hit, span in spans]
    points = scores or tuple(-0.1 * place for place in range(len(made)))
    return sorted(zip(points, made, strict=True), key=lambda pair: -pair[0])


def texts(picked: list[Candidate]) -> list[str]:
    """Give the spans' words."""
    return [candidate.span.text for candidate in picked]


def test_selection_stays_within_the_budget() -> None:
    """Spans are taken best first as long as they fit; one that does not is passed over for a shorter one."""
    order = ranked(OFTEN, PATCH, MISTAKES)
    budget = sum(len(c.span.text.split()) for _, c in order[:2])
    picked = select(ask("rain"), order, budget)
    assert texts(picked) == [span.text for span in OFTEN.spans]
    assert sum(len(text.split()) for text in texts(select(ask("rain"), order, 30))) <= 30


def test_the_best_span_is_quoted_however_long() -> None:
    """One span is always given, even above the budget."""
    assert texts(select(ask("rain"), ranked(OFTEN), 1)) == [OFTEN.spans[0].text]


def test_spans_far_behind_the_best_are_left_out() -> None:
    """A span whose score is far below the best adds nothing."""
    picked = select(ask("rain"), ranked(OFTEN, PATCH, scores=(5.0, 4.5, -50.0)), 500)
    assert texts(picked) == [span.text for span in OFTEN.spans]


def test_each_of_two_things_that_are_compared_gets_a_quote() -> None:
    """Where one of two names has all the best spans, the last of them make room for the best one of the other."""
    order = ranked(MISTAKES, OFTEN, scores=(5.0, 4.9, 1.0, 0.9))
    names = (MISTAKES.title, OFTEN.title)
    budget = sum(len(span.text.split()) for span in MISTAKES.spans)
    picked = texts(select(ask("rain", names=names), order, budget))
    assert picked == [MISTAKES.spans[0].text, OFTEN.spans[0].text]
    assert texts(select(ask("rain", names=names[:1]), order, budget)) == [span.text for span in MISTAKES.spans]


def test_one_span_of_each_article_and_rather_one_that_tells() -> None:
    """The articles' order holds, what tells goes before what ranks, and the budget is kept."""
    order = ranked(OFTEN, PATCH)
    articles = ("puncture-repair", "chain-cleaning", "unheard-of")
    last = OFTEN.spans[1].text
    assert texts(one_each(order, articles, lambda c: c.span.text == last, 500)) == [PATCH.spans[0].text, last]
    assert texts(one_each(order, articles, lambda c: False, 500)) == [PATCH.spans[0].text, OFTEN.spans[0].text]
    words = len(PATCH.spans[0].text.split())
    assert texts(one_each(order, articles[:1], bool, words - 10)) == [PATCH.spans[0].text], "ten words more are no harm"
    assert one_each(order, articles[:1], bool, words - 11) == []


def test_of_an_article_a_span_that_names_its_subject_is_rather_taken() -> None:
    """What says "chain cleaning" is understood in a list, what goes before it in rank may not be."""
    first, named = replace(OFTEN.spans[0], text="Wipe it dry."), replace(OFTEN.spans[1], text="Chain cleaning is easy.")
    both = replace(OFTEN, title="Chain cleaning", spans=(first, named))
    assert texts(one_each(ranked(both), ("chain-cleaning",), bool, 500)) == [named.text]


def test_what_another_part_quotes_is_not_quoted_again() -> None:
    """Spans that are taken are passed over while others remain."""
    taken = frozenset([("chain-cleaning", OFTEN.spans[0].start)])
    assert texts(select(ask("rain"), ranked(OFTEN), 500, taken)) == [OFTEN.spans[1].text]


def test_an_overview_gives_the_whole_list_of_steps() -> None:
    """Asked how to do the thing, the steps come all, though only one ranks high."""
    order = ranked(OFTEN, STEPS, scores=(5.0, 4.0, 3.0, -8.0, -9.0, -10.0))
    picked = select(ask("How do I do chain cleaning?"), order, 60)
    assert sorted(texts(picked)) == sorted(span.text for span in STEPS.spans)


def test_an_overview_begins_with_the_set_up() -> None:
    """However low it ranks, as far as it fits; another article's is left out."""
    ready = replace(OFTEN, facet="setup")
    foreign = replace(MISTAKES, facet="setup")
    order = ranked(STEPS, foreign, ready, scores=(5.0, 4.0, 3.0, 2.0, -8.0, -9.0, -9.5, -9.6))
    picked = select(ask("How do I do chain cleaning?"), order, 80)
    assert texts(picked)[: len(ready.spans)] == [span.text for span in ready.spans]
    assert sorted(texts(picked)[len(ready.spans) :]) == sorted(span.text for span in STEPS.spans)
    steps = sum(len(span.text.split()) for span in STEPS.spans)
    assert sorted(texts(select(ask("How do I do chain cleaning?"), order, steps))) == sorted(
        s.text for s in STEPS.spans
    )


def test_where_the_set_up_was_asked_for_no_steps_are_given() -> None:
    """It answers far better than any step."""
    order = ranked(replace(OFTEN, facet="setup"), STEPS, scores=(9.0, 8.0, 1.0, 0.9, 0.8, 0.7))
    assert texts(select(ask("How do I set up chain cleaning?"), order, 80)) == [span.text for span in OFTEN.spans]


def test_a_question_of_detail_gives_no_whole_list() -> None:
    """Asked about one thing, only what ranks high is given."""
    order = ranked(STEPS, scores=(5.0, -8.0, -9.0, -10.0))
    assert texts(select(ask("How do I brush degreaser onto the links?"), order, 60)) == [STEPS.spans[0].text]


def test_a_list_far_above_the_budget_is_not_given_whole() -> None:
    """A long list is not dumped; the best items are quoted instead."""
    assert len(select(ask("How do I do chain cleaning?"), ranked(STEPS), 8)) < len(STEPS.spans)


@pytest.mark.parametrize(("ordinal", "place"), [(1, 0), (3, 2), (4, 3), (-1, 3), (-4, 0)])
def test_an_item_asked_for_by_number_is_given_alone(ordinal: int, place: int) -> None:
    """A question for "the third step" gives the third step, also counted from the end."""
    picked = select(ask("step", ordinal=ordinal), ranked(OFTEN, STEPS), 60)
    assert texts(picked) == [STEPS.spans[place].text]


def test_the_first_mistake_is_not_the_first_step() -> None:
    """A list in a section on another facet than the asked one has no item that is meant."""
    picked = select(ask("the first one", ordinal=1, facets=("mistakes",)), ranked(OFTEN, STEPS), 60)
    assert not {span.text for span in STEPS.spans} & set(texts(picked)[:1])


def test_an_item_that_no_list_has_falls_back_to_the_best_spans() -> None:
    """Asked for step nine of four, the question is answered as any other."""
    assert texts(select(ask("step", ordinal=9), ranked(OFTEN), 500)) == [span.text for span in OFTEN.spans]
