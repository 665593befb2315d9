"""Pure: knowing when not to answer: cut-offs and the risk-coverage curve."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .intervals import NOTHING, spread, weights
from .types import Interval

__all__ = ["area_under_risk_coverage", "balanced_cutoff", "best_cutoff", "risk_coverage"]


def best_cutoff(covered: Sequence[float], uncovered: Sequence[float]) -> float:
    """The confidence that parts covered from uncovered cases best: the highest Youden index (Youden 1950).

    The index is the share of covered cases at or above the cut-off plus the share of uncovered ones below it, less
    one; of equal ones the lowest cut-off wins. Where one side has no cases only the other counts.

    >>> best_cutoff([0.6, 0.9], [0.1, 0.5])
    0.6
    """
    return balanced_cutoff([covered], [uncovered])


def balanced_cutoff(
    covered: Sequence[Sequence[float]], uncovered: Sequence[Sequence[float]], slack: float = 0.0
) -> float:
    """The same for several kinds of cases on either side, each kind counting alike, however many cases it has.

    The top of the index is flat, and where on it the highest value lies is chance: with `slack` the middle one is
    taken of all cut-offs whose index lies no further below the highest.
    """
    ours, theirs = ([np.asarray(kind, np.float64) for kind in kinds] for kinds in (covered, uncovered))
    marks = np.unique(np.concatenate([*ours, *theirs]))
    kept = np.array([[_share(kind >= mark) for kind in ours] for mark in marks]).mean(axis=1)
    declined = np.array([[_share(kind < mark) for kind in theirs] for mark in marks]).mean(axis=1)
    near = np.flatnonzero(kept + declined >= (kept + declined).max() - slack)
    return float(marks[near[len(near) // 2 if slack else 0]])


def _share(flags: np.ndarray) -> float:
    return float(flags.mean()) if len(flags) else 0.0


def risk_coverage(confidences: Sequence[float], losses: Sequence[bool]) -> list[tuple[float, float]]:
    """Points (share answered, share of those that are wrong), the surest questions answered first.

    After El-Yaniv and Wiener 2010, "On the foundations of noise-free selective classification". Questions of equal
    confidence are answered together, so that their order does not matter.

    >>> risk_coverage([0.9, 0.5, 0.5], [False, True, False])
    [(0.333, 0.0), (1.0, 0.333)]
    """
    scores, wrong = np.asarray(confidences, np.float64), np.asarray(losses, np.float64)
    return [
        (round(float((scores >= mark).mean()), 3), round(float(wrong[scores >= mark].mean()), 3))
        for mark in np.unique(scores)[::-1]
    ]


def area_under_risk_coverage(confidences: Sequence[float], losses: Sequence[bool]) -> Interval:
    """Mean risk over all shares answered (Geifman et al. 2019), lower is better; ties count with their mean loss.

    >>> area_under_risk_coverage([0.9, 0.1], [False, True]).value
    0.25
    """
    if not confidences:
        return NOTHING
    order = np.argsort(-np.asarray(confidences, np.float64), kind="stable")
    scores, wrong = np.asarray(confidences, np.float64)[order], np.asarray(losses, np.float64)[order]
    _, groups = np.unique(-scores, return_inverse=True)
    wrong = (np.bincount(groups, wrong) / np.bincount(groups))[groups]
    size = len(scores)

    def area(drawn: np.ndarray) -> np.ndarray:
        answered, missed = np.cumsum(drawn, axis=1), np.cumsum(drawn * wrong, axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            risk = np.where(answered > 0, missed / answered, 0.0)
        return np.asarray((drawn * risk).sum(axis=1) / size)

    return spread(float(area(np.ones((1, size)))[0]), area(weights(size)), size)
