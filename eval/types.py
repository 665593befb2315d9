"""The nouns of the eval: what a system replied to a case, and how good that was."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.types import Level

from .dataset import Case

__all__ = ["Interval", "Place", "Reply", "Score"]


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of an article with its words: a retrieved passage, or a quote. Offsets as in `assistant.types`."""

    article: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What a system gave back for a case."""

    text: str
    """What it says when it answers."""
    confidence: float
    """How sure it is that the question is covered; only the order counts, and the cut-off it is compared with."""
    answered: bool = True
    """False: it declined."""
    forced: str | None = None
    """What it would have said had it had to answer; None: its text."""
    ranked: tuple[Place, ...] = ()
    """What its search found, best first."""
    quotes: tuple[Place, ...] = ()
    """What its citations quote."""
    sentences: int = 0
    """Sentences that are not our own notices."""
    supported: int = 0
    """Sentences that stand word for word in the quotes they cite."""
    level: Level | None = None
    category: str | None = None
    milliseconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Score:
    """How good one reply to one case was. Counts of facts are 0 for a declined case."""

    case: Case
    reply: Reply
    stated: int
    """Key facts stated anywhere in the answer."""
    stated_early: int
    """Key facts stated within the first 100 words."""
    wrong: bool
    """A must-not pattern matched anywhere."""
    wrong_early: bool
    forced_right: bool
    """Whether the answer it would give, if it had to, is fully correct within the first 100 words."""
    relevant: tuple[bool, ...] = ()
    """For each place the search found, best first, whether it holds a key fact."""
    relevant_total: int = 0
    """How many places of the corpus hold a key fact."""
    quotes_on_point: int = 0
    """Quotes that lie in gold evidence and state a key fact."""
    facts_quoted: int = 0
    """Key facts that a single quote states."""
    verbatim: int = 0
    """Quotes that are exact slices of the article they name."""
    words: int = 0
    flesch: float = 0.0

    @property
    def correct(self) -> bool:
        """Every key fact within the first 100 words and nothing wrong there; an uncovered case: declined."""
        if not self.case.covered:
            return not self.reply.answered
        return self.reply.answered and self.stated_early == len(self.case.facts) and not self.wrong_early

    @property
    def correct_anywhere(self) -> bool:
        """The same over the whole answer."""
        if not self.case.covered:
            return not self.reply.answered
        return self.reply.answered and self.stated == len(self.case.facts) and not self.wrong


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % bootstrap interval and the number of cases behind it; NaN when there are none."""

    value: float
    low: float
    high: float
    count: int
