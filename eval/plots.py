"""Plots of a half's report as SVG, in the page's own text colour (matplotlib)."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.errors import BackchatError

from .summary import KIND_SAID

__all__ = ["draw"]

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # Okabe and Ito 2008: told apart with any colour vision
_MARKS = ("o", "s", "^", "D")
_INK = "#123456"
"""Stands for the page's text colour until the picture is written; occurs nowhere else in it."""
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "backchat",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}


def draw(half: Mapping[str, Any]) -> dict[str, str]:
    """Name -> SVG of every plot that the half has something for.

    Raises:
        BackchatError: matplotlib is not installed.
    """
    try:
        import matplotlib
    except ImportError as exc:
        raise BackchatError('the report needs more packages: pip install "backchat[eval]"') from exc
    matplotlib.use("svg")
    with matplotlib.rc_context(_STYLE):
        compared = [system for system in half["systems"] if system["role"] != "ablation"]
        plots = {}
        if compared[0]["kinds"]:
            plots = {"kinds": _kinds(compared), "risk": _risk(compared), "latency": _latency(half["latency"])}
        if half["guard"]:
            plots["confusion"] = _confusion(half["guard"]["confusion"])
        return plots


def _figure(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib import pyplot

    return pyplot.subplots(figsize=(width, height), layout="constrained")


def _svg(figure: Any, label: str) -> str:
    from matplotlib import pyplot

    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)
    body = stream.getvalue()
    body = re.sub(r"<metadata>.*?</metadata>", "", body[body.index("<svg") :], flags=re.DOTALL)
    return body.replace(_INK, "currentColor").replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def _kinds(systems: Sequence[Mapping[str, Any]]) -> str:
    """Dots with their intervals: one row for each kind of case, one colour for each system."""
    kinds = [kind for kind in KIND_SAID if kind in systems[0]["kinds"]]
    figure, axes = _figure(8, 0.7 * len(kinds) + 1)
    for number, system in enumerate(systems):
        rates = [system["kinds"][kind] for kind in kinds]
        places = [row + 0.17 * (number - (len(systems) - 1) / 2) for row in range(len(kinds))]
        values = [100 * rate["value"] for rate in rates]
        spans = [
            [100 * (rate["value"] - rate["low"]) for rate in rates],
            [100 * (rate["high"] - rate["value"]) for rate in rates],
        ]
        axes.errorbar(
            values, places, xerr=spans, fmt=_MARKS[number], color=_COLOURS[number], label=system["said"], capsize=2
        )
    labels = [f"{KIND_SAID[kind]} ({systems[0]['kinds'][kind]['count']})" for kind in kinds]
    axes.set_yticks(range(len(kinds)), labels)
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel("% of cases right, with 95 % interval")
    axes.grid(axis="x", alpha=0.25)
    figure.legend(loc="outside upper center", ncols=len(systems))
    return _svg(figure, "Share of cases right by kind, Backchat beside the baselines")


def _risk(systems: Sequence[Mapping[str, Any]]) -> str:
    """Share answered against share of those that are wrong; a dot where the system really stops answering."""
    figure, axes = _figure(5, 3.6)
    for number, system in enumerate(systems):
        covered, risk = zip(*system["risk_coverage"], strict=True)
        area = system["figures"]["aurc"]["value"]
        axes.plot(
            [100 * x for x in covered],
            [100 * y for y in risk],
            color=_COLOURS[number],
            label=f"{system['said']} (area {area:.2f})",
        )
        if system["operating_point"]:
            answered, wrong = system["operating_point"]
            axes.plot(100 * answered, 100 * wrong, _MARKS[number], color=_COLOURS[number], markersize=8)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_xlabel("% of questions answered, surest first")
    axes.set_ylabel("% of answers wrong")
    axes.grid(alpha=0.25)
    axes.legend()
    return _svg(figure, "Risk-coverage curves")


def _latency(latency: Mapping[str, Any]) -> str:
    """Histogram of question to answer; what lies beyond twice p95 is put into the last bar."""
    figure, axes = _figure(5, 3.6)
    longest = 2 * latency["p95_ms"]
    axes.hist([min(ms, longest) for ms in latency["all_ms"]], bins=40, color=_COLOURS[0])
    for name, height in (("p50_ms", 0.95), ("p95_ms", 0.8)):
        axes.axvline(latency[name], color=_INK, linestyle="--", linewidth=1)
        axes.annotate(
            f" {name[:3]} {latency[name]:.1f} ms", (latency[name], height), xycoords=("data", "axes fraction")
        )
    axes.set_xlabel("milliseconds from question to answer")
    axes.set_ylabel("cases")
    return _svg(figure, "Distribution of latency")


def _confusion(table: Mapping[str, Mapping[str, int]]) -> str:
    """Expected level by given level, shaded by the share of the row."""
    levels = list(table)
    said = [level.replace("_", "\n").capitalize() for level in levels]
    shares = [[table[row][column] / (sum(table[row].values()) or 1) for column in levels] for row in levels]
    figure, axes = _figure(6.5, 4.6)
    axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1.4, edgecolors=_INK, linewidth=0.3)
    axes.invert_yaxis()
    for y, row in enumerate(levels):
        for x, column in enumerate(levels):
            if table[row][column]:
                axes.text(x + 0.5, y + 0.5, table[row][column], ha="center", va="center", color="black")
    middles = [place + 0.5 for place in range(len(levels))]
    axes.set_xticks(middles, said)
    axes.set_yticks(middles, said)
    axes.set_xlabel("given by the guard")
    axes.set_ylabel("expected")
    return _svg(figure, "Confusion matrix of the guard")
