"""Pure: which place a message asks for: a step of a list, or one of the things that were talked about."""

from __future__ import annotations

import re

from .text import fold, phrase_pattern, words
from .vocabulary import Vocabulary

__all__ = ["ordinal_of", "returning_to", "step_of"]

_ORDINAL_DIGITS = 4


def ordinal_of(part: str, vocabulary: Vocabulary) -> int | None:
    """The place in a list that is asked for: "the third step" -> 3, "step 2" -> 2, "the last one" -> -1."""
    tokens = words(part)
    for place, (before, here, following) in enumerate(zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False)):
        measured = before.isdecimal()  # "a 30 second hold" asks for no second item
        after = tokens[place + 2] if len(tokens) > place + 2 else ""
        of_them = following == "of" and after in ("those", "these", "them")
        named = following in vocabulary.list_words or len(tokens) <= 3 or (before == "the" and not following) or of_them
        if here in vocabulary.ordinals and not measured and named:
            return vocabulary.ordinals[here]
        if here in ("step", "point") and following.isdecimal() and len(following) <= _ORDINAL_DIGITS:
            return int(following) or None
        if here in ("step", "point") and following in vocabulary.numerals:
            return vocabulary.numerals[following]
    if len(tokens) > 1 and tokens[-2] == "number" and tokens[-1].isdecimal() and len(tokens[-1]) <= _ORDINAL_DIGITS:
        return int(tokens[-1]) or None  # "what's number 2?"
    return None


def returning_to(question: str, vocabulary: Vocabulary) -> int | None:
    """The place of what a question goes back to: "back to the first one" -> 1; steps are in what is talked about."""
    for phrase in vocabulary.returning:
        match = re.search(rf"\b{re.escape(phrase)}\s+(?:the\s+)?(\w+)(?:\s+(\w+))?", fold(question))
        if match and match[1] in vocabulary.ordinals and (match[2] == "one" or match[2] not in vocabulary.list_words):
            return vocabulary.ordinals[match[1]]
    return None


def step_of(part: str, vocabulary: Vocabulary) -> int | None:
    """The place that is asked for, unless it tells which thing is meant: "that last one", "back to the first one"."""
    if returning_to(part, vocabulary) is not None:
        return None
    rest = fold(part)
    for phrase in vocabulary.that_one:
        rest = phrase_pattern(phrase).sub(" ", rest)
    return ordinal_of(rest, vocabulary)
