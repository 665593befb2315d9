"""The README's tables against the code, so that they cannot rot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_listed(name: str) -> None:
    """A setting that the README leaves out cannot be found by its user."""
    table = README.split("## Settings")[1].split("## ")[0]
    assert f"`{name}`" in table


def test_every_file_that_is_named_exists() -> None:
    """The file map and the flow name modules that are there."""
    named = {name for name in re.findall(r"\b([a-z_]+\.py)\b", README) if name != "app.py"}
    folders = ("assistant", "assistant/guard", "assistant/web", "eval")
    there = {path.name for folder in folders for path in (ROOT / folder).glob("*.py")}
    assert len(named) > 15
    assert named <= there


def test_the_readme_stays_short() -> None:
    """It is read in one go: under 150 lines."""
    assert len(README.splitlines()) < 150


def test_nothing_is_left_to_fill_in() -> None:
    """No placeholder stands in it."""
    assert not re.search(r"\b[A-Z]{6,}(?:TABLE|DATE)\b|\bTODO\b|\bBENCH(?:DATE|TABLE)\b", README)
