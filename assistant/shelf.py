"""Which articles a question is put to: those of its subject and the guides, or the whole corpus.

In a corpus with guides every other article has a subject of its own. What it says holds for no other: a question that
names subjects is put to their articles, one that names none to the first article, and each time to the guides too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

from .index import Index
from .lexicon import Lexicon, make_lexicon
from .meaning import Concepts
from .names import find_names, leans, subjects
from .passages import display_name
from .retriever import Searcher
from .types import Interpretation, Turn
from .vocabulary import Vocabulary

__all__ = ["Library", "Shelf"]

_KEPT = 256
"""Shelves that are kept for the next question on the same subjects."""


@dataclass(frozen=True)
class Shelf:
    """Some articles: how they are searched, and their words."""

    searcher: Searcher
    lexicon: Lexicon
    concepts: Concepts
    wider: Shelf | None = None
    """Where to look when nothing was named and nothing is found here."""

    def points_further(self, asked: Interpretation) -> bool:
        """Whether a question has a term that no article here knows, but one of the wider shelf."""
        if self.wider is None:
            return False
        unknown = [wanted for wanted, _, known in self.concepts.of_question(asked) if not known]
        elsewhere = [wanted for wanted, _, known in self.wider.concepts.of_question(asked) if known]
        return any(wanted in elsewhere for wanted in unknown)


class Library:
    """A corpus and its shelves. Thread-safe.

    Attributes:
        whole: the shelf of all articles.

    """

    def __init__(self, index: Index, encoder: Any, vocabulary: Vocabulary, *, by_keyword: bool = True) -> None:
        self._articles = index.articles
        self._passages = index.passages
        self._vocabulary = vocabulary
        self._known = encoder.knows
        lexicon = self._lexicon(frozenset(article.id for article in index.articles))
        searcher = Searcher(index, encoder, by_keyword=by_keyword)
        self.whole = Shelf(searcher, lexicon, Concepts(lexicon, vocabulary))
        own = [article for article in index.articles if not article.guide]
        self._guides = {article.id for article in index.articles if article.guide}
        self._ids = {display_name(article): article.id for article in own}
        self._first = own[0].id if own else ""
        self._divided = bool(self._guides) and len(own) > 1
        headings = {key for key, name in lexicon.names.items() if name not in self._ids}
        self._titles = replace(lexicon, names={k: n for k, n in lexicon.names.items() if k not in headings})
        self._shelf = lru_cache(maxsize=_KEPT)(self._make)

    def shelf(self, question: str, history: Sequence[Turn]) -> Shelf:
        """The articles that a question is put to."""
        if not self._divided:
            return self.whole
        named = subjects(question, history, self._titles, self._vocabulary)
        return self._shelf(
            self._about(named or [self._titles.main]), wide=not named and not leans(question, self._vocabulary)
        )

    @cached_property
    def _told_first(self) -> frozenset[str]:
        """Other subjects that the first article has a section on: it may say more of them than their own articles."""
        sections = next((article.sections for article in self._articles if article.id == self._first), ())
        headings = [" ".join(section.heading[-1:]) for section in sections]
        return frozenset(
            name for text in headings for name in find_names(text, self._titles, self._vocabulary, whole=True)
        )

    def _about(self, named: Iterable[str]) -> frozenset[str]:
        """The articles on these subjects."""
        return frozenset(
            article for name in named for article in (self._ids[name], self._first if name in self._told_first else "")
        ) - {""}

    def _make(self, subject: frozenset[str], *, wide: bool) -> Shelf:
        articles = subject | self._guides
        lexicon = self._lexicon(articles)
        searcher = self.whole.searcher.within(articles, self._vocabulary.stop_words)
        wider = replace(self.whole, lexicon=replace(self.whole.lexicon, main="")) if wide else None
        return Shelf(searcher, lexicon, self.whole.concepts.of_corpus(lexicon), wider)

    def _lexicon(self, articles: frozenset[str]) -> Lexicon:
        own = [article for article in self._articles if article.id in articles]
        own.sort(key=lambda article: article.guide)  # the subject's first: it is meant when nothing is named
        texts = [f"{passage.label} {passage.text}" for passage in self._passages if passage.article in articles]
        return make_lexicon(own, texts, self._vocabulary, [display_name(article) for article in own], self._known)
