"""From use to cases: rated answers become stubs that a person finishes.

A rated answer is the answer object of the public contract with what the reader thought of it, one JSON object a line:

    {..., "rating": "up" | "down", "history"?: [{"role", "content"}], "comment"?: "...", "rated_at"?: "2026-11-25"}

Of the answer `answer_id`, `question`, `status` and `citations` are read; other fields are ignored. A stub is a case
with a field `todo`, which no run takes: what the reader typed and the words quoted to them are material, not yet a
judgement.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .dataset import CaseError, refuse

__all__ = ["append_stubs", "stub"]

_TODO = {
    ("up", True): "The reader liked this answer. Read it, cut each pattern down to words that any right wording has.",
    ("up", False): "The reader agreed that this is not covered. Make sure no article says it.",
    (
        "down",
        True,
    ): "The reader disliked this answer. Write the facts a right one states, or make the kind unanswerable.",
    ("down", False): "The reader expected an answer. Name the facts and their section, or keep the kind unanswerable.",
}


def stub(rated: Mapping[str, Any]) -> dict[str, Any]:
    """The stub of one rated answer.

    Raises:
        ValueError: it is no rated answer; the message says what is missing.
    """
    for name in ("answer_id", "question", "status"):
        if not isinstance(rated.get(name), str) or not rated[name].strip():
            raise ValueError(f"{name} has to be a text")
    rating, answered = rated.get("rating"), rated["status"] == "answered"
    if rating not in ("up", "down"):
        raise ValueError('rating has to be "up" or "down"')
    history = [[turn["role"], turn["content"]] for turn in _objects(rated, "history", ("role", "content"))]
    cited = _objects(rated, "citations", ("article", "section", "quotes")) if answered else []
    quotes = [str(quote["text"]) for citation in cited for quote in _objects(citation, "quotes", ("text",))]
    todo = _TODO[(rating, answered)] + (f" The reader wrote: {rated['comment']}" if rated.get("comment") else "")
    return {
        "todo": todo,
        "id": f"use-{rated['answer_id']}",
        "kind": ("dialogue" if history else "answerable") if answered else "unanswerable",
        "question": rated["question"],
        "history": history,
        "facts": [
            {"name": f"fact_{number}", "patterns": [_pattern(text)]} for number, text in enumerate(quotes, start=1)
        ],
        "evidence": list(dict.fromkeys(_section(citation) for citation in cited)),
        "must_not": [],
        "tags": ["from_use"],
    }


def _objects(body: Mapping[str, Any], name: str, needed: Sequence[str]) -> list[Mapping[str, Any]]:
    entries = body.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(e, dict) and set(needed) <= set(e) for e in entries):
        raise ValueError(f"{name} has to be a list of objects with {', '.join(needed)}")
    return entries


def _pattern(quote: str) -> str:
    """The quote as a pattern, whatever its line breaks."""
    return r"\s+".join(re.escape(word) for word in quote.split())


def _section(citation: Mapping[str, Any]) -> str:
    return f"{citation['article']} > {str(citation['section']).rpartition(' > ')[2]}"


def append_stubs(rated: Path, cases: Path) -> int:
    """Add a stub for every rated answer whose id the file of cases does not have yet; how many were added.

    Raises:
        CaseError: a file cannot be read or written, or lines are no rated answers; nothing is written then.
    """
    try:
        lines = rated.read_text(encoding="utf-8").split("\n")
        there = cases.read_text(encoding="utf-8") if cases.exists() else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise CaseError(f"{rated} or {cases} cannot be read ({exc})") from exc
    found: dict[str, dict[str, Any]] = {}
    problems = []
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                made = stub(_object(line))
            except ValueError as exc:
                problems.append(f"{rated.name}:{number}: {exc}")
            else:
                found[made["id"]] = made
    refuse(problems)
    new = [made for name, made in found.items() if json.dumps(name) not in there]
    start = "" if not there or there.endswith("\n") else "\n"
    try:
        with cases.open("a", encoding="utf-8") as stream:
            stream.write(start + "".join(json.dumps(made, ensure_ascii=False) + "\n" for made in new))
    except OSError as exc:
        raise CaseError(f"{cases} cannot be written ({exc.strerror})") from exc
    return len(new)


def _object(line: str) -> Mapping[str, Any]:
    body = json.loads(line)
    if not isinstance(body, dict):
        raise ValueError("a rated answer is a JSON object")
    return body
