"""Pure: hits -> the spans that answer, and whether there is evidence at all."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from .lexicon import Lexicon
from .meaning import OFF_TOPIC, Concepts, FacetMeanings, Term, Vector
from .question import opens_unclear
from .text import fold, phrase_pattern, stems
from .types import Hit, Interpretation, Level, Passage, Span
from .vocabulary import Vocabulary

__all__ = [
    "COVERAGE_FEATURES",
    "SPAN_FEATURES",
    "Candidate",
    "EvidenceModel",
    "candidates",
    "coverage_features",
    "leaning",
]

SPAN_FEATURES = (
    "span_similarity",
    "aimed_similarity",
    "aimed_gap",
    "passage_similarity",
    "best_sibling",
    "terms_in_span",
    "terms_in_passage",
    "heading_terms",
    "keyword_share",
    "facet_meaning",
    "facet_cue",
    "facet_agreement",
    "facet_unknown",
    "kind_in_span",
    "kind_absent",
    "name_match",
    "name_clash",
    "teaser",
    "list_item",
    "howto_list",
    "opens_passage",
    "length",
    "pronoun",
)
COVERAGE_FEATURES = (
    "best_score",
    "best_similarity",
    "best_aimed",
    "best_terms",
    "passage_terms",
    "unknown_terms",
    "unknown_share",
    "kind_absent",
    "facet_known",
    "terms",
    "margin",
    "remote",
    "very_remote",
    "remote_unknown",
    "off_topic",
    "off_topic_remote",
    "beyond",
    "beyond_told",
    "unknown_short",
    "nothing_known",
    "specific_told",
    "specific_elsewhere",
    "specific_missing",
    "kind_met",
    "kind_apart",
    "alternatives_told",
    "alternatives_missing",
)

_SHORT_QUESTION = 9
_STRANGE = 2.5
"""Log odds of being covered that a question has to have besides when it is off the policy's topic: more than any such
question of the dev half has (1.8), and little more, for the guard may misread a misspelt one."""
_ELSEWHERE = 0.75
"""Log odds given to articles about something else: the weights were learned on the policy's topic, and what is about
another looks uncovered to them. Chosen on the dev half's cases about such articles."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer, with its features (order of SPAN_FEATURES)."""

    hit: Hit
    span: Span
    features: tuple[float, ...]
    beyond: float = 0.0
    """How much the span speaks of the very aspect, beyond the usual facets, that is asked for."""


def _share(terms: Sequence[Term], text: frozenset[str | int]) -> float:
    total = sum(weight for _, weight, _ in terms)
    return sum(weight for wanted, weight, _ in terms if wanted & text) / total if total else 0.0


def candidates(
    asked: Interpretation,
    question: Vector,
    aimed: Vector,
    hits: Sequence[Hit],
    spans: Mapping[str, Vector],
    concepts: Concepts,
    vocabulary: Vocabulary,
    lexicon: Lexicon,
    facets: FacetMeanings,
) -> list[Candidate]:
    """Every span of the hits with its features.

    Args:
        asked: what is asked.
        question: unit vector of the question, shape (dimension,).
        aimed: unit vector that its answer would have, shape (dimension,).
        hits: retrieved passages, best first.
        spans: unit vectors of each passage's spans by passage id, shape (spans, dimension).
        concepts: term matching for this corpus.
        vocabulary: cues, answer kinds and teasers.
        lexicon: the corpus's words and names.
        facets: tells by meaning which facets a span serves.
    """
    terms = concepts.of_question(asked)
    kinds = [
        re.compile("|".join(kind.evidence), re.IGNORECASE)
        for kind in vocabulary.answer_kinds
        if kind.name in asked.wants
    ]
    best_keyword = max((hit.keyword_score for hit in hits), default=0.0) or 1.0
    vectors = (
        np.concatenate([spans[hit.passage.id] for hit in hits]) if hits else np.zeros((0, len(question)), np.float32)
    )
    similarities = (vectors @ question).tolist()
    nearness = (vectors @ aimed).tolist()
    nearest = max(nearness, default=0.0)
    served = [facets.of_passage(hit.passage.id, spans[hit.passage.id]) for hit in hits] or [
        np.zeros((0, len(facets.facets)), np.float32)
    ]
    shares = np.concatenate(served)
    agreements = (shares @ facets.as_vector(asked.facet_meaning)).tolist()
    aspects = (
        shares
        @ facets.as_vector({name: share for name, share in asked.facet_meaning.items() if name in concepts.aspects})
    ).tolist()
    result: list[Candidate] = []
    for hit in hits:
        passage, first = hit.passage, len(result)
        own = similarities[first : first + len(passage.spans)]
        heading = concepts.of_text(" ".join(passage.heading))
        match, clash = _name_features(passage, asked, lexicon)
        shared = (
            hit.similarity,
            max(own),
            _share(terms, heading | concepts.of_text(passage.text)),
            _share(terms, heading),
            hit.keyword_score / best_keyword,
            asked.facet_meaning.get(passage.facet or "", 0.0),
            float(passage.facet in asked.facets[:2]),
            float(passage.facet is None),
            match,
            clash,
        )
        for position, span in enumerate(passage.spans):
            near = nearness[first + position]
            told = (own[position], near, near - nearest, agreements[first + position])
            features = _span_features(span, position, told, shared, terms, kinds, asked, concepts, vocabulary)
            result.append(Candidate(hit, span, features, aspects[first + position]))
    return result


def _span_features(
    span: Span,
    position: int,
    told: tuple[float, float, float, float],
    shared: tuple[float, ...],
    terms: Sequence[Term],
    kinds: Sequence[re.Pattern[str]],
    asked: Interpretation,
    concepts: Concepts,
    vocabulary: Vocabulary,
) -> tuple[float, ...]:
    passage_similarity, sibling, in_passage, in_heading, keyword, meaning, cue, no_facet, match, clash = shared
    similarity, near, gap, agreement = told
    has_kind = any(kind.search(span.text) for kind in kinds) and (
        asked.focus is None or bool(concepts.of_word(asked.focus) & concepts.of_text(span.text))
    )
    return (
        similarity,
        near,
        gap,
        passage_similarity,
        sibling,
        _share(terms, concepts.of_text(span.text)),
        in_passage,
        in_heading,
        keyword,
        meaning,
        cue,
        agreement,
        no_facet,
        float(has_kind),
        float(bool(kinds) and not has_kind),
        match,
        clash,
        float(_is_teaser(span.text, vocabulary.teasers)),
        float(span.kind != "sentence"),
        float(span.kind == "step") * asked.facet_meaning.get("technique", 0.0),
        float(position == 0),
        min(len(span.text.split()), 40) / 40,
        float(position > 0 and opens_unclear(span.text, vocabulary.unclear_openings)),
    )


def _name_features(passage: Passage, asked: Interpretation, lexicon: Lexicon) -> tuple[float, float]:
    """Whether a passage is about what is asked for by name, and whether it is about something else."""
    titles, inner = lexicon.titles, lexicon.names_in_headings(passage.heading, passage.title)
    wanted_articles, wanted = set(asked.names) & titles, set(asked.names) - titles
    if passage.title in lexicon.topics:
        return (0.0, 0.0)
    if inner:
        return (1.0, 0.0) if inner & set(asked.names) else (0.0, 1.0)
    if wanted_articles and len(titles) > 1:
        return (1.0, 0.0) if passage.title in wanted_articles else (0.0, 1.0)
    told = set(stems(passage.text)) if wanted else set()
    return (0.5, 0.0) if any(set(stems(name)) <= told for name in wanted) else (0.0, 0.5 * bool(wanted))


@lru_cache(maxsize=20000)
def _is_teaser(text: str, teasers: tuple[str, ...]) -> bool:
    folded = fold(text)
    return any(phrase_pattern(phrase).search(folded) for phrase in teasers)


def _apart(asked: Interpretation, best: Sequence[Candidate], concepts: Concepts) -> float:
    """How much of a question the passages lack that have its kind of answer: a number, but of something else."""
    kind = SPAN_FEATURES.index("kind_in_span")
    passages = [candidate.hit.passage for candidate in best if candidate.features[kind]]
    terms = concepts.beside_kind(asked) if passages else []
    if not terms:
        return 0.0
    texts = (concepts.of_text(f"{' '.join(passage.heading)} {passage.text}") for passage in passages)
    return 1 - max(_share(terms, text) for text in texts)


def leaning(level: Level, in_scope: bool) -> float:
    """What is added to the log odds of being covered, for a verdict and articles on the policy's topic or not."""
    if not in_scope:
        return _ELSEWHERE
    return -_STRANGE if level == "OFF_TOPIC" else 0.0


def coverage_features(
    asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts
) -> tuple[float, ...]:
    """What tells whether the best candidates answer the question (order of COVERAGE_FEATURES)."""
    terms = concepts.of_question(asked)
    unknown = [weight for _, weight, known in terms if not known]
    total = sum(weight for _, weight, _ in terms) or 1.0
    top = [candidate.features for _, candidate in ranked[:3]] or [tuple(0.0 for _ in SPAN_FEATURES)]
    name = {feature: index for index, feature in enumerate(SPAN_FEATURES)}
    scores = [score for score, _ in ranked[:5]] or [0.0]
    nearest = max((c.hit.similarity for _, c in ranked), default=0.0)
    elsewhere = asked.facet_meaning.get(OFF_TOPIC, 0.0)
    beyond = sum(share for aspect, share in asked.facet_meaning.items() if aspect in concepts.aspects)
    specific = concepts.specific(asked)
    either = concepts.alternatives(asked.question)
    everything: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.hit.passage.text) for _, c in ranked))
    if asked.claim:  # a wrong claim has words of its own
        specific = [wanted for wanted in specific if wanted & everything]
    nearby: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.span.text) for _, c in ranked[:3]))
    return (
        scores[0],
        max(f[name["span_similarity"]] for f in top),
        max(f[name["aimed_similarity"]] for f in top),
        max(f[name["terms_in_span"]] for f in top),
        max(f[name["terms_in_passage"]] for f in top),
        float(len(unknown)),
        sum(unknown) / total,
        float(all(f[name["kind_absent"]] for f in top)),
        float(bool(asked.facets)),
        float(min(len(terms), 6)),
        scores[0] - scores[-1],
        max(0.0, 0.3 - nearest),
        max(0.0, 0.15 - nearest),
        max(0.0, 0.3 - nearest) * sum(unknown) / total,
        elsewhere,
        elsewhere * max(0.0, 0.5 - nearest),
        beyond,
        beyond * max(c.beyond for _, c in ranked[:3]) if ranked else 0.0,
        sum(unknown) / total * float(len(asked.question.split()) <= _SHORT_QUESTION),
        float(bool(terms) and len(unknown) == len(terms)),
        float(sum(bool(wanted & nearby) for wanted in specific)),
        float(sum(not wanted & nearby and bool(wanted & everything) for wanted in specific)),
        float(sum(not wanted & everything for wanted in specific)),
        float(any(f[name["kind_in_span"]] for f in top)),
        _apart(asked, [c for _, c in ranked[:3]], concepts),
        float(any(wanted & nearby for wanted in either)),
        float(bool(either) and not any(wanted & nearby for wanted in either)),
    )


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
