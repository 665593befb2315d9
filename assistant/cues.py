"""Pure: what the words of a question ask for: small talk, facets, kinds of answer, the whole or a detail.

Nothing here knows a field: cues come from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from .text import fold, phrase_pattern, says_any, stem, stems, words
from .vocabulary import Vocabulary

__all__ = [
    "ASKING",
    "QUESTION_WORD",
    "asks",
    "asks_for_more",
    "facets_of",
    "focus_of",
    "is_overview",
    "opens_unclear",
    "says_phrase",
    "says_something",
    "small_talk",
    "wants_of",
]

ASKING = (
    r"(?:how|hows|what|whats|which|where|wheres|when|whens|why|who|whos|is|are|do|does|did"
    r"|can|could|should|shld|will|would|shall|am\s+i)\b"
)
"""Words that ask."""
QUESTION_WORD = re.compile(rf"\b{ASKING}", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\W*(\w+)")


def small_talk(question: str, vocabulary: Vocabulary) -> str | None:
    """Our reply when a message is nothing but small talk, else None."""
    tokens = words(question)
    folded = fold(question)
    if any(" " in phrase and phrase_pattern(phrase).search(folded) for phrase in vocabulary.pronouns):
        return None  # "what is this one" asks about the topic, "what is this" about us
    for kind in vocabulary.small_talk:
        for phrase in kind.phrases:
            if tokens[: len(words(phrase))] == words(phrase) and len(tokens) <= len(words(phrase)) + (
                2 if len(words(phrase)) > 1 else 1
            ):
                rest = tokens[len(words(phrase)) :]
                if all(stem(word) in vocabulary.plain_stems for word in rest):
                    return kind.reply
    return None


def asks(text: str) -> bool:
    """Whether a text ends in a question mark or has a word that asks."""
    return text.endswith("?") or bool(QUESTION_WORD.search(text))


def says_something(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a text has a word that is not plain, a facet, or plain words that mean something together."""
    if any(stem(word) not in vocabulary.plain_stems for word in words(text)):
        return True
    return bool(facets_of(text, vocabulary)) or says_phrase(text, vocabulary)


def says_phrase(text: str, vocabulary: Vocabulary) -> bool:
    """Whether words stand together that are a synonym together: "where do I look"."""
    tokens = stems(text)
    spans = ((start, start + length) for length in (2, 3, 4) for start in range(len(tokens) - length + 1))
    return any(tuple(tokens[start:end]) in vocabulary.synonym_groups for start, end in spans)


def asks_for_more(text: str, vocabulary: Vocabulary) -> bool:
    """Whether a message asks for other things than it was told: "anything else?"."""
    return says_any(fold(text), vocabulary.further)


def opens_unclear(text: str, openings: tuple[str, ...]) -> bool:
    """Whether a sentence opens with a word that leaves its subject unclear."""
    match = _FIRST_WORD.match(text)
    return match is not None and fold(match.group(1)) in openings


def is_overview(part: str, subject: Collection[str], vocabulary: Vocabulary) -> bool:
    """Whether a question asks how to do the whole thing: nothing is left but its cue, its subject and plain words."""
    folded = fold(part)
    cues = [cue for cue in vocabulary.overview if phrase_pattern(cue).search(folded)]
    said = {token for cue in cues for token in stems(cue)}
    return bool(cues) and not [
        t for t in stems(part) if t not in vocabulary.plain_stems and t not in subject and t not in said
    ]


def facets_of(question: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Facets a question asks for by its cue phrases, the most and longest cues first."""
    folded = fold(question)
    scores = {
        facet.name: sum(len(cue.split()) for cue in facet.cues if phrase_pattern(cue).search(folded))
        for facet, any_cue in vocabulary.facet_gates
        if any_cue.search(folded)
    }
    return tuple(sorted(scores, key=lambda name: -scores[name]))


def wants_of(question: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Kinds of answer a question asks for; the first that matches stands for vaguer ones after it."""
    folded = fold(question)
    found = [kind.name for kind in vocabulary.answer_kinds if says_any(folded, kind.cues)]
    return tuple(found[:1])


def focus_of(question: str, vocabulary: Vocabulary) -> str | None:
    """What a question counts or measures: "how many sets of it" -> "sets"; None when left out."""
    folded = fold(question)
    for kind in vocabulary.answer_kinds:
        for cue in kind.cues if kind.focus else ():
            if match := phrase_pattern(cue).search(folded):
                tail = [match.group().split()[-1]] if match.group().split()[-1] not in ("many", "of", "much") else []
                following = words(folded[match.end() :])[:3]
                content = [word for word in following if stem(word) not in vocabulary.plain_stems]
                return next(iter(content or tail), None) if kind.name == "count" else next(iter(tail), None)
    return None
