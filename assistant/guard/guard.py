"""Pure: the verdict on a whole conversation.

Every message of the person is read: signs in it, live or not (`reading`), and what it means (`classifier`). An alarm
stands until the person says that it was looked at, or takes it back; what the assistant said neither raises nor clears.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from ..types import Level, Turn, Verdict
from .classifier import CRISIS, OUTCOMES, Classifier, Vector
from .concepts import Sign
from .denial import Denials
from .languages import Languages
from .message import Speller, clauses, words
from .policy import Policy
from .reading import Reading, by_class, read

__all__ = ["ALARM", "Guard", "Judged", "sign_features"]

ALARM = frozenset({"EMERGENCY", "URGENT", CRISIS})
_ORDER: tuple[str, ...] = (
    CRISIS, "EMERGENCY", "URGENT", "ABUSE_INJECTION", "MEDICAL_REQUEST", "OFF_TOPIC", "CAUTION", "GENERAL",
)  # fmt: skip
"""Precedence (policy, section 2)."""
_BY_SIGN = ("EMERGENCY", CRISIS, "URGENT", "CAUTION")
_TOGETHER = 3
"""Latest messages that are also read as one."""
_REFUSED_FROM = {"MEDICAL_REQUEST": 0.5, "ABUSE_INJECTION": 0.5, "OFF_TOPIC": 0.8}
"""Chance from which something is refused: in front of an ordinary answer a refusal is a nuisance, and one for the topic
mostly ends the matter."""
_CRISIS_FROM = {True: 0.08, False: 0.2}
"""Chance from which a crisis is told, by whether a sign of it was found."""
_RIVALLING = 0.5
"""How likely a crisis without a sign has to be beside an alarm, as a share of the alarm's chance: in words "I feel like
I'm dying, so drowsy" is both."""
_ALARM_FROM = {True: 0.1, False: 0.2}
"""Chance from which an alarm is raised, by whether a sign of one was found: a miss costs more than a needless alarm.

These were chosen on the exemplars, cross-validated, and the dev half: below them more calm messages are stopped than
dangers are found.
"""
_KEPT = 64
"""Messages whose signs are kept."""
_FRAGMENT = 3
"""Words up to which a message is about what was talked about before it, and so is no other topic."""
_SHORT, _SHORT_FROM = 12, 0.06
"""Words up to which a sign is most of what a message says, and the chance that is enough beside it."""


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
    languages: Languages
    classifier: Classifier | None
    known: Callable[[str], bool]

    @cached_property
    def speller(self) -> Speller:
        """Mends misspelt words of the policy."""
        return Speller(self.policy.words, self.known)

    @cached_property
    def denials(self) -> Denials:
        """Takes out of a message what only denies."""
        return Denials(self.policy.denials, lambda text: words(text, self.speller))

    def messages(self, question: str, history: Sequence[Turn]) -> list[str]:
        """The person's messages in English words, oldest first."""
        return [self.readable(text) for text in [*(turn.text for turn in history if turn.role == "user"), question]]

    def reported(self, messages: Sequence[str]) -> list[str]:
        """What `verdict` needs the chances of: each message without what only denies, and the latest as one."""
        said = [self.denials.taken_out(message) for message in messages]
        return [*said, *self._together(messages, said)]

    def _together(self, messages: Sequence[str], said: Sequence[str]) -> list[str]:
        """The latest messages as one, if there are several since a report was cleared: some make an alarm together."""
        settled = [i for i, message in enumerate(messages) if _settles(self.read(message))]
        since = [text for text in said[max(settled, default=-1) + 1 :] if text]
        return [" ".join(since[-_TOGETHER:])] if len(since) > 1 else []

    def readable(self, message: str) -> str:
        """The message in full spelling, or what a glossary makes of it where it is in another language."""
        language = self.languages.tell(message, self.known)
        if language is not None:
            return language.gloss(message, self.known)
        return self._slips.sub(lambda match: self.policy.spellings[match.group().lower()], message)

    @cached_property
    def _slips(self) -> re.Pattern[str]:
        slips = "|".join(sorted(map(re.escape, self.policy.spellings), key=len, reverse=True))
        return re.compile(rf"(?<![\w'’])(?:{slips})(?![\w'’])", re.IGNORECASE)

    def verdict(self, messages: Sequence[str], chances: Vector | None) -> Verdict:
        """The verdict on a conversation.

        Args:
            messages: those of the person as `messages` gives them, oldest first; the last is the question.
            chances: the branch's probability of each category for each of what is `reported` in them, shape (texts,
                categories); None: signs alone decide.
        """
        texts = self.reported(messages)
        all_judged = list(self._each(messages, texts, chances))
        last = all_judged[-1]
        if last.outcome == "OFF_TOPIC" and len(messages) > 1 and len(messages[-1].split()) <= _FRAGMENT:
            last = replace(last, outcome="GENERAL", category=self._plain().category)
        together = chances[len(messages) :] if chances is not None else ()
        whole = [self.judge(text, row) for text, row in zip(texts[len(messages) :], together, strict=False)]
        alarm = self._standing(all_judged, whole)
        if alarm is not None:
            return self._verdict(alarm.outcome, alarm.category, last)
        cautions = self._cautions(all_judged)
        if cautions and last.outcome == "GENERAL":
            return self._verdict("CAUTION", cautions[-1], last)
        also = (("CAUTION", cautions[-1]),) if cautions and last.outcome != "CAUTION" else ()
        verdict = self._verdict(last.outcome, last.category, last)
        return Verdict(verdict.level, verdict.category, also)  # type: ignore[arg-type]

    def _standing(self, messages: Sequence[Judged], together: Sequence[Judged]) -> Judged | None:
        """The gravest alarm that no later message settles; of equally grave ones the latest."""
        alarm: Judged | None = None
        for judged in messages:
            if judged.outcome in ALARM:
                if alarm is None or _ORDER.index(judged.outcome) <= _ORDER.index(alarm.outcome):
                    alarm = judged
            elif _settles(judged.reading):
                alarm = None
        for judged in together:  # a crisis is told by a message of its own
            if judged.outcome in ("EMERGENCY", "URGENT") and (
                alarm is None or _ORDER.index(judged.outcome) < _ORDER.index(alarm.outcome)
            ):
                alarm = judged
        return alarm

    def _cautions(self, messages: Sequence[Judged]) -> list[str]:
        """Categories of what calls for care, in the order of the messages."""
        found: list[str] = []
        alarmed = False
        for judged in messages:
            if judged.outcome in ALARM:
                alarmed = True
            elif alarmed and _settles(judged.reading):
                found += [self.policy.recent] if judged.reading.cleared else []
                alarmed = False
            if judged.outcome == "CAUTION":
                found.append(judged.category)
            elif judged.outcome == "MEDICAL_REQUEST":  # the reply still holds the line that a named condition calls for
                found += self._live(judged.reading, "CAUTION")[:1]
        return found

    def _verdict(self, outcome: str, category: str, last: Judged) -> Verdict:
        level: Level = self.policy.level_of[category]
        also = ((self.policy.level_of[last.category], last.category),) if last.category != category else ()
        return Verdict(level, category, tuple(pair for pair in also if pair[0] not in ("GENERAL", level)))

    def _each(self, messages: Sequence[str], texts: Sequence[str], chances: Vector | None) -> Iterator[Judged]:
        said: frozenset[str] = frozenset()
        for i, (message, text) in enumerate(zip(messages, texts, strict=False)):
            judged = self.judge(text, None if chances is None else chances[i], said)
            said = judged.reading.classes
            if text != message:  # a denial may settle an earlier report
                whole = self.read(message)
                reading = replace(judged.reading, cleared=whole.cleared, corrected=whole.corrected)
                judged = replace(judged, reading=reading)
            yield judged

    def judge(self, message: str, chances: Vector | None, said: frozenset[str] = frozenset()) -> Judged:
        """What one message comes to; `said` are classes of words of earlier messages."""
        if not message.strip():  # nothing in it that can be read
            return self._plain()
        found = self.read(message, said)
        if self.classifier is None or chances is None:
            outcome = next((o for o in _BY_SIGN if self._live(found, o)), "GENERAL")
            return Judged(outcome, self._category(outcome, found, None), found)
        likely = self.classifier.outcomes(chances, sign_features(found, self.outcome_of)).tolist()
        signed = frozenset(self.outcome_of(category) for category in found.live)
        short = len(message.split()) <= _SHORT
        outcome = _decide(dict(zip(OUTCOMES, likely, strict=True)), signed, short=short)
        return Judged(outcome, self._category(outcome, found, chances), found)

    def about(self, message: str) -> str:
        """What a message speaks of, live or in general: "danger", "condition" (one that calls for care), or neither."""
        found = self.read(message)
        outcomes = {self.outcome_of(category) for category in found.live | found.hidden}
        return "danger" if outcomes & ALARM else "condition" if "CAUTION" in outcomes else ""

    def read(self, message: str, said: frozenset[str] = frozenset()) -> Reading:
        """The signs in a message; `said` are classes of words of earlier messages."""
        return self._read(message, said)

    @cached_property
    def _read(self) -> Callable[[str, frozenset[str]], Reading]:
        """Reads each of the last messages once: a verdict looks at the same ones several times."""

        def reading(message: str, said: frozenset[str]) -> Reading:
            return read(clauses(message, self.speller), self.policy.lexicon, self._signs, self.policy.cues, said)

        return lru_cache(maxsize=_KEPT)(reading)

    @cached_property
    def _signs(self) -> Mapping[str, Sequence[Sign]]:
        return by_class(self.policy.signs)

    def outcome_of(self, category: str) -> str:
        """What a category comes to: its level, or the crisis route."""
        return CRISIS if category == self.policy.crisis else self.policy.level_of[category]

    def _live(self, found: Reading, outcome: str) -> list[str]:
        return [c for c in self.policy.level_of if c in found.live and self.outcome_of(c) == outcome]

    def _category(self, outcome: str, found: Reading, chances: Vector | None) -> str:
        """The likeliest category of the outcome; where there are no chances, one whose sign was found."""
        own = [c for c in self.policy.level_of if self.outcome_of(c) == outcome]
        if chances is None or self.classifier is None:
            return next(iter(self._live(found, outcome)), own[0])
        places = {name: i for i, name in enumerate(self.classifier.categories)}
        return max(own, key=lambda c: float(chances[places[c]]))

    def _plain(self) -> Judged:
        empty: frozenset[str] = frozenset()
        first = next(c for c, level in self.policy.level_of.items() if level == "GENERAL")
        return Judged("GENERAL", first, Reading(empty, empty, empty, False, False, False, False, False))


def _settles(reading: Reading) -> bool:
    """Whether a message says that a report was looked at, or was a misunderstanding."""
    return reading.cleared or reading.corrected


def sign_features(found: Reading, outcome_of: Callable[[str], str]) -> dict[str, float]:
    """The signs of a message as numbers, in the order the classifier was taught."""
    row: dict[str, float] = {}
    for outcome in _BY_SIGN:
        row[f"live {outcome}"] = float(min(2, sum(outcome_of(c) == outcome for c in found.live)))
        row[f"hidden {outcome}"] = float(any(outcome_of(c) == outcome for c in found.hidden))
    for name in ("masked", "supposed", "over", "cleared", "corrected"):
        row[name] = float(getattr(found, name))
    return row


def _decide(chances: Mapping[str, float], signed: frozenset[str], *, short: bool = False) -> str:
    """What to do: an alarm from its chance on, else the likeliest outcome; `signed` are those with a live sign."""
    sign = bool(signed & ALARM)
    alarm = chances["EMERGENCY"] + chances["URGENT"]
    rivals = CRISIS in signed or chances[CRISIS] >= _RIVALLING * alarm
    if chances[CRISIS] >= _CRISIS_FROM[CRISIS in signed] and rivals:
        return CRISIS
    if alarm >= (_SHORT_FROM if sign and short else _ALARM_FROM[sign]):
        return "EMERGENCY" if chances["EMERGENCY"] >= chances["URGENT"] else "URGENT"
    unlikely = {name for name, least in _REFUSED_FROM.items() if chances[name] < least}
    rest = {name: chance for name, chance in chances.items() if name not in ALARM | unlikely}
    return max(rest, key=lambda name: rest[name])
