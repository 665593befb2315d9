from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.blocks import RawBlock, RawPage
from assistant.layout import clean_blocks, compose_text, page_title, topic_phrase
from assistant.read_markdown import read_markdown
from assistant.read_text import read_text
from assistant.vocabulary import load_reading

READING = load_reading()


def clean(text: str, *, markdown: bool = False) -> list[tuple[str, str]]:
    """Read a page and list kind and text of the blocks that are kept."""
    page = (read_markdown if markdown else read_text)(text, "page")
    return [(b.kind, b.text) for b in clean_blocks(page.blocks, READING, marked=page.marked)]


def no_facet(heading: str) -> None:
    """Know no facets."""


@pytest.mark.parametrize(
    "furniture",
    [
        "#bread #baking",
        "https://example.org/shop",
        "Image Source : www.example.org",
        "(Image credit: Getty Images)",
        "© 2024 The Loaf. All rights reserved.",
        "Posted on 3 May by Ines",
    ],
)
def test_furniture_lines_go_wherever_they_stand(furniture: str) -> None:
    """Hashtags, bare links, credits and share lines are taken out between two paragraphs."""
    kept = clean(f"Feed it daily.\n\n{furniture}\n\nStir it well.")
    assert kept == [("paragraph", "Feed it daily."), ("paragraph", "Stir it well.")]


INSERTED = ["Advertisement", "Share this:", "Share on Facebook", "Subscribe", "Newsletter", "Sign up", "Follow us"]


@pytest.mark.parametrize("furniture", INSERTED)
def test_furniture_between_two_paragraphs_takes_only_itself(furniture: str) -> None:
    """In plain text such a line looks like a heading, yet the section it stands in goes on below it."""
    page = (
        f"Intro.\n\nCommon mistakes\n\nToo little flour.\n\n{furniture}\n\nToo much heat.\n\nStorage\n\nKeep it cool."
    )
    assert clean(page) == clean(page.replace(f"{furniture}\n\n", ""))
    assert ("paragraph", "Too much heat.") in clean(page)


@pytest.mark.parametrize("furniture", INSERTED)
def test_furniture_between_two_paragraphs_does_not_end_furniture(furniture: str) -> None:
    """Under a furniture heading such a line brings nothing back."""
    page = f"Feed it daily.\n\nComments (3)\n\nLovely loaf.\n\n{furniture}\n\nMine sank."
    assert clean(page) == [("paragraph", "Feed it daily.")]


@pytest.mark.parametrize("furniture", INSERTED)
def test_marked_furniture_headings_take_their_section(furniture: str) -> None:
    """Where the page marks its headings, what stands under such a one is the form or the links it announces."""
    page = f"# T\n\nText.\n\n## {furniture}\n\nYour address here.\n\n## Storage\n\nKeep it cool."
    kept = clean(page, markdown=True)
    assert kept[-2:] == [("heading", "Storage"), ("paragraph", "Keep it cool.")]
    assert not {"Your address here.", furniture.rstrip(":")} & {text for _, text in kept}


@pytest.mark.parametrize(
    "sentence",
    ["Loading the bar makes it harder.", "Related to this is the oven's heat.", "Loading is done from the left."],
)
def test_sentences_that_open_like_furniture_stay(sentence: str) -> None:
    """A short paragraph is kept even if a web page's own lines open with the same word."""
    assert clean(f"Feed it daily.\n\n{sentence}\n\nStir it well.")[1] == ("paragraph", sentence)


@pytest.mark.parametrize(
    "line", ["Loading...", "Loading… please wait", "Related: ten rye loaves", "Related stories: rye"]
)
def test_a_pages_own_loading_and_related_lines_go(line: str) -> None:
    """The forms in which a page itself says so are furniture."""
    assert len(clean(f"Feed it daily.\n\n{line}\n\nStir it well.")) == 2


@pytest.mark.parametrize(
    "heading", ["More from The Loaf", "Leave a Comment", "12 Comments", "Comments (3)", "Related posts", "Tags:"]
)
def test_furniture_headings_take_what_is_under_them(heading: str) -> None:
    """Everything under such a heading goes, up to the next heading of the article."""
    kept = clean(f"Feed it daily.\n\n{heading}\n\nWe love these jars.\n\nCommon mistakes\n\nToo little flour.")
    assert kept == [("paragraph", "Feed it daily."), ("heading", "Common mistakes"), ("paragraph", "Too little flour.")]


@pytest.mark.parametrize(
    "heading", ["Search the tube for the hole", "Latest evidence on vinegar", "Contents of the repair kit"]
)
def test_headings_that_only_begin_like_furniture_stay(heading: str) -> None:
    """One furniture word does not take a real section away."""
    assert ("heading", heading) in clean(f"Intro text.\n\n{heading}\n\nHold it under water.")


def test_subsections_of_furniture_go_too() -> None:
    """A marked page's furniture ends at a heading of its own level, not at the cards under it."""
    page = "# T\n\nText.\n\n## You may also like\n\n### Rye\n\nOur rye guide.\n\n## Storage\n\nKeep it cool."
    kept = clean(page, markdown=True)
    assert ("heading", "Storage") in kept
    assert not any("rye" in text.lower() for _, text in kept)


@pytest.mark.parametrize(
    "caption",
    [
        "Image of a jar on a shelf",
        "A photo of a mechanic at work",
        "an illustration of a woman doing the plank",
        "Baker holding a loaf\n\nBaker holding a loaf",
        "Baker performing a fold on a table.\n\nBaker performing a fold on a table.",
    ],
)
def test_captions_go(caption: str) -> None:
    """What opens like a caption or stands twice in a row is never text."""
    kept = clean(f"Text one.\n\n{caption}\n\nText two.")
    assert [text for kind, text in kept if kind == "paragraph"] == ["Text one.", "Text two."]
    assert not any(word in text for _, text in kept for word in ("Image", "photo", "Baker"))


@pytest.mark.parametrize(
    "caption",
    [
        "Woman doing the plank on a mat",
        "A man performing a fold",
        "Young woman in a bright kitchen demonstrating a fold",
        "Man and woman practising a fold at home",
    ],
)
@pytest.mark.parametrize("markdown", [False, True])
def test_a_person_doing_something_is_a_caption(caption: str, markdown: bool) -> None:
    """A line without a full stop that opens with a person and what they do describes a picture, even said once."""
    page = f"# T\n\nText one.\n\n{caption}\n\nText two." if markdown else f"Text one.\n\n{caption}\n\nText two."
    assert [text for kind, text in clean(page, markdown=markdown) if kind == "paragraph"] == ["Text one.", "Text two."]
    assert caption not in [text for _, text in clean(page, markdown=markdown)]


@pytest.mark.parametrize(
    "line",
    [
        "A woman doing the plank should keep breathing.",
        "A coach can help with doing it right",
        "Person to ask",
        "Should a woman doing planks rest?",
        "Doing it as a man",
        "Mandatory doing",
    ],
)
def test_lines_about_people_are_text(line: str) -> None:
    """Sentences about people, and lines that say something else first, are no captions."""
    assert line in [text for _, text in clean(f"Text one.\n\n{line}\n\nText two.")]


def test_lines_that_recur_far_apart_are_text() -> None:
    """The same dose under two exercises is no caption."""
    page = "# T\n\n## Squat\n\n3 sets of 10\n\n## Press\n\n3 sets of 10\n"
    assert [text for kind, text in clean(page, markdown=True) if kind == "paragraph"] == ["3 sets of 10"] * 2


def test_caption_names_the_section_that_has_no_heading() -> None:
    """What a caption's picture shows becomes the heading of the paragraph below it."""
    kept = clean(
        "Start.\n\nVariations\n\nTry these.\n\nan illustration of a man doing the plank on a mat\n\nHold still."
    )
    assert kept[-2:] == [("heading", "Plank"), ("paragraph", "Hold still.")]


def test_capital_and_plain_headings_are_found() -> None:
    """Short lines that are no sentence become headings, a trailing colon goes, and figures stay text."""
    kept = clean("Intro is here.\n\nHOW TO FEED IT\n\nStir.\n\nTime: 20 minutes\n\nWhat you need:\n\nA jar is enough.")
    assert kept[1] == ("heading", "HOW TO FEED IT")
    assert ("paragraph", "Time: 20 minutes") in kept
    assert kept[-2] == ("heading", "What you need")


def test_list_without_bullets_under_a_colon() -> None:
    """Short lines right under a line with a colon are items and not lost as empty headings."""
    kept = clean("Intro is here.\n\nYou need:\nFlour\nWater\nTime\n\nStir it all well.")
    assert kept[1:5] == [("heading", "You need"), ("item", "Flour"), ("item", "Water"), ("item", "Time")]


def test_empty_headings_go_from_the_inside_out() -> None:
    """A heading whose only subsection was empty is empty too."""
    assert clean("# T\n\nText.\n\n## A\n\n### B\n\n## C\n\nMore.", markdown=True) == [
        ("heading", "T"),
        ("paragraph", "Text."),
        ("heading", "C"),
        ("paragraph", "More."),
    ]


def test_page_title_is_not_a_section_as_well() -> None:
    """A title that the page also shows as a heading is taken out of the text."""
    blocks = (RawBlock("heading", "Kettles", 1, 1), RawBlock("paragraph", "Text.", 2))
    assert page_title(RawPage(blocks, title="Kettles"), READING) == ("Kettles", blocks[1:])
    assert page_title(RawPage(blocks), READING) == ("Kettles", blocks[1:])


def test_page_that_opens_with_a_sentence_has_no_title() -> None:
    """The first sentence of an untitled page stays in the text."""
    page = read_text("This is the first sentence.\n\nAnd more.", "p")
    assert page_title(page, READING) == (None, page.blocks)


def test_steps_keep_the_pages_numbers() -> None:
    """A paragraph between two steps does not restart them, and a second list starts at one again."""
    blocks = [
        RawBlock("item", "a", 1, ordered=True, number=1),
        RawBlock("paragraph", "Rest.", 2),
        RawBlock("item", "b", 3, ordered=True, number=2),
        RawBlock("item", "c", 4, ordered=True, number=3),
        RawBlock("item", "x", 5, ordered=True, number=1),
        RawBlock("item", "y", 6, ordered=True),
    ]
    assert compose_text(blocks, no_facet)[0] == "1. a\n\nRest.\n\n2. b\n3. c\n\n1. x\n2. y"


def test_subsections_take_their_parents_facet() -> None:
    """A heading that announces nothing itself belongs to the facet above it; a sibling does not."""
    blocks = [
        RawBlock("heading", "Steps", 1, 2),
        RawBlock("heading", "Left", 2, 3),
        RawBlock("paragraph", "Go left.", 3, cites=("a",)),
        RawBlock("heading", "Other", 4, 2),
        RawBlock("paragraph", "Go on.", 5),
    ]
    _, sections = compose_text(blocks, {"Steps": "technique"}.get)
    assert [(s.heading, s.facet, s.sources) for s in sections] == [
        (("Steps", "Left"), "technique", ("a",)),
        (("Other",), None, ()),
    ]


LINES = st.text(min_size=1, max_size=60).map(lambda text: " ".join(text.split())).filter(bool)
BLOCKS = st.lists(
    st.builds(
        RawBlock,
        kind=st.sampled_from(["heading", "paragraph", "item", "caption"]),
        text=LINES,
        line=st.integers(1, 99),
        level=st.integers(0, 6),
        ordered=st.booleans(),
        number=st.integers(0, 12),
    ),
    max_size=12,
)


@given(BLOCKS, st.booleans())
def test_cleaning_never_invents_text(blocks: list[RawBlock], marked: bool) -> None:
    """Kept blocks are blocks of the page in order, but for headings made of captions."""
    kept = clean_blocks(blocks, READING, marked=marked)
    lines = [block.line for block in kept]
    given_lines = iter(block.line for block in blocks)
    assert all(any(line == other for other in given_lines) for line in lines)


@given(BLOCKS)
def test_sections_cover_the_text_without_overlap(blocks: list[RawBlock]) -> None:
    """Sections come in order, never overlap, and every block that is no heading lies within one."""
    text, sections = compose_text(blocks, no_facet)
    assert all(0 <= s.start < s.end <= len(text) for s in sections)
    assert all(a.end <= b.start for a, b in pairwise(sections))
    inside = "".join(text[s.start : s.end] for s in sections)
    assert all(block.text in inside for block in blocks if block.kind != "heading")


def test_topic_phrase_is_what_the_text_comes_back_to() -> None:
    """Two words said three times name the subject; said twice they do not."""
    stop = frozenset({"a", "the", "is"})
    assert topic_phrase("A tyre lever bends.\nTyre levers snap.\nThe tyre lever is cheap.", stop) == "tyre lever"
    assert topic_phrase("A tyre lever bends. Tyre levers snap.", stop) is None
