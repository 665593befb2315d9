"""How a message is read: clauses, mended words, signs, and what makes a sign worthless; on made-up classes."""

from __future__ import annotations

import doctest
import importlib

import pytest

from assistant.guard.concepts import Sign, make_lexicon
from assistant.guard.message import Speller, clauses, plain
from assistant.guard.reading import Reading, by_class, read
from assistant.guard.scope import make_cues

WORDS = ("numb", "tingle", "saddle", "grip", "spoke", "bleeding", "wobbly")
LEXICON = make_lexicon(
    {
        "numb": ["numb", "cant feel", "no feeling"],
        "seat": ["saddle", "seat"],
        "grip": ["grip"],
        "long": ["/\\b\\d+ weeks\\b/"],
        "wobble": ["wobbly"],
    }
)
SIGNS = (
    Sign("seat_numb", ("numb", "seat")),
    Sign("long_wobble", ("wobble",), together=("long",)),
    Sign("grip_numb", ("numb", "grip"), unless=("seat",)),
)
CUES = make_cues(
    {
        "masked": ["mind numbing", "saddle sore"],
        "negation": ["no", "not", "isnt", "never"],
        "negation_after": ["is fine"],
        "pseudo_negation": ["not only", "no feeling", "not normal"],
        "termination": ["except"],
        "hypothetical": ["what if"],
        "abstract": ["signs of"],
        "resolved": ["years ago"],
        "recent": ["again"],
        "cleared": ["been checked"],
        "seen": ["mechanic said"],
        "well": ["normal", "runs smoothly"],
        "corrected": ["i meant"],
    }
)


def reading(text: str, said: frozenset[str] = frozenset()) -> Reading:
    """Read a message; every short word is good English."""
    speller = Speller(WORDS, lambda word: len(word) < 5)
    return read(clauses(text, speller), LEXICON, by_class(SIGNS), CUES, said)


@pytest.mark.parametrize(
    "text",
    [
        "My seat is numb",
        "numb all around the saddle!!",
        "I can't feel the seat",
        "I can not feel the seat",
        "no feeling in the saddle",
        "NUMB SADDLE",
        "went numb on the saddel",
        "it is not only numb, the seat is too",
        "never had this, except now the seat is numb",
        "years ago it was the grip, and the seat is numb again",
    ],
)
def test_a_live_sign_is_found(text: str) -> None:
    """In any case and order, misspelt, behind what only looks like a negation, and current after all."""
    assert "seat_numb" in reading(text).live


@pytest.mark.parametrize(
    "text",
    [
        "my seat is not numb",
        "no numb seat",
        "numbness at the seat is fine",
        "what if my seat goes numb",
        "what are the signs of a numb seat",
        "the seat was numb years ago",
    ],
)
def test_a_denied_or_supposed_sign_is_hidden(text: str) -> None:
    """It is known to stand there, and does not count."""
    found = reading(text)
    assert "seat_numb" not in found.live
    assert "seat_numb" in found.hidden


@pytest.mark.parametrize("text", ["a mind numbing seat", "numb from being saddle sore"])
def test_a_name_or_a_figure_of_speech_is_no_sign(text: str) -> None:
    """It is taken out first: it speaks neither for an alarm nor against one."""
    found = reading(text)
    assert "seat_numb" not in found.live | found.hidden


@pytest.mark.parametrize("text", ["My hand is numb. The seat is new.", "numb hand but the seat is new", "the seat"])
def test_classes_of_two_clauses_make_no_sign(text: str) -> None:
    """Neither across a full stop nor across a "but"."""
    found = reading(text)
    assert not found.live | found.hidden


def test_a_sign_may_need_something_said_elsewhere() -> None:
    """In the same message, or in an earlier one."""
    assert "long_wobble" not in reading("the wheel is wobbly").live
    assert "long_wobble" in reading("the wheel is wobbly. It has been 6 weeks").live
    earlier = reading("It has been 6 weeks").classes
    assert "long_wobble" in reading("the wheel is wobbly", earlier).live


def test_a_sign_may_be_ruled_out_by_its_clause() -> None:
    """What explains it harmlessly stands beside it."""
    assert "grip_numb" in reading("numb from the grip").live
    assert "grip_numb" not in reading("numb from the grip and the seat").live


def test_statements_about_the_report_itself() -> None:
    """That somebody looked at it, and that it was a misunderstanding."""
    assert reading("it has been checked").cleared
    assert reading("i meant the tyre").corrected
    assert not reading("the tyre").cleared
    assert not reading("it has never been checked").cleared
    assert reading("the mechanic said something. it runs smoothly").cleared
    assert not reading("the mechanic said something").cleared
    assert not reading("the mechanic said it is not normal").cleared
    assert not reading("it runs smoothly").cleared


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("saddel", "saddle"), ("sadle", "saddle"), ("bleding", "bleeding"), ("bleedign", "bleeding"), ("spok", "spok"),
     ("saddle", "saddle"), ("paddles", "paddles"), ("1234567", "1234567")],
)  # fmt: skip
def test_misspelt_words_are_mended_from_five_letters_on(typed: str, meant: str) -> None:
    """One slip, an exchange of neighbours included; short words and numbers stay."""
    assert Speller(WORDS, lambda word: False).mend(typed) == meant


def test_good_english_is_not_mended() -> None:
    """A word that is one stays, however near it lies."""
    assert Speller(WORDS, lambda word: word == "paddle").mend("paddle") == "paddle"


def test_a_number_is_not_cut() -> None:
    """A decimal point ends no clause."""
    found = clauses("It is 39.6 now. Rest", Speller((), lambda word: True))
    assert [clause.text for clause in found] == ["it is 39.6 now", "rest"]


@pytest.mark.parametrize("text", ["", "...", "🙂", "\x00", "'", "\u202e", "a" * 5000, "!" * 5000])
def test_any_text_can_be_read(text: str) -> None:
    """Nothing that can be typed breaks the reading."""
    assert not reading(text).live


def test_letters_do_not_repeat_three_times() -> None:
    """Stretched words are the words themselves."""
    assert plain("nuuuuumb") == "nuumb"


def test_a_cue_of_no_kind_is_an_error() -> None:
    """A misspelt key of the data would otherwise do nothing."""
    with pytest.raises(ValueError, match="no kind of cue 'negatoin'"):
        make_cues({"negatoin": ["no"]})


@pytest.mark.parametrize("module", ["message", "concepts"])
def test_examples_in_docstrings_hold(module: str) -> None:
    """Every example gives what it says."""
    result = doctest.testmod(importlib.import_module(f"assistant.guard.{module}"))
    assert result.attempted > 0
    assert result.failed == 0
