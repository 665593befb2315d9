"""Rated answers of use become stubs that no run takes until a person has finished them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval.dataset import CaseError, load_cases
from eval.stubs import append_stubs, stub

RATED: dict[str, Any] = {
    "answer_id": "a1",
    "question": "How often?",
    "status": "answered",
    "text": "Clean the chain every 300 kilometres.",
    "citations": [
        {
            "article": "chain-cleaning",
            "section": "Care > How often",
            "quotes": [{"start": 0, "end": 37, "text": "Clean the chain every 300\nkilometres."}],
        }
    ],
    "rating": "up",
}


def rated(folder: Path, *lines: Any) -> Path:
    """Write rated answers, texts as they are."""
    path = folder / "rated.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_stub_holds_what_was_asked_and_quoted() -> None:
    """Question, quoted words as a first pattern, and the section they stand in."""
    made = stub(RATED)
    assert (made["id"], made["kind"], made["question"]) == ("use-a1", "answerable", "How often?")
    assert made["facts"] == [{"name": "fact_1", "patterns": [r"Clean\s+the\s+chain\s+every\s+300\s+kilometres\."]}]
    assert made["evidence"] == ["chain-cleaning > How often"]


@pytest.mark.parametrize(
    ("changes", "kind", "todo"),
    [
        ({}, "answerable", "liked"),
        ({"rating": "down"}, "answerable", "disliked"),
        ({"rating": "down", "status": "not_covered"}, "unanswerable", "expected an answer"),
        ({"status": "not_covered"}, "unanswerable", "agreed"),
        ({"history": [{"role": "user", "content": "Chains?"}]}, "dialogue", "liked"),
        ({"rating": "down", "comment": "too vague"}, "answerable", "The reader wrote: too vague"),
    ],
)
def test_kind_and_task_follow_from_the_rating(changes: dict[str, Any], kind: str, todo: str) -> None:
    """What a person has to do is said in the field `todo`."""
    made = stub({**RATED, **changes})
    assert made["kind"] == kind
    assert todo in made["todo"]
    assert bool(made["facts"]) == (kind != "unanswerable")


def test_no_run_takes_a_stub_until_it_is_finished(tmp_path: Path) -> None:
    """It is refused with what is left to do; without `todo` it is a case."""
    cases = tmp_path / "mine.jsonl"
    assert append_stubs(rated(tmp_path, RATED), cases) == 1
    with pytest.raises(CaseError, match=r"mine.jsonl:1: this stub is not finished: The reader liked"):
        load_cases(cases)
    finished = {k: v for k, v in json.loads(cases.read_text(encoding="utf-8")).items() if k != "todo"}
    cases.write_text(json.dumps(finished), encoding="utf-8")
    (case,) = load_cases(cases)
    assert case.facts[0].patterns[0].search("clean the chain every 300 kilometres.")


def test_appending_twice_adds_nothing(tmp_path: Path) -> None:
    """Answers whose stubs are there are skipped, and what a person wrote before stays as it is."""
    cases = tmp_path / "mine.jsonl"
    cases.write_text('{"id": "mine", "kind": "off_topic", "question": "?"}', encoding="utf-8")
    source = rated(tmp_path, RATED, "", {**RATED, "answer_id": "a2"}, RATED)
    assert [append_stubs(source, cases), append_stubs(source, cases)] == [2, 0]
    lines = [json.loads(line)["id"] for line in cases.read_text(encoding="utf-8").splitlines()]
    assert lines == ["mine", "use-a1", "use-a2"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Expecting"),
        ("[]", "JSON object"),
        ({**RATED, "rating": 5}, 'rating has to be "up" or "down"'),
        ({**RATED, "question": ""}, "question has to be a text"),
        ({k: v for k, v in RATED.items() if k != "answer_id"}, "answer_id has to be a text"),
        ({**RATED, "history": ["hi"]}, "history has to be a list of objects"),
        ({**RATED, "citations": [{"article": "x"}]}, "citations has to be a list of objects"),
    ],
)
def test_a_malformed_line_is_named_and_nothing_is_written(tmp_path: Path, line: Any, message: str) -> None:
    """The error says which line; sound lines beside it wait until all are sound."""
    cases = tmp_path / "mine.jsonl"
    with pytest.raises(CaseError) as caught:
        append_stubs(rated(tmp_path, RATED, line), cases)
    assert str(caught.value).startswith("rated.jsonl:2: ")
    assert message in str(caught.value)
    assert not cases.exists()


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    """No traceback of the library."""
    with pytest.raises(CaseError, match="cannot be read"):
        append_stubs(tmp_path / "nowhere.jsonl", tmp_path / "mine.jsonl")
