"""The server: the chat, the article pages, and the JSON interface for programs."""

from __future__ import annotations

import logging
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from ..contract import article_dict, parse_request
from ..errors import BackchatError, QuestionError
from ..settings import quiet_environment
from . import server
from .pages import article_page, index_page, message_page
from .shield import Shield
from .words import FAILURE

if TYPE_CHECKING:
    from ..chain import Assistant

__all__ = ["create_app", "serve"]

_STATIC = {
    "chat.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
_log = logging.getLogger(__name__)


def create_app(assistant: Assistant) -> FastAPI:
    """Build the whole server around one assistant, which stays the caller's to close."""
    app = FastAPI(title="Backchat", docs_url=None, redoc_url=None, openapi_url=None)  # the docs pages load from a CDN
    # no origin is allowed; without this Gradio echoes any origin back, with credentials
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Shield)
    _add_files(app)
    _add_pages(app, assistant)
    _add_api(app, assistant)
    quiet_environment()
    from .chat import mount_chat

    mount_chat(app, assistant)
    return app


def serve(assistant: Assistant, host: str, port: int, open_browser: bool = False) -> None:
    """Serve chat, pages and API until Ctrl-C.

    Raises:
        BackchatError: the address or port cannot be used; the message says what to do.

    """
    with server.listen(host, port) as listener:
        server.run(create_app(assistant), listener, server.address(host, listener), open_browser)


def _add_files(app: FastAPI) -> None:
    """Our static files one by one: whatever else is under /static belongs to Gradio."""
    folder = resources.files(__package__) / "static"

    def add(address: str, name: str) -> None:
        body = (folder / name).read_bytes()

        @app.get(address)
        async def static_file() -> Response:
            return Response(body, media_type=_STATIC[name], headers={"Cache-Control": "no-cache"})

    for name in _STATIC:
        add(f"/static/{name}", name)
    add("/favicon.ico", "favicon.svg")


def _add_pages(app: FastAPI, assistant: Assistant) -> None:
    articles = {article.id: article for article in assistant.articles}

    @app.get("/articles", response_class=HTMLResponse)
    async def list_articles() -> str:
        return index_page(articles.values())

    @app.get("/articles/")
    async def list_articles_without_slash() -> RedirectResponse:
        return RedirectResponse("../articles")

    @app.get("/articles/{article_id}", response_class=HTMLResponse)
    async def show_article(article_id: str) -> HTMLResponse:
        if article_id in articles:
            return HTMLResponse(article_page(articles[article_id]))
        return HTMLResponse(message_page("No such article", "The list of articles has all there are.", "../"), 404)


def _add_api(app: FastAPI, assistant: Assistant) -> None:
    articles = {article.id: article_dict(article) for article in assistant.articles}

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/api/v1/articles")
    async def api_articles() -> list[dict[str, Any]]:
        return list(articles.values())

    @app.get("/api/v1/articles/{article_id}")
    async def api_article(article_id: str) -> JSONResponse:
        if article_id in articles:
            return JSONResponse(articles[article_id])
        return _error(404, "there is no such article; /api/v1/articles lists them")

    @app.post("/api/v1/ask")
    async def api_ask(request: Request) -> JSONResponse:
        raw = await request.body()
        return await run_in_threadpool(_ask, assistant, raw)

    @app.api_route("/api/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
    async def api_unknown(rest: str) -> JSONResponse:
        return _error(404, "there is no such address; POST /api/v1/ask and GET /api/v1/articles are")


def _ask(assistant: Assistant, raw: bytes) -> JSONResponse:
    """One question of a program to its answer, or to an error with the fitting status."""
    try:
        asked = parse_request(raw)
        answer = assistant.ask(asked.question, asked.history, asked.locale)
        return JSONResponse({"id": asked.id, **answer.to_dict()})
    except QuestionError as exc:
        return _error(422, str(exc))
    except BackchatError as exc:
        return _error(503, str(exc))
    except Exception:
        _log.exception("a question could not be answered")
        return _error(500, FAILURE)


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": message}, status)
