"""A reader's site of another origin: strict content security policy, Trusted Types, hostile CSS, and the widget."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

__all__ = ["running", "site_app"]

CSS = Path(__file__).parent / "demo" / "hostile.css"
TEXT = (
    "A strong back is built slowly. Most people start with two short sessions a week and add a little at a time. "
    "Read the article, then ask what you still want to know: the button is at the bottom of the page."
)


@contextmanager
def running(app: Any, listener: Any) -> Iterator[None]:
    """Run a server in a thread."""
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1)
    instance = uvicorn.Server(config)
    thread = threading.Thread(target=instance.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    yield
    instance.should_exit = True
    thread.join(timeout=10)


def site_app(backchat: str) -> Starlette:
    """Make the site; `backchat` is the address of the server whose widget it shows, with a slash at its end.

    The query of the address tells what stands on the page: `?tag=data-theme="dark" ...`, several for several tags;
    `?frame=1` puts the page into a frame that may keep nothing.
    """
    host = backchat.rstrip("/")
    policy = (
        f"default-src 'none'; script-src {host}; connect-src {host}; style-src 'self'; frame-src 'self'; "
        "require-trusted-types-for 'script'; trusted-types 'none'; base-uri 'none'; form-action 'none'"
    )

    def page(request: Request) -> HTMLResponse:
        if "frame" in request.query_params:
            inner = '<iframe src="/" sandbox="allow-scripts" width="390" height="640" title="Framed"></iframe>'
            return HTMLResponse(_document(inner), headers={"Content-Security-Policy": policy})
        tags = request.query_params.getlist("tag") or [""]
        scripts = "".join(f'<script src="{escape(backchat)}widget.js" {tag} defer></script>' for tag in tags)
        body = f'<h1>Training the back</h1><p>{TEXT}</p><section id="here"></section>{scripts}'
        return HTMLResponse(_document(body), headers={"Content-Security-Policy": policy})

    def css(request: Request) -> Response:
        return Response(CSS.read_bytes(), media_type="text/css")

    def icon(request: Request) -> Response:
        return Response(status_code=204)

    return Starlette(routes=[Route("/", page), Route("/site.css", css), Route("/favicon.ico", icon)])


def _document(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Training the back</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="stylesheet" href="/site.css">'
        f"</head><body><main>{body}</main></body></html>"
    )
