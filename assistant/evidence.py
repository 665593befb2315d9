"""Pure: hits -> the spans that answer, and whether there is evidence at all."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .question import Lexicon, opens_unclear
from .text import fold, phrase_pattern, stem, stems, word_count, words
from .types import Hit, Interpretation, Passage, Span
from .vocabulary import Vocabulary

__all__ = ["COVERAGE_FEATURES", "SPAN_FEATURES", "Candidate", "Concepts", "EvidenceModel", "FacetMeanings", "candidates", "coverage_features", "select"]

SPAN_FEATURES = (
    "span_similarity", "passage_similarity", "best_sibling", "terms_in_span", "terms_in_passage", "heading_terms", "keyword_share", "facet_meaning", "facet_cue",
    "facet_agreement", "facet_unknown", "kind_in_span", "kind_absent", "name_match", "name_clash", "teaser", "list_item", "howto_list", "opens_passage", "length", "pronoun",
)  # fmt: skip
COVERAGE_FEATURES = (
    "best_score", "best_similarity", "best_terms", "passage_terms", "unknown_terms", "unknown_share", "kind_absent", "kind_asked", "facet_known", "terms", "margin",
    "remote", "very_remote", "remote_unknown", "off_topic", "off_topic_remote", "beyond", "beyond_told", "unknown_short", "nothing_known", "specific_told", "specific_elsewhere", "specific_missing", "kind_met", "alternatives_told",
    "alternatives_missing",
)  # fmt: skip

OFF_TOPIC = "off_topic"
"""Name of the example questions that belong to no facet at all."""

_SHORT_QUESTION = 9

Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A span that may answer, with its features (order of SPAN_FEATURES)."""

    hit: Hit
    span: Span
    features: tuple[float, ...]
    beyond: float = 0.0
    """How much the span speaks of the very aspect, beyond the usual facets, that is asked for."""


class FacetMeanings:
    """Which facets a text serves, told by the nearness of its vector to example questions of each facet."""

    def __init__(self, names: Sequence[str], examples: Vector, sharpness: float = 12.0) -> None:
        """Take one facet name per example, and the examples' unit vectors, shape (examples, dimension)."""
        self.facets = tuple(dict.fromkeys(names))
        self._examples = examples
        self._rows = [np.flatnonzero(np.array(names) == facet) for facet in self.facets]
        self._sharpness = sharpness
        self._seen: dict[str, Vector] = {}

    def of_passage(self, passage_id: str, vectors: Vector) -> Vector:
        """The distributions of a passage's spans, worked out once."""
        if passage_id not in self._seen:
            self._seen[passage_id] = self.of(vectors)
        return self._seen[passage_id]

    def of(self, vectors: Vector) -> Vector:
        """Distribution over `facets` for each vector, shape (n, facets): softmax of the mean cosine of its two nearest examples."""
        # einsum for one question: BLAS would start threads for it, which on busy cores cost a hundred times the sum itself
        cosines = np.einsum("nd,ed->ne", vectors, self._examples) if len(vectors) == 1 else vectors @ self._examples.T
        nearest = np.stack([np.sort(cosines[:, rows], axis=1)[:, -2:].mean(axis=1) for rows in self._rows], axis=1)
        powers = np.exp(self._sharpness * (nearest - nearest.max(axis=1, keepdims=True)))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def named(self, vector: Vector) -> dict[str, float]:
        """The distribution of one vector, shape (dimension,), by facet name."""
        return dict(zip(self.facets, (float(p) for p in self.of(vector[None])[0]), strict=True))

    def as_vector(self, meaning: Mapping[str, float]) -> Vector:
        """A distribution by name as a vector in the order of `facets`."""
        return np.array([meaning.get(facet, 0.0) for facet in self.facets], dtype=np.float32)


class Concepts:
    """What a text is about: its stems, and the synonym groups that its words and phrases belong to."""

    def __init__(self, lexicon: Lexicon, vocabulary: Vocabulary) -> None:
        self._lexicon = lexicon
        self._groups = vocabulary.synonym_groups
        self._vocabulary = vocabulary
        self.aspects = frozenset(vocabulary.beyond) - {OFF_TOPIC}
        self._longest = max((len(key) for key in self._groups), default=1)
        self.of_text = lru_cache(maxsize=20000)(self._of_text)

    def _of_text(self, text: str) -> frozenset[str | int]:
        tokens = stems(text)
        found: set[str | int] = set(tokens)
        found.update(" ".join(pair) for pair in zip(tokens, tokens[1:], strict=False))
        for start in range(len(tokens)):
            for length in range(1, min(self._longest, len(tokens) - start) + 1):
                found.update(self._groups.get(tuple(tokens[start : start + length]), ()))
        return frozenset(found)

    def of_word(self, word: str) -> frozenset[str | int]:
        """What counts as a word: its stem and its synonym groups."""
        return frozenset([stem(word), *self._groups.get((stem(word),), ())])

    def specific(self, question: str) -> list[frozenset[str | int]]:
        """The specific words of a question, each as what counts as it; phrases before the words in them."""
        tokens, position = stems(question), 0
        found = []
        while position < len(tokens):
            for length in (3, 2, 1):
                gram = tuple(tokens[position : position + length])
                if len(gram) == length and gram in self._vocabulary.specific_stems:
                    found.append(frozenset([" ".join(gram), *(gram if length == 1 else ()), *self._groups.get(gram, ())]))
                    position += length - 1
                    break
            position += 1
        return found

    def alternatives(self, question: str) -> list[frozenset[str | int]]:
        """Both sides of an "X or Y" in a question, each as what counts as it; empty without one."""
        tokens = [stem(word) for word in words(question)]
        sides = [t for i, word in enumerate(tokens) if word == "or" for t in (tokens[i - 1 : i] + tokens[i + 1 : i + 3]) if t not in self._vocabulary.plain_stems]
        return [frozenset([t, *self._groups.get((t,), ())]) for t in sides]

    def of_question(self, asked: Interpretation) -> list[tuple[frozenset[str | int], float, bool]]:
        """For each term that carries meaning: what counts as it, its weight (idf), and whether the corpus knows it at all."""
        tokens = stems(asked.question)
        subject = set(asked.subject)
        result: dict[frozenset[str | int], tuple[frozenset[str | int], float, bool]] = {}
        position = 0
        while position < len(tokens):
            length = self._phrase_length(tokens, position)
            gram = tuple(tokens[position : position + length])
            groups = self._groups.get(gram, ())
            position += length
            if length == 1 and (gram[0] in self._vocabulary.plain_stems or (gram[0] in subject) or not gram[0].isalpha()):
                continue
            if length > 1 and set(gram) <= subject:
                continue
            wanted: frozenset[str | int] = frozenset([*groups, *(gram if length == 1 else ())])
            result[wanted] = (wanted, self._idf(gram), self._known(gram, groups))
        return list(result.values())

    def _phrase_length(self, tokens: Sequence[str], position: int) -> int:
        for length in range(min(self._longest, len(tokens) - position), 1, -1):
            if tuple(tokens[position : position + length]) in self._groups:
                return length
        return 1

    def _idf(self, gram: tuple[str, ...]) -> float:
        count = min(self._lexicon.stem_counts.get(token, 0) for token in gram)
        return math.log(1 + self._lexicon.passages / (count + 0.5))

    def _known(self, gram: tuple[str, ...], groups: tuple[int, ...]) -> bool:
        if all(token in self._lexicon.stem_counts for token in gram):
            return True
        return any(set(stems(phrase)) <= self._lexicon.stem_counts.keys() for group in groups for phrase in self._vocabulary.synonyms[group])


def _share(terms: Sequence[tuple[frozenset[str | int], float, bool]], text: frozenset[str | int]) -> float:
    total = sum(weight for _, weight, _ in terms)
    return sum(weight for wanted, weight, _ in terms if wanted & text) / total if total else 0.0


def candidates(
    asked: Interpretation, question: Vector, hits: Sequence[Hit], spans: Mapping[str, Vector], concepts: Concepts, vocabulary: Vocabulary,
    lexicon: Lexicon, facets: FacetMeanings,
) -> list[Candidate]:  # fmt: skip
    """Every span of the hits with its features.

    Args:
        asked: what is asked.
        question: unit vector of the question, shape (dimension,).
        hits: retrieved passages, best first.
        spans: unit vectors of each passage's spans by passage id, shape (spans, dimension).
        concepts: term matching for this corpus.
        vocabulary: cues, answer kinds and teasers.
        lexicon: the corpus's words and names.
        facets: tells by meaning which facets a span serves.
    """
    terms = concepts.of_question(asked)
    kinds = [re.compile("|".join(kind.evidence), re.IGNORECASE) for kind in vocabulary.answer_kinds if kind.name in asked.wants]
    best_keyword = max((hit.keyword_score for hit in hits), default=0.0) or 1.0
    vectors = np.concatenate([spans[hit.passage.id] for hit in hits]) if hits else np.zeros((0, len(question)), np.float32)
    similarities = (vectors @ question).tolist()
    served = [facets.of_passage(hit.passage.id, spans[hit.passage.id]) for hit in hits] or [np.zeros((0, len(facets.facets)), np.float32)]
    shares = np.concatenate(served)
    agreements = (shares @ facets.as_vector(asked.facet_meaning)).tolist()
    aspects = (shares @ facets.as_vector({name: share for name, share in asked.facet_meaning.items() if name in concepts.aspects})).tolist()
    result: list[Candidate] = []
    for hit in hits:
        passage, first = hit.passage, len(result)
        own = similarities[first : first + len(passage.spans)]
        heading = concepts.of_text(" ".join(passage.heading))
        match, clash = _name_features(passage, asked, lexicon)
        shared = (
            hit.similarity, max(own), _share(terms, heading | concepts.of_text(passage.text)), _share(terms, heading),
            hit.keyword_score / best_keyword, asked.facet_meaning.get(passage.facet or "", 0.0), float(passage.facet in asked.facets[:2]),
            float(passage.facet is None), match, clash,
        )  # fmt: skip
        for position, span in enumerate(passage.spans):
            told = (own[position], agreements[first + position])
            features = _span_features(span, position, told, shared, terms, kinds, asked, concepts, vocabulary)
            result.append(Candidate(hit, span, features, aspects[first + position]))
    return result


def _span_features(
    span: Span, position: int, told: tuple[float, float], shared: tuple[float, ...], terms: Sequence[tuple[frozenset[str | int], float, bool]],
    kinds: Sequence[re.Pattern[str]], asked: Interpretation, concepts: Concepts, vocabulary: Vocabulary,
) -> tuple[float, ...]:  # fmt: skip
    passage_similarity, sibling, in_passage, in_heading, keyword, meaning, cue, no_facet, match, clash = shared
    similarity, agreement = told
    has_kind = any(kind.search(span.text) for kind in kinds) and (asked.focus is None or bool(concepts.of_word(asked.focus) & concepts.of_text(span.text)))
    return (
        similarity, passage_similarity, sibling, _share(terms, concepts.of_text(span.text)), in_passage, in_heading, keyword, meaning, cue,
        agreement, no_facet, float(has_kind), float(bool(kinds) and not has_kind), match, clash, float(_is_teaser(span.text, vocabulary.teasers)),
        float(span.kind != "sentence"), float(span.kind == "step") * asked.facet_meaning.get("technique", 0.0), float(position == 0),
        min(len(span.text.split()), 40) / 40, float(position > 0 and opens_unclear(span.text, vocabulary.unclear_openings)),
    )  # fmt: skip


def _name_features(passage: Passage, asked: Interpretation, lexicon: Lexicon) -> tuple[float, float]:
    """Whether a passage is about what is asked for by name, and whether it is about something else."""
    own, wanted = lexicon.names_in_headings(passage.heading), set(asked.names) - {lexicon.main}
    if own & wanted:
        return 1.0, 0.0
    if own:
        return 0.0, 1.0
    told = set(stems(passage.text)) if wanted else set()
    return (0.5, 0.0) if any(set(stems(name)) <= told for name in wanted) else (0.0, 0.5 * bool(wanted))


@lru_cache(maxsize=20000)
def _is_teaser(text: str, teasers: tuple[str, ...]) -> bool:
    folded = fold(text)
    return any(phrase_pattern(phrase).search(folded) for phrase in teasers)


def coverage_features(asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts) -> tuple[float, ...]:
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
    specific = concepts.specific(asked.question)
    either = concepts.alternatives(asked.question)
    everything: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.hit.passage.text) for _, c in ranked))
    nearby: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.span.text) for _, c in ranked[:3]))
    return (
        scores[0], max(f[name["span_similarity"]] for f in top), max(f[name["terms_in_span"]] for f in top), max(f[name["terms_in_passage"]] for f in top),
        float(len(unknown)), sum(unknown) / total, float(all(f[name["kind_absent"]] for f in top)), float(bool(asked.wants)), float(bool(asked.facets)),
        float(min(len(terms), 6)), scores[0] - scores[-1],
        max(0.0, 0.3 - nearest), max(0.0, 0.15 - nearest), max(0.0, 0.3 - nearest) * sum(unknown) / total, elsewhere, elsewhere * max(0.0, 0.5 - nearest), beyond, beyond * max(c.beyond for _, c in ranked[:3]) if ranked else 0.0,
        sum(unknown) / total * float(len(asked.question.split()) <= _SHORT_QUESTION), float(bool(terms) and len(unknown) == len(terms)),
        float(sum(bool(wanted & nearby) for wanted in specific)), float(sum(not wanted & nearby and bool(wanted & everything) for wanted in specific)),
        float(sum(not wanted & everything for wanted in specific)),
        float(any(f[name["kind_in_span"]] for f in top)), float(any(wanted & nearby for wanted in either)), float(bool(either) and not any(wanted & nearby for wanted in either)),
    )  # fmt: skip


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
        span = [np.array([raw["span"][part][name] for name in SPAN_FEATURES], np.float32) for part in ("mean", "scale", "weights")]
        cover = [np.array([raw["coverage"][part][name] for name in COVERAGE_FEATURES], np.float32) for part in ("mean", "scale", "weights")]
        return cls(*span, *cover, float(raw["coverage"]["bias"]), float(raw["coverage"]["threshold"]))

    def rank(self, found: Sequence[Candidate]) -> list[tuple[float, Candidate]]:
        """Candidates by score, best first; ties by place in the text."""
        if not found:
            return []
        features = (np.array([candidate.features for candidate in found], np.float32) - self.span_mean) / self.span_scale
        scored = zip((features @ self.span_weights).tolist(), found, strict=True)
        return sorted(scored, key=lambda pair: (-pair[0], pair[1].hit.passage.article, pair[1].span.start))

    def coverage(self, asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts) -> float:
        """How surely the best candidates answer, as log odds; at least `threshold` counts as covered."""
        features = (np.array(coverage_features(asked, ranked, concepts), np.float32) - self.coverage_mean) / self.coverage_scale
        return float(features @ self.coverage_weights) + self.coverage_bias


def select(asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], budget: int, taken: frozenset[tuple[str, int]] = frozenset()) -> list[Candidate]:
    """The spans to quote, best first: an item asked for by number, a whole list of steps, or the best spans within a word budget.

    Args:
        asked: what is asked.
        ranked: candidates by score, best first; not empty.
        budget: about how many words to quote.
        taken: (article, start) of spans that another part of the answer already quotes.
    """
    if asked.ordinal is not None and (item := _numbered_item(asked.ordinal, ranked)):
        return [item]
    if _wants_whole_list(asked) and (steps := _step_list(ranked, budget)):
        return steps
    chosen: list[Candidate] = []
    used = 0
    best = ranked[0][0]
    for score, candidate in ranked:
        length = word_count(candidate.span.text)
        key = (candidate.hit.passage.article, candidate.span.start)
        if chosen and (score < best - _MARGIN or used + length > budget) or key in taken:
            continue
        chosen.append(candidate)
        used += length
    return chosen or [ranked[0][1]]


_MARGIN = 2.0
_NAME_CLASH = SPAN_FEATURES.index("name_clash")
_LIST_DEPTH = 12


def _wants_whole_list(asked: Interpretation) -> bool:
    """Whether a question asks how to do the thing as a whole."""
    return asked.overview and asked.facets[:1] in (("technique",), ("setup",))


def _step_list(ranked: Sequence[tuple[float, Candidate]], budget: int) -> list[Candidate]:
    """All items of the best-placed list of steps, if it fits into one and a half budgets."""
    for _, candidate in ranked[:_LIST_DEPTH]:
        passage = candidate.hit.passage
        items = [c for _, c in ranked if c.hit.passage.id == passage.id and c.span.kind == "step"]
        if candidate.span.kind == "step" and not candidate.features[_NAME_CLASH] and sum(word_count(c.span.text) for c in items) <= 1.5 * budget:
            return items
    return []


def _numbered_item(ordinal: int, ranked: Sequence[tuple[float, Candidate]]) -> Candidate | None:
    """The item with that number in the best-placed list that is long enough."""
    for _, candidate in ranked:
        if candidate.span.kind == "sentence":
            continue
        items = [span for span in candidate.hit.passage.spans if span.kind == candidate.span.kind]
        if abs(ordinal) <= len(items):
            wanted = items[ordinal - 1 if ordinal > 0 else ordinal]
            return next(c for _, c in ranked if c.span == wanted and c.hit.passage.id == candidate.hit.passage.id)
    return None
