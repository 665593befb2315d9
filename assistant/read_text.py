"""RIM: plain text -> raw blocks, told by blank lines, bullets, numbers and line lengths."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from .blocks import BULLET, NUMBERED, RawBlock, RawPage, nested
from .text import collapse

__all__ = ["read_text"]

_QUOTED = re.compile(r"^(?:>[ \t]?)+")
_MIN_WRAP_WIDTH = 40
_MAX_WRAP_WIDTH = 120


@dataclass(slots=True)
class _Draft:
    """A block of a plain text while its lines are still being read."""

    block: RawBlock
    indent: int
    parts: list[str]
    has_nested: bool = False

    def holds(self, indent: int, mark: re.Match[str] | None) -> bool:
        """Whether a line indented so far belongs to this item: wrapped text, or a bullet inside a numbered step."""
        if self.block.kind != "item" or indent <= self.indent:
            return False
        return mark is None or (self.block.ordered and mark.re is BULLET)

    def add_nested(self, words: str) -> None:
        """Take in a bullet."""
        self.parts[:] = [nested(" ".join(self.parts), words, "; " if self.has_nested else ": ")]
        self.has_nested = True


def read_text(text: str, name: str) -> RawPage:
    """Blocks of a plain text: lines that were hard-wrapped are joined again, bullets and numbers become items."""
    lines = [_QUOTED.sub("", line) for line in text.split("\n")]
    lengths = sorted(len(line.rstrip()) for line in lines if line.strip())
    width = lengths[int(len(lengths) * 0.95)] if lengths else 0
    drafts: list[_Draft] = []
    previous = ""
    for number, line in enumerate(lines, start=1):
        if words := collapse(line):
            _add_line(drafts, line, words, number, _Above(previous, width))
        previous = line
    blocks = (replace(draft.block, text=" ".join(draft.parts)) for draft in drafts)
    return RawPage(tuple(block for block in blocks if block.text), marked=False)


def _add_line(drafts: list[_Draft], line: str, words: str, number: int, above: _Above) -> None:
    count = NUMBERED.match(line)
    mark = count or BULLET.match(line)
    indent = len(line) - len(line.lstrip())
    last = drafts[-1] if drafts else None
    goes_on = last is not None and above.runs_into(words)
    if last and mark and last.holds(indent, mark):
        last.add_nested(collapse(line[mark.end() :]))
    elif mark and not (goes_on and above.in_sentence):
        block = RawBlock("item", "", number, ordered=bool(count), number=int(count.group(1)) if count else 0)
        drafts.append(_Draft(block, indent, [collapse(line[mark.end() :])]))
    elif last and (goes_on or (above.line.strip() and last.holds(indent, mark))):
        last.parts.append(words)
    elif not re.fullmatch(r"[=~_*#-]{2,}", words):
        drafts.append(_Draft(RawBlock("paragraph", "", number), indent, [words]))


@dataclass(frozen=True, slots=True)
class _Above:
    """The line above, and the width at which the text was wrapped."""

    line: str
    width: int

    @property
    def in_sentence(self) -> bool:
        return not self.line.rstrip().endswith((".", ":", "!", "?"))

    def runs_into(self, words: str) -> bool:
        """Whether a line goes on with the paragraph above it: its first word would not have fitted there."""
        if not self.line.strip() or not _MIN_WRAP_WIDTH <= self.width <= _MAX_WRAP_WIDTH:
            return False
        return len(self.line.rstrip()) + 1 + len(words.split()[0]) > self.width
