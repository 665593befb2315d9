"""Pure: names of what the articles are about, found in what people type, misspellings mended.

Nothing here knows a field: names come from the articles' titles, aliases and headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from .lexicon import Lexicon
from .places import ordinal_of, returning_to
from .text import fold, longest_matches, phrase_pattern, says_any, sentences, stem, stems, words
from .types import Turn
from .vocabulary import Vocabulary

__all__ = [
    "compares",
    "completed",
    "find_names",
    "leans",
    "mended",
    "nameless",
    "only_named",
    "subjects",
]

_NAME_WORDS = 5
_KEPT = 256
"""Texts whose mentions are kept."""
_LISTED = 3
"""Names from which an answer is a list of subjects, and not about one."""
_MIN_FUZZ = 84  # of 100; below it words become others that mean something else
_TOKEN = re.compile(r"[^\W_]+(?:/o?(?!\w))?")
_SHORTEST_SLIP = 5
"""Letters from which one slip (a letter dropped, added, changed, or two swapped) is mended."""
_SHORTEST_IN_NAME = 3
"""The same of a word in a name whose other words are right."""
_TWO_SLIPS_FROM = 9
_SHORTEST_LIKE = 6
"""Letters from which a word is mended that is merely alike."""
_SURE_FUZZ = 92
_LETTER_BEFORE = re.compile(r"\b[^\W\d_][\s-]+[^\W\d_][\s-]+$")
_DETERMINERS = frozenset(("the", "this", "that", "which", "other", "another", "each", "every"))
_ONE = re.compile(r"\b((?:[\w-]+\s+){0,2}[\w-]+)\s+(?:ones?|version|variant|variation|kind|type)\b", re.IGNORECASE)


def find_names(text: str, lexicon: Lexicon, vocabulary: Vocabulary, *, whole: bool = False) -> list[str]:
    """Names of the corpus that a text mentions, in order of mention.

    A synonym counts as its name, and a single word as the one name that ends in it, unless only whole names count.
    """
    return list(dict.fromkeys(name for _, _, name in _mentions(stems(text), lexicon, vocabulary, whole=whole)))


def _mentions(
    tokens: list[str], lexicon: Lexicon, vocabulary: Vocabulary, *, whole: bool = False
) -> Sequence[tuple[int, int, str]]:
    """First token, count of tokens and name of each mention; a name within another is not meant.

    Worked out once for the same words: a question is looked through for names many times.
    """
    key = (tuple(tokens), whole)
    found = lexicon.mentions.get(key)
    if found is None:
        found = _found_mentions(tokens, lexicon, vocabulary, whole=whole)
        if len(lexicon.mentions) >= _KEPT:
            lexicon.mentions.clear()
        lexicon.mentions[key] = found
    return found


def _found_mentions(
    tokens: list[str], lexicon: Lexicon, vocabulary: Vocabulary, *, whole: bool
) -> tuple[tuple[int, int, str], ...]:
    def name_of(gram: tuple[str, ...]) -> str:
        name = lexicon.names.get(gram)
        if not name and not whole:
            name = _synonym_name(gram, lexicon, vocabulary)
            if not name and len(gram) == 1:
                name = _short_name(gram[0], lexicon, vocabulary)
        return name or ""

    return tuple(longest_matches(tokens, _NAME_WORDS, name_of))


def nameless(question: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str | None:
    """A question with a pronoun for its subject, as the example questions have it; None when it names none."""
    spoken = words(question)
    named = _mentions(stems(question), lexicon, vocabulary)
    for start, length, _ in reversed(named):
        spoken[start : start + length] = [vocabulary.pronouns[0]]
    return " ".join(spoken) if named else None


def only_named(part: str, lexicon: Lexicon, vocabulary: Vocabulary) -> bool:
    """Whether a message says nothing but names and what introduces them: "tell me about X", "X vs Y"."""
    spoken = words(part)
    for start, length, _ in reversed(_mentions(stems(part), lexicon, vocabulary)):
        del spoken[start : start + length]
    return len(spoken) < len(words(part)) and all(word in vocabulary.introducing for word in spoken)


def subjects(question: str, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary) -> list[str]:
    """What a message is about by name: what it mentions, and what was talked about before if it leans on that.

    Empty when nothing was named. A part of a name is not enough.
    """
    earlier = _earlier_subjects(history, lexicon, vocabulary)
    text = completed(mended(question, lexicon, vocabulary), earlier[-1] if earlier else "", lexicon)
    named = find_names(text, lexicon, vocabulary, whole=True)
    if named and not compares(text, lexicon, vocabulary):
        return named
    if not named and (back := _gone_back_to(question, earlier, vocabulary)):
        return [back]
    if not named and (listed := _listed(question, history, lexicon, vocabulary)):
        return listed
    if not named and (told := named_beside(question, history, earlier, lexicon, vocabulary)):
        return [told]
    return list(dict.fromkeys([*named, *(earlier or [lexicon.main])])) if named or earlier else []


def _gone_back_to(question: str, earlier: Sequence[str], vocabulary: Vocabulary) -> str | None:
    """What was named earlier, if a question goes back to it by its place: "back to the first one"."""
    place, named = returning_to(question, vocabulary), list(dict.fromkeys(earlier))
    if place is None:
        return None
    return named[place - (place > 0)] if len(named) > 1 and place <= len(named) else None


def _listed(question: str, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary) -> list[str]:
    """What the last answer listed, if a question asks for one of it by its place: "how do I do the second one?"."""
    if not history or history[-1].role == "user" or ordinal_of(question, vocabulary) is None:
        return []
    named = find_names(history[-1].text, lexicon, vocabulary, whole=True)
    return named if len(named) >= _LISTED else []


def named_beside(
    question: str, history: Sequence[Turn], topics: Sequence[str], lexicon: Lexicon, vocabulary: Vocabulary
) -> str | None:
    """The one thing that the last answer named beside what was talked about, if a question asks for "that one"."""
    if not history or history[-1].role == "user" or not says_any(fold(question), vocabulary.that_one):
        return None
    named = find_names(history[-1].text, lexicon, vocabulary, whole=True)
    others = [name for name in named if name not in (topics or (lexicon.main,))]
    return others[0] if len(others) == 1 else None


def completed(text: str, topic: str, lexicon: Lexicon) -> str:
    """A message with the noun put in for "one": "the blue one", after a red pump, is a blue pump.

    Only where that makes a name.
    """
    nouns = sorted({key[-1] for key, name in lexicon.names.items() if name == topic})
    for match in _ONE.finditer(text):
        modifiers = match[1].split()
        for noun in nouns:
            if any((*stems(" ".join(modifiers[start:])), noun) in lexicon.names for start in range(len(modifiers))):
                return f"{text[: match.end(1)]} {noun}{text[match.end() :]}"
    return text


def leans(part: str, vocabulary: Vocabulary) -> bool:
    """Whether a pronoun stands for something that was named before, or that is meant anyway, or it is compared with."""
    if says_any(fold(part), vocabulary.comparing):
        return True
    folded = fold(part)
    for phrase in vocabulary.expletives:
        folded = phrase_pattern(phrase).sub(" ", folded)
    spoken = words(folded)
    return any(
        word in vocabulary.pronouns and not _counts(spoken, place, vocabulary) for place, word in enumerate(spoken)
    )


def _counts(spoken: Sequence[str], place: int, vocabulary: Vocabulary) -> bool:
    """Whether a word is a number in front of what it counts: "one dumbbell", but not "the blue one helps"."""
    if spoken[place] not in vocabulary.numerals or place + 1 == len(spoken):
        return False
    told = _DETERMINERS.intersection(spoken[max(0, place - 2) : place])
    return not told and stem(spoken[place + 1]) not in vocabulary.plain_stems


def compares(part: str, lexicon: Lexicon, vocabulary: Vocabulary) -> bool:
    """Whether a message that names something is about something else too: "does it help my row", "a row or this".

    A pronoun behind the name means the name, "what do I need for a row and what if I lack it", unless it is compared.
    """
    if not _mentions(stems(part), lexicon, vocabulary):
        return False
    pieces = [part[start:end] for start, end in sentences(part)]
    if says_any(fold(part), vocabulary.comparing):
        return True
    named = [bool(_mentions(stems(piece), lexicon, vocabulary)) for piece in pieces]
    own = [
        piece for place, piece in enumerate(pieces) if named[place] or not any(named[:place]) or "than" in words(piece)
    ]
    return any(_looks_beyond(piece, lexicon, vocabulary) for piece in own)  # behind it, "it" is what a piece has named


def _looks_beyond(sentence: str, lexicon: Lexicon, vocabulary: Vocabulary) -> bool:
    """Whether a sentence has a pronoun that stands for none of the names in it."""
    if not leans(sentence, vocabulary):
        return False
    mentions = _mentions(stems(sentence), lexicon, vocabulary)
    if not mentions:
        return True
    spoken = words(sentence)
    start, length, _ = mentions[0]
    behind = pairwise(spoken[start + length :])
    held = any(first in vocabulary.joining and second in vocabulary.pronouns for first, second in behind)
    before = (
        spoken[: start - 1] if start and spoken[start - 1] in vocabulary.pronouns else spoken[:start]
    )  # "this" of the name
    return held or leans(" ".join(before), vocabulary)


def _earlier_subjects(history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary) -> list[str]:
    """What the person named, or else what they were answered about first."""
    said = [mended(turn.text, lexicon, vocabulary) for turn in history if turn.role == "user"]
    heard = [turn.text for turn in history if turn.role == "assistant"]
    if named := [name for text in said for name in find_names(text, lexicon, vocabulary, whole=True)]:
        return named
    named = [name for text in heard for name in find_names(text, lexicon, vocabulary, whole=True)]
    return [name for name in named if name not in lexicon.topics][:1]


def mended(question: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    """Misspelt words replaced by the corpus's nearest word; words the corpus or common English has stay."""

    def by_word(match: re.Match[str]) -> str:
        word = fold(match.group())
        if len(word) == 1 and _LETTER_BEFORE.search(match.string[: match.start()]):
            return match.group()  # "A B C" is spelt out
        if meant := vocabulary.shorthand.get(word) or vocabulary.spellings.get(word):
            return meant
        if (
            len(word) < _SHORTEST_SLIP
            or lexicon.known(word)
            or word in lexicon.word_forms
            or _has_meaning(stem(word), lexicon, vocabulary)
        ):
            return match.group()
        slips = 1 if len(word) < _TWO_SLIPS_FROM else 2
        slip = process.extractOne(word, lexicon.spellings, scorer=OSA.distance, score_cutoff=slips)
        if slip and slip[0][0] == word[0]:
            return slip[0]
        if len(word) < _SHORTEST_LIKE:
            return match.group()
        best = process.extractOne(word, lexicon.spellings, scorer=fuzz.ratio, score_cutoff=_MIN_FUZZ)
        # a slip rarely hits the first letter; without it only a near-certain match counts
        return best[0] if best and (best[0][0] == word[0] or best[1] >= _SURE_FUZZ) else match.group()

    return _named_right(_TOKEN.sub(by_word, question), lexicon, vocabulary)


def _named_right(text: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    """Short words mended that are one slip from the one word that makes a name of those around: "pallof pres"."""
    tokens = [fold(token) for token in _TOKEN.findall(text)]
    said = [stem(token) for token in tokens]
    meant: dict[str, str] = {}
    for place, token in enumerate(tokens):
        if len(token) < _SHORTEST_IN_NAME or lexicon.known(token) or _has_meaning(said[place], lexicon, vocabulary):
            continue
        beside = {stem_ for stem_ in said[max(0, place - 1) : place + 2] if stem_ != said[place]}
        keys = {key for stem_ in beside for key in lexicon.keys_with.get(stem_, ())}
        likely = {own for key in keys for own in _fitting(key, said, place) if _is_slip(token, own)}
        if len(token) < _SHORTEST_SLIP and not likely:
            single = (key[0] for key in lexicon.names if len(key) == 1)
            likely = {name for name in single if len(name) > len(token) and _is_slip(token, name)}
        if len(likely) == 1:
            meant[token] = likely.pop()
    return _TOKEN.sub(lambda match: meant.get(fold(match.group()), match.group()), text)


def _fitting(key: tuple[str, ...], said: Sequence[str], place: int) -> Iterator[str]:
    """The words of a name that one place would have to hold for the name to be said there."""
    for at, own in enumerate(key):
        start = place - at
        if start >= 0 and (*key[:at], said[place], *key[at + 1 :]) == tuple(said[start : start + len(key)]):
            yield own


def _is_slip(token: str, meant: str) -> bool:
    return token[0] == meant[0] and OSA.distance(token, meant, score_cutoff=1) <= 1


def _short_name(token: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str | None:
    """The one name that ends in a word: "the dog" for a name of three words, if no other name has that word."""
    keys = lexicon.keys_with.get(token, ())
    owners = {lexicon.names[key] for key in keys if len(key) > 1 and key[-1] == token}
    others = {lexicon.names[key] for key in keys} - owners
    return next(iter(owners)) if len(owners) == 1 and not others and token not in vocabulary.plain_stems else None


def _synonym_name(gram: tuple[str, ...], lexicon: Lexicon, vocabulary: Vocabulary) -> str | None:
    for group in vocabulary.synonym_groups.get(gram, ()):
        for phrase in vocabulary.synonyms[group]:
            key = tuple(stems(phrase))
            if key in lexicon.names and key not in lexicon.asked:
                return lexicon.names[key]
    return None


def _has_meaning(token: str, lexicon: Lexicon, vocabulary: Vocabulary) -> bool:
    """Whether a stem is the corpus's or the vocabulary's own, and so is no slip."""
    return token in lexicon.stem_counts or token in vocabulary.plain_stems or (token,) in vocabulary.synonym_groups
