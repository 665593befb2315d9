"""Pure. The public contract's objects at the rim: a request read and checked, an article as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from .errors import QuestionError
from .types import Article, Turn

__all__ = ["AskRequest", "article_dict", "line_id", "parse_request"]

MAX_TURNS = 200
MAX_SESSION = 100


@dataclass(frozen=True, slots=True)
class AskRequest:
    """One question with its conversation, and the caller's own name for it."""

    question: str
    history: tuple[Turn, ...] = ()
    id: str | int | float | None = None
    locale: str | None = None
    """Of the person, such as "en-GB"."""
    session: str | None = None
    """A random name of the conversation: nothing is kept under it, rate limits count by it."""


def parse_request(raw: bytes | str) -> AskRequest:
    """Read `{"question", "history"?, "id"?, "locale"?, "session"?}`; unknown fields are ignored.

    Raises:
        QuestionError: it is not JSON, or not of that form; the message says what is wrong.

    """
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as exc:
        raise QuestionError('this is not JSON; send {"question": "..."}') from exc
    if not isinstance(body, dict):
        raise QuestionError('send a JSON object such as {"question": "..."}')
    question = _text(body, "question")
    if not question.strip():
        raise QuestionError('"question" is empty; ask something')
    locale = None if body.get("locale") is None else _text(body, "locale")
    return AskRequest(question, _history(body.get("history")), _id(body.get("id")), locale, _session(body))


def line_id(raw: bytes | str) -> str | int | float | None:
    """The id of a request that could not be asked, as far as it can be read."""
    try:
        body = json.loads(raw, parse_constant=_refuse_constant)
        return _id(body.get("id")) if isinstance(body, dict) else None
    except (ValueError, RecursionError, QuestionError):
        return None


def article_dict(article: Article) -> dict[str, Any]:
    """Return an article as the public contract's JSON object."""
    return {
        "id": article.id,
        "title": article.title,
        "aliases": list(article.aliases),
        "kind": article.kind,
        "tags": {facet: list(words) for facet, words in article.tags.items()},
        "easier": list(article.easier),
        "harder": list(article.harder),
        "url": article.url,
        "author": article.author,
        "licence": article.licence,
        "date": article.date,
        "text": article.text,
        "sections": [
            {"heading": list(s.heading), "facet": s.facet, "start": s.start, "end": s.end} for s in article.sections
        ],
        "sources": [{"title": s.title, "publisher": s.publisher, "url": s.url} for s in article.sources],
    }


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _text(body: Mapping[str, Any], name: str, where: str = "") -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise QuestionError(f'{where}"{name}" has to be a text')
    _check_unicode(value, f'{where}"{name}"')
    return value


def _check_unicode(value: str, what: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as exc:  # half of a surrogate pair: JSON can write it, UTF-8 cannot
        raise QuestionError(f"{what} holds a broken character") from exc


def _history(value: Any) -> tuple[Turn, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_TURNS:
        raise QuestionError(f'"history" has to be a list of at most {MAX_TURNS} turns')
    return tuple(_turn(item, f"history[{position}]: ") for position, item in enumerate(value))


def _turn(item: Any, where: str) -> Turn:
    if not isinstance(item, dict):
        raise QuestionError(f'{where}a turn is an object {{"role", "content"}}')
    role = item.get("role")
    if role == "user":
        return Turn("user", _text(item, "content", where))
    if role == "assistant":
        return Turn("assistant", _text(item, "content", where))
    raise QuestionError(f'{where}"role" has to be "user" or "assistant"')


def _id(value: Any, name: str = "id") -> str | int | float | None:
    if isinstance(value, str):
        _check_unicode(value, f'"{name}"')
        return value
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)):
        return value
    raise QuestionError(f'"{name}" has to be a text or a number')


def _session(body: Mapping[str, Any]) -> str | None:
    given = _id(body.get("session"), "session")
    session = None if given is None else str(given)  # 5 and "5" are one name
    if session and len(session) > MAX_SESSION:
        raise QuestionError(f'"session" has {len(session):,} characters; {MAX_SESSION} are taken')
    return session
