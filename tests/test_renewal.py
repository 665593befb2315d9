"""A rebuilt index is opened beside the one in service."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.building import build
from assistant.chain import Assistant
from assistant.renewal import rebuilt
from assistant.settings import Settings

ARTICLE = "# Tying a bowline\n\n## How to tie it\n\nMake a small loop. Pass the end up through the loop.\n"


@pytest.mark.model
def test_the_new_index_answers_and_the_old_one_goes_on(tmp_path: Path) -> None:
    """None while nothing changed; after a build in the same place both answer, each from its own texts."""
    file = tmp_path / "corpus" / "bowline.md"
    file.parent.mkdir()
    file.write_text(ARTICLE)
    settings = Settings(corpus=file.parent, cache_dir=tmp_path / "cache")
    with Assistant.load(settings) as old:
        assert rebuilt(old) is None
        file.write_text(ARTICLE + "\n## How strong it is\n\nThe knot keeps two thirds of the strength of the rope.\n")
        assert rebuilt(old) is None  # changed files alone: whoever edits them says when to build
        build(settings)
        new = rebuilt(old)
        assert new is not None
        with new:
            assert rebuilt(new) is None
            for assistant, told in ((new, True), (old, False)):
                assert ("two thirds" in assistant.articles[0].text) is told
                assert "small loop" in assistant.ask("How do I tie a bowline?").text
