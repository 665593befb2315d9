"""Pure: what the steps of the flow hand on, and what they leave behind for those who want to know why."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from .cues import asks
from .errors import QuestionError
from .evidence import Candidate
from .shelf import Shelf
from .types import Answer, Hit, Interpretation, Turn, Verdict

__all__ = ["History", "Part", "State", "Trace", "received", "turns"]

_SURER = 0.7
"""Log odds above the threshold from which articles count that nobody asked about by name; chosen on the dev half."""
_LEAD = 2.0
"""By how much the score of their best span must be higher where those that are meant answer too; chosen likewise."""

History = Sequence[Turn | tuple[str, str] | Mapping[str, str]]
Part = Literal["keyword", "interpretation", "aim", "evidence", "coverage", "guard_signs", "guard_meaning"]
"""A part of the flow that `Assistant.without` switches off."""


@dataclass(frozen=True)
class State:
    """What the steps hand on. Each step fills its own fields."""

    question: str
    history: tuple[Turn, ...]
    locale: str | None = None
    guarded: bool = True
    """False for questions of our own making."""
    verdict: Verdict = field(default_factory=Verdict)
    stopped: bool = False
    """An alarm: nothing is answered but what the guard says."""
    foreign: bool = False
    """Asked in a language that is not answered: nothing is said but that."""
    shelf: Shelf | None = None
    """The articles that the question is put to."""
    asked: tuple[Interpretation, ...] = ()
    vectors: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    aimed: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """For each part the unit vector that its answer would have, shape (parts, dimension)."""
    plain: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    """For each part the unit vector of it without names."""
    hits: tuple[list[Hit], ...] = ()
    best: tuple[list[Candidate], ...] = ()
    """For each part the spans that answer it best, covered or not."""
    confidence: tuple[float, ...] = ()
    """For each part how surely it is covered: log odds above the threshold, so covered from 0 on."""
    scores: tuple[float, ...] = ()
    """For each part the score of the span that answers it best."""
    chosen: tuple[list[Candidate], ...] = ()
    """For each part the spans to quote; empty: not covered."""
    reply: str | None = None
    """Small talk, answered in our own words."""
    guessed: bool = False
    """Whether the article that answers was told by a description or a condition."""
    timings: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    @property
    def pointed(self) -> bool:
        """Whether it asks, and names something of the articles or a kind of answer. Pasted text alone asks nothing."""
        return asks(self.question) and any(part.names or part.wants for part in self.asked)

    @property
    def further(self) -> bool:
        """Whether it asks for nothing but more of what was told."""
        return bool(self.asked) and all(part.further for part in self.asked)

    @property
    def meant(self) -> frozenset[str]:
        """The subject that is taken to be meant where none was named and others may answer too; else empty.

        Where articles were chosen nobody knows which, so that each is to be told: that is a subject without a name.
        """
        guessed = self.shelf and (self.shelf.wider or self.shelf.choice or self.guessed)
        return frozenset({self.shelf.lexicon.main} if self.shelf and guessed else ())

    def spent(self, step: str, start: float) -> dict[str, float]:
        """The timings with the seconds of a step that began at `start`; it may run twice."""
        return {**self.timings, step: self.timings.get(step, 0.0) + time.perf_counter() - start}

    def answers_better(self, meant: State) -> list[bool]:
        """Which parts these articles, that nobody asked about by name, answer better than those that are meant."""
        pairs = zip(self.confidence, self.scores, meant.confidence, meant.scores, strict=True)
        return [sure >= _SURER and (own < 0 or score >= best + _LEAD) for sure, score, own, best in pairs]

    def with_parts_of(self, other: State, taken: Sequence[bool]) -> State:
        """With what another state of the same question found for the parts that are `taken`."""

        def mixed(own: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(b if take else a for a, b, take in zip(own, others, taken, strict=True))

        return replace(
            self,
            hits=mixed(self.hits, other.hits),
            best=mixed(self.best, other.best),
            confidence=mixed(self.confidence, other.confidence),
            chosen=mixed(self.chosen, other.chosen),
            timings=other.timings,
        )

    @property
    def settled(self) -> State:
        """Without the premise where it is of no use: the question itself is covered, or the premise is not either."""
        if not self.asked or not self.asked[-1].premise or (self.chosen[-1] and not any(self.chosen[:-1])):
            return self
        return self.cut(len(self.asked) - 1)

    def cut(self, kept: int) -> State:
        """With the first parts alone."""
        return replace(
            self,
            asked=self.asked[:kept],
            vectors=self.vectors[:kept],
            plain=self.plain[:kept],
            aimed=self.aimed[:kept],
            hits=self.hits[:kept],
            best=self.best[:kept],
            confidence=self.confidence[:kept],
            scores=self.scores[:kept],
            chosen=self.chosen[:kept],
        )


@dataclass(frozen=True)
class Trace:
    """How an answer came about: for measuring, and for finding out why."""

    answer: Answer
    forced: Answer
    """What would have been quoted had the question counted as covered; the answer itself where something was."""
    asked: tuple[Interpretation, ...]
    hits: tuple[list[Hit], ...]
    """For each part of the question the retrieved passages, best first."""
    confidence: tuple[float, ...]
    """For each part how surely it is covered; see `State.confidence`."""


def received(given: str | Mapping[str, Any], longest: int, locale: str | None) -> State:
    """What came in, a question or an object with one, as the first state.

    Args:
        given: the question, or `{"question", "history"?, "locale"?}`.
        longest: characters that a question may have.
        locale: where the question names none.

    Raises:
        QuestionError: the question is empty or too long, or a turn is malformed.
    """
    fields: Mapping[str, Any] = {"question": given} if isinstance(given, str) else given
    question = fields.get("question")
    if not isinstance(question, str) or not question.strip():
        raise QuestionError("the question is empty; type what you want to know")
    if len(question) > longest:
        raise QuestionError(f"the question is longer than {longest} characters; shorten it")
    return State(question, turns(fields.get("history") or ()), fields.get("locale") or locale)


def turns(history: History) -> tuple[Turn, ...]:
    """History in any of the accepted forms (Turn, (role, text), {"role", "content"}) as turns. Raises QuestionError."""
    result: list[Turn] = []
    for entry in history:
        if isinstance(entry, Turn):
            result.append(entry)
            continue
        pair = (entry.get("role"), entry.get("content")) if isinstance(entry, Mapping) else entry
        role, text = pair if isinstance(pair, tuple | list) and len(pair) == 2 else (None, None)
        if role not in ("user", "assistant") or not isinstance(text, str):
            raise QuestionError('each turn of the history needs a role, "user" or "assistant", and its text')
        result.append(Turn("user" if role == "user" else "assistant", text))
    return tuple(result)
