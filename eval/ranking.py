"""Pure: how well a search ranks. A ranking is given as relevance flags, best place first."""

from __future__ import annotations

import math
from collections.abc import Sequence

__all__ = ["ndcg_at", "recall_at", "reciprocal_rank_at"]


def recall_at(k: int, relevant: Sequence[bool], total: int) -> float:
    """Share of the `total` relevant places that are among the first k (Manning et al. 2008, ch. 8).

    >>> recall_at(2, [True, False, True], 2)
    0.5
    """
    return sum(relevant[:k]) / total


def reciprocal_rank_at(k: int, relevant: Sequence[bool]) -> float:
    """1 / rank of the first relevant place within the first k, else 0 (Voorhees 1999, TREC-8 QA track).

    >>> reciprocal_rank_at(10, [False, True, True])
    0.5
    """
    return next((1 / rank for rank, good in enumerate(relevant[:k], start=1) if good), 0.0)


def ndcg_at(k: int, relevant: Sequence[bool], total: int) -> float:
    """Normalised discounted cumulative gain with binary gains (Järvelin and Kekäläinen 2002).

    The gain of rank r is discounted by log2(r + 1); the ideal ranking has all `total` relevant places first.

    >>> ndcg_at(10, [True, False], 1)
    1.0
    """
    gained = sum(1 / math.log2(rank + 1) for rank, good in enumerate(relevant[:k], start=1) if good)
    return gained / sum(1 / math.log2(rank + 1) for rank in range(1, min(k, total) + 1))
