"""An index beside other processes and readers, on a full disk, and what an old build leaves behind."""

from __future__ import annotations

import fcntl
import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from assistant import indexing
from assistant.builds import current_build
from assistant.errors import IndexError_
from assistant.index import open_index
from assistant.indexing import build_index, embedded_text
from assistant.settings import Settings
from tests.fakes import PLANK, SMALL, FakeEncoder, many, refuse, write_corpus
from tests.index.support import QUERIES, ROOT, build_names, opened, rewrite, slot_of, state, top


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
