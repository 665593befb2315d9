"""The fused search, on corpora whose neighbours can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_chroma import Chroma

from assistant.index import open_index
from assistant.indexing import build_index, embedded_text
from assistant.retriever import HybridRetriever, QuestionEmbeddings, Searcher, fuse
from assistant.settings import Settings
from assistant.types import Hit
from tests.fakes import SMALL, FakeEncoder, many, write_corpus

Make = Callable[..., Searcher]

KEYS = st.integers(0, 30)
COSINES = st.dictionaries(KEYS, st.floats(-1, 1, width=32))
SCORES = st.dictionaries(KEYS, st.floats(0, 50, width=32))
WEIGHT = st.floats(0, 1)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Give what makes a searcher over a corpus."""
    opened = []

    def searcher(articles: dict[str, str], encoder: FakeEncoder | None = None) -> Searcher:
        encoder = encoder or FakeEncoder(1024)
        settings = Settings(corpus=write_corpus(tmp_path / "corpus", articles), cache_dir=tmp_path / "cache")
        build_index(settings, lambda: encoder)
        index = open_index(settings)
        assert index is not None
        opened.append(index)
        return Searcher(index, encoder)

    yield searcher
    for index in opened:
        index.close()


def search(searcher: Searcher, question: str, k: int = 10, facets: dict[str, float] | None = None) -> list[Hit]:
    """Search with the question's own vector."""
    return searcher.search(question, searcher.encoder.encode([question])[0], k, facets)


# fuse


def test_fuse_by_hand() -> None:
    """Three quarters of the cosine and a quarter of the keyword score's share of the best; what is missing counts 0."""
    fused = fuse({1: 0.8, 2: 0.4}, {2: 6.0, 3: 3.0})
    assert fused == pytest.approx({1: 0.6, 2: 0.3 + 0.25, 3: 0.125})


def test_fuse_of_nothing() -> None:
    """Two empty lists give an empty one, and keyword scores of nothing divide by nothing."""
    assert fuse({}, {}) == {}
    assert fuse({1: 0.5}, {1: 0.0}, 0.5) == {1: 0.25}


@given(COSINES, SCORES, WEIGHT, st.randoms())
def test_fuse_does_not_depend_on_order(
    cosines: dict[int, float], scores: dict[int, float], weight: float, random: np.random.Generator
) -> None:
    """Both lists may come in any order: the same entries come out, with the same scores and in the same order."""

    def shuffled(entries: dict[int, float]) -> dict[int, float]:
        items = list(entries.items())
        random.shuffle(items)
        return dict(items)

    assert list(fuse(shuffled(cosines), shuffled(scores), weight).items()) == list(
        fuse(cosines, scores, weight).items()
    )


@given(COSINES, SCORES, WEIGHT)
def test_fuse_keeps_every_entry_and_stays_in_range(
    cosines: dict[int, float], scores: dict[int, float], weight: float
) -> None:
    """Every entry of either list comes out once, with a score between -1 and 1."""
    fused = fuse(cosines, scores, weight)
    assert fused.keys() == cosines.keys() | scores.keys()
    assert all(-1.0001 <= score <= 1.0001 for score in fused.values())


@given(COSINES, SCORES, WEIGHT, KEYS, st.floats(0, 1, width=32))
def test_fuse_rises_with_the_cosine(
    cosines: dict[int, float], scores: dict[int, float], weight: float, key: int, more: float
) -> None:
    """A nearer vector never lowers an entry and leaves the others alone."""
    before = fuse({key: 0.0} | cosines, scores, weight)
    after = fuse({key: 0.0} | cosines | {key: cosines.get(key, 0.0) + more}, scores, weight)
    assert after[key] >= before[key]
    assert {k: v for k, v in after.items() if k != key} == {k: v for k, v in before.items() if k != key}


@given(COSINES, SCORES, WEIGHT, KEYS, st.floats(0, 60, width=32))
def test_fuse_rises_with_the_keyword_score(
    cosines: dict[int, float], scores: dict[int, float], weight: float, key: int, more: float
) -> None:
    """A better keyword score never lowers an entry, and never raises another one."""
    before = fuse(cosines, {key: 0.0} | scores, weight)
    after = fuse(cosines, {key: 0.0} | scores | {key: scores.get(key, 0.0) + more}, weight)
    assert after[key] >= before[key] - 1e-9
    assert all(after[other] <= before[other] + 1e-9 for other in before if other != key)


@given(COSINES, SCORES)
def test_the_weight_chooses_the_list(cosines: dict[int, float], scores: dict[int, float]) -> None:
    """With all weight on one side only that list speaks."""
    assert all(score == cosines.get(key, 0.0) for key, score in fuse(cosines, scores, 1.0).items())
    highest = max(scores.values(), default=0.0) or 1.0
    assert all(score == scores.get(key, 0.0) / highest for key, score in fuse(cosines, scores, 0.0).items())


# Searcher

PAPER = {
    "a": "# A\n\nRow slowly.\n",
    "b": "# B\n\nRow fast today.\n",
    "c": "# C\n\nPlank.\n",
}


def test_scores_are_those_worked_out_on_paper(make: Make) -> None:
    """Cosine, BM25 and fused score of a three-passage corpus are those of the pencil.

    Embedded are "A Row slowly" (3 stems), "B Row fast today" (4) and "C Plank" (2); the question is "row fast" (2).
        cosine a: 1 / sqrt(2 * 3) = 0.408248    b: 2 / sqrt(2 * 4) = 0.707107    c: 0
    BM25 drops the stop word "a": lengths 2, 4, 2; 8 / 3 on average. K = 1.5 * (0.25 + 0.75 * length / 2.666667).
        row  df 2: ln(1.6)    = 0.470004    fast  df 1: ln(2.666667) = 0.980829
        a: K = 1.21875: row 1 / 2.21875 = 0.450704                          -> 0.211833
        b: K = 2.0625:  row 1 / 3.0625 = 0.326531, fast the same            -> 0.473741
    Fused:
        b: 0.75 * 0.707107 + 0.25                          = 0.780330
        a: 0.75 * 0.408248 + 0.25 * 0.211833 / 0.473741    = 0.417974
        c: 0
    """
    hits = search(make(PAPER), "row fast")
    assert [hit.passage.article for hit in hits] == ["b", "a", "c"]
    assert [hit.similarity for hit in hits] == pytest.approx([0.707107, 0.408248, 0], abs=1e-5)
    assert [hit.keyword_score for hit in hits] == pytest.approx([0.473741, 0.211833, 0], abs=1e-5)
    assert [hit.score for hit in hits] == pytest.approx([0.780330, 0.417974, 0], abs=1e-5)
    assert [hit.dense_rank for hit in hits] == [1, 2, 3]
    assert [hit.keyword_rank for hit in hits] == [1, 2, None]


def test_ranks_and_scores_agree(make: Make) -> None:
    """Each list's ranks run from 1 in the order of its scores, and hits come best first."""
    hits = search(make(many(90)), "here kolimu soneba", 90)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    dense = sorted((hit for hit in hits if hit.dense_rank), key=lambda hit: hit.dense_rank or 0)
    assert [hit.dense_rank for hit in dense] == list(range(1, 91))
    assert [hit.similarity for hit in dense] == sorted((hit.similarity for hit in dense), reverse=True)
    keyword = sorted((hit for hit in hits if hit.keyword_rank), key=lambda hit: hit.keyword_rank or 0)
    assert [hit.keyword_rank for hit in keyword] == list(range(1, len(keyword) + 1))
    assert [hit.keyword_score for hit in keyword] == sorted((hit.keyword_score for hit in keyword), reverse=True)


def test_dense_search_misses_no_neighbour(make: Make) -> None:
    """Among 1,200 passages the graph finds the same ten nearest as comparing with every one of them."""
    searcher = make(many(1200), FakeEncoder(64))
    passages = searcher.index.passages
    vectors = searcher.encoder.encode([embedded_text(passage).text for passage in passages])
    for passage in passages[::40]:
        question = " ".join(passage.text.split()[2:6])
        vector = searcher.encoder.encode([question])[0]
        hits = sorted(searcher.search(question, vector, 1200), key=lambda hit: hit.dense_rank or 9999)[:10]
        nearest = np.sort(vectors @ vector)[::-1][:10]
        assert [hit.similarity for hit in hits] == pytest.approx(nearest, abs=1e-5)


def test_ties_go_to_the_smaller_id(make: Make) -> None:
    """Passages that say the same come in the order of their ids, whichever file they are from."""
    hits = search(make({name: "# Same\n\nHold it still.\n" for name in "hgfedcba"}), "hold")
    assert len({hit.score for hit in hits}) == 1
    assert [hit.passage.id for hit in hits] == sorted(hit.passage.id for hit in hits)
    assert len(hits) == 8


def test_a_search_can_be_repeated(make: Make) -> None:
    """The same question gives the same hits, also from eight threads at once."""
    searcher = make(many(120))
    questions = [" ".join(text.split()[-4:-2]) for text in many(120).values()][:40]
    alone = [search(searcher, question) for question in questions]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda question: search(searcher, question), questions)) == alone


@pytest.mark.parametrize("k", [1, 2, 7, 8, 9, 500])
def test_exactly_k(make: Make, k: int) -> None:
    """As many hits as asked for come, each passage once, and all passages where more were asked for."""
    hits = search(make(SMALL), "elbows", k)
    assert len(hits) == len({hit.passage.id for hit in hits}) == min(k, 8)


@pytest.mark.parametrize("k", [1, 100, 500, 700])
def test_exactly_k_of_many_alike(make: Make, k: int) -> None:
    """Hundreds of equal passages, which a graph search cannot all reach, are still given when asked for."""
    same = "# Same\n\n" + "\n\n".join(f"## S\n\n{text}" for text in ["Hold it."] * 600 + ["Row."] * 100)
    hits = search(make({"a": same}), "squat", k)
    assert len(hits) == len({hit.passage.id for hit in hits}) == k


@pytest.mark.parametrize("k", [0, -1])
def test_a_count_below_one_is_refused(make: Make, k: int) -> None:
    """No hits or fewer cannot be asked for."""
    with pytest.raises(ValueError, match="k must be at least 1"):
        search(make(PAPER), "row", k)


@pytest.mark.parametrize("question", ["", "?!", "the", "squat", "жим", "🏋️", "row " * 3000])
def test_odd_questions_find_something(make: Make, question: str) -> None:
    """A question without known words, or a very long one, is searched for like any other."""
    assert len(search(make(PAPER), question, 3)) == 3


def test_words_of_the_question_count_without_vectors(make: Make) -> None:
    """A passage that only the words find comes before those that nothing finds."""
    searcher = make(many(150) | {"z": "# Zed\n\nZercher squat.\n"})
    vector = np.zeros(1024, np.float32)
    vector[FakeEncoder(1024).place("here")] = 1
    hits = searcher.search("zercher", vector, 5)
    (found,) = [hit for hit in hits if hit.passage.article == "z"]
    assert (found.dense_rank, found.keyword_rank) == (None, 1)


def test_the_facet_asked_for_gains(make: Make) -> None:
    """Of two passages alike the one of the wanted facet comes first, three tenths of the facet's weight ahead."""
    searcher = make({"a": "# Row\n\n## Benefits\n\nHold it.\n\n## Mistakes\n\nHold it.\n"})
    for facet in ("benefits", "mistakes"):
        plain = {hit.passage.facet: hit.score for hit in search(searcher, "hold")}
        hits = search(searcher, "hold", facets={facet: 0.5})
        assert hits[0].passage.facet == facet
        assert hits[0].score == pytest.approx(plain[facet] + 0.15)
        assert hits[1].score == pytest.approx(plain[hits[1].passage.facet])


# LangChain


def test_dense_search_goes_through_langchain_chroma(make: Make) -> None:
    """The store is LangChain's Chroma over the index's own collection: a row taken out has no dense rank any more."""
    searcher = make(PAPER)
    assert isinstance(searcher.store, Chroma)
    (found,) = searcher.store.similarity_search("plank", k=1)
    assert found.page_content == "Plank."
    gone = search(searcher, "row fast")[0].passage
    searcher.store.delete([gone.id])
    hit = next(hit for hit in search(searcher, "row fast") if hit.passage.id == gone.id)
    assert (hit.dense_rank, hit.similarity, hit.keyword_rank) == (None, 0.0, 1)


def test_the_store_finds_by_text_what_search_finds_by_vector(make: Make) -> None:
    """LangChain's own search by text gives the passages in the order of the dense ranks."""
    searcher = make(SMALL)
    for question in ("elbows", "hold for seconds", "rest"):
        hits = sorted(search(searcher, question), key=lambda hit: hit.dense_rank or 0)
        pairs = searcher.store.similarity_search_with_score(question, k=8)
        assert [1 - score for _, score in pairs] == pytest.approx([hit.similarity for hit in hits], abs=1e-6)


def test_embeddings_in_the_form_of_langchain() -> None:
    """Documents and questions are embedded alike, as plain lists of floats; no documents give no vectors."""
    embeddings = QuestionEmbeddings(FakeEncoder())
    rows = embeddings.embed_documents(["row fast", "plank"])
    assert rows == FakeEncoder().encode(["row fast", "plank"]).tolist()
    assert rows[0] == embeddings.embed_query("row fast")
    assert all(type(value) is float for value in rows[0])
    assert embeddings.embed_documents([]) == []


def test_documents_carry_what_a_citation_needs(make: Make) -> None:
    """A document is the passage, verbatim, with its id, place, section, score and ranks."""
    searcher = make(SMALL)
    hits = search(searcher, "elbows low", 3)
    documents = HybridRetriever(searcher=searcher, k=3).invoke("elbows low")
    texts = {article.id: article.text for article in searcher.index.articles}
    assert [document.id for document in documents] == [hit.passage.id for hit in hits]
    for document, hit in zip(documents, hits, strict=True):
        data = document.metadata
        assert document.page_content == texts[data["article"]][data["start"] : data["end"]]
        assert (data["title"], data["section"]) == (hit.passage.title, " > ".join(hit.passage.heading))
        assert (data["score"], data["dense_rank"], data["keyword_rank"]) == (
            hit.score,
            hit.dense_rank,
            hit.keyword_rank,
        )


async def test_the_retriever_is_a_runnable(make: Make) -> None:
    """`batch` and the async twins give what `invoke` gives."""
    retriever = HybridRetriever(searcher=make(SMALL), k=2)
    expected = [retriever.invoke(question) for question in ("elbows", "toes")]
    assert retriever.batch(["elbows", "toes"]) == expected
    assert await retriever.abatch(["elbows", "toes"]) == expected
