"""Who does not know a name describes the thing; nothing is guessed where two things fit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.articles import parse_article
from assistant.described import Descriptions
from assistant.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from assistant.chain import Assistant

TOLD = [("Chain cleaning", "black stuff on the links"), ("Chain cleaning", "greasy links"), ("Rubber patch", "glue")]
DESCRIPTIONS = Descriptions(TOLD, np.array([[1, 0, 0], [0.6, 0.8, 0], [0, 0, 1]], np.float32))


def meant(*vector: float) -> tuple[str, str] | None:
    """What a question with a vector of this direction describes."""
    asked = np.array(vector, np.float32)
    found = DESCRIPTIONS.meant(asked / np.linalg.norm(asked))
    return found[:2] if found else None


def test_how_near_the_description_is_is_told() -> None:
    """The cosine, for who asks has to know how much to trust it."""
    found = DESCRIPTIONS.meant(np.array([0, 0, 1], np.float32))
    assert found == ("Rubber patch", "glue", 1.0)


def test_the_nearest_description_tells_the_name() -> None:
    """Two descriptions of one thing do not compete."""
    assert meant(0.9, 0.4, 0.1) == TOLD[0]
    assert meant(0.5, 0.9, 0) == TOLD[1]


@pytest.mark.parametrize("vector", [(0.7, 0, 0.7), (-1, 0.2, 0.3), (0, -1, 0)])
def test_nothing_is_meant_where_two_things_fit_or_none(vector: tuple[float, ...]) -> None:
    """As near to one as to the other, or near to none."""
    assert meant(*vector) is None


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
