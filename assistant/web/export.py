"""Pure. Feedback as CSV, as JSON lines, or as the rated answers that `backchat eval stubs` makes cases of."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from typing import Literal

from .feedback import Feedback

__all__ = ["exported"]

_FIELDS = ("at", "answer_id", "session", "thumb", "comment", "surface", "status", "question", "answer", "versions")


def exported(entries: Iterable[Feedback], kind: Literal["csv", "jsonl", "rated"]) -> Iterator[str]:
    """Yield lines, each with its end."""
    if kind == "csv":
        yield _row(_FIELDS)
    for entry in entries:
        body = entry.to_dict()
        if kind == "csv":
            body["versions"] = json.dumps(body["versions"])
            yield _row(_plain(str(body[name] if body[name] is not None else "")) for name in _FIELDS)
        elif kind == "jsonl":
            yield json.dumps(body, ensure_ascii=False) + "\n"
        elif entry.question:  # without the person's consent there is no question to make a case of
            rated = {"answer_id": entry.answer_id, "question": entry.question, "status": entry.status or "answered",
                     "citations": [], "rating": entry.thumb, "comment": entry.comment,
                     "rated_at": body["at"][:10]}  # fmt: skip
            yield json.dumps(rated, ensure_ascii=False) + "\n"


def _row(values: Iterable[str]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()


def _plain(text: str) -> str:
    """Keep a spreadsheet from running a text as a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
