"""RIM: bytes of a file -> its text, and which reader turns the text into raw blocks.

Three forms are read: Markdown with optional front matter, HTML, and plain text. Nothing here or in a reader decides
what is worth keeping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from .blocks import RawPage
from .errors import CorpusError
from .read_html import read_html
from .read_markdown import read_markdown
from .read_text import read_text

__all__ = ["READERS", "decode"]

READERS: Mapping[str, Callable[[str, str], RawPage]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": read_text,
    ".html": read_html,
    ".htm": read_html,
}
"""By the suffix of a file, in lower case: takes the text and what messages call the file."""


def decode(data: bytes, name: str) -> str:
    """Text of a file in whatever encoding it has. Raises CorpusError for an empty or binary file."""
    if not data.strip(b" \t\r\n\x00\xff\xfe\xef\xbb\xbf"):
        raise CorpusError(f"{name}: the file is empty; put an article into it or take it out of the corpus")
    text = _decoded(data, name).removeprefix("\ufeff")
    controls = sum(char < " " and char not in "\t\n\r\f\v\x1b" for char in text[:65536])
    if "\x00" in text or controls * 50 > len(text[:65536]):
        raise CorpusError(f"{name}: this is a binary file, not text; save it as .md, .txt or .html")
    if not any(char.isalpha() for char in text):
        raise CorpusError(f"{name}: no readable text in it; save it as UTF-8 text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, name: str) -> str:
    """Try Unicode marks, UTF-8, what the page declares, Windows-1252 if it reads like it; then guess."""
    for encoding in _likely_encodings(data):
        try:
            return data.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    if b"\x00" in data:
        raise CorpusError(f"{name}: this is a binary file, not text; save it as .md, .txt or .html")
    from charset_normalizer import from_bytes

    guess = from_bytes(data).best()
    if guess is None:
        raise CorpusError(f"{name}: its encoding cannot be told; save the file as UTF-8")
    return str(guess)


def _likely_encodings(data: bytes) -> Iterator[str]:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        yield "utf-32"
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        yield "utf-16"
    sample = data[:4096]
    zeros = sample[::2].count(0), sample[1::2].count(0)
    if max(zeros) * 5 > len(sample) and min(zeros) * 20 < len(sample):  # UTF-16 without its mark
        yield "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    if b"\x00" in data:
        return
    yield "utf-8-sig"
    if declared := re.search(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{3,20})", data[:2048], re.IGNORECASE):
        yield declared.group(1).decode("ascii")
    # Guessers take curly quotes for Czech or Chinese letters, so mostly plain text is read as its editor wrote it.
    high = sum(byte > 127 for byte in data[:65536])
    if high * 5 < len(data[:65536]):
        yield "cp1252"
