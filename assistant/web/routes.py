"""The JSON interface for programs and the widget, under /api/v1/."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.concurrency import run_in_threadpool

from ..contract import AskRequest, article_dict, parse_request
from ..errors import BackchatError, QuestionError
from ..policy import DISCLAIMER
from .desk import BusyError, GoneError
from .feedback import parse_feedback
from .problems import problem
from .schema import AnswerBody, ArticleBody, StatusBody, SuggestionsBody, problems, request_body
from .words import FAILURE

if TYPE_CHECKING:
    from ..types import Answer
    from .service import Service

__all__ = ["add_api"]

_GONE = 499
"""What nginx logs for a client that went away; nobody reads it."""
_SSE = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would hold the events back
_SSE_RESPONSE: dict[str, Any] = {
    "description": "Events: status, block after block, citations, done; or status, error",
    "content": {
        "text/event-stream": {
            "schema": {
                "description": "One event; its data is JSON.",
                "type": "object",
                "properties": {
                    "event": {"type": "string", "enum": ["status", "block", "citations", "done", "error"]},
                    "data": {"type": "string", "contentMediaType": "application/json"},
                },
                "required": ["event", "data"],
            }
        }
    },
}
_ASK_ERRORS = problems(403, 408, 413, 422, 429, 500, 503)
_log = logging.getLogger(__name__)


def add_api(app: FastAPI, service: Service) -> None:
    """Add the interface to the application."""
    _add_asking(app, service)
    _add_reading(app, service)
    _add_feedback(app, service)
    _add_state(app, service)

    @app.api_route(
        "/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"], include_in_schema=False
    )
    async def api_unknown(rest: str) -> Response:
        return problem(404, "there is no such address; /openapi.json lists them, POST /api/v1/ask answers questions")


def _add_asking(app: FastAPI, service: Service) -> None:
    @app.post(
        "/api/v1/ask", response_model=AnswerBody, responses=_ASK_ERRORS, openapi_extra=request_body("AskBody"),
        summary="Answer a question",
    )  # fmt: skip
    async def api_ask(request: Request) -> Response:
        asked = _admitted(service, await request.body())
        if isinstance(asked, Response):
            return asked
        try:
            *_, answer = await service.desk.run(lambda: _answer(service, asked), lambda: _left(request))
        except Exception as exc:
            return _failed(service, exc)
        return JSONResponse({"id": asked.id, **answer.to_dict()})

    @app.post(
        "/api/v1/ask/stream", response_class=StreamingResponse, openapi_extra=request_body("AskBody"),
        responses={**_ASK_ERRORS, 200: _SSE_RESPONSE},
        summary="Answer a question, as server-sent events",
    )  # fmt: skip
    async def api_ask_stream(request: Request) -> Response:
        asked = _admitted(service, await request.body())
        if isinstance(asked, Response):
            return asked
        if service.desk.full:
            return _failed(service, BusyError("too many questions at once; please ask again in a moment"))
        return StreamingResponse(_events(service, asked), media_type="text/event-stream", headers=_SSE)


def _admitted(service: Service, raw: bytes) -> AskRequest | Response:
    """Read a request and count it for its session; or the response that refuses it."""
    try:
        asked = parse_request(raw)
    except QuestionError as exc:
        return _failed(service, exc)
    if (wait := service.limits.session(asked.session)) is not None:
        service.metrics.refused("rate")
        return problem(429, "this conversation asks too fast; please wait a moment", wait)
    return asked


def _answer(service: Service, asked: AskRequest) -> list[Answer]:
    """The growing answer, whole at its end."""
    pieces = list(service.assistant.stream(asked.question, asked.history, asked.locale))
    service.metrics.answered("api", pieces[-1])
    return pieces


async def _events(service: Service, asked: AskRequest) -> AsyncIterator[str]:
    """The answer as events; Starlette ends this generator when the client leaves, which gives the place free."""
    yield _event("status", {"id": asked.id, "state": "received"})
    try:
        pieces = await service.desk.run(lambda: _answer(service, asked), _forever)
    except Exception as exc:
        response = _failed(service, exc)
        body = json.loads(bytes(response.body)) | {"retry_after": response.headers.get("Retry-After")}
        yield _event("error", body)
        return
    whole = pieces[-1].to_dict()
    for number, block in enumerate(whole["blocks"]):
        yield _event("block", {"index": number, "block": block})
    yield _event("citations", {"citations": whole["citations"]})
    yield _event("done", {"id": asked.id, **whole})


def _event(name: str, data: dict[str, Any]) -> str:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


async def _forever() -> None:
    await asyncio.Event().wait()


async def _left(request: Request) -> None:
    """Return once the client has gone; the body was read, so nothing else is to come."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _failed(service: Service, exc: Exception) -> Response:
    """Turn what went wrong into the fitting response."""
    if isinstance(exc, QuestionError):
        service.metrics.refused("form")
        return problem(422, str(exc))
    if isinstance(exc, BusyError):
        service.metrics.refused("busy")
        return problem(503, str(exc), exc.retry_after)
    if isinstance(exc, GoneError):
        service.metrics.refused("gone")
        return Response(status_code=_GONE)
    service.metrics.refused("failed")
    if isinstance(exc, BackchatError):
        return problem(503, str(exc), BusyError.retry_after)
    _log.error("a question could not be answered", exc_info=exc)
    return problem(500, FAILURE)


def _add_reading(app: FastAPI, service: Service) -> None:
    @app.get("/api/v1/suggestions", response_model=SuggestionsBody, summary="Questions that are answered")
    async def api_suggestions() -> Any:
        found = await run_in_threadpool(lambda: service.assistant.suggestions)
        return {"suggestions": list(found), "disclaimer": DISCLAIMER}

    @app.get("/api/v1/articles", response_model=list[ArticleBody], summary="All articles with their texts")
    async def api_articles() -> Any:
        return JSONResponse([article_dict(article) for article in service.assistant.articles])

    @app.get(
        "/api/v1/articles/{article_id}", response_model=ArticleBody, responses=problems(404), summary="One article"
    )
    async def api_article(article_id: str) -> Any:
        found = [article for article in service.assistant.articles if article.id == article_id]
        if found:
            return JSONResponse(article_dict(found[0]))
        return problem(404, "there is no such article; /api/v1/articles lists them")


def _add_feedback(app: FastAPI, service: Service) -> None:
    async def stored(work: Callable[[], Any]) -> Response | None:
        try:
            await run_in_threadpool(work)
        except Exception as exc:
            return _failed(service, exc)
        return None

    @app.post(
        "/api/v1/feedback", status_code=201, response_model=StatusBody, openapi_extra=request_body("FeedbackBody"),
        responses=problems(403, 408, 413, 422, 429, 503), summary="Say whether an answer was good",
    )  # fmt: skip
    async def api_feedback(request: Request) -> Response:
        raw = await request.body()

        def store() -> None:
            given = parse_feedback(raw, service.assistant.versions)
            service.feedback.add(given)
            service.metrics.thumb(given.surface, given.thumb)

        return await stored(store) or JSONResponse({"status": "stored"}, 201)

    @app.delete(
        "/api/v1/feedback/{session}", response_model=StatusBody, responses=problems(403, 503),
        summary="Delete all feedback of a session",
    )  # fmt: skip
    async def api_forget(session: str) -> Response:
        return await stored(lambda: service.feedback.delete(session)) or JSONResponse({"status": "deleted"})


def _add_state(app: FastAPI, service: Service) -> None:
    @app.get("/healthz", response_model=StatusBody, summary="Whether the server runs")
    async def healthz() -> Any:
        return {"status": "ok"}

    @app.get("/readyz", response_model=StatusBody, responses=problems(503), summary="Whether it takes questions now")
    async def readyz() -> Any:
        if service.desk.full:
            return problem(503, "too many questions at once", BusyError.retry_after)
        return {"status": "ready"}

    @app.get("/metrics", include_in_schema=False)
    async def metrics() -> Response:
        return Response(service.metrics.page(), media_type=service.metrics.media_type)
