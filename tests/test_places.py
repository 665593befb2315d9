"""Which place is asked for: a step of a list, or one of the things that were talked about."""

from __future__ import annotations

import pytest

from assistant.places import ordinal_of, returning_to, step_of
from assistant.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()


@pytest.mark.parametrize(
    ("message", "ordinal", "step", "back"),
    [
        ("the third step?", 3, 3, None),
        ("back to step 1, which hand?", 1, 1, None),
        ("back to the first step", 1, 1, None),
        ("back to the first one, how often?", 1, None, 1),
        ("go back to the second please", None, None, 2),
        ("that last one, how long?", -1, None, None),
        ("what's the last one?", -1, -1, None),
        ("the second of those, is it safe?", 2, 2, None),
        ("sore since the first of this month", None, None, None),
        ("what's the first step to get back to riding", 1, 1, None),
    ],
)
def test_a_place_is_a_step_unless_it_tells_the_thing(
    message: str, ordinal: int | None, step: int | None, back: int | None
) -> None:
    """What goes back to a thing, or means the last one told, asks for no step."""
    found = (ordinal_of(message, VOCABULARY), step_of(message, VOCABULARY), returning_to(message, VOCABULARY))
    assert found == (ordinal, step, back)


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ("what's number 2?", 2),
        ("sorry, number 3", 3),
        ("step 4 please", 4),
        ("what's the number one mistake?", None),
        ("the number 10 on the pump", None),
        ("number 20000", None),
    ],
)
def test_a_number_at_the_end_is_a_place(message: str, place: int | None) -> None:
    """In the middle of a sentence it is a rank, a label or a count."""
    assert ordinal_of(message, VOCABULARY) == place
