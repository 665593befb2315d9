"""BM25 over the passages (bm25s), on Snowball stems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import IndexError_
from .text import stem, stems

__all__ = ["KeywordIndex"]


class KeywordIndex:
    """BM25 (Robertson and Zaragoza 2009; Lucene's variant, k1 1.5, b 0.75) over texts in a fixed order."""

    def __init__(self, engine: Any, size: int) -> None:
        self._engine = engine
        self._size = size

    @classmethod
    def build(cls, texts: Sequence[str], stop_words: frozenset[str]) -> KeywordIndex:
        """Index texts without the stop words; the rank of a text is its position in the sequence."""
        import bm25s

        stop_stems = {stem(word) for word in stop_words}
        corpus = [[token for token in stems(text) if token not in stop_stems] or ["-"] for text in texts]
        engine = bm25s.BM25(method="lucene", k1=1.5, b=0.75)
        engine.index(corpus, show_progress=False)
        return cls(engine, len(corpus))

    def save(self, folder: Path) -> None:
        """Write the index into a folder."""
        self._engine.save(str(folder), show_progress=False)

    @classmethod
    def load(cls, folder: Path, size: int) -> KeywordIndex:
        """Read an index of `size` texts. Raises IndexError_ when it cannot be read."""
        import bm25s

        try:
            engine = bm25s.BM25.load(str(folder), load_corpus=False)
            if engine.scores["num_docs"] != size:
                raise ValueError(f"it holds {engine.scores['num_docs']} texts, not {size}")
            return cls(engine, size)
        except (OSError, ValueError, KeyError, EOFError) as exc:
            raise IndexError_(
                f"the keyword index in {folder} cannot be read ({exc}); run `backchat index --rebuild`"
            ) from exc

    def scores(self, tokens: Sequence[str]) -> NDArray[np.float32]:
        """BM25 score of every text for some stems, shape (size,); zeros when no stem is known."""
        known = [
            token for token in tokens if token and token in self._engine.vocab_dict
        ]  # bm25s lists "" without a score
        if not known:
            return np.zeros(self._size, np.float32)
        return np.asarray(self._engine.get_scores(known), dtype=np.float32)
