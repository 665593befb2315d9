"""Pure: real questions that the corpus answers, for a start screen and after "not covered"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from .passages import display_name
from .types import Article, Hit, Interpretation
from .vocabulary import Vocabulary

__all__ = ["offer", "starters"]

_ARTICLES = 4
_MOST = 12
"""More than are shown: the caller drops those it would not answer."""


def starters(articles: Sequence[Article], vocabulary: Vocabulary) -> tuple[str, ...]:
    """Questions of the first facets of the vocabulary that the articles have, the articles taking turns."""
    own = [[question for _, question in _questions(article, vocabulary)] for article in articles[:_ARTICLES]]
    turns = (question for turn in zip_longest(*own) for question in turn if question)
    return tuple(dict.fromkeys(turns))[:_MOST]


def offer(
    asked: Interpretation, hits: Iterable[Hit], articles: dict[str, Article], vocabulary: Vocabulary
) -> tuple[str, ...]:
    """Questions near what was asked: the nearest facets, in the articles that were found for it."""
    found = list(dict.fromkeys(hit.passage.article for hit in hits))[:_ARTICLES]
    every = [(place, *pair) for place, id_ in enumerate(found) for pair in _questions(articles[id_], vocabulary)]
    every.sort(key=lambda entry: (-asked.facet_meaning.get(entry[1], 0.0), entry[0]))
    return tuple(dict.fromkeys(question for _, _, question in every))[:_MOST]


def _questions(article: Article, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """Facet and question: the author's own, which have no facet, or one for each facet that the article has."""
    if article.questions:
        return [("", question) for question in article.questions]
    return [(facet, _question(article, facet, vocabulary)) for facet in _facets(article, vocabulary)]


def _facets(article: Article, vocabulary: Vocabulary) -> list[str]:
    own = {section.facet for section in article.sections}
    return [facet.name for facet in vocabulary.facets if facet.name in own]


def _question(article: Article, facet: str, vocabulary: Vocabulary) -> str:
    name = display_name(article)
    plain = name if name.isupper() or name[1:2].isupper() else name[:1].lower() + name[1:]
    return next(entry.suggest for entry in vocabulary.facets if entry.name == facet).format(name=plain)
