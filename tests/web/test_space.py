"""The files for a Hugging Face Space name what there is: the port, settings, commands, and a proxy that is believed."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import yaml
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from assistant.settings import Settings

SPACE = Path(__file__).parents[2] / "assistant" / "web" / "space"
ROOT = SPACE.parents[2]


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions and what stands behind them."""
    text = (SPACE / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in lines]


def environment() -> dict[str, str]:
    """What the image sets."""
    pairs = [pair.split("=", 1) for name, rest in instructions() if name == "ENV" for pair in shlex.split(rest)]
    return {name: value for name, value in pairs}


def settings(monkeypatch: Any) -> Settings:
    """The settings as the container reads them."""
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_the_settings_of_the_image_are_valid_and_listen_where_the_space_looks(monkeypatch: Any) -> None:
    """An unknown or malformed setting would stop the container."""
    front = yaml.safe_load((SPACE / "README.md").read_text(encoding="utf-8").split("---")[1])
    read = settings(monkeypatch)
    assert (front["sdk"], front["app_port"]) == ("docker", read.port)
    assert read.host == "0.0.0.0"
    assert dict(instructions())["EXPOSE"] == str(read.port)


def test_the_space_may_be_framed_by_the_hub_alone(monkeypatch: Any) -> None:
    """Its page is shown inside huggingface.co."""
    from assistant.web.access import Origins

    assert Origins(settings(monkeypatch).allowed_origins).frame_ancestors == "'self' https://huggingface.co"


def test_what_the_image_copies_and_runs_is_there() -> None:
    """The constraints file and the commands of the Dockerfile exist."""
    from assistant.cli import app

    text = (SPACE / "Dockerfile").read_text(encoding="utf-8")
    assert (ROOT / "constraints.txt").is_file() and "-c /src/constraints.txt" in text
    used = set(re.findall(r'backchat index|"backchat", "serve"', text))
    assert used == {"backchat index", '"backchat", "serve"'}
    assert {"index", "serve"} <= {getattr(command.callback, "__name__", "") for command in app.registered_commands}


def test_the_reader_behind_the_private_proxy_is_who_counts(monkeypatch: Any) -> None:
    """The proxy's word is taken from its network, not from anywhere else."""

    async def client(request: Request) -> PlainTextResponse:
        return PlainTextResponse(request.client.host if request.client else "")

    app: Any = Starlette(routes=[Route("/", client)])
    behind = ProxyHeadersMiddleware(app, settings(monkeypatch).trusted_proxies)

    def seen(peer: str) -> str:
        with TestClient(behind, client=(peer, 1)) as browser:  # type: ignore[arg-type]
            return browser.get("/", headers={"x-forwarded-for": "203.0.113.9"}).text

    assert seen("10.16.3.80") == "203.0.113.9"
    assert seen("198.51.100.4") == "198.51.100.4"
