"""What only denies is taken out, and nothing else: no answer, no feeling that is gone, no question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.guard.guard import Guard
from assistant.guard.policy import load_languages, load_policy

GUARD = Guard(load_policy(), load_languages(), None, lambda word: False)
DENIALS = (
    "I have no fever.", "No numbness at all.", "My chest is fine, no pain there.", "I did not fall.", "not pregnant",
    "I haven't had any accidents or falls", "my bladder and bowels are working normally",
    "There's no weakness in my legs.",
    "No weight loss, no night sweats", "I'm not dizzy.", "no trouble peeing", "my legs aren't numb", "it doesnt hurt.",
    "NO CHEST PAIN!", "Nothing wrong with the waterworks.", "I pee and poo like normal.",
    "both feet feel the same as ever", "No lumps, no redness.", "no serious illness that I know of",
    "Everything works normally down there.", "No fevers these days",
    "My temperature was normal this morning.",
)  # fmt: skip
ALARMING = (
    "no, my chest hurts", "no my legs are numb", "no feeling in my legs", "I have no feeling or pain below the waist",
    "not peeing", "no pain but not peeing", "no pulse", "no fever, I have chest pain", "my chest is not fine",
    "I'm not ok", "my pain feels like always", "the numbness is the same as ever", "my leg doesn't feel like normal",
    "nothing feels the same as ever", "I can't pee like normal", "I don't sleep well", "nothing works down there",
    "nope - chest pain", "my breathing is not normal", "is my chest fine?", "I don't want to live",
)  # fmt: skip


def taken_out(text: str) -> str:
    """Take out what only denies."""
    return GUARD.denials.taken_out(text)


@pytest.mark.parametrize("denial", DENIALS)
def test_what_only_denies_is_taken_out(denial: str) -> None:
    """Alone, before a message and behind one."""
    assert taken_out(denial) == ""
    assert taken_out(f"How many rows? {denial}") == "How many rows?"
    assert taken_out(f"{denial.rstrip('.!')}. How many rows?") == "How many rows?"


@pytest.mark.parametrize("said", ALARMING)
def test_what_may_alarm_is_left(said: str) -> None:
    """A no that answers, what is gone, what is denied of being well."""
    assert taken_out(said) == said


@pytest.mark.parametrize("said", ["no way to lie that doesn't hurt", "3 weeks and no position that isnt painful"])
def test_only_a_whole_sentence_denies_a_state(said: str) -> None:
    """At the end of another it belongs to what stands before."""
    assert taken_out(said) == said


def test_a_denial_without_a_mark_before_it_is_taken_out_too() -> None:
    """And where more follows, the sentence keeps its end."""
    assert taken_out("how many rows not pregnant") == "how many rows"
    assert taken_out("69, no injury. Which row?") == "69,. Which row?"


@given(st.text(st.sampled_from("no fever.,!?;:\n…5-'"), max_size=60), st.sampled_from(DENIALS))
def test_taking_out_leaves_the_rest_as_it_is(text: str, denial: str) -> None:
    """What is left was there, in its order, and taking out again changes nothing that a denial added."""
    left = taken_out(text)
    assert len(left) <= len(text)
    assert set(left) <= set(text)
    assert taken_out(f"{text.strip()}. {denial}".strip()) == taken_out(f"{text.strip()}.")
