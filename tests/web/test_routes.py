"""The interface for programs: events, limits, other sites, feedback, state, and the documents that describe it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from starlette.testclient import TestClient

from assistant.errors import EncoderError, IndexError_, QuestionError
from assistant.policy import DISCLAIMER
from assistant.types import Answer
from assistant.web.api import create_app
from assistant.web.live import Live
from assistant.web.problems import MEDIA_TYPE, problem_body
from tests.web.fakes import FakeAssistant, answer, nasty_answer

SITE = "https://reader.example"


@contextmanager
def served(*queue: Answer | Exception, **settings: Any) -> Iterator[tuple[TestClient, FakeAssistant]]:
    """Make a client of a server with settings, and the assistant behind it."""
    assistant = FakeAssistant(*queue, **settings)
    with TestClient(create_app(assistant.typed)) as client:
        yield client, assistant


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    """Make a client of a server with the usual answers."""
    with served() as (made, _):
        yield made


def events(text: str) -> list[tuple[str, Any]]:
    """Read server-sent events."""
    found = []
    for part in text.split("\n\n"):
        if part:
            name, data = part.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return found


def test_an_answer_as_events(client: TestClient) -> None:
    """Status, block by block, citations, and at the end the contract's object."""
    response = client.post("/api/v1/ask/stream", json={"id": "x", "question": "How often?"})
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    whole = {"id": "x", **json.loads(json.dumps(answer().to_dict()))}
    assert events(response.text) == [
        ("status", {"id": "x", "state": "received"}),
        ("block", {"index": 0, "block": whole["blocks"][0]}),
        ("block", {"index": 1, "block": whole["blocks"][1]}),
        ("citations", {"citations": whole["citations"]}),
        ("done", whole),
    ]


def test_line_ends_in_an_answer_break_no_event() -> None:
    """JSON writes them as escapes."""
    odd = replace(answer(), suggestions=("a\nb\r\n\nevent: done\n\n", "\u2028"))
    with served(odd) as (client, _):
        response = client.post("/api/v1/ask/stream", json={"question": "q"})
    assert [name for name, _ in events(response.text)] == ["status", "block", "block", "citations", "done"]


def test_errors_among_events() -> None:
    """What is wrong with the request is told by the status; what goes wrong later, as an event."""
    with served(QuestionError("too long"), EncoderError("no model"), RuntimeError("/secret")) as (client, _):
        assert client.post("/api/v1/ask/stream", json={"question": ""}).status_code == 422
        texts = [client.post("/api/v1/ask/stream", json={"question": "q"}).text for _ in range(3)]
    told = [events(text)[-1] for text in texts]
    assert [(name, body["status"]) for name, body in told] == [("error", 422), ("error", 503), ("error", 500)]
    assert told[0][1]["detail"] == "too long"
    assert "secret" not in texts[2]


@pytest.mark.parametrize("path", ["/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback"])
def test_other_sites_are_refused(client: TestClient, path: str) -> None:
    """A page that is not listed gets 403, and its browser may not read even that."""
    response = client.post(path, json={"question": "q"}, headers={"Origin": SITE})
    assert (response.status_code, response.headers["content-type"]) == (403, MEDIA_TYPE)
    assert "access-control-allow-origin" not in response.headers


def test_listed_sites_may_ask_and_read() -> None:
    """Answers and refusals both; without credentials; Gradio echoes nobody else."""
    with served(allowed_origins=SITE, session_rate_limit="1/hour") as (client, _):
        ask = {"question": "q", "session": "s"}
        for status in (200, 429):
            response = client.post("/api/v1/ask", json=ask, headers={"Origin": SITE})
            assert (response.status_code, response.headers["access-control-allow-origin"]) == (status, SITE)
            assert "access-control-allow-credentials" not in response.headers
        assert response.headers["access-control-expose-headers"] == "Retry-After"
        wanted = {
            "Origin": SITE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        }
        assert client.options("/api/v1/ask", headers=wanted).status_code == 200
        assert client.options("/api/v1/ask", headers={**wanted, "Origin": SITE + ".evil"}).status_code == 400
        page = client.get("/articles", headers={"Origin": "https://evil.example"})
        assert "access-control-allow-origin" not in page.headers
        assert page.headers["content-security-policy"].endswith(f"frame-ancestors 'self' {SITE}")
        assert "x-frame-options" not in page.headers


def test_widget_files_may_be_loaded_from_anywhere(client: TestClient) -> None:
    """Its modules are fetched with CORS by whatever site shows it."""
    for name in ("widget.js", "widget-panel.js"):
        response = client.get(f"/{name}", headers={"Origin": SITE})
        assert response.headers["access-control-allow-origin"] == "*"
        assert response.headers["cross-origin-resource-policy"] == "cross-origin"
        assert response.headers["content-type"].startswith("text/javascript")


def test_an_address_that_asks_too_much() -> None:
    """429 with the seconds to wait, for the API and the chat's queue together; reading is free."""
    with served(rate_limit="2/hour") as (client, assistant):
        assert [client.post("/api/v1/ask", json={"question": "q"}).status_code for _ in range(2)] == [200, 200]
        for path in ("/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback", "/gradio_api/queue/join"):
            response = client.post(path, json={"question": "q"})
            assert response.status_code == 429, path
            assert 3500 < int(response.headers["retry-after"]) <= 3600
        assert client.get("/api/v1/articles").status_code == 200
        assert len(assistant.asked) == 2


def test_a_session_that_asks_too_much() -> None:
    """One conversation is held back, another one goes on."""
    with served(session_rate_limit="1/hour") as (client, _):
        codes = [
            client.post("/api/v1/ask", json={"question": "q", "session": name}).status_code for name in ("a", "a", "b")
        ]
    assert codes == [200, 429, 200]


@pytest.mark.parametrize("session", [True, {}, "x" * 101, "\ud800"])
def test_malformed_sessions(client: TestClient, session: Any) -> None:
    """They are refused like any other field."""
    content = json.dumps({"question": "q", "session": session}).encode()
    assert client.post("/api/v1/ask", content=content).status_code == 422


def test_metrics_count_and_tell_nothing_typed(client: TestClient) -> None:
    """Answers by surface, status and level; no word of a question."""
    client.post("/api/v1/ask", json={"question": "unmistakable", "session": "nameable"})
    told = client.get("/metrics").text
    assert re.search(r'backchat_answers_total\{level="GENERAL",status="answered",surface="api"\} [1-9]', told)
    assert "unmistakable" not in told
    assert "nameable" not in told


def test_suggestions_and_state(client: TestClient) -> None:
    """What the widget starts with, and what a load balancer asks."""
    opening = {"suggestions": list(FakeAssistant().suggestions), "disclaimer": DISCLAIMER}
    assert client.get("/api/v1/suggestions").json() == opening
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}


def test_feedback_is_stored_and_deleted(tmp_path: Path) -> None:
    """Through the API, without the texts unless the person agreed."""
    with served(feedback_file=tmp_path / "f.sqlite3") as (client, _):
        body = {"answer_id": "a1", "thumb": "up", "session": "s", "question": "secret words", "surface": "widget"}
        assert client.post("/api/v1/feedback", json=body).status_code == 201
        assert b"secret words" not in b"".join(file.read_bytes() for file in tmp_path.glob("f.sqlite3*"))
        assert client.post("/api/v1/feedback", json={"answer_id": "a1"}).json() == problem_body(
            422, '"thumb" has to be "up" or "down"'
        )
        assert 'backchat_feedback_total{surface="widget",thumb="up"} 1.0' in client.get("/metrics").text
        assert client.delete("/api/v1/feedback/s").json() == {"status": "deleted"}


def test_feedback_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    """503 instead of a false thank-you."""
    with served(feedback_file=tmp_path) as (client, _):
        response = client.post("/api/v1/feedback", json={"answer_id": "a1", "thumb": "up"})
    assert response.status_code == 503
    assert "BACKCHAT_FEEDBACK_FILE" in response.json()["detail"]


def test_answers_are_what_the_document_says(client: TestClient) -> None:
    """Real responses against the OpenAPI document's own schemas, errors too."""
    document = client.get("/openapi.json").json()

    def check(name: str, body: Any) -> None:
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        Draft202012Validator(schema).validate(body)

    for queued in (answer(), nasty_answer()):
        check("AnswerBody", {"id": 1, **json.loads(json.dumps(queued.to_dict()))})
    check("AnswerBody", client.post("/api/v1/ask", json={"question": "q"}).json())
    check("ArticleBody", client.get("/api/v1/articles/floor-lift").json())
    check("SuggestionsBody", client.get("/api/v1/suggestions").json())
    check("StatusBody", client.get("/readyz").json())
    check("Problem", client.get("/api/v1/articles/none").json())
    check("AskBody", {"question": "q", "history": [{"role": "user", "content": "x"}], "session": "s"})
    for path in ("/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback"):
        [content] = document["paths"][path]["post"]["requestBody"]["content"].values()
        assert content["schema"]["$ref"].removeprefix("#/components/schemas/") in document["components"]["schemas"]
    assert "HTTPValidationError" not in json.dumps(document)


def test_the_page_about_the_interface(client: TestClient) -> None:
    """Every address and shape, every link leads somewhere, no script, nothing from elsewhere."""
    page = client.get("/api")
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    links: list[str] = []
    ids: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag != "script"
            links.extend(value or "" for name, value in attrs if name == "href")
            ids.extend(value or "" for name, value in attrs if name == "id")

    Reader().feed(page.text)
    document = client.get("/openapi.json").json()
    assert all(path in page.text for path in document["paths"])
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert not [link for link in links if "//" in link]


def test_a_rebuilt_index_is_taken_up() -> None:
    """Pages and answers come from the new assistant at once; the old one is closed, but the first never by us."""
    first, second, third = FakeAssistant(), FakeAssistant(articles=()), FakeAssistant()
    waiting: list[FakeAssistant | Exception] = [third, second]

    def newer(current: object) -> Any:
        found = waiting.pop() if waiting else None
        if isinstance(found, Exception):
            raise found
        return found

    live = Live(first.typed, newer)
    with TestClient(create_app(live)) as client:
        assert len(client.get("/api/v1/articles").json()) == 1
        assert live.look()
        assert client.get("/api/v1/articles").json() == []
        live._stop.set()  # no grace: nobody asks meanwhile
        assert live.look()
        assert (first.closed, second.closed) == (False, True)
        waiting.append(IndexError_("damaged"))
        assert not live.look()
        assert not live.look()
        assert len(client.get("/api/v1/articles").json()) == 1
