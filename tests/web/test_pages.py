"""Articles as plain pages."""

from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from assistant.links import anchor, section_anchors
from assistant.types import Article, Section, Source
from assistant.web.pages import article_page, index_page, message_page
from tests.web.fakes import ARTICLE, NASTY


def made_of(*headings: tuple[str, ...]) -> Article:
    """Make an article with these headings and no text."""
    return Article("x", "X", "", tuple(Section(heading, None, 0, 0) for heading in headings))


def test_the_page_shows_everything_about_the_article() -> None:
    """Title, other names, author, date, licence, sections and sources."""
    page = article_page(ARTICLE)
    assert page.startswith("<!doctype html>")
    for words in ("<h1>Floor lift</h1>", "Also called mat lift, prone lift.", "A. Writer · 2026-01-02 · CC BY 4.0"):
        assert words in page
    assert '<section id="how-often"><h2>How often</h2><p>Start with 2 sets' in page
    assert '<section id="variations-superman"><h3>Superman</h3><ul><li>Lift your arms too.</li>' in page
    assert '<p class="refs">Sources: <a href="#ref:1">1</a></p>' in page
    assert '<li id="ref:1"><a href="https://example.org/mat" rel="noopener">The mat book</a>' in page


def test_the_page_leads_to_what_is_easier_and_harder() -> None:
    """The titles of the articles it leads to are links; one that is not in the library is left out."""
    library = [replace(ARTICLE, id="plank", title="Plank & <more>"), ARTICLE]
    page = article_page(replace(ARTICLE, easier=("plank", "gone"), harder=("gone",)), library)
    assert '<p class="also">Easier: <a href="plank">Plank &amp; &lt;more&gt;</a></p>' in page
    assert "Harder" not in page and "gone" not in page


def test_lists_in_the_text_become_lists() -> None:
    """Lines that start with a number or a dash are items; the line before them stays a paragraph."""
    text = "First:\n1. Lie down.\n2) Lift.\nThen:\n- rest\n• breathe\n\n3. Go on."
    page = article_page(Article("x", "X", text, (Section((), None, 0, len(text)),)))
    assert (
        "<p>First:</p><ol><li>Lie down.</li><li>Lift.</li></ol><p>Then:</p><ul><li>rest</li><li>breathe</li></ul>"
        '<ol start="3"><li>Go on.</li></ol>'
    ) in page


def test_a_page_needs_no_script_and_no_other_host() -> None:
    """Nothing but our style sheet and icon is loaded."""
    page = article_page(ARTICLE)
    assert "<script" not in page
    assert set(re.findall(r'<link[^>]* href="([^"]*)"', page)) == {"../static/page.css", "../static/favicon.svg"}


def test_hostile_articles_stay_texts() -> None:
    """Markup in any field is escaped, and an address that is a script is no link."""
    section = Section((NASTY,), None, 0, len(NASTY), ("k",))
    source = Source("k", NASTY, NASTY, "javascript:hack()")
    nasty = Article(
        '"><script>', NASTY, NASTY, (section,) * 2, (NASTY,), "javascript:hack()", (source,), NASTY, NASTY, NASTY
    )
    for page in (article_page(nasty), index_page([nasty]), message_page(NASTY, NASTY)):
        assert "<script" not in page
        assert "<img" not in page
        assert 'href="javascript' not in page


@given(st.lists(st.lists(st.sampled_from(("A", "a!", "A 2", "a-2", "2", "ä", "")), max_size=3).map(tuple), max_size=12))
def test_anchors_are_unique(headings: list[tuple[str, ...]]) -> None:
    """Every heading path has an anchor of its own, and each stands once in the page."""
    article = made_of(*headings)
    anchors = section_anchors(article)
    assert set(anchors) == set(headings)
    assert len(set(anchors.values())) == len(anchors)
    assert sorted(re.findall(r'<section id="([^"]*)"', article_page(article))) == sorted(anchors.values())


def test_anchors_are_readable() -> None:
    """A section is found under the slug of its heading path."""
    assert section_anchors(made_of((), ("How to: do it?",), ("A",), ("a",))) == {
        (): "top", ("How to: do it?",): "how-to-do-it", ("A",): "a", ("a",): "a-2",
    }  # fmt: skip
    assert anchor(("Sets & reps",)) == "sets-reps"


def test_the_index_lists_the_articles() -> None:
    """Each title links to its page; without articles the page says so."""
    page = index_page([ARTICLE, replace(ARTICLE, id="b", title="B", aliases=())])
    assert '<li><a href="articles/floor-lift">Floor lift</a><span>mat lift, prone lift</span></li>' in page
    assert '<li><a href="articles/b">B</a></li>' in page
    assert "no articles yet" in index_page([])


def test_articles_are_listed_by_what_they_are_tagged_with() -> None:
    """A line for each tag, those first that have it first; an article's tags lead there."""
    lift = replace(ARTICLE, tags={"muscles": ("lower back", "glutes")})
    bridge = replace(ARTICLE, id="bridge", title="Bridge", tags={"muscles": ("glutes",), "equipment": ("none",)})
    page = index_page([lift, bridge])
    assert '<h2 id="muscles">By muscles</h2>' in page and '<h2 id="equipment">By equipment</h2>' in page
    both = '<a href="articles/bridge">Bridge</a>, <a href="articles/floor-lift">Floor lift</a>'
    assert f'<dt id="muscles:glutes">Glutes</dt><dd>{both}</dd>' in page
    own = '<a href="../articles#muscles:lower-back">lower back</a>, <a href="../articles#muscles:glutes">glutes</a>'
    assert f"Muscles: {own}" in article_page(lift)
    stretch = replace(ARTICLE, tags={"definition": ("stretch",)})
    assert '<h2 id="definition">By kind</h2>' in index_page([stretch])
    assert 'Kind: <a href="../articles#definition:stretch">stretch</a>' in article_page(stretch)


def test_long_articles_start_with_links_to_their_sections() -> None:
    """From four sections on there is a table of contents."""
    assert "<nav" not in article_page(ARTICLE)
    assert '<a href="#d">D</a>' in article_page(made_of(("A",), ("B",), ("C",), ("D",)))


def test_what_only_questions_call_it_is_not_shown() -> None:
    """Misspellings name an article in a question; its page and the list tell what it is called."""
    article = replace(ARTICLE, asked_as=("flor lift",))
    assert "mat lift" in article_page(article)
    assert "flor lift" not in article_page(article) + index_page([article])
    assert article.names == ("mat lift", "prone lift", "flor lift")
