"""How long opening the widget takes, beside an empty custom element with a text box: `python -m tests.web.opening`.

Both in fresh contexts of one browser, by turns: from the click on the launcher until the box has the focus and the next
frame but one is drawn, and from asking for a script that defines an element with a box to the same. Medians.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from assistant.web import server
from assistant.web.api import create_app
from tests.chromium import started
from tests.web.fakes import FakeAssistant
from tests.web.site import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from starlette.requests import Request

_RUNS = 15
_PAGE = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><h1>A page</h1>'
_EMPTY = """customElements.define("x-empty", class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: "open" }).append(document.createElement("textarea")); }
});"""
_DRAWN = "requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - start)))"
_OPEN_EMPTY = f"""() => new Promise((done) => {{
  const start = performance.now();
  const script = Object.assign(document.createElement("script"), {{ src: "/empty.js" }});
  script.onload = () => {{
    const element = document.createElement("x-empty");
    document.body.append(element);
    element.shadowRoot.querySelector("textarea").focus();
    {_DRAWN};
  }};
  document.head.append(script);
}})"""
_OPEN_WIDGET = f"""() => new Promise((done) => {{
  const root = document.querySelector("backchat-widget").shadowRoot;
  const start = performance.now();
  root.querySelector(".launch").click();
  const look = () => {{
    const box = root.querySelector("textarea");
    if (box && root.activeElement === box) {_DRAWN}; else setTimeout(look);
  }};
  look();
}})"""
_READY = "document.querySelector('backchat-widget')?.shadowRoot?.querySelector('.launch')"


def site(backchat: str) -> Starlette:
    """A site with an empty page, one with the widget, and the script of the empty element."""

    async def empty(request: Request) -> Response:
        return HTMLResponse(_PAGE)

    async def widget(request: Request) -> Response:
        return HTMLResponse(f'{_PAGE}<script src="{backchat}widget.js" defer></script>')

    async def script(request: Request) -> Response:
        return Response(_EMPTY, media_type="text/javascript")

    return Starlette(routes=[Route("/", empty), Route("/widget", widget), Route("/empty.js", script)])


def opened(browser: Browser, address: str, ready: str, script: str) -> float:
    """Milliseconds of one opening on a fresh page."""
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(address)
        page.wait_for_function(ready)
        return float(page.evaluate(script))
    finally:
        context.close()


def measure(runs: int) -> tuple[float, float]:
    """Median milliseconds of the widget and of the empty element."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        ours, theirs = (stack.enter_context(server.listen("127.0.0.1", 0)) for _ in range(2))
        backchat, address = server.address("127.0.0.1", ours), server.address("127.0.0.1", theirs)
        assistant = FakeAssistant(allowed_origins="*", feedback_file=folder / "f.sqlite3")
        stack.enter_context(running(create_app(assistant.typed), ours))
        stack.enter_context(running(site(backchat), theirs))
        browser = stack.enter_context(started())
        taken = [
            (opened(browser, f"{address}widget", _READY, _OPEN_WIDGET), opened(browser, address, "true", _OPEN_EMPTY))
            for _ in range(runs)
        ]
    mine, empty = zip(*taken, strict=True)
    return median(mine), median(empty)


if __name__ == "__main__":
    mine, empty = measure(_RUNS)
    sys.stdout.write(f"opening the widget {mine:.0f} ms, an empty element {empty:.0f} ms, ratio {mine / empty:.2f}\n")
