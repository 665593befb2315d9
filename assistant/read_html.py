"""RIM: HTML -> raw blocks of what a reader of the page sees as its text."""

from __future__ import annotations

import re
from typing import Any

from .blocks import BOLD_LEVEL, RawBlock, RawPage, is_bold_heading, joined, row_text, typed_list
from .errors import CorpusError
from .text import collapse, word_count

__all__ = ["html_blocks", "read_html"]

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
_MAX_CELL_WORDS = 25


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


def html_blocks(html: str, name: str) -> list[RawBlock]:
    """Blocks of a piece of HTML that stands inside another text."""
    from selectolax.lexbor import LexborHTMLParser

    body = LexborHTMLParser(html).body
    return _element_blocks(body, name) if body is not None else []


def _document_title(tree: Any) -> str | None:
    """Take the page's `h1` if the window title begins so, else the window title without the site's name."""
    node, heading = tree.css_first("head title"), tree.css_first("h1")
    window = collapse(node.text()) if node else ""
    page = collapse(heading.text(separator=" ")) if heading else ""
    if page and (window.startswith(page) or not window):
        return page
    return re.split(r"\s+[|–—·»-]\s+", window)[0] or None


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
            self.blocks += typed_list(paragraph, 0, (), numbers=True)

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
            self.blocks.append(RawBlock("heading", words, 0, BOLD_LEVEL))
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
                item = joined(item, block.text, (), between if block.kind == "item" else " ")
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
        elif not all(cell.tag == "th" for cell in cells) and (words := row_text(_table_header(row), texts)):
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
    return words if is_bold_heading(words) else ""


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
