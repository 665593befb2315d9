"""What every request and response of the server passes: origin, rate and size limits, closed doors, security headers.

Plain ASGI, because Starlette's BaseHTTPMiddleware would hold back the chat's event stream.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .problems import problem

if TYPE_CHECKING:
    from .service import Service

__all__ = ["API_BODY_LIMIT", "Shield"]

API_BODY_LIMIT = 64 * 1024
_PAGE_BODY_LIMIT = 2 * 1024 * 1024  # the chat sends its whole conversation with every question
_BODY_SECONDS = 20.0
"""Within which a body has to arrive: whoever sends a byte now and then would hold a place for ever."""
_CLOSED = tuple(f"/gradio_api/{door}" for door in ("upload", "file", "proxy", "stream", "deep_link"))
"""Gradio takes files from anyone and gives out others, even with no file component on the page; ours needs neither."""
_WORK = ("/api/", "/gradio_api/queue/join", "/gradio_api/run", "/gradio_api/call", "/gradio_api/api")
"""Where a request that is not a plain reading makes us work."""
_READING = ("GET", "HEAD", "OPTIONS")

_GRADIO_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors "
)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors "
)
_OUR_PAGES = ("/articles", "/api", "/static/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/widget")


class _BodyError(Exception):
    """The body is not taken: `kind` for the metrics, and the response."""

    def __init__(self, kind: str, status: int, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.response = kind, problem(status, detail)


class Shield:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self.app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        guarded = self._with_headers(send, path)
        if (refusal := self._refusal(scope, path)) is not None:
            await refusal(scope, receive, guarded)
            return
        await self._limited(scope, receive, guarded, API_BODY_LIMIT if path.startswith("/api/") else _PAGE_BODY_LIMIT)

    def _refusal(self, scope: Scope, path: str) -> Response | None:
        """The response to a request that is not let in; None to one that is."""
        if path.startswith(_CLOSED):
            return problem(403, "this door of Gradio is closed; files are neither taken nor given here")
        if scope["method"] in _READING or not path.startswith(_WORK):
            return None
        if not self._service.origins.permit(Headers(scope=scope)):
            self._service.metrics.refused("origin")
            return problem(403, "this site may not ask here; its owner can be added with BACKCHAT_ALLOWED_ORIGINS")
        client = scope.get("client")
        wait = self._service.limits.address(client[0]) if client else None
        if wait is None:
            return None
        self._service.metrics.refused("rate")
        return problem(429, "too many questions in a short time; please wait a moment", wait)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Pass the request on, but answer 413 or 408 as soon as its body is known to be too large or too slow."""
        started = False
        read = 0
        loop = asyncio.get_running_loop()
        deadline: float | None = loop.time() + _BODY_SECONDS
        too_large = _BodyError("size", 413, f"more than {limit // 1024} kB in one request")

        async def counted() -> Message:
            nonlocal read, deadline
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                raise _BodyError("slow", 408, f"the request took longer than {_BODY_SECONDS:.0f} s to arrive") from None
            if not message.get("more_body", False):
                deadline = None  # what is waited for now is that the client goes away
            read += len(message.get("body", b""))
            if read > limit:
                raise too_large
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            if _announced(scope) > limit:
                raise too_large
            await self.app(scope, counted, noted)
        except _BodyError as refused:
            if not started:
                self._service.metrics.refused(refused.kind)
                await refused.response(scope, receive, send)

    def _with_headers(self, send: Send, path: str) -> Send:
        origins = self._service.origins
        policy = (_PAGE_POLICY if path.startswith(_OUR_PAGES) else _GRADIO_POLICY) + origins.frame_ancestors

        async def wrapped(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = policy
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
                if not origins.listed:  # this older header knows no list of sites
                    headers["X-Frame-Options"] = "SAMEORIGIN"
            await send(message)

        return wrapped


def _announced(scope: Scope) -> int:
    """Return the length that the request says its body has; 0 when it does not say."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0
