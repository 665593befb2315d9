"""Pure. The chat's messages back to turns: the page keeps the conversation, so that it outlives the server's memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any

from ..types import Turn

__all__ = ["markup", "plain_text", "turns"]


def turns(messages: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """Read the turns of a conversation from a Chatbot's messages; a failed exchange is left out, question included."""
    found: list[Turn] = []
    for message in messages:
        shown = markup(message.get("content"))
        if message.get("role") == "user":
            found.append(Turn("user", plain_text(shown)))
        elif 'class="answer failed"' not in shown:
            found.append(Turn("assistant", plain_text(shown)))
        elif found and found[-1].role == "user":
            found.pop()
    return [turn for turn in found if turn.text]


def markup(content: Any) -> str:
    """Return the text of a message, whether Gradio hands it as a string or as a list of parts."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        return str(content.get("text") or "")
    return "".join(markup(part) for part in content) if isinstance(content, list | tuple) else ""


def plain_text(shown: str) -> str:
    r"""Return what `answer_html` and `question_html` were made from: `Answer.text`, without marks and cards.

    >>> plain_text('<div><p>Lie down.<a href="#c" class="cite">1</a></p><ol><li>Lift.</li></ol></div>')
    'Lie down.\n\n1. Lift.'
    """
    reader = _Reader()
    reader.feed(shown)
    reader.close()
    return "\n\n".join(part for block in reader.blocks if (part := "\n".join(block).strip()))


class _Reader(HTMLParser):
    """Collects blocks of lines; details and citation marks are skipped."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks: list[list[str]] = [[""]]
        self._skipping: list[str] = []
        self._numbered = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping or tag == "details" or (tag == "a" and {("class", "cite"), ("class", "copy")} & set(attrs)):
            self._skipping += [tag] if tag != "br" else []
        elif tag in ("p", "ol", "ul"):
            self.blocks.append([""] if tag == "p" else [])
            self._numbered = tag == "ol"
        elif tag == "li":
            lead = f"{len(self.blocks[-1]) + 1}. " if self._numbered else "- "
            self.blocks[-1].append(lead)
        elif tag == "br":
            self.blocks[-1][-1] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if self._skipping and self._skipping[-1] == tag:
            self._skipping.pop()

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            if not self.blocks[-1]:
                self.blocks[-1].append("")
            self.blocks[-1][-1] += data
