"""The tools, asked by the protocol's official client: in process, and over the pipes of a real process.

Not beside the browser tests, as test_desk.py says.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from assistant.errors import EncoderError, QuestionError
from assistant.types import Turn
from assistant.web.tools import tool_server
from tests.web.fakes import ARTICLE, FakeAssistant, answer


def structured(result: Any) -> Any:
    """Return what a tool gave, as JSON."""
    assert not result.is_error, result.content
    return result.structured_content


async def test_the_tools_and_what_they_give() -> None:
    """Three tools with schemas of input and output; the answer is the contract's object."""
    assistant = FakeAssistant()
    async with Client(tool_server(assistant.typed)) as client:
        tools = (await client.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask_back_exercise_question", "list_exercises", "read_article"]
        assert all(tool.description and tool.output_schema for tool in tools)
        history = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
        given = structured(
            await client.call_tool("ask_back_exercise_question", {"question": "How often?", "history": history})
        )
        assert given == {"id": None, **json.loads(json.dumps(answer().to_dict()))}
        assert assistant.asked == [("How often?", (Turn("user", "Hi"), Turn("assistant", "Hello")))]
        [listed] = structured(await client.call_tool("list_exercises", {}))["result"]
        told = {"id": "floor-lift", "title": "Floor lift", "aliases": ["mat lift", "prone lift"], "url": None}
        assert listed == {**told, "kind": "subject", "tags": {}, "easier": [], "harder": []}
        assert structured(await client.call_tool("read_article", {"id": "floor-lift"}))["text"] == ARTICLE.text


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("ask_back_exercise_question", {"question": "q"}, "too long"),
        ("ask_back_exercise_question", {"question": "q"}, "no model"),
        ("ask_back_exercise_question", {}, "question"),
        ("ask_back_exercise_question", {"question": "q", "history": [{"role": "system", "content": "x"}]}, "role"),
        ("read_article", {"id": "none"}, "list_exercises"),
    ],
)
async def test_errors_are_told_to_the_agent(name: str, arguments: dict[str, Any], message: str) -> None:
    """As errors of the tool, in words that say what to do."""
    queue = {"too long": QuestionError("too long"), "no model": EncoderError("no model")}
    assistant = FakeAssistant(*[queue[message]] if message in queue else [])
    async with Client(tool_server(assistant.typed)) as client:
        result = await client.call_tool(name, arguments)
    assert result.is_error
    assert message in str(result.content)


@pytest.mark.model
async def test_over_pipes(model_cache: Path) -> None:
    """`backchat mcp` with the real assistant: an answer with quotes, and an alarm that comes through unchanged."""
    environment = {**os.environ, "BACKCHAT_CACHE_DIR": str(model_cache)}
    command = StdioServerParameters(
        command=sys.executable, args=["-c", "from assistant.cli import main; main()", "mcp"], env=environment
    )
    async with Client(command) as client:
        given = structured(
            await client.call_tool("ask_back_exercise_question", {"question": "Which muscles do back extensions work?"})
        )
        assert given["status"] == "answered"
        assert given["citations"]
        alarm = structured(
            await client.call_tool(
                "ask_back_exercise_question",
                {"question": "Crushing chest pain and my left arm is numb", "locale": "en-GB"},
            )
        )
    assert (alarm["status"], alarm["verdict"]["level"]) == ("red_flag", "EMERGENCY")
    assert "999" in alarm["text"]
