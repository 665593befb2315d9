"""The flow with the real model on the shipped articles."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from assistant.errors import QuestionError
from assistant.policy import DISCLAIMER
from assistant.state import Part, turns
from assistant.types import Turn

from .contract_checks import assert_contract, same

if TYPE_CHECKING:
    from assistant.chain import Assistant

pytestmark = pytest.mark.model

COVERED = (
    "How do I do the back extension?",
    "How do I set up for the back extension?",
    "How many sets and reps should I do?",
    "how often per week?",
    "Which muscles does it work?",
    "what are common mistakes",
    "Can I do it at home without a bench?",
    "how do i make it harder",
    "make it easier for beginners",
    "How do I do the superman?",
    "steps for the upward-facing dog",
    "when do I breathe out?",
    "Is it also called a hyperextension?",
    "should I ask a doctor if I have back pain?",
    "does it help with sciatica",
    "what is a back extension used for",
    "where does the pad go?",
    "how many reps of superman?",
    "what is the third step of the back extension?",
    "how long do I hold the upward-facing dog",
)
FOREIGN = (
    "What is the capital of Spain?",
    "Who won the world cup in 1998?",
    "write me a poem about the sea",
    "how do I bake sourdough bread",
    "what does git rebase do?",
    "is it going to rain tomorrow",
    "recommend a laptop",
    "how do I change a car tyre?",
    "tell me a joke",
    "what wine goes with fish",
)
SMALL = ("hi", "Hello there!", "thanks", "who are you?", "bye", "what can you do?")
ODD = (
    "???",
    "🙂🙂",
    "...",
    "a",
    "1",
    "how",
    "back",
    "extension extension extension",
    "HOW MANY REPS!!!",
    "hwo mnay repetitons of bakc extensoins?",
    "\u202ehow many reps",
    "how many reps\x00?",
    "<b>how many reps</b>",
    "'; drop table articles; --",
    "¿Cuántas repeticiones?",
    "как делать",
    "how many " * 150,
    "step ²",
    "step 0",
    "step 99",
    "$$x^2$$ reps",
    "reps\nand\nsets",
    "[1] [2]",
    "{{question}}",
)


@pytest.mark.parametrize("question", COVERED)
def test_covered_questions_are_answered_with_quotes(assistant: Assistant, question: str) -> None:
    """A question the article answers gets quotes, the disclaimer and timings for every stage."""
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert answer.citations
    assert answer.question == question
    assert answer.disclaimer == DISCLAIMER
    assert {"interpret", "encode", "retrieve", "evidence", "compose", "total"} <= set(answer.timings_ms)
    assert all(value >= 0 for value in answer.timings_ms.values())
    assert_contract(answer, assistant.articles)


@pytest.mark.parametrize("question", FOREIGN)
def test_foreign_questions_are_not_covered(assistant: Assistant, question: str) -> None:
    """A question about something else gets one notice and offers, and quotes nothing."""
    answer = assistant.ask(question)
    assert answer.status in ("not_covered", "declined")
    assert not answer.citations
    assert answer.suggestions
    assert_contract(answer, assistant.articles)


@pytest.mark.parametrize("question", SMALL)
def test_small_talk_gets_a_notice(assistant: Assistant, question: str) -> None:
    """Small talk is answered in our own words, quoting nothing."""
    answer = assistant.ask(question)
    assert (answer.status, [block.kind for block in answer.blocks], answer.citations) == ("answered", ["notice"], ())
    assert_contract(answer, assistant.articles)


@pytest.mark.parametrize("question", ODD, ids=lambda question: repr(question[:20]))
def test_odd_questions_keep_the_contract(assistant: Assistant, question: str) -> None:
    """Signs, markup, other scripts, repetition and misspellings get a valid answer of some kind."""
    assert_contract(assistant.ask(question), assistant.articles)


def test_an_overview_gives_the_numbered_steps(assistant: Assistant) -> None:
    """How to do the thing is answered by all the steps, numbered as in the article."""
    answer = assistant.ask("How do I do the back extension?")
    (steps,) = [block for block in answer.blocks if block.kind == "steps"]
    section = next(s for s in assistant.articles[0].sections if s.heading == ("How to do a back extension",))
    text = assistant.articles[0].text[section.start : section.end]
    assert [f"{n}. {s.text}" in text for n, s in enumerate(steps.sentences, start=1)] == [True] * 5


def test_a_step_is_answered_by_that_step(assistant: Assistant) -> None:
    """Asked for the third step of something, only that step is quoted."""
    answer = assistant.ask("what is the third step of the superman?")
    assert answer.text == "Keep your neck long and neutral and look at the mat."


def test_two_questions_get_two_answers(assistant: Assistant) -> None:
    """Both parts of a message are answered, in its order, with citations numbered through."""
    answer = assistant.ask("Which muscles are worked, and how many sets and reps should I do?")
    assert "erector spinae" in answer.text
    assert answer.text.index("erector spinae") < answer.text.index("8 to 12")
    assert_contract(answer, assistant.articles)


def test_a_gap_is_named(assistant: Assistant) -> None:
    """When one part is not covered the other is answered, and a last notice quotes the part that is missing."""
    answer = assistant.ask("How many sets should I do, and what is the capital of Spain?")
    assert answer.status == "answered"
    assert answer.blocks[-1].kind == "notice"
    assert "capital of Spain" in answer.blocks[-1].sentences[0].text
    assert answer.blocks[0].kind != "notice"
    assert_contract(answer, assistant.articles)


def test_what_is_taken_for_granted_is_answered_where_the_question_is_not(assistant: Assistant) -> None:
    """A question built on a mistake gets what the articles say of the mistake, and the gap is named."""
    told = assistant.ask("Since the move needs a 10 kg plate to count, which hand holds it?")
    assert told.status == "answered"
    assert "You do not need any weights" in told.text
    assert told.blocks[-1].sentences[0].text.endswith("“which hand holds it?”")
    unknown = assistant.ask("Seeing as the moon is full tonight, who sells good shoes?")
    assert unknown.status == "not_covered"


@pytest.mark.parametrize("question", ["", " ", "\n\t", "\u00a0"])
def test_an_empty_question_is_refused(assistant: Assistant, question: str) -> None:
    """White space is no question."""
    with pytest.raises(QuestionError, match="empty"):
        assistant.ask(question)


def test_the_length_limit_is_exact(assistant: Assistant) -> None:
    """A question of the longest length is taken, one character more is refused with the limit named."""
    limit = assistant.settings.max_question_chars
    assert assistant.ask("x" * limit).question == "x" * limit
    with pytest.raises(QuestionError, match=str(limit)):
        assistant.ask("x" * (limit + 1))


@pytest.mark.parametrize(
    "history", [[("system", "x")], [{"role": "user"}], [{"content": "x"}], [("user", 5)], [("user", None)], [{}]]
)
def test_a_malformed_history_is_refused(assistant: Assistant, history: Any) -> None:
    """A turn needs a known role and a text."""
    with pytest.raises(QuestionError, match="history"):
        assistant.ask("How often?", history)


def test_turns_come_in_three_forms() -> None:
    """Turn, pair and mapping are the same turn."""
    expected = (Turn("user", "a"), Turn("assistant", "b"), Turn("user", "c"))
    assert turns([Turn("user", "a"), ("assistant", "b"), {"role": "user", "content": "c"}]) == expected


def test_a_stream_grows_to_the_answer(assistant: Assistant) -> None:
    """Every piece holds all blocks of the one before it, and the last is what ask gives."""
    question = "Which muscles are worked, and how many sets and reps should I do?"
    pieces = list(assistant.stream(question))
    assert len(pieces) == len(pieces[-1].blocks) > 1
    for count, piece in enumerate(pieces, start=1):
        assert piece.blocks == pieces[-1].blocks[:count]
    assert same(pieces[-1]) == same(assistant.ask(question))


def test_the_chain_is_a_runnable(assistant: Assistant) -> None:
    """Invoke, batch and stream of the chain give what ask gives, and a plain text is a question."""
    one, two = "How many reps?", "Which muscles are worked?"
    expected = [same(assistant.ask(one)), same(assistant.ask(two))]
    assert same(assistant.chain.invoke(one)) == expected[0]
    assert [same(answer) for answer in assistant.chain.batch([one, {"question": two}])] == expected
    assert same(list(assistant.chain.stream(two))[-1]) == expected[1]


async def test_the_chain_is_an_async_runnable(assistant: Assistant) -> None:
    """The async twins give the same answers."""
    one, two = "How many reps?", "Which muscles are worked?"
    expected = [same(assistant.ask(one)), same(assistant.ask(two))]
    assert same(await assistant.chain.ainvoke({"question": one})) == expected[0]
    assert [same(answer) for answer in await assistant.chain.abatch([one, two])] == expected
    assert same([piece async for piece in assistant.chain.astream(two)][-1]) == expected[1]


def test_a_bad_question_in_a_batch_is_told_apart(assistant: Assistant) -> None:
    """With return_exceptions a batch gives the others' answers."""
    good, bad = assistant.chain.batch(["How many reps?", " "], return_exceptions=True)
    assert good.status == "answered"
    assert isinstance(bad, QuestionError)


def test_the_same_question_gives_the_same_answer(assistant: Assistant) -> None:
    """Everything but the timings is repeatable, the id included."""
    for question in (*COVERED[:4], *FOREIGN[:2], *SMALL[:1]):
        assert same(assistant.ask(question)) == same(assistant.ask(question))


def test_threads_do_not_disturb_each_other(assistant: Assistant) -> None:
    """Eight threads with twenty questions each get what one thread gets."""
    questions = [*COVERED[:14], *FOREIGN[:4], *SMALL[:2]]
    expected = {question: same(assistant.ask(question)) for question in questions}

    def ask_all(first: int) -> list[tuple[str, dict[str, Any]]]:
        turned = questions[first:] + questions[:first]
        return [(question, same(assistant.ask(question))) for question in turned]

    with ThreadPoolExecutor(8) as pool:
        for answers in pool.map(ask_all, range(0, 16, 2)):
            assert all(answer == expected[question] for question, answer in answers)


def test_what_we_suggest_we_answer(assistant: Assistant) -> None:
    """Every question of the start screen is answered with quotes."""
    assert len(assistant.suggestions) == 4
    for question in assistant.suggestions:
        answer = assistant.ask(question)
        assert (answer.status, bool(answer.citations)) == ("answered", True), question


def test_what_we_offer_instead_we_answer(assistant: Assistant) -> None:
    """The questions offered after "not covered" are answered with quotes."""
    offered = {offer for question in FOREIGN for offer in assistant.ask(question).suggestions}
    assert len(offered) >= 3
    missed = [question for question in sorted(offered) if not assistant.ask(question).citations]
    assert not missed


def test_versions_tell_what_answered(assistant: Assistant) -> None:
    """An answer names program, model and index."""
    assert set(assistant.ask("How many reps?").versions) >= {"backchat", "model", "index"}


@pytest.mark.parametrize("question", ["side delt exercise for wider shoulders", "couch to 5k, any tips?"])
def test_what_is_off_the_topic_is_declined_though_words_are_near(assistant: Assistant, question: str) -> None:
    """Other exercise has the words of the articles; the policy's scope tells the difference."""
    answer = assistant.ask(question)
    assert (answer.status, answer.verdict.level) == ("declined", "OFF_TOPIC")


def test_what_names_nothing_is_answered_by_the_article_that_is_surest(assistant: Assistant) -> None:
    """A bar that drifts is in no answer on the first subject, but another article mends just that."""
    answer = assistant.ask("why does the bar drift forward?")
    assert answer.citations[0].article == "romanian-deadlift"


def test_a_wrong_claim_is_answered_with_what_the_articles_say(assistant: Assistant) -> None:
    """The articles need not have the words of the claim; what they say nothing about is still declined."""
    answer = assistant.ask("the trap bar deadlift mainly works the lats, doesn't it?")
    assert answer.text.startswith("The trap-bar deadlift mainly works the front of the thighs")
    assert assistant.ask("back extensions burn 500 calories an hour, right?").status == "not_covered"


def test_a_choice_by_a_word_of_several_tags_takes_any_of_them(assistant: Assistant) -> None:
    """The "traps" are a tag, and may also mean the upper back: an article needs one of them."""
    answer = assistant.ask("best exercise for traps?")
    assert answer.citations[0].article == "shrug"
    assert len(answer.citations) >= 5


def test_a_trace_tells_how_the_answer_came_about(assistant: Assistant) -> None:
    """It holds the very answer of `ask`, and for each part of the question the hits and how sure the flow was."""
    trace = assistant.trace("How many reps? And which muscles does it work?")
    assert trace.answer.text == assistant.ask("How many reps? And which muscles does it work?").text
    assert len(trace.asked) == len(trace.hits) == len(trace.confidence) == 2
    assert min(trace.confidence) >= 0
    assert trace.forced is trace.answer


def test_a_declined_question_leaves_the_answer_it_would_have_got(assistant: Assistant) -> None:
    """The confidence lies below zero, and the forced answer quotes although the real one does not."""
    trace = assistant.trace("What is the capital of Spain?")
    assert trace.answer.status in ("not_covered", "declined")
    assert max(trace.confidence) < 0
    assert trace.forced.citations
    assert not trace.answer.citations


@pytest.mark.parametrize("part", ["keyword", "interpretation", "aim", "evidence", "coverage"])
def test_a_part_can_be_switched_off(assistant: Assistant, part: Part) -> None:
    """The flow still answers by the contract, and the assistant it was taken from is as before."""
    question, history = "and how many of those?", [("user", "Tell me about back extension sets")]
    before = assistant.ask(question, history).text
    less = assistant.without(part)
    assert_contract(less.ask(question, history), assistant.articles)
    assert (less.ask("What is the capital of Spain?").status == "answered") == (part == "coverage")
    assert assistant.ask(question, history).text == before


def test_parts_do_what_they_are_named_for(assistant: Assistant) -> None:
    """Without keywords no hit has a keyword rank; without interpretation the question stands as typed."""
    question = "hw many sets of hypers?"
    assert any(hit.keyword_rank for hit in assistant.trace(question).hits[0])
    assert not any(hit.keyword_rank for hit in assistant.without("keyword").trace(question).hits[0])
    assert assistant.without("interpretation").trace(question).asked[0].query == question
    assert assistant.trace(question).asked[0].query != question
    assert assistant.without("coverage").trace(question).confidence[0] <= 1


def test_a_comparison_quotes_both(assistant: Assistant) -> None:
    """Each of two things that are compared is told about."""
    answer = assistant.ask("back extension or glute bridge for glutes?")
    assert {citation.article for citation in answer.citations} >= {"back-extension", "glute-bridge"}
    answer = assistant.ask("rdl vs good morning")
    told = [(citation.article, citation.facet) for citation in answer.citations]
    articles = ("romanian-deadlift", "good-morning")
    assert told == [(article, facet) for article in articles for facet in ("definition", "muscles")]


def test_a_name_and_how_gives_the_steps(assistant: Assistant) -> None:
    """The shortest ways to ask for the whole."""
    for question in ("t bar row how", "dumbbell row technique", "pull up form"):
        blocks = assistant.ask(question).blocks
        assert [block.kind for block in blocks] == ["paragraph", "steps"], question


def test_a_bare_name_is_told_about(assistant: Assistant) -> None:
    """A name alone, or two beside each other, are never "not covered"."""
    for question in ("superman", "superman vs bird dog", "tell me about the sphinx"):
        assert assistant.ask(question).status == "answered", question


def test_no_answer_begins_with_what_leans_on_a_sentence_left_out(assistant: Assistant) -> None:
    """The sentence on where numbers come from is quoted behind the numbers or not at all."""
    answer = assistant.ask("is the good morning safe for beginners")
    before, found, _ = answer.text.partition("Those numbers")
    assert answer.citations
    assert not found or "2 to 3 sets" in before
