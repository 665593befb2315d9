"""Which articles a question is put to: those of its subject and the guides, or the whole corpus.

In a corpus with guides every other article has a subject or a topic of its own, and what it says of a subject holds for
no other. So a question is put to the articles of the subjects and topics it names, one that names none to the first
article, and each time to the guides too. One that asks which to take is put to all articles with the tags it names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from .choosing import Choice, Chooser
from .cues import small_talk
from .evidence import Candidate
from .index import Index
from .lexicon import Lexicon, make_lexicon
from .meaning import Concepts
from .names import find_names, leans, subjects
from .passages import display_name
from .retriever import Searcher
from .text import stems
from .types import Turn
from .vocabulary import Vocabulary

__all__ = ["Library", "Shelf"]

_ORDER = ("subject", "topic", "guide")
_KEPT = 256
"""Shelves that are kept for the next question on the same subjects."""
_WHAT_IT_IS = "definition"


@dataclass(frozen=True)
class Shelf:
    """Some articles: how they are searched, and their words."""

    searcher: Searcher
    lexicon: Lexicon
    concepts: Concepts
    wider: Shelf | None = None
    """Where to look too when nothing was named."""
    choice: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Ids of the articles that have what is asked for, the most fitting first, each with the facets it has it in."""
    implied: str = ""
    """The subject of a question that names none; empty where several may be meant."""
    wanted: frozenset[str | int] = frozenset()
    """What they were chosen by, as `Concepts` has it."""
    openings: frozenset[tuple[str, int]] = frozenset()
    """Article and start of the passages that say what a thing is."""

    def fitting(self, ranked: Sequence[tuple[float, Candidate]]) -> list[tuple[float, Candidate]]:
        """Those of some candidates that are about what their article was chosen by."""
        return [
            (score, candidate)
            for score, candidate in ranked
            if candidate.hit.passage.facet in self.choice.get(candidate.hit.passage.article, ())
        ]

    def tells(self, candidate: Candidate) -> bool:
        """Whether a span has what the articles were chosen by, or says what the thing is where that was asked for."""
        passage, span = candidate.hit.passage, candidate.span
        if passage.facet == _WHAT_IT_IS:
            return (passage.article, span.start) in self.openings
        return bool(self.wanted & self.concepts.of_text(span.text))


class Library:
    """A corpus and its shelves. Thread-safe.

    Attributes:
        whole: the shelf of all articles.
        vocabulary: what is known of words.
        about_condition: the displayed name of the article on a category of the guard's policy.

    """

    def __init__(self, index: Index, encoder: Any, vocabulary: Vocabulary, *, by_keyword: bool = True) -> None:
        self._articles = index.articles
        self._passages = index.passages
        self.vocabulary = vocabulary
        self._known = encoder.knows
        lexicon = self._lexicon(frozenset(article.id for article in index.articles))
        searcher = Searcher(index, encoder, by_keyword=by_keyword)
        own = [article for article in index.articles if article.kind != "guide"]
        implied = lexicon.main if len(own) == 1 else ""
        self.whole = Shelf(searcher, lexicon, Concepts(lexicon, vocabulary), implied=implied)
        self._guides = {article.id for article in index.articles if article.kind == "guide"}
        self._ids = {display_name(article): article.id for article in own}
        self.about_condition = {c: display_name(a) for a in reversed(index.articles) for c in a.conditions}
        self._first = own[0].id if own else ""
        self._divided = bool(self._guides) and len(own) > 1
        names = {tuple(stems(alias)): display_name(a) for a in reversed(own) for alias in (*a.names, display_name(a))}
        self._titles = replace(lexicon, names=names)
        self._chooser = Chooser(
            self._articles, self._passages, self._titles, self._ids, self.whole.concepts, vocabulary
        )
        self._shelf = lru_cache(maxsize=_KEPT)(self._make)
        self._choice = lru_cache(maxsize=_KEPT)(self._make_choice)

    def shelf(self, question: str, history: Sequence[Turn]) -> Shelf:
        """The articles that a question is put to."""
        if not self._divided:
            return self.whole
        if chosen := self._chooser.choice(question, history):
            return self._choice(chosen)
        named = subjects(question, history, self._titles, self.vocabulary)
        if not named and self._chooser.chooses_any(question):
            return self._shelf(frozenset(), wide=True)
        if (
            named
            and self._titles.topics.issuperset(named)
            and not subjects(question, (), self._titles, self.vocabulary)
        ):
            return self._shelf(frozenset(self._ids[name] for name in named), wide=False)  # "how often?" of no subject
        if named:
            return self._shelf(self._about(named), wide=False)
        first = self._shelf(self._about([self._titles.main]), wide=True)
        asked = any(turn.role == "user" and not small_talk(turn.text, self.vocabulary) for turn in history)
        if leans(question, self.vocabulary) and not asked:  # "how do I do it?" is likeliest about the first
            return replace(first, wider=None, implied=first.lexicon.main)
        return first

    @cached_property
    def _unnamed(self) -> Shelf:
        """All articles, with none that is meant where nothing is named."""
        return replace(self.whole, lexicon=replace(self.whole.lexicon, main=""))

    @cached_property
    def _told_first(self) -> frozenset[str]:
        """Other subjects that the first article has a section on: it may say more of them than their own articles."""
        sections = next((article.sections for article in self._articles if article.id == self._first), ())
        headings = [" ".join(section.heading[-1:]) for section in sections]
        return frozenset(
            name for text in headings for name in find_names(text, self._titles, self.vocabulary, whole=True)
        )

    def _about(self, named: Iterable[str]) -> frozenset[str]:
        """The articles on these subjects."""
        return frozenset(
            article for name in named for article in (self._ids[name], self._first if name in self._told_first else "")
        ) - {""}

    def _make(self, subject: frozenset[str], *, wide: bool) -> Shelf:
        articles = subject | self._guides
        lexicon = replace(self._lexicon(articles), every_name=self._titles.names, every_topic=self._titles.topics)
        searcher = self.whole.searcher.within(articles, self.vocabulary.stop_words)
        return Shelf(searcher, lexicon, self.whole.concepts.of_corpus(lexicon), self._unnamed if wide else None)

    def _make_choice(self, choice: Choice) -> Shelf:
        articles = dict(choice.articles)
        facets = frozenset[str]().union(*articles.values())
        searcher = self.whole.searcher.within(articles, self.vocabulary.stop_words, facets)
        lexicon = self._unnamed.lexicon
        wanted = frozenset(counted for tag in choice.tags for counted in self._chooser.tags[tag])
        starts = [(p.article, p.start) for p in reversed(self._passages) if p.facet == _WHAT_IT_IS]
        openings = frozenset(dict(starts).items())
        return Shelf(searcher, lexicon, self.whole.concepts, choice=articles, wanted=wanted, openings=openings)

    def _lexicon(self, articles: frozenset[str]) -> Lexicon:
        own = [article for article in self._articles if article.id in articles]
        own.sort(key=lambda article: _ORDER.index(article.kind))  # the subject's first: it is meant if nothing is named
        texts = [f"{passage.label} {passage.text}" for passage in self._passages if passage.article in articles]
        return make_lexicon(own, texts, self.vocabulary, [display_name(article) for article in own], self._known)
