"""Requests read and checked, and articles as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.contract import MAX_TURNS, AskRequest, article_dict, line_id, parse_request
from assistant.errors import QuestionError
from assistant.types import Turn

from .bicycles import bicycle_articles


@pytest.mark.parametrize("id_", ["a", "", 7, -1.5, 0, None, "日本"])
def test_a_full_request_is_read(id_: str | float | None) -> None:
    """Question, turns in order and id are taken over; unknown fields are ignored, a number names a session too."""
    history = [{"role": "user", "content": "Hi", "extra": 1}, {"role": "assistant", "content": ""}]
    body = {"id": id_, "question": " How often? ", "history": history, "locale": "en-GB", "session": 5}
    assert parse_request(json.dumps(body)) == AskRequest(
        " How often? ", (Turn("user", "Hi"), Turn("assistant", "")), id_, "en-GB", "5"
    )
    assert line_id(json.dumps(body)) == id_


@pytest.mark.parametrize(
    "raw",
    [
        '{"question": "Why?"}',
        '{"question": "Why?", "history": null, "id": null}',
        '{"question": "Why?", "history": []}',
    ],
)
def test_the_rest_may_be_left_out(raw: str) -> None:
    """A question is enough, as text or bytes, in any Unicode encoding JSON allows."""
    expected = AskRequest("Why?")
    assert parse_request(raw) == parse_request(raw.encode()) == expected
    assert parse_request(raw.encode("utf-16")) == parse_request(b"\xef\xbb\xbf" + raw.encode()) == expected


def with_history(history: Any) -> str:
    """Write a request with a history of any shape."""
    return json.dumps({"id": 3, "question": "Why?", "history": history})


NOT_JSON = [
    "",
    "   ",
    "hello",
    "{",
    '{"question": "x"',
    "{'question': 'x'}",
    '{"question": "x"} x',
    "[" * 100_000,
    '{"a":' * 100_000,
    b"\xff\xfe\xfa",
    b"\x80",
    '{"id": 3, "question": NaN}',
    '{"id": NaN, "question": "x"}',
    '{"id": -Infinity, "question": ""}',
    '{"id": ' + "9" * 5000 + "}",
]
NO_OBJECT = ["[]", "[1]", "5", "null", "true", '"How often?"', "1e999"]
BAD_QUESTION = [
    '{"id": 3}',
    '{"id": 3, "question": null}',
    '{"id": 3, "question": 5}',
    '{"id": 3, "question": ["x"]}',
    '{"id": 3, "question": {"a": 1}}',
    '{"id": 3, "question": ""}',
    '{"id": 3, "question": " \\n\\t\\u00a0"}',
    '{"id": 3, "question": "\\ud800"}',
    '{"id": 3, "Question": "x"}',
    '{"id": 3, "question": true}',
]
BAD_HISTORIES: list[Any] = [
    "x",
    5,
    {},
    {"role": "user", "content": "x"},
    ["x"],
    [None],
    [[]],
    [["user", "x"]],
    [{}],
    [{"role": "user"}],
    [{"content": "x"}],
    [{"role": "system", "content": "x"}],
    [{"role": "USER", "content": "x"}],
    [{"role": ["user"], "content": "x"}],
    [{"role": "user", "content": None}],
    [{"role": "user", "content": ["x"]}],
    [{"role": "user", "content": "\ud800"}],
    [{"role": "user", "content": "x"}, 5],
    False,
    0,
    [{"role": "user", "content": "x"}] * (MAX_TURNS + 1),
]
BAD_HISTORY = [with_history(history) for history in BAD_HISTORIES]


@pytest.mark.parametrize("raw", [*NOT_JSON, *NO_OBJECT], ids=lambda raw: repr(raw[:30]))
def test_what_is_no_object_is_refused_without_an_id(raw: str | bytes) -> None:
    """Anything but a JSON object is refused, with a hint, and has no id."""
    with pytest.raises(QuestionError, match="JSON"):
        parse_request(raw)
    assert line_id(raw) is None


@pytest.mark.parametrize("raw", [*BAD_QUESTION, *BAD_HISTORY], ids=lambda raw: raw[9:60])
def test_a_bad_question_or_history_is_refused_by_name(raw: str) -> None:
    """The message names the field that is wrong, and the request's id can still be told."""
    with pytest.raises(QuestionError, match=r"question|history"):
        parse_request(raw)
    assert line_id(raw) == 3


@pytest.mark.parametrize("id_", ["[]", "{}", "true", "false", "1e999", '"\\ud800"', "[1]"])
def test_an_id_that_cannot_be_given_back_is_refused(id_: str) -> None:
    """Only texts and finite numbers can be ids; another one is refused and answered with null."""
    raw = f'{{"id": {id_}, "question": "Why?"}}'
    with pytest.raises(QuestionError, match="id"):
        parse_request(raw)
    assert line_id(raw) is None


def test_the_longest_history_is_taken() -> None:
    """The limit itself is allowed."""
    assert len(parse_request(with_history([{"role": "user", "content": "x"}] * MAX_TURNS)).history) == MAX_TURNS


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "question", "history", "role", "content"]), inner, max_size=4)
    ),
    max_leaves=8,
)


@given(JSON_VALUES)
def test_any_json_is_read_or_refused(value: Any) -> None:
    """No JSON value makes anything but a request or a QuestionError, and its id is always JSON again."""
    raw = json.dumps(value)
    try:
        asked = parse_request(raw)
    except QuestionError:
        json.dumps(line_id(raw), allow_nan=False).encode()
        return
    assert asked.question.strip()
    assert line_id(raw) == asked.id


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No bytes end in another error."""
    try:
        parse_request(raw)
    except QuestionError as exc:
        assert str(exc)


def test_an_article_is_given_whole() -> None:
    """The object holds the text that offsets refer to, its sections and its sources."""
    puncture, chain = bicycle_articles()
    body = json.loads(json.dumps(article_dict(puncture)))
    assert tuple(body) == (
        *("id", "title", "aliases", "kind", "tags", "easier", "harder", "url", "author"),
        *("licence", "date", "text", "sections", "sources"),
    )
    assert body["text"] == puncture.text
    section = next(s for s in body["sections"] if s["heading"] == ["Equipment"])
    assert section["facet"] == "equipment"
    assert body["text"][section["start"] : section["end"]].strip().startswith("You need two tyre levers")
    assert [source["publisher"] for source in body["sources"]] == ["Riverside Cycling Club", "Spoke Street"]
    assert article_dict(chain)["url"] == "https://example.org/chain-cleaning"
