"""What is asked: with a corpus about bicycles, since the engine may know no word of any field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from assistant.cues import asks, opens_unclear, small_talk
from assistant.lexicon import Lexicon
from assistant.names import find_names, mended
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


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("How do I do a puncture repair?", [MAIN]),
        ("PUNCTURE REPAIR!!", [MAIN]),
        ("puncture repairs for dummies", [MAIN]),
        ("my flat tyre fix failed", [MAIN]),
        ("is the drivetrain wash needed after rain", [CHAIN]),
        ("chain cleaning or puncture repair, which first", [CHAIN, MAIN]),
        ("puncture repair, then again puncture repair", [MAIN]),
        ("does the plug hold?", [PLUG]),
        ("does a patch hold?", [PATCH]),
        ("how long does the repair take", [MAIN]),
        ("the chain is dirty", []),
        ("what about tea", []),
        ("", []),
    ],
)
def test_names_are_found_by_title_alias_heading_and_short_form(question: str, names: list[str]) -> None:
    """Titles, aliases, variation headings and a name's last word name it, in order of mention; other words do not."""
    assert find_names(question, LEXICON, VOCABULARY) == names


def test_a_short_name_that_two_names_share_names_neither() -> None:
    """The last word of a name stands for it only while no other name holds that word."""
    shared = Lexicon({}, 1, frozenset(), (), {("red", "pump"): "Red pump", ("blue", "pump"): "Blue pump"}, "Red pump")
    assert find_names("where is the pump", shared, VOCABULARY) == []
    assert find_names("where is the blue pump", shared, VOCABULARY) == ["Blue pump"]


def test_a_synonym_names_what_another_word_of_its_group_names() -> None:
    """A word of a synonym group counts as the name that another member of the group is."""
    vocabulary = replace(VOCABULARY, synonyms=(("bell", "ding dong"),))
    lexicon = Lexicon({}, 1, frozenset(), (), {("bell",): "Bell"}, "Bell")
    assert find_names("where does the ding dong go", lexicon, vocabulary) == ["Bell"]
    assert find_names("where does the ding go", lexicon, vocabulary) == []


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
    ],
)
def test_a_message_is_cut_into_its_questions(question: str, expected: list[str]) -> None:
    """Questions are split where a new one begins; lists, lead sentences and thanks stay with their question."""
    assert split_parts(question, VOCABULARY) == expected


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
    ("typed", "meant"),
    [
        ("which degresaer", "which degreaser"),
        ("are the sprockts worn", "are the sprockets worn"),
        ("a punctur in the saddlbag", "a punctur in the saddlebag"),
        ("how many kilometers", "how many kilometres"),
        ("is the chian dirty", "is the chain dirty"),  # two letters swapped
        ("are the prockets worn", "are the sprockets worn"),  # the first letter dropped, the rest certain
        ("wat doez it wrok", "what does it work"),  # common words, from the vocabulary's list
        ("cant find it plz", "can't find it please"),
        ("w/o a pump", "without a pump"),
    ],
)
def test_misspellings_become_words_of_the_corpus(typed: str, meant: str) -> None:
    """A slip in a long word is mended into the corpus's word, a phone's short form is written out."""
    assert only(typed).question == meant


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("chian clning, how often", "Chain cleaning"),
        ("tubeless plg how", "Tubeless plug"),
        ("rubber pach steps", "Rubber patch"),
        ("tubeless wug how", None),  # another first letter
        ("plg how", None),  # nothing beside it, and no name of one word is near
        ("rubber pump steps", None),  # a word of its own
    ],
)
def test_a_short_slip_is_mended_where_the_rest_of_a_name_stands_beside_it(typed: str, name: str | None) -> None:
    """A short word may be many; beside the other words of a name it is one."""
    assert find_names(mended(typed, LEXICON, VOCABULARY), LEXICON, VOCABULARY, whole=True) == ([name] if name else [])


@pytest.mark.parametrize(
    "question",
    [
        "what is the weather like on holiday",  # common English, near "leather" and the like
        "should I oil it tonight",  # near a word of some synonym group
        "is degreasing bad",  # a form of a word of the corpus
        "which chrome",  # short of the length that is mended
        "my pmup is old",  # too short
        "Xylophone zebra quixotic",  # near nothing
        "are the hamstrings sore",  # the vocabulary knows it
        "what about Saddlebag",  # only the case differs
        "naïve façade",
        "2026-11-23 at 10:30",
    ],
)
def test_words_that_are_no_slips_stay(question: str) -> None:
    """Known, short, far or merely capitalised words are left as typed."""
    assert only(question).question == question


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


def test_names_in_headings_leave_out_the_main_one() -> None:
    """A heading path tells which of the other names its section is about."""
    assert LEXICON.names_in_headings(("Ways to close the hole", "Tubeless plug"), LEXICON.main) == {PLUG}
    assert LEXICON.names_in_headings(("How to do a puncture repair",), LEXICON.main) == frozenset()
    assert LEXICON.names_in_headings((), LEXICON.main) == frozenset()


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


def test_a_changed_copy_of_the_names_finds_its_own() -> None:
    """What was found in a text is kept with the names it was found by."""
    assert find_names("the rubber patch", LEXICON, VOCABULARY) == ["Rubber patch"]
    other = replace(LEXICON, names={("rubber", "patch"): "Another patch"})
    assert find_names("the rubber patch", other, VOCABULARY) == ["Another patch"]
    assert find_names("the rubber patch", LEXICON, VOCABULARY) == ["Rubber patch"]
