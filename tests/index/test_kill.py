"""kill -9 in the midst of a build: the index is then wholly the old or wholly the new, and the next build succeeds.

Run as a program (`python -m tests.index.test_kill CORPUS CACHES`) this file is the builder: it imports once, then forks
one process per point, before any of them has opened Chroma. A process counts what it does to files and every call into
Chroma's Rust core, and kills itself at its point.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from assistant import builds, collection
from assistant.builds import current_build, index_slot
from assistant.embedding import find_model
from assistant.index import open_index
from assistant.indexing import build_index
from assistant.retriever import Searcher
from assistant.settings import Settings
from tests.fakes import FakeEncoder, many, write_corpus

ROOT = Path(__file__).resolve().parents[2]
POINTS = 20
WATCHED = ("open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.truncate", "os.chmod")
OLDER = many(30)
OLD = many(40)
NEW = {name: text.replace("Here", "There") for name, text in many(52).items() if not name.endswith("3")}
QUESTIONS = ("here", "there", *(" ".join(text.split()[-3:-1]) for text in list(OLD.values())[::8]))


# The builder


def watch(cache: Path, step: Callable[[str], None]) -> None:
    """Call `step` before each change of a file below a folder, and before and after each call of Chroma's core."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event not in WATCHED:
            return
        path = arguments[0]
        written = event != "open" or arguments[2] & (os.O_WRONLY | os.O_RDWR)
        inside = isinstance(path, (str, Path)) and (str(path).startswith(str(cache)) or not os.path.isabs(path))
        if written and inside:  # a relative path is a step of removing a folder
            step(f"{event} {path}")

    def profile(frame: FrameType, event: str, function: Any) -> None:
        if event in ("c_call", "c_return") and type(getattr(function, "__self__", None)).__name__ == "Bindings":
            step(f"{event} {function.__name__}")

    sys.addaudithook(hook)
    sys.setprofile(profile)


def child(corpus: Path, cache: Path, step: Callable[[str], None]) -> int:
    """Build in a forked process under watch; the status it ended with."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            watch(cache, step)
            build_index(Settings(corpus=corpus, cache_dir=cache), FakeEncoder)
            status = 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def builder(corpus: Path, caches: Path) -> None:
    """List the steps of a whole build, then kill a build at each point; print the points and how the builds ended."""
    import chromadb  # so that the forked processes need not

    collection._ADD_BATCH = 20  # so that there is a time between two batches
    log = caches / "steps"
    log.touch()
    descriptor = os.open(log, os.O_WRONLY | os.O_APPEND)
    status = child(corpus, caches / "whole", lambda step: (os.write(descriptor, f"{step}\n".encode()), None)[1])
    steps = log.read_text().splitlines()
    swap = next(number for number, step in enumerate(steps, start=1) if step.startswith("os.rename"))
    spread = {1 + round(i * (len(steps) - 1) / (POINTS - 3)) for i in range(POINTS - 2)}
    spread |= {swap, swap + 1}  # just before and just after the step that counts
    extra = (number for number in range(2, len(steps)) if number not in spread)
    while len(spread) < POINTS:
        spread.add(next(extra))
    killed = {}
    for place, point in enumerate(sorted(spread)):
        count = 0

        def step(name: str, point: int = point) -> None:
            nonlocal count
            count += 1
            if count == point:
                os.kill(os.getpid(), signal.SIGKILL)

        killed[point] = child(corpus, caches / f"{place}", step)
    print(json.dumps({"whole": status, "steps": steps, "swap": swap, "killed": killed, "chroma": chromadb.__version__}))  # noqa: T201


# The test


@dataclass(frozen=True)
class Kills:
    """What the builder left: a cache folder for each point, beside the states of the undisturbed builds."""

    corpus: Path
    caches: Path
    old: Any
    new: Any
    report: dict[str, Any]


def state(settings: Settings) -> Any:
    """Tell the passages of the index that fits the corpus as it stands, and what questions find; None without one."""
    index = open_index(settings)
    if index is None:
        return None
    encoder = FakeEncoder()
    searcher = Searcher(index, encoder)
    found = []
    for question in QUESTIONS:
        hits = searcher.search(question, encoder.encode([question])[0], 10)
        found.append([(hit.passage.id, hit.passage.text, hit.score, hit.dense_rank, hit.keyword_rank) for hit in hits])
    stored = index.collection.get(include=["documents"])
    rows = sorted(zip(stored["ids"], stored["documents"], strict=True))
    index.close()
    assert rows == sorted((passage.id, passage.text) for passage in index.passages)
    return index.articles, index.passages, [spans.tolist() for spans in index.spans], found


@pytest.fixture(scope="module")
def kills(tmp_path_factory: pytest.TempPathFactory) -> Kills:
    """Kill twenty builds of the new corpus over the old one's index."""
    folder = tmp_path_factory.mktemp("kills")
    corpus, caches = folder / "corpus", folder / "caches"
    before = Settings(corpus=corpus, cache_dir=caches / "whole")
    for articles in (OLDER, OLD):  # so that the third build has one to sweep
        write_corpus(corpus, articles)
        build_index(before, FakeEncoder)
    old = state(before)
    for place in range(POINTS):
        shutil.copytree(caches / "whole", caches / f"{place}")
    write_corpus(corpus, NEW)
    command = [sys.executable, "-m", "tests.index.test_kill", str(corpus), str(caches)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=300)
    assert done.returncode == 0, done.stderr
    return Kills(corpus, caches, old, state(before), json.loads(done.stdout))


def test_the_undisturbed_build_is_the_measure(kills: Kills) -> None:
    """The watched build succeeds, old and new differ, and twenty builds were killed from its first step to its last."""
    report = kills.report
    assert report["whole"] == 0
    assert kills.old is not None
    assert kills.new is not None
    assert kills.old != kills.new
    assert list(report["killed"].values()) == [-signal.SIGKILL] * POINTS
    points = [int(point) for point in report["killed"]]
    assert (points[0], points[-1]) == (1, len(report["steps"]))
    kinds = {step.split()[0] for step in report["steps"]}
    assert {"open", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "c_call", "c_return"} <= kinds
    assert report["steps"].count("c_call add") == 3
    assert report["swap"] < points[-2]  # some builds were killed while the oldest one was swept


@pytest.mark.parametrize("place", range(POINTS))
def test_a_killed_build_leaves_all_or_nothing(kills: Kills, place: int) -> None:
    """After kill -9 the index is wholly the old or wholly the new, and the next build ends like an undisturbed one."""
    point = int(list(kills.report["killed"])[place])
    settings = Settings(corpus=kills.corpus, cache_dir=kills.caches / f"{place}")
    write_corpus(kills.corpus, OLD)
    old = state(settings)
    write_corpus(kills.corpus, NEW)
    new = state(settings)
    if point <= kills.report["swap"]:  # killed before that step was done
        assert (old, new) == (kills.old, None)
    else:
        assert (old, new) == (None, kills.new)
    report = build_index(settings, FakeEncoder)
    assert report.added + report.kept == len(kills.new[1])
    assert state(settings) == kills.new
    slot = index_slot(settings, find_model(settings.model))
    build = current_build(slot)
    assert build is not None
    previous = builds.manifest_of(build)["previous"]
    assert {entry.name for entry in slot.iterdir()} == {"CURRENT", "lock", build.name, previous}


def test_a_killed_rebuild_keeps_the_index(kills: Kills) -> None:
    """A forced build of the same corpus that is killed before its end leaves the index that was there, in use."""
    cache = kills.caches / "forced"
    shutil.copytree(kills.caches / "whole", cache)
    write_corpus(kills.corpus, NEW)
    settings = Settings(corpus=kills.corpus, cache_dir=cache)
    code = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from assistant.indexing import build_index\n"
        "from assistant.settings import Settings\n"
        "from tests.fakes import FakeEncoder\n"
        "sys.addaudithook(lambda event, _: os.kill(os.getpid(), signal.SIGKILL) if event == 'os.rename' else None)\n"
        "build_index(Settings(corpus=Path(sys.argv[1]), cache_dir=Path(sys.argv[2])), FakeEncoder, rebuild=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(kills.corpus), str(cache)], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert state(settings) == kills.new
    assert build_index(settings, FakeEncoder).added == 0


if __name__ == "__main__":
    builder(Path(sys.argv[1]), Path(sys.argv[2]))
