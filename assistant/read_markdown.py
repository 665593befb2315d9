"""RIM: Markdown with optional front matter (YAML, or TOML between `+++`) -> raw blocks."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import yaml

from .blocks import BOLD_LEVEL, RawBlock, RawPage, is_bold_heading, joined, row_text, typed_list
from .errors import CorpusError
from .read_html import html_blocks
from .text import collapse

__all__ = ["read_markdown"]

_CITES = re.compile(r"\s?\[(@[\w-]+(?:\s*;\s*@[\w-]+)*)\]")


def read_markdown(text: str, name: str) -> RawPage:
    """Blocks of a Markdown file. Raises CorpusError with the line when the front matter is not valid YAML or TOML."""
    from markdown_it import MarkdownIt

    front, lines, body, offset = _front_matter(text, name)
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").disable("code")  # people indent what is no code
    blocks = _MarkdownWalk(name, offset).walk(parser.parse(body))
    return RawPage(tuple(blocks), front=front, marked=any(block.kind == "heading" for block in blocks), lines=lines)


class _MarkdownWalk:
    """Turns tokens into blocks. An item nested in a numbered step belongs to the step, else numbers would restart."""

    def __init__(self, name: str, offset: int) -> None:
        self._name = name
        self._offset = offset
        self._blocks: list[RawBlock] = []
        self._numbers: list[int] = []  # of each open list: the next number, 0 for bullets
        self._item_open = False
        self._has_nested = False
        self._level = 0
        self._header: list[str] = []
        self._row: list[str] | None = None
        self._row_cites: tuple[str, ...] = ()
        self._in_head = False

    def walk(self, tokens: Sequence[Any]) -> list[RawBlock]:
        for token in tokens:
            if handler := getattr(self, f"_on_{token.type}", None):
                handler(token)
        return self._blocks

    def _on_ordered_list_open(self, token: Any) -> None:
        self._numbers.append(int(token.attrs.get("start", 1)) or 1)

    def _on_bullet_list_open(self, token: Any) -> None:
        self._numbers.append(0)

    def _on_ordered_list_close(self, token: Any) -> None:
        self._numbers.pop()

    _on_bullet_list_close = _on_ordered_list_close

    def _on_list_item_open(self, token: Any) -> None:
        self._item_open = True

    def _on_list_item_close(self, token: Any) -> None:
        self._item_open = False

    def _on_heading_open(self, token: Any) -> None:
        self._level = int(token.tag[1])

    def _on_heading_close(self, token: Any) -> None:
        self._level = 0

    def _on_thead_open(self, token: Any) -> None:
        self._header, self._in_head = [], True

    def _on_thead_close(self, token: Any) -> None:
        self._in_head = False

    def _on_tr_open(self, token: Any) -> None:
        self._row, self._row_cites = [], ()

    def _on_tr_close(self, token: Any) -> None:
        row, self._row = self._row or [], None
        if self._in_head:
            self._header = row
        elif words := row_text(self._header, row):
            self._blocks.append(RawBlock("item", words, self._line(token), cites=self._row_cites))

    def _on_html_block(self, token: Any) -> None:
        """Raw HTML inside Markdown is read like an HTML page; comments and bare tags leave nothing."""
        line = self._line(token)
        self._blocks += [replace(block, line=line) for block in html_blocks(token.content, self._name)]

    def _on_inline(self, token: Any) -> None:
        plain = _without_tags("".join(_inline(child) for child in token.children or []))
        cites = tuple(key.strip(" @") for group in _CITES.findall(plain) for key in group.split(";"))
        plain = _CITES.sub("", plain)
        words, line = collapse(plain), self._line(token)
        if self._row is not None:
            self._row.append(words)
            self._row_cites += cites
        elif not words:
            return
        elif self._level:
            self._blocks.append(RawBlock("heading", words, line, self._level, cites=cites))
        elif self._numbers:
            self._item(words, line, cites)
        elif _is_bold(token.children) and is_bold_heading(words):
            self._blocks.append(RawBlock("heading", words, line, BOLD_LEVEL, cites=cites))
        else:
            self._blocks += typed_list(plain, line, cites)

    def _item(self, words: str, line: int, cites: tuple[str, ...]) -> None:
        nested = any(self._numbers[:-1])
        last = self._blocks[-1] if self._blocks else None
        if last and last.kind == "item" and (nested or not self._item_open):
            between = " " if not (nested and self._item_open) else "; " if self._has_nested else ": "
            self._blocks[-1] = joined(last, words, cites, between)
            self._has_nested |= nested and self._item_open
        else:
            number = self._numbers[-1]
            self._blocks.append(RawBlock("item", words, line, 0, bool(number), cites, number))
            self._numbers[-1] += bool(number)
            self._has_nested = False
        self._item_open = False

    def _line(self, token: Any) -> int:
        return self._offset + (token.map[0] if token.map else 0) + 1


def _inline(token: Any) -> str:
    if token.type == "softbreak":
        return "\n"
    if token.type == "hardbreak" or (token.type == "html_inline" and token.content.lower().startswith("<br")):
        return "\n"
    return "" if token.type in ("image", "html_inline") else str(token.content)


def _is_bold(children: Sequence[Any]) -> bool:
    kinds = [child.type for child in children if child.type != "text" or child.content.strip()]
    return kinds[:1] == ["strong_open"] and kinds[-1:] == ["strong_close"] and kinds.count("strong_open") == 1


def _without_tags(text: str) -> str:
    """Text without the marks that static site generators put between words: shortcodes and heading ids."""
    return re.sub(r"\{\{[<%{]?.{0,300}?[>%}]?\}\}|\{%.{0,300}?%\}|\s\{[:#][^{}]{0,80}\}\s*$", "", text)


def _front_matter(text: str, name: str) -> tuple[dict[str, Any], dict[str, int], str, int]:
    """Front matter, the line of each of its entries, body, and the number of lines before the body."""
    match = re.match(r"(\s*)(---|\+\+\+)[ \t]*\n(?:(.*?)\n)??\2[ \t]*(?:\n|$)", text, re.DOTALL)
    if not match:
        return {}, {}, text, 0
    inner, first = match.group(3) or "", match.group(1).count("\n") + 2
    body, offset = text[match.end() :], match.group(0).count("\n")
    if match.group(2) == "+++":
        return _toml(inner, name, first), {}, body, offset
    try:
        front = yaml.safe_load(inner)
        lines = _entry_lines(yaml.compose(inner, Loader=yaml.SafeLoader), first)
    except (yaml.YAMLError, ValueError, RecursionError) as exc:  # ValueError: a date such as 2026-13-45
        mark = getattr(exc, "problem_mark", None)
        line = first + (mark.line if mark else 0)
        problem = getattr(exc, "problem", None) or exc
        raise CorpusError(f"{name}:{line}: the front matter is not valid YAML ({problem})") from exc
    if front is None:
        return {}, {}, body, offset
    if not isinstance(front, dict):
        raise CorpusError(f"{name}:{first}: the front matter must be a list of `name: value` lines")
    return {str(key): value for key, value in front.items()}, lines, body, offset


def _toml(inner: str, name: str, first: int) -> dict[str, Any]:
    try:
        return tomllib.loads(inner)
    except tomllib.TOMLDecodeError as exc:
        place = re.search(r"line (\d+)", str(exc))
        line = first + (int(place.group(1)) - 1 if place else inner.count("\n"))
        raise CorpusError(f"{name}:{line}: the front matter is not valid TOML ({exc})") from exc


def _entry_lines(root: Any, first: int) -> dict[str, int]:
    lines: dict[str, int] = {}
    if isinstance(root, yaml.MappingNode):
        for key, value in root.value:
            lines[str(key.value)] = first + key.start_mark.line
            if isinstance(value, yaml.SequenceNode):
                lines.update({f"{key.value}.{n}": first + entry.start_mark.line for n, entry in enumerate(value.value)})
    return lines
