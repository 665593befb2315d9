"""Pure: which article somebody means who describes its subject and does not know its name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Descriptions"]

_ALIKE = 0.5
"""Cosine from which a question is taken for a description."""
_LEAD = 0.04
"""By how much it must be nearer to it than to one of another article. Both chosen on the dev half."""


@dataclass(frozen=True)
class Descriptions:
    """What people say who do not know a name."""

    told: Sequence[tuple[str, str]]
    """The displayed name of the article of each description, and the description."""
    vectors: NDArray[np.float32]
    """Their unit vectors, shape (descriptions, dimension)."""

    def meant(self, question: NDArray[np.float32]) -> tuple[str, str, float] | None:
        """What a question (its unit vector) describes: the name, the description that is nearest to it, and how near.

        None where none is near, or those of two articles are.
        """
        alike = self.vectors @ question
        best = int(alike.argmax())
        name, description = self.told[best]
        others = [near for near, (other, _) in zip(alike.tolist(), self.told, strict=True) if other != name]
        clear = alike[best] - max(others, default=-1.0) >= _LEAD
        return (name, description, float(alike[best])) if alike[best] >= _ALIKE and clear else None
