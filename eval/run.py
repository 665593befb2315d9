"""Asks every case of the assistant and of the baseline, and says how good each is."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant.chain import Assistant

from .baseline import PlainRag
from .dataset import Case, Kind
from .metrics import Interval, Score, bootstrap, score_answer, score_text

__all__ = ["Report", "measure", "print_report", "read_floors", "shortfalls", "write_report"]

KINDS: tuple[Kind, ...] = ("answerable", "dialogue", "multi", "false_premise", "unanswerable", "off_topic")
_SAID = {
    "answerable": "answerable, fully correct",
    "dialogue": "follow-ups, fully correct",
    "multi": "two-part, fully correct",
    "false_premise": "false premise corrected",
    "unanswerable": "near-topic unanswerable declined",
    "off_topic": "off-topic declined",
}


@dataclass(frozen=True)
class Report:
    """Scores of the assistant and of the baseline over the same cases."""

    split: str
    corpus: str
    ours: tuple[Score, ...]
    baseline: tuple[Score, ...]

    def rates(self, scores: Iterable[Score]) -> dict[str, Interval]:
        """Share of correct answers by kind of case, within the first 100 words."""
        scores = list(scores)
        return {kind: bootstrap([score.correct for score in scores if score.case.kind == kind]) for kind in KINDS}

    def figures(self) -> dict[str, float]:
        """The assistant's single numbers."""
        quotes = sum(score.citations for score in self.ours)
        answered = [score for score in self.ours if not score.declined]
        times = sorted(score.milliseconds for score in self.ours)
        return {
            "verbatim_quotes": sum(score.verbatim for score in self.ours) / quotes if quotes else 1.0,
            "quotes": float(quotes),
            "median_words": float(median(score.words for score in answered)) if answered else 0.0,
            "longest_words": float(max((score.words for score in answered), default=0)),
            "latency_p50_ms": median(times),
            "latency_p95_ms": times[int(0.95 * (len(times) - 1))],
        }


def measure(assistant: Assistant, cases: Sequence[Case], split: str, corpus: str, *, quiet: bool = False) -> Report:
    """Ask every case of both systems."""
    articles = {article.id: article for article in assistant.articles}
    plain = PlainRag(assistant.articles, assistant.encoder)
    ours, theirs = [], []
    try:
        for case in track(cases, description="asking", disable=quiet, transient=True):
            start = time.perf_counter()
            answer = assistant.ask(case.question, case.history)
            ours.append(score_answer(case, answer, articles, 1000 * (time.perf_counter() - start)))
            text = plain.ask(case.question)
            theirs.append(score_text(case, text, declined=not text))
    finally:
        plain.close()
    return Report(split, corpus, tuple(ours), tuple(theirs))


def print_report(report: Report, console: Console) -> None:
    """The report as a table."""
    table = Table(title=f"{report.split} half, {report.corpus}: share correct within 100 words (95 % interval)")
    for column in ("cases of", "n", "Backchat", "plain LangChain RAG"):
        table.add_column(column, justify="left" if column == "cases of" else "right")
    ours, theirs = report.rates(report.ours), report.rates(report.baseline)
    for kind in KINDS:
        if ours[kind].count:
            table.add_row(_SAID[kind], str(ours[kind].count), _shown(ours[kind]), _shown(theirs[kind]))
    console.print(table)
    figures = report.figures()
    console.print(
        f"quotes verbatim {figures['verbatim_quotes']:.1%} of {figures['quotes']:.0f} · "
        f"median answer {figures['median_words']:.0f} words, longest {figures['longest_words']:.0f} · "
        f"latency p50 {figures['latency_p50_ms']:.1f} ms, p95 {figures['latency_p95_ms']:.1f} ms"
    )


def _shown(interval: Interval) -> str:
    return f"{interval.value:.0%} ({interval.low:.0%}-{interval.high:.0%})"


def write_report(reports: Sequence[Report], folder: Path, opened: bool) -> Path:
    """Write report.json; the test half's cases are listed only when opened on purpose, and the report says so."""
    folder.mkdir(parents=True, exist_ok=True)
    body = [
        {
            "split": report.split,
            "corpus": report.corpus,
            "test_cases_opened": opened,
            "backchat": {kind: asdict(value) for kind, value in report.rates(report.ours).items()},
            "plain_rag": {kind: asdict(value) for kind, value in report.rates(report.baseline).items()},
            "figures": report.figures(),
            "cases": [_case_row(score) for score in report.ours] if opened or report.split != "test" else None,
        }
        for report in reports
    ]
    path = folder / "report.json"
    path.write_text(json.dumps(body, indent=1), encoding="utf-8")
    return path


def _case_row(score: Score) -> dict[str, object]:
    return {
        "id": score.case.id,
        "kind": score.case.kind,
        "question": score.case.question,
        "correct": score.correct,
        "declined": score.declined,
        "stated": score.stated,
        "facts": len(score.case.facts),
        "text": score.text,
    }


def read_floors(path: Path) -> dict[str, float]:
    """The floors beside the cases: lowest share allowed, by kind and by figure."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {str(name): float(value) for name, value in raw["floors"].items()}


def shortfalls(report: Report, floors: Mapping[str, float]) -> list[str]:
    """What of a report lies below its floors."""
    values = {kind: interval.value for kind, interval in report.rates(report.ours).items() if interval.count}
    values["verbatim_quotes"] = report.figures()["verbatim_quotes"]
    return [
        f"{name}: {values[name]:.3f} is below the floor {floor:.3f}"
        for name, floor in floors.items()
        if name in values and values[name] < floor
    ]
