"""Where the shipped articles have what they say from: every number stands in a fact of a source its paragraph cites.

The researched facts lie in `eval/facts`: records with facts, each with the keys of its sources and their tiers (A:
guidelines and studies, B: health services, C: trainers and makers, D: unsigned pages). `problems` holds the articles to
them, `coverage` tells which facts an article uses, and why each other one is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from assistant.blocks import RawBlock
from assistant.readers import READERS
from assistant.text import stems
from assistant.vocabulary import Vocabulary

__all__ = ["Coverage", "Fact", "coverage", "load_facts", "numbers", "problems"]

FOLDER = Path(__file__).parent / "facts"
_FILES = ("exercises", "guides", "policy")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_TOLD = 0.5
"""Share of a fact's content words that a block must have to count as telling it."""
_SAFETY = ("take_care",)
_DETAIL = ("evidence",)


@dataclass(frozen=True, slots=True)
class Fact:
    """One researched fact: its field in the record, its words, its sources and the tier of the best of them."""

    field: str
    text: str
    sources: frozenset[str]
    tier: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The facts of an article's record: those it tells, and each other one with the reason why not."""

    article: str
    used: tuple[Fact, ...]
    unused: tuple[tuple[Fact, str], ...]


def load_facts(folder: Path = FOLDER) -> dict[str, tuple[Fact, ...]]:
    """The facts of every article, by its id."""
    records = [r for name in _FILES for r in yaml.safe_load((folder / f"{name}.yaml").read_text("utf-8"))[name]]
    return {record["id"]: tuple(_facts_of(record)) for record in records}


def _facts_of(record: Mapping[str, Any]) -> Iterator[Fact]:
    tiers = {source["key"]: source["tier"] for source in record["sources"]}
    for field, entries in record.items():
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, dict) and "src" in entry:
                words = "; ".join(str(value) for key, value in entry.items() if key in ("fact", "mistake", "fix"))
                best = min((tiers.get(key, "D") for key in entry["src"]), default="D")
                yield Fact(field, words, frozenset(entry["src"]), best)


def numbers(text: str) -> set[str]:
    """Numbers of a text, without commas for thousands.

    >>> sorted(numbers("2 to 3 sets, 1,400 people, 3.84 million"))
    ['1400', '2', '3', '3.84']
    """
    return {re.sub(r",(?=\d{3})", "", match) for match in _NUMBER.findall(text)}


def problems(corpus: Path, facts: Mapping[str, Sequence[Fact]]) -> list[str]:
    """File and line of each source without a fact and of each number that no fact of its sources has."""
    told: dict[str, set[str]] = {}
    for fact in (fact for record in facts.values() for fact in record):
        for key in fact.sources:
            told.setdefault(key, set()).update(numbers(fact.text))
    found: list[str] = []
    for file in sorted(corpus.glob("*.md")):
        for block in _blocks(file):
            where = f"{file.name}:{block.line}"
            found += [f"{where}: no fact has the source {key!r}" for key in block.cites if key not in told]
            missing = numbers(block.text) - set().union(*(told.get(key, set()) for key in block.cites))
            found += [f"{where}: no fact of its sources has the number {number}" for number in sorted(missing)]
    return found


def coverage(corpus: Path, facts: Mapping[str, Sequence[Fact]], vocabulary: Vocabulary) -> list[Coverage]:
    """For each article which facts of its record it tells."""
    result = []
    for file in sorted(corpus.glob("*.md")):
        blocks = [(set(block.cites), set(stems(block.text))) for block in _blocks(file)]
        used, unused = [], []
        for fact in facts.get(file.stem, ()):
            content = set(stems(fact.text)) - vocabulary.plain_stems
            best = max((len(content & own) for cites, own in blocks if cites & fact.sources), default=0)
            if best >= _TOLD * len(content):
                used.append(fact)
            else:
                unused.append((fact, _reason(fact)))
        result.append(Coverage(file.stem, tuple(used), tuple(unused)))
    return result


def _reason(fact: Fact) -> str:
    if fact.tier == "D":
        return "only unsigned pages say so"
    if fact.field in _SAFETY and fact.tier == "C":
        return "a safety claim needs a better source than trainers"
    if fact.field in _DETAIL:
        return "a detail of trials beyond what readers ask"
    return "told in other words or left out for brevity"


def _blocks(file: Path) -> list[RawBlock]:
    page = READERS[file.suffix](file.read_text("utf-8"), file.name)
    return [block for block in page.blocks if block.kind != "heading" and block.text]
