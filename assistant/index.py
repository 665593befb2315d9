"""RIM: the index in the user's cache folder: build, fingerprint, swap, open.

    indexes/<slot>/            one slot per corpus path and model
      CURRENT                  name of the build in use; replaced in one step, so a kill leaves the old build or the new
      lock                     held while building, one writer at a time
      <fingerprint>-<random>/  one build: chroma/, keywords/, vectors.npy, spans.npy, articles.json,
                               passages.json, manifest.json

A build reuses the vectors of passages that did not change, then writes everything anew in corpus order, so that a fresh
and an incremental build give the same ranks. A finished build is never written to or moved again: readers may have it
open.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from importlib import metadata, resources
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .articles import Corpus, corpus_files, fingerprint_files, load_corpus
from .embedding import CorpusEncoder, ModelFiles, SpanText, find_model
from .errors import IndexError_
from .keywords import KeywordIndex
from .passages import CHUNKER_VERSION, cut_passages
from .settings import Settings, quiet_environment
from .types import Article, Passage, Section, Source, Span
from .vocabulary import load_vocabulary

__all__ = [
    "Index", "IndexReport", "Progress", "build_index", "current_build", "fingerprint_of", "index_slot", "open_index",
]  # fmt: skip

FORMAT = 6
COLLECTION = "passages"
_ADD_BATCH = 5000  # Chroma refuses more than 5,461 rows at once
_LOCK_SECONDS = 600
_VERSIONED = ("chromadb", "sentence-transformers", "bm25s", "PyStemmer")
_DATA = ("vocabulary.yaml", "reading.yaml")
_REPORTED = {"articles", "passages", "problems", "files"}
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
        _close_chroma(self.client)


def index_slot(settings: Settings, model: ModelFiles) -> Path:
    """The folder of the index for these settings."""
    key = hashlib.sha256(f"{settings.corpus_path}|{model.identity}".encode()).hexdigest()[:16]
    return settings.cache_path / "indexes" / key


def fingerprint(settings: Settings, model: ModelFiles) -> str:
    """Changes whenever a build would: corpus, model, chunker, data files, format, library versions."""
    root = settings.corpus_path
    parts = [str(FORMAT), CHUNKER_VERSION, model.identity, fingerprint_files(corpus_files(root), root)]
    parts += [f"{name}={metadata.version(name)}" for name in _VERSIONED]
    data = resources.files("assistant.data")
    parts += [hashlib.sha256(data.joinpath(name).read_bytes()).hexdigest() for name in _DATA]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def current_build(slot: Path) -> Path | None:
    """The build in use, or None when there is none yet."""
    with suppress(OSError, ValueError):
        build = slot / (slot / "CURRENT").read_text().strip()
        if (build / "manifest.json").is_file():
            return build
    return None


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
                _sweep(slot)
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
    manifest = _manifest(old)
    if old is not None and manifest and fingerprint_of(old) == name and not rebuild:
        seconds = time.monotonic() - started
        return IndexReport(old, manifest["articles"], 0, manifest["passages"], 0, seconds, tuple(manifest["problems"]))
    corpus = load_corpus(settings.corpus_path)
    verbs = load_vocabulary().step_verbs
    passages = [passage for article in corpus.articles for passage in cut_passages(article, verbs)]
    made_with = f"format {FORMAT}, {model.identity}, sentence-transformers {metadata.version('sentence-transformers')}"
    usable = (
        not rebuild and manifest.get("made_with") == made_with and old is not None and _damage(old, manifest) is None
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
    _point(slot, work.name)
    return IndexReport(work, len(corpus.articles), len(missing), len(passages) - len(missing), removed,
                       time.monotonic() - started, corpus.problems)  # fmt: skip


def fingerprint_of(build: Path) -> str:
    """The fingerprint of a build, which its folder is named by."""
    return build.name.partition("-")[0]


def _manifest(build: Path | None) -> dict[str, Any]:
    """What a build says of itself; empty when it cannot be read."""
    with suppress(OSError, ValueError):
        found = json.loads((build / "manifest.json").read_text()) if build else None
        if isinstance(found, dict) and found.get("format") == FORMAT and found.keys() >= _REPORTED:
            return found
    return {}


def embedded_text(passage: Passage) -> SpanText:
    """What is embedded for a passage: its heading path, then its text."""
    lead = len(passage.label) + 1
    spans = tuple((span.start - passage.start + lead, span.end - passage.start + lead) for span in passage.spans)
    return SpanText(f"{passage.label}\n{passage.text}", spans)


def _old_vectors(old: Path, passages: Sequence[Passage]) -> dict[str, tuple[Vectors, Vectors]]:
    """Vectors of the passages that an intact earlier build holds with the same text, label and spans."""
    wanted = {passage.id: embedded_text(passage) for passage in passages}
    held = [_passage(row) for row in json.loads((old / "passages.json").read_text())]
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
    _write_chroma(work / "chroma", passages, vectors, {article.id: article.tags for article in corpus.articles})
    manifest = {
        "format": FORMAT,
        "fingerprint": fingerprint_of(work),
        "articles": len(corpus.articles),
        "passages": len(passages),
        "dimension": int(vectors.shape[1]),
        "problems": list(corpus.problems),
        **facts,
        "files": _checksums(work),
    }
    (work / "manifest.json").write_text(json.dumps(manifest, indent=1))


def _write_chroma(
    folder: Path, passages: Sequence[Passage], vectors: Vectors, tags: Mapping[str, Mapping[str, Sequence[str]]]
) -> None:
    try:
        collection, client = _chroma(folder, create=True)
        for first in range(0, len(passages), _ADD_BATCH):
            batch = range(first, min(first + _ADD_BATCH, len(passages)))
            collection.add(
                ids=[passages[i].id for i in batch],
                embeddings=[vectors[i] for i in batch],
                documents=[passages[i].text for i in batch],
                metadatas=[
                    {"position": i, "article": passages[i].article, "facet": passages[i].facet or ""}
                    | {f"tag_{facet}": list(words) for facet, words in tags[passages[i].article].items()}
                    for i in batch
                ],
            )
    except Exception as exc:  # chromadb raises its own errors where the disk is full
        raise IndexError_(f"Chroma cannot write into {folder} ({exc}); free space or set BACKCHAT_CACHE_DIR") from exc
    _close_chroma(client)


def _chroma(folder: Path, *, create: bool) -> tuple[Any, Any]:
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


def _close_chroma(client: Any) -> None:
    """Let go of the files; a client keeps them in a process-wide table otherwise."""
    with suppress(Exception):  # the method's name changed between releases; not closing only costs file handles
        client.close()


def _checksums(build: Path) -> dict[str, int]:
    """CRC-32 of every file of a build but the manifest and the SQLite file, which is written to when it is opened."""
    files = sorted(
        p
        for p in build.rglob("*")
        if p.is_file() and p.name != "manifest.json" and not p.name.startswith("chroma.sqlite3")
    )
    return {path.relative_to(build).as_posix(): zlib.crc32(path.read_bytes()) for path in files}


def _damage(build: Path, manifest: dict[str, Any]) -> str | None:
    """Which file of a build is missing or not as it was written, or None.

    Chroma must not meet such a file: it would end the process, or quietly find nothing.
    """
    found = _checksums(build)
    changed = [name for name, checksum in manifest["files"].items() if found.get(name) != checksum]
    return changed[0] if changed else None


def _point(slot: Path, name: str) -> None:
    """Make a finished build the one in use, in one step."""
    pointer = slot / ".CURRENT.new"
    pointer.write_text(name)
    os.replace(pointer, slot / "CURRENT")


def _sweep(slot: Path) -> None:
    """Remove what killed builds left, and all builds but the one in use and the one before (it may still be read)."""
    build = current_build(slot)
    keep = {build.name, _manifest(build).get("previous")} if build else set()
    (slot / ".CURRENT.new").unlink(missing_ok=True)
    for entry in slot.iterdir():
        if entry.is_dir() and entry.name not in keep:
            shutil.rmtree(entry, ignore_errors=True)


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
        if damaged := _damage(build, json.loads((build / "manifest.json").read_text())):
            raise ValueError(f"{damaged} is missing or was changed")
        articles = tuple(_article(row) for row in json.loads((build / "articles.json").read_text()))
        passages = tuple(_passage(row) for row in json.loads((build / "passages.json").read_text()))
        flat = np.load(build / "spans.npy", mmap_mode="r")
        bounds = np.cumsum([0, *(len(passage.spans) for passage in passages)])
        spans = tuple(flat[first:last] for first, last in pairwise(bounds))
        keywords = KeywordIndex.load(build / "keywords", len(passages))
        collection, client = _chroma(build / "chroma", create=False)
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
            "tags": {facet: tuple(words) for facet, words in row["tags"].items()},
            "sources": tuple(Source(**s) for s in row["sources"]),
        }
    )


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(**{**row, "heading": tuple(row["heading"]), "spans": tuple(Span(**span) for span in row["spans"])})
