"""The shapes of the HTTP interface, for its OpenAPI document. The contract's own reader checks what comes in."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import models_json_schema

from ..policy import DISCLAIMER
from ..types import ArticleKind, Level
from .problems import MEDIA_TYPE

__all__ = [
    "AnswerBody",
    "ArticleBody",
    "StatusBody",
    "SuggestionsBody",
    "document",
    "problems",
    "request_body",
]

_NOT_BLANK = r"[^\s\x1c-\x1f\x85]"
"""Python's white space, said so that a reader with JavaScript's idea of it finds the same."""


class _Shape(BaseModel):
    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": True})


class TurnBody(_Shape):
    """An earlier turn."""

    role: Literal["user", "assistant"]
    content: str


class AskBody(_Shape):
    """A question with its conversation."""

    question: str = Field(min_length=1, pattern=_NOT_BLANK, description="As a person typed it.")
    history: list[TurnBody] | None = Field(None, max_length=200, description="Earlier turns, oldest first.")
    id: str | float | None = Field(None, description="The caller's own name for the question; comes back.")
    locale: str | None = Field(None, description="Of the person, such as en-GB: numbers to call depend on the place.")
    session: Annotated[str, Field(max_length=100)] | float | None = Field(
        None, description="A random name of the conversation, for rate limits."
    )


class SourceBody(_Shape):
    """What an article draws on."""

    title: str
    publisher: str | None
    url: str | None


class SpanBody(_Shape):
    """A slice of the article's text; offsets are Unicode code points."""

    start: int
    end: int
    text: str


class CitationBody(_Shape):
    """Where quoted words stand."""

    number: int
    article: str
    title: str
    section: str
    facet: str | None
    url: str | None
    sources: list[SourceBody]
    passage: SpanBody
    quotes: list[SpanBody]


class SentenceBody(_Shape):
    """One sentence with the numbers of its citations."""

    text: str
    citations: list[int]


class BlockBody(_Shape):
    """A paragraph, a list, or a notice in our own words."""

    kind: Literal["paragraph", "steps", "bullets", "notice"]
    sentences: list[SentenceBody]


class AlsoBody(_Shape):
    """What else applies."""

    level: Level
    category: str


class VerdictBody(_Shape):
    """What the guard found in the whole conversation."""

    level: Level
    category: str | None
    also: list[AlsoBody]
    message: str | None


class AnswerBody(_Shape):
    """An answer."""

    id: str | float | None
    answer_id: str
    question: str
    status: Literal["answered", "not_covered", "declined", "red_flag"]
    mode: Literal["quotes"]
    text: str
    blocks: list[BlockBody]
    citations: list[CitationBody]
    verdict: VerdictBody
    disclaimer: str
    suggestions: list[str]
    timings_ms: dict[str, float]
    versions: dict[str, str]


class SectionBody(_Shape):
    """A section of an article."""

    heading: list[str]
    facet: str | None
    start: int
    end: int


class ArticleBody(_Shape):
    """An article with the text that offsets refer to."""

    id: str
    title: str
    aliases: list[str]
    kind: ArticleKind = Field("subject", description="A topic or a guide holds for any subject.")
    tags: dict[str, list[str]] = Field(default_factory=dict, description="By facet the words it is found by.")
    easier: list[str] = Field(default_factory=list, description="Ids of articles on what one does before.")
    harder: list[str] = Field(default_factory=list, description="Ids of articles on what one goes on to.")
    url: str | None
    author: str | None
    licence: str | None
    date: str | None
    text: str
    sections: list[SectionBody]
    sources: list[SourceBody]


class FeedbackBody(_Shape):
    """A thumb on an answer."""

    answer_id: str = Field(min_length=1, max_length=100)
    thumb: Literal["up", "down"]
    comment: str | None = Field(None, max_length=1000)
    session: str | None = Field(None, max_length=100)
    surface: Literal["api", "widget", "chat"] | None = None
    status: Literal["answered", "not_covered", "declined", "red_flag"] | None = None
    consent: bool = Field(False, description="The person agrees that question and answer are kept.")
    question: str | None = Field(None, max_length=8000, description="Kept with consent only.")
    answer: str | None = Field(None, max_length=8000, description="Kept with consent only.")


class SuggestionsBody(_Shape):
    """Questions that this corpus answers, and the standing disclaimer."""

    suggestions: list[str]
    disclaimer: str


class StatusBody(_Shape):
    """How it stands."""

    status: str


class Problem(_Shape):
    """Problem details (RFC 9457); `error` repeats `detail`."""

    type: str
    title: str
    status: int
    detail: str
    error: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe error responses for FastAPI's `responses`."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _MEANING[status], "content": content} for status in statuses}


def document(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI document, with the shapes that handlers read and raise by themselves."""
    made = get_openapi(
        title="Backchat",
        version="1",
        summary="Answers from articles, every sentence a checkable quote.",
        description=f"{DISCLAIMER} The version stands in the address: /api/v1/.",
        routes=app.routes,
    )
    own, defined = models_json_schema(
        [(model, "validation") for model in (AskBody, FeedbackBody, Problem)],
        ref_template="#/components/schemas/{model}",
    )
    del own  # references, which stand in the routes already
    schemas = made.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(defined["$defs"])
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form of errors is not ours
        schemas.pop(name, None)
    for path in made["paths"].values():
        for operation in path.values():
            refused = operation["responses"].get("422", {})
            if "application/json" in refused.get("content", {}):
                operation["responses"].pop("422")
    return made


def request_body(name: str) -> dict[str, Any]:
    """Describe a JSON body that a handler reads by itself, for FastAPI's `openapi_extra`."""
    schema = {"$ref": f"#/components/schemas/{name}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_MEANING = {
    403: "The origin of the page is not allowed",
    404: "There is none",
    408: "The request took too long to arrive",
    413: "The request is too large",
    422: "The request is not of the right form",
    429: "Too many requests; Retry-After tells when to ask again",
    500: "Something went wrong on our side",
    503: "Too many questions at once; Retry-After tells when to ask again",
}
