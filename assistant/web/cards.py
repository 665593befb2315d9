"""Pure. An answer as HTML for the chat: its blocks with numbered marks, and the source cards that the marks open.

The chat's sanitizer keeps `#...` links, classes, ids, details and mark; it strips data-* and aria-*. Everything
stands on one line: in Markdown a blank line would end the HTML, and what follows would be read as Markdown.
"""

from __future__ import annotations

import re

from ..types import Answer, Block, Citation, Sentence
from .markup import highlighted, inline, link, source_items

__all__ = ["answer_html", "answer_id", "card_id", "notice_html", "question_html"]

_ANSWER = re.compile(r'<div class="answer" id="answer-\d+-(\w+)">')
_COPY = '<a href="#copy" class="copy">Copy with sources</a>'  # chat.js does it
_LISTS = {"steps": "ol", "bullets": "ul"}


def answer_html(answer: Answer, turn: int) -> str:
    """Render the whole answer; `turn` keeps the ids of one answer's cards apart from those of the others."""
    blocks = "".join(_block(block, turn, urgent=answer.status == "red_flag") for block in answer.blocks)
    name = f"answer-{turn}-{inline(answer.answer_id)}"
    return f'<div class="answer" id="{name}">{blocks}</div>{_sources(answer.citations, turn)}{_COPY}'


def question_html(question: str) -> str:
    """Render what a person asked, exactly as typed: nothing in it counts as markup."""
    return f'<p class="asked">{inline(question)}</p>'


def answer_id(markup: str) -> str | None:
    """Return the `Answer.answer_id` of what `answer_html` made; None for anything else."""
    found = _ANSWER.match(markup)
    return found[1] if found else None


def notice_html(message: str) -> str:
    """Render a message of ours in the place of an answer; `transcript.turns` leaves it out of the history."""
    return f'<div class="answer failed"><p class="notice">{inline(message)}</p></div>'


def card_id(turn: int, number: int) -> str:
    """Return the id of one citation's card; chat.js knows this form."""
    return f"cite-{turn}-{number}"


def _block(block: Block, turn: int, *, urgent: bool) -> str:
    if tag := _LISTS.get(block.kind):
        return f"<{tag}>{''.join(f'<li>{_sentence(s, turn)}</li>' for s in block.sentences)}</{tag}>"
    css_class = {True: ' class="notice urgent"', False: ' class="notice"'}[urgent] if block.kind == "notice" else ""
    return f"<p{css_class}>{' '.join(_sentence(s, turn) for s in block.sentences)}</p>"


def _sentence(sentence: Sentence, turn: int) -> str:
    marks = "".join(f'<a href="#{card_id(turn, n)}" class="cite">{n}</a>' for n in sentence.citations)
    return inline(sentence.text) + marks


def _sources(citations: tuple[Citation, ...], turn: int) -> str:
    if not citations:
        return ""
    cards = "".join(_card(citation, turn) for citation in citations)
    return f'<details class="sources"><summary>Sources ({len(citations)})</summary>{cards}</details>'


def _card(citation: Citation, turn: int) -> str:
    """Render one citation: where it stands, the passage with the quoted words marked, links to read on."""
    place = " › ".join(inline(part) for part in (citation.title, *citation.section))
    read = link(citation.url, "Read in the article", "read")
    drawn = source_items(citation.sources)
    return (
        f'<details id="{card_id(turn, citation.number)}" class="source-card">'
        f"<summary>{citation.number} · {place}</summary>"
        f'<blockquote class="passage">{highlighted(citation.passage, citation.quotes)}</blockquote>'
        + (f"<p>{read}</p>" if citation.url and read.startswith("<a") else "")
        + (f'<p class="drawn">The article draws on</p><ul class="drawn">{drawn}</ul>' if drawn else "")
        + "</details>"
    )
