"""RIM: retrieval on public question sets, or on any set in their form.

A set `name` below a folder has
    corpus/<name>/corpus.jsonl[.gz]   {"id", "title"?, "text"}, a document a line
    dev/<name>/queries.jsonl[.gz]     {"id", "text"}
    dev/<name>/qrels.tsv              query id, document id, relevance (above 0: relevant); a first line may name them
Vectors of documents are kept in the cache, thousand by thousand, so that an interrupted run goes on where it stopped.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.embedding import Encoder
from assistant.errors import BackchatError
from assistant.keywords import KeywordIndex
from assistant.retriever import fuse
from assistant.text import stems
from assistant.vocabulary import load_vocabulary

from .ranking import ndcg_at, recall_at, reciprocal_rank_at

__all__ = ["Measured", "QuestionSet", "measure_set", "read_set", "set_names"]

_DEPTH = 100
_CHUNK = 1000
_RRF = 60
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Documents, questions, and for each question which documents (by position) are relevant."""

    name: str
    documents: tuple[str, ...]
    questions: tuple[str, ...]
    relevant: tuple[frozenset[int], ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """Means over the questions of a set."""

    system: str
    recall_at_1: float
    recall_at_5: float
    recall_at_10: float
    mrr_at_10: float
    ndcg_at_10: float


def set_names(folder: Path) -> list[str]:
    """The sets below a folder. Raises BackchatError when there are none."""
    names = sorted(path.parent.name for path in folder.glob("dev/*/qrels.tsv"))
    if not names:
        raise BackchatError(
            f"{folder} holds no question sets; expected dev/<set>/qrels.tsv and corpus/<set>/corpus.jsonl"
        )
    return names


def read_set(folder: Path, name: str) -> QuestionSet:
    """Read a set; questions without a relevant document are left out.

    Raises:
        BackchatError: a file is missing or a line malformed; the message names both.
    """
    documents = _lines(folder / "corpus" / name / "corpus.jsonl", ("id", "text"))
    queries = _lines(folder / "dev" / name / "queries.jsonl", ("id", "text"))
    place = {document["id"]: number for number, document in enumerate(documents)}
    judged = _judged(folder / "dev" / name / "qrels.tsv")
    asked = [(q["text"], frozenset(place[d] for d in judged.get(q["id"], ()) if d in place)) for q in queries]
    asked = [(text, relevant) for text, relevant in asked if relevant]
    if not asked:
        raise BackchatError(f"{name}: no question has a relevant document; do the ids of its files agree?")
    questions, relevant = zip(*asked, strict=True)
    texts = tuple(f"{document.get('title') or ''}\n{document['text']}" for document in documents)
    return QuestionSet(name, texts, questions, relevant)


def _lines(path: Path, needed: Sequence[str]) -> list[dict[str, str]]:
    packed = path.with_name(path.name + ".gz")
    rows = []
    try:
        with gzip.open(packed, "rt", encoding="utf-8") if packed.exists() else path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                row = json.loads(line)
                if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in needed):
                    raise BackchatError(f"{path}:{number}: expected an object with the texts {', '.join(needed)}")
                rows.append(row)
    except (OSError, EOFError, ValueError) as exc:
        raise BackchatError(f"{path}: cannot be read, line {len(rows) + 1} ({exc})") from exc
    return rows


def _judged(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as exc:
        raise BackchatError(f"{path}: cannot be read ({exc})") from exc
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t")
        try:
            query, document, grade = fields[0], fields[1], float(fields[2])
        except (IndexError, ValueError) as exc:
            if number == 1:
                continue  # names of the columns
            raise BackchatError(f"{path}:{number}: expected query, document and relevance between tabs") from exc
        if grade > 0:
            found.setdefault(query, set()).add(document)
    return found


def measure_set(
    questions: QuestionSet, encoder: Encoder, kept: Path, step: Callable[[int], None] = lambda count: None
) -> list[Measured]:
    """Rank the documents for every question by keyword, by meaning, by reciprocal rank fusion, and by our fusion.

    Args:
        questions: the set.
        encoder: makes the vectors.
        kept: folder in which this model's vectors of documents are kept.
        step: called with the number of texts encoded since the last call.
    """
    keywords = KeywordIndex.build(questions.documents, frozenset(load_vocabulary().stop_words))
    vectors = _document_vectors(questions.documents, encoder, kept, step)
    asked = encoder.encode(questions.questions)
    step(len(asked))
    ranked: dict[str, list[list[int]]] = {"BM25": [], "dense": [], "RRF": [], "Backchat's fusion": []}
    for text, vector in zip(questions.questions, asked, strict=True):
        for system, order in zip(ranked, _rankings(vectors @ vector, keywords.scores(stems(text))), strict=True):
            ranked[system].append(order)
    return [_measured(system, orders, questions.relevant) for system, orders in ranked.items()]


def _document_vectors(texts: Sequence[str], encoder: Encoder, folder: Path, step: Callable[[int], None]) -> Vectors:
    parts = []
    for first in range(0, len(texts), _CHUNK):
        chunk = texts[first : first + _CHUNK]
        kept = folder / f"{hashlib.sha256(chr(0).join(chunk).encode()).hexdigest()[:24]}.npy"
        if kept.exists():
            parts.append(np.load(kept))
        else:
            parts.append(encoder.encode(chunk))
            _keep(kept, parts[-1])
        step(len(chunk))
    return np.concatenate(parts)


def _keep(path: Path, vectors: Vectors) -> None:
    """Write in one step: a run that is cut short leaves no half file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.stem}-{os.getpid()}.part")
    with unfinished.open("wb") as stream:
        np.save(stream, vectors)
    unfinished.replace(path)


def _rankings(cosines: Vectors, scores: Vectors) -> Iterator[list[int]]:
    """The first hundred by keyword, by meaning, by RRF (Cormack et al. 2009, k = 60), and by our fusion."""
    keyword = [int(i) for i in np.argsort(-scores, kind="stable")[:_DEPTH] if scores[i] > 0]
    dense = [int(i) for i in np.argsort(-cosines, kind="stable")[:_DEPTH]]
    reciprocal: dict[int, float] = {}
    for order in (dense, keyword):
        for rank, document in enumerate(order, start=1):
            reciprocal[document] = reciprocal.get(document, 0.0) + 1 / (_RRF + rank)
    yield keyword
    yield dense
    yield _sorted(reciprocal)
    yield _sorted(fuse({i: float(cosines[i]) for i in dense}, {i: float(scores[i]) for i in keyword}))


def _sorted(scores: Mapping[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def _measured(system: str, orders: Sequence[Sequence[int]], relevant: Sequence[frozenset[int]]) -> Measured:
    rows = []
    for order, good in zip(orders, relevant, strict=True):
        flags = [document in good for document in order[:10]]
        recalls = [recall_at(k, flags, len(good)) for k in (1, 5, 10)]
        rows.append((*recalls, reciprocal_rank_at(10, flags), ndcg_at(10, flags, len(good))))
    return Measured(system, *(float(np.mean(column)) for column in zip(*rows, strict=True)))
