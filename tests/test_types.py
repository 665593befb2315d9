"""The nouns: the contract's fields and the two text forms."""

from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, fields, is_dataclass, replace

import pytest

from assistant import types
from assistant.types import Answer, Block, Citation, Passage, Quote, Sentence, Source, Span, Verdict

from .contract_checks import ANSWER_FIELDS, CITATION_FIELDS

CITATION = Citation(
    number=1,
    article="bell",
    title="Bell",
    section=("Care", "Polish"),
    facet=None,
    url=None,
    sources=(Source("club", "Sheet", "Club", "https://example.org"),),
    passage=Quote(0, 10, "Ring it. X"),
    quotes=(Quote(0, 8, "Ring it."),),
)
ANSWER = Answer(
    question="?",
    status="answered",
    blocks=(
        Block("paragraph", (Sentence("Ring it.", (1,)), Sentence("Twice.", (1, 2)))),
        Block("steps", (Sentence("Unscrew.", (2,)), Sentence("Polish.", (2,)))),
        Block("bullets", (Sentence("Loud.", (3,)),)),
        Block("notice", (Sentence("No more is known."),)),
    ),
    citations=(CITATION,),
    verdict=Verdict("CAUTION", "noise", (("GENERAL", "other"),), "Mind your ears."),
    disclaimer="Standing words.",
    suggestions=("Why?",),
    answer_id="abc",
    timings_ms={"total": 1.5},
    versions={"backchat": "1"},
)


def test_an_answer_has_exactly_the_fields_of_the_contract() -> None:
    """No field of the public object is missing, renamed or leaked, at any depth."""
    body = json.loads(json.dumps(ANSWER.to_dict()))
    assert tuple(body) == ANSWER_FIELDS
    assert tuple(body["citations"][0]) == CITATION_FIELDS
    assert set(body["citations"][0]["sources"][0]) == {"title", "publisher", "url"}
    assert set(body["citations"][0]["passage"]) == set(body["citations"][0]["quotes"][0]) == {"start", "end", "text"}
    assert set(body["blocks"][0]) == {"kind", "sentences"}
    assert set(body["blocks"][0]["sentences"][0]) == {"text", "citations"}
    assert body["verdict"] == {
        "level": "CAUTION",
        "category": "noise",
        "also": [{"level": "GENERAL", "category": "other"}],
        "message": "Mind your ears.",
    }


def test_the_object_holds_what_the_answer_holds() -> None:
    """Values are handed on as they are; a section is one text, absent ones are null."""
    body = json.loads(json.dumps(ANSWER.to_dict()))
    citation = body["citations"][0]
    assert (citation["section"], citation["facet"], citation["url"]) == ("Care > Polish", None, None)
    assert citation["quotes"] == [{"start": 0, "end": 8, "text": "Ring it."}]
    assert body["blocks"][0]["sentences"][1] == {"text": "Twice.", "citations": [1, 2]}
    assert (body["mode"], body["timings_ms"], body["versions"], body["suggestions"]) == (
        "quotes",
        {"total": 1.5},
        {"backchat": "1"},
        ["Why?"],
    )


def test_changing_the_object_does_not_change_the_answer() -> None:
    """The object is a copy."""
    body = ANSWER.to_dict()
    body["verdict"]["level"] = "GENERAL"
    body["timings_ms"]["total"] = 0
    assert (ANSWER.verdict.level, ANSWER.timings_ms["total"]) == ("CAUTION", 1.5)


def test_the_text_is_what_a_person_reads() -> None:
    """Paragraphs on a line, steps numbered, bullets dashed, no marks and no disclaimer."""
    assert ANSWER.text == "Ring it. Twice.\n\n1. Unscrew.\n2. Polish.\n\n- Loud.\n\nNo more is known."


def test_the_markdown_adds_the_marks() -> None:
    """Each sentence is followed by its citation numbers."""
    assert (
        ANSWER.markdown
        == "Ring it. [1] Twice. [1] [2]\n\n1. Unscrew. [2]\n2. Polish. [2]\n\n- Loud. [3]\n\nNo more is known."
    )


def test_a_later_piece_of_a_stream_replaces_the_earlier() -> None:
    """Adding pieces, as LangChain does, gives the last one."""
    assert replace(ANSWER, blocks=ANSWER.blocks[:1]) + ANSWER == ANSWER


@pytest.mark.parametrize("name", [name for name in types.__all__ if is_dataclass(getattr(types, name))])
def test_every_noun_is_frozen(name: str) -> None:
    """No field of a noun can be set."""
    noun = getattr(types, name)
    instance = object.__new__(noun)
    with pytest.raises(FrozenInstanceError):
        setattr(instance, fields(noun)[0].name, "x")


def test_a_passages_label_is_title_and_headings() -> None:
    """The label is what is embedded in front of a passage."""
    span = Span(0, 4, "text", "sentence")
    assert Passage("i", "a", "Bell", ("Care", "Polish"), None, 0, 4, "text", (span,)).label == "Bell > Care > Polish"
    assert Passage("i", "a", "Bell", (), None, 0, 4, "text", (span,)).label == "Bell"
