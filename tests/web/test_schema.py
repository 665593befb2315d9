"""Requests made from our own OpenAPI document: the server answers as it says, and never with an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.schemas import OpenApiSchema

from assistant.web.api import create_app
from tests.web.fakes import FakeAssistant

from .test_fuzz import CASES

OPERATIONS = (
    ("/api/v1/ask", "POST"), ("/api/v1/ask/stream", "POST"), ("/api/v1/feedback", "POST"),
    ("/api/v1/feedback/{session}", "DELETE"), ("/api/v1/articles", "GET"), ("/api/v1/articles/{article_id}", "GET"),
    ("/api/v1/suggestions", "GET"), ("/healthz", "GET"), ("/readyz", "GET"),
)  # fmt: skip


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenApiSchema]:
    """Read the document of a whole server."""
    file = tmp_path_factory.mktemp("feedback") / "f.sqlite3"
    yield schemathesis.openapi.from_asgi("/openapi.json", create_app(FakeAssistant(feedback_file=file).typed))


def test_every_operation_is_tried(api: OpenApiSchema) -> None:
    """What the document describes is what is tried below."""
    operations = [result.ok() for result in api.get_all_operations() if isinstance(result, Ok)]
    described = {(operation.path, operation.method.upper()) for operation in operations}
    assert described == set(OPERATIONS)


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_answers_are_as_the_document_says(api: OpenApiSchema, path: str, method: str) -> None:
    """Status, media type, headers and body of whatever is asked within the document, and no 500."""

    @settings(max_examples=max(20, CASES // 4), deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=api[path][method].as_strategy())
    def try_it(case: schemathesis.Case[Any]) -> None:
        response: Response = case.call_and_validate()
        assert response.status_code < 500

    try_it()
