"""The command line as a program sees it: real processes, pipes and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .bicycles import write_bicycles
from .contract_checks import ANSWER_FIELDS, CITATION_FIELDS

pytestmark = pytest.mark.model

QUESTION = "How many sets and reps of back extensions?"
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def environment(model_cache: Path) -> dict[str, str]:
    """Give the environment of a process that finds the compiled model and the shipped index in place."""
    return {**os.environ, "BACKCHAT_CACHE_DIR": str(model_cache), "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore"}


def command(*arguments: str) -> list[str]:
    """Give the command line of `backchat`."""
    return [sys.executable, "-m", "assistant", *arguments]


def run(
    environment: dict[str, str], *arguments: str, given: bytes = b"", cwd: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run `backchat` to its end."""
    return subprocess.run(
        command(*arguments), input=given, capture_output=True, env=environment, cwd=cwd, timeout=240, check=False
    )


def lines(output: bytes) -> list[dict[str, Any]]:
    """Read JSON lines, in UTF-8 and with JSON's own numbers only."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return [json.loads(line, parse_constant=refuse) for line in output.decode("utf-8").splitlines()]


def test_ask_answers_a_person(environment: dict[str, str]) -> None:
    """`ask` prints the answer with its marks, where it stands, and the disclaimer; nothing goes to standard error."""
    done = run(environment, "ask", QUESTION)
    out = " ".join(done.stdout.decode().split())
    assert (done.returncode, done.stderr) == (0, b"")
    assert "2 to 3 sets of 8 to 12 repetitions" in out
    assert "[1] Back extension > Sets and reps" in out
    assert "not medical advice" in out


def test_ask_json_is_the_contracts_object(environment: dict[str, str]) -> None:
    """`ask --json` prints one object with exactly the contract's fields."""
    done = run(environment, "ask", "--json", QUESTION)
    (answer,) = lines(done.stdout)
    assert tuple(answer) == ANSWER_FIELDS
    assert tuple(answer["citations"][0]) == CITATION_FIELDS
    assert (answer["status"], answer["question"]) == ("answered", QUESTION)


def test_citations_point_into_the_articles_texts(environment: dict[str, str], tmp_path: Path) -> None:
    """`articles --jsonl` gives the very text that offsets refer to, also from another working directory."""
    (answer,) = lines(run(environment, "ask", "--json", QUESTION, cwd=Path("/")).stdout)
    texts = {
        article["id"]: article["text"]
        for article in lines(run(environment, "articles", "--jsonl", cwd=tmp_path).stdout)
    }
    quotes = [
        (citation["article"], quote)
        for citation in answer["citations"]
        for quote in (citation["passage"], *citation["quotes"])
    ]
    assert quotes
    assert all(texts[article][quote["start"] : quote["end"]] == quote["text"] for article, quote in quotes)


BAD_LINES: list[tuple[bytes, Any]] = [
    (b"hello", None),
    (b"{", None),
    (b"[]", None),
    (b"[1, 2]", None),
    (b"5", None),
    (b"null", None),
    (b"true", None),
    (b'"text"', None),
    (b"{}", None),
    (b'{"id": 1}', 1),
    (b'{"id": 2, "question": null}', 2),
    (b'{"id": 3, "question": 5}', 3),
    (b'{"id": 4, "question": ["x"]}', 4),
    (b'{"id": 5, "question": ""}', 5),
    (b'{"id": "six", "question": " \\n "}', "six"),
    (b'{"id": 7, "question": "' + b"x" * 100_000 + b'"}', 7),
    (b"[" * 50_000, None),
    (b'{"id": 9, "question": ' + b'{"a":' * 50_000, None),
    (b'{"id": 10, "question": "\\ud800"}', 10),
    (b'{"id": "\\udfff", "question": ""}', None),
    (b'{"id": 11, "question": "\xff\xfe"}', None),
    (b"\x80\x81", None),
    (b'{"id": NaN, "question": ""}', None),
    (b'{"id": 1e999, "question": ""}', None),
    (b'{"id": {"a": 1}, "question": "x"}', None),
    (b'{"id": true, "question": "x"}', None),
    (b'{"id": 12, "question": "x", "history": "no"}', 12),
    (b'{"id": 13, "question": "x", "history": [5]}', 13),
    (b'{"id": 14, "question": "x", "history": [["user", "x"]]}', 14),
    (b'{"id": 15, "question": "x", "history": [{"role": "system", "content": "x"}]}', 15),
    (b'{"id": 16, "question": "x", "history": [{"role": "user"}]}', 16),
    (b'{"id": 17, "question": "x", "history": [{"role": "user", "content": "\\ud83d"}]}', 17),
    (b'{"id": 18, "question": "x", "history": {}}', 18),
]
GOOD_LINE = json.dumps({"id": "good", "question": QUESTION, "locale": "en-GB", "session": "s", "more": [1]}).encode()


def test_bad_lines_get_errors_and_the_run_goes_on(environment: dict[str, str]) -> None:
    """Each malformed line gets its id and an error, in order, and the good lines between them are answered."""
    given = b"\n".join(line for bad, _ in BAD_LINES for line in (bad, b"", GOOD_LINE)) + b"\n"
    done = run(environment, "ask", "--jsonl", given=given)
    replies = lines(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert len(replies) == 2 * len(BAD_LINES)
    for (bad, id_), reply, good in zip(BAD_LINES, replies[::2], replies[1::2], strict=True):
        assert set(reply) == {"id", "error"}, bad[:60]
        assert (reply["id"], bool(reply["error"])) == (id_, True), bad[:60]
        assert "\n" not in reply["error"]
        assert (good["id"], good["status"]) == ("good", "answered")


def test_jsonl_answers_have_the_contracts_form(environment: dict[str, str]) -> None:
    """A line out is the caller's id and the contract's object; Windows line ends and a byte order mark are taken."""
    talk = [
        {"role": "user", "content": "How do I do the superman?"},
        {"role": "assistant", "content": "Lie face down."},
    ]
    rows = [{"id": 1.5, "question": "how many reps?", "history": talk}, {"question": "Wie geht’s 🙂?"}]
    given = b"\xef\xbb\xbf" + b"\r\n".join(json.dumps(row, ensure_ascii=False).encode() for row in rows)
    first, second = lines(run(environment, "ask", "--jsonl", given=given).stdout)
    assert tuple(first) == tuple(second) == ("id", *ANSWER_FIELDS)
    assert (first["id"], second["id"], second["question"]) == (1.5, None, "Wie geht’s 🙂?")
    assert "superman" in first["text"]


def test_each_line_is_answered_before_the_next_is_sent(environment: dict[str, str]) -> None:
    """A program can wait for an answer before it asks on: the output is flushed after each line, in order."""
    with subprocess.Popen(
        command("ask", "--jsonl"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin
        assert process.stdout
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "question": QUESTION}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait(timeout=60) == 0


def test_no_lines_no_answers(environment: dict[str, str]) -> None:
    """An empty input is a run without output."""
    done = run(environment, "ask", "--jsonl")
    assert (done.returncode, done.stdout) == (0, b"")


def test_answers_are_utf8_in_any_locale(environment: dict[str, str]) -> None:
    """A program reads UTF-8 also where the terminal's encoding is another."""
    given = json.dumps({"id": "é–🙂", "question": "Wie geht’s 🙂?"}).encode()
    done = run({**environment, "PYTHONIOENCODING": "latin-1", "LC_ALL": "C"}, "ask", "--jsonl", given=given)
    assert (done.returncode, [line["id"] for line in lines(done.stdout)]) == (0, ["é–🙂"])


def test_own_articles_by_folder_and_by_file(environment: dict[str, str], tmp_path: Path, model_cache: Path) -> None:
    """`--corpus` takes a folder or one file, and answers only from it."""
    folder = write_bicycles(tmp_path / "bicycles")
    cache = tmp_path / "cache"
    (cache / "models").parent.mkdir()
    (cache / "models").symlink_to(model_cache / "models")
    own = {**environment, "BACKCHAT_CACHE_DIR": str(cache)}
    question = "How often should I do the chain cleaning?"
    (both,) = lines(run(own, "ask", "--json", "--corpus", str(folder), question).stdout)
    assert "300 kilometres" in both["text"]
    (one,) = lines(run(own, "ask", "--json", "--corpus", "bicycles/chain-cleaning.md", question, cwd=tmp_path).stdout)
    assert {citation["article"] for citation in one["citations"]} == {"chain-cleaning"}
    listed = lines(run(own, "articles", "--jsonl", "--corpus", str(folder)).stdout)
    assert [article["id"] for article in listed] == ["chain-cleaning", "puncture-repair"]


def test_articles_and_figures_are_checked(environment: dict[str, str], tmp_path: Path) -> None:
    """What does not fit is named, and the exit status is 1; a figure of no article does not fit."""
    body = "{bones: {back: [a, b, 1]}, head: [b, 1], hand: b, held: {}}"
    panel = "{hold: {says: x, at: {a: [1, 1]}, angles: {back: 1}}}"
    (tmp_path / "lift.md").write_text("# Lift\n\n## How to\n\nLift it.\n", encoding="utf-8")
    (tmp_path / "figures.yaml").write_text(f"body: {body}\nfigures: {{left: {panel}}}", encoding="utf-8")
    told = run(environment, "articles", "--check", "--corpus", str(tmp_path), cwd=tmp_path)
    assert told.returncode == 1
    assert b"figures.yaml: left: there is no such article" in told.stderr
    (tmp_path / "figures.yaml").write_text("body: 1", encoding="utf-8")
    told = run(environment, "articles", "--check", "--corpus", str(tmp_path), cwd=tmp_path)
    assert b"figures.yaml: needs a body" in told.stderr
    assert b"Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("ask", "--corpus", "nowhere", "x"), "nowhere: there is no such file or folder"),
        (("ask", "--corpus", "notes.pdf", "x"), "notes.pdf: only .md"),
        (("ask", "--corpus", "empty", "x"), "no .md, .txt or .html file"),
        (("ask", "--corpus", "blank.md", "x"), "blank.md"),
        (("index", "--corpus", "nowhere"), "nowhere"),
        (("articles", "--corpus", "nowhere"), "nowhere"),
        (("ask",), "ask something"),
        (("ask", " "), "empty"),
        (("ask", "x" * 3000), "longer than"),
    ],
)
def test_mistakes_are_told_in_one_line(
    environment: dict[str, str], tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """What a person got wrong is said on standard error without a traceback, and the exit status is 1."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.pdf").write_bytes(b"%PDF")
    (tmp_path / "blank.md").write_text("")
    done = run(environment, *arguments, cwd=tmp_path)
    error = done.stderr.decode()
    assert (done.returncode, done.stdout) == (1, b"")
    assert words in error
    assert error.startswith("backchat: ")
    assert "Traceback" not in error


def test_a_bad_setting_is_told_in_one_line(environment: dict[str, str]) -> None:
    """An unknown or wrong setting names itself."""
    for name, value in (("BACKCHAT_NONSENSE", "1"), ("BACKCHAT_THREADS", "many")):
        done = run({**environment, name: value}, "ask", "x")
        assert (done.returncode, b"Traceback" in done.stderr) == (1, False)
        assert name.removeprefix("BACKCHAT_").lower() in done.stderr.decode().lower()


def test_an_unknown_command_is_a_usage_error(environment: dict[str, str]) -> None:
    """A misspelt command and an unknown option exit with 2, as command lines do."""
    assert run(environment, "aks").returncode == run(environment, "ask", "--nope").returncode == 2


def test_index_is_kept_where_it_says(environment: dict[str, str], model_cache: Path) -> None:
    """`index` of an unchanged corpus keeps every passage, and `index --path` names its folder."""
    done = run(environment, "index")
    assert done.returncode == 0
    assert "0 added" in done.stdout.decode()
    path = Path(run(environment, "index", "--path").stdout.decode().strip())
    assert path.is_relative_to(model_cache)
    assert (path / "CURRENT").is_file()


def test_articles_are_listed_for_people(environment: dict[str, str]) -> None:
    """`articles` prints one line for each article."""
    done = run(environment, "articles")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode().startswith("back-extension: Back extension (")


def test_control_c_ends_without_a_traceback(environment: dict[str, str]) -> None:
    """An interrupt while waiting for the next line ends the run quietly with status 1."""
    with subprocess.Popen(
        command("ask", "--jsonl"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(GOOD_LINE + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=60)
    assert process.returncode in (1, 130)
    assert b"Traceback" not in error


def test_a_reader_that_goes_away_ends_the_run_quietly(environment: dict[str, str]) -> None:
    """`backchat ask --jsonl | head -1` prints no traceback and does not hang."""
    with subprocess.Popen(
        command("ask", "--jsonl"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(GOOD_LINE + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.stdout.close()
        process.stdin.write((GOOD_LINE + b"\n") * 3)
        process.stdin.close()
        error = process.stderr.read()
        process.wait(timeout=60)
    assert b"Traceback" not in error
    assert b"Exception ignored" not in error
    assert process.returncode == 1


HEAVY = ("torch", "sentence_transformers", "transformers", "gradio", "langchain_core", "chromadb", "numpy")
LOADED = "import json, sys; {code}; print(json.dumps([m for m in {heavy} if m in sys.modules]))"
ASK = (
    "from typer.testing import CliRunner; from assistant.cli import app; "
    "done = CliRunner().invoke(app, ['ask', {question!r}]); assert done.exit_code == 0, done.output"
)


def loaded(environment: dict[str, str], code: str) -> list[str]:
    """Run code in a fresh process and tell which heavy libraries it loaded."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code, heavy=HEAVY)],
        capture_output=True,
        env=environment,
        timeout=120,
        check=False,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_importing_the_package_loads_nothing_heavy(environment: dict[str, str]) -> None:
    """A bare import is light: neither model, page, chain nor store."""
    assert loaded(environment, "import assistant") == []


def test_the_command_line_itself_is_light(environment: dict[str, str]) -> None:
    """Help and mistakes are told before anything heavy is loaded."""
    assert loaded(environment, "import assistant.cli") == []


def test_asking_loads_no_torch(environment: dict[str, str]) -> None:
    """With the index in place a question is encoded by the compiled model; torch, transformers and gradio stay out."""
    found = loaded(environment, ASK.format(question=QUESTION))
    assert not {"torch", "sentence_transformers", "transformers", "gradio"} & set(found)
