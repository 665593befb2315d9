"""RIM: the report as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assistant.errors import BackchatError

from .html import render
from .run import Clock

__all__ = ["write_report"]


def write_report(
    report: Mapping[str, Any], folder: Path, comparison: Sequence[Mapping[str, Any]] | None, clock: Clock
) -> tuple[Path, Path]:
    """Write report.json and report.html into a folder, made when missing; their paths.

    Raises:
        BackchatError: the folder cannot be written to.
    """
    data, page = folder / "report.json", folder / "report.html"
    with clock.into("drawing"):
        html = render(report, comparison)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        data.write_text(json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
        page.write_text(html, encoding="utf-8")
    except OSError as exc:
        raise BackchatError(
            f"the report cannot be written to {folder} ({exc.strerror}); name another --output"
        ) from exc
    return data, page
