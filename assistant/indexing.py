"""RIM: builds the index.

A build reuses the vectors of passages that did not change, then writes everything anew in corpus order, so that a fresh
and an incremental build give the same ranks.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .articles import Corpus, load_corpus
from .builds import (
    FORMAT,
    checksums,
    current_build,
    damage,
    fingerprint,
    fingerprint_of,
    index_slot,
    manifest_of,
    point,
    sweep,
)
from .collection import write_collection
from .embedding import CorpusEncoder, ModelFiles, SpanText, find_model
from .errors import IndexError_
from .index import passage_of
from .keywords import KeywordIndex
from .passages import cut_passages
from .settings import Settings
from .types import Article, Passage
from .vocabulary import load_vocabulary

__all__ = ["IndexReport", "Progress", "build_index", "embedded_text"]

_LOCK_SECONDS = 600
Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class IndexReport:
    """What a build did. Counts are passages; `problems` names the files that could not be read."""

    path: Path
    articles: int
    added: int
    kept: int
    removed: int
    seconds: float
    problems: tuple[str, ...] = ()


def build_index(
    settings: Settings, encoder: Callable[[], CorpusEncoder], *, rebuild: bool = False, progress: Progress | None = None
) -> IndexReport:
    """Bring the index up to date with the corpus; an unchanged corpus costs no encoding.

    Args:
        settings: tells corpus, cache folder and model.
        encoder: makes the passage encoder; called only when something must be encoded.
        rebuild: encode everything anew.
        progress: called with (passages encoded so far, passages to encode).

    Raises:
        CorpusError: no article can be read.
        IndexError_: the folder cannot be written, or another process keeps building.
    """
    from filelock import FileLock, Timeout

    started = time.monotonic()
    model = find_model(settings.model)
    slot = index_slot(settings, model)
    try:
        slot.mkdir(parents=True, exist_ok=True)
        with FileLock(slot / "lock", timeout=_LOCK_SECONDS):
            try:
                return _build_locked(settings, model, slot, encoder, rebuild, progress, started)
            finally:
                sweep(slot)
    except Timeout as exc:
        raise IndexError_(
            f"another process has been building {slot} for {_LOCK_SECONDS} s; wait for it or end it"
        ) from exc
    except OSError as exc:
        raise IndexError_(
            f"the index in {slot} cannot be written ({exc}); free space or set BACKCHAT_CACHE_DIR"
        ) from exc


def _build_locked(
    settings: Settings,
    model: ModelFiles,
    slot: Path,
    encoder: Callable[[], CorpusEncoder],
    rebuild: bool,
    progress: Progress | None,
    started: float,
) -> IndexReport:
    name = fingerprint(settings, model)
    old = current_build(slot)
    manifest = manifest_of(old)
    if old is not None and manifest and fingerprint_of(old) == name and not rebuild:
        seconds = time.monotonic() - started
        return IndexReport(old, manifest["articles"], 0, manifest["passages"], 0, seconds, tuple(manifest["problems"]))
    corpus = load_corpus(settings.corpus_path)
    verbs = load_vocabulary().step_verbs
    passages = [passage for article in corpus.articles for passage in cut_passages(article, verbs)]
    made_with = f"format {FORMAT}, {model.identity}, sentence-transformers {metadata.version('sentence-transformers')}"
    usable = (
        not rebuild and manifest.get("made_with") == made_with and old is not None and damage(old, manifest) is None
    )
    reuse = old if usable else None
    known = _old_vectors(reuse, passages) if reuse else {}
    missing = [passage for passage in passages if passage.id not in known]
    once = cache(encoder)
    removed = len(_passage_ids(old) - {passage.id for passage in passages}) if old is not None else 0
    fresh = _encode(missing, once, progress) if missing else {}
    work = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=slot))
    facts = {"made_with": made_with, "previous": old.name if old is not None else None}
    _write_build(work, corpus, passages, {**known, **fresh}, facts)
    point(slot, work.name)
    return IndexReport(work, len(corpus.articles), len(missing), len(passages) - len(missing), removed,
                       time.monotonic() - started, corpus.problems)  # fmt: skip


def embedded_text(passage: Passage) -> SpanText:
    """What is embedded for a passage: its heading path, then its text."""
    lead = len(passage.label) + 1
    spans = tuple((span.start - passage.start + lead, span.end - passage.start + lead) for span in passage.spans)
    return SpanText(f"{passage.label}\n{passage.text}", spans)


def _labels(article: Article) -> dict[str, tuple[str, ...]]:
    """What an article's passages can be filtered by (`$contains`): its tags by facet, and where it leads."""
    tags = {f"tag_{facet}": words for facet, words in article.tags.items()}
    links = {"easier": article.easier, "harder": article.harder}
    return tags | {name: ids for name, ids in links.items() if ids}


def _old_vectors(old: Path, passages: Sequence[Passage]) -> dict[str, tuple[Vectors, Vectors]]:
    """Vectors of the passages that an intact earlier build holds with the same text, label and spans."""
    wanted = {passage.id: embedded_text(passage) for passage in passages}
    held = [passage_of(row) for row in json.loads((old / "passages.json").read_text())]
    vectors, spans = np.load(old / "vectors.npy"), np.load(old / "spans.npy")
    known, first = {}, 0
    for passage, vector in zip(held, vectors, strict=True):
        last = first + len(passage.spans)
        if wanted.get(passage.id) == embedded_text(passage):  # the id tells neither the label nor the spans
            known[passage.id] = (vector, spans[first:last])
        first = last
    return known


def _passage_ids(build: Path) -> set[str]:
    with suppress(OSError, ValueError, KeyError, TypeError):
        return {row["id"] for row in json.loads((build / "passages.json").read_text())}
    return set()


def _encode(
    passages: Sequence[Passage], encoder: Callable[[], CorpusEncoder], progress: Progress | None
) -> dict[str, tuple[Vectors, Vectors]]:
    """Encode passages, longest first so that batches are of like length."""
    order = sorted(passages, key=lambda passage: (-len(passage.text), passage.id))
    fresh: dict[str, tuple[Vectors, Vectors]] = {}
    if progress:
        progress(0, len(order))
    for vectors, spans in encoder().encode_passages([embedded_text(passage) for passage in order]):
        batch = order[len(fresh) : len(fresh) + len(vectors)]
        fresh.update({p.id: (v, s) for p, v, s in zip(batch, vectors, spans, strict=True)})
        if progress:
            progress(len(fresh), len(order))
    return fresh


def _write_build(
    work: Path,
    corpus: Corpus,
    passages: Sequence[Passage],
    known: dict[str, tuple[Vectors, Vectors]],
    facts: dict[str, Any],
) -> None:
    vectors = np.stack([known[passage.id][0] for passage in passages])
    np.save(work / "vectors.npy", vectors)
    np.save(work / "spans.npy", np.concatenate([known[passage.id][1] for passage in passages]))
    (work / "articles.json").write_text(json.dumps([asdict(article) for article in corpus.articles]))
    (work / "passages.json").write_text(json.dumps([asdict(passage) for passage in passages]))
    stop = load_vocabulary().stop_words
    KeywordIndex.build([f"{p.label} {p.text}" for p in passages], frozenset(stop)).save(work / "keywords")
    write_collection(work / "chroma", passages, vectors, {article.id: _labels(article) for article in corpus.articles})
    manifest = {
        "format": FORMAT,
        "fingerprint": fingerprint_of(work),
        "articles": len(corpus.articles),
        "passages": len(passages),
        "dimension": int(vectors.shape[1]),
        "problems": list(corpus.problems),
        **facts,
        "files": checksums(work),
    }
    (work / "manifest.json").write_text(json.dumps(manifest, indent=1))
