import re

from hypothesis import given
from hypothesis import strategies as st

from assistant.articles import parse_article
from assistant.errors import CorpusError
from assistant.passages import cut_passages, display_name
from assistant.types import Article, Passage
from assistant.vocabulary import load_vocabulary

VOCABULARY = load_vocabulary()
WORDS = st.one_of(
    st.sampled_from(
        [
            "Lift",
            "the",
            "bar.",
            "Is it?",
            "e.g.",
            "Zoë",
            "8–12",
            "…",
            "3.5",
            "“Go!”",
            "力",
            "🙂",
            "- x",
            "1. y",
            "a\u00a0b",
        ]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=8),
)
LINES = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)
SPACE = st.sampled_from(["\n\n", "\n \t\n", "\r\n\r\n", "\n\n\n\n", "\n\u00a0\n\n"])
MARKS = st.sampled_from(["", "", "", "## ", "### ", "- ", "1. ", "2. ", "  - ", "> ", "• "])
PAGES = st.lists(st.tuples(MARKS, LINES, SPACE), min_size=1, max_size=12).map(
    lambda rows: "".join(f"{mark}{line}{space}" for mark, line, space in rows)
)
HTML_PAGES = st.lists(
    st.tuples(st.sampled_from(["p", "h2", "li", "div", "td", "br", "dd", "b"]), LINES), min_size=1, max_size=12
).map(lambda rows: "<body>" + "\n".join(f"<{tag}>{line}</{tag}>" for tag, line in rows))


def read(page: str, filename: str = "page.md") -> Article:
    """Make an article of a page."""
    return parse_article(page.encode(), filename, filename, VOCABULARY)


def cut(article: Article) -> tuple[Passage, ...]:
    """Cut an article with the shipped step verbs."""
    return cut_passages(article, VOCABULARY.step_verbs)


@given(
    st.one_of(
        PAGES.map(lambda p: (p, "a.md")), PAGES.map(lambda p: (p, "a.txt")), HTML_PAGES.map(lambda p: (p, "a.html"))
    )
)
def test_passages_are_exact_and_complete(case: tuple[str, str]) -> None:
    """Slices are exact, no span is empty, no heading is crossed, every word of text is in exactly one passage."""
    try:
        article = read(*case)
    except CorpusError:
        return
    passages = cut(article)
    covered = list(article.text)
    for passage in passages:
        assert article.text[passage.start : passage.end] == passage.text
        assert passage.spans and (passage.spans[0].start, passage.spans[-1].end) == (passage.start, passage.end)
        for span in passage.spans:
            assert article.text[span.start : span.end] == span.text == span.text.strip() != ""
        around = [s for s in article.sections if s.start <= passage.start and passage.end <= s.end]
        assert [(s.heading, s.facet) for s in around] == [(passage.heading, passage.facet)]
        for position in range(passage.start, passage.end):
            assert covered[position] != "\0", "two passages share a character"
            covered[position] = "\0"
    for section in article.sections:
        left = "".join(covered[section.start : section.end]).replace("\0", "")
        assert re.sub(r"\d+\. |- ", "", left).strip() == ""
    assert len({passage.id for passage in passages}) == len(passages)


@given(
    st.lists(st.sampled_from(["Lift the bar.", "Rest a while.", "Go on!"]), min_size=1, max_size=6), st.integers(1, 3)
)
def test_ids_stay_when_unrelated_text_comes_before(lines: list[str], sections: int) -> None:
    """A passage keeps its id when a section is put in front of it, so that only what is new is embedded."""
    body = "\n\n".join(f"## Part {n}\n\n" + "\n\n".join(lines) for n in range(sections))
    before = {passage.id for passage in cut(read(body))}
    after = {passage.id for passage in cut(read(f"## Something new\n\nNothing of that.\n\n{body}"))}
    assert before < after


def test_ids_differ_where_the_same_words_stand_twice() -> None:
    """The same sentence under two headings, or twice under one, makes passages of their own."""
    page = "## A\n\nLift it.\n\n- x\n\nLift it.\n\n## B\n\nLift it."
    ids = [passage.id for passage in cut(read(page)) if passage.text == "Lift it."]
    assert len(ids) == len(set(ids)) == 3


def test_id_follows_the_title() -> None:
    """What is embedded includes the title, so a new title makes new passages."""
    old, new = (cut(read(f"---\ntitle: {title}\n---\nLift it."))[0].id for title in ("Press", "Pull"))
    assert old != new


def test_list_of_steps_stays_together_with_its_lead() -> None:
    """Twelve steps and the line that announces them are one passage; the paragraph behind is another."""
    steps = "\n".join(f"{n}. Lift the bar a little higher than before." for n in range(1, 13))
    passages = cut(read(f"## How to do it\n\nDo this:\n\n{steps}\n\nThen rest."))
    assert [len(passage.spans) for passage in passages] == [13, 1]
    assert [span.kind for span in passages[0].spans] == ["sentence"] + ["step"] * 12


def test_steps_with_bullets_are_told_from_other_lists() -> None:
    """Bullets under a how-to heading that open with a verb, or an adverb and a verb, are steps; things are not."""
    steps = "- Lift the bar\n- Slowly lower the bar\n- Gently place it down"
    page = f"## How to do it\n\n{steps}\n\n## Equipment\n\n- A bar\n- A bench"
    first, second = cut(read(page))
    assert {span.kind for span in first.spans} == {"step"}
    assert {span.kind for span in second.spans} == {"bullet"}


def test_long_sections_are_cut_between_sentences() -> None:
    """No passage of prose is much longer than ninety words unless one sentence is."""
    page = "## A\n\n" + " ".join(f"This is sentence number {n} of a long paragraph." for n in range(60))
    passages = cut(read(page))
    assert len(passages) > 4
    assert all(len(passage.text.split()) <= 90 for passage in passages)
    assert all(passage.text.endswith(".") for passage in passages)


def test_one_endless_sentence_is_not_cut() -> None:
    """A sentence without an end is one span in one passage."""
    assert len(cut(read("word " * 500))) == 1


def test_heading_path_travels_with_the_passage() -> None:
    """A passage knows its headings from the top and shows them behind the title."""
    page = "---\ntitle: Press\n---\n## Variations\n\nMany.\n\n### Floor press\n\nLie down."
    passage = cut(read(page))[-1]
    assert passage.heading == ("Variations", "Floor press")
    assert passage.label == "Press > Variations > Floor press"
    assert passage.facet == "variations"


def test_long_headlines_are_called_by_their_alias() -> None:
    """A headline of a whole sentence gives way to what the article is about."""
    page = "---\ntitle: I tried this one thing every day and now I am new\naliases: [cold bath]\n---\nText."
    assert display_name(read(page)) == "Cold bath"
    assert display_name(read("---\ntitle: Press\naliases: [push]\n---\nText.")) == "Press"
