"""Names and misspellings: what a message calls by name, in a corpus about bicycles."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assistant.lexicon import Lexicon
from assistant.names import compares, completed, find_names, leans, mended, nameless
from assistant.question import interpret
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_lexicon

VOCABULARY = load_vocabulary()
COMMON = frozenset(["weather", "holiday", "bottle", "window", "flower", "chrome", "garden"])
LEXICON: Lexicon = bicycle_lexicon(COMMON)
MAIN, CHAIN, PATCH, PLUG = "Puncture repair", "Chain cleaning", "Rubber patch", "Tubeless plug"


def _whole(typed: str) -> str:
    (asked,) = interpret(typed, (), LEXICON, VOCABULARY)
    return asked.question


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
    assert _whole(typed) == meant


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
    assert _whole(question) == question


def test_names_in_headings_leave_out_the_main_one() -> None:
    """A heading path tells which of the other names its section is about."""
    assert LEXICON.names_in_headings(("Ways to close the hole", "Tubeless plug"), LEXICON.main) == {PLUG}
    assert LEXICON.names_in_headings(("How to do a puncture repair",), LEXICON.main) == frozenset()
    assert LEXICON.names_in_headings((), LEXICON.main) == frozenset()


def test_a_changed_copy_of_the_names_finds_its_own() -> None:
    """What was found in a text is kept with the names it was found by."""
    assert find_names("the rubber patch", LEXICON, VOCABULARY) == ["Rubber patch"]
    other = replace(LEXICON, names={("rubber", "patch"): "Another patch"})
    assert find_names("the rubber patch", other, VOCABULARY) == ["Another patch"]
    assert find_names("the rubber patch", LEXICON, VOCABULARY) == ["Rubber patch"]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How do I do a puncture repair?", "how do i do a it"),
        ("Does the tubeless plug leak?", "does the it leak"),
        ("how many bottles", None),
    ],
)
def test_a_pronoun_stands_for_every_name_of_the_corpus(question: str, expected: str | None) -> None:
    """The example questions are about "it": a name has meanings of its own, which would lead away from them."""
    assert nameless(question, LEXICON, VOCABULARY) == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Is it bad?", True),
        ("is it bad to oil the chain", False),
        ("What does it mean to patch a tube?", False),
        ("is it bad to oil it", True),
        ("how much oil", False),
        ("carry one bucket on the left", False),
        ("is the blue one harder?", True),
        ("which one squeaks", True),
        ("the other one squeaks", True),
        ("how do I do one", True),
        ("it's time to oil the chain", False),
    ],
)
def test_a_pronoun_that_stands_for_nothing_leans_on_nothing(question: str, expected: bool) -> None:
    """The words "is it bad to" open a question about what follows, and "one" in front of a thing counts it."""
    assert leans(question, VOCABULARY) is expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("does it help the chain cleaning?", True),
        ("is chain cleaning harder than it", True),
        ("chain cleaning or this?", True),
        ("the difference to chain cleaning?", True),
        ("I did the chain cleaning. Is it enough?", False),
        ("Is it enough? I did the chain cleaning.", True),
        ("what do I need for chain cleaning and what if I lack it", False),
        ("is it safe to try chain cleaning", False),
        ("I can't do one chain cleaning, how do I start", False),
        ("how often do I do this chain cleaning", False),
        ("how do I clean it", False),
        ("chain cleaning?", False),
    ],
)
def test_a_pronoun_behind_a_name_means_the_name(question: str, expected: bool) -> None:
    """Before it or held against it, it means something else that was named before."""
    assert compares(question, LEXICON, VOCABULARY) is expected


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("no, I meant the blue one", "no, I meant the blue pump"),
        ("is the blue version better?", "is the blue pump better?"),
        ("the green one", "the green one"),
        ("which one", "which one"),
    ],
)
def test_one_stands_for_what_was_talked_about(message: str, meant: str) -> None:
    """After a red pump "the blue one" is a blue pump, where there is one."""
    names: dict[tuple[str, ...], str] = {("red", "pump"): "Red pump", ("blue", "pump"): "Blue pump"}
    shared = Lexicon({}, 1, frozenset(), (), names, "Red pump")
    assert completed(message, "Red pump", shared) == meant
    assert completed(message, "", shared) == message
