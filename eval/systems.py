"""What is examined: the assistant, the assistant with parts switched off, and what most people would build first."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from assistant.chain import Assistant
from assistant.embedding import Deep
from assistant.errors import BackchatError
from assistant.retriever import QuestionEmbeddings, Searcher
from assistant.state import Part
from assistant.text import stems
from assistant.types import Article, Hit, Passage

from .dataset import Case
from .metrics import supported_sentences
from .types import Place, Reply

__all__ = ["Backchat", "PassageSearch", "PlainRag", "Recorder", "Role", "System", "systems_of"]

Role = Literal["ours", "baseline", "ablation", "guard"]
"""Guard: the assistant without a layer of its guard, asked the guard's cases alone."""
_DEPTH = 10
_PASSAGES = 3
"""How many passages a baseline answers with."""


class System(Protocol):
    """Something that answers cases."""

    @property
    def name(self) -> str:
        """Its name in report.json."""

    @property
    def said(self) -> str:
        """What it is, for a reader of the report."""

    @property
    def role(self) -> Role:
        """What it is there for."""

    @property
    def units(self) -> Sequence[Place]:
        """Every place its search can find."""

    @property
    def decides(self) -> bool:
        """Whether it decides by itself what to decline.

        Else a cut-off on its confidence is chosen on the dev half: what lacks a part should not also suffer from a
        threshold that was learned with it.
        """

    def reply(self, case: Case) -> Reply:
        """Answer a case."""
        ...


class Recorder:
    """An encoder that adds up its seconds and, once told to, gives back vectors it has made before.

    The systems of one run ask the same questions: each text is then encoded once. The assistant itself runs before
    `recall` is set, so that its latency is real.
    """

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._made: dict[str, NDArray[np.float32]] = {}
        self._deep: dict[tuple[str, ...], Deep] = {}
        self.recall = False
        self.seconds = 0.0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, shape (n, dimension)."""
        wanted = [text for text in dict.fromkeys(texts) if not (self.recall and text in self._made)]
        if wanted:
            start = time.perf_counter()
            vectors = self._encoder.encode(wanted)
            self.seconds += time.perf_counter() - start
            self._made.update(zip(wanted, vectors, strict=True))
        return np.stack([self._made[text] for text in texts])

    def encode_deep(self, texts: Sequence[str]) -> Deep:
        """As the encoder's own, the vectors of which serve `encode` as well."""
        key = tuple(texts)
        if not (self.recall and key in self._deep):
            start = time.perf_counter()
            self._deep[key] = self._encoder.encode_deep(texts)
            self.seconds += time.perf_counter() - start
            self._made.update(zip(texts, self._deep[key].vectors, strict=True))
        return self._deep[key]

    def knows(self, word: str) -> bool:
        """Whether the model's own vocabulary has a word."""
        return bool(self._encoder.knows(word))


def _place(passage: Passage) -> Place:
    return Place(passage.article, passage.start, passage.end, passage.text)


@dataclass
class Backchat:
    """The assistant, whole or with parts switched off."""

    assistant: Assistant
    units: Sequence[Place]
    name: str = "backchat"
    said: str = "Backchat"
    role: Role = "ours"
    decides: bool = True

    def reply(self, case: Case) -> Reply:
        """Answer a case with its history."""
        trace = self.assistant.trace(case.question, case.history)
        answer = trace.answer
        supported, sentences = supported_sentences(answer)
        return Reply(
            text=answer.text if answer.status == "answered" else trace.forced.text,
            confidence=max(trace.confidence, default=0.0 if answer.status == "answered" else -1e9),
            answered=answer.status == "answered",
            ranked=tuple(_place(hit.passage) for hit in _interleaved(trace.hits)),
            quotes=tuple(Place(c.article, q.start, q.end, q.text) for c in answer.citations for q in c.quotes),
            sentences=sentences,
            supported=supported,
            level=answer.verdict.level,
            category=answer.verdict.category,
            milliseconds=answer.timings_ms["total"],
        )


def _interleaved(lists: Iterable[Sequence[Hit]]) -> list[Hit]:
    """Hits of the parts of a question taking turns, each passage once."""
    taken: dict[str, Hit] = {}
    for row in zip_longest(*lists):
        for hit in row:
            if hit is not None:
                taken.setdefault(hit.passage.id, hit)
    return list(taken.values())


class PlainRag:
    """LangChain's tutorial chain: recursive splitter (500/100), MiniLM, Chroma; the nearest chunks as answer."""

    name = "plain_rag"
    said = "plain LangChain RAG"
    role: Role = "baseline"
    decides = False

    def __init__(self, articles: Sequence[Article], encoder: Recorder) -> None:
        from langchain_chroma import Chroma
        from langchain_core.documents import Document

        try:
            from langchain_text_splitters import RecursiveCharacterTextSplitter
        except ImportError as exc:
            raise BackchatError('the eval needs more packages: pip install "backchat[eval]"') from exc

        splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=100, add_start_index=True)
        chunks = splitter.split_documents([Document(a.text, metadata={"article": a.id}) for a in articles])
        self.units = [self._chunk(chunk) for chunk in chunks]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._store = Chroma.from_documents(
            chunks,
            QuestionEmbeddings(encoder),
            persist_directory=self._folder.name,
            collection_configuration={"hnsw": {"space": "cosine"}},
        )

    @staticmethod
    def _chunk(document: Any) -> Place:
        start, text = document.metadata["start_index"], document.page_content
        return Place(document.metadata["article"], start, start + len(text), text)

    def reply(self, case: Case) -> Reply:
        """The nearest chunks to the last message."""
        found = self._store.similarity_search_with_score(case.question, k=_DEPTH)
        ranked = tuple(self._chunk(document) for document, _ in found)
        text = "\n\n".join(place.text for place in ranked[:_PASSAGES])
        return Reply(text, confidence=1 - min(distance for _, distance in found), ranked=ranked)

    def close(self) -> None:
        """Remove the store."""
        self._folder.cleanup()


class PassageSearch:
    """Our passages under one plain ranking, by keyword (BM25) or by meaning (cosine); the best three as answer."""

    role: Role = "baseline"
    decides = False

    def __init__(self, searcher: Searcher, encoder: Recorder, by: Literal["keyword", "meaning"]) -> None:
        self.name = "bm25" if by == "keyword" else "dense"
        self.said = "BM25 only" if by == "keyword" else "dense only"
        self.units = [_place(passage) for passage in searcher.index.passages]
        self._searcher = searcher
        self._encoder = encoder

    def reply(self, case: Case) -> Reply:
        """The best passages for the last message."""
        ranked = self._by_keyword(case.question) if self.name == "bm25" else self._by_meaning(case.question)
        text = "\n\n".join(self.units[position].text for position, _ in ranked[:_PASSAGES])
        return Reply(text, confidence=ranked[0][1], ranked=tuple(self.units[position] for position, _ in ranked))

    def _by_keyword(self, question: str) -> list[tuple[int, float]]:
        scores = self._searcher.index.keywords.scores(stems(question))
        return [(int(i), float(scores[i])) for i in np.argsort(-scores, kind="stable")[:_DEPTH]]

    def _by_meaning(self, question: str) -> list[tuple[int, float]]:
        vector = self._encoder.encode([question])[0].tolist()
        found = self._searcher.store.similarity_search_by_vector_with_relevance_scores(vector, k=_DEPTH)
        return [(int(document.metadata["position"]), 1 - float(distance)) for document, distance in found]


_ABLATIONS: tuple[tuple[Part, str], ...] = (
    ("keyword", "without keyword search"),
    ("interpretation", "without interpretation"),
    ("aim", "without the query branch"),
    ("evidence", "without evidence choice"),
    ("coverage", "cosine instead of learned coverage"),
)


_GUARD_LAYERS: tuple[tuple[Part, str], ...] = (("guard_signs", "without signs"), ("guard_meaning", "without meaning"))


@contextmanager
def systems_of(assistant: Assistant) -> Iterator[tuple[Recorder, list[System]]]:
    """The assistant first, then the baselines over the same articles, then the assistant with a part switched off.

    The assistant's encoder is replaced by the recorder that is given back.
    """
    recorder = Recorder(assistant.encoder)
    assistant.encoder = recorder
    searcher = assistant.retriever.searcher
    units = [_place(passage) for passage in searcher.index.passages]
    plain = PlainRag(assistant.articles, recorder)
    try:
        yield (
            recorder,
            [
                Backchat(assistant, units),
                plain,
                PassageSearch(searcher, recorder, "keyword"),
                PassageSearch(searcher, recorder, "meaning"),
                *(
                    Backchat(assistant.without(part), units, f"no_{part}", said, "ablation", decides=False)
                    for part, said in _ABLATIONS
                ),
                *(
                    Backchat(assistant.without(part), units, f"no_{part}", said, "guard")
                    for part, said in _GUARD_LAYERS
                ),
            ],
        )
    finally:
        plain.close()
