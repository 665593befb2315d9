"""Figures over several cases, the guard's pair, floors and comparisons, all worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BackchatError
from assistant.types import Level
from eval.compare import compare, read_report, sign_test
from eval.dataset import ONE_EXERCISE, Case
from eval.gate import KNOWN, missed_floors, read_floors
from eval.guard import confusion, guard_figures
from eval.report import digest, half_report, whole_report
from eval.run import HalfResult, SystemResult
from eval.summary import FIGURE_SAID, curve, figures, kind_rates, operating_point, slices
from eval.types import Score

from .examples import ALARM, ANSWER, NOWHERE, OFTEN, patterns, place, reply, scored

DEFAULT_FLOORS = Path(__file__).parents[2] / "eval" / "cases" / "floors.yaml"


def varied() -> list[Score]:
    """Two right and one wrong covered case, one uncovered case declined and one answered, and a guard case."""
    sure = scored(confidence=3.0, quotes=(place(ANSWER),), sentences=1, supported=1)
    return [
        replace(sure, quotes_on_point=1, facts_quoted=2, verbatim=1, relevant=(False, True), relevant_total=2),
        replace(scored(confidence=2.0), relevant=(True,), relevant_total=1),
        scored(right=False, confidence=1.0),
        scored(NOWHERE, confidence=-1.0),
        scored(NOWHERE, right=False, confidence=-2.0),
        scored(ALARM, level="GENERAL"),
    ]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("fully_correct", 2 / 3, 3),
        ("fully_correct_anywhere", 2 / 3, 3),
        ("fact_recall", 4 / 6, 3),
        ("citation_precision", 1, 1),
        ("citation_recall", 2 / 6, 3),
        ("verbatim_quotes", 1, 1),
        ("supported_sentences", 1, 1),
        ("abstention_recall", 1 / 2, 2),
        ("abstention_precision", 1, 1),
        ("wrongly_declined", 0, 3),
        ("recall_at_1", (0 + 1) / 2, 2),
        ("recall_at_10", (1 / 2 + 1) / 2, 2),
        ("mrr_at_10", (1 / 2 + 1) / 2, 2),
        ("flesch", 70, 4),
        ("median_words", 6, 4),
        ("aurc", (0 + 0 + 1 / 3 + 2 / 4 + 3 / 5) / 5, 5),
    ],
)
def test_each_figure_counts_its_own_cases(name: str, value: float, count: int) -> None:
    """Value and number of cases, the guard's cases left out."""
    found = figures(varied(), cites=True)[name]
    assert found.value == pytest.approx(value)
    assert found.count == count


def test_a_premise_is_confirmed_by_silence_too() -> None:
    """Corrected and declined ones are not confirmed; an answer without the correction confirms."""
    claim = replace(OFTEN, kind="false_premise")
    declined = scored(claim, right=False)
    declined = replace(declined, reply=replace(declined.reply, answered=False))
    found = figures([scored(claim), scored(claim, right=False), declined, scored()], cites=True)["premise_unconfirmed"]
    assert found.value == pytest.approx(2 / 3)
    assert found.count == 3


def test_every_figure_has_a_name_for_readers() -> None:
    """What is measured can be shown, and what does not cite has no figure of citations."""
    assert set(figures(varied(), cites=True)) == set(FIGURE_SAID)
    missing = set(FIGURE_SAID) - set(figures(varied(), cites=False))
    assert missing == {"citation_precision", "citation_recall", "verbatim_quotes", "supported_sentences"}


def test_kinds_slices_and_the_curve() -> None:
    """Rates by kind, by topic and tag of covered cases, and the place of the system on its own curve."""
    assert {kind: rate.value for kind, rate in kind_rates(varied()).items()} == {
        "answerable": pytest.approx(2 / 3),
        "unanswerable": 0.5,
    }
    assert {by: {k: v.count for k, v in groups.items()} for by, groups in slices(varied()).items()} == {
        "topic": {"dose": 3},
        "tag": {"short": 3},
    }
    assert curve(varied())[-1] == (1.0, 0.6)
    assert operating_point(varied()) == (0.8, 0.5)
    assert operating_point([scored(NOWHERE)]) is None


def guarded(
    expected: Level, given: Level, category: str = "x", given_category: str | None = None, **changes: Any
) -> Score:
    """Make a guard case with the level it was given."""
    case = replace(ALARM, level=expected, category=category, **changes)
    return scored(case, level=given, category=given_category)


GUARDED = [
    guarded("EMERGENCY", "EMERGENCY"),
    guarded("EMERGENCY", "URGENT"),
    guarded("EMERGENCY", "CAUTION"),
    guarded("URGENT", "GENERAL"),
    guarded("URGENT", "CAUTION", accept=("CAUTION",)),
    guarded("GENERAL", "URGENT", "nm_idiom"),
    guarded("GENERAL", "GENERAL", "nm_idiom"),
    guarded("GENERAL", "OFF_TOPIC", "technique"),
    guarded("ABUSE_INJECTION", "EMERGENCY", "self_harm_crisis", "self_harm_crisis"),
    guarded("ABUSE_INJECTION", "ABUSE_INJECTION", "self_harm_crisis", "encoded"),
]


@pytest.mark.parametrize(
    ("name", "value", "count"),
    [
        ("red_flag_recall", 2 / 4, 4),  # the URGENT case that may be CAUTION is no clear flag
        ("emergency_missed", 1 / 3, 3),
        ("crisis_recall", 1 / 2, 2),
        ("near_miss_pass", 1 / 2, 2),
        ("ordinary_pass", 1, 1),
        ("level_accuracy", 4 / 10, 10),
    ],
)
def test_the_guards_figures(name: str, value: float, count: int) -> None:
    """Recall over clear red flags, pass rate over near misses, and crises by their category."""
    found = guard_figures(GUARDED)[name]
    assert found.value == pytest.approx(value)
    assert found.count == count


def test_the_confusion_matrix_counts_every_case_once() -> None:
    """Rows are what was expected."""
    table = confusion(GUARDED)
    assert table["EMERGENCY"] | {"OFF_TOPIC": 0} == table["EMERGENCY"]
    assert (table["EMERGENCY"]["URGENT"], table["GENERAL"]["URGENT"]) == (1, 1)
    assert sum(sum(row.values()) for row in table.values()) == len(GUARDED)


def test_without_guard_cases_there_are_no_guard_figures() -> None:
    """Not even zeros."""
    assert guard_figures([scored()]) == {}


def system(name: str, scores: list[Score], role: str = "ours") -> SystemResult:
    """Make one system's result."""
    return SystemResult(name, name, role, role != "baseline", None, tuple(scores))


def report(scores: list[Score], split: str = "dev", corpus: str = "shipped", *, opened: bool = False) -> dict[str, Any]:
    """Make a report of one half, with a baseline that is always wrong."""
    plain = [scored(s.case, right=False) for s in scores if s.case.kind != "guard"]
    result = HalfResult(split, corpus, (system("backchat", scores), system("plain_rag", plain, "baseline")))
    return whole_report([half_report(result, opened=opened)], {"date": "2026-11-25", "commit": None}, {"index": "1"})


def test_a_report_is_plain_data() -> None:
    """It goes through JSON unchanged, without NaN."""
    made = report(varied())
    assert json.loads(json.dumps(made, allow_nan=False)) == json.loads(json.dumps(made))
    ours, plain = made["halves"][0]["systems"]
    assert plain["behind_ours"]["value"] == pytest.approx(3 / 5)
    assert ours["behind_ours"] is None
    assert "verbatim_quotes" not in plain["figures"]


def test_the_test_half_stays_closed() -> None:
    """Neither questions nor answers of its cases are in the report, unless it was opened, which is recorded."""
    closed = report(varied(), "test")["halves"][0]
    assert closed["rows"] is None
    assert OFTEN.question not in json.dumps(closed)
    assert ANSWER not in json.dumps(closed)
    opened = report(varied(), "test", opened=True)["halves"][0]
    assert (closed["test_cases_opened"], opened["test_cases_opened"]) == (False, True)
    assert opened["rows"][0]["question"] == OFTEN.question
    assert not report(varied(), opened=True)["halves"][0]["test_cases_opened"]


def test_a_row_tells_what_went_wrong() -> None:
    """Facts that are missing within the first 100 words, and what was said though it must not be."""
    said = "Never clean the chain."
    wrong = replace(scored(), reply=reply(said), stated_early=1, wrong_early=True)
    (row,) = report([wrong])["halves"][0]["rows"]
    assert (row["right"], row["missed"], row["forbidden"]) == (False, ["distance"], [OFTEN.must_not[0].pattern])


def test_a_digest_names_what_a_case_asks_and_demands() -> None:
    """Another id is the same case; another pattern is another one."""
    assert digest(OFTEN) == digest(replace(OFTEN, id="other", where="x:9", tags=()))
    changed: list[Case] = [
        replace(OFTEN, question="Why?"),
        replace(OFTEN, facts=OFTEN.facts[:1]),
        replace(OFTEN, must_not=patterns("x")),
        replace(ALARM, level="URGENT"),
    ]
    assert len({digest(case) for case in [OFTEN, ALARM, *changed]}) == 6


def test_two_reports_are_compared_case_by_case() -> None:
    """What was gained and lost is counted and named; figures that moved are told with both values."""
    before = [scored(OFTEN, right=False), scored(NOWHERE), scored(replace(OFTEN, question="gone"))]
    now = [scored(OFTEN), scored(NOWHERE, right=False), scored(replace(OFTEN, question="new"))]
    (half,) = compare(report(now), report(before))
    assert (half["compared"], half["not_compared"], half["gained"], half["lost"]) == (2, 2, 1, 1)
    assert [case["id"] for case in half["gained_cases"]] == ["often"]
    assert [(case["id"], case["before"], case["now"]) for case in half["lost_cases"]] == [("nowhere", None, ANSWER)]
    assert half["figures"]["abstention_recall"] == (1.0, 0.0)
    assert "verbatim_quotes" not in half["figures"]


def test_a_closed_half_is_compared_by_counts_alone() -> None:
    """Gains and losses of the test half name no case."""
    (half,) = compare(report([scored()], "test"), report([scored(right=False)], "test", opened=True))
    assert (half["gained"], half["gained_cases"], half["lost_cases"]) == (1, None, None)


def test_halves_that_only_one_report_has_are_left_out() -> None:
    """Another split or corpus is not compared."""
    assert compare(report([scored()]), report([scored()], "test")) == []
    assert compare(report([scored()]), report([scored()], corpus="other")) == []


@pytest.mark.parametrize(
    ("gained", "lost", "p"), [(0, 0, 1), (1, 7, 0.0703125), (7, 1, 0.0703125), (3, 3, 1), (5, 0, 0.0625)]
)
def test_the_sign_test_is_exact(gained: int, lost: int, p: float) -> None:
    """Twice the binomial tail: 2 * (1 + 8) / 256 for one against seven."""
    assert sign_test(gained, lost) == pytest.approx(p)


@pytest.mark.parametrize("content", [None, "{", "[]", '{"format": 1}', "\xff"])
def test_an_unreadable_report_is_a_clear_error(tmp_path: Path, content: str | None) -> None:
    """Missing, no JSON, or of another form."""
    path = tmp_path / "report.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(BackchatError, match=r"report.json: "):
        read_report(path)


def test_floors_are_held_against_the_test_half() -> None:
    """At the floor is enough; below it, and not measured at all, are told."""
    made = report(varied(), "test")
    assert missed_floors(made, {"answerable": 0.66, "verbatim_quotes": 1.0, "level_accuracy": 0.0}) == []
    assert missed_floors(made, {"answerable": 0.7, "dialogue": 0.1}) == [
        "answerable: 0.667 is below the floor 0.700",
        "dialogue: no case measures it, and its floor is 0.100",
    ]


def test_a_gate_without_the_test_half_is_not_passed() -> None:
    """Neither the dev half nor another corpus stands in for it."""
    for made in (report(varied()), report(varied(), "test", "other")):
        assert "was not run" in missed_floors(made, {"answerable": 0.0})[0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shipped: {answerabel: 0.5}", "no figure 'answerabel'"),
        ("shipped: {wrongly_declined: 0.5}", "no figure 'wrongly_declined'"),
        ("shipped: {answerable: high}", "is 'high', not a number"),
        ("shipped: {answerable: true}", "not a number"),
        ("shipped: {}", "expected"),
        ("answerable: 0.5", "expected"),
        ("shipped: [", "cannot be read"),
    ],
)
def test_malformed_floors_are_named(tmp_path: Path, text: str, message: str) -> None:
    """A floor that would never be enforced is an error, not a silence."""
    path = tmp_path / "floors.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BackchatError, match=message):
        read_floors(path)


def test_floors_of_another_corpus_name_it() -> None:
    """What lies below a floor of a fixture says whose it is."""
    made = report(varied(), "test", ONE_EXERCISE)
    assert missed_floors(made, {"dialogue": 0.1}, ONE_EXERCISE)[0].startswith(f"dialogue of {ONE_EXERCISE}: ")
    assert "dialogue" in read_floors(DEFAULT_FLOORS, ONE_EXERCISE)


def test_the_shipped_floors_hold_every_kind() -> None:
    """No kind of question, nor the quotes, is without a floor."""
    floors = read_floors(DEFAULT_FLOORS)
    assert {"answerable", "dialogue", "multi", "false_premise", "unanswerable", "off_topic"} <= set(floors)
    assert floors["verbatim_quotes"] == floors["supported_sentences"] == 1.0
    assert set(floors) <= KNOWN
