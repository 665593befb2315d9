"""Random and hostile requests: whatever comes in, no request ends in an error of ours."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from assistant.web.api import create_app
from assistant.web.problems import MEDIA_TYPE, problem_body
from tests.web.fakes import FakeAssistant

CASES = int(os.environ.get("FUZZ", "150"))
"""Requests per test; `make soak` takes thousands."""

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
roles = st.sampled_from(["user", "assistant", "system"]) | values
turns = st.lists(
    st.fixed_dictionaries(
        {"role": st.sampled_from(["user", "assistant", "system"]) | values, "content": st.text() | values}
    ),
    max_size=5,
)
asked = st.fixed_dictionaries(
    {},
    optional={
        "question": st.text(min_size=1) | values,
        "history": turns | values,
        "id": values,
        "locale": st.sampled_from(["en-GB", "de", "xx"]) | values,
        "session": st.text(max_size=120) | values,
    },
)
rated = st.fixed_dictionaries(
    {},
    optional={
        "answer_id": st.text(min_size=1, max_size=120) | values,
        "thumb": st.sampled_from(["up", "down"]) | values,
        "comment": st.text(max_size=1100) | values,
        "session": st.text(max_size=120) | values,
        "consent": st.booleans() | values,
        "question": st.text() | values,
    },
)
hostile = st.sampled_from(
    [
        b"", b"\x00", b"\xff\xfe", b"[" * 20_000, b"{" * 20_000, b'{"question": "\\ud800"}', b"9" * 5000,
        b'{"question": "q", "question": 3}', b'{"a":' * 5000, b"x" * 70_000,
    ]
)  # fmt: skip
objects = (asked | rated).map(json.dumps).map(str.encode)
bodies = objects | st.binary(max_size=300) | hostile
ours = settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """Make a client of the whole server."""
    file = tmp_path_factory.mktemp("feedback") / "f.sqlite3"
    with TestClient(create_app(FakeAssistant(feedback_file=file).typed)) as made:
        yield made


def check(response: Any, fine: tuple[int, ...] = (200, 201)) -> None:
    """Either it went well or the problem is told in the form of problem details."""
    if response.status_code in fine:
        return
    assert response.status_code in (403, 404, 405, 413, 422), (response.status_code, response.text)
    if response.headers["content-type"] == MEDIA_TYPE and response.content:  # an answer to HEAD has none
        assert response.json() == problem_body(response.status_code, response.json()["detail"])


@ours
@given(body=bodies, path=st.sampled_from(["/api/v1/ask", "/api/v1/ask/stream", "/api/v1/feedback"]))
def test_bodies(client: TestClient, body: bytes, path: str) -> None:
    """No 500, and no event that is an error of ours."""
    response = client.post(path, content=body)
    check(response)
    assert '"status": 500' not in response.text


printable = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"])
starts = st.sampled_from(
    ["/", "/api/", "/api/v1/", "/api/v1/articles/", "/articles/", "/static/", "/api/v1/feedback/", "/gradio_api/"]
)
names = st.sampled_from(["origin", "content-type", "accept", "x-forwarded-for", "accept-language", "cookie", "range"])


@ours
@given(methods, starts, printable, st.dictionaries(names, printable, max_size=3))
def test_addresses_and_headers(client: TestClient, method: str, start: str, rest: str, headers: dict[str, str]) -> None:
    """Any method at any address with any header."""
    address = start + rest.replace("?", "").replace("#", "")
    response = client.request(method, address, headers=headers, follow_redirects=False)
    check(response, (200, 201, 204, 206, 303, 307, 308, 400, 401))
