"""RIM: bytes of a file -> the marks on its page, as raw blocks. Decides nothing about what is worth keeping.

Three forms are read: Markdown with optional YAML front matter, HTML, and plain text without any marks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Literal

import yaml

from .errors import CorpusError
from .text import collapse

__all__ = ["RawBlock", "RawPage", "decode", "read_html", "read_markdown", "read_text"]

_CITES = re.compile(r"\s*\[(@[\w-]+(?:\s*;\s*@[\w-]+)*)\]")
_BULLET = re.compile(r"^\s*(?:[•◦▪●■‣·*+–—-]|o(?=\s{2,}))\s+(?=\S)")
_NUMBERED = re.compile(r"^\s*(?:step\s+)?\(?\d{1,2}[.):]\s+(?=\S)", re.IGNORECASE)
_HTML_DROP = "script,style,noscript,template,nav,footer,aside,form,figure,iframe,button,svg,video,audio,object,select,dialog,picture"
_HTML_NOISE = re.compile(
    r"(?:^|[\s_-])(?:comments?|share|sharing|social|related|newsletter|sidebar|cookie|promo|breadcrumbs?|advert\w*|ads?|footer|navbar|navigation|menu|"
    r"caption|byline|recommended|tags|popup|modal|toc)(?:$|[\s_-])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A paragraph, heading, list item or marked caption as the page has it, on one line."""

    kind: Literal["heading", "paragraph", "item", "caption"]
    text: str
    line: int
    level: int = 0
    ordered: bool = False
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawPage:
    """All blocks of a page, with its title and front matter where it has them; headings are marked or still to be found."""

    blocks: tuple[RawBlock, ...]
    title: str | None = None
    front: dict[str, Any] = field(default_factory=dict)
    marked: bool = True


def decode(data: bytes, name: str) -> str:
    """Text of a file in whatever encoding it has. Raises CorpusError for an empty or binary file."""
    from charset_normalizer import from_bytes

    if not data.strip():
        raise CorpusError(f"{name}: the file is empty; put an article into it or take it out of the corpus")
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" in data[:65536]:
        raise CorpusError(f"{name}: this is a binary file, not text; save it as .md, .txt or .html")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        guess = from_bytes(data).best()
        if guess is None:
            raise CorpusError(f"{name}: its encoding cannot be told; save the file as UTF-8") from None
        text = str(guess)
    if not any(char.isalpha() for char in text):
        raise CorpusError(f"{name}: no readable text in it; save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_markdown(text: str, name: str) -> RawPage:
    """Blocks of a Markdown file. Raises CorpusError with the line when the front matter is not valid YAML."""
    from markdown_it import MarkdownIt

    front, body, offset = _front_matter(text, name)
    blocks: list[RawBlock] = []
    lists: list[bool] = []
    kind, level, item_open = "paragraph", 0, False
    for token in MarkdownIt("commonmark", {"html": False}).enable("table").parse(body):
        if token.type in ("ordered_list_open", "bullet_list_open"):
            lists.append(token.type == "ordered_list_open")
        elif token.type in ("ordered_list_close", "bullet_list_close"):
            lists.pop()
        elif token.type == "heading_open":
            kind, level = "heading", int(token.tag[1])
        elif token.type == "list_item_open":
            item_open = True
        elif token.type == "inline":
            plain = "".join(_inline(child) for child in token.children or [])
            keys = tuple(key.strip(" @") for group in _CITES.findall(plain) for key in group.split(";"))
            words = collapse(_CITES.sub("", plain))
            line = offset + (token.map[0] if token.map else 0) + 1
            is_item = bool(lists) and kind != "heading"
            if is_item and not item_open and blocks and words:  # a second paragraph of the same item stays with it
                last = blocks.pop()
                words, line, keys = f"{last.text} {words}", last.line, last.cites + keys
            if words:
                shown: Any = "item" if is_item else kind
                blocks.append(RawBlock(shown, words, line, level, bool(lists) and lists[-1], keys))
            kind, level, item_open = "paragraph", 0, False
    return RawPage(tuple(blocks), front=front, marked=any(block.kind == "heading" for block in blocks))


def _inline(token: Any) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return " "
    return "" if token.type in ("image", "html_inline") else str(token.content)


def _front_matter(text: str, name: str) -> tuple[dict[str, Any], str, int]:
    """Front matter, body, and the number of lines before the body."""
    match = re.match(r"---[ \t]*\n(.*?\n)---[ \t]*(?:\n|$)", text, re.DOTALL)
    if not match:
        return {}, text, 0
    try:
        front = yaml.safe_load(match.group(1))
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        line = (mark.line + 2) if mark else 1
        raise CorpusError(f"{name}:{line}: the front matter is not valid YAML ({getattr(exc, 'problem', exc)})") from exc
    if front is None:
        front = {}
    if not isinstance(front, dict):
        raise CorpusError(f"{name}:2: the front matter must be a list of `name: value` lines")
    return front, text[match.end() :], match.group(0).count("\n")


def read_html(text: str, name: str) -> RawPage:
    """Blocks of an HTML page's main part; navigation, forms, comments, pictures and scripts are left out."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    title_node = tree.css_first("h1") or tree.css_first("title")
    title = collapse(title_node.text()) if title_node else None
    for node in tree.css(_HTML_DROP):
        node.decompose()
    for node in tree.css("[class],[id],[hidden],[aria-hidden=true]"):
        names = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"
        hidden = "hidden" in node.attributes or node.attributes.get("aria-hidden") == "true"
        if (hidden or _HTML_NOISE.search(names)) and node.tag not in ("html", "body", "main", "article"):
            node.decompose()
    mains = tree.css("article") or tree.css("main") or tree.css("[role=main]")
    root = max(mains, key=lambda node: len(node.text()), default=None) or tree.body
    if root is None:
        raise CorpusError(f"{name}: no page body in this HTML file")
    blocks: list[RawBlock] = []
    _walk(root, blocks, [])
    return RawPage(tuple(blocks), title=title, marked=any(block.kind == "heading" for block in blocks))


_CONTAINERS = {"p", "div", "section", "article", "main", "body", "ul", "ol", "li", "blockquote", "table", "tbody", "thead", "tr", "td", "th",
               "dl", "dt", "dd", "header", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "center", "hr", "br", "details", "summary"}  # fmt: skip


def _walk(node: Any, blocks: list[RawBlock], lists: list[bool]) -> None:
    """Append the blocks under a node: inline runs become paragraphs, `li` become items."""
    run: list[str] = []

    def flush(kind: Literal["paragraph", "item"]) -> None:
        if words := collapse("".join(run)):
            blocks.append(RawBlock(kind, words, 0, ordered=bool(lists) and lists[-1]))
        run.clear()

    kind: Literal["paragraph", "item"] = "item" if node.tag in ("li", "dd") and lists else "paragraph"
    for child in node.iter(include_text=True):
        if child.tag == "-text":
            run.append(child.text(deep=False))
        elif child.tag not in _CONTAINERS:
            run.append(child.text())
        else:
            own_part = kind == "item" and child.tag in ("p", "div", "br")
            if own_part:
                run.append(f" {child.text()} ")
                continue
            flush(kind)
            if re.fullmatch(r"h[1-6]", child.tag):
                if words := collapse(child.text()):
                    blocks.append(RawBlock("heading", words, 0, int(child.tag[1])))
            elif child.tag in ("ul", "ol"):
                _walk(child, blocks, [*lists, child.tag == "ol"])
            else:
                _walk(child, blocks, lists)
    flush(kind)


def read_text(text: str, name: str) -> RawPage:
    """Blocks of a plain text: lines that were hard-wrapped are joined again, bullets and numbers become items."""
    lines = text.split("\n")
    lengths = sorted(len(line) for line in lines if line.strip())
    width = lengths[int(len(lengths) * 0.95)] if lengths else 0
    blocks: list[RawBlock] = []
    previous = ""
    for number, line in enumerate(lines, start=1):
        words = collapse(line)
        if words and (mark := _BULLET.match(line) or _NUMBERED.match(line)):
            blocks.append(RawBlock("item", collapse(line[mark.end() :]), number, ordered=bool(_NUMBERED.match(line))))
        elif words and blocks and _continues(previous, words, width):
            last = blocks.pop()
            blocks.append(RawBlock(last.kind, f"{last.text} {words}", last.line, ordered=last.ordered))
        elif words and not re.fullmatch(r"[=~_*#-]{3,}", words):
            blocks.append(RawBlock("paragraph", words, number))
        previous = line
    return RawPage(tuple(blocks), marked=False)


def _continues(previous: str, words: str, width: int) -> bool:
    """Whether a line goes on with the paragraph of the line before it: the next word would not have fitted there."""
    if not previous.strip() or width > 120:
        return False
    return len(previous.rstrip()) + 1 + len(words.split()[0]) > width
