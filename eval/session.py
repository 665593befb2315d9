"""One run of the eval: which cases are asked of which corpus, and all of it done with a progress bar."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Any

from assistant.articles import load_corpus
from assistant.chain import Assistant
from assistant.settings import Settings

from .check import case_problems
from .dataset import SHIPPED, Case, CaseError, fixture, load_cases, refuse, shipped_cases
from .report import TEST, half_report, whole_report
from .run import Clock, examine

__all__ = ["Exam", "Plan", "check_exams", "plan", "run_exams"]

_THINNED = 4
"""Own cases are not asked on the shipped dev half: there a quarter of it is enough to choose cut-offs on."""
_SYSTEMS = 8
_GUARD_LAYERS = 2
"""How many systems are asked, and how many variants of the guard, for the length of the progress bar."""


@dataclass(frozen=True, slots=True)
class Exam:
    """Cases about one corpus, by half."""

    corpus: str
    """Its name in the report."""
    settings: Settings
    halves: Mapping[str, Sequence[Case]]
    own: bool
    """Whether the cases are about this very corpus, so that their evidence must be found in it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run asks."""

    exams: tuple[Exam, ...]
    tuning: Exam
    """Dev cases and the corpus on which the cut-offs of systems without a threshold are chosen."""


def plan(split: str, corpus: Path | None, cases: Path | None, tag: str | None) -> Plan:
    """Which cases are asked of which corpus.

    Args:
        split: dev, test or both; for shipped cases.
        corpus: asked instead of the shipped articles; fixtures are left out then.
        cases: asked instead of the shipped ones; the shipped test file stays the test half.
        tag: only cases with it.

    Raises:
        CaseError: cases cannot be read, or none are left.
    """
    dev = shipped_cases("dev")
    if cases is None:
        halves = {half: dev if half == "dev" else shipped_cases(half) for half in _halves(split)}
    else:
        halves = {_name_of(cases): load_cases(cases)}
    chosen = {half: [c for c in found if tag is None or tag in c.tags] for half, found in halves.items()}
    if not any(chosen.values()):
        raise CaseError("no cases are left to ask" + (f" with the tag {tag!r}" if tag else ""))
    settings = Settings(corpus=corpus) if corpus else Settings()
    if cases is not None:
        exams = [Exam(corpus.name if corpus else SHIPPED, settings, chosen, own=True)]
    else:
        exams = [Exam(corpus.name if corpus else SHIPPED, settings, _about(SHIPPED, chosen), own=corpus is None)]
        names = sorted({c.corpus for found in chosen.values() for c in found} - {SHIPPED}) if corpus is None else []
        exams += [Exam(name, Settings(corpus=fixture(name)), _about(name, chosen), own=True) for name in names]
    shipped = [c for c in dev if c.corpus == SHIPPED]
    if cases is None and corpus is not None:  # cut-offs that suit the corpus that is asked
        tuning = Exam(
            exams[0].corpus, settings, {"dev": [c for c in shipped if tag is None or tag in c.tags]}, own=False
        )
    else:
        some = shipped if cases is None else shipped[::_THINNED]
        tuning = Exam(SHIPPED, Settings(corpus=None), {"dev": some}, own=True)
    return Plan(tuple(exam for exam in exams if exam.halves), tuning)


def _halves(split: str) -> tuple[str, ...]:
    if split not in ("dev", TEST, "both"):
        raise CaseError(f"there is no half {split!r} of the cases; take dev, test or both")
    return ("dev", TEST) if split == "both" else (split,)


def _name_of(cases: Path) -> str:
    """The name of a file's half: its own, but the shipped test cases stay the test half under any path."""
    return TEST if cases.name == "test.jsonl" else cases.stem


def _about(corpus: str, halves: Mapping[str, Sequence[Case]]) -> dict[str, list[Case]]:
    found = {half: [c for c in cases if c.corpus == corpus] for half, cases in halves.items()}
    return {half: cases for half, cases in found.items() if cases}


def check_exams(planned: Plan) -> int:
    """Check all cases against their corpora; how many there are. Raises CaseError with every problem."""
    for exam in planned.exams:
        if exam.own:
            articles = load_corpus(exam.settings.corpus_path).articles
            refuse([line for cases in exam.halves.values() for line in case_problems(cases, articles)])
    return sum(len(cases) for exam in planned.exams for cases in exam.halves.values())


def run_exams(planned: Plan, *, open_test: bool) -> tuple[dict[str, Any], Clock]:
    """Ask everything; the report, and where the time went.

    Raises:
        BackchatError: cases do not fit their corpus, or the assistant cannot be loaded.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    clock = Clock()
    with clock.into("checking"):
        check_exams(planned)
    reports: list[dict[str, Any]] = []
    cutoffs: dict[str, float] = {}
    versions: Mapping[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("asking", total=_replies(planned))

        def step(said: str) -> None:
            bar.update(task, advance=1, description=said)

        first = planned.exams[0]
        shared = first.settings.corpus_path == planned.tuning.settings.corpus_path
        for exam in planned.exams if shared else (planned.tuning, *planned.exams):
            with clock.into("loading"):
                loaded = Assistant.load(exam.settings)
            with loaded as assistant:
                tuning = planned.tuning.halves["dev"] if not cutoffs else ()
                halves = exam.halves if exam in planned.exams else {}
                results, cutoffs = examine(assistant, halves, tuning, exam.corpus, cutoffs, clock=clock, step=step)
                versions = versions or assistant.versions
            with clock.into("figures"):
                reports += [half_report(result, opened=open_test) for result in results]
    return whole_report(reports, _run(clock), versions), clock


def _replies(planned: Plan) -> int:
    asked = [case for exam in planned.exams for cases in exam.halves.values() for case in cases]
    plain = sum(case.kind != "guard" for case in asked)
    return len(asked) + (_SYSTEMS - 1) * plain + _GUARD_LAYERS * (len(asked) - plain)


def _run(clock: Clock) -> dict[str, Any]:
    return {
        "date": date.today().isoformat(),
        "commit": _commit(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "packages": {name: metadata.version(name) for name in ("langchain-core", "chromadb", "sentence-transformers")},
        "seconds": clock.seconds,
    }


def _commit() -> str | None:
    """The commit of the checkout this file is tracked in, marked when files differ from it; None outside of one."""
    here = Path(__file__)
    try:
        for command in (["ls-files", "--error-unmatch", here.name], ["describe", "--always", "--dirty", "--exclude=*"]):
            done = subprocess.run(
                ["git", *command], cwd=here.parent, capture_output=True, text=True, check=True, timeout=10
            )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
