"""Retrieval on question sets, with an encoder whose neighbours can be worked out on paper."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from assistant.errors import BackchatError
from eval.question_sets import measure_set, read_set, set_names

from ..fakes import FakeEncoder

DOCUMENTS = [
    {"id": "d1", "title": "Chain", "text": "Clean the chain every 300 kilometres"},
    {"id": "d2", "text": "Press the patch on the tube"},
    {"id": "d3", "text": "The saddle is made of leather"},
]
QUERIES = [
    {"id": "q1", "text": "clean chain"},
    {"id": "q2", "text": "patch tube"},
    {"id": "q3", "text": "nothing is relevant"},
]
QRELS = "query-id\tdoc-id\trelevance\nq1\td1\t1\nq1\td3\t2\nq2\td2\t1\nq2\td1\t0\nq3\tdx\t1\n"


def write_set(folder: Path, files: Mapping[str, str] | None = None, *, packed: bool = False) -> Path:
    """Write the set `bikes`; `files` replaces the content of a file by its name."""
    lines = {
        "corpus": "".join(json.dumps(row) + "\n" for row in DOCUMENTS),
        "queries": "".join(json.dumps(row) + "\n" for row in QUERIES),
        "qrels": QRELS,
        **(files or {}),
    }
    (folder / "corpus" / "bikes").mkdir(parents=True)
    (folder / "dev" / "bikes").mkdir(parents=True)
    corpus = folder / "corpus" / "bikes" / "corpus.jsonl"
    if packed:
        with gzip.open(f"{corpus}.gz", "wt", encoding="utf-8") as stream:
            stream.write(lines["corpus"])
    else:
        corpus.write_text(lines["corpus"], encoding="utf-8")
    (folder / "dev" / "bikes" / "queries.jsonl").write_text(lines["queries"], encoding="utf-8")
    (folder / "dev" / "bikes" / "qrels.tsv").write_text(lines["qrels"], encoding="utf-8")
    return folder


@pytest.mark.parametrize("packed", [False, True])
def test_a_set_is_read_plain_or_packed(tmp_path: Path, packed: bool) -> None:
    """Titles lead their texts, grades above zero are relevant, questions without a known document are left out."""
    folder = write_set(tmp_path, packed=packed)
    assert set_names(folder) == ["bikes"]
    found = read_set(folder, "bikes")
    assert found.documents[0] == "Chain\nClean the chain every 300 kilometres"
    assert found.questions == ("clean chain", "patch tube")
    assert found.relevant == (frozenset({0, 2}), frozenset({1}))


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"corpus": '{"id": "d1"}\n'}, "corpus.jsonl:1: expected an object with the texts id, text"),
        ({"queries": "{\n"}, "queries.jsonl: cannot be read, line 1"),
        ({"qrels": "a\tb\tc\nq1 d1 1\n"}, "qrels.tsv:2: expected query, document and relevance"),
        ({"qrels": "q9\td1\t1\n"}, "no question has a relevant document"),
    ],
)
def test_a_malformed_set_is_named(tmp_path: Path, files: dict[str, str], message: str) -> None:
    """File and line, or what does not fit together."""
    with pytest.raises(BackchatError, match=message):
        read_set(write_set(tmp_path, files), "bikes")


def test_a_folder_without_sets_is_a_clear_error(tmp_path: Path) -> None:
    """It says what was expected."""
    with pytest.raises(BackchatError, match="holds no question sets"):
        set_names(tmp_path)
    with pytest.raises(BackchatError, match="cannot be read"):
        read_set(write_set(tmp_path), "cars")


def test_every_ranking_is_measured(tmp_path: Path) -> None:
    """The first question finds one of its two documents at once, the saddle only last; the second finds its own."""
    found = read_set(write_set(tmp_path), "bikes")
    measured = {row.system: row for row in measure_set(found, FakeEncoder(512), tmp_path / "kept")}
    assert list(measured) == ["BM25", "dense", "RRF", "Backchat's fusion"]
    for row in measured.values():
        assert row.recall_at_1 == pytest.approx((1 / 2 + 1) / 2)
        assert row.mrr_at_10 == 1
    assert measured["BM25"].recall_at_10 == pytest.approx(0.75)  # no word of the saddle is asked for
    assert measured["dense"].recall_at_10 == 1


def test_an_interrupted_run_goes_on_with_the_vectors_it_has(tmp_path: Path) -> None:
    """Documents are encoded once; what is kept gives the same figures."""

    class Once(FakeEncoder):
        def encode(self, texts: Any) -> Any:
            assert len(texts) == 2, "documents are not encoded again"
            return super().encode(texts)

    found = read_set(write_set(tmp_path), "bikes")
    first = measure_set(found, FakeEncoder(), tmp_path / "kept")
    assert list((tmp_path / "kept").glob("*.npy"))
    assert not list((tmp_path / "kept").glob("*.part"))
    steps: list[int] = []
    assert measure_set(found, Once(), tmp_path / "kept", steps.append) == first
    assert sum(steps) == len(found.documents) + len(found.questions)
