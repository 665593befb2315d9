import os
import re
from pathlib import Path

import pytest

from assistant.articles import MAX_BYTES, check_corpus, corpus_files, fingerprint_files, load_corpus, parse_article
from assistant.errors import CorpusError
from assistant.passages import cut_passages
from assistant.types import Article
from assistant.vocabulary import load_vocabulary

PAGES = Path(__file__).parent / "data" / "pages"
FURNITURE = {
    "tyre-change.txt": [
        "Image",
        "bright workshop",
        "drawing",
        "demonstrating",
        "More from",
        "#",
        "Source",
        "http",
        "Comment",
        "favourites",
    ],
    "yoga-blog.html": [
        *(
            "cookie",
            "Home",
            "Classes",
            "Posted",
            "Anna",
            "sunrise",
            "Share",
            "Buy our",
            "coupon",
            "Invisible",
            "Tree pose",
            "guide",
        ),
        *(
            "comment",
            "Rex",
            "©",
            "tracking",
            "color",
            "not the back",
            "Table of holds",
            "balance, standing",
            "Quiet Mat",
        ),
    ],
    "sourdough.md": [
        *(
            "layout",
            "permalink",
            "more",
            "jar of starter",
            "Bubbles",
            "bubbling",
            "figure src",
            "print(",
            "Tweet",
            "loaf",
            "rye",
            "Rye",
        ),
        *("<", "](", "**", "`", "{#top}"),
    ],
    "letter.txt": [">", "\n -"],
}
TITLES = {
    "tyre-change.txt": "I fix bicycles for a living and this is how I change a tyre in under ten minutes",
    "yoga-blog.html": "Mountain pose for beginners",
    "sourdough.md": "Feeding a sourdough starter",
    "letter.txt": "Descaling a kettle",
}
SECTIONS = {
    "tyre-change.txt": [
        (None, None),
        ("What you need", "equipment"),
        ("HOW TO CHANGE A BICYCLE TYRE", "technique"),
        ("Why tyres go flat", "benefits"),
        ("Tube patch", None),
        ("Common mistakes", "mistakes"),
    ],
    "yoga-blog.html": [
        (None, None),
        ("How to do mountain pose", "technique"),
        ("Holds by level", None),
        ("Typed by hand", None),
        ("Common mistakes", "mistakes"),
    ],
    "sourdough.md": [
        (None, None),
        ("How to feed it", "technique"),
        ("Ratios", None),
        ("Tools", "equipment"),
        ("Search the jar for mould", None),
    ],
    "letter.txt": [(None, None), ("How to descale the kettle", "technique"), ("What you need", "equipment")],
}
QUOTES = {
    "tyre-change.txt": [
        "Push one lever under the bead, and hook it to a spoke",
        "Sizes: 28 to 32 mm",
        "“Snake bites” come from low pressure.",
    ],
    "yoga-blog.html": [
        "It trains balance, and it prepares you for every standing pose.",
        "Press down through your feet: lift the arches; spread the toes",
        "Level: Advanced; Breaths: 20",
        "Sanskrit: Tadasana",
    ],
    "sourdough.md": [
        "A starter is flour and water with wild yeast in it.",
        "Discard all but a spoonful. Use a clean jar.",
        "Season: Winter; Flour: 1; Water: 1",
        "A jar with a lid",
        "An indented paragraph is still text.",
        "Pink or orange streaks mean the starter has to go.",
    ],
    "letter.txt": [
        "Fill the kettle half with water and half with white vinegar, which is cheaper than lemon juice.",
        "After that boil one full kettle of clean water and throw it away too - it will still taste of vinegar.",
        "Patience",
    ],
}
GOOD = """---
title: Press
author: Us
licence: CC BY 4.0
date: 2026-01-01
sources:
  - key: a
    title: A book
    publisher: A house
    url: https://example.org/a
---

## How to press

1. Lift the bar. [@a]

### Floor press

Lie down. [@a]
"""


@pytest.fixture(scope="module")
def pages() -> dict[str, Article]:
    """Load the messy pages, by file name."""
    corpus = load_corpus(PAGES)
    assert corpus.problems == ()
    names = {Path(name).stem: name for name in TITLES}
    return {names[article.id]: article for article in corpus.articles}


def write(folder: Path, **files: str | bytes) -> Path:
    """Put files into a folder; `a_md` becomes `a.md`."""
    for name, content in files.items():
        target = folder / ".".join(name.rsplit("_", 1))
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


@pytest.mark.parametrize("name", TITLES)
def test_messy_pages_get_their_titles(pages: dict[str, Article], name: str) -> None:
    """A headline, a page heading, a front matter field or a first line is the title, and is no section as well."""
    assert pages[name].title == TITLES[name]
    assert TITLES[name] not in pages[name].text


@pytest.mark.parametrize("name", SECTIONS)
def test_messy_pages_get_clean_sections(pages: dict[str, Article], name: str) -> None:
    """Sections and their facets are those a reader would name."""
    found = [(section.heading[-1] if section.heading else None, section.facet) for section in pages[name].sections]
    assert found == SECTIONS[name]


@pytest.mark.parametrize("name", FURNITURE)
def test_furniture_and_captions_are_never_text(pages: dict[str, Article], name: str) -> None:
    """Nothing of navigation, captions, comments, bars, code and marks is left to be quoted."""
    assert [piece for piece in FURNITURE[name] if piece in pages[name].text] == []


@pytest.mark.parametrize("name", QUOTES)
def test_messy_pages_keep_what_they_say(pages: dict[str, Article], name: str) -> None:
    """Sentences, steps and table rows can each be quoted whole."""
    spans = {s.text for p in cut_passages(pages[name], load_vocabulary().step_verbs) for s in p.spans}
    whole = {p.text for p in cut_passages(pages[name], load_vocabulary().step_verbs)}
    assert [quote for quote in QUOTES[name] if quote not in spans | whole] == []


def test_steps_with_bullets_are_steps(pages: dict[str, Article]) -> None:
    """Steps written as bullets of four kinds under a how-to heading come out as one list of steps."""
    passages = cut_passages(pages["tyre-change.txt"], load_vocabulary().step_verbs)
    steps = next(passage for passage in passages if passage.facet == "technique")
    assert [span.kind for span in steps.spans] == ["step"] * 4


def test_steps_keep_their_numbers(pages: dict[str, Article]) -> None:
    """A paragraph between the steps does not restart them."""
    assert "\n3. Stir, cover loosely and wait." in pages["sourdough.md"].text
    assert "\n4. Feed again after a day." in pages["sourdough.md"].text


def test_other_sites_front_matter_is_left_alone(pages: dict[str, Article]) -> None:
    """Unknown keys, a list of authors, old addresses and site paths neither break loading nor become names or links."""
    article = pages["sourdough.md"]
    assert (article.author, article.aliases, article.url) == ("Ines, Tom", ("sourdough starter",), None)


def test_pages_without_front_matter_get_a_name(pages: dict[str, Article]) -> None:
    """The phrase a page keeps coming back to is its first alias."""
    assert pages["tyre-change.txt"].aliases == ("bicycle tyre",)


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
@pytest.mark.parametrize("name", ["tyre-change.txt", "letter.txt", "sourdough.md"])
def test_encoding_makes_no_difference(pages: dict[str, Article], name: str, encoding: str) -> None:
    """The same page saved in another encoding and with other line ends is the same article."""
    text = (PAGES / name).read_text(encoding="utf-8").replace("‣", "•").replace("◦", "•")
    data = text.replace("\n", "\r\n").encode(encoding)
    assert parse_article(data, name, name, load_vocabulary()) == pages[name]


def test_bad_files_are_named_and_the_others_load(tmp_path: Path) -> None:
    """Empty, binary, huge, dangling, furniture-only and unciteable files each get a message; good ones load."""
    write(
        tmp_path,
        good_md=GOOD,
        empty_md="",
        binary_txt=b"\x89PNG\x00\x00",
        huge_txt=b"word " * (MAX_BYTES // 5 + 1),
        captions_txt="Title\n\nImage of a bar\n",
        front_md="---\ntitle: [\n---\nText.",
        cites_md="Text. [@nobody]",
        notes_pdf=b"%PDF",
    )
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere.md")
    (tmp_path / "folder.md").mkdir()
    corpus = load_corpus(tmp_path)
    assert [article.id for article in corpus.articles] == ["good"]
    said = {problem.partition(": ")[0].removeprefix(f"{tmp_path}{os.sep}"): problem for problem in corpus.problems}
    assert sorted(said) == ["binary.txt", "captions.txt", "cites.md:1", "empty.md", "front.md:2", "gone.md", "huge.txt"]
    assert "empty" in said["empty.md"]
    assert "binary" in said["binary.txt"]
    assert "larger than 10 MB" in said["huge.txt"]
    assert "cannot be read" in said["gone.md"]
    assert "no article text" in said["captions.txt"]
    assert "'nobody' is cited" in said["cites.md:1"]


def test_corpus_of_bad_files_only_is_refused(tmp_path: Path) -> None:
    """When nothing could be read the error tells why for each file."""
    write(tmp_path, a_md="", b_txt=b"\x00\x01")
    with pytest.raises(CorpusError, match=r"(?s)a\.md: the file is empty.*b\.txt: .*binary"):
        load_corpus(tmp_path)


@pytest.mark.parametrize(("path", "reason"), [("missing", "no such file"), ("", "no .md"), ("a.pdf", "only .md")])
def test_useless_paths_are_refused(tmp_path: Path, path: str, reason: str) -> None:
    """A path without articles says what would be right."""
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    with pytest.raises(CorpusError, match=reason):
        load_corpus(tmp_path / path)


def test_two_files_of_one_name_are_refused_by_name(tmp_path: Path) -> None:
    """The second file that would get the same id is reported, the first loads."""
    write(tmp_path, press_md=GOOD, press_txt="Other text is here.")
    corpus = load_corpus(tmp_path)
    assert len(corpus.articles) == 1
    assert "press.txt: another file is already called 'press'" in corpus.problems[0]


def test_index_pages_go_by_their_folder(tmp_path: Path) -> None:
    """Site generators that keep each page as index.md in a folder of its own give one article each."""
    for name in ("press", "pull"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.md").write_text(GOOD)
    corpus = load_corpus(tmp_path)
    assert ([article.id for article in corpus.articles], corpus.problems) == (["press", "pull"], ())


def test_hidden_files_and_readmes_are_no_articles(tmp_path: Path) -> None:
    """Drafts, caches, licences and readmes are left alone, unless named themselves."""
    write(tmp_path, good_md=GOOD, README_md="# Read me", LICENSE_txt="MIT", _draft_md="x", _md="y")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.md").write_text("hidden")
    assert [file.name for file in corpus_files(tmp_path)] == ["good.md"]
    assert [file.name for file in corpus_files(tmp_path / "README.md")] == ["README.md"]


def test_fingerprint_changes_with_names_and_bytes_only(tmp_path: Path) -> None:
    """Touching a file keeps the fingerprint; another byte or name changes it."""
    write(tmp_path, a_md=GOOD)
    first = fingerprint_files(corpus_files(tmp_path), tmp_path)
    os.utime(tmp_path / "a.md", (1, 1))
    assert fingerprint_files(corpus_files(tmp_path), tmp_path) == first
    (tmp_path / "a.md").rename(tmp_path / "b.md")
    renamed = fingerprint_files(corpus_files(tmp_path), tmp_path)
    write(tmp_path, b_md=GOOD + " ")
    assert len({first, renamed, fingerprint_files(corpus_files(tmp_path), tmp_path)}) == 3


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("title: Press", "title: 3", ":2: `title` in the front matter must be a text, not int"),
        ("author: Us", "author: {name: Us}", ":3: `author` in the front matter must be a text, not dict"),
        ("date: 2026-01-01", "tags: {colour: [red]}", ":5: `tags` must have lists of texts under names of facets"),
        ("date: 2026-01-01", "tags: {muscles: red}", ":5: `tags` must have lists of texts under names of facets"),
        ("date: 2026-01-01", "aliases: push", ":5: `aliases` in the front matter must be a list"),
        ("date: 2026-01-01", "url: javascript:alert(1)", ":5: .* is not a web address"),
        ("    publisher: A house\n", "", ":7: source 1 needs key, title, publisher and url"),
        ("https://example.org/a", "ftp://example.org", ":7: .* is not a web address"),
        ("https://example.org/a", "/a", ":7: the url of source 'a' must begin with http"),
        ("Lie down. [@a]", "Lie down. [@b]", ":19: source 'b' is cited but not"),
    ],
)
def test_front_matter_errors_name_file_and_line(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each wrong field is reported with the line where it stands."""
    assert old in GOOD
    write(tmp_path, a_md=GOOD.replace(old, new))
    with pytest.raises(CorpusError, match=r"a\.md" + message):
        load_corpus(tmp_path)


def test_source_keys_are_unique(tmp_path: Path) -> None:
    """A source that stands twice is reported at its second place."""
    source = GOOD[GOOD.index("  - key") : GOOD.index("---\n\n##")]
    write(tmp_path, a_md=GOOD.replace(source, source * 2))
    with pytest.raises(CorpusError, match=r"a\.md:11: source key 'a' stands twice"):
        load_corpus(tmp_path)


def test_good_article_passes_the_check(tmp_path: Path) -> None:
    """An article in our format has no problems."""
    assert check_corpus(write(tmp_path, a_md=GOOD)) == []


def test_links_to_other_articles_are_read(tmp_path: Path) -> None:
    """What is easier and harder is told by id; a link that leads nowhere is dropped, and told to the author by line."""
    write(tmp_path, a_md=GOOD.replace("author: Us", "author: Us\neasier: [b, c]\nharder: [b]"), b_md=GOOD)
    first, second = load_corpus(tmp_path).articles
    assert (first.easier, first.harder, second.easier) == (("b",), ("b",), ())
    (problem,) = check_corpus(tmp_path)
    assert re.search(r"a\.md:\d+: `easier` leads to 'c', which is no article's id", problem)


def test_kind_and_tags_are_read(tmp_path: Path) -> None:
    """A topic with tags; a site generator's own kind and tags are left alone."""
    own = "author: Us\nkind: topic\ntags: {muscles: [chest , arms]}"
    (ours,) = load_corpus(write(tmp_path, a_md=GOOD.replace("author: Us", own))).articles
    assert (ours.kind, ours.tags) == ("topic", {"muscles": ("chest", "arms")})
    (other,) = load_corpus(write(tmp_path, a_md=GOOD.replace("author: Us", "kind: page\ntags: [a, b]"))).articles
    assert (other.kind, other.tags) == ("subject", {})


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("title: Press\n", "", "1: `title` is missing"),
        ("author: Us", "author: ''", "1: `author` is missing"),
        ("licence: CC BY 4.0\n", "", "1: `licence` is missing"),
        ("date: 2026-01-01\n", "", "1: `date` is missing"),
        ("author: Us", "author: Us\nauthors: We", "4: `authors` is no front matter field"),
        ("author: Us", "author: Us\nkind: chapter", "4: `kind` is 'chapter'; it can be one of subject, topic, guide"),
        ("Lie down. [@a]", "Lie down.", "19: no source for 'Lie down.'"),
        ("1. Lift the bar. [@a]", "1. Lift the bar.", "15: no source for 'Lift the bar.'"),
        (
            "### Floor press",
            "### What my grandmother told me once",
            "17: the heading 'What my grandmother told me once'",
        ),
        (
            "  - key: a\n",
            "  - {key: b, title: B, publisher: B, url: 'https://b.org'}\n  - key: a\n",
            "7: source 'b' is never cited",
        ),
        ("Lie down. [@a]", "Lie down. [@c]", "19: source 'c' is cited but not"),
        ("title: Press", "title: [", "4: the front matter is not valid YAML"),
    ],
)
def test_check_names_what_authors_must_mend(tmp_path: Path, old: str, new: str, problem: str) -> None:
    """Beyond loading, it asks for complete front matter, known fields, used sources, cites and plain headings."""
    assert old in GOOD
    write(tmp_path, a_md=GOOD.replace(old, new))
    expected = f"{tmp_path / 'a.md'}:{problem}"
    assert [found[: len(expected)] for found in check_corpus(tmp_path)][:1] == [expected]


def test_check_tells_everything_at_once(tmp_path: Path) -> None:
    """A file without front matter gets one message for each thing missing, and a missing path one message."""
    problems = check_corpus(write(tmp_path, a_md="Text.\n", b_md=""))
    assert problems[0].startswith(f"{tmp_path / 'b.md'}: the file is empty")
    assert sum("is missing" in problem for problem in problems) == 5
    assert len(check_corpus(tmp_path / "nothing")) == 1
