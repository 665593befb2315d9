"""Pure: hits -> their spans, with what speaks for each of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from .cues import opens_unclear
from .lexicon import Lexicon
from .meaning import Concepts, FacetMeanings, Term, Vector
from .text import fold, says_any, stems
from .types import Hit, Interpretation, Passage, Span
from .vocabulary import Vocabulary

__all__ = ["SPAN_FEATURES", "Candidate", "candidates", "share"]

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


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer, with its features (order of SPAN_FEATURES)."""

    hit: Hit
    span: Span
    features: tuple[float, ...]
    beyond: float = 0.0
    """How much the span speaks of the very aspect, beyond the usual facets, that is asked for."""


def share(terms: Sequence[Term], text: frozenset[str | int]) -> float:
    """The part of the weight of some terms that a text has."""
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
            share(terms, heading | concepts.of_text(passage.text)),
            share(terms, heading),
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
        share(terms, concepts.of_text(span.text)),
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
    return says_any(fold(text), teasers)
