"""Q&A cases as JSONL: read and checked, every problem with its file and line."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args

from assistant.errors import BackchatError
from assistant.types import Level, Turn

__all__ = ["KINDS", "SHIPPED", "Case", "CaseError", "Fact", "Kind", "fixture", "load_cases", "shipped_cases", "states"]

Kind = Literal["answerable", "dialogue", "multi", "false_premise", "unanswerable", "off_topic", "guard"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SHIPPED = "shipped"
"""What the field `corpus` says of cases about the articles that come with the package; others name a fixture."""
ONE_EXERCISE = "one-exercise"
"""The fixture with the article on the first exercise and two guides: its cases name what only a library would tell."""
_NEEDED = ("id", "kind", "question")
_OPTIONAL: dict[str, Any] = {
    "corpus": SHIPPED,
    "topic": None,
    "history": [],
    "facts": [],
    "evidence": [],
    "must_not": [],
    "right": [],
    "wrong": [],
    "tags": [],
    "level": None,
    "accept": [],
    "category": None,
}
_UNCOVERED = ("unanswerable", "off_topic", "guard")
_MOST_SHOWN = 20
_T = TypeVar("_T")


class CaseError(BackchatError):
    """Cases are malformed; the message names file and line of each problem."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something an answer must state: it does when any of the patterns is found in it."""

    name: str
    patterns: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One question with what its answer must and must not state, or with the level the guard must give it."""

    id: str
    kind: Kind
    question: str
    where: str = ""
    """File and line, for messages."""
    corpus: str = SHIPPED
    topic: str | None = None
    history: tuple[Turn, ...] = ()
    facts: tuple[Fact, ...] = ()
    evidence: tuple[str, ...] = ()
    """Sections that hold the facts: a heading, or "article id > heading" where several articles have it."""
    must_not: tuple[re.Pattern[str], ...] = ()
    right: tuple[str, ...] = ()
    """Answers in other words that the patterns must pass: they test the case itself."""
    wrong: tuple[str, ...] = ()
    """Plausible wrong answers that the patterns must fail."""
    tags: tuple[str, ...] = ()
    level: Level | None = None
    """Guard cases: the level of the conversation after the question."""
    accept: tuple[Level, ...] = ()
    """Guard cases: further levels that a fair clinician would accept."""
    category: str | None = None

    @property
    def covered(self) -> bool:
        """Whether the corpus answers it."""
        return bool(self.facts)


def states(fact: Fact, text: str) -> bool:
    """Whether a text states a fact."""
    return any(pattern.search(text) for pattern in fact.patterns)


def _folder() -> Path:
    return Path(str(resources.files("eval.cases")))


def shipped_cases(split: str) -> list[Case]:
    """The shipped cases of a half, "dev" or "test". Raises CaseError for another name."""
    if split not in ("dev", "test"):
        raise CaseError(f"there is no half {split!r} of the cases; take dev, test or both")
    return load_cases(_folder() / f"{split}.jsonl")


def fixture(name: str) -> Path:
    """The folder of a corpus that comes with the cases. Raises CaseError when there is none of that name."""
    path = _folder() / "corpora" / name
    if not re.fullmatch(r"[\w-]+", name) or not path.is_dir():
        raise CaseError(f"no corpus {name!r} comes with the cases; name one of eval/cases/corpora, or {SHIPPED!r}")
    return path


def load_cases(path: Path) -> list[Case]:
    """Read a file of cases, one JSON object a line; blank lines are skipped.

    Raises:
        CaseError: the file cannot be read, or lines are malformed or repeat an id; all of them are named.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # not splitlines: a JSON text may hold U+2028
    except OSError as exc:
        raise CaseError(f"{path}: cannot be read ({exc.strerror})") from exc
    except UnicodeDecodeError as exc:
        raise CaseError(f"{path}: is not UTF-8 ({exc.reason} at byte {exc.start})") from exc
    cases: list[Case] = []
    problems: list[str] = []
    seen: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            case = _case(json.loads(line), where)
        except (ValueError, RecursionError) as exc:
            problems.append(f"{where}: {exc}")
            continue
        if case.id in seen:
            problems.append(f"{where}: id {case.id!r} stands at {seen[case.id]} already")
        seen.setdefault(case.id, where)
        cases.append(case)
    refuse(problems)
    return cases


def refuse(problems: Sequence[str]) -> None:
    """Raise CaseError if there are problems, with the first twenty of them."""
    if problems:
        more = f"\nand {len(problems) - _MOST_SHOWN} more" if len(problems) > _MOST_SHOWN else ""
        raise CaseError("\n".join(problems[:_MOST_SHOWN]) + more)


def _case(raw: Any, where: str) -> Case:
    if not isinstance(raw, dict):
        raise ValueError('a case is an object such as {"id": "...", "kind": "answerable", "question": "...", ...}')
    if "todo" in raw:
        raise ValueError(f"this stub is not finished: {raw['todo']} Then take the field todo out")
    if unknown := sorted(set(raw) - {*_NEEDED, *_OPTIONAL}):
        raise ValueError(f"unknown field {', '.join(unknown)}; a case has {', '.join((*_NEEDED, *_OPTIONAL))}")
    if missing := [name for name in _NEEDED if name not in raw]:
        raise ValueError(f"the field {missing[0]!r} is missing")
    given = {**_OPTIONAL, **raw}
    case = Case(
        id=_text(given["id"], "id"),
        kind=_one_of(given["kind"], KINDS, "kind"),
        question=_text(given["question"], "question"),
        where=where,
        corpus=_text(given["corpus"], "corpus"),
        topic=_maybe(given["topic"], "topic"),
        history=_each(given["history"], "history", _turn),
        facts=_each(given["facts"], "facts", _fact),
        evidence=_texts(given["evidence"], "evidence"),
        must_not=_patterns(given["must_not"], "must_not"),
        right=_texts(given["right"], "right"),
        wrong=_texts(given["wrong"], "wrong"),
        tags=_texts(given["tags"], "tags"),
        level=None if given["level"] is None else _one_of(given["level"], get_args(Level), "level"),
        accept=_each(given["accept"], "accept", lambda item, name: _one_of(item, get_args(Level), name)),
        category=_maybe(given["category"], "category"),
    )
    _refuse_contradiction(case)
    return case


def _refuse_contradiction(case: Case) -> None:
    """Raise ValueError for fields that do not go together."""
    if case.covered == (case.kind in _UNCOVERED):
        raise ValueError(f"facts are needed, except for {', '.join(_UNCOVERED)} cases, which have none")
    if case.kind == "dialogue" and not case.history:
        raise ValueError("a dialogue case needs a history")
    if (case.level is not None) != (case.kind == "guard"):
        raise ValueError("a guard case, and no other, names the level it must get")
    if (case.right or case.wrong) and not case.covered:
        raise ValueError("right and wrong test the patterns of facts, and this case has none")
    names = [fact.name for fact in case.facts]
    if len(set(names)) < len(names):
        raise ValueError("two facts have the same name")


def _text(raw: Any, where: str) -> str:
    if not isinstance(raw, str) or not raw.strip():
        raise ValueError(f"{where} has to be a text, not {raw!r}")
    return raw


def _maybe(raw: Any, where: str) -> str | None:
    return None if raw is None else _text(raw, where)


def _one_of(raw: Any, names: Iterable[_T], where: str) -> _T:
    for name in names:
        if raw == name:
            return name
    raise ValueError(f"{where} {raw!r} is none of {', '.join(map(str, names))}")


def _each(raw: Any, where: str, read: Callable[[Any, str], _T]) -> tuple[_T, ...]:
    if not isinstance(raw, list):
        raise ValueError(f"{where} has to be a list")
    return tuple(read(item, where) for item in raw)


def _turn(raw: Any, where: str) -> Turn:
    if not isinstance(raw, list) or len(raw) != 2 or raw[0] not in ("user", "assistant") or not isinstance(raw[1], str):
        raise ValueError(f'a turn of the {where} is ["user" or "assistant", text], not {raw!r}')
    return Turn("user" if raw[0] == "user" else "assistant", raw[1])


def _fact(raw: Any, where: str) -> Fact:
    if not isinstance(raw, Mapping) or set(raw) != {"name", "patterns"}:
        raise ValueError(f"each of the {where} has a name and patterns, nothing else")
    name = _text(raw["name"], "the name of a fact")
    patterns = _patterns(raw["patterns"], f"fact {name!r}")
    if not patterns:
        raise ValueError(f"fact {name!r} has no patterns, nothing could state it")
    return Fact(name, patterns)


def _texts(raw: Any, where: str) -> tuple[str, ...]:
    """A list of texts; a bare text would be taken letter by letter, an empty pattern would match anything."""
    if not isinstance(raw, list) or not all(isinstance(item, str) and item for item in raw):
        raise ValueError(f"{where} has to be a list of texts")
    return tuple(raw)


def _patterns(raw: Any, where: str) -> tuple[re.Pattern[str], ...]:
    compiled = []
    for text in _texts(raw, where):
        try:
            compiled.append(re.compile(text, re.IGNORECASE | re.DOTALL))
        except re.error as exc:
            raise ValueError(f"{where}: the pattern {text!r} does not compile ({exc})") from exc
        if compiled[-1].search(""):
            raise ValueError(f"{where}: the pattern {text!r} matches an empty text, so it would match anything")
    return tuple(compiled)
