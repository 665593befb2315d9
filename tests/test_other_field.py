"""The flow with the real model on other people's articles: two about bicycles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from assistant.settings import Settings

from .bicycles import write_bicycles
from .contract_checks import assert_contract

if TYPE_CHECKING:
    from assistant.chain import Assistant

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def bicycles(model_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    """Open an assistant of the two bicycle articles."""
    import shutil

    from assistant.chain import Assistant

    cache = tmp_path_factory.mktemp("bicycle-cache")
    shutil.copytree(model_cache / "models", cache / "models")
    corpus = write_bicycles(tmp_path_factory.mktemp("bicycles"))
    with Assistant.load(Settings(corpus=corpus, cache_dir=cache)) as loaded:
        yield loaded


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How do I do a puncture repair?", "Lift the tyre over the rim"),
        ("How often should I do the chain cleaning?", "every 300 kilometres"),
        ("how often for the chain?", "every 300 kilometres"),
        ("what do I need for a puncture repair?", "two tyre levers"),
        ("what mistakes do people make when fixing a puncture?", "Pinching the tube"),
        ("does the rubber patch need glue?", "needs glue"),
        ("what is the second step of chain cleaning?", "Turn the pedals backwards"),
    ],
)
def test_another_field_works_as_well(bicycles: Assistant, question: str, words: str) -> None:
    """Articles about something else are answered from, under the same contract."""
    answer = bicycles.ask(question)
    assert words in answer.text
    assert_contract(answer, bicycles.articles)


def test_another_field_has_no_back_extensions(bicycles: Assistant) -> None:
    """What the shipped article says is not known to a corpus without it."""
    answer = bicycles.ask("Which muscles does the back extension work?")
    assert answer.status != "answered"
    assert_contract(answer, bicycles.articles)


def test_another_fields_suggestions_are_answered(bicycles: Assistant) -> None:
    """The start screen of other articles offers what they answer, of both."""
    assert {"puncture repair" in question for question in bicycles.suggestions} == {True, False}
    missed = [question for question in bicycles.suggestions if not bicycles.ask(question).citations]
    assert not missed


def test_the_policys_scope_holds_for_articles_on_its_topic_only(assistant: Assistant, bicycles: Assistant) -> None:
    """Other articles' questions are off the policy's topic and are answered all the same."""
    assert assistant._in_scope
    assert not bicycles._in_scope
    assert bicycles.ask("How long do I hold the patch on the tube?").citations
