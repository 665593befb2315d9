"""Pure. Errors for programs as problem details (RFC 9457), with the contract's `error` beside them."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse

__all__ = ["MEDIA_TYPE", "problem", "problem_body"]

MEDIA_TYPE = "application/problem+json"


def problem_body(status: int, detail: str) -> dict[str, Any]:
    """Return `{"type", "title", "status", "detail", "error"}`; `error` says the same as `detail`.

    The type is "about:blank", with which RFC 9457 leaves the meaning to the HTTP status, named in the title.
    """
    title = HTTPStatus(status).phrase
    return {"type": "about:blank", "title": title, "status": status, "detail": detail, "error": detail}


def problem(status: int, detail: str, retry_after: float | None = None) -> JSONResponse:
    """Make the response; `retry_after` seconds, rounded up, tell when another attempt is worth while."""
    headers = {} if retry_after is None else {"Retry-After": str(max(1, -int(-retry_after // 1)))}
    return JSONResponse(problem_body(status, detail), status, headers, MEDIA_TYPE)
