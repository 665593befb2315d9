"""RIM: the policy's files, read and checked; errors name the file and the line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, get_args

import yaml

from ..errors import SettingsError
from ..types import Level
from ..vocabulary import load_vocabulary
from .concepts import Lexicon, Sign, make_lexicon
from .denial import KINDS
from .languages import Languages, make_language
from .scope import Cues, make_cues

__all__ = ["Policy", "load_exemplars", "load_languages", "load_policy", "load_teaching"]

_SIGNS = ("signs-emergency.yaml", "signs-urgent.yaml", "signs-caution.yaml")
_EXEMPLARS = ("exemplars-emergency.yaml", "exemplars-urgent.yaml", "exemplars-caution.yaml", "exemplars-general.yaml",
    "exemplars-contrast.yaml", "exemplars-voices.yaml", "exemplars-more.yaml", "exemplars-further.yaml",
    "exemplars-languages.yaml", "exemplars-calm.yaml", "exemplars-short.yaml", "exemplars-apart-emergency.yaml",
    "exemplars-apart-urgent.yaml", "exemplars-apart-near.yaml", "exemplars-apart-crisis.yaml",
    "exemplars-apart-calm.yaml", "exemplars-apart-friendly.yaml", "exemplars-apart-oblique.yaml",
    "exemplars-apart-noticed.yaml", "exemplars-apart-passing.yaml", "exemplars-apart-everyday.yaml",
    "exemplars-apart-words.yaml", "exemplars-apart-voices.yaml", "exemplars-apart-fragments.yaml",
)  # fmt: skip
_LANGUAGES = tuple(f"language-{code}.yaml" for code in ("es", "de", "fr", "pt", "hi", "zh"))
_MASKED = ("idioms", "names")
_NEAR = "__near"
_MOST_PARTS = 4


@dataclass(frozen=True)
class Policy:
    """Everything the guard knows of its field."""

    version: str
    status: str
    crisis: str
    """The category of the crisis route."""
    recent: str
    """The category of a report that somebody who can tell has looked at."""
    no_remainder: frozenset[str]
    """Categories after which nothing else in the message is answered."""
    level_of: Mapping[str, Level]
    """Category -> level, in the order of the policy."""
    signs: tuple[Sign, ...]
    lexicon: Lexicon
    cues: Cues
    denials: Mapping[str, str]
    """Kind of each phrase that a sentence which only denies is made of."""
    spellings: Mapping[str, str]
    """What is typed -> what is meant by it."""
    words: tuple[str, ...]
    """Words of the signs, for mending misspellings."""
    replies: Mapping[str, Any]


def _load(name: str) -> Any:
    """A file as plain texts, lists and maps; `on` and `no` are words here."""
    text = resources.files("assistant.guard").joinpath("data", name).read_text(encoding="utf-8")
    try:
        return yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        where = f"{name}:{mark.line + 1}" if mark else name
        raise SettingsError(f"{where}: is not valid YAML ({getattr(exc, 'problem', exc)})") from exc


def _line(name: str, *path: str) -> str:
    """File and line of an entry, found again only when something is wrong with it."""
    text = resources.files("assistant.guard").joinpath("data", name).read_text(encoding="utf-8")
    node, line = yaml.compose(text, Loader=yaml.BaseLoader), 1
    for key in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next(((k, v) for k, v in pairs if k.value == key), None)
        if found is None:
            break
        line, node = found[0].start_mark.line + 1, found[1]
    return f"{name}:{line}"


@lru_cache(maxsize=1)
def load_policy() -> Policy:
    """Load the shipped policy. Raises SettingsError naming file and line of what is wrong."""
    frame = _load("policy.yaml")
    try:
        level_of = _levels(frame["levels"])
        classes: dict[str, list[str]] = {}
        signs: list[Sign] = []
        for name in _SIGNS:
            _read_signs(name, level_of, classes, signs)
        scope = _load("scope.yaml")
        masked = [phrase for kind in _MASKED for phrase in scope[kind]]
        return Policy(
            version=frame["version"],
            status=frame["status"],
            crisis=frame["crisis"],
            recent=frame["recent"],
            no_remainder=frozenset(frame["no_remainder"]),
            level_of=level_of,
            signs=tuple(signs),
            lexicon=make_lexicon(classes),
            cues=make_cues({"masked": masked, **{k: v for k, v in scope.items() if k not in _MASKED}}),
            denials=_denials(),
            spellings=load_vocabulary().spellings,
            words=tuple(sorted({word for items in classes.values() for word in _words(items)})),
            replies=_replies(level_of),
        )
    except (KeyError, TypeError, AttributeError) as exc:
        raise SettingsError(f"policy.yaml or scope.yaml: the entry {exc} is missing or has the wrong form") from exc
    except ValueError as exc:
        raise SettingsError(f"scope.yaml: {exc}") from exc


def _denials() -> Mapping[str, str]:
    name = "denials.yaml"
    raw = _load(name)
    if set(raw) != set(KINDS):
        raise SettingsError(f"{name}: its lists have to be {', '.join(KINDS)}, not {', '.join(raw)}")
    kind_of: dict[str, str] = {}
    for kind, phrases in raw.items():
        for phrase in phrases:
            if kind_of.setdefault(phrase, kind) != kind:
                raise SettingsError(f"{_line(name, kind)}: {phrase!r} stands under {kind_of[phrase]} too")
    return kind_of


def _levels(raw: Mapping[str, list[str]]) -> dict[str, Level]:
    found: dict[str, Level] = {}
    for level in get_args(Level):
        for category in raw[level]:
            if category in found:
                raise SettingsError(f"{_line('policy.yaml', 'levels', level)}: {category} stands twice")
            found[category] = level
    return found


def _read_signs(name: str, level_of: Mapping[str, Level], classes: dict[str, list[str]], signs: list[Sign]) -> None:
    """Add a file's classes, under names of their own, and its signs."""
    raw = _load(name)
    own = raw["classes"]
    classes.update({f"{name} {key}": items for key, items in own.items()})
    for category, entries in raw["signs"].items():
        if category not in level_of:
            raise SettingsError(f"{_line(name, 'signs', category)}: there is no category {category!r}")
        for entry in entries:
            groups = [entry.get("all", []), entry.get("with", []), entry.get("unless", [])]
            if not groups[0] or len(groups[0]) > _MOST_PARTS or set(entry) - {"all", "with", "unless"}:
                raise SettingsError(f"{_line(name, 'signs', category)}: a sign has all, and may have with and unless")
            if unknown := [part for group in groups for part in group if part not in own]:
                raise SettingsError(f"{_line(name, 'signs', category)}: there is no class {unknown[0]!r}")
            signs.append(Sign(category, *(tuple(f"{name} {part}" for part in group) for group in groups)))


def _words(items: list[str]) -> Iterator[str]:
    return (word for item in items if not item.startswith("/") for word in item.split() if len(word) > 3)


def _replies(level_of: Mapping[str, Level]) -> Mapping[str, Any]:
    raw: Mapping[str, Any] = _load("replies.yaml")
    for category, level in level_of.items():
        if level != "GENERAL" and category not in raw[level]:
            raise SettingsError(f"{_line('replies.yaml', level)}: the reply for {category} is missing")
    return raw


def load_exemplars(files: Sequence[str] = _EXEMPLARS) -> list[tuple[str, str]]:
    """Messages with their categories, for learning. Raises SettingsError naming file and line."""
    level_of = load_policy().level_of
    found = []
    for name in files:
        for key, items in _load(name).items():
            for item in items:
                text, category = (item[1], item[0].partition("/")[2]) if key.endswith(_NEAR) else (item, key)
                if category not in level_of:
                    raise SettingsError(f"{_line(name, key)}: there is no category {category!r}")
                if not isinstance(text, str):
                    raise SettingsError(f"{_line(name, key)}: put quotes around the message {text}")
                found.append((text, category))
    return found


def load_teaching() -> Mapping[str, list[str]]:
    """What may be said around a message without changing what it comes to, by kind."""
    raw: Mapping[str, list[str]] = _load("teaching.yaml")
    return raw


@lru_cache(maxsize=1)
def load_languages() -> Languages:
    """Languages the guard can tell. Raises SettingsError naming the file of what is wrong."""
    name = "languages-other.yaml"
    try:
        rest = _load(name)
        told = [
            make_language({"code": raw["code"], **raw, "replies": {"short": raw["short"]}}) for raw in rest["others"]
        ]
        read = []
        for name in _LANGUAGES:
            read.append(make_language(_load(name)))
        return Languages(frozenset(rest["english"]), (*told, *read))  # a script of its own before one it shares
    except (KeyError, TypeError, AttributeError, re.error) as exc:
        raise SettingsError(f"{name}: the entry {exc} is missing or has the wrong form") from exc
