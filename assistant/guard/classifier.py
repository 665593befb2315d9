"""Pure: which level a message most likely has, from the meaning of its windows and from the signs found in it.

Two linear models, learned by `python -m eval fit-guard` and kept as plain JSON: categories from the vector of a window
(softmax regression), and levels from what the first says of all windows together with the signs.
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
    """Both models. `weights` has the shape (categories, dimension), `fused` (outcomes, features)."""

    categories: tuple[str, ...]
    outcome_of: tuple[int, ...]
    """For each category the place of its outcome in OUTCOMES."""
    weights: Vector
    bias: Vector
    fused: Vector
    fused_bias: Vector

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Classifier:
        """Read the form of `classifier.json`. Raises KeyError or ValueError when something is missing or misshapen."""
        names = tuple(raw["categories"])
        return cls(
            categories=names,
            outcome_of=tuple(OUTCOMES.index(raw["outcome"][name]) for name in names),
            weights=np.array([raw["weights"][name] for name in names], np.float32),
            bias=np.array([raw["bias"][name] for name in names], np.float32),
            fused=np.array([raw["fused"][outcome] for outcome in OUTCOMES], np.float32),
            fused_bias=np.array([raw["fused_bias"][outcome] for outcome in OUTCOMES], np.float32),
        )

    def of_windows(self, vectors: Vector) -> Vector:
        """Probability of each category for each window, shape (windows, categories)."""
        return _softmax(np.einsum("nd,cd->nc", vectors, self.weights) + self.bias)

    def outcomes(self, windows: Vector, signs: Mapping[str, float]) -> Vector:
        """Probability of each outcome for a message; `windows` from `of_windows`, the whole message first."""
        row = np.array(features(windows, self.outcome_of, signs), np.float32)
        return np.asarray(_softmax((self.fused @ row + self.fused_bias)[None])[0])


def features(windows: Vector, outcome_of: Sequence[int], signs: Mapping[str, float]) -> list[float]:
    """What the second model sees: log probability of each outcome in the whole and at its peak, and the signs."""
    by_outcome = np.zeros((len(windows), len(OUTCOMES)), np.float32)
    np.add.at(by_outcome.T, list(outcome_of), windows.T)
    logs = np.log(np.maximum(by_outcome, _SMALLEST))
    return [*logs[0].tolist(), *logs.max(axis=0).tolist(), *signs.values()]


def _softmax(scores: Vector) -> Vector:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
