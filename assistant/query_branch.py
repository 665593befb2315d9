"""Where an answer is sought: the vector that a question's answer would have, told by a branch of the encoder.

A question and the sentence that answers it share few words, and their vectors lie apart. The branch has copies of the
encoder's upper layers, taught to turn a question's states towards the sentences that answer it
(`python -m eval fit`); the sentences keep the vectors of the index.
"""

from __future__ import annotations

from importlib import resources

import numpy as np

from .embedding import Deep, Vectors, open_session

__all__ = ["QueryBranch"]


class QueryBranch:
    """Turns what the encoder saw of a question into the vector of its answer. Thread-safe."""

    def __init__(self, threads: int, *, taught: bool) -> None:
        """Open the graph; `taught`: whether the encoder is the one whose states it learned from."""
        graph = resources.files("assistant.data").joinpath("query.onnx")
        self._session = open_session(graph.read_bytes(), threads) if taught else None

    def vectors(self, encoded: Deep) -> Vectors:
        """Unit vectors, shape (n, dimension); the questions' own for an encoder that it was not taught with."""
        if self._session is None or not len(encoded.vectors):
            return encoded.vectors
        (found,) = self._session.run(["aimed"], {"states": encoded.states, "mask": encoded.mask})
        return np.asarray(found, np.float32)
