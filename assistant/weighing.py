"""What the hits on a shelf say to a question: spans with what speaks for them, and how surely they answer it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from importlib import resources

from .evidence import Candidate, EvidenceModel, candidates, leaning
from .index import Index
from .meaning import FacetMeanings, Vector
from .retriever import on_subject
from .shelf import Shelf
from .types import Hit, Interpretation, Level
from .vocabulary import Vocabulary

__all__ = ["Weighing", "nearest"]


class Weighing:
    """The learned weights, applied to one corpus.

    Attributes:
        spans: unit vectors of each passage's spans by passage id, shape (spans, dimension).

    """

    def __init__(self, index: Index, vocabulary: Vocabulary, facets: FacetMeanings) -> None:
        self.spans: Mapping[str, Vector] = {
            passage.id: vectors for passage, vectors in zip(index.passages, index.spans, strict=True)
        }
        self._vocabulary = vocabulary
        self._facets = facets
        self._model = EvidenceModel.from_dict(
            json.loads(resources.files("assistant.data").joinpath("evidence.json").read_text())
        )

    def candidates(
        self, part: Interpretation, vector: Vector, aimed: Vector, hits: Sequence[Hit], shelf: Shelf
    ) -> list[Candidate]:
        """Every span of the hits that are about the part's subject, with what speaks for it."""
        near = on_subject(hits, part.names or (shelf.lexicon.main,), shelf.lexicon)
        about = (shelf.concepts, self._vocabulary, shelf.lexicon, self._facets)
        return candidates(part, vector, aimed, near, self.spans, *about)

    def rank(self, found: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
        """Candidates by score, best first."""
        return self._model.rank(found)

    def confidence(
        self,
        asked: Interpretation,
        ranked: Sequence[tuple[float, Candidate]],
        shelf: Shelf,
        level: Level,
        in_scope: bool,
    ) -> float:
        """How surely the best candidates answer, as log odds above the threshold: covered from 0 on."""
        sure = self._model.coverage(asked, ranked, shelf.concepts) - self._model.threshold
        if level == "OFF_TOPIC" and set(asked.names) & shelf.lexicon.titles:
            return sure  # what an article is about is no other topic
        return sure + leaning(level, in_scope)


def nearest(ranked: Sequence[tuple[float, Candidate]]) -> float:
    """The highest cosine among the candidates' passages; minus infinity without any."""
    return max((candidate.hit.similarity for _, candidate in ranked), default=-math.inf)
