"""Whole runs with the real model: all systems over a few cases, the command line, and the page in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from assistant.errors import BackchatError
from assistant.settings import Settings
from eval.__main__ import main
from eval.dataset import CaseError, load_cases
from eval.report import half_report
from eval.run import Clock, examine
from eval.session import plan

from ..bicycles import write_bicycles
from ..chromium import started

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from assistant.chain import Assistant

pytestmark = pytest.mark.model

FACT = {"name": "every", "patterns": ["every 300"]}
CASES: list[dict[str, Any]] = [
    {"id": "often", "kind": "answerable", "question": "How often do I clean the chain?", "topic": "dose",
     "facts": [FACT], "evidence": ["How often"], "tags": ["short"]},
    {"id": "patch", "kind": "answerable", "question": "How long do I hold the patch on the tube?",
     "facts": [{"name": "sixty", "patterns": ["sixty seconds"]}], "evidence": ["How to do a puncture repair"]},
    {"id": "ellipsis", "kind": "dialogue", "question": "and how often?", "facts": [FACT], "evidence": ["How often"],
     "history": [["user", "What is chain cleaning?"], ["assistant", "It takes the grit off."]]},
    {"id": "both", "kind": "multi", "question": "How often do I clean the chain and what do I need for a puncture?",
     "facts": [FACT, {"name": "levers", "patterns": ["tyre levers"]}], "evidence": ["How often", "Equipment"]},
    {"id": "moon", "kind": "off_topic", "question": "How far away is the moon?"},
    {"id": "brand", "kind": "unanswerable", "question": "Who invented the derailleur?"},
    {"id": "alarm", "kind": "guard", "question": "My chest feels tight and my arm hurts", "level": "EMERGENCY"},
    {"id": "wrong", "kind": "guard", "question": "Which oil suits a chain best?", "level": "EMERGENCY"},  # must fail
]  # fmt: skip


def write_cases(folder: Path) -> Path:
    """Write the cases as a file of their own."""
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(case) + "\n" for case in CASES), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def bicycles(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Open an assistant of the bicycles."""
    from assistant.chain import Assistant

    corpus = write_bicycles(tmp_path_factory.mktemp("bicycles"))
    with Assistant.load(Settings(corpus=corpus, cache_dir=model_cache)) as loaded:
        yield loaded


@pytest.fixture(scope="module")
def made(bicycles: Assistant, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Examine the bicycles twice."""
    cases = load_cases(write_cases(tmp_path_factory.mktemp("cases")))
    reports = []
    for _ in range(2):
        (result,), _cutoffs = examine(bicycles, {"mine": cases}, cases, "bicycles")
        reports.append(half_report(result, opened=False))
    return reports


def test_two_runs_give_the_same_report(made: list[dict[str, Any]]) -> None:
    """All but the latency, to the last digit."""
    first, second = ({name: part for name, part in half.items() if name != "latency"} for half in made)
    assert json.dumps(first) == json.dumps(second)


def test_every_system_is_examined(made: list[dict[str, Any]]) -> None:
    """The assistant, three baselines and five ablations; only what has no threshold of its own got a cut-off."""
    systems = {system["name"]: system for system in made[0]["systems"]}
    assert list(systems) == [
        "backchat", "plain_rag", "bm25", "dense", "no_keyword", "no_interpretation", "no_aim", "no_evidence",
        "no_coverage",
    ]  # fmt: skip
    assert [name for name, system in systems.items() if system["cutoff"] is None] == ["backchat"]
    assert all(system["kinds"]["answerable"]["count"] == 2 for system in systems.values())


def test_the_assistant_does_better_than_guessing(made: list[dict[str, Any]]) -> None:
    """On a corpus it was not made for it answers, declines the moon, quotes verbatim, and finds the passages."""
    ours = made[0]["systems"][0]
    assert ours["kinds"]["answerable"]["value"] == 1
    assert ours["kinds"]["off_topic"]["value"] == 1
    assert ours["figures"]["verbatim_quotes"]["value"] == 1
    assert ours["figures"]["supported_sentences"]["value"] == 1
    assert ours["figures"]["recall_at_10"]["value"] == 1


def test_guard_cases_are_asked_of_the_assistant_alone(made: list[dict[str, Any]]) -> None:
    """They count for the guard, not among questions."""
    half = made[0]
    assert sum(half["guard"]["confusion"]["EMERGENCY"].values()) == 2
    assert half["cases"] == len(CASES)
    assert sum(rate["count"] for rate in half["systems"][0]["kinds"].values()) == len(CASES) - 2


def test_the_layers_of_the_guard_are_examined(made: list[dict[str, Any]]) -> None:
    """The guard without its signs and without meaning, on the same cases."""
    guard = made[0]["guard"]
    assert list(guard["without"]) == ["without signs", "without meaning"]
    assert all(layer["red_flag_recall"]["count"] == 2 for layer in guard["without"].values())


def test_the_encoder_is_given_back(bicycles: Assistant, made: list[dict[str, Any]]) -> None:
    """After a run the assistant is as before."""
    assert type(bicycles.encoder).__module__ == "assistant.embedding"


def test_a_clock_adds_up_where_time_goes(bicycles: Assistant, tmp_path: Path) -> None:
    """Answering, encoding, baselines, ablation and scoring are kept apart; every reply is a step."""
    steps: list[str] = []
    cases, clock = load_cases(write_cases(tmp_path))[:2], Clock()
    examine(bicycles, {"mine": cases}, cases, "bicycles", clock=clock, step=steps.append)
    assert set(clock.seconds) == {"answering", "encoding", "baselines", "ablation", "scoring"}
    assert all(seconds > 0 for seconds in clock.seconds.values())
    assert len(steps) == 2 * 9


@pytest.fixture(scope="module")
def run(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the command on own articles and cases; the folder of the report, and what was printed."""
    from contextlib import redirect_stderr, redirect_stdout
    from io import StringIO

    folder = tmp_path_factory.mktemp("run")
    arguments = ["--corpus", str(write_bicycles(folder / "articles")), "--cases", str(write_cases(folder))]
    printed = StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(printed), redirect_stderr(StringIO()):
        patch.setenv("BACKCHAT_CACHE_DIR", str(model_cache))
        patch.setenv("COLUMNS", "80")
        with pytest.raises(SystemExit) as ended:
            main([*arguments, "--output", str(folder / "out")])
    assert not ended.value.code
    return folder / "out", printed.getvalue()


def test_own_articles_and_cases_can_be_measured(run: tuple[Path, str]) -> None:
    """One command prints tables that fit a terminal and writes both reports."""
    folder, printed = run
    assert "mine half, articles: 8 cases" in printed
    assert "plain RAG" in printed
    assert max(map(len, printed.split("wrote ")[0].splitlines())) <= 80
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    assert [(half["split"], half["corpus"]) for half in report["halves"]] == [("mine", "articles")]
    assert report["run"]["seconds"]["encoding"] > 0
    assert [row["id"] for row in report["halves"][0]["rows"]] == [case["id"] for case in CASES]


@pytest.mark.browser
def test_the_page_stands_alone(run: tuple[Path, str]) -> None:
    """It loads nothing else, breaks no rule of its own policy, shows its plots, filters the failures, fits a phone."""
    with started() as browser:
        _look_at(browser.new_page(), run[0])


def _look_at(page: Page, folder: Path) -> None:
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto((folder / "report.html").as_uri())
    assert len(asked) == 1
    assert not said
    assert page.locator("svg[role=img]").count() == 4
    failures = page.locator("details.case")
    assert failures.count() >= 1
    page.get_by_label("Search questions and answers").fill("oil suits")
    assert page.locator("details.case:visible").count() == 1
    page.get_by_label("Search questions and answers").fill("no such words")
    assert page.locator("details.case:visible").count() == 0
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_what_people_typed_is_shown_as_text(run: tuple[Path, str]) -> None:
    """Markup in a question is escaped."""
    from eval.html import render

    report = json.loads((run[0] / "report.json").read_text(encoding="utf-8"))
    report["halves"][0]["rows"][-1]["question"] = "<img src=x onerror=alert(1)>"
    assert "<img" not in render(report)
    assert "&lt;img" in render(report)


def test_the_gate_is_for_the_test_half(run: tuple[Path, str], tmp_path: Path) -> None:
    """What is compared and enforced is decided by the report alone."""
    from eval.compare import compare, read_report
    from eval.gate import missed_floors

    report = read_report(run[0] / "report.json")
    assert "was not run" in missed_floors(report, {"answerable": 0.0})[0]
    assert compare(report, report)[0]["compared"] == len(CASES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--split", "train"], "there is no half 'train'"),
        (["--tag", "nobody"], "no cases are left to ask with the tag 'nobody'"),
        (["--cases", "nowhere.jsonl"], "cannot be read"),
        (["--against", "nowhere.json"], "cannot be read as a report"),
        (["check", "nowhere.jsonl"], "cannot be read"),
        (["stubs", "nowhere.jsonl", "mine.jsonl"], "cannot be read"),
    ],
)
def test_a_bad_option_is_one_line(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit status 1 and the reason, before anything is loaded or asked."""
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    told = capsys.readouterr().err
    assert ended.value.code == 1
    assert told.startswith("eval: ")
    assert message in told
    assert "Traceback" not in told


def test_the_shipped_cases_fit_their_corpora(capsys: pytest.CaptureFixture[str]) -> None:
    """`check` reads both halves, compares them with the articles and fixtures, and counts them."""
    with pytest.raises(SystemExit) as ended:
        main(["check"])
    assert not ended.value.code
    assert "cases are sound" in capsys.readouterr().out


def test_cases_that_do_not_fit_are_not_asked(tmp_path: Path) -> None:
    """Evidence that the corpus lacks stops the run with file and line."""
    from eval.session import check_exams

    corpus = write_bicycles(tmp_path / "articles")
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps({**CASES[0], "evidence": ["Nowhere"]}), encoding="utf-8")
    with pytest.raises(CaseError, match=r"mine.jsonl:1: often: no section 'Nowhere'"):
        check_exams(plan("both", corpus, path, None))


def test_the_test_half_stays_closed_under_any_path(tmp_path: Path) -> None:
    """Naming the shipped test file as own cases does not open it."""
    path = tmp_path / "test.jsonl"
    path.write_text(json.dumps(CASES[4]), encoding="utf-8")
    assert list(plan("both", None, path, None).exams[0].halves) == ["test"]


def test_another_corpus_is_asked_the_shipped_questions() -> None:
    """With other articles the fixtures are left out, and cut-offs are chosen on the dev half over those articles."""
    planned = plan("test", Path("elsewhere"), None, "supplied")
    assert [exam.corpus for exam in planned.exams] == ["elsewhere"]
    assert not planned.exams[0].own
    assert planned.tuning.settings.corpus == Path("elsewhere")
    assert {case.corpus for case in planned.exams[0].halves["test"]} == {"shipped"}


def test_fixtures_are_asked_in_a_full_run() -> None:
    """Each fixture is an exam of its own beside the shipped corpus."""
    planned = plan("both", None, None, None)
    assert [exam.corpus for exam in planned.exams] == ["shipped", "balcony-tomatoes", "one-exercise"]
    assert all(set(exam.halves) == {"dev", "test"} for exam in planned.exams)


def test_a_report_that_cannot_be_written_says_so(run: tuple[Path, str], tmp_path: Path) -> None:
    """A folder whose place is taken by a file."""
    from eval.write import write_report

    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    report = json.loads((run[0] / "report.json").read_text(encoding="utf-8"))
    with pytest.raises(BackchatError, match="name another --output"):
        write_report(report, blocked / "out", None, Clock())
