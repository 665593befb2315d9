"""RIM: the Gradio chat. The only module that imports gradio; api.py imports it when the server is built."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import gradio as gr

from ..contract import parse_request
from ..errors import BackchatError, QuestionError
from ..policy import DISCLAIMER, GUARD_NOTE
from .cards import answer_html, answer_id, notice_html, question_html
from .feedback import MAX_COMMENT, Feedback
from .transcript import markup, turns
from .words import COMMENTED, EMPTY_CHAT, FAILURE, FAILURE_OF_RATING, NOT_RATED, RATED, TAGLINE, WELCOME

if TYPE_CHECKING:
    from fastapi import FastAPI

    from ..chain import Assistant
    from ..types import Answer
    from .service import Service

__all__ = ["MAX_CHIPS", "build_chat", "mount_chat", "rate", "respond", "restored"]

MAX_CHIPS = 4
_KEPT_SECONDS = 4 * 3600

T = TypeVar("T")
Messages = list[dict[str, Any]]
_log = logging.getLogger(__name__)

_HEAD = (
    # Gradio's own line forbids zooming; the later one wins. The keyboard of a phone must not hide the textbox
    '<meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content">'
    '<link rel="icon" href="static/favicon.svg" type="image/svg+xml">'
    '<link rel="stylesheet" href="static/chat.css"><script defer src="static/chat.js"></script>'
)
_HEADER = f'<div class="masthead"><h1>Backchat</h1><p>{escape(TAGLINE)}</p><a href="/articles">Articles</a></div>'
_WELCOME = f'<div><h2 class="welcome">{escape(WELCOME)}</h2><p class="welcome">{escape(EMPTY_CHAT)}</p></div>'
_STANDING = f'<p class="standing"><span>{escape(DISCLAIMER)}</span> <strong>{escape(GUARD_NOTE)}</strong></p>'


def respond(
    assistant: Assistant,
    question: str,
    messages: Sequence[Mapping[str, Any]],
    locale: str | None = None,
    noted: Callable[[Answer], None] = lambda answer: None,
) -> Iterator[tuple[Messages, tuple[str, ...], str]]:
    """Yield the growing conversation, the questions to suggest next, and what belongs in the textbox.

    `noted` is told the complete answer.

    Errors become a message in the conversation: ours in their own words, any other in a calm general sentence.
    """
    shown: Messages = [*map(dict, messages), {"role": "user", "content": question_html(question)}]
    turn = sum(message.get("role") == "assistant" for message in messages) + 1
    yield shown, (), ""
    try:
        for answer in assistant.stream(question, turns(messages), locale):
            yield [*shown, _reply(answer_html(answer, turn))], answer.suggestions[:MAX_CHIPS], ""
        noted(answer)
    except QuestionError as exc:  # the question goes back into the textbox, to be mended there
        yield [*shown, _reply(notice_html(str(exc)))], (), question
    except BackchatError as exc:
        yield [*shown, _reply(notice_html(str(exc)))], (), ""
    except Exception:
        _log.exception("a question could not be answered")
        yield [*shown, _reply(notice_html(FAILURE))], (), question


def _reply(markup: str) -> dict[str, Any]:
    return {"role": "assistant", "content": markup}


def rate(service: Service, content: Any, liked: bool, session: str, comment: str = "") -> str:
    """Store a thumb on a message of the conversation, and a comment on it; what to tell the person.

    Nothing else they typed is stored. A thumb with a comment takes the place of the thumb before it.
    """
    if (about := answer_id(markup(content))) is None:
        return NOT_RATED
    thumb: Literal["up", "down"] = "up" if liked else "down"
    try:
        service.feedback.add(Feedback(about, thumb, session, comment, "chat", versions=service.assistant.versions))
    except BackchatError as exc:
        _log.error("%s", exc)
        return FAILURE_OF_RATING
    if comment:
        return COMMENTED
    service.metrics.thumb("chat", thumb)
    return RATED


def restored(kept: Any, now: float | None = None) -> Messages:
    """Read a conversation from what the browser kept; one of yesterday is over, and may be someone else's."""
    if not isinstance(kept, Mapping) or not isinstance(kept.get("messages"), list):
        return []
    at = kept.get("at")
    age = (time.time() if now is None else now) - at if isinstance(at, int | float) else _KEPT_SECONDS
    good = all(
        isinstance(message, Mapping) and message.get("role") in ("user", "assistant") for message in kept["messages"]
    )
    return kept["messages"] if good and 0 <= age < _KEPT_SECONDS else []


def _plain_ask(service: Service, question: str, history: list[dict[str, str]] | None) -> dict[str, Any]:
    """Answer for `gradio_client`: the contract's object, or `{"error"}`."""
    try:
        asked = parse_request(json.dumps({"question": question, "history": history}))
        answer = service.assistant.ask(asked.question, asked.history)
    except BackchatError as exc:
        return {"error": str(exc)}
    service.metrics.answered("chat", answer)
    return answer.to_dict()


def build_chat(service: Service) -> gr.Blocks:
    """Build the chat page around a server's assistant."""
    return _in_a_loop(lambda: _page(service))


def _in_a_loop(build: Callable[[], T]) -> T:
    """Build something of Gradio's where an event loop runs; elsewhere it opens a loop per lock and closes none."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:

        async def run() -> T:
            return build()

        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            return runner.run(run())
    return build()


def _page(service: Service) -> gr.Blocks:
    with gr.Blocks(title="Backchat", fill_height=True, fill_width=True, analytics_enabled=False) as demo:
        with gr.Row(elem_id="masthead"):
            gr.Markdown(_HEADER, elem_id="masthead-text")
            fresh = gr.Button("New conversation", size="sm", elem_id="fresh", scale=0)
        chatbot = gr.Chatbot(
            label="Conversation",
            elem_id="conversation",
            placeholder=_WELCOME,
            show_label=False,
            container=False,
            height=None,
            scale=1,
            autoscroll=False,  # chat.js brings the newest question to the top instead
            buttons=[],
            latex_delimiters=[],
        )
        with gr.Column(elem_id="composer", scale=0):
            with gr.Row(elem_id="chips"):
                chips = _chips(service.assistant.suggestions)
            _comments(service, chatbot)
            with gr.Row(elem_id="question-row", equal_height=True):
                box = gr.Textbox(
                    label="Your question",
                    placeholder="Ask about an exercise",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=5,
                    scale=1,
                    min_width=0,
                    autofocus=True,
                    elem_id="question",
                )
                ask = gr.Button("Ask", variant="primary", elem_id="ask", scale=0, min_width=80)
            gr.Markdown(_STANDING, elem_id="standing")  # gr.HTML would need unsafe-eval
        kept = gr.BrowserState(None, storage_key="backchat-conversation", secret="backchat")  # outlives our restarts
        _wire(service, chatbot, box, ask, fresh, chips, kept)
        demo.load(restored, inputs=[kept], outputs=[chatbot], show_progress="hidden", api_visibility="private")

        def ask_question(question: str, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
            """Answer one question; `history` holds the earlier turns as role and content."""
            return _plain_ask(service, question, history)

        gr.api(ask_question, api_name="ask")
    demo.queue(default_concurrency_limit=8, max_size=64)
    demo.state_session_capacity = 200  # Gradio keeps about 48 kB for every session it has seen
    return demo


def _chips(questions: Sequence[str]) -> list[gr.Button]:
    """Make buttons that ask a question; as many as may ever be needed, the unused ones hidden."""
    padded = [*questions[:MAX_CHIPS], *[""] * (MAX_CHIPS - len(questions))]
    return [
        gr.Button(text, visible=bool(text), size="sm", elem_id=f"chip-{number}", elem_classes="chip", scale=0)
        for number, text in enumerate(padded, start=1)
    ]


def _chip_updates(questions: Sequence[str]) -> list[Any]:
    padded = [*questions[:MAX_CHIPS], *[""] * (MAX_CHIPS - len(questions))]
    return [gr.update(value=text, visible=bool(text)) for text in padded]


def _comments(service: Service, chatbot: gr.Chatbot) -> None:
    """Make the row for a comment, which shows once an answer has been rated, and connect it with the thumbs."""
    rated = gr.State(None)  # content of the message, and whether it was liked
    with gr.Row(elem_id="comment-row", visible=False) as row:
        box = gr.Textbox(
            label="Your comment",
            placeholder="A comment, kept if sent",
            show_label=False,
            container=False,
            max_lines=3,
            max_length=MAX_COMMENT,
            scale=1,
            min_width=0,
            elem_id="comment",
        )
        send = gr.Button("Send", size="sm", elem_id="comment-send", scale=0, min_width=0)
        leave = gr.Button("Skip", size="sm", elem_id="comment-leave", scale=0, min_width=0)

    def on_rate(data: gr.LikeData, request: gr.Request, messages: Messages) -> list[Any]:
        position = data.index if isinstance(data.index, int) else data.index[0]
        if not 0 <= position < len(messages):
            return [gr.skip()] * 3
        content, liked = messages[position].get("content"), bool(data.liked)
        said = rate(service, content, liked, request.session_hash or "")
        gr.Info(escape(said), duration=4)
        return [(content, liked) if said == RATED else None, gr.update(visible=said == RATED), ""]

    def on_send(request: gr.Request, about: tuple[Any, bool] | None, typed: str) -> list[Any]:
        if about and typed.strip():
            gr.Info(escape(rate(service, *about, request.session_hash or "", typed.strip())), duration=4)
        return [None, gr.update(visible=False), ""]

    shown = {"outputs": [rated, row, box], "show_progress": "hidden", "api_visibility": "private"}
    chatbot.like(on_rate, inputs=[chatbot], **shown)
    gr.on([box.submit, send.click], on_send, inputs=[rated, box], **shown)
    leave.click(lambda: [None, gr.update(visible=False), ""], **shown)


def _locale(request: gr.Request) -> str | None:
    """The browser's first language, which often tells the place: "en-GB,en;q=0.9" -> "en-GB"."""
    return request.headers.get("accept-language", "").partition(",")[0].partition(";")[0].strip() or None


def _wire(
    service: Service,
    chatbot: gr.Chatbot,
    box: gr.Textbox,
    ask: gr.Button,
    fresh: gr.Button,
    chips: list[gr.Button],
    kept: gr.BrowserState,
) -> None:
    """Connect the parts: one event for every way of asking, so that two answers never write at the same time."""

    def on_ask(
        event: gr.EventData, request: gr.Request, typed: str, messages: Messages, *offered: str
    ) -> Iterator[list[Any]]:
        # by elem_id: once a chip was updated, Gradio hands a copy of it
        name = getattr(event.target, "elem_id", None)
        clicked = [text for chip, text in zip(chips, offered, strict=True) if chip.elem_id == name]
        question = clicked[0] if clicked else typed
        if not question.strip():
            yield [gr.skip()] * (3 + MAX_CHIPS)
            return
        written: str | None = None
        for shown, suggestions, left in respond(
            service.assistant, question, messages, _locale(request), partial(service.metrics.answered, "chat")
        ):
            # a text already in the box is left alone: the next question may be half typed by now
            text = gr.skip() if clicked or left == written else left
            written = left
            yield [text, shown, {"at": time.time(), "messages": shown}, *_chip_updates(suggestions)]

    asking = gr.on(
        [box.submit, ask.click, *(chip.click for chip in chips)],
        on_ask,
        inputs=[box, chatbot, *chips],
        outputs=[box, chatbot, kept, *chips],
        show_progress="hidden",
        trigger_mode="once",
        api_visibility="private",
        concurrency_limit=8,
    )

    fresh.click(
        lambda: ["", [], None, *_chip_updates(service.assistant.suggestions)],
        outputs=[box, chatbot, kept, *chips],
        show_progress="hidden",
        api_visibility="private",
        cancels=[asking],
    )


def mount_chat(app: FastAPI, service: Service) -> None:
    """Put the chat on an application's first page; routes that the application already has win."""
    system = [gr.themes.Font(name) for name in ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")]
    mono = [gr.themes.Font(name) for name in ("ui-monospace", "Consolas", "monospace")]
    theme = gr.themes.Base(primary_hue="teal", neutral_hue="stone", font=system, font_mono=mono)
    _in_a_loop(
        lambda: gr.mount_gradio_app(
            app,
            build_chat(service),
            path="/",
            footer_links=[],
            run_history=False,
            show_error=False,
            max_file_size=1,
            ssr_mode=False,
            enable_monitoring=False,
            mcp_server=False,
            pwa=False,
            theme=theme,
            head=_HEAD,
        )
    )
