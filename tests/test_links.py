"""Where a passage can be read."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import unquote, urlsplit

import pytest

from assistant.links import anchor, article_link, section_anchors
from assistant.types import Article, Section

from .bicycles import bicycle_articles, bicycle_passages

PUNCTURE, CHAIN = bicycle_articles()
STEPS = next(passage for passage in bicycle_passages() if passage.heading == ("How to do it",))
PLUG = next(passage for passage in bicycle_passages() if passage.heading[-1] == "Tubeless plug")


def sections(*headings: tuple[str, ...]) -> Article:
    """Make an article with those heading paths."""
    return Article("a", "A", "text", tuple(Section(heading, None, 0, 4) for heading in headings))


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        (("How often",), "how-often"),
        (("Ways", "Tubeless plug"), "ways-tubeless-plug"),
        ((), "top"),
        (("Ça va?",), "ca-va"),
        (("日本",), "日本"),
        (("!?",), "untitled"),
    ],
)
def test_an_anchor_is_made_of_the_heading_path(heading: tuple[str, ...], name: str) -> None:
    """Anchors are short names without spaces, whatever the heading."""
    assert anchor(heading) == name


def test_anchors_of_an_article_are_unique() -> None:
    """Headings that read the same as slugs get numbers, also when the number's name is taken."""
    article = sections((), ("Top",), ("A b",), ("A B!",), ("A", "b"), ("A b 2",), ("日本",), ("中国",))
    anchors = section_anchors(article)
    assert len(anchors) == 8
    assert len(set(anchors.values())) == 8
    assert (anchors[()], anchors["A b",]) == ("top", "a-b")


def test_a_repeated_heading_path_keeps_one_anchor() -> None:
    """Two sections under the very same path share the anchor of the first."""
    assert section_anchors(sections(("Tips",), ("Tips",))) == {("Tips",): "tips"}


@pytest.mark.parametrize(
    ("public_url", "start"), [("", "/articles/"), ("https://site.example/chat/", "https://site.example/chat/articles/")]
)
def test_our_own_page_is_linked_by_section(public_url: str, start: str) -> None:
    """Without an address of its own an article is read on our page, at the section's anchor."""
    link = article_link(PUNCTURE, PLUG, public_url)
    assert link == f"{start}puncture-repair#ways-to-close-the-hole-tubeless-plug"


def test_a_published_article_is_linked_by_text_fragment() -> None:
    """The link scrolls to the first words of the passage, without the number of a step, which no page holds as text."""
    link = article_link(CHAIN, STEPS, "https://ignored.example")
    assert link.startswith("https://example.org/chain-cleaning#:~:text=")
    assert unquote(urlsplit(link).fragment.removeprefix(":~:text=")) == "Brush degreaser onto the links."


def test_a_text_fragment_stays_within_one_sentence_or_item() -> None:
    """A fragment that ran across list items would match nothing."""
    words = unquote(article_link(CHAIN, STEPS, "").split("text=")[1])
    assert words in STEPS.spans[0].text


def test_signs_with_a_meaning_in_fragments_are_escaped() -> None:
    """Hyphens, commas and ampersands of the text cannot be taken for syntax."""
    span = replace(STEPS.spans[0], text="Use a-b, c & d #1 now")
    link = article_link(CHAIN, replace(STEPS, spans=(span,)), "")
    fragment = link.split("text=")[1]
    assert not set("-,&# ") & set(fragment)
    assert unquote(fragment) == "Use a-b, c & d #1 now"


def test_an_address_with_a_fragment_of_its_own_keeps_it() -> None:
    """The text directive is added behind an existing fragment, not as a second one."""
    link = article_link(replace(CHAIN, url="https://example.org/all#chain"), STEPS, "")
    assert link.startswith("https://example.org/all#chain:~:text=")
    assert link.count("#") == 1


def test_letters_outside_ascii_are_escaped_in_links() -> None:
    """A link is ASCII, also for an article and a heading in another script."""
    article = replace(sections(("日本",)), id="日本")
    link = article_link(article, replace(PLUG, heading=("日本",)), "")
    assert link.isascii()
    assert unquote(link) == "/articles/日本#日本"
