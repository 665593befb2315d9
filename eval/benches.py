"""The benchmark as a person runs it: what is measured in which order, with progress, printed as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from assistant.embedding import TorchEncoder, find_model
from assistant.settings import Settings

from .bench import Ratio, Step, measure_shipped, measure_size
from .bench_library import measure_library
from .dataset import fixture
from .question_sets import measure_set, read_set, set_names

__all__ = ["print_sets", "print_speed", "real_passages"]

REAL = (100, 1000)
SYNTHETIC = 10_000
LARGE = 100_000
_WORDS = 80
"""Words of a real passage: about what the chunker cuts."""


def print_sets(folder: Path, names: Sequence[str], console: Console) -> None:
    """Print retrieval figures of our fusion and its parts on question sets, a table each."""
    settings = Settings(corpus=None)
    model = find_model(settings.model)
    encoder = TorchEncoder(model)
    kept = settings.cache_path / "bench" / model.identity.replace("/", "-")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    for name in names or set_names(folder):
        found = read_set(folder, name)
        with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
            task = bar.add_task(f"encoding {name}", total=len(found.documents) + len(found.questions))
            measured = measure_set(found, encoder, kept, partial(bar.advance, task))
        table = Table("", "R@1", "R@5", "R@10", "MRR@10", "nDCG@10", box=SIMPLE, title_justify="left")
        table.title = f"{name}: {len(found.documents):,} documents, {len(found.questions):,} questions"
        for row in measured:
            values = (row.recall_at_1, row.recall_at_5, row.recall_at_10, row.mrr_at_10, row.ndcg_at_10)
            table.add_row(row.system, *(f"{value:.3f}" for value in values))
        console.print(table)


def print_speed(sets: Path | None, threads: int, large: bool, console: Console) -> None:
    """Print the ratios of every size, each as soon as it is measured."""
    settings = Settings(corpus=None, threads=threads)
    with _told(console) as step:
        _print(measure_shipped(settings, step), console)
        _print(measure_library(settings, step), console)
        for count, texts in _sizes(sets, large):
            _print(measure_size(settings, count, texts, step), console)


def _sizes(sets: Path | None, large: bool) -> Iterator[tuple[int, list[str] | None]]:
    """Sizes with their real passages (None: synthetic). Without question sets only few real passages are at hand."""
    real = real_passages(sets, max(REAL))
    yield from ((count, real[:count]) for count in REAL if count <= len(real))
    yield SYNTHETIC, None
    if large:
        yield LARGE, None


def real_passages(sets: Path | None, count: int) -> list[str]:
    """Up to `count` passages that people wrote: of the question sets, else of the shipped articles and fixtures."""
    if sets is None:
        return _own_passages()[:count]
    found: list[str] = []
    for name in set_names(sets):
        for document in read_set(sets, name).documents:
            words = document.replace("#", " ").split()[:_WORDS]
            if len(words) == _WORDS:
                found.append(" ".join(words))
            if len(found) == count:
                return found
    return found


def _own_passages() -> list[str]:
    from assistant.articles import load_corpus
    from assistant.passages import cut_passages
    from assistant.vocabulary import load_vocabulary

    verbs = load_vocabulary().step_verbs
    folders = [Settings(corpus=None).corpus_path, fixture("balcony-tomatoes")]
    articles = [article for folder in folders for article in load_corpus(folder).articles]
    return [" ".join(passage.text.split()) for article in articles for passage in cut_passages(article, verbs)]


@contextmanager
def _told(console: Console) -> Iterator[Step]:
    with Console(stderr=True).status("starting") as status:
        yield status.update


def _print(ratios: Sequence[Ratio], console: Console) -> None:
    table = Table("", "ours", "baseline", "unit", "ratio", box=SIMPLE, title=ratios[0].size, title_justify="left")
    for item in ratios:
        table.add_row(item.what, f"{item.ours:.2f}", f"{item.baseline:.2f}", item.unit, f"{item.ratio:.2f}")
    console.print(table)
