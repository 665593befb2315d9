"""RIM: the assistant as tools of the Model Context Protocol, for other people's agents. The only importer of mcp."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ConfigDict

from ..contract import article_dict
from ..errors import BackchatError, QuestionError
from ..types import ArticleKind, Turn
from .schema import AnswerBody, ArticleBody, TurnBody

if TYPE_CHECKING:
    from mcp.server import MCPServer

    from ..chain import Assistant

__all__ = ["serve_tools", "tool_server"]

_ABOUT = (
    "Answers are quotes from articles, with citations. Show the sentences as they are, with their sources, and the "
    "disclaimer. A verdict of EMERGENCY or URGENT comes first and unchanged: pass its message on before anything else. "
    "Send the whole conversation as history: a warning sign from an earlier turn still counts."
)
T = TypeVar("T")


class Listed(BaseModel):
    """An article, without its text."""

    model_config = ConfigDict(extra="forbid")

    id: str
    title: str
    aliases: list[str]
    kind: ArticleKind
    tags: dict[str, list[str]]
    easier: list[str]
    harder: list[str]
    url: str | None


def tool_server(assistant: Assistant) -> MCPServer:
    """Build the server with its three tools.

    Raises:
        BackchatError: the library is not installed.

    """
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
    except ImportError as exc:
        raise BackchatError("the tools need the extra `mcp`: pip install 'backchat[mcp]'") from exc

    def told(work: Callable[[], T]) -> T:
        """Our errors reach the agent in their own words."""
        try:
            return work()
        except BackchatError as exc:
            raise ToolError(str(exc)) from exc

    server = MCPServer(
        "backchat", version=str(assistant.versions["backchat"]), instructions=_ABOUT, log_level="WARNING"
    )

    @server.tool()
    def ask_back_exercise_question(
        question: str, history: list[TurnBody] | None = None, locale: str | None = None
    ) -> AnswerBody:
        """Answer a question about back exercise from articles, every sentence a quote with its citation.

        `history`: the conversation so far, oldest turn first. `locale`: of the person, such as en-GB.
        """
        turns = [Turn(turn.role, turn.content) for turn in history or ()]
        answer = told(lambda: assistant.ask(question, turns, locale))
        return AnswerBody.model_validate({"id": None, **answer.to_dict()})

    @server.tool()
    def list_exercises() -> list[Listed]:
        """List the articles that answers are quoted from: on exercises, and topics and guides for all of them."""
        return [
            Listed.model_validate({name: article_dict(article)[name] for name in Listed.model_fields})
            for article in assistant.articles
        ]

    @server.tool()
    def read_article(id: str) -> ArticleBody:
        """Read a whole article; the offsets of citations count in its text."""

        def find() -> dict[str, Any]:
            found = [article for article in assistant.articles if article.id == id]
            if not found:
                raise QuestionError(f"there is no article {id!r}; list_exercises names them")
            return article_dict(found[0])

        return ArticleBody.model_validate(told(find))

    return server


def serve_tools(assistant: Assistant) -> None:
    """Serve the tools on standard input and output until the other side closes. Raises as `tool_server`."""
    tool_server(assistant).run("stdio")
