"""The report as one HTML page that needs nothing else: no script, style, font or picture from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from assistant.errors import BackchatError

from .guard import GUARD_SAID
from .plots import draw
from .summary import FIGURE_SAID, KIND_SAID
from .terminal import shown

__all__ = ["render"]


def render(report: Mapping[str, Any], comparison: Sequence[Mapping[str, Any]] | None = None) -> str:
    """The page.

    Raises:
        BackchatError: the packages of the extra `eval` are not installed.
    """
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as exc:
        raise BackchatError('the report needs more packages: pip install "backchat[eval]"') from exc
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["shown"] = shown
    template = environment.from_string(resources.files("eval").joinpath("templates/report.html").read_text("utf-8"))
    return template.render(
        report=report,
        halves=[{**half, "plots": draw(half), "failures": _failures(half)} for half in report["halves"]],
        comparison=comparison or (),
        kinds=KIND_SAID,
        figures=FIGURE_SAID,
        guard_figures=GUARD_SAID,
    )


def _failures(half: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """Rows that are not right, with what went wrong in words; None when the half is closed."""
    if half["rows"] is None:
        return None
    return [{**row, "why": _why(row)} for row in half["rows"] if not row["right"]]


def _why(row: Mapping[str, Any]) -> str:
    if row["expected_level"]:
        return f"given {row['level']} instead of {row['expected_level']}"
    if row["kind"] in ("unanswerable", "off_topic"):
        return "answered, but the articles do not say it"
    if not row["answered"]:
        return "declined, but the articles say it"
    said = [f"does not state {', '.join(row['missed'])}"] if row["missed"] else []
    said += ["says what it must not"] if row["forbidden"] else []
    if row["missed"] and row["evidence_rank"] is None:
        said.append("the search did not find the passage")
    return "; ".join(said)
