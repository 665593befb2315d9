"""What one asks for is not answered with its contrary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from assistant.chain import Assistant

VOCABULARY = load_vocabulary()


def test_opposites_are_facets_and_each_the_other_s() -> None:
    """What is contrary is so both ways, and each side is asked for by words of its own."""
    facets = {facet.name: facet for facet in VOCABULARY.facets}
    sides = [facet for facet in VOCABULARY.facets if facet.opposite]
    assert sides
    for facet in sides:
        assert facets[facet.opposite].opposite == facet.name
        assert not set(facet.plainly) & set(facets[facet.opposite].plainly)


@pytest.mark.parametrize(
    ("question", "side"),
    [
        ("how do I make it harder", "progression"),
        ("it is too hard for me", "regression"),
        ("is that harder or easier?", ""),
        ("which muscles does it challenge?", ""),
        ("I'm new to it, how many?", ""),
    ],
)
def test_a_side_is_asked_for_plainly_or_not_at_all(question: str, side: str) -> None:
    """A word that may also stand beside another question asks for no side."""
    found = VOCABULARY.side(question)
    assert (found.name if found else "") == side


@pytest.mark.model
@pytest.mark.parametrize(
    "question", ["how do I make the cat-cow harder", "cat-cow is dead easy for me, how do I make it harder"]
)
def test_harder_is_not_answered_with_easier(assistant: Assistant, question: str) -> None:
    """The article tells only how it is made easier."""
    assert assistant.ask(question).status == "not_covered"


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "told"),
    [("how do I make the cat-cow easier", "smaller range"), ("how do I make the superman harder", "hold it longer")],
)
def test_the_side_that_is_told_is_quoted(assistant: Assistant, question: str, told: str) -> None:
    """And nothing of the other side."""
    text = assistant.ask(question).text
    assert told in text
    assert ("harder" if "easier" in question else "easier") not in text


@pytest.mark.model
@pytest.mark.parametrize(
    "question", ["which muscles do pull-ups challenge?", "I'm new to the pull-up, how do I hold the bar?"]
)
def test_a_word_of_effort_asks_for_no_side(assistant: Assistant, question: str) -> None:
    """The article tells of neither side under such a word; its answer stands."""
    assert assistant.ask(question).status == "answered"
