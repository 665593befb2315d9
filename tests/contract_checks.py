"""The public contract's invariants of an answer, to be reused by every test that gets one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any, get_args

from assistant.types import Answer, Article, Block, BlockKind, Citation, Level, Status

__all__ = ["ANSWER_FIELDS", "CITATION_FIELDS", "assert_contract", "same"]

ANSWER_FIELDS = (
    "answer_id", "question", "status", "mode", "text", "blocks", "citations", "verdict", "disclaimer", "suggestions",
    "timings_ms", "versions",
)  # fmt: skip
CITATION_FIELDS = ("number", "article", "title", "section", "facet", "url", "sources", "passage", "quotes")
_SUBJECT = re.compile(r"^\[[^\]]+\] ")


def same(answer: Answer) -> dict[str, Any]:
    """Everything of an answer but how long it took."""
    return {key: value for key, value in answer.to_dict().items() if key != "timings_ms"}


def assert_contract(answer: Answer, articles: Iterable[Article]) -> None:
    """Fail when a complete answer breaks an invariant of the public contract."""
    by_id = {article.id: article for article in articles}
    assert answer.status in get_args(Status)
    assert answer.mode == "quotes"
    assert answer.verdict.level in get_args(Level)
    assert answer.blocks, "an answer says something"
    for citation in answer.citations:
        _check_citation(citation, by_id[citation.article])
    passages = [(citation.article, citation.passage.start) for citation in answer.citations]
    assert len(passages) == len(set(passages)), "one citation for each passage"
    quotes = {citation.number: [quote.text for quote in citation.quotes] for citation in answer.citations}
    used: list[int] = []
    for block in answer.blocks:
        used += _check_block(block, quotes)
    assert list(dict.fromkeys(used)) == list(range(1, len(answer.citations) + 1)), "numbered by first use, all used"
    said = {_SUBJECT.sub("", s.text) for block in answer.blocks for s in block.sentences}
    said |= {s.text for block in answer.blocks for s in block.sentences}
    assert all(text in said for texts in quotes.values() for text in texts), "nothing is cited that is not shown"
    if answer.status != "answered":
        assert [block.kind for block in answer.blocks] == ["notice"], "a stopped answer is one notice"
    _check_dict(answer)


def _check_citation(citation: Citation, article: Article) -> None:
    assert citation.title
    assert citation.section in {section.heading for section in article.sections}
    assert citation.quotes, "a citation quotes something"
    for quote in (citation.passage, *citation.quotes):
        assert quote.text
        assert article.text[quote.start : quote.end] == quote.text, "offsets are code points into the article's text"
    for quote in citation.quotes:
        assert citation.passage.start <= quote.start <= quote.end <= citation.passage.end
    assert len(set(citation.quotes)) == len(citation.quotes)


def _check_block(block: Block, quotes: dict[int, list[str]]) -> list[int]:
    assert block.kind in get_args(BlockKind)
    assert block.sentences
    used: list[int] = []
    for sentence in block.sentences:
        assert sentence.text.strip()
        if block.kind == "notice":
            assert not sentence.citations, "a notice cites nothing"
            continue
        assert sentence.citations, "every sentence that is no notice carries a citation"
        told = [text for number in sentence.citations for text in quotes[number]]
        assert sentence.text in told or _SUBJECT.sub("", sentence.text) in told, f"not a quote: {sentence.text!r}"
        used += sentence.citations
    return used


def _check_dict(answer: Answer) -> None:
    body = json.loads(json.dumps(answer.to_dict(), allow_nan=False))
    assert tuple(body) == ANSWER_FIELDS
    assert all(tuple(citation) == CITATION_FIELDS for citation in body["citations"])
    assert body["text"] == answer.text
    assert not re.search(r"\[\d+\]", body["text"]), "the text has no citation marks"
    assert not answer.disclaimer or answer.disclaimer not in body["text"]
