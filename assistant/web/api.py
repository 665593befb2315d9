"""The server: the chat, the article pages, and the JSON interface for programs."""

from __future__ import annotations

import gzip
import re
from importlib import resources
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from ..settings import quiet_environment
from . import server
from .apidoc import api_page
from .live import Live
from .pages import article_page, index_page, message_page
from .routes import add_api
from .schema import document
from .service import Service
from .shield import Shield

if TYPE_CHECKING:
    from ..chain import Assistant

__all__ = ["create_app", "serve"]

_STATIC = {
    "chat.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "chat.js": "text/javascript; charset=utf-8",
    "favicon.svg": "image/svg+xml",
}
_FRESH = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
_FOR_ALL = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
_WIDGET = ("widget.js", "widget-panel.js", "widget-answer.js", "widget-talk.js", "widget-style.js",
    "widget-de.js")  # fmt: skip
"""Served at the top, as /widget.js and so on: other sites load them."""
_COMMENT = re.compile(r"^ *(//[^\n]*|/\*\*.*?\*/)\n", re.MULTILINE | re.DOTALL)
"""Whole lines of comment in a script: they are a sixth of the widget and nothing to its readers."""


def create_app(assistant: Assistant | Live) -> FastAPI:
    """Build the whole server around one assistant, which stays the caller's to close.

    Raises:
        SettingsError: an origin or a rate limit is not of its form.

    """
    service = Service(assistant if isinstance(assistant, Live) else Live(assistant))
    app = FastAPI(title="Backchat", docs_url=None, redoc_url=None, openapi_url=None)  # the docs pages load from a CDN
    app.add_middleware(Shield, service=service)
    # outermost, so that refusals can be read by the pages they are meant for; without it Gradio echoes any origin back
    app.add_middleware(
        CORSMiddleware,
        allow_origins=service.origins.listed,
        allow_methods=["GET", "POST", "DELETE"],
        allow_headers=["Content-Type"],
        expose_headers=["Retry-After"],
    )
    _add_files(app)
    _add_pages(app, service)
    add_api(app, service)
    _add_documents(app)
    quiet_environment()
    from .chat import mount_chat

    mount_chat(app, service)
    return app


def serve(assistant: Assistant, host: str, port: int, open_browser: bool = False) -> None:
    """Serve chat, pages, widget and API until Ctrl-C; a rebuilt index is taken up meanwhile.

    Raises:
        BackchatError: a setting is wrong, or the address or port cannot be used; the message says what to do.

    """
    from ..renewal import rebuilt

    with Live(assistant, rebuilt) as live, server.listen(host, port) as listener:
        proxies = assistant.settings.trusted_proxies
        server.run(create_app(live), listener, server.address(host, listener), open_browser, proxies)


def _add_files(app: FastAPI) -> None:
    """Our static files one by one: whatever else is under /static belongs to Gradio."""
    folder = resources.files(__package__) / "static"

    def add(address: str, body: bytes, kind: str, headers: dict[str, str]) -> None:
        packed = gzip.compress(body, mtime=0)

        @app.get(address, include_in_schema=False)
        async def static_file(request: Request) -> Response:
            if "gzip" in request.headers.get("accept-encoding", ""):
                return Response(packed, media_type=kind, headers={**headers, "Content-Encoding": "gzip"})
            return Response(body, media_type=kind, headers=headers)

    for name, kind in _STATIC.items():
        add(f"/static/{name}", (folder / name).read_bytes(), kind, _FRESH)
    add("/favicon.ico", (folder / "favicon.svg").read_bytes(), _STATIC["favicon.svg"], _FRESH)
    for name in _WIDGET:
        script = _COMMENT.sub("", (folder / name).read_text("utf-8"))
        add(f"/{name}", script.encode(), _STATIC["chat.js"], _FRESH | _FOR_ALL)


def _add_pages(app: FastAPI, service: Service) -> None:
    @app.get("/articles", response_class=HTMLResponse, include_in_schema=False)
    async def list_articles() -> str:
        return index_page(service.assistant.articles)

    @app.get("/articles/", include_in_schema=False)
    async def list_articles_without_slash() -> RedirectResponse:
        return RedirectResponse("../articles")

    @app.get("/articles/{article_id}", response_class=HTMLResponse, include_in_schema=False)
    async def show_article(article_id: str) -> HTMLResponse:
        found = [article for article in service.assistant.articles if article.id == article_id]
        if found:
            return HTMLResponse(article_page(found[0], service.assistant.articles, service.picture(article_id)))
        return HTMLResponse(message_page("No such article", "The list of articles has all there are.", "../"), 404)


def _add_documents(app: FastAPI) -> None:
    """The OpenAPI document, and a page made from it that needs no script."""
    made = document(app)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi() -> JSONResponse:
        return JSONResponse(made)

    @app.get("/api", response_class=HTMLResponse, include_in_schema=False)
    async def describe() -> str:
        return api_page(made)
