"""Follow-ups with the real model on the shipped articles: what they mean, what they add, what was told before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from assistant.types import Turn

from .contract_checks import same

if TYPE_CHECKING:
    from assistant.chain import Assistant

pytestmark = pytest.mark.model


def test_a_follow_up_is_understood(assistant: Assistant) -> None:
    """A bare "how many" after a talk about one variation is about it, in each form a history can have."""
    talk = [("user", "How do I do the superman?"), ("assistant", "Lie face down on a mat.")]
    answer = assistant.ask("how many reps?", talk)
    assert "10 to 15" in answer.text
    assert "superman" in answer.text
    as_turns = [Turn("user", talk[0][1]), Turn("assistant", talk[1][1])]
    as_maps = [{"role": role, "content": text} for role, text in talk]
    assert (
        same(answer)
        == same(assistant.ask("how many reps?", as_turns))
        == same(assistant.ask("how many reps?", as_maps))
    )
    assert answer.answer_id != assistant.ask("how many reps?").answer_id


def test_a_follow_up_off_the_subject_is_not_covered(assistant: Assistant) -> None:
    """The topic of the talk does not make a foreign question covered."""
    talk = [("user", "How do I do the superman?"), ("assistant", "Lie face down on a mat.")]
    assert assistant.ask("What is the capital of Spain?", talk).status != "answered"


def test_anything_else_is_not_what_was_told(assistant: Assistant) -> None:
    """Who asks for more hears other quotes, or that there are none; who asks for the source hears the same again."""
    question = "How do I fix rounding my back in deadlifts?"
    first = assistant.ask(question)
    history = [("user", question), ("assistant", first.text)]
    told = {quote.text for citation in first.citations for quote in citation.quotes}
    more = assistant.ask("anything else?", history)
    assert told
    assert not told & {quote.text for citation in more.citations for quote in citation.quotes}
    assert assistant.ask("says who?", history).text == first.text


def test_nothing_worse_is_told_when_no_more_is_known(assistant: Assistant) -> None:
    """The easier form is nothing else that makes an exercise harder."""
    question = "How do I make a bird dog harder?"
    answer = assistant.ask("anything else?", [("user", question), ("assistant", assistant.ask(question).text)])
    assert answer.status == "not_covered"
    assert "no more" in answer.text


def test_that_one_is_what_the_last_answer_named(assistant: Assistant) -> None:
    """Beside what was asked about; where the answer named several others, the talk goes on about the first subject."""
    history = [("user", "Is there an easier row than the bent-over row?"), ("assistant", "Try the inverted row.")]
    assert {citation.article for citation in assistant.ask("how do I do that one?", history).citations} == {
        "inverted-row"
    }
    several = [*history[:1], ("assistant", "Try the inverted row or the dumbbell row.")]
    answer = assistant.ask("how do I do that one?", several)
    assert {citation.article for citation in answer.citations} == {"bent-over-row"}


@pytest.mark.parametrize(
    ("first", "then", "words"),
    [
        ("does a wide grip work more of the lats in the pulldown?", "and behind the neck?", "behind the neck"),
        ("how many reps of bird dog", "with a dumbbell in the hand?", "add light weights"),
        ("how long should i rest between sets", "for strength?", "3 to 5 minutes"),
        ("how often should i do pull ups", "on rings?", ""),
        ("how many sets for beginners", "for experienced lifters?", ""),
    ],
)
def test_what_a_follow_up_adds_is_answered_not_the_same_again(
    assistant: Assistant, first: str, then: str, words: str
) -> None:
    """A few words more are asked about where an article has them, and are not covered where none has."""
    told = assistant.ask(first)
    answer = assistant.ask(then, [("user", first), ("assistant", told.text)])
    assert told.citations
    assert (words in answer.text and answer.text != told.text) if words else answer.status == "not_covered"


def test_a_follow_up_to_a_topic_alone_is_about_no_exercise(assistant: Assistant) -> None:
    """How often, asked about an ailment, is not how often one exercise is done."""
    first = assistant.ask("what is sciatica")
    answer = assistant.ask("how often?", [("user", "what is sciatica"), ("assistant", first.text)])
    assert {citation.article for citation in (*first.citations, *answer.citations)} == {"sciatica"}


def test_the_second_part_may_go_on_about_a_topic(assistant: Assistant) -> None:
    """What "it" is was said in the first part, though an article on no exercise is about it."""
    answer = assistant.ask("can i exercise with sciatica and how long does it last")
    assert "4 to 6 weeks" in answer.text
    assert answer.citations[-1].article == "sciatica"
    assert all("ciatica" in quote.text for citation in answer.citations for quote in citation.quotes)


def test_a_follow_up_may_go_back_turn_round_or_mean_the_last(assistant: Assistant) -> None:
    """By its place among what was talked about, as the contrary, and as what the last answer named."""
    talk = [("user", "how many cat-cows?"), ("user", "how long is a bird dog hold?")]
    assert "cat-cow" in assistant.ask("back to the first one, when do I breathe out?", talk).citations[0].article
    harder = [("user", "how do I make back extensions harder?"), ("assistant", "Hold a weight close to your chest.")]
    assert "easier" in assistant.ask("and the opposite?", harder).text
    milder = [("user", "updog is too strong"), ("assistant", "Lower your elbows to the mat, which is the sphinx.")]
    last = assistant.ask("that last one, how long do I stay in it?", milder)
    assert {citation.article for citation in last.citations} == {"sphinx"}
    assert "15 to 30 seconds" in last.text


def test_what_named_nothing_is_meant_by_what_points_back_to_it(assistant: Assistant) -> None:
    """Not the first article, of which nobody spoke."""
    talk = [("user", "how many reps should a beginner aim for?"), ("assistant", "The ACSM advised 8 to 12.")]
    answer = assistant.ask("and once I can do more than that, how much weight do I add?", talk)
    assert "back-extension" not in {citation.article for citation in answer.citations}
