"""The answer as HTML, and back."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.types import Answer, Block, BlockKind, Quote, Sentence, Turn
from assistant.web.cards import answer_html, notice_html, question_html
from assistant.web.markup import highlighted, inline, link, safe_url
from assistant.web.transcript import plain_text, turns
from tests.web.fakes import DOSE, answer, citation, nasty_answer, quote

ALLOWED = {
    "div": {"class", "id"}, "p": {"class"}, "ol": set(), "ul": {"class"}, "li": set(), "br": set(), "mark": set(),
    "a": {"href", "class", "rel"}, "details": {"id", "class"}, "summary": set(), "blockquote": {"class"}, "span": set(),
}  # fmt: skip


class Tags(HTMLParser):
    """Collects the start tags of a piece of HTML."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the tag."""
        self.found.append((tag, dict(attrs)))


def test_each_sentence_is_followed_by_links_to_its_cards() -> None:
    """A mark links to the card of its citation in this turn."""
    markup = answer_html(answer(), 3)
    assert 'repetitions.<a href="#cite-3-1" class="cite">1</a>' in markup
    targets = {attrs["href"] for tag, attrs in Tags(markup).found if tag == "a" and attrs.get("class") == "cite"}
    cards = {f"#{attrs['id']}" for tag, attrs in Tags(markup).found if attrs.get("class") == "source-card"}
    assert targets == cards == {"#cite-3-1", "#cite-3-2"}


def test_blocks_have_their_own_elements() -> None:
    """Steps are numbered, bullets are not, notices carry a class, and an urgent one another."""
    sentence = (Sentence("Words."),)
    blocks = tuple(Block(kind, sentence) for kind in ("paragraph", "steps", "bullets", "notice"))
    whole = Answer("?", "answered", blocks)
    assert answer_html(whole, 1) == (
        '<div class="answer" id="answer-1-"><p>Words.</p><ol><li>Words.</li></ol><ul><li>Words.</li></ul>'
        '<p class="notice">Words.</p></div><a href="#copy" class="copy">Copy with sources</a>'
    )
    assert '<p class="notice urgent">' in answer_html(replace(whole, status="red_flag"), 1)


def test_a_card_shows_the_passage_with_the_quoted_words_marked() -> None:
    """Title and section in the summary, the quote in mark, links to the article and its sources."""
    markup = answer_html(replace(answer(), citations=(citation(1, "How often", DOSE, "Rest for one minute"),)), 1)
    assert "<summary>1 · Floor lift › How often</summary>" in markup
    assert "repetitions. <mark>Rest for one minute</mark> between sets." in markup
    assert '<a href="/articles/floor-lift#how-often" class="read" rel="noopener">Read in the article</a>' in markup
    assert '<a href="https://example.org/mat" rel="noopener">The mat book</a> <span>Mat Press</span>' in markup


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", "//evil.example", "data:text/html,x"])
def test_no_link_without_an_address_to_follow(url: str | None) -> None:
    """A citation without a safe address has no link to the article."""
    markup = answer_html(replace(answer(), citations=(citation(1, "How often", DOSE, url=url),)), 1)
    assert "Read in the article" not in markup


def test_the_markup_stands_on_one_line() -> None:
    """A line end would let Markdown read on: there is none, whatever the texts hold."""
    text = "First.\n\n# Heading\r\n    code\u2028more"
    whole = Answer("?", "answered", (Block("paragraph", (Sentence(text),)),))
    assert len(answer_html(whole, 1).splitlines()) == 1
    assert len(question_html(text).splitlines()) == 1


def test_hostile_texts_stay_texts() -> None:
    """Only our own elements and attributes come out, and every link is http, a path or a mark."""
    for tag, attrs in Tags(answer_html(nasty_answer(), 1)).found:
        assert set(attrs) <= ALLOWED[tag], (tag, attrs)
        assert (attrs.get("href") or "/").startswith(("http", "/", "#cite-1-", "#copy"))


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 70), st.integers(0, 70)), max_size=5))
def test_marking_changes_no_word(text: str, spans: list[tuple[int, int]]) -> None:
    """Without the marks the passage is the escaped passage, wherever the quotes lie."""
    marked = highlighted(Quote(5, 5 + len(text), text), [Quote(a, b, "") for a, b in spans])
    assert marked.replace("<mark>", "").replace("</mark>", "") == highlighted(Quote(5, 5 + len(text), text), [])


def test_quotes_that_touch_share_one_mark() -> None:
    """Overlapping quotes are not nested."""
    passage = quote("Lift your chest a little.")
    marked = highlighted(passage, [quote("Lift your chest"), quote("chest a")])
    assert marked == "<mark>Lift your chest a</mark> little."


SENTENCES = st.text(min_size=1, max_size=40).map(lambda t: " ".join(t.split())).filter(bool)
KINDS: st.SearchStrategy[BlockKind] = st.sampled_from(("paragraph", "steps", "bullets", "notice"))
BLOCKS = st.lists(
    st.builds(
        Block, KINDS, st.lists(st.builds(Sentence, SENTENCES, st.just((1, 2))), min_size=1, max_size=3).map(tuple)
    ),
    min_size=1,
    max_size=4,
)


@given(BLOCKS)
def test_the_answers_text_can_be_read_back(blocks: list[Block]) -> None:
    """plain_text undoes answer_html, so that the page itself keeps the conversation."""
    whole = replace(answer(), blocks=tuple(blocks))
    assert plain_text(answer_html(whole, 1)).split() == whole.text.split()


@given(SENTENCES)
def test_the_question_can_be_read_back(question: str) -> None:
    """A question survives its way into the page and back, markup and all."""
    assert plain_text(question_html(question)) == question


def test_turns_leave_out_failed_exchanges() -> None:
    """A message of ours in place of an answer is no turn, nor is the question before it."""
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": question_html("How often?")},
        {"role": "assistant", "content": [{"type": "text", "text": answer_html(answer(), 1)}]},
        {"role": "user", "content": question_html("x" * 9)},
        {"role": "assistant", "content": notice_html("The question is too long.")},
        {"role": "user", "content": {"type": "text", "text": question_html("And then?")}},
    ]
    assert turns(messages) == [
        Turn("user", "How often?"),
        Turn("assistant", answer().text),
        Turn("user", "And then?"),
    ]


@pytest.mark.parametrize("content", [None, 7, [], {}, [None], {"type": "file", "file": {}}])
def test_messages_of_another_form_are_no_turns(content: object) -> None:
    """What is not text is left out instead of failing."""
    assert turns([{"role": "user", "content": content}]) == []


@pytest.mark.parametrize(
    "url",
    ["java\nscript:alert(1)", " javascript:x", "http://", "https:\\\\evil", "/\\evil", "http://[", "ftp://x/y", ""],
)
def test_addresses_nobody_should_follow(url: str) -> None:
    """Scripts, hidden hosts and broken addresses are no links."""
    assert safe_url(url) is None
    assert link(url, "a<b") == "a&lt;b"


def test_inline_keeps_the_words() -> None:
    """Escaped, one line, blank lines gone."""
    assert inline(' a & "b"\n\n <i> ') == "a &amp; &quot;b&quot;<br>&lt;i&gt;"
