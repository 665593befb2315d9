"""RIM: the data files that tell the engine about English and its field -> checked, frozen tables."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any

import yaml

from .errors import SettingsError
from .text import fold, phrase_pattern, says_any, stem, stems, words

__all__ = ["AnswerKind", "Facet", "Reading", "SmallTalk", "Vocabulary", "load_reading", "load_vocabulary"]


@dataclass(frozen=True)
class Reading:
    """What furniture and captions look like; phrases compared from the start of a line."""

    furniture_headings: tuple[str, ...]
    furniture_marked_headings: tuple[str, ...]
    furniture_lines: tuple[str, ...]
    caption_openings: tuple[str, ...]
    caption_people: tuple[str, ...]
    caption_verbs: tuple[str, ...]
    caption_stops: tuple[str, ...]


@dataclass(frozen=True)
class Facet:
    """One side of an exercise that a section or a question can be about."""

    name: str
    headings: tuple[str, ...]
    cues: tuple[str, ...]
    suggest: str
    opposite: str = ""
    """The facet that answers the contrary question, and so never this one."""
    plainly: tuple[str, ...] = ()
    """Words that ask for this side and not the other."""


@dataclass(frozen=True)
class AnswerKind:
    """A kind of answer: the phrases that ask for it, the patterns of evidence that gives it."""

    name: str
    cues: tuple[str, ...]
    evidence: tuple[str, ...]
    focus: bool
    """Whether the word that follows the cue must stand in the evidence as well."""


@dataclass(frozen=True)
class SmallTalk:
    """Phrases of small talk and our reply to them."""

    name: str
    phrases: tuple[str, ...]
    reply: str


@dataclass(frozen=True)
class Vocabulary:
    """Everything the engine knows of words."""

    stop_words: frozenset[str]
    generic_words: frozenset[str]
    facets: tuple[Facet, ...]
    answer_kinds: tuple[AnswerKind, ...]
    synonyms: tuple[tuple[str, ...], ...]
    step_verbs: frozenset[str]
    teasers: tuple[str, ...]
    pronouns: tuple[str, ...]
    expletives: tuple[str, ...]
    """Phrases whose pronoun stands for nothing."""
    confirming: tuple[str, ...]
    """What stands behind a claim that somebody wants confirmed."""
    comparing: tuple[str, ...]
    """Phrases that compare what was named before with what they name."""
    together: tuple[str, ...]
    """Words that may mean all that was named together."""
    restated: dict[str, tuple[str, ...]]
    """A question -> follow-ups that come to it."""
    repeating: tuple[str, ...]
    """What asks for nothing but the last answer and its sources."""
    introducing: frozenset[str]
    """Words beside a name that is all that is asked about."""
    following: tuple[str, ...]
    """What asks for the step after the last one."""
    reversing: tuple[str, ...]
    """What turns the last question round."""
    returning: tuple[str, ...]
    """What goes back to something that was talked about before."""
    further: tuple[str, ...]
    """What asks for other things than those told."""
    that_one: tuple[str, ...]
    """What means the one thing that the last answer named beside what was asked about."""
    joining: frozenset[str]
    """Words before a pronoun by which a name is held against what was named before."""
    premises: tuple[str, ...]
    """Openings of a clause that the question after it takes for granted."""
    asserting: tuple[str, ...]
    """Words by which a clause about the asker is a premise all the same."""
    unclear_openings: tuple[str, ...]
    overview: tuple[str, ...]
    choosing: tuple[str, ...]
    """Cues of a question that asks which of many subjects has something."""
    choosing_beside: frozenset[tuple[str, ...]]
    """What beside a tag makes a choice of a question too, as stems."""
    listing: tuple[str, ...]
    """What asks for all things of a kind."""
    regions: dict[str, tuple[str, ...]]
    """What is several tags -> their words."""
    replacing: tuple[str, ...]
    """What asks for other things than the one that is named."""
    missing: tuple[str, ...]
    """What may be said beside that."""
    choosable: tuple[str, ...]
    """What such a question asks for."""
    narrowing: tuple[str, ...]
    """What asks which of those just told has something more."""
    not_choosing: tuple[str, ...]
    shorthand: dict[str, str]
    spellings: dict[str, str]
    """What is misspelt -> what is meant."""
    ordinals: dict[str, int]
    numerals: dict[str, int]
    list_words: tuple[str, ...]
    small_talk: tuple[SmallTalk, ...]
    specifics: tuple[str, ...]
    conditions: tuple[str, ...]
    """Those of them that matter wherever they are told: "I have asthma. Is it safe?"."""
    examples: dict[str, tuple[str, ...]]
    beyond: dict[str, tuple[str, ...]]
    replies: dict[str, str]

    def facet_of_heading(self, heading: str) -> str | None:
        """Find the facet whose heading phrase matches the most of a heading, or None."""
        folded = fold(heading)
        best: tuple[int, str | None] = (0, None)
        for facet in self.facets:
            for phrase in facet.headings:
                if phrase_pattern(phrase).search(folded) and len(phrase) > best[0]:
                    best = (len(phrase), facet.name)
        return best[1]

    @cached_property
    def facet_gates(self) -> tuple[tuple[Facet, re.Pattern[str]], ...]:
        """Each facet with one pattern that finds any of its cues: most questions hold the cues of few facets."""
        return tuple(
            (facet, re.compile("|".join(phrase_pattern(cue).pattern for cue in facet.cues), re.IGNORECASE))
            for facet in self.facets
        )

    def side(self, question: str) -> Facet | None:
        """The side of a thing that a question plainly asks for, "harder" and not "easier"; None if none or both."""
        folded = fold(question)
        asked = [facet for facet in self.facets if facet.opposite and says_any(folded, facet.plainly)]
        return asked[0] if len(asked) == 1 else None

    @cached_property
    def plain_stems(self) -> frozenset[str]:
        """Stems of stop words and generic words: what never makes a question special."""
        return frozenset(stem(word) for word in self.stop_words | self.generic_words)

    @cached_property
    def example_rows(self) -> tuple[tuple[str, str], ...]:
        """Every example question with its facet or aspect, in the order in which the index keeps their vectors."""
        return tuple(
            (kind, question)
            for group in (self.examples, self.beyond)
            for kind, questions in group.items()
            for question in questions
        )

    @cached_property
    def specific_stems(self) -> frozenset[tuple[str, ...]]:
        """The stems of each specific word or phrase."""
        return frozenset(tuple(stems(phrase)) for phrase in self.specifics)

    @cached_property
    def condition_stems(self) -> frozenset[tuple[str, ...]]:
        """The stems of each condition."""
        return frozenset(tuple(stems(phrase)) for phrase in self.conditions)

    @cached_property
    def synonym_words(self) -> frozenset[str]:
        """Every word of a synonym."""
        return frozenset(word for group in self.synonyms for phrase in group for word in words(phrase))

    @cached_property
    def synonym_groups(self) -> dict[tuple[str, ...], tuple[int, ...]]:
        """Groups of each synonym, by the stems of its words."""
        groups: dict[tuple[str, ...], list[int]] = {}
        for number, group in enumerate(self.synonyms):
            for phrase in group:
                members = groups.setdefault(tuple(stems(phrase)), [])
                if number not in members:
                    members.append(number)
        return {key: tuple(value) for key, value in groups.items()}


def _data(name: str) -> dict[str, Any]:
    text = resources.files("assistant.data").joinpath(name).read_text(encoding="utf-8")
    try:
        loaded = yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # all texts: `on` is a word here
    except yaml.YAMLError as exc:
        raise SettingsError(f"{name} is not valid YAML: {exc}") from exc
    if not isinstance(loaded, dict):
        raise SettingsError(f"{name} must be a list of `name: value` entries")
    return loaded


def _phrases(value: Any, where: str) -> tuple[str, ...]:
    if isinstance(value, str):
        value = value.split()
    if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
        raise SettingsError(f"{where} must be a list of words or phrases")
    return tuple(value)


def _spellings() -> dict[str, str]:
    name = "spellings.yaml"
    meant: dict[str, str] = {}
    for word, typed in _data(name).items():
        for slip in _phrases(typed, f"{name}: {word}"):
            if meant.setdefault(slip, word) != word:
                raise SettingsError(f"{name}: {word}: {slip!r} stands under {meant[slip]} too")
    return meant


@lru_cache(maxsize=1)
def load_reading() -> Reading:
    """Load the shipped `reading.yaml`. Raises SettingsError naming a bad entry."""
    raw = _data("reading.yaml")
    return Reading(**{name: _phrases(raw.get(name), f"reading.yaml: {name}") for name in Reading.__dataclass_fields__})


@lru_cache(maxsize=1)
def load_vocabulary() -> Vocabulary:
    """Load the shipped `vocabulary.yaml`. Raises SettingsError naming a bad entry."""
    raw, name = _data("vocabulary.yaml"), "vocabulary.yaml"
    try:
        return Vocabulary(
            stop_words=frozenset(_phrases(raw["stop_words"], f"{name}: stop_words")),
            generic_words=frozenset(_phrases(raw["generic_words"], f"{name}: generic_words")),
            facets=tuple(
                Facet(
                    key,
                    _phrases(v["headings"], f"{name}: {key}"),
                    _phrases(v["cues"], f"{name}: {key}"),
                    v["suggest"],
                    v.get("opposite", ""),
                    _phrases(v.get("plainly", []), f"{name}: {key}"),
                )
                for key, v in raw["facets"].items()
            ),
            answer_kinds=tuple(
                AnswerKind(
                    key,
                    _phrases(v["cues"], f"{name}: {key}"),
                    _phrases(v["evidence"], f"{name}: {key}"),
                    v.get("focus") == "true",
                )
                for key, v in raw["answer_kinds"].items()
            ),
            synonyms=tuple(_phrases(group, f"{name}: synonyms") for group in raw["synonyms"]),
            step_verbs=frozenset(_phrases(raw["step_verbs"], f"{name}: step_verbs")),
            teasers=_phrases(raw["teasers"], f"{name}: teasers"),
            pronouns=_phrases(raw["pronouns"], f"{name}: pronouns"),
            expletives=_phrases(raw["expletives"], f"{name}: expletives"),
            confirming=_phrases(raw["confirming"], f"{name}: confirming"),
            comparing=_phrases(raw["comparing"], f"{name}: comparing"),
            together=_phrases(raw["together"], f"{name}: together"),
            restated={str(key): _phrases(value, f"{name}: restated") for key, value in raw["restated"].items()},
            repeating=_phrases(raw["repeating"], f"{name}: repeating"),
            introducing=frozenset(_phrases(raw["introducing"], f"{name}: introducing")),
            following=_phrases(raw["following"], f"{name}: following"),
            reversing=_phrases(raw["reversing"], f"{name}: reversing"),
            returning=_phrases(raw["returning"], f"{name}: returning"),
            further=_phrases(raw["further"], f"{name}: further"),
            that_one=_phrases(raw["that_one"], f"{name}: that_one"),
            joining=frozenset(_phrases(raw["joining"], f"{name}: joining")),
            premises=_phrases(raw["premises"], f"{name}: premises"),
            asserting=_phrases(raw["asserting"], f"{name}: asserting"),
            unclear_openings=_phrases(raw["unclear_openings"], f"{name}: unclear_openings"),
            overview=_phrases(raw["overview"], f"{name}: overview"),
            choosing=_phrases(raw["choosing"], f"{name}: choosing"),
            choosing_beside=frozenset(
                tuple(stems(phrase)) for phrase in _phrases(raw["choosing_beside"], f"{name}: choosing_beside")
            ),
            listing=_phrases(raw["listing"], f"{name}: listing"),
            regions={str(key): _phrases(value, f"{name}: regions") for key, value in raw["regions"].items()},
            replacing=_phrases(raw["replacing"], f"{name}: replacing"),
            missing=_phrases(raw["missing"], f"{name}: missing"),
            choosable=_phrases(raw["choosable"], f"{name}: choosable"),
            narrowing=_phrases(raw["narrowing"], f"{name}: narrowing"),
            not_choosing=_phrases(raw["not_choosing"], f"{name}: not_choosing"),
            spellings=_spellings(),
            shorthand={str(short): str(full) for short, full in raw["shorthand"].items()},
            ordinals={str(word): int(number) for word, number in raw["ordinals"].items()},
            numerals={str(word): int(number) for word, number in raw["numerals"].items()},
            list_words=_phrases(raw["list_words"], f"{name}: list_words"),
            small_talk=tuple(
                SmallTalk(key, _phrases(v["phrases"], f"{name}: {key}"), v["reply"])
                for key, v in raw["small_talk"].items()
            ),
            conditions=_phrases(raw["specifics"]["conditions"], f"{name}: specifics conditions"),
            specifics=tuple(
                word for key, group in raw["specifics"].items() for word in _phrases(group, f"{name}: specifics {key}")
            ),
            examples={str(key): _phrases(value, f"{name}: examples") for key, value in raw["examples"].items()},
            beyond={str(key): _phrases(value, f"{name}: beyond") for key, value in raw["beyond"].items()},
            replies={str(key): str(value) for key, value in raw["replies"].items()},
        )
    except (KeyError, TypeError, AttributeError) as exc:
        raise SettingsError(f"{name}: the entry {exc} is missing or has the wrong form") from exc
