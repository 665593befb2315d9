"""What the tests of the index share: the folders of a build, what an open index holds, and its state in full."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.builds import index_slot
from assistant.embedding import find_model
from assistant.index import Index, open_index
from assistant.retriever import Searcher
from assistant.settings import Settings
from tests.fakes import FakeEncoder, write_corpus

ROOT = Path(__file__).resolve().parents[2]
QUERIES = ("hold for seconds", "elbows", "rest between sets", "hips towards the ceiling", "squat")


def rewrite(settings: Settings, articles: dict[str, str]) -> None:
    """Make these the articles of the corpus."""
    write_corpus(settings.corpus_path, articles)


def slot_of(settings: Settings) -> Path:
    """Tell the index's folder."""
    return index_slot(settings, find_model(settings.model))


def build_names(settings: Settings) -> set[str]:
    """Tell everything in the slot beside lock and pointer."""
    return {entry.name for entry in slot_of(settings).iterdir()} - {"CURRENT", "lock"}


@contextmanager
def opened(settings: Settings) -> Iterator[Index]:
    """Open the index, which must be there, and close it."""
    index = open_index(settings)
    assert index is not None
    try:
        yield index
    finally:
        index.close()


def top(index: Index, question: str, k: int = 10) -> list[tuple[str, float]]:
    """Search; the ids and scores of the best."""
    encoder = FakeEncoder()
    hits = Searcher(index, encoder).search(question, encoder.encode([question])[0], k)
    return [(hit.passage.id, hit.score) for hit in hits]


def state(settings: Settings, questions: tuple[str, ...] = QUERIES) -> dict[str, Any]:
    """Tell all that an index holds and finds."""
    with opened(settings) as index:
        return {
            "passages": index.passages,
            "articles": index.articles,
            "spans": [spans.tolist() for spans in index.spans],
            "found": [top(index, question) for question in questions],
        }
