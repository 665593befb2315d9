from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.blocks import RawPage
from assistant.errors import CorpusError
from assistant.read_html import read_html
from assistant.read_markdown import read_markdown
from assistant.read_text import read_text
from assistant.readers import decode

WINDOWS = "It’s “easy” – a café at 45°, don’t rush…"


def kinds(page: RawPage) -> list[tuple[str, str]]:
    """List kind and text of each block."""
    return [(block.kind, block.text) for block in page.blocks]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("times", [1, 40])
def test_any_usual_encoding_is_read(encoding: str, times: int) -> None:
    """Curly quotes, dashes and accents survive whatever the editor saved, with its mark or without."""
    said = (WINDOWS + "\r\n") * times
    assert decode(said.encode(encoding), "page.txt") == said.replace("\r\n", "\n")


def test_declared_encoding_of_a_page_is_used() -> None:
    """A page in Russian that declares windows-1251 is read so."""
    page = '<html><head><meta charset="windows-1251"></head><body><p>Лягте на скамью.</p></body></html>'
    assert "Лягте на скамью." in decode(page.encode("cp1251"), "page.html")


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n ", b"\xef\xbb\xbf", b"\xff\xfe", b"\xef\xbb\xbf \n"])
def test_empty_files_are_called_empty(data: bytes) -> None:
    """Nothing but white space or a byte order mark is an empty file, named in the message."""
    with pytest.raises(CorpusError, match=r"page\.txt: the file is empty"):
        decode(data, "page.txt")


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00",
        b"PK\x03\x04" + bytes(range(256)) * 4,
        bytes(range(1, 32)) * 30,
        b"text for a while " * 5000 + b"\x00\x01\x02",
    ],
)
def test_binary_files_are_called_binary(data: bytes) -> None:
    """Pictures and archives are refused by name, even when they open like text."""
    with pytest.raises(CorpusError, match=r"page\.txt: .*binary"):
        decode(data, "page.txt")


@pytest.mark.parametrize("data", [b"1234 5678", b"--- *** ---"])
def test_files_without_a_letter_are_refused(data: bytes) -> None:
    """Figures and rules alone are no article."""
    with pytest.raises(CorpusError, match=r"page\.txt: no readable text"):
        decode(data, "page.txt")


@pytest.mark.parametrize("reader", [read_markdown, read_html, read_text])
@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(reader: Callable[[str, str], RawPage], anything: str) -> None:
    """Any text gives blocks on one line each, none empty, or a CorpusError."""
    try:
        page = reader(anything, "page")
    except CorpusError:
        return
    assert all(block.text and block.text == " ".join(block.text.split()) for block in page.blocks)


@pytest.mark.parametrize("bullet", [*"•◦▪●■‣·⁃○✓✔➤►→–—-*+", "✔️", "o "])
def test_bullets_of_every_kind_make_items(bullet: str) -> None:
    """Whatever people use as a bullet in plain text opens a list item and leaves the text."""
    assert kinds(read_text(f"Do this now.\n\n {bullet} Pull the lever\n {bullet} Let go", "p")) == [
        ("paragraph", "Do this now."),
        ("item", "Pull the lever"),
        ("item", "Let go"),
    ]


@pytest.mark.parametrize("mark", ["1. ", "1) ", "(1) ", "Step 1: ", "step 1. "])
def test_numbers_of_every_kind_make_steps(mark: str) -> None:
    """Numbered lines become ordered items with the page's number."""
    block = read_text(f"{mark}Pull the lever", "p").blocks[0]
    assert (block.kind, block.text, block.ordered, block.number) == ("item", "Pull the lever", True, 1)


def test_numbers_and_dashes_inside_wrapped_sentences_open_no_item() -> None:
    """A wrapped line that happens to begin with a number or a dash goes on with its sentence."""
    wrapped = (
        "The wheel comes off once you have turned the nut on its axle about\n"
        "12. times is too often though, since the nut may fall off the axle\n"
        "– and roll away under the nearest cupboard, where it will stay for\n"
        "ever."
    )
    assert [block.kind for block in read_text(wrapped, "p").blocks] == ["paragraph"]


def test_short_lines_are_not_taken_for_wrapped_ones() -> None:
    """Lines of a narrow list stay lines of their own."""
    assert len(read_text("Warm up\nCycle slowly\nStretch calves", "p").blocks) == 3


def test_hanging_lines_belong_to_their_item() -> None:
    """An indented line under an item goes on with it, and a bullet inside a step becomes part of the step."""
    page = read_text("1. Fill the kettle\n   with water\n   - cold\n   - fresh\n2. Boil it", "p")
    assert kinds(page) == [("item", "Fill the kettle with water: cold; fresh"), ("item", "Boil it")]


def test_book_sized_paragraphs_are_read_quickly() -> None:
    """A megabyte of wrapped lines is joined without copying it line by line."""
    text = ("word " * 14 + "end\n") * 15_000
    page = read_text(text, "p")
    assert len(page.blocks) == 1
    assert len(page.blocks[0].text) == len(text) - 1


@pytest.mark.parametrize(
    ("text", "line", "form"),
    [
        ("---\ntitle: x\nbad: [\n---\nText", 3, "YAML"),
        ("---\ntitle: x\n\tbad: y\n---\nText", 3, "YAML"),
        ("---\n- a\n- b\n---\nText", 2, "name: value"),
        ("---\ndate: 2026-13-45\n---\nText", 2, "YAML"),
        ("\n\n---\ntitle: 'x\n---\nText", 4, "YAML"),
        ("+++\ntitle = 'x'\nbad =\n+++\nText", 3, "TOML"),
    ],
)
def test_broken_front_matter_names_file_and_line(text: str, line: int, form: str) -> None:
    """The message points to the line in the file, not in the front matter."""
    with pytest.raises(CorpusError, match=rf"^page\.md:{line}: the front matter .*{form}"):
        read_markdown(text, "page.md")


def test_toml_front_matter_is_read() -> None:
    """The other form of front matter that site generators write gives the same entries."""
    page = read_markdown("+++\ntitle = 'Kettles'\ndraft = false\n+++\nText.", "p")
    assert (page.front, kinds(page)) == ({"title": "Kettles", "draft": False}, [("paragraph", "Text.")])


def test_empty_front_matter_is_no_text() -> None:
    """Two rules with nothing between them are an empty front matter."""
    page = read_markdown("---\n---\nText.", "p")
    assert (page.front, kinds(page)) == ({}, [("paragraph", "Text.")])


def test_front_matter_entries_know_their_lines() -> None:
    """Later checks can say where an entry stands, also within a list."""
    page = read_markdown("---\ntitle: x\nsources:\n  - key: a\n  - key: b\n---\nText", "p")
    assert dict(page.lines) == {"title": 2, "sources": 3, "sources.0": 4, "sources.1": 5}
    assert page.blocks[0].line == 7


def test_cites_leave_the_text_and_keep_their_keys() -> None:
    """Source marks are taken out of paragraphs, items and tables, several in one bracket too."""
    page = read_markdown("Text. [@a; @b]\n\n- Item [@c]\n\n| x | y |\n|---|---|\n| 1 [@d] | 2 |\n", "p")
    assert kinds(page) == [("paragraph", "Text."), ("item", "Item"), ("item", "x: 1; y: 2")]
    assert [block.cites for block in page.blocks] == [("a", "b"), ("c",), ("d",)]


def test_markdown_numbers_go_on_after_a_paragraph() -> None:
    """A list that starts at 3 keeps its number, and numbers written lazily are counted."""
    page = read_markdown("1. a\n1. b\n\nBreak.\n\n3. c\n", "p")
    assert [block.number for block in page.blocks] == [1, 2, 0, 3]


def test_raw_html_in_markdown_is_read_as_html() -> None:
    """Tags are never text, comments vanish, and what a tag holds is kept or dropped as on a page."""
    source = (
        "A<br>line, <b>bold</b>.\n\n<!-- note -->\n\n<div><p>Kept.</p><nav>Gone</nav></div>\n\n<figure>Gone</figure>\n"
    )
    assert kinds(read_markdown(source, "p")) == [("paragraph", "A line, bold."), ("paragraph", "Kept.")]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<p>Lift<b>ing</b> slowly</p>", [("paragraph", "Lifting slowly")]),
        ("<p>One<br>line.<br><br>Two</p>", [("paragraph", "One line."), ("paragraph", "Two")]),
        ("<p>Do:<br>• this<br>• that</p>", [("paragraph", "Do:"), ("item", "this"), ("item", "that")]),
        ("<ul><li><div><p>A.</p><p>B.</p></div></li></ul>", [("item", "A. B.")]),
        ("<ul><li>Day one<ul><li>run</li></ul></li></ul>", [("item", "Day one"), ("item", "run")]),
        ("<ol><li>Mix<ul><li>salt</li><li>oil</li></ul></li></ol>", [("item", "Mix: salt; oil")]),
        ("<div>loose<span hidden>no</span> text<script>no()</script></div>", [("paragraph", "loose text")]),
        ("<p><strong>How to do it</strong></p><p>So.</p>", [("heading", "How to do it"), ("paragraph", "So.")]),
        ("<ul><li><h3>Cobra</h3><p>Lie down.</p></li></ul>", [("heading", "Cobra"), ("paragraph", "Lie down.")]),
        (
            "<table><tr><td><p>Layout.</p><ul><li>x</li></ul></td></tr></table>",
            [("paragraph", "Layout."), ("item", "x")],
        ),
        ("<p class='wp-caption-text'>no</p><p>yes.</p>", [("paragraph", "yes.")]),
        ("<form id='aspnet'><article><p>Kept.</p></article></form>", [("paragraph", "Kept.")]),
        ("<div class='content no-sidebar'><p>Kept.</p></div><div class='sidebar'>no</div>", [("paragraph", "Kept.")]),
    ],
)
def test_html_gives_the_text_that_a_reader_sees(body: str, expected: list[tuple[str, str]]) -> None:
    """Inline marks join, blocks part, lists nest, and furniture is left out by its element, class or role."""
    assert kinds(read_html(f"<html><body>{body}</body></html>", "p")) == expected


def test_hostile_nesting_is_refused_by_name() -> None:
    """A page nested beyond reason gives an error of ours, not a crash."""
    with pytest.raises(CorpusError, match=r"page\.html: .*nested too deeply"):
        read_html("<div>" * 20_000 + "text", "page.html")


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ("<title>Kettles | Clean Home</title>", "<p>Text.</p>", "Kettles"),
        ("<title>Kettles – Clean Home</title>", "<h1>Clean Home</h1><main><p>Text.</p></main>", "Kettles"),
        (
            "<title>x</title>",
            "<header><h1>Site</h1></header><article><h1>Kettles</h1><p>Text.</p></article>",
            "Kettles",
        ),
        ("", "<h1>Kettles</h1><p>Text.</p>", "Kettles"),
    ],
)
def test_html_title_is_the_articles_not_the_sites(head: str, body: str, title: str) -> None:
    """The heading of the main part wins, and a window title loses the site's name."""
    assert read_html(f"<html><head>{head}</head><body>{body}</body></html>", "p").title == title
