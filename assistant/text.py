"""Words, stems and sentences: the small text tools that every pure part shares."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypeVar

import Stemmer

__all__ = [
    "collapse",
    "fold",
    "longest_matches",
    "phrase_pattern",
    "says_any",
    "sentences",
    "slug",
    "stem",
    "stems",
    "word_count",
    "words",
]

T = TypeVar("T")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_FOLDED = str.maketrans("‘’‚‛“”„‟–—−", "''''\"\"\"\"---")
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’)\]]*(?=\s+[\"'“‘(\[]*[A-Z0-9À-Þ]|\s*$)")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|approx|incl|no|fig|dr|mr|mrs|ms|prof|st|al|cf|[a-z])\.$", re.IGNORECASE
)
_LONGEST_ABBREVIATION = 8
_STEMMER = Stemmer.Stemmer("english")


def collapse(text: str) -> str:
    r"""Text in NFC on one line: invisible characters gone, every run of white space one space.

    >>> collapse(" a\u00a0 b\u200b\n c ")
    'a b c'
    """
    return " ".join(unicodedata.normalize("NFC", text).translate(_INVISIBLE).split())


def fold(text: str) -> str:
    """Text for matching: lower case, straight quotes, plain hyphens. The length stays the same.

    >>> fold("Don’t – Stop")
    "don't - stop"
    """
    plain = text.translate(_FOLDED)
    low = plain.lower()
    if len(low) == len(plain):
        return low
    return "".join(lower if len(lower := char.lower()) == 1 else char for char in plain)


def words(text: str) -> list[str]:
    """List the words of a text in lower case.

    >>> words("Don’t do 8–12 reps!")
    ["don't", 'do', '8', '12', 'reps']
    """
    return _WORD.findall(fold(text))


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Snowball (Porter 2) stem of one word; a possessive or contraction loses its tail.

    >>> stem("extensions"), stem("trainer's")
    ('extens', 'trainer')
    """
    return str(_STEMMER.stemWord(fold(word).split("'")[0]))


def stems(text: str) -> list[str]:
    """Stems of the words of a text, in order.

    >>> stems("Lifting weights")
    ['lift', 'weight']
    """
    return [stem(word) for word in words(text)]


def word_count(text: str) -> int:
    """Count the words separated by white space."""
    return len(text.split())


def sentences(text: str, offset: int = 0) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of a paragraph, without surrounding white space, moved by `offset`.

    >>> list(sentences("Do 3 sets, e.g. Mondays. Rest!"))
    [(0, 24), (25, 30)]
    """
    start = 0
    for match in _SENTENCE_END.finditer(text):
        before = max(0, match.start() - _LONGEST_ABBREVIATION)
        if match.group().startswith(".") and _ABBREVIATION.search(text, before, match.start() + 1):
            continue
        yield from _trimmed(text, start, match.end(), offset)
        start = match.end()
    yield from _trimmed(text, start, len(text), offset)


def _trimmed(text: str, start: int, end: int, offset: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    if stripped := piece.strip():
        first = start + piece.index(stripped[0])
        yield offset + first, offset + first + len(stripped)


def slug(text: str) -> str:
    """Make a name for files, ids and anchors; words of another script than Latin stay as they are.

    >>> slug("How to do it: Step 1?"), slug("Планка")
    ('how-to-do-it-step-1', 'планка')
    """
    plain = "".join(char for char in unicodedata.normalize("NFKD", fold(text)) if not unicodedata.combining(char))
    if any(char.isalpha() and not char.isascii() for char in plain):
        plain = unicodedata.normalize("NFC", fold(text))
    return "-".join(re.findall(r"[^\W_]+", plain)) or "untitled"


@lru_cache(maxsize=4096)
def phrase_pattern(phrase: str) -> re.Pattern[str]:
    """Compile a phrase of a data file: whole words, case-blind; `*` stands for any word ending.

    >>> bool(phrase_pattern("how to").search("HOW  to lift")), bool(phrase_pattern("step*").search("Steps"))
    (True, True)
    """
    parts = (re.escape(word).replace(r"\*", r"\w*") for word in fold(phrase).split())
    return re.compile(r"(?<!\w)" + r"\s+".join(parts) + r"(?!\w)", re.IGNORECASE)


def says_any(folded: str, phrases: Iterable[str]) -> bool:
    """Whether a folded text has one of the phrases of a data file."""
    any_of_them = _any_pattern(tuple(phrases))
    return any_of_them is not None and bool(any_of_them.search(folded))


@lru_cache(maxsize=512)
def _any_pattern(phrases: tuple[str, ...]) -> re.Pattern[str] | None:
    """One pattern of all: a list of a hundred is searched for in one go."""
    return (
        re.compile("|".join(phrase_pattern(phrase).pattern for phrase in phrases), re.IGNORECASE) if phrases else None
    )


def longest_matches(
    tokens: Sequence[str], longest: int, find: Callable[[tuple[str, ...]], T]
) -> list[tuple[int, int, T]]:
    """First token, count of tokens and what is found of each run that means something; none lies within another.

    From the left, the longest run first; what `find` gives counts when it is true.

    >>> longest_matches(["a", "b", "b"], 2, {("a", "b"): "ab", ("b",): "b"}.get)
    [(0, 2, 'ab'), (2, 1, 'b')]
    """
    matches: list[tuple[int, int, T]] = []
    start = 0
    while start < len(tokens):
        step = 1
        for length in range(min(longest, len(tokens) - start), 0, -1):
            if found := find(tuple(tokens[start : start + length])):
                matches.append((start, length, found))
                step = length
                break
        start += step
    return matches
