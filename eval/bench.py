"""Speed and memory as ratios against a baseline of the same run, at several sizes of the index.

How figures are taken: the baseline of asking and building is bare sentence-transformers `model.encode`, in the same
process and with the same pinned number of threads; that of a cold start is a plain script with the same parts, in a
process of its own, too. All questions are distinct, nothing is cached, figures are medians.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.building import build
from assistant.builds import index_slot
from assistant.chain import Assistant
from assistant.embedding import CorpusEncoder, SpanText, TorchEncoder, find_model
from assistant.index import open_index
from assistant.indexing import build_index, embedded_text
from assistant.settings import Settings

from .dataset import SHIPPED, shipped_cases

__all__ = [
    "Ratio",
    "Step",
    "SyntheticEncoder",
    "building",
    "made_up",
    "measure_shipped",
    "measure_size",
    "milliseconds",
    "peak_of",
    "write_corpus",
]

_RUNS = 3
_PER_ARTICLE = 20
_QUESTIONS = 150
_SEED = 7
_CLUSTERS = 200
Vectors = NDArray[np.float32]
Step = Callable[[str], None]
"""Called with what is being measured now."""

_PLAIN_ASK = """
import sys
import sentence_transformers, chromadb, langchain_chroma
model = sentence_transformers.SentenceTransformer(sys.argv[3], device="cpu")
store = langchain_chroma.Chroma(persist_directory=sys.argv[1])
print(store.similarity_search_by_vector(model.encode(sys.argv[2]).tolist(), k=3)[0].page_content)
"""
_LAUNCHER = """
import resource, subprocess, sys, time
start = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
first = child.stdout.readline()
seconds = time.perf_counter() - start
child.stdout.read()
if child.wait() or not first.strip():
    sys.exit(f"{sys.argv[1:4]} ended with {child.returncode}")
print(seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)
"""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of ours beside the baseline's, in the same unit."""

    size: str
    """The index it was taken at."""
    what: str
    ours: float
    baseline: float
    unit: str

    @property
    def ratio(self) -> float:
        """Ours divided by the baseline's."""
        return self.ours / self.baseline


class SyntheticEncoder:
    """Seeded unit vectors in clusters, whatever the texts say: for indexes too large to encode in a benchmark."""

    def __init__(self, dimension: int = 384) -> None:
        self._generator = np.random.default_rng(_SEED)
        self._centres = self._generator.standard_normal((_CLUSTERS, dimension))

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension), near the centre of one of 200 clusters."""
        near = self._generator.integers(0, _CLUSTERS, len(texts))
        vectors = self._centres[near] + 0.5 * self._generator.standard_normal((len(texts), self._centres.shape[1]))
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)

    def encode_passages(self, texts: Sequence[SpanText]) -> Iterator[tuple[Vectors, list[Vectors]]]:
        """The same for passages and their spans, thousand by thousand."""
        for first in range(0, len(texts), 1000):
            batch = texts[first : first + 1000]
            yield self.encode([item.text for item in batch]), [self.encode([""] * len(item.spans)) for item in batch]


def measure_shipped(settings: Settings, step: Step) -> list[Ratio]:
    """Asking and cold start with the shipped articles: what a newcomer sees."""
    build(settings)
    return _asking(settings, "shipped articles", step)


def measure_size(settings: Settings, count: int, texts: Sequence[str] | None, step: Step) -> list[Ratio]:
    """Building, asking and cold start with an index of `count` passages.

    Args:
        settings: model, threads and cache; the index is made there and removed again.
        count: passages.
        texts: real passages to take; None: made of the shipped articles' sentences, with seeded synthetic vectors.
        step: told what is measured.
    """
    real = texts is not None
    size = f"{count:,} {'real' if real else 'synthetic'} passages"
    with tempfile.TemporaryDirectory(prefix="backchat-bench-") as folder:
        write_corpus(Path(folder), list(texts)[:count] if texts is not None else made_up(settings, count))
        own = settings.model_copy(update={"corpus": Path(folder)})
        try:
            step(f"{size}: building")
            built = [building(own, size)] if real else _built(own, SyntheticEncoder())
            return [*built, *_asking(own, size, step)]
        finally:
            shutil.rmtree(index_slot(own, find_model(own.model)), ignore_errors=True)


def made_up(settings: Settings, count: int) -> list[str]:
    """Passages of sentences of the shipped articles, shuffled, always the same ones."""
    build(settings)
    with _opened(settings) as index:
        sentences = [span.text for passage in index.passages for span in passage.spans]
    generator = random.Random(_SEED)
    return [" ".join(generator.choices(sentences, k=3)) for _ in range(count)]


def write_corpus(folder: Path, texts: Sequence[str]) -> None:
    """Write passages as articles of twenty sections each."""
    for first in range(0, len(texts), _PER_ARTICLE):
        own = texts[first : first + _PER_ARTICLE]
        sections = [f"## Part {first + number}\n\n{text}\n" for number, text in enumerate(own)]
        page = f"# Article {first // _PER_ARTICLE}\n\n" + "\n".join(sections)
        (folder / f"article-{first // _PER_ARTICLE:05}.md").write_text(page, encoding="utf-8")


@contextmanager
def _opened(settings: Settings) -> Iterator[Any]:
    index = open_index(settings)
    assert index is not None, "it was built just now"
    try:
        yield index
    finally:
        index.close()


def _built(settings: Settings, encoder: CorpusEncoder) -> list[Ratio]:
    build_index(settings, lambda: encoder)
    return []


def building(settings: Settings, size: str) -> Ratio:
    """Passages a second of building an index beside bare `model.encode` of its texts, the model loaded for both."""
    encoder = TorchEncoder(find_model(settings.model), settings.threads)
    encoder.encode(["warm"])
    start = time.perf_counter()
    report = build_index(settings, lambda: encoder)
    ours = time.perf_counter() - start
    with _opened(settings) as index:
        texts = [embedded_text(passage).text for passage in index.passages]
    start = time.perf_counter()
    encoder.model.encode(texts, show_progress_bar=False)
    bare = time.perf_counter() - start
    return Ratio(size, "index building / bare encode", report.added / ours, len(texts) / bare, "passages/s")


def _asking(settings: Settings, size: str, step: Step) -> list[Ratio]:
    step(f"{size}: asking")
    with Assistant.load(settings) as assistant:
        warm = _warm(assistant, settings.threads, size)
    step(f"{size}: cold starts")
    return [warm, *_cold(settings, size)]


def _warm(assistant: Assistant, threads: int, size: str) -> Ratio:
    """Median milliseconds of a warm question to its answer beside one bare encode of the same question."""
    bare = TorchEncoder(find_model(assistant.settings.model), threads)
    cases = [case for case in shipped_cases("dev") if case.corpus == SHIPPED and case.kind != "guard"]
    questions = list(dict.fromkeys(case.question for case in cases))
    questions = questions[:: max(1, len(questions) // _QUESTIONS)]
    for question in questions:  # warm both up; an article asked about for the first time is prepared then
        bare.model.encode(f"{question} warm")
        assistant.ask(f"{question} warm")
    ours, theirs = [], []
    for question in questions:
        theirs.append(milliseconds(lambda q=question: bare.model.encode(q)))  # type: ignore[misc]
        ours.append(milliseconds(lambda q=question: assistant.ask(q)))  # type: ignore[misc]
    return Ratio(size, "warm question to answer / bare encode", median(ours), median(theirs), "ms")


def milliseconds(work: Callable[[], object]) -> float:
    """How long something takes."""
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def _cold(settings: Settings, size: str) -> tuple[Ratio, Ratio]:
    """Seconds and peak memory from a cold process to the first answer, beside the plain script's first hit."""
    question = "How many sets should a beginner do?"
    model = find_model(settings.model)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "BACKCHAT_CACHE_DIR": str(settings.cache_path)}
    command = [sys.executable, "-m", "assistant", "ask", question, "--corpus", str(settings.corpus_path)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as store:
        _plain_store(settings, store)
        plain_command = [sys.executable, "-c", _PLAIN_ASK, store, question, str(model.path)]
        plain = [peak_of(plain_command, environment) for _ in range(_RUNS)]
    ours = [peak_of(command, environment) for _ in range(_RUNS)]
    seconds, memory = zip(*ours, strict=True)
    plain_seconds, plain_memory = zip(*plain, strict=True)
    return (
        Ratio(size, "cold process to first answer / plain script", median(seconds), median(plain_seconds), "s"),
        Ratio(size, "peak memory of that process / plain script", median(memory), median(plain_memory), "MB"),
    )


def _plain_store(settings: Settings, folder: str) -> None:
    """A LangChain Chroma store of the same passages and vectors, as the plain script would have made it."""
    from langchain_chroma import Chroma
    from langchain_core.embeddings import Embeddings

    with _opened(settings) as index:
        texts = [passage.text for passage in index.passages]
        vectors = np.load(index.path / "vectors.npy")
    rows = iter(vectors.tolist())

    class Stored(Embeddings):
        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return [next(rows) for _ in texts]

        def embed_query(self, text: str) -> list[float]:
            raise NotImplementedError

    Chroma.from_texts(texts, Stored(), persist_directory=folder)


def peak_of(command: list[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds until a command's first output line, and its peak resident memory in MB.

    A small launcher starts it: a process counts the memory of the one it was forked from as its own peak.
    """
    done = subprocess.run(
        [sys.executable, "-c", _LAUNCHER, *command],
        check=True,
        env=dict(environment),
        stdout=subprocess.PIPE,
        text=True,
    )
    seconds, memory = done.stdout.split()
    return float(seconds), float(memory)
