"""The report as tables in a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .guard import GUARD_SAID
from .summary import FIGURE_SAID, KIND_SAID

__all__ = ["print_comparison", "print_half", "print_seconds", "shown"]

_SHORT = {
    "backchat": "Backchat",
    "plain_rag": "plain RAG",
    "bm25": "BM25",
    "dense": "dense",
    "no_keyword": "-keyword",
    "no_interpretation": "-interpret",
    "no_aim": "-aim",
    "no_evidence": "-evidence",
    "no_coverage": "-coverage",
}
"""Names that fit eighty columns."""
_MOST_NAMED = 20
_POINTS = {"flesch", "median_words"}


def shown(entry: Mapping[str, Any] | None, name: str = "") -> str:
    """A figure with its interval, for people: "81 % (74-88)"; a dash where there is none."""
    if entry is None or entry["value"] is None:
        return "-"
    value, low, high = entry["value"], entry["low"], entry["high"]
    if name in _POINTS:
        return f"{value:.0f} ({low:.0f}-{high:.0f})"
    if name == "aurc" or name.startswith(("mrr", "ndcg")):
        return f"{value:.2f} ({low:.2f}-{high:.2f})"
    return f"{100 * value:.0f} % ({100 * low:.0f}-{100 * high:.0f})"


def print_half(half: Mapping[str, Any], console: Console) -> None:
    """Print kinds and figures of the assistant beside the baselines, the ablation, the guard, and latency."""
    compared = [system for system in half["systems"] if system["role"] != "ablation"]
    ablation = [system for system in half["systems"] if system["role"] != "baseline"]
    console.rule(f"[bold]{half['split']} half, {half['corpus']}: {half['cases']} cases", align="left")
    if compared[0]["kinds"]:
        console.print(_kinds(compared, intervals=True))
        console.print(_kinds(ablation, intervals=False))
        console.print(_figures(compared[:2]))
    if half["guard"]:
        console.print(_guard(half["guard"]))
    if half["latency"]:
        console.print(f"latency p50 {half['latency']['p50_ms']:.1f} ms, p95 {half['latency']['p95_ms']:.1f} ms")
    if half["test_cases_opened"]:
        console.print("[bold yellow]The test half's cases are listed in this report.[/]")


def _table(title: str, columns: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE, padding=(0, 1, 0, 0))
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _kinds(systems: Sequence[Mapping[str, Any]], *, intervals: bool) -> Table:
    """Share of right replies by kind, and by how much a system is behind the first."""
    title = "% right within 100 words (95 % interval)" if intervals else "% right with parts switched off"
    table = _table(title, ["", "n", *(_SHORT[system["name"]] for system in systems)])
    for kind in KIND_SAID:
        if kind in systems[0]["kinds"]:
            rates = [system["kinds"][kind] for system in systems]
            cells = [_bare(rate) if intervals else f"{100 * rate['value']:.0f}" for rate in rates]
            table.add_row(kind, str(rates[0]["count"]), *cells)
    behind = [_bare(system["behind_ours"]) if system["behind_ours"] else "" for system in systems]
    table.add_row("all: behind", "", *behind)
    return table


def _bare(entry: Mapping[str, Any]) -> str:
    return shown(entry).replace(" %", "")


def _figures(systems: Sequence[Mapping[str, Any]]) -> Table:
    table = _table("", ["figure", *(_SHORT[system["name"]] for system in systems)])
    for name, said in FIGURE_SAID.items():
        entries = [system["figures"].get(name) for system in systems]
        if any(entry and entry["value"] is not None for entry in entries):
            table.add_row(said, *(shown(entry, name) for entry in entries))
    return table


def _guard(guard: Mapping[str, Any]) -> Table:
    table = _table("the guard, % (95 % interval)", ["", "n", "Backchat", *guard["without"]])
    for name, said in GUARD_SAID.items():
        entry = guard["figures"][name]
        table.add_row(
            said, str(entry["count"]), *(_bare(e) for e in (entry, *(w[name] for w in guard["without"].values())))
        )
    return table


def print_seconds(seconds: Mapping[str, float], console: Console) -> None:
    """Print where the time went, and what the eval adds to encoding."""
    parts = ", ".join(f"{name} {value:.1f}" for name, value in seconds.items())
    own = sum(seconds.get(name, 0.0) for name in ("scoring", "figures", "drawing"))
    encoding = seconds.get("encoding", 0.0)
    ratio = f"; the eval's own work is {own / encoding:.2f} of encoding" if encoding else ""
    console.print(f"[dim]seconds: {parts}{ratio}[/]", highlight=False)


def print_comparison(halves: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print what changed since an earlier report."""
    if not halves:
        console.print("Nothing to compare: the earlier report has none of these halves.")
    for half in halves:
        console.print(
            f"{half['split']}, {half['corpus']}, against the earlier report: {half['compared']} cases compared, "
            f"{half['gained']} gained, {half['lost']} lost (sign test p = {half['p']:.3f}), "
            f"{half['not_compared']} new, changed or gone",
            highlight=False,
        )
        table = _table("", ["figure", "before", "now"])
        for name, (before, now) in half["figures"].items():
            table.add_row(name, f"{before:.3f}", f"{now:.3f}")
        if half["figures"]:
            console.print(table)
        for word in ("gained", "lost"):
            cases = half[f"{word}_cases"] or ()
            for case in cases[:_MOST_NAMED]:
                console.print(f"  {word}: {case['id']} {escape(case['question'])}", highlight=False)
            if len(cases) > _MOST_NAMED:
                console.print(f"  {word}: and {len(cases) - _MOST_NAMED} more, in report.html")
