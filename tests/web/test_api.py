"""The server: pages, interface for programs, headers and limits."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.contract import MAX_TURNS
from assistant.errors import BackchatError, EncoderError, QuestionError
from assistant.types import Turn
from assistant.web import server
from assistant.web.api import create_app
from assistant.web.problems import problem_body
from assistant.web.words import FAILURE
from tests.web.fakes import ARTICLE, FakeAssistant, answer

Client = tuple[TestClient, FakeAssistant]


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    """Make a client of the whole server, and the assistant behind it."""
    assistant = FakeAssistant()
    with TestClient(create_app(assistant.typed)) as test_client:
        yield test_client, assistant


def post(client: Client, body: Any) -> tuple[int, dict[str, Any]]:
    """Return status and JSON of one question; bytes are sent as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response = client[0].post("/api/v1/ask", content=content)
    return response.status_code, response.json()


def test_asking_gives_the_contracts_object(client: Client) -> None:
    """The answer with the caller's id; the history arrives as turns; unknown fields are ignored."""
    history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    status, body = post(client, {"id": 7, "question": "How often?", "history": history, "later": 1})
    assert status == 200
    assert body == {"id": 7, **json.loads(json.dumps(answer().to_dict()))}
    assert client[1].asked[-1] == ("How often?", (Turn("user", "Hi"), Turn("assistant", "Hello")))


MALFORMED: list[Any] = [
    b"", b"{", b"\xff\xfe", b"[" * 30000, b"NaN", [], "text", None, 3, {}, {"question": None}, {"question": 3},
    {"question": ""}, {"question": " \n"}, {"question": ["a"]}, b'{"question": "\\ud800"}',
    {"question": "q", "history": "x"}, {"question": "q", "history": {}}, {"question": "q", "history": [1]},
    {"question": "q", "history": [{"role": "system", "content": "x"}]},
    {"question": "q", "history": [{"role": "user"}]}, {"question": "q", "history": [{"role": "user", "content": 1}]},
    {"question": "q", "history": [{"role": "user", "content": ""}] * (MAX_TURNS + 1)},
    b'{"question": "q", "id": 1e999}', b'{"question": "q", "id": NaN}', {"question": "q", "id": []},
    {"question": "q", "id": {}}, {"question": "q", "id": True}, b'{"question": "q", "id": "\\udfff"}',
]  # fmt: skip


@pytest.mark.parametrize("body", MALFORMED, ids=range(len(MALFORMED)))
def test_malformed_requests_are_refused(client: Client, body: Any) -> None:
    """422 with a sentence that says what is wrong; the assistant is not asked."""
    before = len(client[1].asked)
    status, reply = post(client, body)
    assert (status, reply) == (422, problem_body(422, reply["error"]))
    assert reply["error"]
    assert len(client[1].asked) == before


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (QuestionError("too long"), 422, "too long"),
        (EncoderError("no model"), 503, "no model"),
        (RuntimeError("/secret"), 500, FAILURE),
    ],
)
def test_errors_become_json(client: Client, error: Exception, status: int, message: str) -> None:
    """Our own errors in their words, any other in a general sentence."""
    client[1].queue.append(error)
    assert post(client, {"question": "q"}) == (status, problem_body(status, message))


def test_large_bodies_are_refused(client: Client) -> None:
    """413 above 64 kB, whether the length is announced or not."""
    large = json.dumps({"question": "x" * 70_000}).encode()
    assert post(client, large)[0] == 413

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 8192):
            yield large[start : start + 8192]

    assert client[0].post("/api/v1/ask", content=pieces()).status_code == 413
    assert client[0].post("/gradio_api/queue/join", content=b"x" * 3_000_000).status_code == 413


def test_articles_as_json(client: Client) -> None:
    """The list and the single article hold the text that offsets count in."""
    listed = client[0].get("/api/v1/articles").json()
    one = client[0].get("/api/v1/articles/floor-lift").json()
    assert listed == [one]
    assert one["text"] == ARTICLE.text
    section = one["sections"][1]
    assert section["heading"] == ["How often"]
    assert one["text"][section["start"] : section["end"]].startswith("Start with 2 sets")
    assert one["sources"] == [{"title": "The mat book", "publisher": "Mat Press", "url": "https://example.org/mat"}]
    missing = client[0].get("/api/v1/articles/nope")
    assert (missing.status_code, list(missing.json())) == (404, list(problem_body(404, "")))


def test_pages(client: Client) -> None:
    """Chat, list, article, files and icon are there; what is not says so."""
    for path, kind in {
        "/": "text/html", "/articles": "text/html", "/articles/floor-lift": "text/html", "/healthz": "application/json",
        "/static/chat.css": "text/css", "/static/page.css": "text/css", "/static/chat.js": "text/javascript",
        "/favicon.ico": "image/svg+xml", "/articles/": "text/html",
    }.items():  # fmt: skip
        response = client[0].get(path)
        assert (response.status_code, response.headers["content-type"].split(";")[0]) == (200, kind), path
    for path in ("/articles/nope", "/static/nope.css", "/api/v1/nope", "/docs", "/redoc"):
        assert client[0].get(path).status_code == 404, path


def test_article_pages_allow_no_script(client: Client) -> None:
    """Their policy forbids everything but our own style sheet and images."""
    policy = client[0].get("/articles/floor-lift").headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'self'; img-src 'self'")


@pytest.mark.parametrize("path", ["/", "/articles", "/api/v1/ask", "/static/chat.js", "/nope", "/config"])
def test_every_response_carries_the_security_headers(client: Client, path: str) -> None:
    """Also errors and Gradio's own routes; no other host is allowed in any policy."""
    headers = client[0].get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/", "/config", "/api/v1/ask", "/gradio_api/info"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_other_origins_are_not_let_in(client: Client, path: str, origin: str) -> None:
    """No response allows another origin, asked outright or in a preflight."""
    headers = {"Origin": origin, "Host": "backchat.example", "Access-Control-Request-Method": "POST"}
    for method in ("GET", "OPTIONS"):
        response = client[0].request(method, path, headers=headers)
        assert "access-control-allow-origin" not in response.headers


def test_nobody_can_leave_files(client: Client) -> None:
    """Gradio's upload is closed, and so are the doors through which it gives files out."""
    response = client[0].post("/gradio_api/upload", files={"files": ("a.txt", b"x")})
    assert response.status_code == 403
    for door in ("file=/etc/passwd", "proxy=https://example.org/", "stream/a/b/c/playlist.m3u8", "deep_link"):
        assert client[0].get(f"/gradio_api/{door}").status_code == 403, door


def test_a_taken_port_is_told() -> None:
    """The message names the port and what to do."""
    with server.listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with pytest.raises(BackchatError, match=f"port {port}.*BACKCHAT_PORT"):
            server.listen("127.0.0.1", port)


def test_an_address_that_is_not_ours_is_told() -> None:
    """So does a host that cannot be listened on."""
    with pytest.raises(BackchatError, match=r"cannot listen on 203\.0\.113\.9"):
        server.listen("203.0.113.9", 0)


@pytest.mark.parametrize(("host", "shown"), [("0.0.0.0", "localhost"), ("::1", "[::1]"), ("127.0.0.1", "127.0.0.1")])
def test_the_address_shown_can_be_opened(host: str, shown: str) -> None:
    """All interfaces are shown as localhost, IPv6 in brackets."""
    with server.listen("127.0.0.1", 0) as listener:
        assert server.address(host, listener) == f"http://{shown}:{listener.getsockname()[1]}/"


def test_ctrl_c_ends_the_server() -> None:
    """It prints its address once it listens, and an interrupt ends it without a traceback."""
    code = (
        "from tests.web.fakes import FakeAssistant; from assistant.web.api import serve; "
        "serve(FakeAssistant().typed, '127.0.0.1', 0)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert line.startswith("Backchat listens on http://127.0.0.1:")
    assert (process.returncode, errors) == (0, "")
