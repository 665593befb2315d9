"""Damaged files of an index: told, mended, and never read as sound."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.builds import current_build
from assistant.errors import IndexError_
from assistant.index import open_index
from assistant.indexing import build_index
from assistant.settings import Settings
from tests.fakes import PLANK, SMALL, FakeEncoder
from tests.index.support import build_names, opened, rewrite, slot_of, state, top


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
