"""The shipped articles say nothing that the researched facts do not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.settings import Settings
from assistant.vocabulary import load_vocabulary
from eval.__main__ import app
from eval.provenance import Fact, coverage, load_facts, numbers, problems

FACTS = load_facts()
PAGE = """---
title: Puncture
sources:
  - {{key: maker, title: Glue}}
  - {{key: club, title: Tyres}}
---

## Mending

{text}
"""
MENDING = {"puncture": (Fact("steps", "press the patch for 3 minutes", frozenset({"maker"}), "C"),)}


def corpus(folder: Path, text: str) -> Path:
    """A folder with one article of one paragraph."""
    (folder / "puncture.md").write_text(PAGE.format(text=text), encoding="utf-8")
    return folder


def test_every_number_of_the_shipped_articles_has_its_source() -> None:
    """Each cited key has facts, and each number stands in a fact of a key that its paragraph cites."""
    assert problems(Settings().corpus_path, FACTS) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Press the patch for 3 minutes. [@maker]", []),
        ("Press the patch for 4 minutes. [@maker]", ["puncture.md:10: no fact of its sources has the number 4"]),
        ("Press the patch. [@club]", ["puncture.md:10: no fact has the source 'club'"]),
    ],
)
def test_what_no_fact_says_is_named(tmp_path: Path, text: str, told: list[str]) -> None:
    """A wrong number and a source without a fact are found, with file and line."""
    assert problems(corpus(tmp_path, text), MENDING) == told


def test_each_shipped_article_tells_most_of_its_facts() -> None:
    """Every article has a record, every record an article, and four in five facts are told."""
    found = coverage(Settings().corpus_path, FACTS, load_vocabulary())
    assert {entry.article for entry in found} == FACTS.keys()
    assert all(entry.used for entry in found)
    told, left = sum(len(entry.used) for entry in found), sum(len(entry.unused) for entry in found)
    assert told >= 4 * left
    assert all(reason for entry in found for _, reason in entry.unused)


def test_a_fact_that_is_not_told_has_a_reason(tmp_path: Path) -> None:
    """Unsigned pages, weak sources for safety, details of trials; a told fact counts as used."""
    record = (
        *MENDING["puncture"],
        Fact("steps", "old wives swear by spittle", frozenset({"maker"}), "D"),
        Fact("take_care", "fumes make dizzy", frozenset({"maker"}), "C"),
        Fact("evidence", "nine riders of ten rode on", frozenset({"maker"}), "A"),
    )
    text = "Press the patch for 3 minutes. [@maker]"
    (entry,) = coverage(corpus(tmp_path, text), {"puncture": record}, load_vocabulary())
    assert entry.used == MENDING["puncture"]
    assert [reason.split()[1] for _, reason in entry.unused] == ["unsigned", "safety", "detail"]


def test_numbers_are_read_as_written() -> None:
    """Decimals stay, commas for thousands go."""
    assert numbers("3.84 million, 1,400 people, 2-3 sets") == {"3.84", "1400", "2", "3"}


def test_the_report_lists_every_article() -> None:
    """`python -m eval provenance` names each article and, when asked, what is left out."""
    shown = CliRunner().invoke(app, ["provenance", "--unused"], env={"COLUMNS": "300"})
    assert shown.exit_code == 0
    assert all(article in shown.stdout for article in FACTS)
    assert "only unsigned pages say so" in shown.stdout
