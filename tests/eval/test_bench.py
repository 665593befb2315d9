"""What the benchmark measures with: corpora of a known size, seeded vectors, memory of one process."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.articles import load_corpus
from assistant.embedding import SpanText
from assistant.passages import cut_passages
from assistant.settings import Settings
from assistant.vocabulary import load_vocabulary
from eval import bench_library
from eval.bench import Ratio, SyntheticEncoder, made_up, peak_of, write_corpus
from eval.benches import real_passages
from eval.dataset import fixture

from .test_question_sets import write_set


@pytest.mark.parametrize("count", [1, 20, 45])
def test_a_corpus_has_as_many_passages_as_asked_for(tmp_path: Path, count: int) -> None:
    """Each text becomes one passage, whatever stands in it."""
    write_corpus(tmp_path, [f"Text number {number} stands here." for number in range(count)])
    verbs = load_vocabulary().step_verbs
    passages = [p for article in load_corpus(tmp_path).articles for p in cut_passages(article, verbs)]
    assert [passage.text for passage in passages] == [f"Text number {number} stands here." for number in range(count)]


def test_synthetic_vectors_are_seeded_unit_vectors() -> None:
    """Two encoders give the same ones, for passages and their spans."""
    texts = [SpanText("a b", ((0, 1), (2, 3)))] * 5
    (vectors, spans), (again, _) = (next(SyntheticEncoder(16).encode_passages(texts)) for _ in range(2))
    assert np.array_equal(vectors, again)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert [row.shape for row in spans] == [(2, 16)] * 5


@pytest.mark.model
def test_made_up_passages_are_the_same_every_time(model_cache: Path) -> None:
    """They are sentences of the shipped articles in a seeded order."""
    settings = Settings(corpus=None, cache_dir=model_cache)
    first = made_up(settings, 5)
    assert first == made_up(settings, 5)
    assert len(set(first)) == 5


@pytest.mark.model
def test_the_library_is_measured_without_leaving_anything(
    model_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three ratios of two positive figures each, and of the indexes only those that were asked for stay."""
    monkeypatch.setattr(bench_library, "_RUNS", 1)
    monkeypatch.setattr(bench_library, "_QUESTIONS", 2)
    shutil.copytree(model_cache / "models", tmp_path / "models")
    said: list[str] = []
    settings = Settings(corpus=fixture("balcony-tomatoes"), cache_dir=tmp_path)
    ratios = bench_library.measure_library(settings, said.append)
    assert [step.partition(": ")[2] for step in said] == ["building", "starting", "asking"]
    assert len(ratios) == 3
    assert all(ratio.ours > 0 and ratio.baseline > 0 for ratio in ratios)
    assert len([entry for entry in tmp_path.rglob("CURRENT")]) == 2


def test_real_passages_come_from_the_sets_or_from_our_articles(tmp_path: Path) -> None:
    """Of a set only texts of full length are taken, cut to the length of a passage."""
    long = '{"id": "d9", "text": "%s"}\n' % ("word " * 200)
    folder = write_set(tmp_path, {"corpus": long * 3 + '{"id": "d1", "text": "short"}\n'})
    assert [len(text.split()) for text in real_passages(folder, 2)] == [80, 80]
    assert len(real_passages(folder, 99)) == 3
    own = real_passages(None, 1000)
    assert len(own) > 50
    assert all("\n" not in text for text in own)


def test_the_memory_of_a_process_is_its_own() -> None:
    """A small process started from a large one counts as small, and takes its time."""
    ballast = np.ones(60_000_000 // 8)  # what a fork would be charged with
    command = "import time; held = b'x' * 30_000_000; time.sleep(0.2); print('ready', flush=True)"
    seconds, megabytes = peak_of([sys.executable, "-c", command], os.environ)
    assert 30 < megabytes < 60
    assert 0.2 < seconds < 30
    assert ballast.nbytes > megabytes * 1e6 / 2


def test_a_process_that_fails_is_no_measurement() -> None:
    """Neither a crash nor silence counts as an answer."""
    for command in ("raise SystemExit(3)", "pass"):
        with pytest.raises(Exception, match="returned non-zero"):
            peak_of([sys.executable, "-c", command], os.environ)


def test_a_ratio_is_ours_over_the_baselines() -> None:
    """Half the time is 0.5."""
    assert Ratio("shipped", "x", 5, 10, "ms").ratio == 0.5
