"""Feedback: what is kept, what is not, and that nothing acknowledged is lost."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assistant.cli import app
from assistant.errors import QuestionError
from assistant.web.export import exported
from assistant.web.feedback import Feedback, FeedbackError, FeedbackStore, parse_feedback

GIVEN = {"answer_id": "a1", "thumb": "down", "comment": "Too short", "session": "s1", "status": "answered",
         "question": "How often?", "answer": "Twice."}  # fmt: skip


def parse(**changes: Any) -> Feedback:
    """Read GIVEN with changes."""
    return parse_feedback(json.dumps({**GIVEN, **changes}).encode(), {"index": "x"})


def test_texts_are_kept_only_with_consent() -> None:
    """Without it the thumb, the comment, ids and versions remain."""
    given = parse()
    assert (given.question, given.answer) == (None, None)
    assert (given.thumb, given.comment, given.answer_id, given.versions) == ("down", "Too short", "a1", {"index": "x"})
    assert (parse(consent="yes").question, parse(consent=1).question) == (None, None)
    assert (parse(consent=True).question, parse(consent=True).answer) == ("How often?", "Twice.")


@pytest.mark.parametrize(
    "changes",
    [
        {"answer_id": ""}, {"answer_id": None}, {"answer_id": 3}, {"thumb": "sideways"}, {"thumb": None}, {"thumb": []},
        {"surface": "phone"}, {"status": "fine"}, {"comment": "x" * 1001}, {"comment": 1}, {"session": "x" * 101},
        {"session": {}}, {"comment": "\ud800"}, {"consent": True, "question": "x" * 8001},
    ],
)  # fmt: skip
def test_malformed_feedback_is_refused(changes: dict[str, Any]) -> None:
    """With a sentence that says what is wrong."""
    with pytest.raises(QuestionError, match=r"\w+ \w+"):
        parse(**changes)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 9999, b"3"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    """Whatever it is."""
    with pytest.raises(QuestionError):
        parse_feedback(raw, {})


def test_stored_and_read(tmp_path: Path) -> None:
    """Every field comes back; the time is added; the file is made with its folder."""
    store = FeedbackStore(tmp_path / "deep" / "f.sqlite3")
    assert store.all() == []
    store.add(parse(consent=True))
    [found] = store.all()
    assert found == Feedback(**{**parse(consent=True).to_dict(), "at": found.at})
    assert found.at > 1_700_000_000


def test_a_second_thumb_replaces_the_first_of_its_session(tmp_path: Path) -> None:
    """One voice each; nameless ones cannot be told apart and all count."""
    store = FeedbackStore(tmp_path / "f.sqlite3")
    store.add(parse(thumb="up"))
    store.add(parse(thumb="down"))
    store.add(parse(session="s2"))
    for _ in range(2):
        store.add(parse(session=""))
    assert [(f.session, f.thumb) for f in store.all()] == [("s1", "down"), ("s2", "down"), ("", "down"), ("", "down")]
    assert len(store.all(last=2)) == 2


def test_deleted_by_session_and_gone_from_the_file(tmp_path: Path) -> None:
    """No byte of it stays behind."""
    file = tmp_path / "f.sqlite3"
    store = FeedbackStore(file)
    store.add(parse(comment="unmistakable words"))
    store.add(parse(session="s2", comment="other words"))
    assert store.delete("s1") == 1
    assert store.delete("s1") == 0
    assert store.delete("") == 0
    assert [f.session for f in store.all()] == ["s2"]
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    assert b"unmistakable words" not in file.read_bytes()
    assert b"other words" in file.read_bytes()


def test_old_entries_go(tmp_path: Path) -> None:
    """Retention counts in days, on reading and on writing."""
    file = tmp_path / "f.sqlite3"
    FeedbackStore(file).add(parse())
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE feedback SET at = at - 3 * 86400")
    connection.close()
    assert len(FeedbackStore(file, 4).all()) == 1
    assert FeedbackStore(file, 2).all() == []
    assert FeedbackStore(file).all() == []


def test_many_writers_lose_nothing(tmp_path: Path) -> None:
    """Eight threads, ten thumbs each."""
    store = FeedbackStore(tmp_path / "f.sqlite3")

    def write(name: str) -> None:
        for number in range(10):
            store.add(parse(session=name, answer_id=str(number)))

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.all()) == 80


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """A process that writes is killed without warning; every number it printed is in the file."""
    file = tmp_path / "f.sqlite3"
    script = (
        "import sys, pathlib\n"
        "from assistant.web.feedback import Feedback, FeedbackStore\n"
        f"store = FeedbackStore(pathlib.Path({str(file)!r}))\n"
        "for n in range(100000):\n"
        "    store.add(Feedback(str(n), 'up', 's'))\n"
        "    print(n, flush=True)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    told = [process.stdout.readline().strip() for _ in range(25)]
    os.kill(process.pid, signal.SIGKILL)
    told += process.stdout.read().split()
    process.stdout.close()
    process.wait()
    assert set(told) <= {f.answer_id for f in FeedbackStore(file).all()}


def test_a_file_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """Our own error, with what to do."""
    file = tmp_path / "f.sqlite3"
    file.write_bytes(b"this is no database, and long enough to be looked at" * 20)
    with pytest.raises(FeedbackError, match="BACKCHAT_FEEDBACK_FILE"):
        FeedbackStore(file).add(parse())
    with pytest.raises(FeedbackError, match="BACKCHAT_FEEDBACK_FILE"):
        FeedbackStore(file / "below").add(parse())


def test_exports() -> None:
    """CSV that a spreadsheet may open, JSON lines, and rated answers where the question was kept."""
    entries = [parse(comment="=1+1"), parse(consent=True)]
    rows = list(csv.DictReader(io.StringIO("".join(exported(entries, "csv")))))
    assert [row["comment"] for row in rows] == ["'=1+1", "Too short"]
    assert [row["question"] for row in rows] == ["", "How often?"]
    assert [json.loads(line)["comment"] for line in exported(entries, "jsonl")] == ["=1+1", "Too short"]
    [rated] = [json.loads(line) for line in exported(entries, "rated")]
    from eval.stubs import stub

    assert stub(rated)["question"] == "How often?"


def test_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """List, export and delete work on the file of the settings."""
    file = tmp_path / "f.sqlite3"
    monkeypatch.setenv("BACKCHAT_FEEDBACK_FILE", str(file))
    run = CliRunner()
    assert "no feedback" in run.invoke(app, ["feedback", "list"]).output
    FeedbackStore(file).add(parse(consent=True, comment="two\nlines"))
    listed = run.invoke(app, ["feedback", "list"]).output
    assert " - api a1 How often? | two lines\n" in listed
    exported_line = run.invoke(app, ["feedback", "export", "--as", "jsonl"]).output
    assert json.loads(exported_line)["comment"] == "two\nlines"
    assert "1 deleted" in run.invoke(app, ["feedback", "delete", "--session", "s1"]).output
    assert FeedbackStore(file).all() == []
