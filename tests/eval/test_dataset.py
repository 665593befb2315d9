"""Q&A cases: what is read, and how a malformed line is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Turn
from eval.dataset import CaseError, Fact, check_evidence, load_cases, shipped_cases, states

from .bicycles import bicycle_articles

GOOD: dict[str, Any] = {
    "id": "c-1",
    "corpus": "bicycles",
    "kind": "answerable",
    "topic": "dose",
    "question": "How often?",
    "history": [],
    "facts": [{"name": "every", "patterns": ["every 300", "each 300"]}],
    "evidence": ["How often"],
    "must_not": ["every 30\\b"],
    "tags": ["short"],
}


def case(**changes: Any) -> dict[str, Any]:
    """Make a good case with some fields changed."""
    return {**GOOD, **changes}


def write(folder: Path, *lines: Any) -> Path:
    """Write a file of cases, texts as they are."""
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return path


def test_a_case_is_read_whole(tmp_path: Path) -> None:
    """Every field of a line is in the case, with the number of its line."""
    history = [["user", "Tell me about chains"], ["assistant", "Yes."]]
    (found,) = load_cases(write(tmp_path, "", case(kind="dialogue", history=history)))
    assert (found.id, found.corpus, found.kind, found.topic, found.question) == (
        "c-1",
        "bicycles",
        "dialogue",
        "dose",
        "How often?",
    )
    assert found.history == (Turn("user", "Tell me about chains"), Turn("assistant", "Yes."))
    assert (found.evidence, found.tags, found.line) == (("How often",), ("short",), 2)
    assert found.covered
    assert [fact.name for fact in found.facts] == ["every"]


def test_a_fact_is_stated_by_any_of_its_patterns() -> None:
    """One wording is enough, letter case does not matter, and a pattern may reach across lines."""
    (found,) = (fact for case_ in shipped_cases("dev")[:1] for fact in case_.facts[:1])
    assert isinstance(found, Fact)
    assert states(found, "ERECTOR SPINAE")
    assert not states(found, "erector")


def test_a_json_text_may_hold_any_line_separator(tmp_path: Path) -> None:
    """U+2028 inside a text does not cut a line in two."""
    line = json.dumps(case(question="How\u2028often?"), ensure_ascii=False)
    assert load_cases(write(tmp_path, line))[0].question == "How\u2028often?"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Expecting"),
        ("[]", "exactly the fields"),
        ("5", "exactly the fields"),
        ({key: value for key, value in GOOD.items() if key != "tags"}, "exactly the fields"),
        (case(extra=1), "exactly the fields"),
        (case(kind="trick"), "kind 'trick' is none of"),
        (case(facts=[]), "facts are needed"),
        (case(kind="unanswerable"), "facts are needed"),
        (case(kind="off_topic"), "facts are needed"),
        (case(kind="dialogue"), "needs a history"),
        (case(facts=[{"patterns": ["x"]}]), "name"),
        (case(facts=[{"name": "a"}]), "patterns"),
        (case(facts=[{"name": "a", "patterns": []}]), "no patterns"),
        (case(facts=[{"name": "a", "patterns": "x"}]), "list of texts"),
        (case(facts=[{"name": "a", "patterns": [""]}]), "list of texts"),
        (case(facts=[{"name": "a", "patterns": ["(x"]}]), "missing ), unterminated"),
        (case(facts="every"), ""),
        (case(must_not=["[a"]), "unterminated"),
        (case(must_not="every 30"), "must_not has to be a list"),
        (case(tags="short"), "tags has to be a list"),
        (case(evidence=[1]), "evidence has to be a list"),
        (case(history=[["system", "x"]]), "turn of the history"),
        (case(history=[["user"]]), "unpack"),
        (case(history=[["user", 5]]), "turn of the history"),
        (case(question=""), "question has to be a text"),
        (case(question=None), "question has to be a text"),
        (case(id=7), "id has to be a text"),
    ],
)
def test_a_malformed_line_is_named(tmp_path: Path, line: Any, message: str) -> None:
    """The error says which file and line, and what is wrong."""
    with pytest.raises(CaseError) as caught:
        load_cases(write(tmp_path, case(id="fine"), "", line))
    assert str(caught.value).startswith("cases.jsonl:3: ")
    assert message in str(caught.value)


def test_an_id_stands_once(tmp_path: Path) -> None:
    """A repeated id names both lines."""
    with pytest.raises(CaseError, match=r"cases.jsonl:2: id 'c-1' stands on line 1 already"):
        load_cases(write(tmp_path, case(), case()))


def test_a_missing_or_foreign_file_is_named(tmp_path: Path) -> None:
    """A file that is not there, or not UTF-8, is an error with its path, no traceback of the library."""
    with pytest.raises(CaseError, match=r"nowhere.jsonl: cannot be read"):
        load_cases(tmp_path / "nowhere.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"id": "\xe9"}')
    with pytest.raises(CaseError, match=r"latin.jsonl: is not UTF-8"):
        load_cases(tmp_path / "latin.jsonl")


def test_an_empty_file_has_no_cases(tmp_path: Path) -> None:
    """Blank lines are no cases."""
    assert load_cases(write(tmp_path, "", "  ", "")) == []


def test_evidence_is_compared_with_the_corpus(tmp_path: Path) -> None:
    """A heading that no article has, and a fact that its own section does not state, are problems with line and id."""
    cases = load_cases(
        write(tmp_path, case(), case(id="c-2", evidence=["Nowhere"]), case(id="c-3", evidence=["Equipment"]))
    )
    problems = check_evidence(cases, bicycle_articles())
    assert problems == [
        "line 2: c-2: no section 'Nowhere' in the corpus",
        "line 2: c-2: its evidence does not state 'every'",
        "line 3: c-3: its evidence does not state 'every'",
    ]


def test_the_shipped_dev_cases_are_sound() -> None:
    """They load, are of every kind, and no question stands twice with the same history."""
    cases = shipped_cases("dev")
    assert {case_.kind for case_ in cases} == {
        "answerable",
        "dialogue",
        "multi",
        "unanswerable",
        "off_topic",
        "false_premise",
    }
    asked = [(case_.question, case_.history) for case_ in cases]
    assert len(asked) == len(set(asked))
