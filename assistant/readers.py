"""RIM: bytes of a file -> the marks on its page, as raw blocks. Decides nothing about what is worth keeping.

Three forms are read: Markdown with optional front matter (YAML, or TOML between `+++`), HTML, and plain text.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import yaml

from .errors import CorpusError
from .text import collapse, word_count

__all__ = ["RawBlock", "RawPage", "decode", "read_html", "read_markdown", "read_text"]

_CITES = re.compile(r"\s?\[(@[\w-]+(?:\s*;\s*@[\w-]+)*)\]")
_BULLET = re.compile(r"^\s*(?:[•◦▪●■‣·∙⁃○✓✔✅➤➢►▶→»*+–—-]\ufe0f?|o(?=\s{2,}))\s+(?=\S)")
_TYPED_BULLET = re.compile(r"^\s*[•◦▪●■‣·∙⁃○✓✔✅➤➢►▶→»–—]\ufe0f?\s+(?=\S)")
"""Bullets that Markdown does not know: people paste them from a word processor."""
_NUMBERED = re.compile(r"^\s*(?:step\s+)?\(?(\d{1,2})[.):]\s+(?=\S)", re.IGNORECASE)
_QUOTED = re.compile(r"^(?:>[ \t]?)+")
_HTML_DROP = frozenset(
    ("head", "script", "style", "noscript", "template", "nav", "footer", "aside", "figcaption", "iframe", "button",
     "svg", "video", "audio", "object", "select", "dialog", "picture", "textarea", "canvas", "map")
)  # fmt: skip
_HTML_NOISE = re.compile(
    r"(?:^|[\s_-])(?<!with-)(?<!has-)(?<!no-)(?:comments?(?!-open|-closed)|share|sharing|social|related|newsletter|sidebar|"
    r"cookies?|cookie\w+|consent|gdpr|promo|breadcrumbs?|advert\w*|ads?|footer|navbar|navigation|nav|menu|meta|caption|"
    r"byline|recommended|tags|popup|modal|toc|sponsored|subscribe)(?:$|[\s_-])",
    re.IGNORECASE,
)
_HTML_ROLES = frozenset(("navigation", "complementary", "search", "banner", "contentinfo", "dialog", "alertdialog"))
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCK_TAGS = _HEADINGS | frozenset(
    ("p", "div", "section", "article", "main", "body", "header", "ul", "ol", "menu", "li", "dl", "dt", "dd",
     "blockquote", "table", "caption", "tbody", "thead", "tfoot", "tr", "td", "th", "pre", "center", "hr", "details",
     "summary", "address", "fieldset", "form", "figure")
)  # fmt: skip
_CLOSED = (".", "!", "?", ":", ";", ",")
_MAX_CELL_WORDS = 25
_MAX_BOLD_WORDS = 8
_BOLD_LEVEL = 6
_MIN_WRAP_WIDTH = 40
_MAX_WRAP_WIDTH = 120


@dataclass(frozen=True, slots=True)
class RawBlock:
    """A paragraph, heading, list item or marked caption as the page has it, on one line."""

    kind: Literal["heading", "paragraph", "item", "caption"]
    text: str
    line: int
    level: int = 0
    ordered: bool = False
    cites: tuple[str, ...] = ()
    number: int = 0
    """Of an ordered item, where the page tells it; 0 when it has to be counted."""


@dataclass(frozen=True, slots=True)
class RawPage:
    """All blocks of a page, with title and front matter where it has them; headings are marked or still to be found."""

    blocks: tuple[RawBlock, ...]
    title: str | None = None
    front: dict[str, Any] = field(default_factory=dict)
    marked: bool = True
    lines: Mapping[str, int] = field(default_factory=dict)
    """Line of each front matter entry: `title`, and `sources.0` for the first of a list."""


def decode(data: bytes, name: str) -> str:
    """Text of a file in whatever encoding it has. Raises CorpusError for an empty or binary file."""
    if not data.strip(b" \t\r\n\x00\xff\xfe\xef\xbb\xbf"):
        raise CorpusError(f"{name}: the file is empty; put an article into it or take it out of the corpus")
    text = _decoded(data, name).removeprefix("\ufeff")
    controls = sum(char < " " and char not in "\t\n\r\f\v\x1b" for char in text[:65536])
    if "\x00" in text or controls * 50 > len(text[:65536]):
        raise CorpusError(f"{name}: this is a binary file, not text; save it as .md, .txt or .html")
    if not any(char.isalpha() for char in text):
        raise CorpusError(f"{name}: no readable text in it; save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, name: str) -> str:
    """Try Unicode marks, UTF-8, what the page declares, Windows-1252 if it reads like it; then guess."""
    for encoding in _likely_encodings(data):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    if b"\x00" in data:
        raise CorpusError(f"{name}: this is a binary file, not text; save it as .md, .txt or .html")
    from charset_normalizer import from_bytes

    guess = from_bytes(data).best()
    if guess is None:
        raise CorpusError(f"{name}: its encoding cannot be told; save the file as UTF-8")
    return str(guess)


def _likely_encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        yield "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    sample = data[:4096]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if max(zeros) * 5 > len(sample) and min(zeros) * 20 < len(sample):  # UTF-16 without its mark
        yield "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    if b"\x00" in data:
        return
    yield "utf-8-sig"
    if declared := re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{3,20})", data[:2048], re.IGNORECASE):
        yield declared.group(1).decode("ascii")
    # Guessers take curly quotes for Czech or Chinese letters, so mostly plain text is read as its editor wrote it.
    high = sum(byte > 127 for byte in data[:65536])
    if high * 5 < len(data[:65536]):
        yield "cp1252"


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
        elif words := _row_text(self._header, row):
            self._blocks.append(RawBlock("item", words, self._line(token), cites=self._row_cites))

    def _on_html_block(self, token: Any) -> None:
        """Raw HTML inside Markdown is read like an HTML page; comments and bare tags leave nothing."""
        line = self._line(token)
        self._blocks += [replace(block, line=line) for block in _fragment_blocks(token.content, self._name)]

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
        elif _is_bold(token.children) and _is_bold_heading(words):
            self._blocks.append(RawBlock("heading", words, line, _BOLD_LEVEL, cites=cites))
        else:
            self._blocks += _typed_list(plain, line, cites)

    def _item(self, words: str, line: int, cites: tuple[str, ...]) -> None:
        nested = any(self._numbers[:-1])
        last = self._blocks[-1] if self._blocks else None
        if last and last.kind == "item" and (nested or not self._item_open):
            between = " " if not (nested and self._item_open) else "; " if self._has_nested else ": "
            self._blocks[-1] = _joined(last, words, cites, between)
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


def _typed_list(text: str, line: int, cites: tuple[str, ...], *, numbers: bool = False) -> list[RawBlock]:
    """Cut a paragraph into the items of a list whose bullets were typed, each on its own line, if it is one."""
    pieces: list[tuple[re.Match[str] | None, list[str]]] = []
    for row in text.split("\n"):
        mark = (_NUMBERED.match(row) or _BULLET.match(row)) if numbers else _TYPED_BULLET.match(row)
        if mark or not pieces:
            pieces.append((mark, []))
        pieces[-1][1].append(row[mark.end() :] if mark else row)
    blocks = []
    for mark, rows in pieces:
        count = int(mark.group(1)) if mark and mark.re is _NUMBERED else 0
        if words := collapse(" ".join(rows)):
            kind: Literal["item", "paragraph"] = "item" if mark else "paragraph"
            blocks.append(RawBlock(kind, words, line, 0, count > 0, cites, count))
    return blocks


def _joined(item: RawBlock, words: str, cites: tuple[str, ...], between: str = " ") -> RawBlock:
    """Give an item more text: a further paragraph, or an item nested in it."""
    return replace(item, text=_nested(item.text, words, between), cites=item.cites + cites)


def _nested(text: str, words: str, between: str) -> str:
    return f"{text}{' ' if text.endswith(_CLOSED) else between}{words}"


def _row_text(header: Sequence[str], row: Sequence[str]) -> str:
    """Write a table's row as one line that can be quoted alone.

    >>> _row_text(["Level", "Sets"], ["Beginner", "2"]), _row_text([], ["Beginner", "2 sets"])
    ('Level: Beginner; Sets: 2', 'Beginner: 2 sets')
    """
    if any(header):
        names = [*header, *[""] * len(row)]
        return "; ".join(f"{name}: {cell}" if name else cell for name, cell in zip(names, row, strict=False) if cell)
    cells = [cell for cell in row if cell]
    return ": ".join((cells[0], "; ".join(cells[1:]))) if len(cells) > 1 else "".join(cells)


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


def read_html(text: str, name: str) -> RawPage:
    """Blocks of an HTML page's main part; navigation, forms, comments, pictures and scripts are left out."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    if tree.body is None:
        raise CorpusError(f"{name}: no page body in this HTML file")
    mains = tree.css("article") or tree.css("main") or tree.css("[role=main]")
    blocks: list[RawBlock] = []
    for root in (node for node in mains if not _inside_noise(node)):
        found = _element_blocks(root, name)
        if sum(word_count(block.text) for block in found) > sum(word_count(block.text) for block in blocks):
            blocks = found
    blocks = blocks or _element_blocks(tree.body, name)
    first = next((block.text for block in blocks if block.kind == "heading" and block.level == 1), None)
    title = first or _document_title(tree)
    return RawPage(tuple(blocks), title=title, marked=any(block.kind == "heading" for block in blocks))


def _document_title(tree: Any) -> str | None:
    """Take the page's `h1` if the window title begins so, else the window title without the site's name."""
    node, heading = tree.css_first("head title"), tree.css_first("h1")
    window = collapse(node.text()) if node else ""
    page = collapse(heading.text(separator=" ")) if heading else ""
    if page and (window.startswith(page) or not window):
        return page
    return re.split(r"\s+[|–—·»-]\s+", window)[0] or None


def _fragment_blocks(html: str, name: str) -> list[RawBlock]:
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(html).body
    return _element_blocks(body, name) if body is not None else []


def _element_blocks(root: Any, name: str) -> list[RawBlock]:
    walk = _HtmlWalk()
    try:
        walk.children(root)
    except RecursionError as exc:
        raise CorpusError(f"{name}: its elements are nested too deeply to be a page of text; save it as .txt") from exc
    walk.flush()
    return walk.blocks


def _inside_noise(node: Any) -> bool:
    while node is not None and node.tag not in ("body", "html"):
        if _is_noise(node):
            return True
        node = node.parent
    return False


def _is_noise(node: Any) -> bool:
    """Whether an element is no part of the text; what holds the page's own heading or main part always is."""
    if node.tag in _HTML_DROP:
        return True
    if node.tag == "figure":
        return node.css_first("table") is None
    if node.tag == "form":  # some site builders wrap the whole page in one
        return node.css_first("h1, main, article") is None
    attributes = node.attributes
    if "hidden" in attributes or attributes.get("aria-hidden") == "true":
        return True
    if _HIDDEN_STYLE.search(attributes.get("style") or ""):
        return True
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if not (_HTML_NOISE.search(names) or attributes.get("role") in _HTML_ROLES) or node.tag in ("body", "main"):
        return False
    if node.tag == "article":
        return re.search(r"comment(?!s-open)", names) is not None
    return node.css_first("h1, main, [role=main]") is None


class _HtmlWalk:
    """Collects the blocks under an element: inline runs become paragraphs, `li` become items."""

    def __init__(self) -> None:
        self.blocks: list[RawBlock] = []
        self._run: list[str] = []

    def flush(self) -> None:
        """End the paragraph that is being read; one that opens with a typed bullet or number is an item."""
        text = "".join(self._run)
        self._run.clear()
        for paragraph in re.split(r"\n\s*\n", text):
            self.blocks += _typed_list(paragraph, 0, (), numbers=True)

    def children(self, node: Any) -> None:
        """Read everything inside an element."""
        for child in node.iter(include_text=True):
            if child.tag == "-text":
                self._run.append(re.sub(r"\s+", " ", child.text(deep=False)))
            elif child.tag == "br":  # one goes on with the paragraph, two end it
                self._run.append("\n")
            elif not child.tag.startswith("-") and not _is_noise(child):
                self._element(child)

    def _element(self, node: Any) -> None:
        if node.tag not in _BLOCK_TAGS:
            self.children(node)
            return
        self.flush()
        if node.tag in _HEADINGS:
            if words := " ".join(block.text for block in _inner(node)):
                self.blocks.append(RawBlock("heading", words, 0, int(node.tag[1])))
        elif node.tag == "p" and (words := _bold_line(node)):
            self.blocks.append(RawBlock("heading", words, 0, _BOLD_LEVEL))
        elif node.tag in ("ul", "ol", "menu"):
            self._list(node)
        elif node.tag == "tr":
            self._row(node)
        elif node.tag == "dl":
            self._definitions(node)
        elif node.tag != "header" or node.css_first("h1, h2, h3"):  # else a site's masthead
            self.children(node)
        self.flush()

    def _list(self, node: Any) -> None:
        start = node.attributes.get("start") or ""
        number = (int(start) if start.isdecimal() else 1) if node.tag == "ol" else 0
        for child in node.iter():
            if child.tag != "li":
                if not _is_noise(child):
                    self._element(child)
                self.flush()
            elif not _is_noise(child):
                inner = _inner(child)
                if any(block.kind == "heading" for block in inner):  # a gallery of small articles, not a list
                    self.blocks += inner
                    continue
                self._item(inner, number)
                number += bool(number)

    def _item(self, inner: list[RawBlock], number: int) -> None:
        """Add a list item; what is nested in a numbered step belongs to it, what is nested in a bullet follows it."""
        item: RawBlock | None = None
        between = ": "
        rest: list[RawBlock] = []
        for block in inner:
            if item is None:
                item = RawBlock("item", block.text, 0, ordered=bool(number), number=number)
            elif block.kind == "paragraph" or number:
                item = _joined(item, block.text, (), between if block.kind == "item" else " ")
                between = "; " if block.kind == "item" else between
            else:
                rest.append(block)
        self.blocks += [item, *rest] if item else []

    def _row(self, row: Any) -> None:
        cells = [cell for cell in row.iter() if cell.tag in ("td", "th") and not _is_noise(cell)]
        texts = [" ".join(block.text for block in _inner(cell)) for cell in cells]
        layout = any(cell.css_first("h1, h2, h3, h4, ul, ol, table") for cell in cells)
        if layout or len(cells) < 2 or any(word_count(text) > _MAX_CELL_WORDS for text in texts):
            for cell in cells:
                self.children(cell)
                self.flush()
        elif not all(cell.tag == "th" for cell in cells) and (words := _row_text(_table_header(row), texts)):
            self.blocks.append(RawBlock("item", words, 0))

    def _definitions(self, node: Any) -> None:
        term = ""
        for child in node.iter():
            if _is_noise(child):
                continue
            words = " ".join(block.text for block in _inner(child))
            if child.tag == "dt":
                term = words.rstrip(":")
            elif words:
                self.blocks.append(RawBlock("item", f"{term}: {words}" if term else words, 0))


def _bold_line(node: Any) -> str:
    """Give the words of a paragraph that is one short bold line, as people write headings who do not know the mark."""
    children = [
        child for child in node.iter(include_text=True) if child.tag != "-text" or child.text(deep=False).strip()
    ]
    if len(children) != 1 or children[0].tag not in ("b", "strong"):
        return ""
    words = collapse(children[0].text())
    return words if _is_bold_heading(words) else ""


def _is_bold_heading(words: str) -> bool:
    return 0 < word_count(words) <= _MAX_BOLD_WORDS and not words.endswith((".", "!", ",", ";", "…", '"', "”"))


def _inner(node: Any) -> list[RawBlock]:
    walk = _HtmlWalk()
    walk.children(node)
    walk.flush()
    return walk.blocks


def _table_header(row: Any) -> list[str]:
    """Texts of the table's first row if all its cells are headers."""
    table = row.parent
    while table is not None and table.tag != "table":
        table = table.parent
    first = table.css_first("tr") if table is not None else None
    cells = [cell for cell in first.iter() if cell.tag in ("td", "th")] if first is not None else []
    return [collapse(cell.text(separator=" ")) for cell in cells] if all(cell.tag == "th" for cell in cells) else []


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
        return mark is None or (self.block.ordered and mark.re is _BULLET)

    def add_nested(self, words: str) -> None:
        """Take in a bullet."""
        self.parts[:] = [_nested(" ".join(self.parts), words, "; " if self.has_nested else ": ")]
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
    count = _NUMBERED.match(line)
    mark = count or _BULLET.match(line)
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
