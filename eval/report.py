"""Pure: results -> the report as plain data, the form of report.json.

    {"format", "run": {date, commit, seconds, ...}, "versions",
     "halves": [{"split", "corpus", "test_cases_opened", "cases", "systems": [...], "guard", "latency", "slices",
                 "outcomes", "rows"}]}

Everything but `run` and `latency` is the same in two runs over the same cases, corpus and code. `outcomes` tells for
each case, under a digest of its content, whether the assistant was right, so that two reports can be compared case by
case without naming the cases; `rows` lists the cases themselves and is null for the test half, unless that was opened.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from .dataset import Case, states
from .guard import confusion, guard_figures, right_level
from .intervals import paired_difference
from .metrics import first_words
from .run import HalfResult, SystemResult
from .summary import curve, figures, kind_rates, operating_point, slices
from .types import Interval, Score

__all__ = ["FORMAT", "TEST", "half_report", "whole_report"]

FORMAT = 2
TEST = "test"
"""The half whose cases stay closed."""


def whole_report(
    halves: Sequence[Mapping[str, Any]], run: Mapping[str, Any], versions: Mapping[str, str]
) -> dict[str, Any]:
    """The report of a run."""
    return {"format": FORMAT, "run": dict(run), "versions": dict(versions), "halves": list(halves)}


def half_report(result: HalfResult, *, opened: bool) -> dict[str, Any]:
    """One half; `opened` says whether the test half's cases may be listed, and is recorded."""
    ours = result.systems[0]
    asked = [s for s in ours.scores if s.case.kind != "guard"]
    closed = result.split == TEST and not opened
    return {
        "split": result.split,
        "corpus": result.corpus,
        "test_cases_opened": result.split == TEST and opened,
        "cases": len(ours.scores),
        "systems": [_system(system, ours) for system in result.systems if system.role != "guard"],
        "slices": {by: {k: _interval(v) for k, v in groups.items()} for by, groups in slices(ours.scores).items()},
        "guard": _guard(ours.scores, [system for system in result.systems if system.role == "guard"]),
        "outcomes": {digest(s.case): right(s) for s in ours.scores},
        "rows": None if closed else [_row(s) for s in ours.scores],
        "latency": _latency([s.reply.milliseconds for s in asked]),
    }


def digest(case: Case) -> str:
    """A name for what a case asks and demands, which does not tell it."""
    facts = [(fact.name, [pattern.pattern for pattern in fact.patterns]) for fact in case.facts]
    demanded = (case.question, case.history, facts, [p.pattern for p in case.must_not], case.level, case.accept)
    return hashlib.sha256(repr(demanded).encode()).hexdigest()[:16]


def right(score: Score) -> bool:
    """Whether a reply is right: its level for a guard case, else its words."""
    return right_level(score) if score.case.kind == "guard" else score.correct


def _system(system: SystemResult, ours: SystemResult) -> dict[str, Any]:
    mine = [float(s.correct) for s in ours.scores if s.case.kind != "guard"]
    own = [float(s.correct) for s in system.scores if s.case.kind != "guard"]
    return {
        "name": system.name,
        "said": system.said,
        "role": system.role,
        "cutoff": system.cutoff,
        "kinds": {kind: _interval(rate) for kind, rate in kind_rates(system.scores).items()},
        "figures": {name: _interval(value) for name, value in figures(system.scores, cites=system.cites).items()},
        "behind_ours": None if system is ours else _interval(paired_difference(mine, own)),
        "risk_coverage": curve(system.scores),
        "operating_point": operating_point(system.scores),
    }


def _interval(interval: Interval) -> dict[str, float | int | None]:
    """JSON knows no NaN: a figure without cases is null."""
    return {
        name: None if isinstance(value, float) and math.isnan(value) else round(value, 5)
        for name, value in asdict(interval).items()
    }


def _guard(scores: Sequence[Score], layers: Sequence[SystemResult]) -> dict[str, Any] | None:
    """The guard's figures, its confusion matrix, and the figures without one of its layers."""
    found = guard_figures(scores)
    if not found:
        return None
    without = {
        layer.said: {name: _interval(value) for name, value in guard_figures(layer.scores).items()} for layer in layers
    }
    return {
        "figures": {name: _interval(value) for name, value in found.items()},
        "confusion": confusion(scores),
        "without": without,
    }


def _latency(milliseconds: Sequence[float]) -> dict[str, Any] | None:
    if not milliseconds:
        return None
    p50, p95 = (float(value) for value in np.percentile(milliseconds, (50, 95)))
    return {"p50_ms": round(p50, 2), "p95_ms": round(p95, 2), "all_ms": [round(ms, 2) for ms in milliseconds]}


def _row(score: Score) -> dict[str, Any]:
    case, reply = score.case, score.reply
    early = first_words(reply.text) if reply.answered else ""
    return {
        "id": case.id,
        "digest": digest(case),
        "kind": case.kind,
        "topic": case.topic,
        "tags": list(case.tags),
        "question": case.question,
        "history": [[turn.role, turn.text] for turn in case.history],
        "right": right(score),
        "answered": reply.answered,
        "confidence": round(reply.confidence, 3),
        "text": reply.text if reply.answered else None,
        "quotes": [{"article": q.article, "start": q.start, "end": q.end, "text": q.text} for q in reply.quotes],
        "missed": [fact.name for fact in case.facts if not states(fact, early)],
        "forbidden": [pattern.pattern for pattern in case.must_not if pattern.search(early)],
        "expected_level": case.level,
        "level": reply.level,
        "evidence": list(case.evidence),
        "evidence_rank": next((n for n, good in enumerate(score.relevant, start=1) if good), None),
    }
