"""RIM: feedback in one SQLite file. The text of a conversation is kept only where the person agreed to it.

Write-ahead log with `synchronous=FULL`: what was acknowledged is on the disk, whatever happens to the process.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from ..errors import BackchatError, QuestionError

__all__ = ["Feedback", "FeedbackError", "FeedbackStore", "parse_feedback"]

STATUSES = ("answered", "not_covered", "declined", "red_flag")
MAX_COMMENT = 1000
MAX_TEXT = 8000
MAX_NAME = 100
_DAY = 86_400
_SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY,
    at REAL NOT NULL,
    answer_id TEXT NOT NULL,
    session TEXT,
    thumb TEXT NOT NULL CHECK (thumb IN ('up', 'down')),
    comment TEXT NOT NULL,
    surface TEXT NOT NULL,
    status TEXT NOT NULL,
    question TEXT,
    answer TEXT,
    versions TEXT NOT NULL,
    UNIQUE (session, answer_id)
);
CREATE INDEX IF NOT EXISTS by_time ON feedback (at);
"""
_COLUMNS = "at, answer_id, session, thumb, comment, surface, status, question, answer, versions"


class FeedbackError(BackchatError):
    """The feedback file cannot be opened or written."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """A thumb on one answer, with an optional comment."""

    answer_id: str
    thumb: Literal["up", "down"]
    session: str = ""
    comment: str = ""
    surface: str = "api"
    """Where it was given: "chat", "widget" or "api"."""
    status: str = ""
    """Of the answer: "answered", "not_covered", "declined" or "red_flag"; empty if it was not told."""
    question: str | None = None
    answer: str | None = None
    """The texts, only where the person agreed that they are kept."""
    versions: Mapping[str, str] = field(default_factory=dict)
    at: float = 0.0
    """Seconds since 1970; set when it is stored."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON, the time in ISO 8601 UTC."""
        return {**asdict(self), "at": datetime.fromtimestamp(self.at, UTC).isoformat(timespec="seconds")}


def parse_feedback(raw: bytes, versions: Mapping[str, str]) -> Feedback:
    """Read a FeedbackBody of schema.py: answer_id, thumb, and what else there is.

    Without `"consent": true` question and answer are dropped here, before anything else sees them.

    Raises:
        QuestionError: it is not of that form; the message says what is wrong.

    """
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError) as exc:
        raise QuestionError('this is not JSON; send {"answer_id": "...", "thumb": "up"}') from exc
    if not isinstance(body, dict):
        raise QuestionError('send a JSON object such as {"answer_id": "...", "thumb": "up"}')
    answer_id = _text(body, "answer_id", MAX_NAME)
    if not answer_id:
        raise QuestionError('"answer_id" is missing; it stands in the answer')
    thumb = body.get("thumb")
    if thumb != "up" and thumb != "down":
        raise QuestionError('"thumb" has to be "up" or "down"')
    surface = _text(body, "surface", MAX_NAME) or "api"
    if surface not in ("api", "widget", "chat"):
        raise QuestionError('"surface" has to be "api", "widget" or "chat"')
    status = _text(body, "status", MAX_NAME)
    if status and status not in STATUSES:
        raise QuestionError(f'"status" has to be one of {", ".join(STATUSES)}')
    agreed = body.get("consent") is True
    return Feedback(
        answer_id=answer_id,
        thumb="up" if thumb == "up" else "down",
        session=_text(body, "session", MAX_NAME),
        comment=_text(body, "comment", MAX_COMMENT),
        surface=surface,
        status=status,
        question=_text(body, "question", MAX_TEXT) if agreed else None,
        answer=_text(body, "answer", MAX_TEXT) if agreed else None,
        versions=versions,
    )


def _text(body: Mapping[str, Any], name: str, limit: int) -> str:
    value = body.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise QuestionError(f'"{name}" has to be a text')
    if len(value) > limit:
        raise QuestionError(f'"{name}" has {len(value):,} characters; {limit:,} are taken')
    try:
        value.encode()
    except UnicodeEncodeError as exc:  # half of a surrogate pair
        raise QuestionError(f'"{name}" holds a broken character') from exc
    return value.replace("\0", "")


class FeedbackStore:
    """The one seam to the file. Thread-safe and safe among processes: every call opens it anew."""

    def __init__(self, file: Path, keep_days: int = 0) -> None:
        """Name the file, made when the first feedback comes; after `keep_days` an entry is deleted (0: never)."""
        self.file = file
        self._keep = keep_days * _DAY

    def add(self, feedback: Feedback) -> None:
        """Store it; a second thumb of the same session on the same answer replaces the first.

        Raises:
            FeedbackError: the file cannot be written.

        """
        now = time.time()
        row = (now, feedback.answer_id, feedback.session or None, feedback.thumb, feedback.comment, feedback.surface,
               feedback.status, feedback.question, feedback.answer, json.dumps(dict(feedback.versions)))  # fmt: skip
        with self._open() as connection:
            if self._keep:
                connection.execute("DELETE FROM feedback WHERE at < ?", (now - self._keep,))
            connection.execute(f"INSERT OR REPLACE INTO feedback ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", row)

    def all(self, last: int | None = None) -> list[Feedback]:
        """Return what is stored, oldest first; only the `last` ones if given. Raises FeedbackError."""
        if not self.file.exists():
            return []
        with self._open() as connection:
            if self._keep:
                connection.execute("DELETE FROM feedback WHERE at < ?", (time.time() - self._keep,))
            query = f"SELECT {_COLUMNS} FROM feedback ORDER BY at DESC, id DESC LIMIT ?"
            rows = connection.execute(query, (-1 if last is None else last,)).fetchall()
        return [
            Feedback(about, thumb, session or "", comment, surface, status, question, answer, json.loads(versions), at)
            for at, about, session, thumb, comment, surface, status, question, answer, versions in reversed(rows)
        ]

    def delete(self, session: str) -> int:
        """Delete all that one session gave; how many entries there were. Raises FeedbackError."""
        if not session or not self.file.exists():
            return 0
        with self._open() as connection:
            return connection.execute("DELETE FROM feedback WHERE session = ?", (session,)).rowcount

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the file in one transaction, closed whatever happens."""
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(self.file, timeout=10)
            try:
                connection.execute("PRAGMA journal_mode=WAL")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA secure_delete=ON")  # what is deleted is gone from the file too
                connection.executescript(_SCHEMA)
                with connection:
                    yield connection
            finally:
                connection.close()
        except (sqlite3.Error, OSError) as exc:
            hint = "check BACKCHAT_FEEDBACK_FILE, the rights on its folder, and the space on the disk"
            raise FeedbackError(f"the feedback file {self.file} cannot be used: {exc}; {hint}") from exc
