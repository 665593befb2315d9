"""Asks every case of every system and scores the replies. Seconds are kept apart by what they went into."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from assistant.chain import Assistant
from assistant.types import Article

from .abstention import best_cutoff
from .dataset import Case
from .metrics import Gold, Judge, gold, relevant_places, score
from .systems import Backchat, Recorder, System, systems_of
from .types import Place, Reply, Score

__all__ = ["Clock", "HalfResult", "Step", "SystemResult", "examine"]

Step = Callable[[str], None]
"""Called after each reply with what is being asked."""


class Clock:
    """Seconds by what they went into."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def into(self, name: str) -> Iterator[None]:
        """Add the time of a block to `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True, slots=True)
class SystemResult:
    """One system's scores over the cases of a half."""

    name: str
    said: str
    role: str
    cites: bool
    cutoff: float | None
    """The confidence from which it answers, chosen on the dev half; None: it decides by itself."""
    scores: tuple[Score, ...]


@dataclass(frozen=True, slots=True)
class HalfResult:
    """All systems over one half of the cases of one corpus; the assistant comes first."""

    split: str
    corpus: str
    systems: tuple[SystemResult, ...]


@dataclass
class _Examiner:
    articles: Sequence[Article]
    clock: Clock
    recorder: Recorder
    step: Step
    by_id: Mapping[str, Article] = field(init=False)
    judge: Judge = field(default_factory=Judge)
    golds: dict[Case, Gold] = field(default_factory=dict)
    findable: dict[tuple[Case, int], frozenset[tuple[str, int]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {article.id: article for article in self.articles}

    def replies(self, system: System, cases: Sequence[Case]) -> list[Reply]:
        kind = {"ours": "answering", "baseline": "baselines", "ablation": "ablation", "guard": "ablation"}[system.role]
        found = []
        encoding = self.recorder.seconds
        with self.clock.into(kind):
            for case in cases:
                found.append(system.reply(case))
                self.step(system.said)
        spent = self.recorder.seconds - encoding
        self.clock.seconds[kind] -= spent
        self.clock.seconds["encoding"] = self.clock.seconds.get("encoding", 0.0) + spent
        return found

    def scores(self, units: Sequence[Place], cases: Sequence[Case], replies: Sequence[Reply]) -> tuple[Score, ...]:
        with self.clock.into("scoring"):
            return tuple(
                score(case, reply, self._gold(case), self._findable(case, units), self.by_id, self.judge)
                for case, reply in zip(cases, replies, strict=True)
            )

    def _gold(self, case: Case) -> Gold:
        if case not in self.golds:
            self.golds[case] = gold(case, self.articles)
        return self.golds[case]

    def _findable(self, case: Case, units: Sequence[Place]) -> frozenset[tuple[str, int]]:
        key = (case, id(units))  # the systems that share a list of units share what is relevant in it
        if key not in self.findable:
            self.findable[key] = relevant_places(case, self._gold(case), units, self.judge)
        return self.findable[key]


def examine(
    assistant: Assistant,
    halves: Mapping[str, Sequence[Case]],
    tuning: Sequence[Case],
    corpus: str,
    cutoffs: Mapping[str, float] | None = None,
    *,
    clock: Clock | None = None,
    step: Step = lambda said: None,
) -> tuple[list[HalfResult], dict[str, float]]:
    """Ask every case of the assistant, of the baselines, and of the assistant with parts switched off.

    Args:
        assistant: its encoder is wrapped for the time of the run.
        halves: cases by the name of their half.
        tuning: cases on which cut-offs are chosen (the dev half); not used when `cutoffs` are given.
        corpus: its name, for the report.
        cutoffs: by system, from an earlier call.
        clock: adds up where time goes.
        step: called after every reply.

    Returns:
        A result for each half, and the cut-offs.
    """
    chosen = dict(cutoffs or {})
    results: dict[str, list[SystemResult]] = {half: [] for half in halves}
    plain = assistant.encoder
    try:
        with systems_of(assistant) as (recorder, systems):
            examiner = _Examiner(assistant.articles, clock or Clock(), recorder, step)
            for system in systems:
                asked = {half: _asked(system, cases) for half, cases in halves.items()}
                tune = [] if system.decides or system.name in chosen else _asked(system, tuning)
                every = list(dict.fromkeys([*tune, *(case for cases in asked.values() for case in cases)]))
                replies = dict(zip(every, examiner.replies(system, every), strict=True))
                if tune:
                    chosen[system.name] = _cutoff([(replies[case].confidence, case.covered) for case in tune])
                cutoff = None if system.decides else chosen[system.name]
                for half, cases in asked.items():
                    own = [_decided(replies[case], cutoff) for case in cases]
                    scores = examiner.scores(system.units, cases, own)
                    cites = isinstance(system, Backchat)
                    results[half].append(SystemResult(system.name, system.said, system.role, cites, cutoff, scores))
                recorder.recall = True
    finally:
        assistant.encoder = plain
    return [HalfResult(half, corpus, tuple(found)) for half, found in results.items()], chosen


def _asked(system: System, cases: Sequence[Case]) -> list[Case]:
    """The guard's cases go to what gives a verdict, all others to what answers; the assistant does both."""
    if system.role == "ours":
        return list(cases)
    return [case for case in cases if (case.kind == "guard") == (system.role == "guard")]


def _decided(reply: Reply, cutoff: float | None) -> Reply:
    return reply if cutoff is None else replace(reply, answered=reply.confidence >= cutoff)


def _cutoff(sure: Sequence[tuple[float, bool]]) -> float:
    return best_cutoff([value for value, covered in sure if covered], [value for value, covered in sure if not covered])
