"""RIM: the vectors of a build in Chroma: write them, open them, find the nearest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import IndexError_
from .settings import quiet_environment
from .types import Passage

__all__ = ["COLLECTION", "close_collection", "open_collection", "write_collection"]

COLLECTION = "passages"
_ADD_BATCH = 5000  # Chroma refuses more than 5,461 rows at once
Vectors = NDArray[np.float32]


def write_collection(
    folder: Path, passages: Sequence[Passage], vectors: Vectors, labels: Mapping[str, Mapping[str, Sequence[str]]]
) -> None:
    """Write passages with their vectors, shape (passages, dimension), and lists of words by their articles' ids.

    Raises IndexError_ when the folder cannot be written.
    """
    try:
        collection, client = open_collection(folder, create=True)
        for first in range(0, len(passages), _ADD_BATCH):
            batch = range(first, min(first + _ADD_BATCH, len(passages)))
            collection.add(
                ids=[passages[i].id for i in batch],
                embeddings=[vectors[i] for i in batch],
                documents=[passages[i].text for i in batch],
                metadatas=[
                    {"position": i, "article": passages[i].article, "facet": passages[i].facet or ""}
                    | {name: list(words) for name, words in labels[passages[i].article].items()}
                    for i in batch
                ],
            )
    except Exception as exc:  # chromadb raises its own errors where the disk is full
        raise IndexError_(f"Chroma cannot write into {folder} ({exc}); free space or set BACKCHAT_CACHE_DIR") from exc
    close_collection(client)


def open_collection(folder: Path, *, create: bool) -> tuple[Any, Any]:
    """The collection in a folder, cosine space, and its client for `close_collection`. Chroma's errors pass."""
    quiet_environment()
    import chromadb
    from chromadb.config import Settings as ChromaSettings

    client = chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
    if create:
        # One thread, so that the same passages always give the same graph. Written at once, whatever the size: Chroma
        # else keeps up to 1,000 rows in a log from which every reader makes the graph anew, writing into the files of
        # the others.
        graph: Any = {
            "space": "cosine",
            "num_threads": 1,
            "ef_construction": 200,
            "ef_search": 200,
            "batch_size": 1,
            "sync_threshold": 1,
        }
        return client.create_collection(COLLECTION, configuration={"hnsw": graph}, embedding_function=None), client
    return client.get_collection(COLLECTION, embedding_function=None), client


def close_collection(client: Any) -> None:
    """Let go of the files; a client keeps them in a process-wide table otherwise."""
    with suppress(Exception):  # the method's name changed between releases; not closing only costs file handles
        client.close()
