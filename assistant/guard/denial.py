"""Pure: leaves out the sentences of a message that only deny, so that no denial it knows can raise an alarm.

The grammar is narrow on purpose: every word of such a sentence has to be in the lists of `denials.yaml`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["KINDS", "Denials"]

_SENTENCE = re.compile(r"((?:[^.!?;:\n…]|\.(?=\d))*)([.!?;:\n…]*)")
_WORD = re.compile(r"\S+")
_ANSWER = re.compile(r"\b(?:no|nope|nah)\s*[,-]", re.IGNORECASE)
"""A no that answers a question denies nothing of what follows: "no, chest pain"."""
_LETTERS = {
    "none": "N", "not": "n", "deniable": "D", "state": "A", "body": "B", "being": "S", "fine": "F", "between": "w",
    "usual": "U", "joining": "j", "filler": "x",
}  # fmt: skip
KINDS = tuple(_LETTERS)
_DENIED = r"(?:N[Bw]*D|S?n[Bw]*[DA])[BwDAj]*"
_FINE = r"B[Bwjx]*(?:S[BwjxS]*F|S?U)"
_DENIAL = re.compile(f"[Bwjx]*(?:(?:{_DENIED}|{_FINE})[Bwjx]*)+")
"""A sentence that only denies, in the letters of its phrases: xwND, "I have no fever"; xBSF, "my chest is fine"."""
_WHOLE = frozenset({_LETTERS["state"], _LETTERS["usual"]})
"""What denies in a sentence of its own alone: "no way to lie that doesn't hurt", "I can't pee like normal"."""
_LONGEST = 4
"""Words of a phrase."""
_MOST_WORDS = 25
"""Words of a denial."""


@dataclass(frozen=True)
class Denials:
    """What a sentence that only denies is made of."""

    kind_of: Mapping[str, str]
    """Kind of each phrase of the lists."""
    plain_words: Callable[[str], Sequence[str]] = field(repr=False)
    """The plain words of a text, as the signs see them."""

    def taken_out(self, message: str) -> str:
        """The message without what only denies: whole sentences, and ends of sentences that lack their mark."""
        text, last = "", len(message.rstrip())
        for match in _SENTENCE.finditer(message):
            said, mark = match.groups()
            rest = said if "?" in mark else self._kept(said)
            if rest or not said:
                text += rest + (mark if rest == said or match.end() < last else "")
        return text.strip()

    def _kept(self, said: str) -> str:
        """What is said in a sentence besides the denial at its end."""
        if _ANSWER.search(said):
            return said
        for match in list(_WORD.finditer(said))[-_MOST_WORDS:]:
            opening = self.plain_words(match.group())
            if opening and opening[0] in self.kind_of:
                letters = "".join(self._letters(self.plain_words(said[match.start() :])))
                rest = said[: match.start()].rstrip()
                if _DENIAL.fullmatch(letters) and not (rest and _WHOLE & set(letters)):
                    return rest
        return said

    def _letters(self, words: Sequence[str]) -> Iterator[str]:
        """A letter for the kind of each phrase, longest phrases first; a question mark for what is in no list."""
        place = 0
        while place < len(words):
            lengths = range(_LONGEST, 0, -1)
            length = next((n for n in lengths if " ".join(words[place : place + n]) in self.kind_of), 1)
            kind = self.kind_of.get(" ".join(words[place : place + length]), "")
            yield _LETTERS.get(kind, "?")
            place += length
