"""RIM: an open build of the index. Who builds it: `indexing`; where it lies: `builds`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .builds import current_build, damage, fingerprint, fingerprint_of, index_slot
from .collection import close_collection, open_collection
from .embedding import find_model
from .errors import IndexError_
from .keywords import KeywordIndex
from .settings import Settings
from .types import Article, Passage, Section, Source, Span

__all__ = ["Index", "open_index", "passage_of"]

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Index:
    """An open build. `spans[i]` are the unit vectors of passage i's spans, shape (spans, dimension)."""

    path: Path
    fingerprint: str
    articles: tuple[Article, ...]
    passages: tuple[Passage, ...]
    spans: tuple[Vectors, ...]
    keywords: KeywordIndex
    collection: Any
    """The Chroma collection, cosine space; a row's metadata `position` is the passage's place in `passages`."""
    client: Any

    @cached_property
    def _places(self) -> dict[str, int]:
        return {passage.id: i for i, passage in enumerate(self.passages)}

    def nearest(self, vector: Vectors, k: int, where: Mapping[str, Any] | None = None) -> dict[int, float]:
        """Place in `passages` and cosine of the k passages nearest to a vector, nearest first.

        Asks for ids and distances only: with their texts and metadata a query takes four times as long.

        Args:
            vector: unit vector, shape (dimension,).
            k: how many; fewer when fewer pass the filter.
            where: a filter in Chroma's form.
        """
        found = self.collection.query(
            query_embeddings=[vector.tolist()], n_results=k, where=where, include=["distances"]
        )
        pairs = zip(found["ids"][0], found["distances"][0], strict=True)
        return {self._places[id_]: 1.0 - float(distance) for id_, distance in pairs}

    def close(self) -> None:
        """Let go of the files."""
        close_collection(self.client)


def open_index(settings: Settings) -> Index | None:
    """Open the build that fits corpus and settings, or None when one must be built first.

    Raises:
        IndexError_: the build is there but damaged.
    """
    model = find_model(settings.model)
    build = current_build(index_slot(settings, model))
    if build is None or fingerprint_of(build) != fingerprint(settings, model):
        return None
    try:
        if damaged := damage(build, json.loads((build / "manifest.json").read_text())):
            raise ValueError(f"{damaged} is missing or was changed")
        articles = tuple(_article(row) for row in json.loads((build / "articles.json").read_text()))
        passages = tuple(passage_of(row) for row in json.loads((build / "passages.json").read_text()))
        flat = np.load(build / "spans.npy", mmap_mode="r")
        bounds = np.cumsum([0, *(len(passage.spans) for passage in passages)])
        spans = tuple(flat[first:last] for first, last in pairwise(bounds))
        keywords = KeywordIndex.load(build / "keywords", len(passages))
        collection, client = open_collection(build / "chroma", create=False)
        if collection.count() != len(passages) or bounds[-1] != len(flat):
            raise ValueError("its parts do not fit together")
    except IndexError_:
        raise
    except Exception as exc:  # chromadb raises bare Exceptions too
        raise IndexError_(f"the index in {build} is damaged ({exc}); run `backchat index --rebuild`") from exc
    return Index(build, fingerprint_of(build), articles, passages, spans, keywords, collection, client)


def _article(row: dict[str, Any]) -> Article:
    sections = tuple(
        Section(**{**s, "heading": tuple(s["heading"]), "sources": tuple(s["sources"])}) for s in row["sections"]
    )
    return Article(
        **{
            **row,
            "sections": sections,
            "aliases": tuple(row["aliases"]),
            "questions": tuple(row["questions"]),
            "easier": tuple(row["easier"]),
            "harder": tuple(row["harder"]),
            "asked_as": tuple(row["asked_as"]),
            "described": tuple(row["described"]),
            "conditions": tuple(row["conditions"]),
            "tags": {facet: tuple(words) for facet, words in row["tags"].items()},
            "sources": tuple(Source(**s) for s in row["sources"]),
        }
    )


def passage_of(row: dict[str, Any]) -> Passage:
    """A passage from its form in `passages.json`."""
    return Passage(**{**row, "heading": tuple(row["heading"]), "spans": tuple(Span(**span) for span in row["spans"])})
