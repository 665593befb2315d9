"""Pure: which classes of words a clause mentions, and which signs they make together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..text import stem
from .message import Clause

__all__ = ["Lexicon", "Mention", "Sign", "make_lexicon", "phrase_stems"]

_GAP = 2
"""Other words that may stand between two words of a phrase."""
_REGEX = re.compile(r"/(.+)/")


@dataclass(frozen=True, slots=True)
class Mention:
    """A class of words found in a clause, at tokens first to last."""

    name: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Sign:
    """What makes a category: classes that stand in one clause, others said anywhere, others absent from the clause."""

    category: str
    all: tuple[str, ...]
    together: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()


@dataclass(frozen=True)
class Lexicon:
    """Phrases by their first stem: (class, the stems that follow)."""

    phrases: Mapping[str, Sequence[tuple[str, tuple[str, ...]]]]
    regexes: Sequence[tuple[str, re.Pattern[str]]]

    def mentions(self, clause: Clause) -> list[Mention]:
        """Every class that a clause mentions, in order of place."""
        stems = [token.stem for token in clause.tokens]
        found = []
        for first, here in enumerate(stems):
            for name, rest in self.phrases.get(here, ()):
                if (last := _follow(stems, first, rest)) is not None:
                    found.append(Mention(name, first, last))
        for name, pattern in self.regexes:
            for match in pattern.finditer(clause.text):
                found.append(_covered(name, clause, match.start(), match.end()))
        return found


def _follow(stems: Sequence[str], first: int, rest: Sequence[str]) -> int | None:
    """Where a phrase ends that starts at `first`, its words at most two others apart; None: not there."""
    place = first
    for wanted in rest:
        for step in range(1, _GAP + 2):
            if place + step < len(stems) and stems[place + step] == wanted:
                place += step
                break
        else:
            return None
    return place


def _covered(name: str, clause: Clause, start: int, end: int) -> Mention:
    inside = [i for i, token in enumerate(clause.tokens) if start <= token.start < end] or [0]
    return Mention(name, inside[0], inside[-1])


def phrase_stems(phrase: str) -> tuple[str, ...]:
    """A phrase of the data as stems.

    >>> phrase_stems("lost feeling")
    ('lost', 'feel')
    """
    return tuple(stem(word) for word in phrase.replace("'", "").split())


def make_lexicon(classes: Mapping[str, Iterable[str]]) -> Lexicon:
    """Classes of phrases, ready for matching; an item between slashes is a regular expression over the clause."""
    phrases: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    regexes: dict[str, list[str]] = {}
    for name, items in classes.items():
        for item in items:
            if match := _REGEX.fullmatch(item):
                regexes.setdefault(name, []).append(f"(?:{match.group(1)})")
            elif stems := phrase_stems(item):
                phrases.setdefault(stems[0], []).append((name, stems[1:]))
    return Lexicon(phrases, [(name, re.compile("|".join(parts))) for name, parts in regexes.items()])
