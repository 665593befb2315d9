"""RIM: files -> articles. Reads one file or a folder; what cannot be read is reported by name, the rest still loads."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import CorpusError
from .layout import clean_blocks, compose_text, page_title, topic_phrase
from .readers import RawBlock, RawPage, decode, read_html, read_markdown, read_text
from .text import slug
from .types import Article, Source
from .vocabulary import Vocabulary, load_reading, load_vocabulary

__all__ = ["Corpus", "corpus_files", "fingerprint_files", "load_corpus", "parse_article"]

MAX_BYTES = 10 * 1024 * 1024
_READERS = {".md": read_markdown, ".markdown": read_markdown, ".txt": read_text, ".html": read_html, ".htm": read_html}
_TEXT_FIELDS = ("title", "url", "author", "licence")


@dataclass(frozen=True, slots=True)
class Corpus:
    """The articles that could be read, and one message for each file that could not."""

    articles: tuple[Article, ...]
    problems: tuple[str, ...] = ()


def corpus_files(path: Path) -> list[Path]:
    """The article files at a path, sorted. Raises CorpusError when there are none."""
    if not path.exists():
        raise CorpusError(f"{path}: there is no such file or folder; name a .md, .txt or .html file or a folder of them")
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.suffix.lower() in _READERS and not _hidden(p, path) and p.is_file())
        if not files:
            raise CorpusError(f"{path}: no .md, .txt or .html file in this folder")
        return files
    if path.suffix.lower() not in _READERS:
        raise CorpusError(f"{path}: only .md, .txt and .html files can be read; convert it first")
    return [path]


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts) or path.stem.upper() in ("README", "LICENSE")


def fingerprint_files(files: Iterable[Path], root: Path) -> str:
    """SHA-256 over names and bytes of the files: equal exactly when the corpus is unchanged."""
    digest = hashlib.sha256()
    for file in files:
        name = file.relative_to(root).as_posix() if root.is_dir() else file.name
        digest.update(f"{name}\0".encode())
        try:
            with file.open("rb") as stream:
                digest.update(hashlib.sha256(stream.read(MAX_BYTES + 1)).digest())
        except OSError as exc:
            digest.update(type(exc).__name__.encode())
    return digest.hexdigest()


def load_corpus(path: Path) -> Corpus:
    """Read every article at a path.

    Raises:
        CorpusError: nothing is there, or not one file could be read.
    """
    vocabulary = load_vocabulary()
    articles: dict[str, Article] = {}
    problems: list[str] = []
    for file in corpus_files(path):
        try:
            article = parse_article(_read_bytes(file), file.name, str(file), vocabulary)
            if article.id in articles:
                raise CorpusError(f"{file}: another file is already called {article.id!r}; rename one of them")
            articles[article.id] = article
        except CorpusError as exc:
            problems.append(str(exc))
    if not articles:
        raise CorpusError("\n".join(problems))
    return Corpus(tuple(articles.values()), tuple(problems))


def _read_bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{file}: larger than {MAX_BYTES // 2**20} MB; split it into articles")
        return file.read_bytes()
    except OSError as exc:
        raise CorpusError(f"{file}: cannot be read ({exc.strerror}); check its permissions") from exc


def parse_article(data: bytes, filename: str, name: str, vocabulary: Vocabulary) -> Article:
    """One article from the bytes of a file.

    Args:
        data: the file's content.
        filename: decides the form (.md, .txt, .html) and, slugged, the id.
        name: what error messages call the file.
        vocabulary: gives the facet of a heading.

    Raises:
        CorpusError: empty, binary, or without any text; names file and line where there is one.
    """
    suffix = Path(filename).suffix.lower()
    page = _READERS[suffix](decode(data, name), name)
    reading = load_reading()
    found_title, blocks = page_title(page, reading)
    front = _front(page, name)
    kept = clean_blocks(blocks, reading, marked=page.marked)
    text, sections = compose_text(kept, vocabulary.facet_of_heading)
    if not any(block.kind != "heading" for block in kept):
        raise CorpusError(f"{name}: no article text left once headings, captions and site furniture are taken out")
    sources = _sources(page, front, name)
    _check_cites(kept, {source.key for source in sources}, name)
    title = front["title"] or found_title or Path(filename).stem.replace("-", " ").replace("_", " ").capitalize()
    aliases = tuple(front["aliases"])
    if not front["title"] and (topic := topic_phrase(text, vocabulary.stop_words)):
        aliases = (topic, *aliases)
    return Article(
        id=slug(Path(filename).stem), title=title, text=text, sections=sections, aliases=aliases, url=front["url"],
        sources=sources, author=front["author"], licence=front["licence"], date=front["date"],
    )  # fmt: skip


def _front(page: RawPage, name: str) -> dict[str, Any]:
    """The front matter fields we know, checked; others are the site's business and are left alone."""
    front: dict[str, Any] = {}
    for key in _TEXT_FIELDS:
        value = page.front.get(key)
        if value is not None and not isinstance(value, str):
            raise CorpusError(f"{name}: `{key}` in the front matter must be a text, not {type(value).__name__}; put quotes around it")
        front[key] = value.strip() if value else None
    aliases = page.front.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise CorpusError(f"{name}: `aliases` in the front matter must be a list of names, one per line with a dash")
    front["aliases"] = aliases
    front["date"] = str(page.front["date"]) if page.front.get("date") else None
    return front


def _sources(page: RawPage, front: dict[str, Any], name: str) -> tuple[Source, ...]:
    entries = page.front.get("sources") or []
    if not isinstance(entries, list):
        raise CorpusError(f"{name}: `sources` in the front matter must be a list")
    sources: dict[str, Source] = {}
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict) or not all(isinstance(entry.get(k), str) for k in ("key", "title", "publisher", "url")):
            raise CorpusError(f"{name}: source {number} needs key, title, publisher and url, each a text")
        if entry["key"] in sources:
            raise CorpusError(f"{name}: source key {entry['key']!r} stands twice in the front matter")
        sources[entry["key"]] = Source(*(entry[k] for k in ("key", "title", "publisher", "url")))
    return tuple(sources.values())


def _check_cites(blocks: list[RawBlock], known: set[str], name: str) -> None:
    for block in blocks:
        for key in block.cites:
            if key not in known:
                raise CorpusError(f"{name}:{block.line}: source {key!r} is cited but not in the front matter's `sources`")
