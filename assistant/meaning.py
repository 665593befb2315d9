"""Pure: what words and vectors mean here: the facets a text serves, its concepts, what a question must find."""

from __future__ import annotations

import copy
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .lexicon import Lexicon
from .question import core_question
from .text import stem, stems, words
from .types import Interpretation
from .vocabulary import Vocabulary

__all__ = ["OFF_TOPIC", "Concepts", "FacetMeanings", "Term", "Vector"]

OFF_TOPIC = "off_topic"
"""Name of the example questions that belong to no facet at all."""

_CARE = "safety"
_LEAST_CARE = 0.5

Vector = NDArray[np.float32]
Term = tuple[frozenset[str | int], float, bool]
"""A term of a question: what counts as it, its weight (idf), and whether the corpus knows it at all."""


def _mean_of_two_highest(values: Vector) -> Vector:
    """Of each row, shape (n, k) -> (n,); the only value where k is 1."""
    count = values.shape[1]
    highest = np.partition(values, count - 2, axis=1)[:, -2:] if count > 2 else values
    return np.asarray(highest.mean(axis=1))


class FacetMeanings:
    """Which facets a text serves, told by the nearness of its vector to example questions of each facet."""

    def __init__(self, names: Sequence[str], examples: Vector, sharpness: float = 12.0) -> None:
        """Take one facet name per example, and the examples' unit vectors, shape (examples, dimension)."""
        self.facets = tuple(dict.fromkeys(names))
        order = np.argsort([self.facets.index(name) for name in names], kind="stable")
        self._examples = np.ascontiguousarray(examples[order])  # a facet's examples stand together, to be sliced
        ends = np.cumsum([names.count(facet) for facet in self.facets]).tolist()
        self._rows = [slice(start, end) for start, end in pairwise((0, *ends))]
        self._sharpness = sharpness
        self._seen: dict[str, Vector] = {}

    def of_passage(self, passage_id: str, vectors: Vector) -> Vector:
        """The distributions of a passage's spans, worked out once."""
        if passage_id not in self._seen:
            self._seen[passage_id] = self.of(vectors)
        return self._seen[passage_id]

    def of(self, vectors: Vector) -> Vector:
        """Distribution over `facets` for each vector: softmax of the mean cosine of a facet's two nearest examples.

        Shape (n, facets).
        """
        # einsum for one question: BLAS would start threads, which on busy cores cost a hundred times the sum itself
        cosines = np.einsum("nd,ed->ne", vectors, self._examples) if len(vectors) == 1 else vectors @ self._examples.T
        nearest = np.stack([_mean_of_two_highest(cosines[:, rows]) for rows in self._rows], axis=1)
        powers = np.exp(self._sharpness * (nearest - nearest.max(axis=1, keepdims=True)))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float32)

    def named(self, vector: Vector) -> dict[str, float]:
        """The distribution of one vector, shape (dimension,), by facet name."""
        return dict(zip(self.facets, (float(p) for p in self.of(vector[None])[0]), strict=True))

    def told(self, asked: Interpretation, vector: Vector, *, careful: bool) -> Interpretation:
        """A question with the facets that its vector tells, shape (dimension,).

        Somebody whose condition calls for care asks whether it is safe, if nothing else.
        """
        meaning = self.named(vector)
        if not careful or asked.facets:
            return replace(asked, facet_meaning=meaning)
        care = max(_LEAST_CARE, meaning.get(_CARE, 0.0))
        return replace(asked, facets=(_CARE,), facet_meaning={**meaning, _CARE: care})

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

    def of_corpus(self, lexicon: Lexicon) -> Concepts:
        """The same for other articles; what is known of texts is shared."""
        other = copy.copy(self)
        other._lexicon = lexicon
        return other

    def _of_text(self, text: str) -> frozenset[str | int]:
        tokens = stems(text)
        found: set[str | int] = set(tokens)
        found.update(" ".join(pair) for pair in pairwise(tokens))
        for start in range(len(tokens)):
            for length in range(1, min(self._longest, len(tokens) - start) + 1):
                found.update(self._groups.get(tuple(tokens[start : start + length]), ()))
        return frozenset(found)

    def of_word(self, word: str) -> frozenset[str | int]:
        """What counts as a word: its stem and its synonym groups."""
        return frozenset([stem(word), *self._groups.get((stem(word),), ())])

    def of_stems(self, gram: tuple[str, ...]) -> frozenset[str | int]:
        """What counts as a phrase, given as its stems: these in a row, and its synonym groups."""
        return frozenset([" ".join(gram), *self._groups.get(gram, ())])

    def specific(self, asked: Interpretation) -> list[frozenset[str | int]]:
        """The specific words of a question, each as what counts as it; phrases before words, its subject left out.

        Of what is told around the question only conditions count.
        """
        found = self._specific(core_question(asked.question), asked.subject, self._vocabulary.specific_stems)
        told = self._specific(asked.question, asked.subject, self._vocabulary.condition_stems)
        return [*found, *(condition for condition in told if condition not in found)]

    def _specific(
        self, text: str, subject: Collection[str], wanted: Collection[tuple[str, ...]]
    ) -> list[frozenset[str | int]]:
        tokens, position = stems(text), 0
        found: list[frozenset[str | int]] = []
        while position < len(tokens):
            for length in (3, 2, 1):
                gram = tuple(tokens[position : position + length])
                if len(gram) == length and gram in wanted and not set(gram) <= set(subject):
                    members: list[str | int] = [
                        " ".join(gram),
                        *(gram if length == 1 else ()),
                        *self._groups.get(gram, ()),
                    ]
                    found.append(frozenset(members))
                    position += length - 1
                    break
            position += 1
        return found

    def alternatives(self, question: str) -> list[frozenset[str | int]]:
        """Both sides of an "X or Y" in a question, each as what counts as it; empty without one."""
        tokens = [stem(word) for word in words(question)]
        sides = [
            t
            for i, word in enumerate(tokens)
            if word == "or"
            for t in (tokens[i - 1 : i] + tokens[i + 1 : i + 3])
            if t not in self._vocabulary.plain_stems
        ]
        return [frozenset([t, *self._groups.get((t,), ())]) for t in sides]

    def of_question(self, asked: Interpretation) -> list[Term]:
        """The terms that carry a question's meaning."""
        tokens = stems(asked.question)
        subject = set(asked.subject)
        result: dict[frozenset[str | int], Term] = {}
        position = 0
        while position < len(tokens):
            length = self._phrase_length(tokens, position)
            gram = tuple(tokens[position : position + length])
            groups = self._groups.get(gram, ())
            position += length
            if length == 1 and (
                gram[0] in self._vocabulary.plain_stems or (gram[0] in subject) or not gram[0].isalpha()
            ):
                continue
            if length > 1 and set(gram) <= subject:
                continue
            wanted: frozenset[str | int] = frozenset([*groups, *(gram if length == 1 else ())])
            result[wanted] = (wanted, self._idf(gram), self._known(gram, groups))
        return list(result.values())

    def beside_kind(self, asked: Interpretation) -> list[Term]:
        """The terms of a question without the words that only tell what kind of answer is wanted, such as "angle"."""
        kinds = [kind for kind in self._vocabulary.answer_kinds if kind.name in asked.wants]
        told = {stem for kind in kinds for cue in kind.cues for stem in stems(cue)}
        return [term for term in self.of_question(asked) if not told & term[0]]

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
        return any(
            set(stems(phrase)) <= self._lexicon.stem_counts.keys()
            for group in groups
            for phrase in self._vocabulary.synonyms[group]
        )
