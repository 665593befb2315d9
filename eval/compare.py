"""Pure: two reports, figure by figure and case by case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import comb
from pathlib import Path
from typing import Any

from assistant.errors import BackchatError

from .report import FORMAT

__all__ = ["compare", "read_report", "sign_test"]


def read_report(path: Path) -> dict[str, Any]:
    """An earlier report.json. Raises BackchatError when it cannot be read or has another form."""
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise BackchatError(f"{path}: cannot be read as a report ({exc})") from exc
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise BackchatError(f"{path}: is not a report of this version of the eval; make it again with the older code")
    return report


def compare(new: Mapping[str, Any], old: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What changed in each half that both reports have.

    A case is compared when it asks and demands the same in both. Cases are named where both reports list them;
    of a closed half only counts are told.
    """
    before = {(half["split"], half["corpus"]): half for half in old["halves"]}
    pairs = [(half, before.get((half["split"], half["corpus"]))) for half in new["halves"]]
    return [_half(half, earlier) for half, earlier in pairs if earlier]


def _half(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    shared = new["outcomes"].keys() & old["outcomes"].keys()
    gained = {key for key in shared if new["outcomes"][key] and not old["outcomes"][key]}
    lost = {key for key in shared if old["outcomes"][key] and not new["outcomes"][key]}
    return {
        "split": new["split"],
        "corpus": new["corpus"],
        "compared": len(shared),
        "not_compared": len(new["outcomes"].keys() ^ old["outcomes"].keys()),
        "gained": len(gained),
        "lost": len(lost),
        "p": sign_test(len(gained), len(lost)),
        "figures": _changes(new, old),
        "gained_cases": _named(new, old, gained),
        "lost_cases": _named(new, old, lost),
    }


def _changes(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Figure -> (value before, value now), where both are told and differ."""

    def told(half: Mapping[str, Any]) -> dict[str, Any]:
        ours = half["systems"][0]
        guard = half["guard"]["figures"] if half["guard"] else {}
        return {name: entry["value"] for name, entry in {**ours["kinds"], **ours["figures"], **guard}.items()}

    now, before = told(new), told(old)
    return {
        name: (before[name], value)
        for name, value in now.items()
        if value is not None and before.get(name) is not None and before[name] != value
    }


def _named(new: Mapping[str, Any], old: Mapping[str, Any], keys: set[str]) -> list[dict[str, Any]] | None:
    """Cases with their answers before and now; None when a half is closed in either report."""
    if new["rows"] is None or old["rows"] is None:
        return None
    before = {row["digest"]: row for row in old["rows"]}
    return [
        {"id": row["id"], "question": row["question"], "before": before[row["digest"]]["text"], "now": row["text"]}
        for row in new["rows"]
        if row["digest"] in keys and row["digest"] in before
    ]


def sign_test(gained: int, lost: int) -> float:
    """Two-sided exact p of as uneven a split if each changed case were a coin toss (McNemar's test, exact form).

    >>> sign_test(1, 7)
    0.0703125
    """
    total = gained + lost
    tail = sum(comb(total, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(2 * tail / 2**total))
