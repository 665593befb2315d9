"""RIM: vectors of example questions and of the articles' descriptions, made once for a model and kept in the cache."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .embedding import Encoder, ModelFiles

__all__ = ["example_vectors"]

_BATCH = 64


def example_vectors(questions: Sequence[str], model: ModelFiles, cache: Path, encoder: Encoder) -> NDArray[np.float32]:
    """Unit vectors of questions, shape (questions, dimension): read from the cache, or encoded and kept there.

    A cache that cannot be written costs only the time to encode again.
    """
    key = hashlib.sha256(json.dumps([model.identity, *questions]).encode()).hexdigest()[:16]
    path = cache / "models" / f"examples-{key}.npy"
    with suppress(OSError, ValueError):
        kept = np.asarray(np.load(path), dtype=np.float32)
        if len(kept) == len(questions):
            return kept
    order = sorted(range(len(questions)), key=lambda i: (len(questions[i]), questions[i]))  # alike lengths pad little
    rows = [
        encoder.encode([questions[i] for i in order[first : first + _BATCH]]) for first in range(0, len(order), _BATCH)
    ]
    vectors = np.empty((len(questions), rows[0].shape[1]), np.float32)
    vectors[order] = np.concatenate(rows)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".npy")
        with os.fdopen(handle, "wb") as stream:
            np.save(stream, vectors)
        os.replace(name, path)
    return vectors
