"""The part of the flow between the guard and the answer: what was asked -> passages -> the spans that answer it.

Where a question is put, in this order: to the articles of what it names or is about; if it names nothing, to all
articles as well, to the guide on a condition that was told, and to the one that it describes; and if none covers it,
once more behind the question before it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .described import Descriptions, speaks_for
from .dialogue import own_words
from .embedding import Deep, encode_together
from .evidence import Candidate
from .meaning import FacetMeanings
from .query_branch import QueryBranch
from .question import interpret
from .selection import one_each, select
from .shelf import Library, Shelf
from .state import Part, State
from .text import stems
from .weighing import Weighing, nearest

__all__ = ["Lookup"]

_HITS = 14
_WORDS = 90
_WORDS_OF_PARTS = 98
_GUESSED = 1.5
"""Log odds above the threshold from which a question counts as covered that was put in other words by us: those are
found, whatever is asked about them. Chosen on the dev half."""
_TELLING = 4
"""Words that say something from which a question may be a description though it has an "it"."""


@dataclass(frozen=True)
class Lookup:
    """Finds what answers a question. `off`: parts that are switched off, see `Assistant.without`."""

    shelves: Library
    weighing: Weighing
    facets: FacetMeanings
    branch: QueryBranch
    encoder: Any
    described: Descriptions | None
    in_scope: Callable[[], bool]
    """Whether the articles are about what the policy is about."""
    off: frozenset[Part] = frozenset()

    def understood(self, state: State, made: Mapping[str, NDArray[np.float32]], deep: Deep | None) -> State:
        """With the vectors of what was asked, those its answers would have, and its facets told by meaning.

        Args:
            state: with what was asked.
            made: a vector for each text that was encoded.
            deep: the inner states of what was asked, a row for each part; None: there are none.
        """
        if not state.asked:
            return state
        vectors = np.stack([made[part.query] for part in state.asked])
        plain = np.stack([made[part.nameless] for part in state.asked])
        aimed = self.branch.vectors(deep) if deep and "aim" not in self.off else vectors
        state = replace(state, vectors=vectors, aimed=aimed, plain=plain)
        if "interpretation" in self.off:
            return state
        careful = state.verdict.level == "CAUTION"
        asked = tuple(self.facets.told(part, made[part.nameless], careful=careful) for part in state.asked)
        return replace(state, asked=asked)

    def retrieve(self, state: State) -> State:
        """Search for each part, by meaning and by keyword."""
        start, shelf = time.perf_counter(), state.shelf or self.shelves.whole
        hits = tuple(
            shelf.searcher.search(part.query, vector, _HITS if not part.bare else 2 * _HITS, part.facet_meaning)
            for part, vector in zip(state.asked, state.vectors, strict=True)
        )
        return replace(state, hits=hits, timings=state.spent("retrieve", start))

    def evidence(self, state: State) -> State:
        """Choose the spans that answer each part; none where too little speaks for them."""
        start, shelf = time.perf_counter(), state.shelf or self.shelves.whole
        parts = sum(not part.premise for part in state.asked)
        budget = _WORDS if parts == 1 else _WORDS_OF_PARTS // max(1, parts)
        best: list[list[Candidate]] = []
        confidence: list[float] = []
        scores: list[float] = []
        taken: frozenset[tuple[str, int]] = frozenset()
        for part, vector, aimed, hits in zip(state.asked, state.vectors, state.aimed, state.hits, strict=True):
            found = self.weighing.candidates(part, vector, aimed, hits, shelf)
            ranked = [(0.0, c) for c in found]
            if "evidence" not in self.off:
                part, ranked = self.weighing.rank(part, found, shelf.concepts)
            scores.append(ranked[0][0] if ranked else -math.inf)
            if shelf.choice:
                best.append(one_each(shelf.fitting(ranked), tuple(shelf.choice), shelf.tells, budget))
                confidence.append(0.0 if best[-1] else -1.0)  # no model is asked: the tags tell
                continue
            sure = partial(self.weighing.confidence, part, ranked, shelf, state.verdict.level, self.in_scope())
            confidence.append(nearest(ranked) if "coverage" in self.off or not ranked else sure())
            best.append(select(part, ranked, budget, taken) if ranked else [])
            if confidence[-1] >= 0:
                taken |= {(c.hit.passage.article, c.span.start) for c in best[-1]}
        chosen = tuple(picked if sure >= 0 else [] for picked, sure in zip(best, confidence, strict=True))
        told = replace(state, best=tuple(best), confidence=tuple(confidence), scores=tuple(scores), chosen=chosen)
        return replace(told, timings=state.spent("evidence", start))

    def further(self, state: State) -> State:
        """Look where else an answer may be: in all articles, and behind the question before."""
        return self._looked_back(self._recognised(self._widened(state))).settled

    def _encoded(self, state: State) -> State:
        """Encode what is asked anew, and understand it."""
        start, queries = time.perf_counter(), [part.query for part in state.asked]
        texts = dict.fromkeys([*queries, *(part.nameless for part in state.asked)])
        made, deep = encode_together(self.encoder, list(texts), queries)
        return self.understood(replace(state, timings=state.spent("encode", start)), made, deep)

    def _widened(self, state: State) -> State:
        """Put what names nothing to all articles too; where they answer a part clearly better, they do."""
        if not state.asked or not state.shelf or not state.shelf.wider:
            return state
        found = self.evidence(self.retrieve(replace(state, shelf=state.shelf.wider)))
        return state.with_parts_of(found, found.answers_better(state))

    def _recognised(self, state: State) -> State:
        """Put what names nothing to the article on a condition that was told, or to the one that it describes."""
        if not state.asked or not state.shelf or state.shelf.choice or self.off & {"interpretation", "coverage"}:
            return state
        if (name := self._of_condition(state)) and (found := self._put_to(name, state)) and found.confidence[0] >= 0:
            return replace(state.cut(1).with_parts_of(found, [True]), guessed=True)
        if not self.described or not self._may_describe(state, state.shelf):
            return state
        meant = self.described.nearest(state.plain[0], state.shelf.lexicon.main)
        found = self._put_to(meant.name, state, meant.text) if meant else None
        if not meant or not found:
            return state
        (sure,), (own,) = found.confidence, state.confidence
        said = own_words(state.question, (), self.shelves.vocabulary)
        taken = sure >= (0.0 if state.chosen[0] else _GUESSED) and speaks_for(meant, sure, own, len(said))
        return replace(state.with_parts_of(found, [taken]), guessed=taken)

    def _put_to(self, name: str, state: State, description: str = "") -> State | None:
        """What the articles on a subject say to the first part; the words of a description are as good as its name."""
        named = f"{name}: {state.asked[0].question}"
        shelf = self.shelves.shelf(named, ())
        parts = interpret(named, (), shelf.lexicon, self.shelves.vocabulary)
        part, *more = (part for part in parts if not part.premise)
        if more or name not in part.names:
            return None
        matters = self.shelves.vocabulary.condition_stems
        subject = (*part.subject, *(s for s in stems(description) if (s,) not in matters))
        asked = state.asked[0]
        part = replace(part, subject=subject, claim=asked.claim, heard=asked.heard, further=asked.further)
        return self.evidence(self.retrieve(self._encoded(replace(state, shelf=shelf, asked=(part,)))))

    def _of_condition(self, state: State) -> str | None:
        """The article on the condition that the guard found, for a lone question that names nothing."""
        alone = all(part.premise for part in state.asked[1:]) and not any(part.names for part in state.asked)
        if not alone or state.verdict.level != "CAUTION":
            return None
        name = self.shelves.about_condition.get(state.verdict.category or "")
        return name if state.shelf and name != state.shelf.lexicon.main else None

    def _may_describe(self, state: State, shelf: Shelf) -> bool:
        """Whether a lone first question has no name in it; one with an "it" in few words is about the first article."""
        alone = len(state.asked) == 1 and not state.asked[0].names and not state.history
        if not alone or state.verdict.level == "OFF_TOPIC":
            return False
        return shelf.wider is not None or len(own_words(state.question, (), self.shelves.vocabulary)) >= _TELLING

    def _looked_back(self, state: State) -> State:
        """Ask what is not covered again as said behind the question before: "when is it worst?", after soreness."""
        pairs = zip(state.asked, state.chosen, strict=True)
        again = [part.in_light is not None and not picked for part, picked in pairs]
        if not any(again) or (state.shelf and state.shelf.choice):
            return state
        back = self._encoded(replace(state, asked=tuple(part.in_light or part for part in state.asked)))
        found = self._widened(self.evidence(self.retrieve(back)))
        return state.with_parts_of(
            found, [wanted and sure >= _GUESSED for wanted, sure in zip(again, found.confidence, strict=True)]
        )
