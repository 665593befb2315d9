"""Q&A cases: read and checked, errors name file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args

from assistant.errors import BackchatError
from assistant.types import Article, Turn

__all__ = ["Case", "CaseError", "Fact", "Kind", "check_evidence", "load_cases", "shipped_cases", "states"]

Kind = Literal["answerable", "dialogue", "multi", "unanswerable", "off_topic", "false_premise"]
_FIELDS = {"id", "corpus", "kind", "topic", "question", "history", "facts", "evidence", "must_not", "tags"}


class CaseError(BackchatError):
    """A case is malformed; the message names file and line."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something an answer must state: it does when any of the patterns is found in it."""

    name: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what its answer must and must not state."""

    id: str
    corpus: str
    kind: Kind
    topic: str | None
    question: str
    history: tuple[Turn, ...]
    facts: tuple[Fact, ...]
    evidence: tuple[str, ...]
    """Headings of the sections that hold the facts."""
    must_not: tuple[re.Pattern[str], ...]
    tags: tuple[str, ...]
    line: int

    @property
    def covered(self) -> bool:
        """Whether the corpus answers it."""
        return bool(self.facts)


def states(fact: Fact, text: str) -> bool:
    """Whether a text states a fact."""
    return any(pattern.search(text) for pattern in fact.patterns)


def shipped_cases(split: str) -> list[Case]:
    """The shipped cases of a half, "dev" or "test"."""
    return load_cases(Path(str(resources.files("eval.cases"))) / f"{split}.jsonl")


def load_cases(path: Path) -> list[Case]:
    """Read a file of cases, one JSON object a line.

    Raises:
        CaseError: a line is malformed, an id stands twice, a pattern does not compile.
    """
    cases: list[Case] = []
    seen: dict[str, int] = {}
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a JSON text may hold U+2028
    except OSError as exc:
        raise CaseError(f"{path}: cannot be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise CaseError(f"{path}: is not UTF-8 ({exc.reason} at byte {exc.start})") from exc
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            case = _case(json.loads(line), number)
        except (ValueError, KeyError, TypeError, re.error) as exc:
            raise CaseError(f"{where}: {exc if str(exc) else type(exc).__name__}") from exc
        if case.id in seen:
            raise CaseError(f"{where}: id {case.id!r} stands on line {seen[case.id]} already")
        seen[case.id] = number
        cases.append(case)
    return cases


def _case(raw: Any, line: int) -> Case:
    if not isinstance(raw, dict) or set(raw) != _FIELDS:
        raise ValueError(f"a case needs exactly the fields {', '.join(sorted(_FIELDS))}")
    if raw["kind"] not in get_args(Kind):
        raise ValueError(f"kind {raw['kind']!r} is none of {', '.join(get_args(Kind))}")
    for name in ("id", "corpus", "question"):
        if not isinstance(raw[name], str) or not raw[name].strip():
            raise ValueError(f"{name} has to be a text, not {raw[name]!r}")
    facts = tuple(Fact(fact["name"], _patterns(fact["patterns"], f"fact {fact['name']!r}")) for fact in raw["facts"])
    if empty := [fact.name for fact in facts if not fact.patterns]:
        raise ValueError(f"fact {empty[0]!r} has no patterns, nothing could state it")
    if bool(facts) == (raw["kind"] in ("unanswerable", "off_topic")):
        raise ValueError("facts are needed, except for unanswerable and off_topic cases, which have none")
    history = tuple(_turn(entry) for entry in raw["history"])
    if raw["kind"] == "dialogue" and not history:
        raise ValueError("a dialogue case needs a history")
    return Case(
        raw["id"],
        raw["corpus"],
        raw["kind"],
        raw["topic"],
        raw["question"],
        history,
        facts,
        _texts(raw["evidence"], "evidence"),
        _patterns(raw["must_not"], "must_not"),
        _texts(raw["tags"], "tags"),
        line,
    )


def _turn(entry: Any) -> Turn:
    role, text = entry
    if role not in ("user", "assistant") or not isinstance(text, str):
        raise ValueError(f'a turn of the history is ["user" or "assistant", text], not {entry!r}')
    return Turn("user" if role == "user" else "assistant", text)


def _texts(raw: Any, where: str) -> tuple[str, ...]:
    """A list of texts; a bare text would be taken letter by letter, an empty pattern would match anything."""
    if not isinstance(raw, list) or not all(isinstance(item, str) and item for item in raw):
        raise ValueError(f"{where} has to be a list of texts")
    return tuple(raw)


def _patterns(raw: Any, where: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.DOTALL) for pattern in _texts(raw, where))


def check_evidence(cases: Iterable[Case], articles: Iterable[Article]) -> list[str]:
    """What is wrong between cases and corpus: sections that do not exist, facts their own evidence does not state."""
    sections: dict[str, str] = {}
    for article in articles:
        for section in article.sections:
            if section.heading:
                sections[section.heading[-1]] = (
                    sections.get(section.heading[-1], "") + article.text[section.start : section.end]
                )
    problems = []
    for case in cases:
        missing = [heading for heading in case.evidence if heading not in sections]
        problems += [f"line {case.line}: {case.id}: no section {heading!r} in the corpus" for heading in missing]
        text = "\n".join(sections.get(heading, "") for heading in case.evidence)
        problems += [
            f"line {case.line}: {case.id}: its evidence does not state {fact.name!r}"
            for fact in case.facts
            if not states(fact, text)
        ]
    return problems
