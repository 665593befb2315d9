"""Questions of choice on the shipped articles: what is wished for, what there is, what instead of what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.choosing import _likeness
from assistant.lexicon import Lexicon
from assistant.names import find_names
from assistant.vocabulary import load_vocabulary

if TYPE_CHECKING:
    from assistant.chain import Assistant

VOCABULARY = load_vocabulary()


def chosen(assistant: Assistant, question: str, *history: tuple[str, str]) -> list[str]:
    """Tell the articles that an answer quotes, each once."""
    return list(dict.fromkeys(citation.article for citation in assistant.ask(question, list(history)).citations))


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "some"),
    [
        ("how to get a thicker back", {"bent-over-row", "t-bar-row"}),
        ("i want wider lats", {"pull-up", "lat-pulldown"}),
        ("back exercises with only bands", {"face-pull", "straight-arm-pulldown"}),
        ("i only have a band", {"face-pull", "straight-arm-pulldown"}),
        ("best lower back exercise at home", {"bird-dog", "superman"}),
        ("hamstring workout", {"glute-ham-raise", "romanian-deadlift"}),
        ("what can i do instead of the superman", {"bird-dog", "floor-back-extension"}),
        ("the lat pulldown is taken, any alternative", {"chin-up", "pull-up"}),
        ("exercises like the good morning", {"romanian-deadlift"}),
        ("what rows are there", {"inverted-row", "dumbbell-row"}),
        ("which exercises are hip hinges?", {"kettlebell-swing", "good-morning"}),
        ("full back workout at home with dumbbells", {"dumbbell-row", "romanian-deadlift"}),
    ],
)
def test_a_wish_or_a_want_is_a_choice(assistant: Assistant, question: str, some: set[str]) -> None:
    """What somebody wants bigger, all that somebody has, and what may take a thing's place: several articles answer."""
    articles = chosen(assistant, question)
    assert some <= set(articles)
    assert len(articles) >= 4


@pytest.mark.model
@pytest.mark.parametrize(
    ("question", "only"),
    [
        ("can i use a band instead of a cable for face pulls", "face-pull"),
        ("what to do instead of pull ups", "pull-up"),
        ("alternatives to the back extension", "back-extension"),
        ("does the good morning make stronger hamstrings", "good-morning"),
        ("are there different grips for pull ups", "pull-up"),
        ("what are the steps of the hip hinge", "hip-hinge-drill"),
    ],
)
def test_what_asks_about_one_thing_is_no_choice(assistant: Assistant, question: str, only: str) -> None:
    """Not where something else is asked too, nor where the article tells itself what may take its subject's place."""
    assert chosen(assistant, question) == [only]


@pytest.mark.model
@pytest.mark.parametrize("question", ["chest workout with dumbbells", "calf exercises with a band", "gorilla row how"])
def test_what_the_articles_have_not_is_not_chosen(assistant: Assistant, question: str) -> None:
    """Kit that they know makes no exercise for another part of the body, nor a word of a name another's."""
    assert chosen(assistant, question) == []


@pytest.mark.model
def test_what_instead_may_be_a_follow_up(assistant: Assistant) -> None:
    """What was named before is what is replaced, and is itself not told."""
    articles = chosen(
        assistant, "what else can i do at home", ("user", "rack pull"), ("assistant", "A rack pull is ...")
    )
    assert len(articles) >= 4
    assert "rack-pull" not in articles


@pytest.mark.model
def test_what_there_is_narrows_the_choice_before(assistant: Assistant) -> None:
    """What somebody wants is kept when it is told with what kit."""
    history = (("user", "how to get a thicker back"), ("assistant", "The bent-over row works the rhomboids."))
    articles = chosen(assistant, "i only have dumbbells", *history)
    assert {"dumbbell-row", "chest-supported-row"} <= set(articles)
    assert "carries" not in articles


def test_likeness_needs_the_first_muscle() -> None:
    """Something that does not train what the first one is for takes no place of it."""
    one = {"muscles": ("lats", "biceps"), "definition": ("pull",)}
    assert _likeness(one, {"muscles": ("biceps", "core"), "definition": ("pull",)}) == 0
    assert _likeness(one, {"muscles": ("lats",)}) == 1
    assert _likeness(one, {"muscles": ("core", "lats"), "definition": ("pull",)}) == pytest.approx(0.5 + 0.5)


def test_what_only_questions_call_a_thing_lends_it_no_words() -> None:
    """Its last word does not stand for the name, and its words belong to the name only where all of it was said."""
    names = {("patch", "tube"): "Patch", ("sore", "or", "injur"): "Patch", ("ooz", "tube"): "Patch"}
    lexicon = Lexicon({}, 1, frozenset(), (), names, "Patch", asked=frozenset([("sore", "or", "injur")]))
    assert find_names("any injuries?", lexicon, VOCABULARY) == []
    assert find_names("sore or injured?", lexicon, VOCABULARY) == ["Patch"]
    assert lexicon.stems_of(["Patch"], ["is", "it", "injur"]) == ("patch", "tube", "ooz")
    assert lexicon.stems_of(["Patch"], ["sore", "or", "injur"]) == ("patch", "tube", "ooz", "sore", "or", "injur")
