"""Who does not know a name describes the thing; what else is meant is weighed against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.articles import parse_article
from assistant.described import Description, Descriptions, speaks_for
from assistant.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from assistant.chain import Assistant

TOLD = [("Chain cleaning", "black stuff on the links"), ("Chain cleaning", "greasy links"), ("Rubber patch", "glue")]
DESCRIPTIONS = Descriptions(TOLD, np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32))


@pytest.mark.parametrize(
    ("otherwise", "told", "alike", "other"),
    [("Rubber patch", TOLD[1], 0.96, 0.0), ("Chain cleaning", TOLD[2], 0.0, 0.96), ("Pump", TOLD[1], 0.96, 0.0)],
)
def test_the_nearest_description_of_another_article_is_told(
    otherwise: str, told: tuple[str, str], alike: float, other: float
) -> None:
    """With its cosine, and with that of the article that is meant otherwise."""
    found = DESCRIPTIONS.nearest(np.array([0.8, 0.6, 0], np.float32), otherwise)
    assert found is not None
    assert (found.name, found.text) == told
    assert (found.alike, found.other) == pytest.approx((alike, other))


def test_where_nothing_else_is_described_nothing_is_meant() -> None:
    """One article alone competes with none."""
    assert Descriptions(TOLD[:2], DESCRIPTIONS.vectors[:2]).nearest(DESCRIPTIONS.vectors[0], "Chain cleaning") is None


@pytest.mark.parametrize(
    ("alike", "other", "instead", "own", "words", "taken"),
    [
        (0.7, 0.3, 2.0, 2.0, 2, True),
        (0.5, 0.5, 2.0, 2.0, 4, False),
        (0.5, 0.3, 4.0, 1.0, 2, True),
        (0.5, 0.3, 1.0, 4.0, 2, False),
        (0.5, 0.2, 2.0, 2.0, 8, True),
        (0.4, 0.4, 90.0, -90.0, 1, True),
        (0.3, 0.4, 90.0, -90.0, 1, False),
    ],
)
def test_a_description_counts_by_how_near_how_sure_and_how_much_is_said(
    alike: float, other: float, instead: float, own: float, words: int, taken: bool
) -> None:
    """Nearer than the article that is meant otherwise, as sure as it, in more words; no odds outweigh all else."""
    assert speaks_for(Description("Pump", "air", alike, other), instead, own, words) is taken


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("rope to the nose, elbows where?", "face-pull"),
        ("bend forward and flap your arms out like a bird with light dumbbells, which muscles", "reverse-fly"),
        ("belly down lifting arms and legs like flying, how high", "superman"),
        ("one knee on a bench pulling a dumbbell to my hip, which muscles", "dumbbell-row"),
        ("slumped at my laptop all day like a prawn, am I wrecking my spine", "sitting-and-posture"),
    ],
)
def test_an_exercise_is_known_by_its_description(assistant: Assistant, question: str, article: str) -> None:
    """The answer is quoted from the article that is described."""
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert article in {citation.article for citation in answer.citations}


@pytest.mark.model
def test_what_names_nothing_is_still_about_the_first_article(assistant: Assistant) -> None:
    """A description has to fit: a plain question is no description."""
    answer = assistant.ask("how many reps should I do?")
    assert {citation.article for citation in answer.citations} == {"back-extension"}


def test_descriptions_stand_in_the_front_matter() -> None:
    """As a list of texts; they are no names, so that a word of them names nothing."""
    page = b"---\ntitle: Chain cleaning\ndescribed:\n- black stuff on the links\n---\n\nWipe the chain with a rag.\n"
    article = parse_article(page, "chain.md", "chain.md", load_vocabulary())
    assert article.described == ("black stuff on the links",)
    assert "black stuff on the links" not in article.names


@pytest.mark.model
def test_a_guess_is_told_as_one(assistant: Assistant) -> None:
    """The quote says whose it is, for nothing was named."""
    answer = assistant.ask("rope to my nose on the cable, elbows out wide, which muscles does it work")
    assert {citation.article for citation in answer.citations} == {"face-pull"}
    assert answer.text.startswith("[Face pull]") or "face pull" in answer.text.lower()


@pytest.mark.model
def test_who_tells_a_condition_and_names_nothing_is_sent_to_its_guide(assistant: Assistant) -> None:
    """Behind what is taken for granted, and in a follow-up; a named exercise is asked about itself."""
    premised = assistant.ask("mum has thin bones, which movements should she avoid")
    assert {c.article for c in premised.citations} == {"older-adults-osteoporosis"}
    follow_up = assistant.ask("how many sets for him?", [("user", "my dad's 70, should he lift weights")])
    assert {c.article for c in follow_up.citations} == {"older-adults-osteoporosis"}
    named = assistant.ask("my dad is 70, how many sets of supermans should he do")
    assert "superman" in {c.article for c in named.citations}
