"""The small corpus, and its index once built, for the tests of the index."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.indexing import build_index
from assistant.settings import Settings
from tests.fakes import SMALL, FakeEncoder, write_corpus


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Write the small corpus; the settings for it, with an empty cache."""
    return Settings(corpus=write_corpus(tmp_path / "corpus", SMALL), cache_dir=tmp_path / "cache")


@pytest.fixture
def built(here: Settings) -> Settings:
    """Build the index of the small corpus."""
    build_index(here, FakeEncoder)
    return here
