"""Pure: what a mention is worth where it stands: denied, supposed, long over, a figure of speech, or a live report.

In the manner of NegEx (Chapman et al. 2001) and ConText (Harkema et al. 2009): a cue reaches from its place to the end
of the clause, to a word that ends its reach, or over a number of words; what looks like a cue and is none is taken out
first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .concepts import Mention, phrase_stems
from .message import Clause

__all__ = ["Cues", "Scope", "make_cues"]

_REACH = 6
"""Words that a negation reaches forward; NegEx's five, and one for chat's filler words."""
_REACH_BACK = 4
_NAMES = (
    "masked", "pseudo_negation", "negation", "negation_after", "termination",
    "hypothetical", "abstract", "resolved", "recent", "cleared", "seen", "well", "corrected",
)  # fmt: skip


@dataclass(frozen=True)
class Cues:
    """Phrases of scope by their first stem: (kind of cue, all its stems)."""

    phrases: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]

    def find(self, clause: Clause) -> dict[str, list[tuple[int, int]]]:
        """Kind of cue -> first and last token of each place it is found at; of one kind the longest wins."""
        stems = [token.stem for token in clause.tokens]
        found: dict[str, list[tuple[int, int]]] = {}
        for first, here in enumerate(stems):
            best: dict[str, int] = {}
            for kind, wanted in self.phrases.get(here, ()):
                if tuple(stems[first : first + len(wanted)]) == wanted:
                    best[kind] = max(best.get(kind, 0), len(wanted))
            for kind, length in best.items():
                found.setdefault(kind, []).append((first, first + length - 1))
        return found


def make_cues(phrases: Mapping[str, Iterable[str]]) -> Cues:
    """Cues of the kinds in `phrases`; see `Scope` for what each does."""
    table: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for kind, items in phrases.items():
        if kind not in _NAMES:
            raise ValueError(f"there is no kind of cue {kind!r}; there are {', '.join(_NAMES)}")
        for item in items:
            if stems := phrase_stems(item):
                table.setdefault(stems[0], []).append((kind, stems))
    return Cues(table)


class Scope:
    """The cues of one clause, and what they do to a mention in it."""

    def __init__(self, clause: Clause, cues: Cues) -> None:
        self._found = cues.find(clause)
        self._size = len(clause.tokens)
        self.masked = self._covered("masked")
        """Tokens of idioms and of names that only sound alarming."""
        self.supposed = self.has("hypothetical") or self.has("abstract")
        self.over = self.has("resolved") and not self.has("recent")
        self._denied = self._negated()

    def has(self, kind: str) -> bool:
        """Whether the clause has a cue of a kind outside of figures of speech."""
        return any(not self._hidden(first, last) for first, last in self._found.get(kind, ()))

    def says(self, kind: str) -> bool:
        """Whether the clause has a cue of a kind, live and not denied: "has not been looked at" says nothing of one."""
        turned = self._covered("pseudo_negation")
        return any(
            not self._hidden(first, last) and first not in turned and not self.is_denied(Mention(kind, first, last))
            for first, last in self._found.get(kind, ())
        )

    def is_masked(self, mention: Mention) -> bool:
        """Whether a mention lies, at least in part, inside a figure of speech or a name."""
        return any(i in self.masked for i in range(mention.first, mention.last + 1))

    def is_denied(self, mention: Mention) -> bool:
        """Whether the first word of a mention is within reach of a negation that is not part of the mention."""
        return any(
            reach_first <= mention.first <= reach_last and not (cue_first >= mention.first and cue_last <= mention.last)
            for cue_first, cue_last, reach_first, reach_last in self._denied
        )

    def _covered(self, kind: str) -> frozenset[int]:
        return frozenset(i for first, last in self._found.get(kind, ()) for i in range(first, last + 1))

    def _hidden(self, first: int, last: int) -> bool:
        return all(i in self.masked for i in range(first, last + 1))

    def _negated(self) -> list[tuple[int, int, int, int]]:
        """Each negation's own place and the tokens it reaches."""
        taken = self._covered("pseudo_negation")
        stops = sorted(first for first, _ in self._found.get("termination", ()))
        found = []
        for first, last in self._found.get("negation", ()):
            if first not in taken:
                end = next((stop - 1 for stop in stops if stop > last), self._size - 1)
                found.append((first, last, first, min(end, last + _REACH)))
        for first, last in self._found.get("negation_after", ()):
            if first not in taken:
                start = max((stop + 1 for stop in stops if stop < first), default=0)
                found.append((first, last, max(start, first - _REACH_BACK), last))
        return found
