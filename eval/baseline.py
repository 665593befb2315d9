"""Plain LangChain RAG: the system most people would build first, measured on the same cases in the same run."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from typing import Any

from assistant.retriever import QuestionEmbeddings
from assistant.types import Article

__all__ = ["PlainRag"]


class PlainRag:
    """Recursive splitter (500/100 characters), MiniLM, Chroma; answers with the best three chunks over a cut-off."""

    def __init__(self, articles: Sequence[Article], encoder: Any, *, k: int = 3, cutoff: float = 0.35) -> None:
        from langchain_chroma import Chroma
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=500, chunk_overlap=100)
        chunks = [chunk for article in articles for chunk in splitter.split_text(article.text)]
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self._store = Chroma.from_texts(
            chunks,
            QuestionEmbeddings(encoder),
            persist_directory=self._folder.name,
            collection_configuration={"hnsw": {"space": "cosine"}},
        )
        self._k = k
        self._cutoff = cutoff

    def ask(self, question: str) -> str:
        """The answer, or an empty text when no chunk is near enough."""
        found = self._store.similarity_search_with_score(question, k=self._k)  # distances; relevance is 1 - distance
        return "\n\n".join(document.page_content for document, distance in found if 1 - distance >= self._cutoff)

    def close(self) -> None:
        """Remove the store."""
        self._folder.cleanup()
