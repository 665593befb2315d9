"""What the hits on a shelf say to a question: spans with what speaks for them, and how surely they answer it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import resources
from typing import Any

import numpy as np

from .coverage import COVERAGE_FEATURES, coverage_features, leaning
from .evidence import SPAN_FEATURES, Candidate, candidates
from .index import Index
from .meaning import Concepts, FacetMeanings, Vector
from .retriever import on_subject
from .selection import MARGIN, wants_whole_list
from .shelf import Shelf
from .text import fold, says_any
from .types import Hit, Interpretation, Level
from .vocabulary import Facet, Vocabulary

__all__ = ["EvidenceModel", "Weighing", "nearest"]

_NAME_CLASH = SPAN_FEATURES.index("name_clash")
_WHOLE = 1.0
"""Log odds above the threshold of a question that asks for nothing but the steps of what has some: "X technique"."""
_AGAIN = -1.0
"""The same, at most, of a follow-up whose answer would be what was told before it, or where nothing tells it."""
_NAMED = 0.5
"""The same of one that says nothing but names that the articles have: "X?", "X vs Y"."""


@dataclass(frozen=True)
class EvidenceModel:
    """Two linear models learned from the dev cases (`python -m eval fit`): which span answers, and whether any does.

    Weights apply to standardised features, `(value - mean) / scale`.
    """

    span_mean: Vector
    span_scale: Vector
    span_weights: Vector
    coverage_mean: Vector
    coverage_scale: Vector
    coverage_weights: Vector
    coverage_bias: float
    threshold: float

    @classmethod
    def from_dict(cls, raw: Mapping[str, Mapping[str, Any]]) -> EvidenceModel:
        """Read the form of `evidence.json`. Raises KeyError for a missing feature."""

        def row(part: str, of: str, names: Sequence[str]) -> Vector:
            return np.array([raw[of][part][name] for name in names], np.float32)

        return cls(
            span_mean=row("mean", "span", SPAN_FEATURES),
            span_scale=row("scale", "span", SPAN_FEATURES),
            span_weights=row("weights", "span", SPAN_FEATURES),
            coverage_mean=row("mean", "coverage", COVERAGE_FEATURES),
            coverage_scale=row("scale", "coverage", COVERAGE_FEATURES),
            coverage_weights=row("weights", "coverage", COVERAGE_FEATURES),
            coverage_bias=float(raw["coverage"]["bias"]),
            threshold=float(raw["coverage"]["threshold"]),
        )

    def rank(self, found: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
        """Candidates by score, best first; ties by place in the text."""
        if not found:
            return []
        features = (
            np.array([candidate.features for candidate in found], np.float32) - self.span_mean
        ) / self.span_scale
        scored = zip((features @ self.span_weights).tolist(), found, strict=True)
        return sorted(scored, key=lambda pair: (-pair[0], pair[1].hit.passage.article, pair[1].span.start))

    def coverage(self, asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts) -> float:
        """How surely the best candidates answer, as log odds; at least `threshold` counts as covered."""
        features = (
            np.array(coverage_features(asked, ranked, concepts), np.float32) - self.coverage_mean
        ) / self.coverage_scale
        return float(features @ self.coverage_weights) + self.coverage_bias


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
        named = part.names or (shelf.lexicon.main,)
        near = hits if shelf.choice else on_subject(hits, named, shelf.lexicon)
        if side := self._vocabulary.side(part.question):
            near = [hit for hit in near if hit.passage.facet != side.opposite or _headed(hit, side)]
        about = (shelf.concepts, self._vocabulary, shelf.lexicon, self._facets)
        found = candidates(part, vector, aimed, near, self.spans, *about)
        return found if shelf.lexicon.main or shelf.choice else _saying(part, found, shelf.concepts)

    def rank(
        self, part: Interpretation, found: Sequence[Candidate], concepts: Concepts
    ) -> tuple[Interpretation, list[tuple[float, Candidate]]]:
        """Candidates by score, best first, and what they are to answer.

        Who asks for more gets what was not told and is nearly as good. A follow-up that adds words is not told the
        same again where something else has its words: that is asked then.
        """
        ranked = self._model.rank(found)
        if part.further:
            return part, [(s, c) for s, c in ranked if s >= ranked[0][0] - MARGIN and c.span.text not in part.heard]
        if not _told_again(part, ranked, concepts):
            return part, ranked
        new = [(score, c) for score, c in ranked if _states(c, part.added, concepts)]
        alone = " ".join([*part.names, *part.added])
        return (replace(part, question=alone), new) if new else (part, ranked)

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
        if _told_again(asked, ranked, shelf.concepts):
            sure = min(sure, _AGAIN)
        if self._untold(asked, ranked):
            sure = min(sure, _AGAIN)
        named = set(asked.names) & shelf.lexicon.titles
        if wants_whole_list(asked) and any(c.span.kind == "step" and c.hit.passage.title in named for _, c in ranked):
            sure = max(sure, _WHOLE)
        if asked.bare and not asked.wants and any(c.features[_NAME_CLASH] == 0 for _, c in ranked[:1]):
            sure = max(sure, _NAMED)
        if level == "OFF_TOPIC" and named:
            return sure  # what an article is about is no other topic
        return sure + leaning(level, in_scope)

    def _untold(self, asked: Interpretation, ranked: Sequence[tuple[float, Candidate]]) -> bool:
        """Whether one side of a thing is plainly asked for, how it is made harder, and nothing tells of it."""
        side = self._vocabulary.side(asked.question)
        if side is None or len(asked.names) > 1:  # of two things it is which has it, not how
            return False
        told = (candidate for _, candidate in ranked)
        return not any(_headed(c.hit, side) or says_any(fold(c.span.text), side.cues) for c in told)


def _headed(hit: Hit, side: Facet) -> bool:
    """Whether a passage's section is about a side of its subject, perhaps beside the other."""
    return hit.passage.facet == side.name or says_any(fold(" ".join(hit.passage.heading)), side.headings)


def _saying(asked: Interpretation, found: list[Candidate], concepts: Concepts) -> list[Candidate]:
    """Those that say the question's specific words, if any does: of all articles others speak of another thing."""
    wanted = frozenset[str | int]().union(*concepts.specific(asked))
    saying = [candidate for candidate in found if wanted & concepts.of_text(candidate.span.text)] if wanted else []
    return saying or found


def _told_again(asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts) -> bool:
    """Whether a follow-up adds words, and all that would be quoted has none of them and was quoted before."""
    near = [candidate for score, candidate in ranked if score >= ranked[0][0] - MARGIN] if asked.added else []
    return bool(near) and all(c.span.text in asked.heard and not _states(c, asked.added, concepts) for c in near)


def _states(candidate: Candidate, said: Sequence[str], concepts: Concepts) -> bool:
    """Whether a candidate or its headings have one of the words, or another for it."""
    own = concepts.of_text(f"{candidate.hit.passage.label} {candidate.span.text}")
    return any(concepts.of_word(word) & own for word in said)


def nearest(ranked: Sequence[tuple[float, Candidate]]) -> float:
    """The highest cosine among the candidates' passages; minus infinity without any."""
    return max((candidate.hit.similarity for _, candidate in ranked), default=-math.inf)
