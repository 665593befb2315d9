"""Pure: how easy a text is to read."""

from __future__ import annotations

import re
from functools import lru_cache

from assistant.text import words

__all__ = ["flesch", "syllables"]

_MARKER = re.compile(r"^\s*(?:\d+[.)]|[-*•])\s+", re.MULTILINE)
_END = re.compile(r"[.!?]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]e|[^aeiouyr]re)s?$|[^aeiouytd]ed$")
_SPLIT = re.compile(r"\bcrea|ea$|i(?:a|o(?!u|n)|um|er\b|est\b)|eo|ua|uou|[aeou]ing$")


@lru_cache(maxsize=8192)
def syllables(word: str) -> int:
    """Syllables of an English word, counted by its vowel groups; good to about one in ten words.

    >>> [syllables(word) for word in ("back", "extension", "repetitions", "muscle", "8", "create")]
    [1, 3, 4, 2, 1, 2]
    """
    low = re.sub(r"[^a-z]", "", word.lower())
    if not low:
        return 1  # a number or a sign is spoken somehow; one keeps the figure from depending on how
    count = len(_VOWELS.findall(low)) + len(_SPLIT.findall(low)) - bool(_SILENT.search(low))
    return max(1, count)


def flesch(text: str) -> float:
    """Flesch reading ease (Flesch 1948, "A new readability yardstick"): 60-70 is plain English, 30 is academic.

    206.835 - 1.015 words/sentences - 84.6 syllables/words; a list item is a sentence. An empty text gives 0.
    """
    bare = _MARKER.sub("", text)
    found = words(bare)
    if not found:
        return 0.0
    sentences = sum(1 for part in _END.split(bare) if words(part))
    return 206.835 - 1.015 * len(found) / sentences - 84.6 * sum(map(syllables, found)) / len(found)
