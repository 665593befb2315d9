"""Building, opening and mending the index, on small corpora with the word-counting encoder."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import builds, indexing
from assistant.builds import current_build, index_slot
from assistant.embedding import SpanText, find_model
from assistant.errors import CorpusError, IndexError_
from assistant.index import Index, open_index
from assistant.indexing import build_index, embedded_text
from assistant.passages import cut_passages
from assistant.retriever import Searcher
from assistant.settings import Settings
from assistant.types import Article, Passage, Span
from tests.fakes import BRIDGE, PLANK, ROWING, SMALL, FakeEncoder, Vectors, article, many, refuse, write_corpus

ROOT = Path(__file__).resolve().parent.parent
QUERIES = ("hold for seconds", "elbows", "rest between sets", "hips towards the ceiling", "squat")


@pytest.fixture
def here(tmp_path: Path) -> Settings:
    """Write the small corpus; the settings for it, with an empty cache."""
    return Settings(corpus=write_corpus(tmp_path / "corpus", SMALL), cache_dir=tmp_path / "cache")


@pytest.fixture
def built(here: Settings) -> Settings:
    """Build the index of the small corpus."""
    build_index(here, FakeEncoder)
    return here


def rewrite(settings: Settings, articles: dict[str, str]) -> None:
    """Make these the articles of the corpus."""
    write_corpus(settings.corpus_path, articles)


def slot_of(settings: Settings) -> Path:
    """Tell the index's folder."""
    return index_slot(settings, find_model(settings.model))


def build_names(settings: Settings) -> set[str]:
    """Tell everything in the slot beside lock and pointer."""
    return {entry.name for entry in slot_of(settings).iterdir()} - {"CURRENT", "lock"}


@contextmanager
def opened(settings: Settings) -> Iterator[Index]:
    """Open the index, which must be there, and close it."""
    index = open_index(settings)
    assert index is not None
    try:
        yield index
    finally:
        index.close()


def top(index: Index, question: str, k: int = 10) -> list[tuple[str, float]]:
    """Search; the ids and scores of the best."""
    encoder = FakeEncoder()
    hits = Searcher(index, encoder).search(question, encoder.encode([question])[0], k)
    return [(hit.passage.id, hit.score) for hit in hits]


def state(settings: Settings, questions: tuple[str, ...] = QUERIES) -> dict[str, Any]:
    """Tell all that an index holds and finds."""
    with opened(settings) as index:
        return {
            "passages": index.passages,
            "articles": index.articles,
            "spans": [spans.tolist() for spans in index.spans],
            "found": [top(index, question) for question in questions],
        }


def test_there_is_no_index_before_the_first_build(here: Settings) -> None:
    """Opening gives None where nothing was built, and writes nothing."""
    assert open_index(here) is None
    assert not here.cache_path.exists()


def test_the_first_build_reports_what_it_did(here: Settings) -> None:
    """All passages are new, and the report's folder is the build in use."""
    report = build_index(here, FakeEncoder)
    assert (report.articles, report.added, report.kept, report.removed, report.problems) == (3, 8, 0, 0, ())
    assert report.path == current_build(slot_of(here))
    assert report.seconds > 0


def test_an_open_index_holds_the_corpus(built: Settings) -> None:
    """Passages are slices of the articles, and every span has a unit vector of its own text."""
    with opened(built) as index:
        texts = {article.id: article.text for article in index.articles}
        assert set(texts) == set(SMALL)
        assert len(index.passages) == index.collection.count() == 8
        for passage, vectors in zip(index.passages, index.spans, strict=True):
            assert texts[passage.article][passage.start : passage.end] == passage.text
            assert vectors == pytest.approx(FakeEncoder().encode([span.text for span in passage.spans]))


def test_an_unchanged_corpus_encodes_nothing(built: Settings) -> None:
    """A second build asks for no encoder, changes nothing and says so."""
    before, held = current_build(slot_of(built)), state(built)
    report = build_index(built, refuse)
    assert (report.articles, report.added, report.kept, report.removed) == (3, 0, 8, 0)
    assert report.path == before == current_build(slot_of(built))
    assert state(built) == held


def test_touching_a_file_is_no_change(built: Settings) -> None:
    """Only names and bytes of the articles count, not their dates."""
    for file in built.corpus_path.iterdir():
        os.utime(file, (1, 1))
    assert build_index(built, refuse).added == 0


def test_only_what_changed_is_encoded(built: Settings) -> None:
    """A new paragraph costs its own encoding and no other."""

    class Passages(FakeEncoder):
        def encode_passages(self, texts: Sequence[SpanText]) -> Iterator[tuple[Vectors, list[Vectors]]]:
            self.encoded += [item.text for item in texts]
            vectors = FakeEncoder()
            yield from vectors.encode_passages(texts)

    encoder = Passages()
    changed = PLANK.replace("Hold for twenty seconds.", "Hold for thirty seconds.")
    rewrite(built, SMALL | {"plank": changed})
    report = build_index(built, lambda: encoder)
    assert (report.added, report.kept, report.removed) == (1, 7, 1)
    assert encoder.encoded == ["Plank > Part 2\nHold for thirty seconds. Add five seconds every week."]


def test_articles_that_go_cost_no_encoding(built: Settings) -> None:
    """When articles only go, nothing at all is encoded."""
    rewrite(built, {"rowing": ROWING, "bridge": BRIDGE})
    report = build_index(built, refuse)
    assert (report.articles, report.added, report.kept, report.removed) == (2, 0, 6, 2)


def test_removed_passages_are_gone(built: Settings) -> None:
    """What left the corpus is neither listed nor found any more."""
    rewrite(built, {"rowing": ROWING})
    build_index(built, FakeEncoder)
    with opened(built) as index:
        assert {passage.article for passage in index.passages} == {"rowing"}
        assert index.collection.count() == 3
        assert len(top(index, "forearms and toes heels")) == 3


def test_a_passage_whose_label_changed_is_encoded_anew(here: Settings) -> None:
    """A long headline is called by its first alias: another alias is another text to embed for the same passage."""
    head = "---\ntitle: Nine words of a headline that go on and on\naliases: [{}]\n---\n\nPull the handle.\n"
    rewrite(here, {"row": head.format("seal row")})
    build_index(here, FakeEncoder)
    rewrite(here, {"row": head.format("pendlay row")})
    encoder = FakeEncoder()
    build_index(here, lambda: encoder)
    assert encoder.encoded == ["Pendlay row\nPull the handle."]


def test_passages_with_other_spans_are_encoded_anew(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the same passage is cut into other spans, its span vectors are not those of before."""

    def recut(article: Article, step_verbs: frozenset[str]) -> Iterator[Passage]:
        for passage in cut_passages(article, step_verbs):
            shorter = (Span(span.start, span.end - 1, span.text[:-1], span.kind) for span in passage.spans)
            yield replace(passage, spans=tuple(shorter))

    monkeypatch.setattr("assistant.indexing.cut_passages", recut)
    monkeypatch.setattr("assistant.builds.CHUNKER_VERSION", "other")
    report = build_index(built, FakeEncoder)
    assert (report.added, report.kept) == (8, 0)


@pytest.mark.parametrize("edit", ["changed", "first", "last", "fewer"])
def test_an_incremental_build_equals_a_fresh_one(tmp_path: Path, edit: str) -> None:
    """After an edit, eighty questions find the same ten with the same scores as in an index built from nothing."""
    old = many(150)
    new = {
        "changed": {n: t.replace("Here", "There") if int(n[1:]) % 9 == 0 else t for n, t in old.items()},
        "first": {"a": PLANK, **old},
        "last": {**old, "z": PLANK},
        "fewer": {n: t for n, t in old.items() if int(n[1:]) % 7},
    }[edit]
    grown = Settings(corpus=write_corpus(tmp_path / "c", old), cache_dir=tmp_path / "grown")
    build_index(grown, FakeEncoder)
    rewrite(grown, new)
    report = build_index(grown, FakeEncoder)
    assert report.kept > 100
    fresh = Settings(corpus=grown.corpus, cache_dir=tmp_path / "fresh")
    build_index(fresh, FakeEncoder)
    questions = tuple(" ".join(text.split()[-6:-2]) for text in list(old.values())[:80])
    assert state(grown, questions) == state(fresh, questions)


ARTICLES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(
        st.sampled_from(["Pull.", "Push hard.", "Hold it. Breathe.", "Rest for 2 minutes."]), min_size=1, max_size=3
    ),
    min_size=1,
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ARTICLES, min_size=1, max_size=4))
def test_any_history_of_edits_ends_in_the_fresh_index(history: list[dict[str, list[str]]]) -> None:
    """Whatever was built before, building twice is building once, counts add up, and the end equals a fresh build."""
    with tempfile.TemporaryDirectory() as folder:
        here = Settings(corpus=Path(folder, "corpus"), cache_dir=Path(folder, "cache"))
        size = 0
        for articles in history:
            rewrite(here, {name: article(name, *paragraphs) for name, paragraphs in articles.items()})
            report = build_index(here, FakeEncoder)
            again = build_index(here, refuse)
            assert (again.added, again.kept, again.removed) == (0, report.added + report.kept, 0)
            if report.removed or report.added:
                assert size - report.removed == report.kept
            size = report.added + report.kept
        fresh = Settings(corpus=here.corpus, cache_dir=Path(folder, "fresh"))
        build_index(fresh, FakeEncoder)
        assert state(here) == state(fresh)


def test_rebuild_encodes_everything_and_changes_nothing(built: Settings) -> None:
    """A forced build of an unchanged corpus encodes all passages, and finds as before."""
    held, encoder = state(built), FakeEncoder()
    report = build_index(built, lambda: encoder, rebuild=True)
    assert (report.added, report.kept, report.removed) == (8, 0, 0)
    assert len(encoder.encoded) == 8
    assert state(built) == held


def test_progress_counts_the_passages(here: Settings) -> None:
    """Progress starts at nothing, never falls, and ends with all."""
    seen: list[tuple[int, int]] = []
    build_index(here, FakeEncoder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 8), (3, 8), (6, 8), (8, 8)]


def test_files_that_cannot_be_read_are_named_each_time(here: Settings) -> None:
    """An unreadable article is a problem of the report, also of the report of an unchanged start."""
    (here.corpus_path / "bad.md").write_bytes(b"\x00\x01\x02" * 40)
    first, second = build_index(here, FakeEncoder), build_index(here, refuse)
    assert len(first.problems) == 1
    assert "bad.md" in first.problems[0]
    assert first.problems == second.problems


def test_one_passage_is_an_index(here: Settings) -> None:
    """A corpus of a single sentence can be built, opened and asked, and a ten asked for gives the one."""
    rewrite(here, {"a": "# Tiny\n\nHold it.\n"})
    assert build_index(here, FakeEncoder).added == 1
    for _ in range(2):
        with opened(here) as index:
            assert [passage for passage, _ in top(index, "hold")] == [index.passages[0].id]


def test_no_articles_are_no_index(here: Settings) -> None:
    """An empty folder and one whose only file is empty are errors of the corpus, and leave no build behind."""
    rewrite(here, {})
    with pytest.raises(CorpusError, match=r"no .md"):
        build_index(here, FakeEncoder)
    rewrite(here, {"a": ""})
    with pytest.raises(CorpusError, match=r"a\.md"):
        build_index(here, FakeEncoder)
    assert build_names(here) == set()


def test_an_emptied_corpus_leaves_the_old_build(built: Settings) -> None:
    """When the articles vanish, building fails, and once they are back the old index serves on."""
    rewrite(built, {})
    with pytest.raises(CorpusError):
        build_index(built, FakeEncoder)
    rewrite(built, SMALL)
    assert build_index(built, refuse).kept == 8


def test_an_encoder_that_fails_leaves_the_old_build(built: Settings) -> None:
    """An error in the midst of a build leaves the old index and no leftovers."""

    class Failing(FakeEncoder):
        def encode_passages(self, texts: Any) -> Any:
            yield from list(super().encode_passages(texts))[:1]
            raise RuntimeError("out of memory")

    held, names = state(built), build_names(built)
    rewrite(built, many(10))
    with pytest.raises(RuntimeError, match="out of memory"):
        build_index(built, Failing)
    rewrite(built, SMALL)
    assert (state(built), build_names(built)) == (held, names)


# What makes an index out of date


@pytest.mark.parametrize("change", ["text", "name", "more", "fewer", "chunker", "format", "library", "data"])
def test_the_fingerprint_follows_what_a_build_depends_on(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Articles, their names, cutter, format, libraries and data files each change the fingerprint, and back."""
    model = find_model(here.model)
    before = builds.fingerprint(here, model)
    data = Path(shutil.copytree(ROOT / "assistant" / "data", tmp_path / "data"))
    files, version = resources.files, metadata.version
    with monkeypatch.context() as patch:
        if change in ("text", "name", "more", "fewer"):
            rewrite(here, {
                "text": SMALL | {"plank": PLANK + " "}, "name": {"rowing": ROWING, "bridge": BRIDGE, "plank2": PLANK},
                "more": SMALL | {"more": PLANK}, "fewer": {"plank": PLANK},
            }[change])  # fmt: skip
        elif change == "chunker":
            patch.setattr(builds, "CHUNKER_VERSION", "other")
        elif change == "format":
            patch.setattr(builds, "FORMAT", -1)
        elif change == "library":
            patch.setattr(metadata, "version", lambda name: version(name) + ".post1")
        else:
            with (data / "vocabulary.yaml").open("a", encoding="utf-8") as stream:
                stream.write("\n# more\n")
            patch.setattr(resources, "files", lambda name: data if name == "assistant.data" else files(name))
        assert builds.fingerprint(here, model) != before
    rewrite(here, SMALL)
    assert builds.fingerprint(here, model) == before


def test_another_model_has_another_index(built: Settings, tmp_path: Path) -> None:
    """A model folder has a slot of its own, and touching its files makes it another model."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    other = Settings(corpus=built.corpus, cache_dir=built.cache_dir, model=str(folder))
    assert open_index(other) is None
    before = slot_of(other)
    assert before != slot_of(built)
    (folder / "weights.bin").write_bytes(b"1")
    assert slot_of(other) != before


def test_another_library_version_reuses_no_vectors(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors of another sentence-transformers are not mixed with those of this one."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: version(name) + ".post1")
    report = build_index(built, FakeEncoder)
    assert (report.added, report.kept) == (8, 0)


def test_a_changed_corpus_has_no_index_yet(built: Settings) -> None:
    """Opening gives None as soon as the articles differ from what was built, and the index again when they are back."""
    rewrite(built, SMALL | {"plank": PLANK + "\nMore.\n"})
    assert open_index(built) is None
    rewrite(built, SMALL)
    with opened(built) as index:
        assert len(index.passages) == 8


# Damage


def cut(file: Path) -> None:
    """Lose the second half of a file."""
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flip(file: Path) -> None:
    """Change one bit in the middle of a file."""
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(bytes(data))


def remove(file: Path) -> None:
    """Lose a file or folder."""
    shutil.rmtree(file) if file.is_dir() else file.unlink()


def only(build: Path, pattern: str) -> Path:
    """Find the one file or folder of a build that is called so."""
    (found,) = build.glob(pattern)
    return found


@pytest.mark.parametrize("harm", [cut, flip, remove])
@pytest.mark.parametrize(
    "pattern",
    [
        "vectors.npy", "spans.npy", "passages.json", "articles.json", "keywords/data.csc.index.npy",
        "keywords/vocab.index.json", "chroma/*/data_level0.bin", "chroma/*/index_metadata.pickle",
    ],
)  # fmt: skip
def test_a_damaged_file_is_told_and_mended(built: Settings, pattern: str, harm: Callable[[Path], None]) -> None:
    """A file that was cut, changed by a bit or lost is named, with the command that mends it, and the command does."""
    held = state(built)
    build = current_build(slot_of(built))
    assert build is not None
    file = only(build, pattern)
    harm(file)
    with pytest.raises(IndexError_, match=rf"{file.name} is missing or was changed.*backchat index --rebuild"):
        open_index(built)
    build_index(built, FakeEncoder, rebuild=True)
    assert state(built) == held


@pytest.mark.parametrize(
    ("pattern", "harm"),
    [("chroma", remove), ("chroma/chroma.sqlite3", cut), ("chroma/chroma.sqlite3", remove), ("manifest.json", cut)],
)
def test_a_damaged_store_or_manifest_is_told_and_mended(
    built: Settings, pattern: str, harm: Callable[[Path], None]
) -> None:
    """A lost store and an unreadable manifest are errors with the command that mends them, and the command does."""
    held = state(built)
    build = current_build(slot_of(built))
    assert build is not None
    harm(only(build, pattern))
    with pytest.raises(IndexError_, match=r"damaged.*backchat index --rebuild"):
        open_index(built)
    build_index(built, FakeEncoder, rebuild=True)
    assert state(built) == held


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 2}', b"\xff\xfe", b"null"])
def test_an_odd_manifest_is_damage(built: Settings, content: bytes) -> None:
    """Whatever stands in the manifest, opening gives the hint, and the next build mends it."""
    build = current_build(slot_of(built))
    assert build is not None
    (build / "manifest.json").write_bytes(content)
    with pytest.raises(IndexError_, match="backchat index --rebuild"):
        open_index(built)
    assert build_index(built, FakeEncoder).added == 8
    with opened(built) as index:
        assert len(index.passages) == 8


@pytest.mark.parametrize("content", [b"", b"nowhere", b"\xff\xfe", b"../..", b"\x00"])
def test_an_odd_pointer_is_no_index(built: Settings, content: bytes) -> None:
    """Where the pointer names no build there is no index, and the next build makes one."""
    (slot_of(built) / "CURRENT").write_bytes(content)
    assert open_index(built) is None
    assert build_index(built, FakeEncoder).added == 8
    assert len(build_names(built)) == 1


@pytest.mark.parametrize("pattern", ["vectors.npy", "spans.npy", "passages.json"])
@pytest.mark.parametrize("harm", [cut, flip, remove])
def test_damaged_vectors_are_not_reused(built: Settings, pattern: str, harm: Callable[[Path], None]) -> None:
    """An incremental build over a damaged one encodes everything anew instead of carrying the damage on."""
    build = current_build(slot_of(built))
    assert build is not None
    harm(build / pattern)
    rewrite(built, SMALL | {"plank": PLANK + "\nMore.\n"})
    report = build_index(built, FakeEncoder)
    assert report.kept == 0
    with opened(built) as index:
        assert len(top(index, "more")) == report.added


# Other processes and other readers


def test_reading_changes_no_file_of_vectors(tmp_path: Path) -> None:
    """Readers leave the graph as it was built, so that several can read at once and the checksums stay right."""
    here = Settings(corpus=write_corpus(tmp_path / "c", many(130)), cache_dir=tmp_path / "k")
    build = build_index(here, FakeEncoder).path
    files = [file for file in build.rglob("*") if file.is_file() and file.name != "chroma.sqlite3"]
    before = {file: file.read_bytes() for file in files}
    assert any(file.name == "data_level0.bin" for file in files)
    for _ in range(2):
        state(here)
    assert {
        file: file.read_bytes() for file in build.rglob("*") if file.name != "chroma.sqlite3" and file.is_file()
    } == before


def test_an_open_index_survives_the_next_build(built: Settings) -> None:
    """Who has an index open goes on reading it while another one is built, also a forced build of the same corpus."""
    with opened(built) as old:
        found = [top(old, question) for question in QUERIES]
        build_index(built, FakeEncoder, rebuild=True)
        assert [top(old, question) for question in QUERIES] == found
        with opened(built) as new:
            assert new.path != old.path
            assert [top(new, question) for question in QUERIES] == found
        assert [top(old, question) for question in QUERIES] == found


def test_two_readers_of_one_process_do_not_disturb_each_other(built: Settings) -> None:
    """The same index can be opened twice; closing one leaves the other at work, and closing twice is harmless."""
    first, second = open_index(built), open_index(built)
    assert first is not None
    assert second is not None
    expected = top(second, "elbows")
    assert top(first, "elbows") == expected
    first.close()
    first.close()
    assert top(second, "elbows") == expected
    second.close()
    with opened(built) as third:
        assert top(third, "elbows") == expected


def open_files(below: Path) -> list[str]:
    """Names of the files below a folder that this process holds open."""
    names = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            names.append(os.readlink(entry))
        except OSError:
            continue
    return [Path(name).name for name in names if name.startswith(str(below))]


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs /proc")
def test_closing_lets_go_of_the_files(built: Settings) -> None:
    """After `close` no vector file is open, and no file at all once the index itself is gone."""
    index = open_index(built)
    assert index is not None
    top(index, "elbows")
    assert "data_level0.bin" in open_files(built.cache_path)
    index.close()
    assert [name for name in open_files(built.cache_path) if name.endswith(".bin")] == []
    del index
    gc.collect()
    for _ in range(1_000_000):  # SQLite's pool of connections closes on a thread of its own
        if not open_files(built.cache_path):
            break
        os.sched_yield()
    assert open_files(built.cache_path) == []


BUILDER = """
import json, sys
from pathlib import Path
import chromadb
from assistant.indexing import build_index
from assistant.settings import Settings
from tests.fakes import FakeEncoder
made = []
def encoder():
    made.append(FakeEncoder())
    return made[-1]
print("ready", flush=True)
sys.stdin.readline()
report = build_index(Settings(corpus=Path(sys.argv[1]), cache_dir=Path(sys.argv[2])), encoder)
print(json.dumps([report.added, report.kept, str(report.path), len(made)]))
"""


def test_two_processes_building_at_once_make_one_index(tmp_path: Path) -> None:
    """Of two builders started together one encodes and the other finds its work; this third process opens it."""
    here = Settings(corpus=write_corpus(tmp_path / "c", many(60)), cache_dir=tmp_path / "k")
    command = [sys.executable, "-c", BUILDER, str(here.corpus), str(here.cache_dir)]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as first, subprocess.Popen(command, **pipes) as second:
        for process in (first, second):
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"  # both have their imports behind them
        for process in (first, second):
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        reports = sorted(json.loads(process.communicate(timeout=60)[0]) for process in (first, second))
    assert [(added, kept, made) for added, kept, _, made in reports] == [(0, 60, 0), (60, 0, 1)]
    assert {path for _, _, path, _ in reports} == {str(current_build(slot_of(here)))}
    assert len(build_names(here)) == 1
    fresh = Settings(corpus=here.corpus, cache_dir=tmp_path / "fresh")
    build_index(fresh, FakeEncoder)
    assert state(here) == state(fresh)


def test_waiting_for_another_builder_ends_with_a_message(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits too long for another process is told so; a reader does not wait."""
    monkeypatch.setattr(indexing, "_LOCK_SECONDS", 0.05)
    rewrite(built, SMALL | {"more": PLANK})
    with (slot_of(built) / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(IndexError_, match=r"another process has been building .* wait"):
            build_index(built, FakeEncoder)
        rewrite(built, SMALL)
        with opened(built) as index:
            assert len(index.passages) == 8


@pytest.mark.parametrize("where", ["cache", "cache/indexes"])
def test_a_cache_that_cannot_be_written_is_told(here: Settings, where: str) -> None:
    """Where no folder can be made, the message names the setting that helps; opening just finds no index."""
    place = here.cache_path.parent / where
    place.parent.mkdir(exist_ok=True)
    place.write_text("a file in the way")
    assert open_index(here) is None
    with pytest.raises(IndexError_, match=r"cannot be written.*BACKCHAT_CACHE_DIR"):
        build_index(here, FakeEncoder)


FULL_DISK = """
import resource, sys
from pathlib import Path
from assistant.errors import IndexError_
from assistant.indexing import build_index
from assistant.settings import Settings
from tests.fakes import FakeEncoder
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), resource.RLIM_INFINITY))
try:
    build_index(Settings(corpus=Path(sys.argv[1]), cache_dir=Path(sys.argv[2])), lambda: FakeEncoder(4), rebuild=True)
except IndexError_ as exc:
    print(exc)
"""


@pytest.mark.parametrize("limit", [1_000, 100_000])
def test_a_full_disk_is_told_and_leaves_the_old_build(built: Settings, limit: int) -> None:
    """Files that cannot grow end in a message with a hint, whether numpy or Chroma met the limit; the old one stays."""
    held, names = state(built), build_names(built)
    rewrite(built, SMALL | {"more": PLANK})
    command = [sys.executable, "-c", FULL_DISK, str(built.corpus), str(built.cache_dir), str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=True)
    assert "free space or set BACKCHAT_CACHE_DIR" in done.stdout
    rewrite(built, SMALL)
    assert (state(built), build_names(built)) == (held, names)


def test_old_builds_and_leftovers_are_swept(built: Settings) -> None:
    """The build in use and the one before it stay; older ones and what a killed build left go."""
    names = [name for name in build_names(built)]
    for text in ("One more.", "Two more.", "Three more."):
        rewrite(built, SMALL | {"more": f"# More\n\n{text}\n"})
        names.append(build_index(built, FakeEncoder).path.name)
    assert build_names(built) == set(names[-2:])
    (slot_of(built) / "killed-build" / "chroma").mkdir(parents=True)
    (slot_of(built) / ".CURRENT.new").write_text("killed-build")
    build_index(built, refuse)
    assert build_names(built) == set(names[-2:])


def test_what_is_embedded_is_label_and_text(built: Settings) -> None:
    """The embedded text is the heading path, a line break and the passage, and its spans are those of the passage."""
    with opened(built) as index:
        for passage in index.passages:
            item = embedded_text(passage)
            assert item.text == f"{passage.label}\n{passage.text}"
            assert [item.text[start:end] for start, end in item.spans] == [span.text for span in passage.spans]
