"""What is asked: with a corpus about bicycles, since the engine may know no word of any field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.cues import asks, opens_unclear, small_talk
from assistant.lexicon import Lexicon
from assistant.question import interpret, premise_of, split_parts
from assistant.types import Interpretation, Turn
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_lexicon

VOCABULARY = load_vocabulary()
COMMON = frozenset(["weather", "holiday", "bottle", "window", "flower", "chrome", "garden"])
LEXICON: Lexicon = bicycle_lexicon(COMMON)
MAIN, CHAIN, PATCH, PLUG = "Puncture repair", "Chain cleaning", "Rubber patch", "Tubeless plug"


def turns(*texts: str) -> list[Turn]:
    """Make a conversation, the user first."""
    return [Turn("user" if place % 2 == 0 else "assistant", text) for place, text in enumerate(texts)]


def parts(question: str, history: Sequence[Turn] = ()) -> tuple[Interpretation, ...]:
    """Interpret a message against the bicycle corpus."""
    return interpret(question, history, LEXICON, VOCABULARY)


def only(question: str, *history: str) -> Interpretation:
    """Interpret a message of one part."""
    (asked,) = parts(question, turns(*history))
    return asked


def test_a_first_question_stands_as_asked() -> None:
    """Without a conversation nothing is put into a question, and nothing is claimed to be named."""
    asked = only("how many drops of oil go on it?")
    assert asked.question == "how many drops of oil go on it?"
    assert asked.names == ()


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("a puncture repair takes an hour, right?", "a puncture repair takes an hour"),
        ("Chain cleaning takes a week, doesn't it", "Chain cleaning takes a week"),
        ("The plug is better than a patch. True?", "The plug is better than a patch."),
        ("is the left side right?", ""),
        ("right?", ""),
        ("turn it right", ""),
    ],
)
def test_a_claim_is_read_without_its_tag(message: str, question: str) -> None:
    """What somebody says and wants confirmed is looked for as it is said; what asks anyway is no claim."""
    asked = only(message)
    assert asked.claim is bool(question)
    assert asked.question.endswith(question or message)


@pytest.mark.parametrize("message", ["?", "???", "…", "🙂", "-", "\u200b", "¿", "\n\t.\n"])
def test_a_message_without_words_is_no_accident(message: str) -> None:
    """Signs alone are interpreted as a question with nothing in it."""
    asked = only(message)
    assert asked.names == asked.facets == asked.wants == ()
    assert asked.ordinal is None


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many drops of oil, and which degreaser?", ["How many drops of oil", "which degreaser?"]),
        ("How often? Which rag?", ["How often?", "Which rag?"]),
        ("how often do I clean it and what do I need for it", ["how often do I clean it", "what do I need for it"]),
        ("1. How often? 2. Which rag?", ["How often?", "Which rag?"]),
        (
            "please tell me 1) which oil 2) which rag 3) which pump",
            ["please tell me which oil", "which rag", "which pump"],
        ),
        ("My tyre is flat. What do I need?", ["My tyre is flat. What do I need?"]),
        ("What do I need? Thanks!", ["What do I need? Thanks!"]),
        ("do I need levers and a pump", ["do I need levers and a pump"]),
        ("When I ride in rain, should I oil the chain?", ["When I ride in rain, should I oil the chain?"]),
        ("I rode to mile 2. Is that far?", ["I rode to mile 2. Is that far?"]),
        ("how?", ["how?"]),
        ("The rag - which one, and how often do I change it?", ["The rag - which one", "how often do I change it?"]),
        ("Which oil? Also my chain squeaks, what is that?", ["Which oil?", "Also my chain squeaks, what is that?"]),
        (
            "how often do I oil it.. my chain is old, what then",
            ["how often do I oil it..", "my chain is old, what then"],
        ),
        ("which oil\nhow often", ["which oil", "how often"]),
        ("is it ok to ride... with a flat tyre?", ["is it ok to ride... with a flat tyre?"]),
        ("how often do I\noil the chain?", ["how often do I\noil the chain?"]),
        ("Which oil? And I only have a rag.", ["Which oil? And I only have a rag."]),
        ("I oil it and then do the tyres, is that enough?", ["I oil it and then do the tyres, is that enough?"]),
        ("should I ride 8 - 12 miles and a slow pace?", ["should I ride 8 - 12 miles and a slow pace?"]),
        ("which oil, and roughly how many drops", ["which oil", "roughly how many drops"]),
        ("Which oil? And for the tyre, glue or patch.", ["Which oil?", "And for the tyre, glue or patch."]),
    ],
)
def test_a_message_is_cut_into_its_questions(question: str, expected: list[str]) -> None:
    """Questions are split where a new one begins; lists, lead sentences and thanks stay with their question."""
    assert split_parts(question, VOCABULARY) == expected


def test_a_list_of_what_is_wanted_is_as_many_parts() -> None:
    """Behind what it is about; items of one facet, or without any, are one question."""
    assert split_parts("the chain: equipment, mistakes and how often", VOCABULARY) == [
        "the chain: equipment",
        "the chain: mistakes",
        "the chain: how often",
    ]
    assert len(split_parts("the chain: rag, oil and lever", VOCABULARY)) == 1


def test_long_runs_of_one_sign_are_cut_at_once() -> None:
    """In no more steps than signs: each of these took seconds with an expression that goes back over them."""
    for run in (" ", ".", "\n", ", a"):
        assert len(split_parts(f"a: {run * (1990 // len(run))}?b", VOCABULARY)) <= 3


def test_no_more_than_three_parts() -> None:
    """A flood of questions is cut after three."""
    assert len(parts("Which oil? Which rag? Which pump? Which lever? Which patch?")) == 3


def test_a_later_part_may_begin_with_its_place() -> None:
    """What is asked of stands before the question's own word."""
    assert len(parts("Is a rag worth it, and for the chain how often do I do it?")) == 2
    assert len(parts("Does it fit the bottle and the pump in the bag?")) == 1


def test_a_later_part_may_refer_to_an_earlier_one() -> None:
    """The second question of a message takes its subject from the first."""
    first, second = parts("How do I do chain cleaning and how often should I do it?")
    assert first.names == second.names == (CHAIN,)
    assert second.question.startswith("Chain cleaning:")


@pytest.mark.parametrize(
    ("question", "facet"),
    [
        ("How do I do it?", "technique"),
        ("how often", "dose"),
        ("what do i need", "equipment"),
        ("what goes wrong", "mistakes"),
        ("is it safe", "safety"),
        ("make it easier", "regression"),
        ("harder version", "progression"),
        ("what are the benefits", "benefits"),
        ("what is it also called", "definition"),
    ],
)
def test_facets_are_told_by_cues(question: str, facet: str) -> None:
    """The phrases of the vocabulary tell which side of a subject is asked for."""
    assert facet in only(question).facets


@pytest.mark.parametrize(
    ("question", "wants", "focus"),
    [
        ("how many drops of oil?", ("count",), "drops"),
        ("how many of the levers", ("count",), "levers"),
        ("number of turns", ("count",), "turns"),
        ("how many?", ("count",), None),
        ("how often in a week", ("frequency",), None),
        ("how long does the patch last", ("duration",), None),
        ("how thick is the rim", ("measure",), "thick"),
        ("who invented the plug", ("person",), None),
        ("why oil it", (), None),
    ],
)
def test_the_kind_of_answer_and_what_is_counted(question: str, wants: tuple[str, ...], focus: str | None) -> None:
    """A question for a number, a time or a person is known as such, with the word it counts."""
    asked = only(question)
    assert (asked.wants, asked.focus) == (wants, focus)


@pytest.mark.parametrize(
    ("question", "overview"),
    [
        ("How do I do a puncture repair?", True),
        ("what is a flat tyre fix", False),
        ("how to do chain cleaning step by step please", True),
        ("How do I lift the tyre over the rim in a puncture repair?", False),
        ("which degreaser for chain cleaning", False),
    ],
)
def test_an_overview_names_only_its_subject(question: str, overview: bool) -> None:
    """A question asks how to do the whole thing when nothing but such a cue and its subject is left in it."""
    assert only(question).overview is overview


def test_a_query_holds_the_corpuss_own_words_too() -> None:
    """What only the reader calls so is searched for by the corpus's word as well; the question stays as asked."""
    vocabulary = replace(VOCABULARY, synonyms=(("cloudburst", "rain"), ("velodrome", "stadium")))
    (asked,) = interpret("is a cloudburst in the velodrome bad", (), LEXICON, vocabulary)
    assert asked.question == "is a cloudburst in the velodrome bad"
    assert asked.query == "is a cloudburst in the velodrome bad rain"
    (known,) = interpret("is rain bad", (), LEXICON, vocabulary)
    assert known.query == "is rain bad"


def test_the_subject_covers_all_names_of_what_is_asked_about() -> None:
    """The stems of title and aliases are the subject; without a name the first article's are."""
    assert set(only("is chain cleaning needed").subject) == {"chain", "clean", "drivetrain", "wash"}
    assert set(only("is oil needed").subject) == {"punctur", "repair", "flat", "tyre", "fix"}


@pytest.mark.parametrize(
    "message",
    [
        "Thanks!",
        "thank you so much",
        "hi",
        "Hello there",
        "hey!",
        "bye",
        "who are you?",
        "What can you do?",
        "ok thanks",
        "cheers mate",
        "thx so much",
    ],
)
def test_small_talk_is_answered_in_our_own_words(message: str) -> None:
    """Greetings, thanks and questions about the assistant have a reply."""
    assert small_talk(message, VOCABULARY)


@pytest.mark.parametrize(
    "message",
    [
        "hi, how often should I oil the chain?",
        "thanks, and which degreaser?",
        "help me fix a puncture",
        "what is this exercise?",
        "how do you work this one",
        "hello kitty bell",
        "what can you do about rust",
        "",
        "??",
        "thanksgiving",
        "high",
        "bye bye chain",
    ],
)
def test_a_question_with_a_greeting_is_still_a_question(message: str) -> None:
    """A message that asks something is not taken for small talk."""
    assert small_talk(message, VOCABULARY) is None


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("It holds.", True),
        ("“They fit.”", True),
        ("THIS is it", True),
        ("Items fit.", False),
        ("", False),
        ("...", False),
    ],
)
def test_openings_that_leave_the_subject_unclear(text: str, unclear: bool) -> None:
    """A sentence that opens with a pronoun is unclear alone, whatever stands around the word."""
    assert opens_unclear(text, VOCABULARY.unclear_openings) is unclear


def test_the_same_message_is_read_the_same_way() -> None:
    """Interpretation depends on nothing but its arguments."""
    assert parts("which degresaer and how often?") == parts("which degresaer and how often?")
    assert bicycle_lexicon(COMMON) == bicycle_lexicon(COMMON) or bicycle_lexicon(COMMON).names == LEXICON.names


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Since the patch needs a vice, which vice is best?",
            ("Since the patch needs a vice", "which vice is best?"),
        ),
        ("as it takes ten minutes, why wait", ("as it takes ten minutes", "why wait")),
        ("I read on. The guide says wet glue holds, so how wet?", ("The guide says wet glue holds", "how wet?")),
        ("seeing as chains rust, so what?", ("seeing as chains rust", "what?")),
        ("I heard glue has to boil, how hot?", ("I heard glue has to boil", "how hot?")),
        ("I must boil the glue, so how hot?", ("I must boil the glue", "how hot?")),
        ("When the patch is dry, what next?", None),
        ("As a beginner, how do I start?", None),
        ("since my chain is old, which oil is best", None),
        ("I have no stand, so where do I put it?", None),
        ("since then, how long?", None),
        ("which oil is best, since chains rust?", None),
        ("which oil is best?", None),
    ],
)
def test_what_a_question_takes_for_granted(question: str, expected: tuple[str, str] | None) -> None:
    """A clause before the question that opens like one, or ends in ', so'; never one about the asker."""
    assert premise_of(question, VOCABULARY) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is it dry", True),
        ("wet glue?", True),
        ("and what now", True),
        ("this works", False),
        ("Oil the chain.", False),
    ],
)
def test_what_asks(text: str, expected: bool) -> None:
    """A question mark at the end, or a whole word that asks: "this" asks nothing."""
    assert asks(text) == expected


def test_a_premise_is_a_part_of_its_own_that_stands_last() -> None:
    """It keeps the subject, and the question is said back without it."""
    asked, premise = parts(f"Since a {PLUG.lower()} needs a vice, which one is best?")
    assert (asked.premise, asked.without_premise) == (False, "which one is best?")
    assert premise.premise
    assert premise.names == (PLUG,)
    assert [part.premise for part in parts("Since glue dries, how long does it take, and who sells it?")] == [False] * 2


@pytest.mark.parametrize(
    ("question", "history", "query"),
    [
        ("how long must the glue dry?", (), f"{MAIN}: how long must the glue dry?"),
        ("how long does a rubber patch dry?", (), "how long does a rubber patch dry?"),
        ("how long must it dry?", ("Tell me about the rubber patch", "..."), f"{PATCH}: how long must it dry?"),
    ],
)
def test_what_is_searched_for_names_the_implied_subject(question: str, history: tuple[str, ...], query: str) -> None:
    """Only where neither the question nor the conversation names one; the question itself stays as asked."""
    (asked,) = interpret(question, turns(*history), LEXICON, VOCABULARY, implied=MAIN)
    assert asked.query == query
    assert asked.question == query.removeprefix(f"{MAIN}: ")
