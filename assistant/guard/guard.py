"""Pure: the verdict on a whole conversation.

Every message of the person is read: signs in it, live or not (`reading`), and what it means (`classifier`). An alarm
stands until the person says that it was looked at, or takes it back; what the assistant said neither raises nor clears.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..types import Level, Turn, Verdict
from .classifier import CRISIS, OUTCOMES, Classifier, Vector
from .message import Clause, Speller, clauses
from .policy import Policy
from .reading import Reading, read

__all__ = ["ALARM", "Guard", "Judged", "sign_features"]

ALARM = frozenset({"EMERGENCY", "URGENT", CRISIS})
_ORDER: tuple[str, ...] = (
    CRISIS, "EMERGENCY", "URGENT", "ABUSE_INJECTION", "MEDICAL_REQUEST", "OFF_TOPIC", "CAUTION", "GENERAL",
)  # fmt: skip
"""Precedence (policy, section 2)."""
_BY_SIGN = ("EMERGENCY", CRISIS, "URGENT", "CAUTION")
_REFUSALS = ("MEDICAL_REQUEST", "ABUSE_INJECTION")
_REFUSED_FROM = 0.5
"""A refusal has to be likelier than not: in front of an ordinary answer it is a nuisance."""
_MOST_WINDOWS = 6
_SHORTEST_WINDOW = 3
_ALARM_FROM = {True: 0.3, False: 0.75}
"""Chance from which an alarm is raised, by whether a sign of one was found.

A miss costs more than a needless alarm, but meaning alone has to be sure."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one message comes to."""

    outcome: str
    category: str
    reading: Reading


@dataclass(frozen=True)
class Guard:
    """Judges conversations. `classifier` is None where its vectors come from another model: signs alone decide then."""

    policy: Policy
    classifier: Classifier | None
    known: Callable[[str], bool]

    @cached_property
    def speller(self) -> Speller:
        """Mends misspelt words of the policy."""
        return Speller(self.policy.words, self.known)

    def windows(self, question: str, history: Sequence[Turn]) -> list[str]:
        """Texts whose vectors `verdict` needs, in this order: of each message of the person the whole and its parts."""
        if self.classifier is None:
            return []
        return [text for message in _messages(question, history) for text in _windows(message, self._clauses(message))]

    def verdict(self, question: str, history: Sequence[Turn], vectors: Vector) -> Verdict:
        """The verdict on a conversation.

        Args:
            question: the last message.
            history: earlier turns, oldest first.
            vectors: unit vectors of `windows`, shape (windows, dimension).
        """
        alarm: Judged | None = None
        cautions: list[str] = []
        said: frozenset[str] = frozenset()
        judged = self._plain()
        for judged in self._each(question, history, vectors, said):
            if judged.outcome in ALARM:
                if alarm is None or _ORDER.index(judged.outcome) <= _ORDER.index(alarm.outcome):
                    alarm = judged
            elif alarm is not None and (judged.reading.cleared or judged.reading.corrected):
                cautions += [self.policy.recent] if judged.reading.cleared else []
                alarm = None
            if judged.outcome == "CAUTION":
                cautions.append(judged.category)
            elif judged.outcome == "MEDICAL_REQUEST":  # the reply still holds the line that a named condition calls for
                cautions += self._live(judged.reading, "CAUTION")[:1]
        if alarm is not None:
            return self._verdict(alarm.outcome, alarm.category, judged)
        if cautions and judged.outcome == "GENERAL":
            return self._verdict("CAUTION", cautions[-1], judged)
        also = (("CAUTION", cautions[-1]),) if cautions and judged.outcome != "CAUTION" else ()
        verdict = self._verdict(judged.outcome, judged.category, judged)
        return Verdict(verdict.level, verdict.category, also)  # type: ignore[arg-type]

    def _verdict(self, outcome: str, category: str, last: Judged) -> Verdict:
        level: Level = self.policy.level_of[category]
        also = ((self.policy.level_of[last.category], last.category),) if last.category != category else ()
        return Verdict(level, category, tuple(pair for pair in also if pair[0] not in ("GENERAL", level)))

    def _each(self, question: str, history: Sequence[Turn], vectors: Vector, said: frozenset[str]) -> Iterator[Judged]:
        start = 0
        for message in _messages(question, history):
            parts = self._clauses(message)
            count = len(_windows(message, parts)) if self.classifier else 0
            judged = self.judge(parts, vectors[start : start + count], said)
            start += count
            said = judged.reading.classes
            yield judged

    def judge(self, parts: Sequence[Clause], vectors: Vector, said: frozenset[str] = frozenset()) -> Judged:
        """What one message comes to; `said` are classes of words of earlier messages."""
        found = read(parts, self.policy.lexicon, self.policy.signs, self.policy.cues, said)
        if self.classifier is None or not len(vectors):
            outcome = next((o for o in _BY_SIGN if self._live(found, o)), "GENERAL")
            return Judged(outcome, self._category(outcome, found, None), found)
        windows = self.classifier.of_windows(vectors)
        chances = self.classifier.outcomes(windows, sign_features(found, self.outcome_of)).tolist()
        signed = frozenset(self.outcome_of(category) for category in found.live)
        outcome = _decide(dict(zip(OUTCOMES, chances, strict=True)), signed)
        return Judged(outcome, self._category(outcome, found, windows), found)

    def outcome_of(self, category: str) -> str:
        """What a category comes to: its level, or the crisis route."""
        return CRISIS if category == self.policy.crisis else self.policy.level_of[category]

    def _live(self, found: Reading, outcome: str) -> list[str]:
        return [c for c in self.policy.level_of if c in found.live and self.outcome_of(c) == outcome]

    def _category(self, outcome: str, found: Reading, windows: Vector | None) -> str:
        """The category whose sign was found, else the likeliest one of the outcome."""
        if live := self._live(found, outcome):
            return live[0]
        own = [c for c in self.policy.level_of if self.outcome_of(c) == outcome]
        if windows is None or self.classifier is None:
            return own[0]
        best = windows.max(axis=0)
        return max(own, key=lambda c: float(best[self.classifier.categories.index(c)]))  # type: ignore[union-attr]

    def _clauses(self, message: str) -> tuple[Clause, ...]:
        return clauses(message, self.speller)

    def _plain(self) -> Judged:
        empty: frozenset[str] = frozenset()
        first = next(c for c, level in self.policy.level_of.items() if level == "GENERAL")
        return Judged("GENERAL", first, Reading(empty, empty, empty, False, False, False, False, False))


def _messages(question: str, history: Sequence[Turn]) -> list[str]:
    return [*(turn.text for turn in history if turn.role == "user"), question]


def _windows(message: str, parts: Sequence[Clause]) -> list[str]:
    """The whole message, and its sentences where it has more than one."""
    sentences: dict[int, list[str]] = {}
    for part in parts:
        sentences.setdefault(part.sentence, []).append(part.text)
    texts = [" ".join(texts) for texts in sentences.values()]
    texts = [text for text in texts if len(text.split()) >= _SHORTEST_WINDOW]
    if len(texts) > _MOST_WINDOWS:  # neighbours share a window, so that no sentence is left out
        size = math.ceil(len(texts) / _MOST_WINDOWS)
        texts = [" ".join(texts[first : first + size]) for first in range(0, len(texts), size)]
    return [message, *(texts if len(texts) > 1 else ())]


def sign_features(found: Reading, outcome_of: Callable[[str], str]) -> dict[str, float]:
    """The signs of a message as numbers, in the order the classifier was taught."""
    row: dict[str, float] = {}
    for outcome in _BY_SIGN:
        row[f"live {outcome}"] = float(min(2, sum(outcome_of(c) == outcome for c in found.live)))
        row[f"hidden {outcome}"] = float(any(outcome_of(c) == outcome for c in found.hidden))
    for name in ("masked", "supposed", "over", "cleared", "corrected"):
        row[name] = float(getattr(found, name))
    return row


def _decide(chances: Mapping[str, float], signed: frozenset[str]) -> str:
    """The likeliest outcome; `signed` are those with a live sign."""
    if chances[CRISIS] >= _ALARM_FROM[CRISIS in signed]:
        return CRISIS
    if chances["EMERGENCY"] + chances["URGENT"] >= _ALARM_FROM[bool(signed & ALARM)]:
        return "EMERGENCY" if chances["EMERGENCY"] >= chances["URGENT"] else "URGENT"
    unlikely = {name for name in _REFUSALS if chances[name] < _REFUSED_FROM}
    rest = {name: chance for name, chance in chances.items() if name not in ALARM | unlikely}
    return max(rest, key=lambda name: rest[name])
