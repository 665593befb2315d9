"""What every request and response of the server passes: size limit, closed doors, security headers.

Plain ASGI, because Starlette's BaseHTTPMiddleware would hold back the chat's event stream.
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["API_BODY_LIMIT", "Shield"]

API_BODY_LIMIT = 64 * 1024
_PAGE_BODY_LIMIT = 2 * 1024 * 1024  # the chat sends its whole conversation with every question
_CLOSED = ("/gradio_api/upload",)  # Gradio takes files from anyone there, even with no file component on the page

_GRADIO_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; frame-src 'none'; object-src 'none'; "
    "form-action 'self'; base-uri 'self'; frame-ancestors 'self'"
)
_PAGE_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
_OUR_PAGES = ("/articles", "/api/", "/static/", "/healthz")


class _TooLargeError(Exception):
    """The body went over the limit while it was read."""


class Shield:
    """ASGI middleware around the whole server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or pass it on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]
        guarded = _with_headers(send, path)
        if path.startswith(_CLOSED):
            await JSONResponse({"error": "files are not taken here"}, 403)(scope, receive, guarded)
            return
        await self._limited(scope, receive, guarded, API_BODY_LIMIT if path.startswith("/api/") else _PAGE_BODY_LIMIT)

    async def _limited(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        """Pass the request on, but answer 413 as soon as its body is known to be larger than the limit."""
        started = False
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                raise _TooLargeError
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        refusal = JSONResponse({"error": f"more than {limit // 1024} kB in one request"}, 413)
        if _announced(scope) > limit:
            await refusal(scope, receive, send)
            return
        try:
            await self.app(scope, counted, noted)
        except _TooLargeError:
            if not started:
                await refusal(scope, receive, send)


def _announced(scope: Scope) -> int:
    """Return the length that the request says its body has; 0 when it does not say."""
    value = dict(scope["headers"]).get(b"content-length", b"0")
    return int(value) if value.isdigit() else 0


def _with_headers(send: Send, path: str) -> Send:
    policy = _PAGE_POLICY if path.startswith(_OUR_PAGES) else _GRADIO_POLICY

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["Content-Security-Policy"] = policy
            headers["X-Content-Type-Options"] = "nosniff"
            headers["X-Frame-Options"] = "SAMEORIGIN"
            headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        await send(message)

    return wrapped
