"""Floors: what the test half must reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from assistant.errors import BackchatError

from .dataset import SHIPPED
from .report import TEST
from .summary import FIGURES, QA_KINDS

__all__ = ["missed_floors", "read_floors"]

_GUARD = ("red_flag_recall", "crisis_recall", "near_miss_pass", "ordinary_pass", "level_accuracy")
_HIGHER = {figure.name for figure in FIGURES if figure.better == "higher"}
KNOWN = {*QA_KINDS, *_HIGHER, *_GUARD}


def read_floors(path: Path, section: str = SHIPPED) -> dict[str, float]:
    """The lowest values allowed, by kind of case or figure, under a heading of the file.

    Raises:
        BackchatError: the file cannot be read, names a figure that there is none of, or a floor is no number.
    """
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise BackchatError(f"{path}: cannot be read ({exc})") from exc
    floors = raw.get(section) if isinstance(raw, dict) else None
    if not isinstance(floors, dict) or not floors:
        raise BackchatError(f'{path}: expected "{section}:" and below it lines such as "answerable: 0.8"')
    for name, floor in floors.items():
        if name not in KNOWN:
            raise BackchatError(f"{path}: there is no figure {name!r}; there are {', '.join(sorted(KNOWN))}")
        if isinstance(floor, bool) or not isinstance(floor, int | float):
            raise BackchatError(f"{path}: the floor of {name} is {floor!r}, not a number")
    return {name: float(floor) for name, floor in floors.items()}


def missed_floors(report: Mapping[str, Any], floors: Mapping[str, float], corpus: str = SHIPPED) -> list[str]:
    """What of the test half about a corpus lies below its floor; a half that was not run passes none."""
    judged = [half for half in report["halves"] if (half["split"], half["corpus"]) == (TEST, corpus)]
    if not judged:
        return [f"the floors are for the test half of the corpus {corpus!r}, which was not run"]
    return [line for half in judged for line in _shortfalls(half, floors)]


def _shortfalls(half: Mapping[str, Any], floors: Mapping[str, float]) -> list[str]:
    """What of a half's report lies below its floor, or cannot be told because no case measures it."""
    ours = half["systems"][0]
    found = {**ours["figures"], **ours["kinds"], **(half["guard"] or {"figures": {}})["figures"]}
    of = "" if half["corpus"] == SHIPPED else f" of {half['corpus']}"
    missed = []
    for name, floor in floors.items():
        value = found.get(name, {}).get("value")
        if value is None:
            missed.append(f"{name}{of}: no case measures it, and its floor is {floor:.3f}")
        elif value < floor:
            missed.append(f"{name}{of}: {value:.3f} is below the floor {floor:.3f}")
    return missed
