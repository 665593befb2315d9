"""What a conversation was about, and its last message made whole by it, with a corpus about bicycles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.dialogue import conversation, is_fragment
from assistant.lexicon import Lexicon
from assistant.question import interpret
from assistant.types import Interpretation, Turn
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_lexicon

VOCABULARY = load_vocabulary()
LEXICON: Lexicon = bicycle_lexicon(frozenset(["weather", "holiday"]))
MAIN, CHAIN, PATCH, PLUG = "Puncture repair", "Chain cleaning", "Rubber patch", "Tubeless plug"
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
    assert (said.question, said.heard, said.refused) == ("chain cleaning or puncture repair?", "Both.", False)
    assert conversation([], LEXICON, VOCABULARY).topic == ""


@pytest.mark.parametrize("question", ["which is easier?", "how often should I do them?", "do both need soap?"])
def test_what_was_named_together_is_meant_together(question: str) -> None:
    """A follow-up to "X or Y" that may mean all of it is about both."""
    asked = only(question, "chain cleaning or puncture repair?", "Both are easy.")
    assert asked.names == (CHAIN, MAIN)
    assert asked.question == f"{CHAIN} and {MAIN}: {question}"


def test_what_is_compared_by_it_was_named_together() -> None:
    """The difference between what was talked about and a name is about both, and so is what follows."""
    history = ("what is chain cleaning?", "Cleaning.", "how is it different from a puncture repair?", "It differs.")
    assert conversation(turns(*history), LEXICON, VOCABULARY).topics == (CHAIN, MAIN)
    assert only("which one is quicker?", *history).names == (CHAIN, MAIN)


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("i can't", "How do I make it easier?"),
        ("I'm not strong enough!", "How do I make it easier?"),
        ("that's easy", "How do I make it harder?"),
        ("slower please", "What are the steps?"),
        ("any risks?", "Who should be careful with it?"),
    ],
)
def test_a_follow_up_in_other_words_is_the_question_it_comes_to(message: str, question: str) -> None:
    """Where something is talked about, and nothing else is said."""
    assert only(message, "what is chain cleaning?", "Cleaning.").question == f"{CHAIN}: {question}"
    assert question not in only(message).question
    assert question not in only(f"{message} of the rubber patch", "what is chain cleaning?", "Cleaning.").question


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
    assert (asked.heard, asked.further) == ("Pinching the tube.", more)


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


@pytest.mark.parametrize(
    "question", ["how often?", "how often should I do it?", "is it hard on my hands?", "what do they cost?"]
)
def test_a_follow_up_is_led_by_its_subject(question: str) -> None:
    """A question without a name carries over what was talked about."""
    asked = only(question, "How do I do chain cleaning?", "Brush degreaser onto the links.")
    assert asked.question == f"Chain cleaning: {question}"
    assert asked.names == (CHAIN,)


def test_the_topic_comes_from_the_assistants_words_when_the_user_named_none() -> None:
    """What the answer was about is the topic as long as the user has named nothing."""
    assert only(
        "how long does it last?", "what is good against holes?", "The tubeless plug goes in from outside."
    ).names == (PLUG,)


def test_a_named_question_keeps_its_own_subject() -> None:
    """A question that names something else changes the topic and takes nothing over."""
    asked = only(
        "What do I need for a puncture repair?", "How do I do chain cleaning?", "Brush degreaser onto the links."
    )
    assert asked.question == "What do I need for a puncture repair?"
    assert asked.names == (MAIN,)


def test_the_topic_can_change_and_return() -> None:
    """The last name the user said is the topic, also after a detour."""
    history = [
        "How do I do chain cleaning?",
        "..",
        "What do I need for a puncture repair?",
        "..",
        "and chain cleaning?",
        "..",
    ]
    assert only("how often?", *history).names == (CHAIN,)
    assert only("how often?", *history[:4]).names == (MAIN,)


def test_an_ellipsis_takes_over_what_was_asked() -> None:
    """An ellipsis like "and X?" asks of X what was last asked of something else; the old name goes."""
    asked = only("and a puncture repair?", "How often do I need chain cleaning?", "Every 300 kilometres.")
    assert asked.names == (MAIN,)
    assert "how often" in asked.question.lower()
    assert "chain" not in asked.question.lower()
    assert asked.facets[0] == "dose"


def test_a_name_of_another_article_goes_too() -> None:
    """What an earlier question named need not be among the articles that the ellipsis is put to."""
    some = replace(LEXICON, names={key: name for key, name in LEXICON.names.items() if name == MAIN})
    history = turns("How often do I need chain cleaning?", "Every 300 kilometres.")
    (asked,) = interpret("and a puncture repair?", history, replace(some, every_name=LEXICON.names), VOCABULARY)
    assert asked.question == "How often do I need and a puncture repair?"


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("common mistakes", "Chain cleaning: common mistakes"),
        ("Mistakes?", "Chain cleaning: Mistakes?"),
        ("and for beginners?", "How often do I need chain cleaning? and for beginners?"),
        ("should I do a puncture repair", "should I do a puncture repair"),
    ],
)
def test_few_words_that_ask_enough_stand_alone(message: str, question: str) -> None:
    """What names a facet, or asks yes or no of a name, takes nothing over from the last question but the subject."""
    assert only(message, "How often do I need chain cleaning?", "Every 300 kilometres.").question == question


def test_what_is_compared_with_a_name_was_named_before() -> None:
    """The question "what's the difference to X?" is about X and what was talked about."""
    asked = only("What's the difference to a plug?", "How do I do chain cleaning?", "Brush the links.")
    assert asked.names == (PLUG, CHAIN)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("and for the tyre?", True),
        ("what about bands", True),
        ("without glue", True),
        ("What is the glue for?", False),
        ("how about how long it lasts", False),
        ("the tyre of my bicycle has lost a lot of air since", False),
    ],
)
def test_a_fragment_asks_nothing_alone(text: str, expected: bool) -> None:
    """Few words without one that asks, but for "what about"."""
    assert is_fragment(text) is expected


@pytest.mark.parametrize(
    ("message", "added"),
    [("and for the tube?", ("tube",)), ("and the second step?", ()), ("why?", ()), ("is the tube glued twice?", ())],
)
def test_what_a_fragment_adds_is_told(message: str, added: tuple[str, ...]) -> None:
    """Its own words, where it goes on from the last question and is not understood alone."""
    assert only(message, "how much glue does a puncture repair need?", "A little.").added == added


def test_a_chain_of_ellipses_still_knows_the_question() -> None:
    """The question survives two ellipses in a row."""
    history = ["How often do I need chain cleaning?", "..", "and a puncture repair?", ".."]
    assert "how often" in only("and the plug?", *history).question.lower()


def test_a_bare_why_asks_about_the_last_question() -> None:
    """A follow-up without a content word is joined to the question before it."""
    assert only("Why?", "Can the chain rust in the rain?", "Yes.").question == "Can the chain rust in the rain? Why?"


@pytest.mark.parametrize(
    ("question", "name"), [("tell me about the second one", PLUG), ("the last one?", PLUG), ("the first one?", PATCH)]
)
def test_an_ordinal_picks_from_things_just_named(question: str, name: str) -> None:
    """What "the second one" means is the second of the names in the last answer."""
    asked = only(question, "what closes the hole?", "You can use the rubber patch or the tubeless plug.")
    assert asked.names == (name,)
    assert asked.ordinal is None


@pytest.mark.parametrize(
    ("told", "names"),
    [
        ("For a small hole use the rubber patch.", (PATCH,)),
        ("Use the rubber patch or the tubeless plug.", (MAIN,)),
        ("It depends.", (MAIN,)),
    ],
)
def test_that_one_is_the_one_thing_just_named(told: str, names: tuple[str, ...]) -> None:
    """Beside what was asked about; with several or none it stays what was talked about."""
    assert only("how do I do that one?", "is there an easier puncture repair?", told).names == names


@pytest.mark.parametrize(
    ("question", "ordinal"),
    [
        ("what is the third step?", 3),
        ("the 2nd step", 2),
        ("what comes as the last step", -1),
        ("step 4?", 4),
        ("and step 12", 12),
        ("hold for 30 second", None),
        ("30 second hold?", None),
        ("my second bicycle has a flat tyre today", None),
        ("one step at a time", None),
        ("step 0", None),
        ("step ²", None),
        ("step 99999999999999999999", None),
        ("step", None),
        ("step by step", None),
    ],
)
def test_the_number_of_a_step_is_read(question: str, ordinal: int | None) -> None:
    """A step asked for by number or ordinal is known; durations and odd digits are none."""
    assert only(question).ordinal == ordinal


def test_an_overview_may_be_a_follow_up() -> None:
    """The carried-over subject does not turn an overview into a question of detail."""
    assert only("how do I do it?", "tell me about chain cleaning", "It takes the grit off.").overview
