"""RIM: where builds of the index lie in the user's cache folder, and whether one is current and whole.

    indexes/<slot>/            one slot per corpus path and model
      CURRENT                  name of the build in use; replaced in one step, so a kill leaves the old build or the new
      lock                     held while building, one writer at a time
      <fingerprint>-<random>/  one build: chroma/, keywords/, vectors.npy, spans.npy, articles.json,
                               passages.json, manifest.json

A finished build is never written to or moved again: readers may have it open.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from contextlib import suppress
from importlib import metadata, resources
from pathlib import Path
from typing import Any

from .articles import corpus_files, fingerprint_files
from .embedding import ModelFiles
from .passages import CHUNKER_VERSION
from .settings import Settings

__all__ = [
    "checksums", "current_build", "damage", "fingerprint", "fingerprint_of", "index_slot", "manifest_of", "point",
    "sweep",
]  # fmt: skip

FORMAT = 10
_VERSIONED = ("chromadb", "sentence-transformers", "bm25s", "PyStemmer")
_DATA = ("vocabulary.yaml", "reading.yaml")
_REPORTED = {"articles", "passages", "problems", "files"}


def index_slot(settings: Settings, model: ModelFiles) -> Path:
    """The folder of the index for these settings."""
    key = hashlib.sha256(f"{settings.corpus_path}|{model.identity}".encode()).hexdigest()[:16]
    return settings.cache_path / "indexes" / key


def fingerprint(settings: Settings, model: ModelFiles) -> str:
    """Changes whenever a build would: corpus, model, chunker, data files, format, library versions."""
    root = settings.corpus_path
    parts = [str(FORMAT), CHUNKER_VERSION, model.identity, fingerprint_files(corpus_files(root), root)]
    parts += [f"{name}={metadata.version(name)}" for name in _VERSIONED]
    data = resources.files("assistant.data")
    parts += [hashlib.sha256(data.joinpath(name).read_bytes()).hexdigest() for name in _DATA]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def fingerprint_of(build: Path) -> str:
    """The fingerprint of a build, which its folder is named by."""
    return build.name.partition("-")[0]


def current_build(slot: Path) -> Path | None:
    """The build in use, or None when there is none yet."""
    with suppress(OSError, ValueError):
        build = slot / (slot / "CURRENT").read_text().strip()
        if (build / "manifest.json").is_file():
            return build
    return None


def manifest_of(build: Path | None) -> dict[str, Any]:
    """What a build says of itself; empty when it cannot be read."""
    with suppress(OSError, ValueError):
        found = json.loads((build / "manifest.json").read_text()) if build else None
        if isinstance(found, dict) and found.get("format") == FORMAT and found.keys() >= _REPORTED:
            return found
    return {}


def checksums(build: Path) -> dict[str, int]:
    """CRC-32 of every file of a build but the manifest and the SQLite file, which is written to when it is opened."""
    files = sorted(
        p
        for p in build.rglob("*")
        if p.is_file() and p.name != "manifest.json" and not p.name.startswith("chroma.sqlite3")
    )
    return {path.relative_to(build).as_posix(): zlib.crc32(path.read_bytes()) for path in files}


def damage(build: Path, manifest: dict[str, Any]) -> str | None:
    """Which file of a build is missing or not as it was written, or None.

    Chroma must not meet such a file: it would end the process, or quietly find nothing.
    """
    found = checksums(build)
    changed = [name for name, checksum in manifest["files"].items() if found.get(name) != checksum]
    return changed[0] if changed else None


def point(slot: Path, name: str) -> None:
    """Make a finished build the one in use, in one step."""
    pointer = slot / ".CURRENT.new"
    pointer.write_text(name)
    os.replace(pointer, slot / "CURRENT")


def sweep(slot: Path) -> None:
    """Remove what killed builds left, and all builds but the one in use and the one before (it may still be read)."""
    build = current_build(slot)
    keep = {build.name, manifest_of(build).get("previous")} if build else set()
    (slot / ".CURRENT.new").unlink(missing_ok=True)
    for entry in slot.iterdir():
        if entry.is_dir() and entry.name not in keep:
            shutil.rmtree(entry, ignore_errors=True)
