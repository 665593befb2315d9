"""LangChain's own standard tests of a retriever, over ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_tests.integration_tests import RetrieversIntegrationTests

from assistant.index import open_index
from assistant.indexing import build_index
from assistant.retriever import HybridRetriever, Searcher
from assistant.settings import Settings
from tests.fakes import SMALL, FakeEncoder, write_corpus


class TestHybridRetriever(RetrieversIntegrationTests):  # type: ignore[misc]
    """The standard tests, on the small corpus."""

    searcher: Searcher

    @pytest.fixture(autouse=True)
    def small_index(self, tmp_path: Path) -> Iterator[None]:
        """Build and open the index of the small corpus."""
        settings = Settings(corpus=write_corpus(tmp_path / "corpus", SMALL), cache_dir=tmp_path / "cache")
        build_index(settings, FakeEncoder)
        index = open_index(settings)
        assert index is not None
        self.searcher = Searcher(index, FakeEncoder())
        yield
        index.close()

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        """Name the class under test."""
        return HybridRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        """Give what the class needs."""
        return {"searcher": self.searcher}

    @property
    def retriever_query_example(self) -> str:
        """Ask something the corpus answers."""
        return "How long should I rest?"

    def test_the_best_document_answers(self, retriever: BaseRetriever) -> None:
        """Beyond the standard: the first document is the one on resting, and four come when nothing is said."""
        documents: list[Document] = retriever.invoke("rest between sets")
        assert "Rest for ninety seconds" in documents[0].page_content
        assert len(documents) == 4

    @pytest.mark.parametrize("k", [0, -3])
    def test_a_bad_count_is_an_error(self, retriever: BaseRetriever, k: int) -> None:
        """A count below one is refused when asking and, being a mistake of the program, when making the retriever."""
        with pytest.raises(ValueError, match="k must be at least 1"):
            retriever.invoke("rest", None, k=k)
        with pytest.raises(ValueError, match="greater than or equal to 1"):
            HybridRetriever(searcher=self.searcher, k=k)
