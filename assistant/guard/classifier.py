"""Pure: what most likely has to be done about a message, from what the branch makes of it and the signs found in it.

A softmax regression, learned by `python -m eval fit-guard` and kept as plain JSON.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["CRISIS", "OUTCOMES", "Classifier", "features"]

CRISIS = "CRISIS"
"""The crisis route: a category of its level by name, an outcome of its own by what must be done."""
OUTCOMES = (
    "EMERGENCY", "URGENT", "CAUTION", "MEDICAL_REQUEST", "GENERAL", "OFF_TOPIC", "ABUSE_INJECTION", CRISIS,
)  # fmt: skip
_SMALLEST = 1e-4
Vector = NDArray[np.float32]


@dataclass(frozen=True)
class Classifier:
    """Fuses meaning and signs. `fused` has the shape (outcomes, features)."""

    categories: tuple[str, ...]
    """In the order of the branch's probabilities."""
    outcome_of: tuple[int, ...]
    """For each category the place of its outcome in OUTCOMES."""
    fused: Vector
    fused_bias: Vector

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Classifier:
        """Read the form of `classifier.json`. Raises KeyError or ValueError when something is missing or misshapen."""
        names = tuple(raw["categories"])
        return cls(
            categories=names,
            outcome_of=tuple(OUTCOMES.index(raw["outcome"][name]) for name in names),
            fused=np.array([raw["fused"][outcome] for outcome in OUTCOMES], np.float32),
            fused_bias=np.array([raw["fused_bias"][outcome] for outcome in OUTCOMES], np.float32),
        )

    def outcomes(self, chances: Vector, signs: Mapping[str, float]) -> Vector:
        """Probability of each outcome for a message; `chances` is the branch's probability of each category."""
        row = np.array(features(chances, self.outcome_of, signs), np.float32)
        return _softmax(self.fused @ row + self.fused_bias)


def features(chances: Vector, outcome_of: Sequence[int], signs: Mapping[str, float]) -> list[float]:
    """What the regression sees: log probability of each outcome, and the signs."""
    by_outcome = np.zeros(len(OUTCOMES), np.float32)
    np.add.at(by_outcome, list(outcome_of), chances)
    return [*np.log(np.maximum(by_outcome, _SMALLEST)).tolist(), *signs.values()]


def _softmax(scores: Vector) -> Vector:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum(), np.float32)
