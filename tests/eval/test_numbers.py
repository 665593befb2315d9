"""Intervals, rankings, cut-offs and reading ease against figures worked out on paper."""

from __future__ import annotations

import doctest
import importlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.abstention import area_under_risk_coverage, balanced_cutoff, best_cutoff, risk_coverage
from eval.intervals import NOTHING, median_interval, paired_difference, share
from eval.ranking import ndcg_at, recall_at, reciprocal_rank_at
from eval.readability import flesch, syllables

shares = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=40)


def test_an_interval_holds_its_share_and_narrows_with_more_cases() -> None:
    """The percentile interval of 300 of 400 agrees with the normal approximation, 0.75 ± 0.042."""
    few, many = share([1, 1, 0, 1]), share([1, 1, 0, 1] * 100)
    assert few.value == many.value == 0.75
    assert many.high - many.low < 0.1 < few.high - few.low
    assert many.low == pytest.approx(0.708, abs=0.01)
    assert many.high == pytest.approx(0.792, abs=0.01)
    assert (many.count, share([1, 0] * 9)) == (400, share([1, 0] * 9))


@given(shares)
def test_every_interval_is_in_order(flags: list[float]) -> None:
    """Low, value and high keep their order, within 0 and 1."""
    found = share(flags)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


def test_a_ratio_of_sums_weighs_cases_by_their_whole() -> None:
    """3 of 4 facts and 0 of 1 are 3 of 5, not the mean of two shares."""
    assert share([3, 0], [4, 1]).value == pytest.approx(0.6)


@pytest.mark.parametrize("found", [share([]), share([0, 0], [0, 0]), median_interval([])])
def test_nothing_measured_is_no_figure(found: object) -> None:
    """Without cases, or with empty wholes, there is no share."""
    assert repr(found) == repr(NOTHING)


def test_a_paired_difference_uses_the_same_resamples() -> None:
    """Two systems that differ on no case differ by exactly nothing, however uncertain each is."""
    same = paired_difference([1, 0, 1, 0], [1, 0, 1, 0])
    assert (same.value, same.low, same.high) == (0, 0, 0)
    assert paired_difference([1, 1, 1, 1], [0, 1, 1, 1]).value == 0.25


def test_the_median_is_a_value_that_occurred() -> None:
    """Of an even number the lower one; its interval ends on values that occurred, too."""
    found = median_interval([90, 10, 20, 30])
    assert found.value == 20
    assert {found.low, found.high} <= {10, 20, 30, 90}


RANKING = [False, True, False, True]
"""Relevant at ranks 2 and 4 of three relevant places in all."""


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (recall_at(1, RANKING, 3), 0),
        (recall_at(2, RANKING, 3), 1 / 3),
        (recall_at(10, RANKING, 3), 2 / 3),
        (reciprocal_rank_at(10, RANKING), 1 / 2),
        (reciprocal_rank_at(1, RANKING), 0),
        (reciprocal_rank_at(10, []), 0),
        (ndcg_at(10, RANKING, 3), (1 / math.log2(3) + 1 / math.log2(5)) / (1 + 1 / math.log2(3) + 1 / 2)),
        (ndcg_at(2, RANKING, 3), (1 / math.log2(3)) / (1 + 1 / math.log2(3))),
        (ndcg_at(10, [True, True, True], 3), 1),
        (ndcg_at(10, [], 3), 0),
    ],
)
def test_rankings(found: float, expected: float) -> None:
    """Recall, reciprocal rank and nDCG of a ranking of four."""
    assert found == pytest.approx(expected)


@pytest.mark.parametrize(("slack", "cutoff"), [(0.0, 0.4), (0.1, 0.8), (0.5, 0.6)])
def test_of_cutoffs_about_as_good_the_middle_one_is_taken(slack: float, cutoff: float) -> None:
    """The index is 1, 3/2, 1, 3/2 at 0.1, 0.4, 0.6, 0.8: with a little slack two are left, with more all four."""
    assert balanced_cutoff([[0.4, 0.8]], [[0.1, 0.6]], slack) == cutoff


@pytest.mark.parametrize(
    ("covered", "uncovered", "cutoff"),
    [
        ([0.6, 0.9], [0.1, 0.5], 0.6),
        ([0.4, 0.8], [0.1, 0.6], 0.4),  # 1 + 1/2 at 0.4, 1/2 + 1 at 0.8: the lower one
        ([0.3, 0.7], [], 0.3),
        ([], [0.3, 0.7], 0.7),  # no cut-off among the values declines both
        ([0.2], [0.9], 0.2),  # it cannot part them: 1 + 0 at 0.2, 0 + 0 at 0.9
    ],
)
def test_the_cutoff_has_the_highest_youden_index(covered: list[float], uncovered: list[float], cutoff: float) -> None:
    """Kept share of covered plus declined share of uncovered is as high as it gets."""
    assert best_cutoff(covered, uncovered) == cutoff


def test_a_risk_coverage_curve() -> None:
    """Surest first: right, wrong, right, wrong."""
    assert risk_coverage([4, 3, 2, 1], [False, True, False, True]) == [(0.25, 0), (0.5, 0.5), (0.75, 0.333), (1, 0.5)]


def test_the_area_under_it() -> None:
    """The mean of the risks 0, 1/2, 1/3 and 1/2; ties count as if their order were random."""
    found = area_under_risk_coverage([4, 3, 2, 1], [False, True, False, True])
    assert found.value == pytest.approx((0 + 1 / 2 + 1 / 3 + 1 / 2) / 4)
    assert found.low <= found.value <= found.high
    assert area_under_risk_coverage([1, 1], [True, False]).value == pytest.approx(0.5)
    assert area_under_risk_coverage([1, 1], [False, True]).value == pytest.approx(0.5)
    assert repr(area_under_risk_coverage([], [])) == repr(NOTHING)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=1, max_size=30))
def test_a_perfect_order_has_the_smallest_area(cases: list[tuple[int, bool]]) -> None:
    """No order of confidence beats the one that puts every wrong answer last."""
    losses = [wrong for _, wrong in cases]
    best = area_under_risk_coverage([float(not wrong) for wrong in losses], losses).value
    assert best <= area_under_risk_coverage([float(sure) for sure, _ in cases], losses).value + 1e-9


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("back", 1), ("muscle", 2), ("extension", 3), ("repetition", 4), ("exercise", 3), ("shoulder", 2),
        ("glutes", 1), ("hamstrings", 2), ("area", 3), ("being", 2), ("radio", 3), ("worked", 1), ("lifted", 2),
        ("the", 1), ("8", 1), ("lower", 2), ("breathe", 1), ("variation", 4), ("create", 2), ("video", 3),
    ],
)  # fmt: skip
def test_syllables(word: str, count: int) -> None:
    """Words of the articles, counted by ear."""
    assert syllables(word) == count


def test_reading_ease_of_a_worked_example() -> None:
    """Six words, one sentence, eight syllables: 206.835 - 1.015 * 6 - 84.6 * 8 / 6."""
    assert flesch("Keep the bend in your elbows.") == pytest.approx(206.835 - 1.015 * 6 - 84.6 * 7 / 6)
    assert flesch("The cat sat on the mat.") == pytest.approx(206.835 - 1.015 * 6 - 84.6)


def test_a_list_item_is_a_sentence_and_its_marker_is_not_a_word() -> None:
    """Steps read as sentences even without full stops."""
    assert flesch("1. Lie down\n2. Sit up") == pytest.approx(206.835 - 1.015 * 2 - 84.6)
    assert flesch("") == 0.0


@pytest.mark.parametrize("module", ["abstention", "compare", "intervals", "metrics", "ranking", "readability"])
def test_examples_in_docstrings_hold(module: str) -> None:
    """Every example of a scorer or figure gives what it says."""
    result = doctest.testmod(importlib.import_module(f"eval.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
