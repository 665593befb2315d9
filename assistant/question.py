"""Pure: question and history -> what is asked: follow-ups made whole, parts split, misspellings mended, facets told.

Nothing here knows a field: names come from the articles, cues from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .cues import (
    ASKING,
    QUESTION_WORD,
    asks,
    asks_for_more,
    facets_of,
    focus_of,
    is_overview,
    says_something,
    wants_of,
)
from .dialogue import Conversation, conversation, made_whole, meant_by, next_step, own_words, repeated
from .lexicon import Lexicon
from .names import compares, completed, find_names, mended, named_beside, nameless, only_named
from .places import ordinal_of, step_of
from .text import collapse, fold, phrase_pattern, says_any, sentences, stems, words
from .types import Interpretation, Turn
from .vocabulary import Vocabulary

__all__ = ["core_question", "interpret", "premise_of", "split_parts"]

_PLACE = r"(?:(?:in|on|for|with|during)\s+(?:the|a|an|my)\s+(?:[\w-]+\s+){1,3})?"
_FILLED = (
    r"(?:then|roughly|about|actually|maybe|btw|by the way|if so|ideally|generally|usually|exactly)\s+"
    r"(?:how|what|which|where|when|why|who)\b"
)
_JOINT = re.compile(
    rf"(?<=[?;])\s+|,?\s+(?:and|also|plus|then|n|&)\s+(?=(?:also\s+)?(?:{_PLACE}{ASKING}|{_FILLED}))|(?<=,)\s*(?={ASKING})",
    re.IGNORECASE,
)
_BREAK = re.compile(r"(?<=\.\.)\s|\n")
_ASKING_ANEW = re.compile(rf"(?:^|[,:]\s*|\s[-–—]\s)(?:(?:and|also|plus|so|ok)\s+)?{ASKING}", re.IGNORECASE)
_NUMBER = re.compile(r"(?:^|\s+)[1-3][.)]\s+")
_NUMBERED = re.compile(r"(?:^|\s)1[.)]\s.*\s2[.)]\s", re.DOTALL)
_SUBORDINATE = re.compile(rf"\W*(?:when|where)\s+(?!{ASKING})", re.IGNORECASE)
_HEADED = re.compile(r"[^,?]{0,50}?(?::|\s[-–—]|\.\.)\s+")
"""What stands before a question and says what it is about: "pull-ups - how many"."""
_LISTING = re.compile(r"(?P<about>[^\W\d][^,:?\d]{0,50}?)(?::|\s[-–—])\s(?P<items>[^?.]+)[?.]*$")
_LISTED = re.compile(r"\s*,\s*(?:and\s+)?|\s+(?:and|plus|n|&|\+)\s+", re.IGNORECASE)
_LISTED_WORDS = 5
_ADDED = re.compile(r"\W*(?:and|also|plus)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    rf"(?P<said>[^,?!]+),\s*(?P<so>so\s+)?(?:and\s+)?(?!am i (?:right|wrong)\b)(?={ASKING})", re.IGNORECASE
)
_BARE_HOW = re.compile(r"\bhow\W*$", re.IGNORECASE)
_ASKER = re.compile(r"\b(?:i|my|me|we|our)\b", re.IGNORECASE)
_MOST_PARTS = 3
_LONGEST_SYNONYM = 4
_SHORTEST_PREMISE = 3
_SHORT_PART = 12


def interpret(
    question: str, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary, implied: str = ""
) -> tuple[Interpretation, ...]:
    """What a message asks: an interpretation of each of its one to three parts, follow-ups resolved by the history.

    What a lone part takes for granted stands last, as a premise. What is searched for names the subject where the
    question does not: that of the conversation, or the `implied` one. Similarities of questions with and without a
    name are hard to compare.
    """
    said = conversation(history, lexicon, vocabulary)
    asked: list[Interpretation] = []
    message = completed(mended(question, lexicon, vocabulary), said.topic, lexicon)
    for part in split_parts(message, vocabulary):
        own = _interpret_part(part, said, history, lexicon, vocabulary, implied)
        asked.append(replace(own, in_light=None) if asked else own)  # a second part has the first before it
        # "does it help my lift" was about "it"
        named = own.names[-1:] if compares(part, lexicon, vocabulary) else own.names[:1]
        told = named or _topics_of(part, lexicon, vocabulary) or said.topics[-1:]
        said = replace(said, topics=told, question=asked[-1].question)
    if len(asked) == 1 and (granted := premise_of(message, vocabulary)):
        premise, rest = granted
        said = replace(said, question="")
        asked = [
            replace(asked[0], without_premise=rest),
            replace(_interpret_part(premise, said, history, lexicon, vocabulary, implied), premise=True, claim=True),
        ]
    return tuple(asked)


def _topics_of(part: str, lexicon: Lexicon, vocabulary: Vocabulary) -> tuple[str, ...]:
    """A topic that a short part names beside no subject: the next one may go on about it. Stories name much."""
    if len(part.split()) > _SHORT_PART:
        return ()
    every = replace(lexicon, names=dict(lexicon.every_name))
    return tuple(name for name in find_names(part, every, vocabulary, whole=True) if name in lexicon.topics)[:1]


def premise_of(question: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """The clause that a question takes for granted and what it then asks; None when there is no such clause.

    It stands before the question, and opens with one of the vocabulary's `premises`, or ends in ", so", or has one of
    the words for what one should do or has heard (`asserting`). Only with these may it speak of the asker, who knows
    the rest best.
    """
    for start, end in sentences(question):
        match = _CLAUSE.match(question[start:end])
        if match is None or len(match["said"].split()) <= _SHORTEST_PREMISE:
            continue
        said = fold(match["said"])
        granted = match["so"] or any(phrase_pattern(opening).match(said) for opening in vocabulary.premises)
        asserted = says_any(said, vocabulary.asserting)
        if asserted or (granted and not _ASKER.search(said)):
            return match["said"], question[start:end][match.end() :].strip()
    return None


def split_parts(question: str, vocabulary: Vocabulary) -> list[str]:
    """A message cut into its questions; context sentences stay with the question they lead to.

    At most three; a piece without a content word joins its neighbour.
    """
    even = re.sub(r"\.{3,}", "..", "\n".join(line for line in map(collapse, question.splitlines()) if line))
    if listed := _listed_parts(even, vocabulary):
        return listed
    numbered = _NUMBER.split(even) if _NUMBERED.search(even) else _told_apart(even)  # a lone "2." ends a sentence
    pieces = [piece.strip() for item in numbered for piece in _JOINT.split(item) if piece and piece.strip()]
    parts: list[str] = []
    lead = ""
    for piece in pieces:
        joined = f"{lead} {piece}".strip()
        if parts and parts[-1].endswith(",") and not _opens_asking(parts[-1]):
            parts[-1] = f"{parts[-1]} {piece}"  # "When I lift, should I ..." is one question
            continue
        content = says_something(joined, vocabulary)
        if not asks(piece) and (not parts or parts[-1].endswith("?")):
            lead = joined  # a statement leads to the question after it
        elif parts and not (content and asks(piece)):
            parts[-1] = f"{parts[-1]} {joined}"
        else:
            parts.append(joined)
            lead = ""
    apart = _ADDED.match(lead) and not _ASKER.search(lead) and (" or " in lead or facets_of(lead, vocabulary))
    if lead and parts and apart:
        parts.append(lead)  # "And on the floor, legs up or down"
    elif lead and parts:
        parts[-1] = f"{parts[-1]} {lead}"
    return parts[:_MOST_PARTS] if len(parts) > 1 else [question.strip()]


def _told_apart(question: str) -> list[str]:
    """A message cut at new lines and behind dots, where a question ends that another one follows."""
    pieces: list[str] = []
    for piece in _BREAK.split(question):
        if pieces and not (_ASKING_ANEW.search(piece) and QUESTION_WORD.search(pieces[-1])):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece)
    return pieces


def _opens_asking(piece: str) -> bool:
    """Whether a piece is a question from its first word, or from behind what it is headed with."""
    headed = _HEADED.match(piece)
    starts = [piece, piece[headed.end() :]] if headed else [piece]
    return any(QUESTION_WORD.match(start) and not _SUBORDINATE.match(start) for start in starts)


def _listed_parts(question: str, vocabulary: Vocabulary) -> list[str]:
    """The parts of a list of what is wanted to know: "pull-ups - muscles, set-up and when to breathe"."""
    match = _LISTING.match(question)
    items = _LISTED.split(match["items"].strip(" !")) if match else []
    short = all(item and len(item.split()) <= _LISTED_WORDS and not _ASKER.search(item) for item in items)
    if not match or QUESTION_WORD.search(match["about"]) or not 1 < len(items) <= _MOST_PARTS or not short:
        return []
    facets = [facets_of(item, vocabulary)[:1] for item in items]
    return [f"{match['about']}: {item}" for item in items] if all(facets) and len({*facets}) == len(items) else []


def core_question(question: str) -> str:
    """The sentences of a message that ask; all of it when none does. What is told around them need not be covered."""
    asking = [question[start:end] for start, end in sentences(question) if asks(question[start:end])]
    return " ".join(asking) or question


def _claim_of(part: str, vocabulary: Vocabulary) -> str:
    """What a part claims, without the tag that asks for a yes; empty when it claims nothing."""
    said = part.rstrip(" ?!.")
    for tag in sorted(vocabulary.confirming, key=len, reverse=True):
        match = re.search(rf"(?:,\s*|\s){re.escape(tag)}$", fold(said))
        if match and not QUESTION_WORD.match(said) and len(said[: match.start()].split()) > _SHORTEST_PREMISE:
            return said[: match.start()].rstrip(" ,")
    return ""


def _interpret_part(
    part: str, said: Conversation, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary, implied: str
) -> Interpretation:
    following = next_step(part, said, vocabulary)
    part = said.question if following else repeated(part, said, vocabulary)
    claim = _claim_of(part, vocabulary)
    part = _BARE_HOW.sub("how to do", claim or part)
    ordinal = following or ordinal_of(part, vocabulary)
    names = find_names(part, lexicon, vocabulary)
    if compares(part, lexicon, vocabulary):  # "does it help my second lift" is about the first
        names = list(dict.fromkeys([*names, said.topic or lexicon.main]))
    if not names and (told := _pointed_at(part, ordinal, said, history, lexicon, vocabulary)):
        name, part, ordinal = told
        names = [name]
    elif not following:
        ordinal = step_of(part, vocabulary)
    names = names or list(meant_by(part, said, vocabulary))
    question, added = made_whole(part, said, lexicon, vocabulary)
    about = " and ".join(names) or implied

    def reading(question: str, added: tuple[str, ...]) -> Interpretation:
        subject = lexicon.stems_of(names or [lexicon.main], stems(question))
        expanded = _expanded(question, lexicon, vocabulary)
        unsaid = about and not find_names(question, lexicon, vocabulary)
        return Interpretation(
            question=question,
            query=f"{about}: {expanded}" if unsaid else expanded,
            facets=facets_of(part, vocabulary) or facets_of(question, vocabulary),
            wants=wants_of(part, vocabulary),
            focus=focus_of(part, vocabulary),
            nameless=nameless(question, lexicon, vocabulary) or expanded,
            names=tuple(names),
            subject=subject,
            overview=is_overview(question, subject, vocabulary),
            bare=only_named(part, lexicon, vocabulary),
            ordinal=ordinal,
            claim=bool(claim),
            heard=said.heard,
            further=asks_for_more(part, vocabulary),
            added=added,
        )

    asked = reading(question, added if ordinal is None else ())
    own = tuple(own_words(part, (), vocabulary))
    alone = added or not own or part == said.question or find_names(part, lexicon, vocabulary)
    return asked if alone or not said.question else replace(asked, in_light=reading(f"{said.question} {part}", own))


def _pointed_at(
    part: str,
    ordinal: int | None,
    said: Conversation,
    history: Sequence[Turn],
    lexicon: Lexicon,
    vocabulary: Vocabulary,
) -> tuple[str, str, int | None] | None:
    """What the last answer named, if it is meant by its place or as "that one".

    Returns:
        Its name, the question with the name, and the place of the item of it that is asked for.

    """
    if ordinal and history and len(listed := find_names(history[-1].text, lexicon, vocabulary)) > 1:
        several = len(lexicon.titles.intersection(listed)) > 2  # else the main one is only what all of it is about
        others = [name for name in listed if several or name != lexicon.main]
        if -len(others) <= ordinal - (ordinal > 0) < len(others):
            name = others[ordinal - (ordinal > 0)]
            bare = set(words(part)) <= {*vocabulary.introducing, *vocabulary.ordinals}  # "tell me about the third"
            return name, name if bare else f"{name}: {part}", None
    told = named_beside(part, history, said.topics, lexicon, vocabulary)
    return (told, f"{told}: {part}", step_of(part, vocabulary)) if told else None


def _expanded(question: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    """A question, and behind it the corpus's own words for those that only its reader uses: "bum" -> "bum glutes"."""
    tokens = stems(question)
    added: dict[str, None] = {}
    position = 0
    while position < len(tokens):
        length = next(
            (
                n
                for n in range(_LONGEST_SYNONYM, 0, -1)
                if tuple(tokens[position : position + n]) in vocabulary.synonym_groups
            ),
            1,
        )
        gram = tuple(tokens[position : position + length])
        position += length
        if all(token in lexicon.stem_counts for token in gram):
            continue
        for group in vocabulary.synonym_groups.get(gram, ()):
            own = next(
                (phrase for phrase in vocabulary.synonyms[group] if set(stems(phrase)) <= lexicon.stem_counts.keys()),
                None,
            )
            if own:
                added[own] = None
    return " ".join((question, *added))
