"""Where an answer is looked for: what is meant, all articles, and behind the question before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.question import interpret
from assistant.types import Interpretation, Turn
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_lexicon

if TYPE_CHECKING:
    from assistant.chain import Assistant

VOCABULARY = load_vocabulary()
LEXICON = bicycle_lexicon(frozenset(["weather", "holiday"]))
HISTORY = [Turn("user", "how long does a rubber patch last?"), Turn("assistant", "Years.")]


def only(question: str, history: list[Turn]) -> Interpretation:
    """Interpret a message of one part."""
    (asked,) = interpret(question, history, LEXICON, VOCABULARY)
    return asked


def test_a_follow_up_can_be_read_behind_the_last_question() -> None:
    """It keeps the meaning of its own words; the last question's are put in front."""
    asked = only("when is it usually at its weakest?", HISTORY)
    assert asked.in_light is not None
    assert asked.in_light.question == "how long does a rubber patch last? when is it usually at its weakest?"
    assert "weakest" in asked.in_light.added
    assert asked.in_light.names == asked.names
    assert asked.in_light.in_light is None


@pytest.mark.parametrize(
    ("question", "history"),
    [
        ("when is it usually at its weakest?", []),
        ("how do I do chain cleaning?", HISTORY),
        ("and the size?", HISTORY),
    ],
)
def test_what_needs_no_other_reading_has_none(question: str, history: list[Turn]) -> None:
    """A first question, one that names its subject, and one that goes on from the last anyway."""
    assert only(question, history).in_light is None


@pytest.mark.model
def test_what_is_not_covered_alone_is_asked_behind_the_last_question(assistant: Assistant) -> None:
    """Alone "it" is the exercise, of which there are many studies; behind the question it is what was claimed of it."""
    question = "wasn't there a study on it? I'm sure I read one"
    history = [("user", "so back extensions are the best back exercise right"), ("assistant", "Nobody has shown that.")]
    answer = assistant.ask(question, history=history)
    assert answer.status == "answered"
    assert "eight back exercises" in answer.text
    assert assistant.ask(question).status == "not_covered"


@pytest.mark.model
@pytest.mark.parametrize("question", ["who invented it?", "what does it cost?", "which app shows it?"])
def test_a_covered_question_does_not_make_the_next_one_covered(assistant: Assistant, question: str) -> None:
    """What the articles do not tell stays untold behind a question that they answer."""
    history = [("user", "how many reps of the back extension?"), ("assistant", "8 to 12.")]
    assert assistant.ask(question, history=history).status == "not_covered"
