"""Pure: what a conversation was about, and its last message made whole by it.

Nothing here knows a field: names come from the articles, words that point back from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from .cues import QUESTION_WORD, facets_of, says_phrase, small_talk
from .lexicon import Lexicon
from .names import compares, completed, find_names, leans, mended
from .places import ordinal_of, step_of
from .text import fold, phrase_pattern, says_any, stem, stems, words
from .types import Turn
from .vocabulary import Vocabulary

__all__ = [
    "Conversation",
    "conversation",
    "is_fragment",
    "made_whole",
    "meant_by",
    "next_step",
    "own_words",
    "repeated",
]

_ELLIPSIS_WORDS = 3
_LONGEST_FRAGMENT = 6
_ABOUT = re.compile(r"\W*(?:and\s+)?(?:what|how)\s+about\b", re.IGNORECASE)
_ADD = "and|or|but|for|with|without|in|on|as"
_ADDING = re.compile(rf"\W*(?:{_ADD})\b", re.IGNORECASE)
_JOINING = re.compile(rf"\W*(?:{_ADD}|if|what|how)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(r"\W*(?:is|are|do|does|did|can|could|should|shld|will|would|shall|am\s+i)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said before a message."""

    topics: tuple[str, ...] = ()
    """What was named last; several where they were named together."""
    question: str = ""
    """The last question, made whole."""
    ordinal: int | None = None
    """The step that was asked for."""
    heard: str = ""
    """What it was answered, if it was."""
    refused: bool = False
    """Whether it was told that it is not covered."""

    @property
    def topic(self) -> str:
        """What is talked about; empty when nothing was named."""
        return self.topics[-1] if self.topics else ""


def conversation(history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary) -> Conversation:
    """What was talked about last, and the last question made whole."""
    said, chatting = Conversation(), False
    for turn in history:
        if turn.role == "user":
            chatting = small_talk(turn.text, vocabulary) is not None
            said = said if chatting else _asked_on(turn.text, said, lexicon, vocabulary)
        elif not chatting:
            named = find_names(turn.text, lexicon, vocabulary)
            refused = turn.text.startswith(vocabulary.replies["not_covered"])
            said = replace(said, topics=said.topics or tuple(named[:1]), heard=turn.text, refused=refused)
    return said


def _asked_on(message: str, said: Conversation, lexicon: Lexicon, vocabulary: Vocabulary) -> Conversation:
    """The conversation with one more question."""
    text = completed(mended(message, lexicon, vocabulary), said.topic, lexicon)
    named = find_names(text, lexicon, vocabulary)
    if named and said.topic and compares(text, lexicon, vocabulary):  # "how does it differ from X" names two
        named = list(dict.fromkeys([said.topic, *named]))
    text = repeated(text, said, vocabulary)
    following = next_step(text, said, vocabulary)
    whole = said.question if following else made_whole(text, said, lexicon, vocabulary)[0]
    return Conversation(tuple(named) or said.topics, whole, following or step_of(text, vocabulary))


def is_fragment(text: str) -> bool:
    """Whether a few words ask nothing alone and change what was asked before: "and for the arms?"."""
    return len(text.split()) <= _LONGEST_FRAGMENT and not QUESTION_WORD.search(_ABOUT.sub("", text))


def made_whole(part: str, said: Conversation, lexicon: Lexicon, vocabulary: Vocabulary) -> tuple[str, tuple[str, ...]]:
    """A question to be understood alone: the subject and what the last question asked put in where they are missing.

    Also the words of its own that it adds to the last question; none where it does not go on from that.
    """
    named = find_names(part, lexicon, vocabulary)
    own = own_words(part, named, vocabulary)
    whole = bool(QUESTION_WORD.search(part)) and bool(own or facets_of(part, vocabulary))
    whole = whole or bool(QUESTION_WORD.match(_ABOUT.sub("", part)) and says_phrase(part, vocabulary))
    whole = whole or bool(named and _YES_OR_NO.match(part))  # the name may be what is asked about: "should I stretch"
    whole = whole or compares(part, lexicon, vocabulary)  # "the difference to X" asks enough
    alone = said.topic and not named and not _JOINING.match(part) and facets_of(part, vocabulary)  # "common mistakes?"
    whole = whole or bool(alone)
    # where nothing was named, nothing but the question before tells what "and for how long" is about
    short = said.refused or not whole
    pointing = _ends_pointing(part, vocabulary) or (short and _points_back(part, vocabulary))
    of_nameless = bool(said.heard) and not said.topic and not named and pointing
    if said.question and (of_nameless or (not whole and len(own) <= _ELLIPSIS_WORDS)):
        carried = _without_names(said.question, named, lexicon, vocabulary) if named else said.question
        return f"{carried} {part}", tuple(own)
    if named:
        return part, ()
    meant = meant_by(part, said, vocabulary)
    return (f"{' and '.join(meant)}: {part}" if meant else part), ()


def own_words(part: str, named: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """The words of a question that say something, those of the names in it apart."""
    of_names = {token for name in named for token in stems(name)}
    return [word for word in words(part) if stem(word) not in vocabulary.plain_stems and stem(word) not in of_names]


def repeated(part: str, said: Conversation, vocabulary: Vocabulary) -> str:
    """What a message comes to that says little: the last question, to be answered again, or one in other words.

    The message itself where it says more than that.
    """
    if said.question and _says_only(part, vocabulary.repeating, vocabulary):
        return said.question
    meant = [question for question, told in vocabulary.restated.items() if _says_only(part, told, vocabulary)]
    if said.question and _says_only(part, vocabulary.reversing, vocabulary):
        facets = facets_of(said.question, vocabulary)
        other = {facet.opposite for facet in vocabulary.facets if facet.name in facets} - {""}
        meant = [question for question in vocabulary.restated if other.intersection(facets_of(question, vocabulary))]
    return meant[0] if said.question and meant else part


def next_step(part: str, said: Conversation, vocabulary: Vocabulary) -> int | None:
    """The step after the last one, where a message asks for nothing else: "and then?"."""
    last = said.ordinal or 0
    return last + 1 if last > 0 and _says_only(part, vocabulary.following, vocabulary) else None


def _says_only(part: str, phrases: Sequence[str], vocabulary: Vocabulary) -> bool:
    """Whether a message is one of the phrases and plain words."""
    folded = fold(part)
    for phrase in phrases:
        rest, found = phrase_pattern(phrase).subn(" ", folded)
        if found and all(stem(word) in vocabulary.plain_stems for word in words(rest)):
            return True
    return False


def meant_by(part: str, said: Conversation, vocabulary: Vocabulary) -> tuple[str, ...]:
    """What a question without a name is about: what was named last, or all of it that was named together."""
    return said.topics if says_any(fold(part), vocabulary.together) else said.topics[-1:]


def _points_back(part: str, vocabulary: Vocabulary) -> bool:
    return leans(part, vocabulary) or ordinal_of(part, vocabulary) is not None or bool(_ADDING.match(part))


def _ends_pointing(part: str, vocabulary: Vocabulary) -> bool:
    """Whether a clause ends in a word that points back: "who should never do that?"."""
    clauses = (words(clause) for clause in re.split(r"[,.?!;:]", fold(part)))
    return any(clause and clause[-1] in vocabulary.pronouns for clause in clauses)


def _without_names(question: str, named: Sequence[str], lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    """A question without the names in it that others take the place of: a condition is kept beside a new subject."""
    every = replace(lexicon, names=lexicon.every_name | lexicon.names)
    subjects = {*lexicon.titles, *lexicon.every_name.values()} - lexicon.topics - lexicon.every_topic
    others = find_names(question, every, vocabulary)
    replaced = [name for name in others if name in subjects] if subjects.issuperset(named) else others
    dropped = {token for name in replaced for token in stems(name)}
    return " ".join(word for word in question.split() if not set(stems(word)) & dropped)
