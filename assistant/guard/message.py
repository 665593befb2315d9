"""Pure: what a person typed -> clauses of tokens, misspellings of the policy's words mended."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from ..text import fold, stem

__all__ = ["Clause", "Speller", "Token", "clauses", "words"]

_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_CUT = re.compile(r"(?:[!?;:\n()\[\]\"…]|\.(?!\d))+|\s-+\s|(?<!\w)'|'(?!\w)")
_BUT = frozenset({"but", "although", "though", "however", "except"})
_SPLIT_NOT = re.compile(r"\b(could|can|did|will|do|does|have|has|would|should) ?not\b")
_JOINED = {"can": "cant", "will": "wont"}
_REPEATED = re.compile(r"(.)\1{2,}")
_FUZZY_FROM = 5
"""Letters. Shorter words have too many neighbours that mean something else."""
_FUZZY_TWICE_FROM = 9


@dataclass(frozen=True, slots=True)
class Token:
    """A word with its stem and the place of its clause's text it stands at."""

    word: str
    stem: str
    start: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence: negation and the like do not reach beyond it."""

    text: str
    """Folded, without apostrophes."""
    tokens: tuple[Token, ...]
    sentence: int
    """Number of the sentence it belongs to."""


@dataclass(frozen=True)
class Speller:
    """Mends words into those of the policy: one slip from five letters on, two from nine."""

    words: tuple[str, ...]
    known: Callable[[str], bool]
    """Whether a word is good English as it stands."""
    _by_length: Mapping[int, Sequence[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        found: dict[int, list[str]] = {}
        for word in self.words:
            found.setdefault(len(word), []).append(word)
        object.__setattr__(self, "_by_length", found)
        object.__setattr__(self, "mend", lru_cache(maxsize=8192)(self.mend))

    def mend(self, word: str) -> str:
        """The policy's word that was meant, or the word itself."""
        if len(word) < _FUZZY_FROM or word in self._all or not word.isalpha() or self.known(word):
            return word
        slips = 2 if len(word) >= _FUZZY_TWICE_FROM else 1
        near = [w for n in range(len(word) - slips, len(word) + slips + 1) for w in self._by_length.get(n, ())]
        best = process.extractOne(word, near, scorer=OSA.distance, score_cutoff=slips)
        return best[0] if best and len(best[0]) >= _FUZZY_FROM - 1 else word

    @property
    def _all(self) -> frozenset[str]:
        return _as_set(self.words)


@lru_cache(maxsize=8)
def _as_set(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(words)


def plain(text: str) -> str:
    """Folded text: accents resolved, apostrophes gone, "not" drawn together, letters never three times over.

    >>> plain("I CAN’T feeeel it, could not sleep")
    'i cant feel it, couldnt sleep'
    """
    spread = unicodedata.normalize("NFKD", fold(unicodedata.normalize("NFKC", text)))
    bare = "".join(char for char in spread if not unicodedata.combining(char))
    short = _REPEATED.sub(r"\1\1", bare.replace("'", "").replace("`", ""))
    return _SPLIT_NOT.sub(lambda match: _JOINED.get(match.group(1), f"{match.group(1)}nt"), short)


def clauses(text: str, speller: Speller) -> tuple[Clause, ...]:
    """Clauses of a message: cut at sentence marks, brackets, dashes, and before words such as "but"."""
    found = []
    for number, sentence in enumerate(_CUT.split(plain(text))):
        tokens = [(match.group(), match.start()) for match in _TOKEN.finditer(sentence or "")]
        first = 0
        for end in [i for i, (word, _) in enumerate(tokens) if word in _BUT and i] + [len(tokens)]:
            part = tokens[first:end]
            if part:
                begin = part[0][1]
                stop = tokens[end][1] if end < len(tokens) else len(sentence)
                mended = tuple(_token(word, start - begin, speller) for word, start in part)
                found.append(Clause(sentence[begin:stop].strip(), mended, number))
            first = end
    return tuple(found)


def words(text: str, speller: Speller) -> list[str]:
    """The plain words of a text."""
    return [token.word for clause in clauses(text, speller) for token in clause.tokens]


def _token(word: str, start: int, speller: Speller) -> Token:
    mended = speller.mend(word)
    return Token(mended, stem(mended), start)
