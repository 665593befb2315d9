"""Dense and keyword search, fused; also as a LangChain retriever."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
from langchain_chroma import Chroma
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from numpy.typing import NDArray
from pydantic import Field

from .collection import COLLECTION
from .embedding import Encoder
from .index import Index
from .keywords import KeywordIndex
from .lexicon import Lexicon
from .text import stems
from .types import Hit

__all__ = ["DENSE_WEIGHT", "HybridRetriever", "QuestionEmbeddings", "Searcher", "fuse", "on_subject"]

DENSE_WEIGHT = 0.75
"""Weight of the cosine; chosen on six public question sets (`python -m eval bench --sets`)."""
_DEPTH = 100
_FACET_WEIGHT = 0.3
_MARGIN = 0.1

Vector = NDArray[np.float32]


def fuse(
    cosines: Mapping[int, float], keyword_scores: Mapping[int, float], dense_weight: float = DENSE_WEIGHT
) -> dict[int, float]:
    """Convex combination of cosine and keyword score, the latter as a share of its highest value.

    After Bruch, Gai and Ingber 2023, "An Analysis of Fusion Functions for Hybrid Retrieval" (doi 10.1145/3596512), who
    found it better than reciprocal rank fusion. Depends on neither list's order. An entry missing from one list counts
    0 there.

    >>> fuse({1: 0.8, 2: 0.4}, {2: 6.0}, 0.5)
    {1: 0.4, 2: 0.7}
    """
    highest = max(keyword_scores.values(), default=0.0) or 1.0
    return {
        key: dense_weight * cosines.get(key, 0.0) + (1 - dense_weight) * keyword_scores.get(key, 0.0) / highest
        for key in sorted(cosines.keys() | keyword_scores.keys())
    }


class QuestionEmbeddings(Embeddings):
    """The encoder in LangChain's form."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of texts."""
        return [[float(x) for x in row] for row in self._encoder.encode(texts)]

    def embed_query(self, text: str) -> list[float]:
        """Unit vector of one text."""
        return self.embed_documents([text])[0]


class Searcher:
    """Search over an open index, dense and by keyword unless told otherwise. Thread-safe."""

    def __init__(self, index: Index, encoder: Encoder, *, by_keyword: bool = True) -> None:
        self.index = index
        self._by_keyword = by_keyword
        self.encoder = encoder
        self._keywords = index.keywords
        self._places: Sequence[int] = range(len(index.passages))
        self._only: dict[str, Any] | None = None
        self.store = Chroma(
            client=index.client,
            collection_name=COLLECTION,
            embedding_function=QuestionEmbeddings(encoder),
            create_collection_if_not_exists=False,
        )

    def within(
        self, articles: Collection[str], stop_words: frozenset[str], facets: Collection[str] | None = None
    ) -> Searcher:
        """Search in some articles only, by their ids; a rare word is then one that is rare in them.

        Args:
            articles: their ids.
            stop_words: words that count for nothing.
            facets: if any, only what has one of them is searched.
        """
        other = copy.copy(self)
        other._places = [
            i
            for i, passage in enumerate(self.index.passages)
            if passage.article in articles and (facets is None or passage.facet in facets)
        ]
        texts = [f"{self.index.passages[i].label} {self.index.passages[i].text}" for i in other._places]
        other._keywords = KeywordIndex.build(texts, stop_words)
        other._only = {"article": {"$in": sorted(articles)}}
        if facets is not None:
            other._only = {"$and": [other._only, {"facet": {"$in": sorted(facets)}}]}
        return other

    def search(self, question: str, vector: Vector, k: int, facets: Mapping[str, float] | None = None) -> list[Hit]:
        """The k best passages, best first; ties go to the smaller passage id.

        Args:
            question: gives the keywords.
            vector: its unit vector, shape (dimension,).
            k: how many; fewer only when there are fewer.
            facets: how much the question asks for each facet; passages of that facet gain.

        Raises:
            ValueError: k is smaller than 1.
        """
        if k < 1:
            raise ValueError(f"k must be at least 1, not {k}")
        passages = self.index.passages
        cosines = self.index.nearest(vector, min(max(_DEPTH, k), len(self._places)), self._only)
        scores = self._keywords.scores(stems(question) if self._by_keyword else ())
        highest = np.argsort(-scores, kind="stable")[: max(_DEPTH, k)]
        keywords = {self._places[i]: float(scores[i]) for i in highest if scores[i] > 0}
        fused = fuse(cosines, keywords)
        if len(fused) < min(k, len(self._places)):  # the graph does not reach every one of many like passages
            fused = dict.fromkeys(self._places, min(0.0, *fused.values())) | fused
        if facets:
            fused = {i: score + _FACET_WEIGHT * facets.get(passages[i].facet or "", 0.0) for i, score in fused.items()}
        best = sorted(fused, key=lambda i: (-fused[i], passages[i].id))[:k]
        dense_rank = {i: rank for rank, i in enumerate(cosines, start=1)}
        keyword_rank = {i: rank for rank, i in enumerate(keywords, start=1)}
        return [
            Hit(
                passages[i], fused[i], dense_rank.get(i), keyword_rank.get(i), keywords.get(i, 0.0), cosines.get(i, 0.0)
            )
            for i in best
        ]


def on_subject(hits: Sequence[Hit], subject: Collection[str], lexicon: Lexicon, margin: float = _MARGIN) -> list[Hit]:
    """The hits of the articles and sections that a question is about, and of articles that are clearly nearer to it.

    Args:
        hits: as `Searcher.search` gives them.
        subject: names of what the question is about.
        lexicon: tells which sections are about them.
        margin: by how much another article's best cosine must exceed the best of the subject's.
    """
    articles = lexicon.titles & {*subject, *lexicon.topics}
    own = [
        hit.passage.title in articles
        or bool(articles & lexicon.names_in_headings(hit.passage.heading, hit.passage.title))
        for hit in hits
    ]
    best: dict[str, float] = {}
    for hit in hits:
        best[hit.passage.title] = max(best.get(hit.passage.title, -1.0), hit.similarity)
    least = max((hit.similarity for hit, mine in zip(hits, own, strict=True) if mine), default=-2.0) + margin
    return [hit for hit, mine in zip(hits, own, strict=True) if mine or best[hit.passage.title] >= least]


class HybridRetriever(BaseRetriever):
    """LangChain retriever over the fused search; returns exactly k documents (or all, if there are fewer)."""

    searcher: Any
    k: int = Field(default=4, ge=1)

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, k: int | None = None
    ) -> list[Document]:
        vector = self.searcher.encoder.encode([query])[0]
        return [_document(hit) for hit in self.searcher.search(query, vector, self.k if k is None else k)]


def _document(hit: Hit) -> Document:
    passage = hit.passage
    metadata = {
        "article": passage.article,
        "title": passage.title,
        "section": " > ".join(passage.heading),
        "facet": passage.facet,
        "start": passage.start,
        "end": passage.end,
        "score": hit.score,
        "dense_rank": hit.dense_rank,
        "keyword_rank": hit.keyword_rank,
    }
    return Document(page_content=passage.text, id=passage.id, metadata=metadata)
