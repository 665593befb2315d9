"""The library beside one article: building the index, starting on an unchanged one, and asking, as ratios.

Asking is taken in turns in one process, a start is a process of its own, and the index is built anew in a folder that
is removed again. Figures are medians.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from statistics import median

from assistant.building import build
from assistant.builds import current_build, index_slot
from assistant.chain import Assistant
from assistant.embedding import find_model
from assistant.settings import Settings

from .bench import Ratio, Step, building, milliseconds, peak_of
from .dataset import ONE_EXERCISE, SHIPPED, fixture, shipped_cases

__all__ = ["measure_library"]

_SIZE = "library"
_RUNS = 5
_QUESTIONS = 150
_PLAIN_START = """
import sys
import chromadb
client = chromadb.PersistentClient(path=sys.argv[1], settings=chromadb.Settings(anonymized_telemetry=False))
print(client.get_collection("passages", embedding_function=None).count())
"""


def measure_library(settings: Settings, step: Step) -> list[Ratio]:
    """The three ratios of the shipped articles; the index of them must be writable in the cache."""
    step("library: building")
    built = _built_anew(settings)
    step("library: starting")
    start = _start(settings)
    step("library: asking")
    return [built, start, _beside_one(settings)]


def _built_anew(settings: Settings) -> Ratio:
    with tempfile.TemporaryDirectory(prefix="backchat-bench-") as folder:
        corpus = Path(shutil.copytree(settings.corpus_path, Path(folder) / "corpus"))
        own = settings.model_copy(update={"corpus": corpus})
        try:
            return building(own, _SIZE)
        finally:
            shutil.rmtree(index_slot(own, find_model(own.model)), ignore_errors=True)


def _start(settings: Settings) -> Ratio:
    """Seconds of `backchat index` on an unchanged corpus beside importing Chroma and opening the same store."""
    build(settings)
    model = find_model(settings.model)
    found = current_build(index_slot(settings, model))
    assert found is not None, "it was built just now"
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "BACKCHAT_CACHE_DIR": str(settings.cache_path)}
    ours = [sys.executable, "-m", "assistant", "index", "--corpus", str(settings.corpus_path)]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        store = shutil.copytree(found / "chroma", Path(folder) / "chroma")
        plain = [sys.executable, "-c", _PLAIN_START, str(store)]
        taken = [(peak_of(ours, environment)[0], peak_of(plain, environment)[0]) for _ in range(_RUNS)]
    mine, theirs = zip(*taken, strict=True)
    return Ratio(_SIZE, "start on an unchanged index / import and open Chroma", median(mine), median(theirs), "s")


def _beside_one(settings: Settings) -> Ratio:
    """Median milliseconds of questions about one exercise, put to the library and to that exercise's article alone."""
    cases = [case for case in shipped_cases("dev") if case.corpus == SHIPPED and case.kind == "answerable"]
    questions = list(dict.fromkeys(case.question for case in cases))[:_QUESTIONS]
    alone = settings.model_copy(update={"corpus": fixture(ONE_EXERCISE)})
    with Assistant.load(settings) as library, Assistant.load(alone) as one:
        for question in questions:  # warm both up
            library.ask(f"{question} warm")
            one.ask(f"{question} warm")
        taken = [
            (milliseconds(lambda q=question: library.ask(q)), milliseconds(lambda q=question: one.ask(q)))  # type: ignore[misc]
            for question in questions
        ]
    ours, theirs = zip(*taken, strict=True)
    return Ratio(_SIZE, "warm question to the library / to one article", median(ours), median(theirs), "ms")
