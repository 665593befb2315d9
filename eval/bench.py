"""Speed and memory as ratios against a baseline of the same run, and retrieval on public question sets.

How figures are taken: the baseline is bare sentence-transformers `model.encode`, in the same process, with the same
pinned number of threads; all questions are distinct, nothing is cached; medians.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from assistant.chain import Assistant, build
from assistant.embedding import TorchEncoder, find_model
from assistant.index import build_index, embedded_text, open_index
from assistant.keywords import KeywordIndex
from assistant.retriever import fuse
from assistant.settings import Settings
from assistant.text import stems
from assistant.vocabulary import load_vocabulary

from .dataset import shipped_cases

__all__ = ["Ratio", "ask_speed", "build_speed", "cold_start", "question_sets"]

_RUNS = 3
_DEPTH = 100

_PLAIN_BUILD = """
import sys
from langchain_chroma import Chroma
from assistant.embedding import TorchEncoder, find_model
from assistant.retriever import QuestionEmbeddings
texts = open(sys.argv[2], encoding="utf-8").read().split("\\0")
Chroma.from_texts(texts, QuestionEmbeddings(TorchEncoder(find_model(sys.argv[3]))), persist_directory=sys.argv[1])
"""
_PLAIN_ASK = """
import sys
import sentence_transformers, chromadb, langchain_chroma
model = sentence_transformers.SentenceTransformer(sys.argv[3], device="cpu")
store = langchain_chroma.Chroma(persist_directory=sys.argv[1])
print(store.similarity_search_by_vector(model.encode(sys.argv[2]).tolist(), k=3)[0].page_content)
"""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A figure of ours beside the baseline's, in the same unit."""

    what: str
    ours: float
    baseline: float
    unit: str

    @property
    def ratio(self) -> float:
        """Ours divided by the baseline's."""
        return self.ours / self.baseline


def ask_speed(assistant: Assistant, threads: int) -> Ratio:
    """Median milliseconds of a warm question to its answer beside one bare encode of the same question."""
    bare = TorchEncoder(find_model(assistant.settings.model), threads)
    questions = list(dict.fromkeys(case.question for case in shipped_cases("dev")))
    for question in questions[:20]:  # warm both up
        bare.model.encode(f"{question} warm")
        assistant.ask(f"{question} warm")
    ours, theirs = [], []
    for question in questions:
        theirs.append(_milliseconds(lambda q=question: bare.model.encode(q)))  # type: ignore[misc]
        ours.append(_milliseconds(lambda q=question: assistant.ask(q)))  # type: ignore[misc]
    return Ratio("warm question to answer / bare encode", median(ours), median(theirs), "ms")


def _milliseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - start)


def cold_start(settings: Settings) -> tuple[Ratio, Ratio]:
    """Seconds and peak memory from a cold process to the first answer, beside the plain script's first hit."""
    question = "How many sets should a beginner do?"
    build(settings)
    index = open_index(settings)
    assert index is not None
    model = find_model(settings.model)
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "BACKCHAT_CACHE_DIR": str(settings.cache_path)}
    with tempfile.TemporaryDirectory() as folder:
        texts = Path(folder, "texts")
        texts.write_text("\0".join(passage.text for passage in index.passages), encoding="utf-8")
        index.close()
        store = str(Path(folder, "store"))
        subprocess.run(
            [sys.executable, "-c", _PLAIN_BUILD, store, str(texts), settings.model],
            check=True,
            env=environment,
            stderr=subprocess.DEVNULL,
        )
        plain = [
            _process([sys.executable, "-c", _PLAIN_ASK, store, question, str(model.path)], environment)
            for _ in range(_RUNS)
        ]
    ours = [_process([sys.executable, "-m", "assistant", "ask", question], environment) for _ in range(_RUNS)]
    seconds, memory = zip(*ours, strict=True)
    plain_seconds, plain_memory = zip(*plain, strict=True)
    return (
        Ratio("cold process to first answer / plain script", median(seconds), median(plain_seconds), "s"),
        Ratio("peak memory of that process / plain script", median(memory), median(plain_memory), "MB"),
    )


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


def _process(command: list[str], environment: Mapping[str, str]) -> tuple[float, float]:
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


def build_speed(settings: Settings, passages: int = 300) -> Ratio:
    """Passages a second of building an index beside bare `model.encode` of its texts, the model loaded for both."""
    model = find_model(settings.model)
    encoder = TorchEncoder(model)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        _write_corpus(settings, corpus, passages)
        own = Settings(corpus=corpus, cache_dir=Path(folder, "cache"), model=settings.model)
        start = time.perf_counter()
        report = build_index(own, lambda: encoder)
        ours = time.perf_counter() - start
        index = open_index(own)
        assert index is not None
        texts = [embedded_text(passage).text for passage in index.passages]
        index.close()
    start = time.perf_counter()
    encoder.model.encode(texts, show_progress_bar=False)
    bare = time.perf_counter() - start
    return Ratio(
        "index building / bare encode of the same passages", report.added / ours, len(texts) / bare, "passages/s"
    )


def _write_corpus(settings: Settings, folder: Path, passages: int) -> None:
    """Articles of shuffled sentences of the corpus, always the same ones."""
    build(settings)
    index = open_index(settings)
    assert index is not None
    sentences = [span.text for passage in index.passages for span in passage.spans]
    index.close()
    generator = random.Random(7)
    for number in range(passages // 10):
        sections = [
            f"## Section {number}-{part}\n\n" + " ".join(generator.choices(sentences, k=6)) for part in range(10)
        ]
        (folder / f"article-{number:03}.md").write_text("\n\n".join(sections), encoding="utf-8")


def question_sets(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, dict[str, tuple[float, float, float]]]]:
    """Recall@1, recall@10 and MRR@10 of keyword, dense, reciprocal rank fusion and our fusion on question sets.

    A set has `corpus/<name>/corpus.jsonl[.gz]` and `dev/<name>/queries.jsonl`, `qrels.tsv`.
    """
    encoder = TorchEncoder(find_model(Settings().model))
    for name in names:
        documents = _lines(folder / "corpus" / name / "corpus.jsonl")
        queries = _lines(folder / "dev" / name / "queries.jsonl")
        relevant = _relevant(folder / "dev" / name / "qrels.tsv")
        queries = [query for query in queries if query["id"] in relevant]
        texts = [f"{document.get('title') or ''}\n{document['text']}" for document in documents]
        keywords = KeywordIndex.build(texts, frozenset(load_vocabulary().stop_words))
        vectors, questions = encoder.encode(texts), encoder.encode([query["text"] for query in queries])
        place = {document["id"]: number for number, document in enumerate(documents)}
        wanted = [{place[key] for key in relevant[query["id"]] if key in place} for query in queries]
        ranked: dict[str, list[list[int]]] = {"keyword": [], "dense": [], "rrf": [], "fused": []}
        for query, vector in zip(queries, questions, strict=True):
            for system, order in _rankings(vectors @ vector, keywords.scores(stems(query["text"]))).items():
                ranked[system].append(order)
        yield name, {system: _recall(orders, wanted) for system, orders in ranked.items()}


def _lines(path: Path) -> list[dict[str, str]]:
    packed = path.with_name(path.name + ".gz")
    with gzip.open(packed, "rt", encoding="utf-8") if packed.exists() else path.open(encoding="utf-8") as stream:
        return [json.loads(line) for line in stream]


def _relevant(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, document, grade = line.split("\t")[:3]
        if grade.replace(".", "").isdigit() and float(grade) > 0:
            found.setdefault(query, set()).add(document)
    return found


def _rankings(cosines: NDArray[np.float32], scores: NDArray[np.float32]) -> dict[str, list[int]]:
    """The first hundred of each system; RRF after Cormack et al. 2009 with k = 60."""
    dense = [int(i) for i in np.argsort(-cosines, kind="stable")[:_DEPTH]]
    keyword = [int(i) for i in np.argsort(-scores, kind="stable")[:_DEPTH] if scores[i] > 0]
    reciprocal: dict[int, float] = {}
    for order in (dense, keyword):
        for rank, document in enumerate(order, start=1):
            reciprocal[document] = reciprocal.get(document, 0.0) + 1 / (60 + rank)
    fused = fuse({i: float(cosines[i]) for i in dense}, {i: float(scores[i]) for i in keyword})
    return {"keyword": keyword, "dense": dense, "rrf": _sorted(reciprocal), "fused": _sorted(fused)}


def _sorted(scores: Mapping[int, float]) -> list[int]:
    return sorted(scores, key=lambda key: (-scores[key], key))


def _recall(orders: Sequence[Sequence[int]], wanted: Sequence[set[int]]) -> tuple[float, float, float]:
    one = [len(good & set(order[:1])) / len(good) for order, good in zip(orders, wanted, strict=True) if good]
    ten = [len(good & set(order[:10])) / len(good) for order, good in zip(orders, wanted, strict=True) if good]
    first = [
        next((1 / rank for rank, i in enumerate(order[:10], start=1) if i in good), 0.0)
        for order, good in zip(orders, wanted, strict=True)
        if good
    ]
    return float(np.mean(one)), float(np.mean(ten)), float(np.mean(first))
