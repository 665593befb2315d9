"""What a conversation was about, and its last message made whole by it, with a corpus about bicycles."""

from __future__ import annotations

import pytest

from assistant.dialogue import conversation
from assistant.lexicon import Lexicon
from assistant.question import interpret
from assistant.types import Interpretation, Turn
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_lexicon

VOCABULARY = load_vocabulary()
LEXICON: Lexicon = bicycle_lexicon(frozenset(["weather", "holiday"]))
MAIN, CHAIN = "Puncture repair", "Chain cleaning"
REFUSED = VOCABULARY.replies["not_covered"]


def turns(*texts: str) -> list[Turn]:
    """Make a conversation, the user first."""
    return [Turn("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(texts)]


def only(question: str, *history: str) -> Interpretation:
    """Interpret a message of one part."""
    (asked,) = interpret(question, turns(*history), LEXICON, VOCABULARY)
    return asked


def test_a_conversation_keeps_what_was_named_together_and_what_was_heard() -> None:
    """The topics of the last message that named any, its question, its answer; small talk changes nothing."""
    said = conversation(turns("chain cleaning or puncture repair?", "Both.", "thanks", "Gladly."), LEXICON, VOCABULARY)
    assert said.topics == (CHAIN, MAIN)
    assert said.topic == MAIN
    assert (said.question, said.heard, said.refused) == ("chain cleaning or puncture repair?", "Gladly.", False)
    assert conversation([], LEXICON, VOCABULARY).topic == ""


@pytest.mark.parametrize("question", ["which is easier?", "how often should I do them?", "do both need soap?"])
def test_what_was_named_together_is_meant_together(question: str) -> None:
    """A follow-up to "X or Y" that may mean all of it is about both."""
    asked = only(question, "chain cleaning or puncture repair?", "Both are easy.")
    assert asked.names == (CHAIN, MAIN)
    assert asked.question == f"{CHAIN} and {MAIN}: {question}"


def test_otherwise_the_last_named_is_meant() -> None:
    """A follow-up about one thing is about what was named last."""
    asked = only("how long does it take?", "chain cleaning or puncture repair?", "Both are easy.")
    assert asked.names == (MAIN,)


@pytest.mark.parametrize("question", ["for how long", "and how often?", "is it safe", "how do I do the first"])
def test_what_was_not_covered_stays_what_is_talked_about(question: str) -> None:
    """What was refused had no name that we know: only that question tells what a message that points back is about."""
    asked = only(question, "what does a unicycle saddle do", f"{REFUSED} Ask something else.")
    assert asked.question == f"what does a unicycle saddle do {question}"


@pytest.mark.parametrize("history", [("what does a unicycle saddle do", REFUSED), ("how do I mend it", "Like this.")])
def test_a_question_that_stands_alone_is_taken_alone(history: tuple[str, str]) -> None:
    """What points at nothing, or at what was answered, is not mixed with the question before."""
    assert only("how often is right", *history).question == "how often is right"


@pytest.mark.parametrize("message", ["says who?", "source?", "and says who", "Say that again please"])
def test_who_asks_for_the_source_gets_the_answer_again(message: str) -> None:
    """The last answer with its citations is what such a message asks for."""
    asked = only(message, "How many levers for a puncture repair?", "Two.")
    assert asked.question == "How many levers for a puncture repair?"
    assert asked.names == (MAIN,)


@pytest.mark.parametrize("message", ["says who?", "which source of weather matters"])
def test_a_source_is_a_word_too(message: str) -> None:
    """Without a question before it, or with words of its own, a message is taken as it is."""
    history = () if message == "says who?" else ("How many levers for a puncture repair?", "Two.")
    assert only(message, *history).question.endswith(message.split()[-1])


@pytest.mark.parametrize(("message", "more"), [("anything else?", True), ("what other ways", True), ("why?", False)])
def test_who_asks_for_more_has_heard_the_last_answer(message: str, more: bool) -> None:
    """What was told already is kept in mind, so that it is not told again."""
    asked = only(message, "common mistakes in a puncture repair?", "Pinching the tube.")
    assert asked.heard == ("Pinching the tube." if more else "")


@pytest.mark.parametrize("question", ["puncture repair how", "puncture repair - how?", "Puncture repair HOW?"])
def test_a_bare_how_asks_for_the_whole(question: str) -> None:
    """A name and "how": all the steps."""
    asked = only(question)
    assert asked.overview
    assert asked.facets[0] == "technique"


def test_what_comes_next_is_the_step_after_the_last_one() -> None:
    """To ask "and then?" goes on from a step that was asked for; without one it asks no such thing."""
    steps = ["what is step one of a puncture repair?", "Remove the wheel.", "and then?", "Lift the tyre."]
    assert only(*steps[:1]).ordinal == 1
    assert only(steps[2], *steps[:2]).ordinal == 2
    assert only("straight after that?", *steps).ordinal == 3
    assert only("straight after that?", *steps).question == steps[0]
    assert only("and then?", "how long does a puncture repair take?", "Ten minutes.").ordinal is None


@pytest.mark.parametrize(
    ("message", "bare"),
    [
        ("puncture repair", True),
        ("Tell me about the chain cleaning, please", True),
        ("puncture repair vs chain cleaning?", True),
        ("puncture repair time", False),
        ("how is the puncture repair?", False),
        ("what is it?", False),
        ("what about tea", False),
    ],
)
def test_a_bare_name_asks_what_it_is(message: str, bare: bool) -> None:
    """Nothing but names and what introduces them."""
    assert only(message).bare is bare
