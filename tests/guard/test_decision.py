"""What is done about a message, by the chance of each outcome and the signs found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.guard.classifier import CRISIS, OUTCOMES
from assistant.guard.guard import _decide

if TYPE_CHECKING:
    from assistant.chain import Assistant


@pytest.mark.parametrize(
    ("chances", "signed", "outcome"),
    [
        ({"GENERAL": 0.9, "EMERGENCY": 0.06, "URGENT": 0.04}, {"EMERGENCY"}, "EMERGENCY"),
        ({"GENERAL": 0.9, "EMERGENCY": 0.06, "URGENT": 0.04}, {"CAUTION"}, "GENERAL"),
        ({"GENERAL": 0.6, "EMERGENCY": 0.1, "URGENT": 0.3}, set(), "URGENT"),
        ({"GENERAL": 0.8, CRISIS: 0.2}, {CRISIS}, CRISIS),
        ({"GENERAL": 0.85, CRISIS: 0.15}, set(), "GENERAL"),
        ({"GENERAL": 0.75, CRISIS: 0.25}, set(), CRISIS),
        ({"URGENT": 0.75, CRISIS: 0.25}, set(), "URGENT"),
        ({"URGENT": 0.75, CRISIS: 0.25}, {CRISIS}, CRISIS),
        ({"EMERGENCY": 0.6, CRISIS: 0.4}, set(), CRISIS),
        ({"GENERAL": 0.3, "OFF_TOPIC": 0.7}, set(), "GENERAL"),
        ({"GENERAL": 0.1, "OFF_TOPIC": 0.9}, set(), "OFF_TOPIC"),
    ],
)
def test_an_alarm_needs_less_and_a_refusal_more_than_to_be_likeliest(
    chances: dict[str, float], signed: set[str], outcome: str
) -> None:
    """A miss costs more than a needless alarm, most of all beside a sign; a refusal is a nuisance."""
    assert _decide({**dict.fromkeys(OUTCOMES, 0.0), **chances}, frozenset(signed), short=True) == outcome


def test_a_long_message_needs_more_beside_a_sign() -> None:
    """Of few words a sign is most of what is said; a story holds many words that may look like one."""
    chances = {**dict.fromkeys(OUTCOMES, 0.0), "GENERAL": 0.92, "EMERGENCY": 0.08}
    assert _decide(chances, frozenset({"EMERGENCY"}), short=True) == "EMERGENCY"
    assert _decide(chances, frozenset({"EMERGENCY"}), short=False) == "GENERAL"


@pytest.mark.model
def test_a_sign_of_an_emergency_outweighs_a_harmless_look(assistant: Assistant) -> None:
    """Few words that look like a question of technique, with a sign in them."""
    assert assistant.ask("legs wont work since i put the bar down").verdict.level == "EMERGENCY"
