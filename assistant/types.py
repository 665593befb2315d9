"""The nouns: what the parts of Backchat hand to each other.

All are frozen; all offsets are Unicode code points into `Article.text`, end exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = [
    "Answer",
    "Article",
    "Block",
    "BlockKind",
    "Citation",
    "Hit",
    "Interpretation",
    "Level",
    "Passage",
    "Quote",
    "Section",
    "Sentence",
    "Source",
    "Span",
    "Status",
    "Turn",
    "Verdict",
]

Status = Literal["answered", "not_covered", "declined", "red_flag"]
BlockKind = Literal["paragraph", "steps", "bullets", "notice"]
Level = Literal["EMERGENCY", "URGENT", "CAUTION", "MEDICAL_REQUEST", "GENERAL", "OFF_TOPIC", "ABUSE_INJECTION"]


@dataclass(frozen=True, slots=True)
class Source:
    """A text that an article draws on."""

    key: str
    title: str
    publisher: str
    url: str


@dataclass(frozen=True, slots=True)
class Section:
    """The stretch of an article under one heading, without its subsections."""

    heading: tuple[str, ...]
    """Path of headings from the top, the section's own last; empty before the first heading."""
    facet: str | None
    start: int
    end: int
    sources: tuple[str, ...] = ()
    """Keys of the sources the section itself cites; empty when it cites none."""


ArticleKind = Literal["subject", "topic", "guide"]
"""A subject of its own; a topic that holds for any subject, asked when it is named; a guide, which is always asked."""


@dataclass(frozen=True, slots=True)
class Article:
    """One text of the corpus, cleaned, with its sections in reading order."""

    id: str
    title: str
    text: str
    sections: tuple[Section, ...]
    aliases: tuple[str, ...] = ()
    """What it is called too, as its page tells."""
    url: str | None = None
    """Where this very text is published; None when only Backchat shows it."""
    sources: tuple[Source, ...] = ()
    author: str | None = None
    licence: str | None = None
    date: str | None = None
    questions: tuple[str, ...] = ()
    """Questions that it answers, as its author puts them; empty: they are made from its facets."""
    tags: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By facet the plain words that it is found by among the others, the chief ones first."""
    kind: ArticleKind = "subject"
    easier: tuple[str, ...] = ()
    """Ids of articles on what one does before this."""
    harder: tuple[str, ...] = ()
    """Ids of articles on what one goes on to."""
    asked_as: tuple[str, ...] = ()
    """What else in a question names it, such as misspellings; shown nowhere."""
    described: tuple[str, ...] = ()
    """How people describe it who do not know its name; shown nowhere."""
    conditions: tuple[str, ...] = ()
    """Categories of the guard's policy that it is about: who has one and names no subject may mean it."""

    @property
    def names(self) -> tuple[str, ...]:
        """All that names it in a question beside its title."""
        return (*self.aliases, *self.asked_as)


@dataclass(frozen=True, slots=True)
class Span:
    """One quotable unit of a passage: a sentence, or a whole list item."""

    start: int
    end: int
    text: str
    kind: Literal["sentence", "step", "bullet"]


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded and retrieved: some sentences, or a list, of one section.

    Always `article.text[start:end] == text`.
    """

    id: str
    article: str
    title: str
    heading: tuple[str, ...]
    facet: str | None
    start: int
    end: int
    text: str
    spans: tuple[Span, ...]

    @property
    def label(self) -> str:
        """The article's title and the heading path, as embedded in front of the text."""
        return " > ".join((self.title, *self.heading))


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search found, with its fused score and its rank (from 1) in each list; None: not in it."""

    passage: Passage
    score: float
    dense_rank: int | None = None
    keyword_rank: int | None = None
    keyword_score: float = 0.0
    """BM25 score."""
    similarity: float = 0.0
    """Cosine of question and passage."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article, verbatim."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """Where sentences of an answer come from: one passage, with the words that are quoted."""

    number: int
    article: str
    title: str
    section: tuple[str, ...]
    facet: str | None
    url: str | None
    sources: tuple[Source, ...]
    passage: Quote
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the numbers of the citations that carry it."""

    text: str
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a list of steps or bullets, or a notice in our own words (which cites nothing)."""

    kind: BlockKind
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says of the conversation."""

    level: Level = "GENERAL"
    category: str | None = None
    also: tuple[tuple[Level, str], ...] = ()
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a conversation."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a question asks, once follow-ups are resolved."""

    question: str
    """The question to retrieve for, understandable without the conversation."""
    query: str = ""
    """The question as it is searched for, with the corpus's words for the reader's."""
    facets: tuple[str, ...] = ()
    """Facets the question asks for, most likely first."""
    nameless: str = ""
    """The question with a pronoun for what it names: facets are told by it."""
    facet_meaning: Mapping[str, float] = field(default_factory=dict)
    """How near the question is in meaning to questions of each facet; sums to 1."""
    wants: tuple[str, ...] = ()
    """Kinds of answer asked for, e.g. number, person, steps; see the vocabulary's `answer_kinds`."""
    focus: str | None = None
    """The word that is counted or measured, e.g. "sets"."""
    names: tuple[str, ...] = ()
    """Names of the corpus the question is about, said or carried over."""
    subject: tuple[str, ...] = ()
    """Stems that name what is talked about anyway (titles and aliases of the corpus)."""
    overview: bool = False
    """Whether the question names little beside its subject and facet: it asks for the whole, not for a detail."""
    bare: bool = False
    """Whether it says nothing but names: what they are is asked."""
    ordinal: int | None = None
    """The step or item asked for, from 1 (-1: the last)."""
    claim: bool = False
    """Whether it says something and asks for a yes: what it says may be wrong, so the articles need not have it."""
    without_premise: str = ""
    """What it asks once its premise is left out: so it is said back where only the premise is covered."""
    heard: str = ""
    """What was answered before."""
    further: bool = False
    """Whether other things than that are asked for."""
    added: tuple[str, ...] = ()
    """Words that a follow-up adds to the question before."""
    premise: bool = False
    """Whether it is what another part takes for granted: answered only where that part is not covered."""
    in_light: Interpretation | None = None
    """The same as said behind the last question: tried where it is not covered as it stands."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer; `to_dict` gives the public contract's form."""

    question: str
    status: Status
    blocks: tuple[Block, ...]
    citations: tuple[Citation, ...] = ()
    verdict: Verdict = field(default_factory=Verdict)
    disclaimer: str = ""
    suggestions: tuple[str, ...] = ()
    answer_id: str = ""
    mode: Literal["quotes"] = "quotes"
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What a person reads: no citation marks, no standing disclaimer."""
        return "\n\n".join(_block_text(block, marks=False) for block in self.blocks)

    @property
    def markdown(self) -> str:
        """The text with citation marks like `[1]` after each sentence."""
        return "\n\n".join(_block_text(block, marks=True) for block in self.blocks)

    def to_dict(self) -> dict[str, Any]:
        """The answer as the public contract's JSON object (without the caller's `id`)."""
        body = asdict(self)
        body["text"] = self.text
        body["verdict"]["also"] = [{"level": level, "category": category} for level, category in self.verdict.also]
        for citation in body["citations"]:
            citation["section"] = " > ".join(citation["section"])
            citation["sources"] = [{k: s[k] for k in ("title", "publisher", "url")} for s in citation["sources"]]
        order = ("answer_id", "question", "status", "mode", "text", "blocks", "citations", "verdict")
        tail = ("disclaimer", "suggestions", "timings_ms", "versions")
        return {key: body[key] for key in (*order, *tail)}

    def __add__(self, later: Answer) -> Answer:
        """Streams give the growing answer, each piece holding all before it: the later one stands for both."""
        return later


def _block_text(block: Block, *, marks: bool) -> str:
    """One block as Markdown: a paragraph on one line, a list on one line per item."""
    lines = []
    for number, sentence in enumerate(block.sentences, start=1):
        mark = "".join(f" [{n}]" for n in sentence.citations) if marks else ""
        lead = {"steps": f"{number}. ", "bullets": "- "}.get(block.kind, "")
        lines.append(f"{lead}{sentence.text}{mark}")
    return ("\n" if block.kind in ("steps", "bullets") else " ").join(lines)
