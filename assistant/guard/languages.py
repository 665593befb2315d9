"""Pure: which language a message is in, and its words turned into English ones for the guard to read.

A glossary is no translation: it carries over what matters (body, feeling, time, denial, intent), word by word, longest
phrase first, and that is what signs and meaning are read from. Where English is as likely, a message is English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from .message import plain

__all__ = ["Language", "Languages", "make_language"]

_WORD = re.compile(r"[^\W\d_]+|\d+(?:[.,:/]\d+)*|[.!?;:,¿¡。！？，；：、]")
_MARK = re.compile(r"[.!?;:,¿¡。！？，；：、]")
_FULL = {"。": ".", "！": "!", "？": "?", "，": ",", "；": ";", "：": ":", "、": ",", "¿": "", "¡": ""}
_LONGEST = 5
"""Words of the longest phrase of a glossary."""
_LEAST = 2
"""Words of its own that a message must have to be taken for another language than English."""
_SCRIPT_SHARE = 0.3
_ELISION = re.compile(r"\b(l|d|qu|j|m|t|s|n|c)['\u2019](?=\w)", re.IGNORECASE)
"""A word that has lost its vowel before another: two words for the glossary."""


@dataclass(frozen=True)
class Language:
    """A language: how it is told, its glossary and its texts."""

    code: str
    words: frozenset[str]
    """Words that give it away, as `plain` makes them."""
    script: re.Pattern[str] | None
    """Characters of its own script."""
    spaced: bool
    """Whether words are set apart by spaces."""
    phrases: Mapping[str, str]
    """Phrase, words apart by one space -> English; a word may end in * for any ending."""
    replies: Mapping[str, Any]

    def mixes(self, text: str) -> bool:
        """Whether words are put together from this script and Latin letters: somebody hides English."""
        if self.script is None or not self.spaced:
            return False
        return any(
            self.script.search(word) and any(char.isascii() and char.isalpha() for char in word)
            for word in text.split()
        )

    def own(self, words: AbstractSet[str], odd: AbstractSet[str]) -> int:
        """How many of the words are its own: common ones, or no English (`odd`) and in its glossary."""
        return sum(word in self.words or (word in odd and self._found([word]) is not None) for word in words)

    def gloss(self, text: str, known: Callable[[str], bool]) -> str:
        """The message in English words; what the glossary lacks is left out unless it is an English word."""
        return self._gloss_spaced(text, known) if self.spaced else self._gloss_run(text)

    def _gloss_spaced(self, text: str, known: Callable[[str], bool]) -> str:
        tokens = _WORD.findall(_loose(text))
        out: list[str] = []
        place = 0
        while place < len(tokens):
            size, english = self._longest(tokens, place)
            if size:
                out.append(english)
            elif _MARK.fullmatch(tokens[place]):
                out.append(_FULL.get(tokens[place], tokens[place]))
            elif tokens[place][0].isdigit() or (tokens[place] not in self.words and known(tokens[place])):
                out.append(tokens[place])
            place += max(1, size)
        return " ".join(word for word in out if word)

    def _longest(self, tokens: Sequence[str], place: int) -> tuple[int, str]:
        """Length and English of the longest phrase at a place; (0, "") where there is none."""
        for size in range(min(_LONGEST, len(tokens) - place), 0, -1):
            words = tokens[place : place + size]
            if (english := self._found(words)) is not None:
                return size, english
        return 0, ""

    def _found(self, words: Sequence[str]) -> str | None:
        whole = " ".join(words)
        if whole in self.phrases:
            return self.phrases[whole]
        for end in range(len(words[-1]), 2, -1):  # the longest stem that the glossary has
            stem = " ".join([*words[:-1], words[-1][:end] + "*"])
            if stem in self.phrases:
                return self.phrases[stem]
        return None

    def _gloss_run(self, text: str) -> str:
        out: list[str] = []
        place = 0
        longest = max(map(len, self.phrases), default=0)
        while place < len(text):
            for size in range(min(longest, len(text) - place), 0, -1):
                if (english := self.phrases.get(text[place : place + size])) is not None:
                    out.append(english)
                    place += size
                    break
            else:
                char = text[place]
                if char.isascii() and (char.isalnum() or char == "."):
                    joined = bool(out) and place > 0 and text[place - 1].isascii() and text[place - 1].isalnum()
                    out.append(out.pop() + char if joined else char)
                elif char in _FULL:
                    out.append(_FULL[char])
                place += 1
        return " ".join(word for word in out if word)


@dataclass(frozen=True)
class Languages:
    """All languages but English, and the words that give English away."""

    english: frozenset[str]
    others: tuple[Language, ...]

    def tell(self, text: str, known: Callable[[str], bool]) -> Language | None:
        """The language of a message; None for English and for what cannot be told.

        A language with a script of its own is told by that, the others by their commonest words and those of their
        glossaries, of which there must be more than English ones.

        Args:
            text: the message.
            known: whether a word is good English.
        """
        letters = sum(char.isalpha() for char in text)
        for language in self.others:
            own = len(language.script.findall(text)) if language.script else 0
            if own >= _LEAST and own >= _SCRIPT_SHARE * letters and not language.mixes(text):
                return language
        words = [word for word in _WORD.findall(_loose(text)) if word.isalpha() and len(word) > 1]
        foreign = set(words) - self.english
        odd = {word for word in foreign if not known(word)}
        counts = {language.code: language.own(foreign, odd) for language in self.others}
        best = max(self.others, key=lambda language: counts[language.code], default=None)
        if best is None or counts[best.code] < _LEAST:
            return None
        return best if counts[best.code] > len(self.english.intersection(words)) else None


def _loose(text: str) -> str:
    """Plain text with elided words apart.

    >>> _loose("L\u2019été, j'ai mal")
    'l ete, j ai mal'
    """
    return plain(_ELISION.sub(r"\1 ", text))


def make_language(raw: Mapping[str, Any]) -> Language:
    """A language from its file. Raises KeyError or re.error for what is missing or malformed."""
    spaced = raw.get("spaced", "true") == "true"
    tidy: Callable[[str], str] = (lambda phrase: " ".join(_loose(phrase).split())) if spaced else str
    return Language(
        code=raw["code"],
        words=frozenset(plain(word) for word in raw.get("words", ())),
        script=re.compile(raw["script"]) if raw.get("script") else None,
        spaced=spaced,
        phrases={tidy(phrase): english for phrase, english in raw.get("phrases", {}).items()},
        replies=raw["replies"],
    )
