"""Pure: bootstrap intervals. Always the same seed: two runs over the same scores give the same interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .types import Interval

__all__ = ["NOTHING", "median_interval", "paired_difference", "share", "spread", "weights"]

ROUNDS = 1000
"""Resamples; Efron and Tibshirani 1993, ch. 13, ask for a thousand at least."""
_SEED = 20260101
_LEVEL = (2.5, 97.5)
NOTHING = Interval(math.nan, math.nan, math.nan, 0)
Values = NDArray[np.float64]


@lru_cache(maxsize=256)
def weights(size: int) -> Values:
    """How often each of `size` cases is drawn in each resample, shape (ROUNDS, size); rows sum to `size`."""
    generator = np.random.default_rng(_SEED)
    return generator.multinomial(size, np.full(size, 1 / size), ROUNDS).astype(np.float64)


def spread(value: float, resampled: Values, count: int) -> Interval:
    """Percentile interval (Efron 1979, "Bootstrap methods") of a figure from its values in the resamples."""
    usable = resampled[np.isfinite(resampled)]
    low, high = np.percentile(usable, _LEVEL) if len(usable) else (math.nan, math.nan)
    return Interval(float(value), float(low), float(high), count)


def share(parts: Sequence[float], wholes: Sequence[float] | None = None) -> Interval:
    """Sum of `parts` over sum of `wholes` (1 each when left out), cases resampled as wholes.

    >>> share([1, 0, 1, 1]).value
    0.75
    >>> share([1, 2], [2, 4]).value
    0.5
    """
    over = np.ones(len(parts)) if wholes is None else np.asarray(wholes, np.float64)
    if not len(parts) or not over.sum():
        return NOTHING
    numerators = np.asarray(parts, np.float64)
    drawn = weights(len(parts))
    with np.errstate(invalid="ignore", divide="ignore"):
        resampled = (drawn @ numerators) / (drawn @ over)
    return spread(numerators.sum() / over.sum(), resampled, len(parts))


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> Interval:
    """Mean of ours less mean of theirs over the same cases, resampled together."""
    return share([a - b for a, b in zip(ours, theirs, strict=True)])


def median_interval(values: Sequence[float]) -> Interval:
    """The lower median with its interval.

    >>> median_interval([3, 1, 2, 9]).value
    2.0
    """
    if not values:
        return NOTHING
    order = np.sort(np.asarray(values, np.float64))
    reached = np.cumsum(weights(len(order)), axis=1) >= len(order) / 2
    middle = float(order[math.ceil(len(order) / 2) - 1])
    return spread(middle, order[np.argmax(reached, axis=1)], len(order))
