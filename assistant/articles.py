"""RIM: files -> articles. Reads one file or a folder; what cannot be read is reported by name, the rest still loads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

from .blocks import RawBlock, RawPage
from .errors import CorpusError
from .layout import clean_blocks, compose_text, page_title, topic_phrase
from .readers import READERS, decode
from .text import collapse, slug, word_count
from .types import Article, ArticleKind, Source
from .vocabulary import Vocabulary, load_reading, load_vocabulary

__all__ = ["Corpus", "check_corpus", "corpus_files", "fingerprint_files", "load_corpus", "parse_article"]

MAX_BYTES = 10 * 1024 * 1024
_TEXT_FIELDS = ("title", "url", "author", "licence")
_SOURCE_FIELDS = ("key", "title", "publisher", "url")
_REQUIRED_FIELDS = ("title", "author", "licence", "date", "sources")
_KNOWN_FIELDS = (
    *_TEXT_FIELDS,
    "aliases",
    "asked_as",
    *("described", "conditions"),
    "questions",
    "date",
    "kind",
    "tags",
    "easier",
    "harder",
    "sources",
)
_KINDS: tuple[ArticleKind, ...] = get_args(ArticleKind)
_MAX_NAME_WORDS = 4


@dataclass(frozen=True, slots=True)
class Corpus:
    """The articles that could be read, and one message for each file that could not."""

    articles: tuple[Article, ...]
    problems: tuple[str, ...] = ()


def corpus_files(path: Path) -> list[Path]:
    """List the article files at a path, sorted. Raises CorpusError when there are none."""
    if not path.exists():
        raise CorpusError(
            f"{path}: there is no such file or folder; name a .md, .txt or .html file or a folder of them"
        )
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if _readable(p) and not _hidden(p, path))
        if not files:
            raise CorpusError(f"{path}: no .md, .txt or .html file in this folder")
        return files
    if path.suffix.lower() not in READERS:
        raise CorpusError(f"{path}: only .md, .txt and .html files can be read; convert it first")
    return [path]


def _readable(path: Path) -> bool:
    """Whether the file has one of our forms; a link to nothing counts, so that it is reported and not passed over."""
    return path.suffix.lower() in READERS and (path.is_file() or (path.is_symlink() and not path.exists()))


def _hidden(path: Path, root: Path) -> bool:
    return any(part.startswith((".", "_")) for part in path.relative_to(root).parts) or path.stem.upper() in (
        "README",
        "LICENSE",
    )


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
            article = parse_article(_read_bytes(file), _own_name(file, path), str(file), vocabulary)
            if article.id in articles:
                raise CorpusError(f"{file}: another file is already called {article.id!r}; rename one of them")
            articles[article.id] = article
        except CorpusError as exc:
            problems.append(str(exc))
    if not articles:
        raise CorpusError("\n".join(problems))
    return Corpus(tuple(_linked(article, articles.keys()) for article in articles.values()), tuple(problems))


def _linked(article: Article, known: Collection[str]) -> Article:
    """The article with those of its links that lead to an article: one may be missing in somebody's own selection."""
    easier, harder = (tuple(id_ for id_ in ids if id_ in known) for ids in (article.easier, article.harder))
    return replace(article, easier=easier, harder=harder)


def check_corpus(path: Path) -> list[str]:
    """Check articles in our own format more strictly than loading does; for authors.

    Returns:
        One message for each problem, with file and line: what loading refuses, then missing or unknown front matter,
        sources that are never cited, headings that name neither a facet nor a thing, and blocks without a source.

    """
    vocabulary = load_vocabulary()
    try:
        problems = list(load_corpus(path).problems)
    except CorpusError as exc:
        problems = str(exc).splitlines()
    files = corpus_files(path) if path.exists() else []
    ids = {slug(file.stem) for file in files}
    for file in files:
        try:
            name = str(file)
            page = READERS[file.suffix.lower()](decode(_read_bytes(file), name), name)
        except CorpusError:
            continue  # loading has told
        problems += _strict_problems(page, name, vocabulary)
        problems += [
            f"{_at(page, key, name)}: `{key}` leads to {other!r}, which is no article's id"
            for key in ("easier", "harder")
            for other in _entries(page, key)
            if other not in ids
        ]
    return problems


def _strict_problems(page: RawPage, name: str, vocabulary: Vocabulary) -> list[str]:
    found: list[tuple[int, str]] = []
    found += [(1, f"`{key}` is missing in the front matter") for key in _REQUIRED_FIELDS if not page.front.get(key)]
    for key in page.front:
        if key not in _KNOWN_FIELDS:
            found.append(
                (page.lines.get(key, 1), f"`{key}` is no front matter field of ours; take it out or mend its name")
            )
    if (kind := page.front.get("kind", "subject")) not in _KINDS:
        found.append((page.lines.get("kind", 1), f"`kind` is {kind!r}; it can be one of {', '.join(_KINDS)}"))
    blocks = [block for block in page.blocks if block.kind == "heading" or block.text]
    cited = {key for block in blocks for key in block.cites}
    for number, key in enumerate(_source_keys(page)):
        if key not in cited:
            found.append(
                (page.lines.get(f"sources.{number}", 1), f"source {key!r} is never cited; cite it or take it out")
            )
    for block in blocks:
        if block.kind != "heading" and not block.cites:
            found.append((block.line or 1, f"no source for {block.text[:40]!r}; add one like [@key]"))
        elif block.kind == "heading" and not _is_good_heading(block, vocabulary):
            found.append((block.line or 1, f"the heading {block.text!r} names no facet and is too long for a name"))
    return [f"{name}:{line}: {text}" for line, text in sorted(found)]


def _source_keys(page: RawPage) -> list[str]:
    entries = page.front.get("sources")
    return (
        [str(entry.get("key")) if isinstance(entry, dict) else "" for entry in entries]
        if isinstance(entries, list)
        else []
    )


def _is_good_heading(block: RawBlock, vocabulary: Vocabulary) -> bool:
    return vocabulary.facet_of_heading(block.text) is not None or word_count(block.text) <= _MAX_NAME_WORDS


def _own_name(file: Path, root: Path) -> str:
    """Name a file; site generators call many pages `index`, which then go by the name of their folder."""
    return (
        f"{file.parent.name}{file.suffix}"
        if file.stem == "index" and file.parent != root and file != root
        else file.name
    )


def _read_bytes(file: Path) -> bytes:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise CorpusError(f"{file}: larger than {MAX_BYTES // 2**20} MB; split it into articles")
        return file.read_bytes()
    except OSError as exc:
        raise CorpusError(f"{file}: cannot be read ({exc.strerror}); check that it exists and may be read") from exc


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
    page = READERS[suffix](decode(data, name), name)
    reading = load_reading()
    found_title, blocks = page_title(page, reading)
    front = _front(page, name)
    kept = clean_blocks(blocks, reading, marked=page.marked)
    text, sections = compose_text(kept, vocabulary.facet_of_heading)
    if not any(block.kind != "heading" for block in kept):
        raise CorpusError(f"{name}: no article text left once headings, captions and site furniture are taken out")
    sources = _sources(page, name)
    _check_cites(kept, {source.key for source in sources}, name)
    title = front["title"] or found_title or Path(filename).stem.replace("-", " ").replace("_", " ").capitalize()
    aliases = tuple(front["aliases"])
    if not front["title"] and (topic := topic_phrase(text, vocabulary.stop_words)):
        aliases = (topic, *aliases)
    return Article(
        id=slug(Path(filename).stem),
        title=title,
        text=text,
        sections=sections,
        aliases=aliases,
        url=front["url"],
        sources=sources,
        author=front["author"],
        licence=front["licence"],
        date=front["date"],
        questions=tuple(front["questions"]),
        tags=_tags(page, name, vocabulary),
        kind=page.front["kind"] if page.front.get("kind") in _KINDS else "subject",
        easier=tuple(_listed(page, "easier", name)),
        harder=tuple(_listed(page, "harder", name)),
        asked_as=tuple(_listed(page, "asked_as", name)),
        described=tuple(_listed(page, "described", name)),
        conditions=tuple(_listed(page, "conditions", name)),
    )


def _front(page: RawPage, name: str) -> dict[str, Any]:
    """Check the front matter fields we know; others are the site's business and are left alone."""
    front: dict[str, Any] = {}
    for key in _TEXT_FIELDS:
        value = page.front.get(key)
        if key == "author" and isinstance(value, list) and all(isinstance(one, str) for one in value):
            value = ", ".join(value)
        if value is not None and not isinstance(value, str):
            kind = type(value).__name__
            raise CorpusError(
                f"{_at(page, key, name)}: `{key}` in the front matter must be a text, not {kind}; put quotes around it"
            )
        front[key] = collapse(value) if value else None
    # Site generators keep a page's old addresses under the same name.
    front["aliases"] = [alias for alias in _listed(page, "aliases", name) if not alias.startswith("/")]
    front["questions"] = _listed(page, "questions", name)
    front["url"] = _web_address(front["url"], _at(page, "url", name)) if front["url"] else None
    front["date"] = str(page.front["date"]) if page.front.get("date") else None
    return front


def _entries(page: RawPage, key: str) -> list[Any]:
    entries = page.front.get(key)
    return entries if isinstance(entries, list) else []


def _listed(page: RawPage, key: str, name: str) -> list[str]:
    """The texts of a list in the front matter."""
    entries = page.front.get(key) or []
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise CorpusError(
            f"{_at(page, key, name)}: `{key}` in the front matter must be a list of texts, each after a dash"
        )
    return [collapse(entry) for entry in entries if entry.strip()]


def _tags(page: RawPage, name: str, vocabulary: Vocabulary) -> dict[str, tuple[str, ...]]:
    """The tags in the front matter if they are of our form; site generators have lists of their own under this name."""
    tags = page.front.get("tags")
    if not isinstance(tags, dict):
        return {}
    facets = [facet.name for facet in vocabulary.facets]
    for facet, entries in tags.items():
        if facet not in facets or not isinstance(entries, list) or not all(isinstance(e, str) for e in entries):
            raise CorpusError(
                f"{_at(page, 'tags', name)}: `tags` must have lists of texts under names of facets "
                f"({', '.join(facets)}), not {facet!r}"
            )
    return {facet: tuple(collapse(entry) for entry in entries) for facet, entries in tags.items() if entries}


def _at(page: RawPage, entry: str, name: str) -> str:
    """File and line of a front matter entry, for messages."""
    return f"{name}:{page.lines[entry]}" if entry in page.lines else name


def _web_address(url: str, where: str) -> str | None:
    """Check an address that readers will follow; a path without a host means something to the site's generator only."""
    if url.startswith("/"):
        return None
    if not re.match(r"https?://[^\s/]+", url) or " " in url:
        raise CorpusError(f"{where}: {url!r} is not a web address; it must begin with http:// or https://")
    return url


def _sources(page: RawPage, name: str) -> tuple[Source, ...]:
    entries = page.front.get("sources") or []
    if not isinstance(entries, list):
        raise CorpusError(f"{_at(page, 'sources', name)}: `sources` in the front matter must be a list")
    sources: dict[str, Source] = {}
    for number, entry in enumerate(entries):
        where = _at(page, f"sources.{number}", name)
        if not isinstance(entry, dict) or not all(
            isinstance(entry.get(k), str) and entry[k].strip() for k in _SOURCE_FIELDS
        ):
            raise CorpusError(f"{where}: source {number + 1} needs key, title, publisher and url, each a text")
        if entry["key"] in sources:
            raise CorpusError(f"{where}: source key {entry['key']!r} stands twice in the front matter")
        if _web_address(entry["url"], where) is None:
            raise CorpusError(f"{where}: the url of source {entry['key']!r} must begin with http:// or https://")
        sources[entry["key"]] = Source(*(entry[k] for k in _SOURCE_FIELDS))
    return tuple(sources.values())


def _check_cites(blocks: list[RawBlock], known: set[str], name: str) -> None:
    for block in blocks:
        for key in block.cites:
            if key not in known:
                raise CorpusError(
                    f"{name}:{block.line}: source {key!r} is cited but not in the front matter's `sources`"
                )
