"""The chat's events, without a browser."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from assistant.errors import IndexError_, QuestionError
from assistant.policy import DISCLAIMER, GUARD_NOTE
from assistant.types import Turn
from assistant.web.cards import answer_html, question_html
from assistant.web.chat import build_chat, rate, respond, restored
from assistant.web.live import Live
from assistant.web.service import Service
from assistant.web.words import COMMENTED, FAILURE, FAILURE_OF_RATING, NOT_RATED, RATED
from tests.web.fakes import FakeAssistant, answer

Step = tuple[list[dict[str, Any]], tuple[str, ...], str]


def asked(assistant: FakeAssistant, question: str, messages: Sequence[Mapping[str, Any]] = ()) -> list[Step]:
    """All that the chat shows after a question, in order."""
    return list(respond(assistant.typed, question, messages))


def test_the_answer_grows() -> None:
    """First the question stands there, then the answer block by block; suggestions come with the whole."""
    steps = asked(FakeAssistant(), "How often?")
    assert [len(messages) for messages, _, _ in steps] == [1, 2, 2]
    assert steps[0][0] == [{"role": "user", "content": question_html("How often?")}]
    assert "<ol>" not in steps[1][0][-1]["content"]
    assert steps[2][0][-1] == {"role": "assistant", "content": answer_html(answer(), 1)}
    assert [suggestions for _, suggestions, _ in steps] == [(), (), ("Is there an easier form?",)]


def test_a_follow_up_knows_the_conversation() -> None:
    """The second question carries the first exchange as plain text, and its marks have ids of their own."""
    assistant = FakeAssistant()
    first = asked(assistant, "How often?")[-1][0]
    second = asked(assistant, "And <b>then</b>?", first)[-1][0]
    assert assistant.asked[1] == (
        "And <b>then</b>?",
        (Turn("user", "How often?"), Turn("assistant", answer().text)),
    )
    assert "cite-1-1" in second[1]["content"]
    assert "cite-2-1" in second[3]["content"]
    assert second[2]["content"] == '<p class="asked">And &lt;b&gt;then&lt;/b&gt;?</p>'


@pytest.mark.parametrize(("error", "left"), [(QuestionError("It is too long."), "q"), (IndexError_("No index."), "")])
def test_our_own_errors_speak_for_themselves(error: Exception, left: str) -> None:
    """Their message stands as a notice; a question that can be mended goes back into the textbox."""
    messages, _, text = asked(FakeAssistant(error), "q")[-1]
    assert f'<p class="notice">{error}</p>' in messages[-1]["content"]
    assert text == left


def test_unexpected_errors_are_logged_and_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    """A person reads a calm sentence, the log has the traceback."""
    with caplog.at_level(logging.ERROR):
        messages, _, _ = asked(FakeAssistant(RuntimeError("secret /path")), "q")[-1]
    assert FAILURE in messages[-1]["content"]
    assert "secret" not in messages[-1]["content"]
    assert "secret" in caplog.text


def test_a_failed_exchange_is_not_history() -> None:
    """After an error the next question starts from what was answered."""
    assistant = FakeAssistant(RuntimeError("x"))
    first = asked(assistant, "q")[-1][0]
    asked(assistant, "How often?", first)
    assert assistant.asked[1] == ("How often?", ())


@pytest.fixture(scope="module")
def demo() -> gr.Blocks:
    """Build the chat page."""
    return build_chat(Service(Live(FakeAssistant().typed)))


def components(demo: gr.Blocks, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all components of one kind."""
    return [c["props"] for c in demo.get_config_file()["components"] if c["type"] == kind]


def test_the_page_says_what_it_is_not(demo: gr.Blocks) -> None:
    """Disclaimer and the limits of the guard are always in sight."""
    texts = " ".join(c["value"] for c in components(demo, "markdown"))
    assert DISCLAIMER in texts
    assert GUARD_NOTE in texts


def test_controls_have_names(demo: gr.Blocks) -> None:
    """Textbox and buttons can be found by name; the chips are the assistant's questions."""
    assert {c["label"] for c in components(demo, "textbox")} == {"Your question", "Your comment"}
    buttons = [c["value"] for c in components(demo, "button") if c["visible"]]  # of a hidden row too
    assert buttons == ["New conversation", *FakeAssistant().suggestions, "Send", "Skip", "Ask"]


def test_one_event_is_a_public_api(demo: gr.Blocks) -> None:
    """`gradio_client` can ask; what the page itself sends is nobody else's."""
    found = {d["api_name"]: d["api_visibility"] for d in demo.get_config_file()["dependencies"]}
    assert [name for name, visibility in found.items() if visibility != "private"] == ["ask"]


def test_limits(demo: gr.Blocks) -> None:
    """Neither sessions nor the queue grow without end."""
    assert demo.state_session_capacity == 200
    assert demo._queue.max_size == 64


def test_rating(tmp_path: Path) -> None:
    """An answer's thumb is stored under its id; a question or a failed exchange cannot be rated; a failure is told."""
    service = Service(Live(FakeAssistant(feedback_file=tmp_path / "f.sqlite3").typed))
    messages = asked(FakeAssistant(), "How often?")[-1][0]
    assert rate(service, messages[-1]["content"], liked=False, session="s") == RATED
    assert [(f.answer_id, f.thumb, f.session) for f in service.feedback.all()] == [("a1", "down", "s")]
    assert rate(service, messages[0]["content"], liked=True, session="s") == NOT_RATED
    assert rate(service, messages[-1]["content"], liked=False, session="s", comment="Too long") == COMMENTED
    assert [(f.thumb, f.comment, f.question) for f in service.feedback.all()] == [("down", "Too long", None)]
    failed = asked(FakeAssistant(RuntimeError("x")), "q")[-1][0]
    assert rate(service, failed[-1]["content"], liked=True, session="s") == NOT_RATED
    broken = Service(Live(FakeAssistant(feedback_file=tmp_path).typed))
    assert rate(broken, messages[-1]["content"], liked=True, session="s") == FAILURE_OF_RATING


def test_gradio_client_can_ask(site: str, assistant: FakeAssistant) -> None:
    """It gets the contract's object, with the history taken into account, or the error in words."""
    from gradio_client import Client

    client = Client(site, verbose=False)
    try:
        history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
        assistant.queue.clear()
        assert client.predict("How often?", history, api_name="/ask") == json.loads(json.dumps(answer().to_dict()))
        assert assistant.asked[-1] == ("How often?", (Turn("user", "Hi"), Turn("assistant", "Hello")))
        assert client.predict(" ", None, api_name="/ask") == {"error": '"question" is empty; ask something'}
    finally:
        client.close()


KEPT = {"at": 1000.0, "messages": [{"role": "user", "content": "<p>q</p>"}]}


@pytest.mark.parametrize(
    ("kept", "now", "shown"),
    [
        (KEPT, 1001.0, True),
        (KEPT, 1000.0 + 5 * 3600, False),
        (KEPT, 900.0, False),
        (None, 1001.0, False),
        ("x", 1001.0, False),
        ({"messages": KEPT["messages"]}, 1001.0, False),
        ({**KEPT, "messages": "x"}, 1001.0, False),
        ({**KEPT, "messages": [{"role": "system"}]}, 1001.0, False),
        ({**KEPT, "messages": [3]}, 1001.0, False),
    ],
)
def test_what_the_browser_kept(kept: Any, now: float, shown: bool) -> None:
    """A conversation of today comes back; an old or a broken one does not."""
    assert restored(kept, now) == (KEPT["messages"] if shown else [])
