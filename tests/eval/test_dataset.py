"""Q&A cases: what is read, and how a malformed line is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assistant.types import Turn
from eval.check import case_problems
from eval.dataset import KINDS, ONE_EXERCISE, SHIPPED, CaseError, fixture, load_cases, shipped_cases, states

from ..bicycles import bicycle_articles

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
    assert (found.evidence, found.tags, found.where) == (("How often",), ("short",), "cases.jsonl:2")
    assert found.covered
    assert [fact.name for fact in found.facts] == ["every"]


def test_most_fields_may_be_left_out(tmp_path: Path) -> None:
    """A person writes what a case needs: id, kind and question, facts where it is covered."""
    (found,) = load_cases(write(tmp_path, {"id": "a", "kind": "off_topic", "question": "Who won?"}))
    assert (found.corpus, found.history, found.facts, found.evidence, found.level) == ("shipped", (), (), (), None)
    assert not found.covered


def test_a_guard_case_names_its_level(tmp_path: Path) -> None:
    """Its level, others that are accepted, and the category are read."""
    line = {"id": "g", "kind": "guard", "question": "x", "level": "URGENT", "accept": ["EMERGENCY"], "category": "a_b"}
    (found,) = load_cases(write(tmp_path, line))
    assert (found.level, found.accept, found.category) == ("URGENT", ("EMERGENCY",), "a_b")


def test_a_fact_is_stated_by_any_of_its_patterns(tmp_path: Path) -> None:
    """One wording is enough, letter case does not matter, and a pattern may reach across lines."""
    (found,) = load_cases(write(tmp_path, case(facts=[{"name": "a", "patterns": ["every 300", "each.300"]}])))
    assert states(found.facts[0], "EVERY 300 km")
    assert states(found.facts[0], "each\n300")
    assert not states(found.facts[0], "every 30")


def test_a_json_text_may_hold_any_line_separator(tmp_path: Path) -> None:
    """U+2028 inside a text does not cut a line in two."""
    line = json.dumps(case(question="How\u2028often?"), ensure_ascii=False)
    assert load_cases(write(tmp_path, line))[0].question == "How\u2028often?"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Expecting"),
        ("[]", "a case is an object"),
        ("5", "a case is an object"),
        ({key: value for key, value in GOOD.items() if key != "question"}, "the field 'question' is missing"),
        (case(extra=1), "unknown field extra"),
        (case(todo="Look at it."), "this stub is not finished: Look at it."),
        (case(kind="trick"), "kind 'trick' is none of"),
        (case(facts=[]), "facts are needed"),
        (case(kind="unanswerable"), "facts are needed"),
        (case(kind="off_topic"), "facts are needed"),
        (case(kind="dialogue"), "needs a history"),
        (case(facts=[{"patterns": ["x"]}]), "has a name and patterns"),
        (case(facts=[{"name": "a"}]), "has a name and patterns"),
        (case(facts=[{"name": "a", "patterns": ["x"], "more": 1}]), "has a name and patterns"),
        (case(facts=[{"name": "a", "patterns": []}]), "no patterns"),
        (case(facts=[{"name": "a", "patterns": "x"}]), "list of texts"),
        (case(facts=[{"name": "a", "patterns": [""]}]), "list of texts"),
        (case(facts=[{"name": "a", "patterns": ["x*"]}]), "matches an empty text"),
        (case(facts=[{"name": "a", "patterns": ["(x"]}]), "the pattern '(x' does not compile"),
        (case(facts=[{"name": "a", "patterns": ["x"]}, {"name": "a", "patterns": ["y"]}]), "the same name"),
        (case(facts="every"), "facts has to be a list"),
        (case(must_not=["[a"]), "does not compile"),
        (case(must_not="every 30"), "must_not has to be a list"),
        (case(tags="short"), "tags has to be a list"),
        (case(evidence=[1]), "evidence has to be a list"),
        (case(right="yes"), "right has to be a list"),
        (case(history=[["system", "x"]]), "turn of the history"),
        (case(history=[["user"]]), "turn of the history"),
        (case(history=[["user", 5]]), "turn of the history"),
        (case(history="hi"), "history has to be a list"),
        (case(question=""), "question has to be a text"),
        (case(question=None), "question has to be a text"),
        (case(id=7), "id has to be a text"),
        (case(level="URGENT"), "a guard case, and no other"),
        (case(kind="guard", facts=[]), "a guard case, and no other"),
        (case(kind="guard", facts=[], level="BAD"), "level 'BAD' is none of"),
        (case(kind="off_topic", facts=[], right=["x"]), "right and wrong test the patterns"),
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
    with pytest.raises(CaseError, match=r"cases.jsonl:2: id 'c-1' stands at cases.jsonl:1 already"):
        load_cases(write(tmp_path, case(), case()))


def test_all_malformed_lines_are_told_at_once(tmp_path: Path) -> None:
    """Whoever writes cases mends a file in one go; of very many the first twenty are told."""
    with pytest.raises(CaseError) as caught:
        load_cases(write(tmp_path, *["{"] * 30))
    told = str(caught.value).split("\n")
    assert [line.split(": ")[0] for line in told[:20]] == [f"cases.jsonl:{number}" for number in range(1, 21)]
    assert told[20:] == ["and 10 more"]


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


def problems(folder: Path, *lines: Any) -> list[str]:
    """Check cases against the bicycles."""
    return case_problems(load_cases(write(folder, *lines)), bicycle_articles())


def test_evidence_is_compared_with_the_corpus(tmp_path: Path) -> None:
    """A heading that no article has, and a fact that its own section does not state, are problems with line and id."""
    found = problems(tmp_path, case(), case(id="c-2", evidence=["Nowhere"]), case(id="c-3", evidence=["Equipment"]))
    assert found == [
        "cases.jsonl:2: c-2: no section 'Nowhere' in the corpus",
        "cases.jsonl:3: c-3: its evidence does not state 'every'",
    ]


def test_a_covered_case_says_where_its_facts_stand(tmp_path: Path) -> None:
    """Without evidence neither retrieval nor citations can be judged."""
    assert "its evidence is missing" in problems(tmp_path, case(evidence=[]))[0]


def test_a_section_is_named_with_its_article_where_several_have_it(tmp_path: Path) -> None:
    """Both forms are found; the wrong article is not."""
    assert problems(tmp_path, case(evidence=["chain-cleaning > How often"])) == []
    assert "no section" in problems(tmp_path, case(evidence=["puncture-repair > How often"]))[0]


def test_must_not_may_not_forbid_the_answer(tmp_path: Path) -> None:
    """A pattern that hits the very sentence that states the fact would fail every right answer."""
    assert problems(tmp_path, case(must_not=["same day"])) == []
    assert "must_not forbids what the evidence says of 'every'" in problems(tmp_path, case(must_not=["kilomet"]))[0]


def test_a_case_tests_its_own_patterns(tmp_path: Path) -> None:
    """A right wording that fails and a wrong answer that passes are problems of the case, not of an engine."""
    sound = case(right=["Each 300 km."], wrong=["Every 3000 km is enough: every 30 km is too often."])
    assert problems(tmp_path, sound) == []
    found = problems(tmp_path, case(right=["Now and then."], wrong=["Oil it every 300 km."]))
    assert found[0].endswith("its patterns fail the right answer 'Now and then.'")
    assert found[1].endswith("its patterns pass the wrong answer 'Oil it every 300 km.'")


@pytest.mark.parametrize("half", ["dev", "test"])
def test_the_shipped_cases_are_plenty_and_of_every_kind(half: str) -> None:
    """Each half has all kinds, more than a hundred of them about the shipped articles, and asks nothing twice."""
    cases = shipped_cases(half)
    assert {case_.kind for case_ in cases} == set(KINDS)
    assert sum(case_.corpus in (SHIPPED, ONE_EXERCISE) and case_.kind != "guard" for case_ in cases) >= 300
    asked = [(case_.question, case_.history) for case_ in cases]
    assert len(asked) == len(set(asked))


def test_no_question_stands_in_both_halves() -> None:
    """What was tuned on does not judge."""
    dev, test = ({(case_.question.lower(), case_.history) for case_ in shipped_cases(half)} for half in ("dev", "test"))
    shared = len(dev & test)  # counted, so that a failure does not print the test half
    assert shared == 0


@pytest.mark.parametrize("name", ["nowhere", "../cases", "", "a/b"])
def test_a_fixture_is_one_of_ours(name: str) -> None:
    """A corpus that does not come with the cases is an error, and no name leads out of their folder."""
    with pytest.raises(CaseError, match="comes with the cases"):
        fixture(name)


def test_every_case_is_about_a_corpus_that_is_there() -> None:
    """The shipped articles, or a fixture."""
    names = {case_.corpus for half in ("dev", "test") for case_ in shipped_cases(half)} - {"shipped"}
    assert names
    assert all(fixture(name).is_dir() for name in names)


def test_there_are_two_halves() -> None:
    """Another one is a clear error."""
    with pytest.raises(CaseError, match="there is no half 'train'"):
        shipped_cases("train")
