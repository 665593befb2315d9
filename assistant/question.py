"""Pure: question and history -> what is asked: follow-ups made whole, parts split, misspellings mended, facets told.

Nothing here knows a field: names come from the articles, cues from the vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from .lexicon import Lexicon
from .names import find_names, leans, mended, nameless, ordinal_of
from .text import fold, phrase_pattern, sentences, stem, stems, words
from .types import Interpretation, Turn
from .vocabulary import Vocabulary

__all__ = ["asks", "core_question", "interpret", "is_fragment", "opens_unclear", "premise_of", "small_talk"]

_ASKING = (
    r"(?:how|hows|what|whats|which|where|wheres|when|whens|why|who|whos|is|are|do|does|did"
    r"|can|could|should|shld|will|would|shall)\b"
)
_PLACE = r"(?:(?:in|on|for|with|during)\s+(?:the|a|an|my)\s+(?:[\w-]+\s+){1,3})?"
_JOINT = re.compile(
    rf"(?<=[?;])\s+|,?\s+(?:and|also|plus|then|n|&)\s+(?=(?:also\s+)?{_PLACE}{_ASKING})|(?<=,)\s*(?={_ASKING})",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"(?:^|\s+)[1-3][.)]\s+")
_NUMBERED = re.compile(r"(?:^|\s)1[.)]\s.*\s2[.)]\s", re.DOTALL)
_QUESTION_WORD = re.compile(rf"\b{_ASKING}", re.IGNORECASE)
_SUBORDINATE = re.compile(rf"\W*(?:when|where)\s+(?!{_ASKING})", re.IGNORECASE)
_CLAUSE = re.compile(rf"(?P<said>[^,?!]+),\s*(?P<so>so\s+)?(?:and\s+)?(?={_ASKING})", re.IGNORECASE)
_ASKER = re.compile(r"\b(?:i|my|me|we|our)\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"\W*(\w+)")
_MOST_PARTS = 3
_ELLIPSIS_WORDS = 3
_LONGEST_SYNONYM = 4
_SHORTEST_PREMISE = 3
_LONGEST_FRAGMENT = 6
_ABOUT = re.compile(r"\W*(?:and\s+)?(?:what|how)\s+about\b", re.IGNORECASE)
_JOINING = re.compile(r"\W*(?:and|or|but|for|with|without|in|on|as|if|what|how)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(r"\W*(?:is|are|do|does|did|can|could|should|shld|will|would|shall)\b", re.IGNORECASE)


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


def interpret(
    question: str, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary
) -> tuple[Interpretation, ...]:
    """What a message asks: an interpretation of each of its one to three parts, follow-ups resolved by the history.

    What a lone part takes for granted stands last, as a premise.
    """
    topic, previous = _conversation(history, lexicon, vocabulary)
    asked: list[Interpretation] = []
    message = mended(question, lexicon, vocabulary)
    for part in split_parts(message, vocabulary):
        asked.append(_interpret_part(part, topic, previous, history, lexicon, vocabulary))
        topic = (asked[-1].names or (topic,))[0]
        previous = asked[-1].question
    if len(asked) == 1 and (granted := premise_of(message, vocabulary)):
        premise, rest = granted
        asked = [
            replace(asked[0], without_premise=rest),
            replace(_interpret_part(premise, topic, "", history, lexicon, vocabulary), premise=True),
        ]
    return tuple(asked)


def premise_of(question: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """The clause that a question takes for granted and what it then asks; None when there is no such clause.

    It stands before the question and opens with one of the vocabulary's `premises`, or ends in ", so". What is said
    of the asker is none: the asker knows best.
    """
    for start, end in sentences(question):
        match = _CLAUSE.match(question[start:end])
        if match is None or len(match["said"].split()) <= _SHORTEST_PREMISE or _ASKER.search(match["said"]):
            continue
        if match["so"] or any(phrase_pattern(opening).match(fold(match["said"])) for opening in vocabulary.premises):
            return match["said"], question[start:end][match.end() :].strip()
    return None


def _conversation(history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary) -> tuple[str, str]:
    """What was talked about last, and the last user question made whole."""
    topic, previous = "", ""
    for turn in history:
        named = find_names(turn.text, lexicon, vocabulary)
        if turn.role == "user":
            if small_talk(turn.text, vocabulary) is not None:
                continue
            text = mended(turn.text, lexicon, vocabulary)
            previous = _whole(text, topic, previous, lexicon, vocabulary)
            if named:
                topic = named[-1]
        elif named and not topic:
            topic = named[0]
    return topic, previous


def opens_unclear(text: str, openings: tuple[str, ...]) -> bool:
    """Whether a sentence opens with a word that leaves its subject unclear."""
    match = _FIRST_WORD.match(text)
    return match is not None and fold(match.group(1)) in openings


def split_parts(question: str, vocabulary: Vocabulary) -> list[str]:
    """A message cut into its questions; context sentences stay with the question they lead to.

    At most three; a piece without a content word joins its neighbour.
    """
    numbered = _NUMBER.split(question) if _NUMBERED.search(question) else [question]  # a lone "2." ends a sentence
    pieces = [piece.strip() for item in numbered for piece in _JOINT.split(item) if piece and piece.strip()]
    parts: list[str] = []
    lead = ""
    for piece in pieces:
        joined = f"{lead} {piece}".strip()
        if parts and parts[-1].endswith(",") and (_SUBORDINATE.match(parts[-1]) or not _QUESTION_WORD.match(parts[-1])):
            parts[-1] = f"{parts[-1]} {piece}"  # "When I lift, should I ..." is one question
            continue
        content = [w for w in words(piece) if stem(w) not in vocabulary.plain_stems] or facets_of(piece, vocabulary)
        if not asks(piece) and (not parts or parts[-1].endswith("?")):
            lead = joined  # a statement leads to the question after it
        elif parts and not (content and asks(piece)):
            parts[-1] = f"{parts[-1]} {joined}"
        else:
            parts.append(joined)
            lead = ""
    if lead and parts:
        parts[-1] = f"{parts[-1]} {lead}"
    return parts[:_MOST_PARTS] if len(parts) > 1 else [question.strip()]


def asks(text: str) -> bool:
    """Whether a text ends in a question mark or has a word that asks."""
    return text.endswith("?") or bool(_QUESTION_WORD.search(text))


def is_fragment(text: str) -> bool:
    """Whether a few words ask nothing alone and change what was asked before: "and for the arms?"."""
    return len(text.split()) <= _LONGEST_FRAGMENT and not _QUESTION_WORD.search(_ABOUT.sub("", text))


def core_question(question: str) -> str:
    """The sentences of a message that ask; all of it when none does. What is told around them need not be covered."""
    asking = [question[start:end] for start, end in sentences(question) if asks(question[start:end])]
    return " ".join(asking) or question


def _whole(part: str, topic: str, previous: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    """A question to be understood alone: the subject and what the last question asked put in where they are missing."""
    named = find_names(part, lexicon, vocabulary)
    named_stems = {token for name in named for token in stems(name)}
    own = [w for w in words(part) if stem(w) not in vocabulary.plain_stems and stem(w) not in named_stems]
    whole = bool(_QUESTION_WORD.search(part)) and bool(own or facets_of(part, vocabulary))
    whole = whole or bool(named and _YES_OR_NO.match(part))  # the name may be what is asked about: "should I stretch"
    alone = topic and not named and not _JOINING.match(part) and facets_of(part, vocabulary)  # "common mistakes?"
    whole = whole or bool(alone)
    if previous and not whole and len(own) <= _ELLIPSIS_WORDS:
        carried = _without_names(previous, lexicon, vocabulary) if named else previous
        return f"{carried} {part}"
    if named:
        return part
    return f"{topic}: {part}" if topic else part


def _claim_of(part: str, vocabulary: Vocabulary) -> str:
    """What a part claims, without the tag that asks for a yes; empty when it claims nothing."""
    said = part.rstrip(" ?!.")
    for tag in sorted(vocabulary.confirming, key=len, reverse=True):
        match = re.search(rf"(?:,\s*|\s){re.escape(tag)}$", fold(said))
        if match and not _QUESTION_WORD.match(said) and len(said[: match.start()].split()) > _SHORTEST_PREMISE:
            return said[: match.start()].rstrip(" ,")
    return ""


def _without_names(question: str, lexicon: Lexicon, vocabulary: Vocabulary) -> str:
    every = replace(lexicon, names=lexicon.every_name | lexicon.names)
    dropped = {token for name in find_names(question, every, vocabulary) for token in stems(name)}
    return " ".join(word for word in question.split() if not set(stems(word)) & dropped)


def _interpret_part(
    part: str, topic: str, previous: str, history: Sequence[Turn], lexicon: Lexicon, vocabulary: Vocabulary
) -> Interpretation:
    claim = _claim_of(part, vocabulary)
    part = claim or part
    ordinal = ordinal_of(part, vocabulary)
    names = find_names(part, lexicon, vocabulary)
    if names and leans(part, vocabulary):  # "does it help my second lift" is about the first
        names = list(dict.fromkeys([*names, topic or lexicon.main]))
    if ordinal and not names and history and len(listed := find_names(history[-1].text, lexicon, vocabulary)) > 1:
        several = len(lexicon.titles.intersection(listed)) > 2  # else the main one is only what all of it is about
        others = [name for name in listed if several or name != lexicon.main]  # "the second one" of what was just named
        if -len(others) <= ordinal - (ordinal > 0) < len(others):
            names, part, ordinal = [others[ordinal - (ordinal > 0)]], f"{others[ordinal - (ordinal > 0)]}: {part}", None
    names = names or ([topic] if topic else [])
    question = _whole(part, topic, previous, lexicon, vocabulary)
    subject = tuple(
        dict.fromkeys(token for name in names or [lexicon.main] for token in lexicon.stems_of.get(name, ()))
    )
    query = _expanded(question, lexicon, vocabulary)
    return Interpretation(
        question=question,
        query=query,
        facets=facets_of(part, vocabulary) or facets_of(question, vocabulary),
        wants=wants_of(part, vocabulary),
        focus=focus_of(part, vocabulary),
        nameless=nameless(question, lexicon, vocabulary) or query,
        names=tuple(names),
        subject=subject,
        overview=_is_overview(question, subject, vocabulary),
        ordinal=ordinal,
        claim=bool(claim),
    )


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


def _is_overview(part: str, subject: tuple[str, ...], vocabulary: Vocabulary) -> bool:
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
    found = [
        kind.name for kind in vocabulary.answer_kinds if any(phrase_pattern(cue).search(folded) for cue in kind.cues)
    ]
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
