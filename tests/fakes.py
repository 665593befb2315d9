"""An encoder that counts words, and small corpora: nearest neighbours can be worked out on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.embedding import SpanText
from assistant.text import stems

Vectors = NDArray[np.float32]


class FakeEncoder:
    """Bag of stems: every stem counts one in the dimension its checksum names, then the row gets length one.

    The cosine of two texts that repeat no word is (shared stems) / sqrt(stems of one * stems of the other), as long as
    no two stems meet in a dimension. A text without words is the unit vector of dimension 0.
    """

    def __init__(self, dimension: int = 64, batch_size: int = 3) -> None:
        self.dimension = dimension
        self.batch_size = batch_size
        self.encoded: list[str] = []
        """Every passage that was encoded, in order."""

    def place(self, word: str) -> int:
        """Tell the dimension in which a word counts."""
        return crc32(stems(word)[0].encode()) % self.dimension

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Give unit vectors, shape (n, dimension)."""
        counts = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(counts, texts, strict=True):
            for stem in stems(text):
                row[crc32(stem.encode()) % self.dimension] += 1
            if not row.any():
                row[0] = 1
        return np.asarray(counts / np.linalg.norm(counts, axis=1, keepdims=True), np.float32)

    def encode_passages(self, texts: Sequence[SpanText]) -> Iterator[tuple[Vectors, list[Vectors]]]:
        """Give passage vectors and span vectors, batch by batch."""
        for first in range(0, len(texts), self.batch_size):
            batch = texts[first : first + self.batch_size]
            self.encoded += [item.text for item in batch]
            spans = [self.encode([item.text[start:end] for start, end in item.spans]) for item in batch]
            yield self.encode([item.text for item in batch]), spans

    def knows(self, word: str) -> bool:
        """Say that every word of letters is common English."""
        return word.isalpha()


def refuse() -> FakeEncoder:
    """Stand for `lambda: encoder` where a build must not even ask for one."""
    raise AssertionError("no encoder should have been made")


def write_corpus(folder: Path, articles: dict[str, str]) -> Path:
    """Write these articles as Markdown files and remove the files of others; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in folder.glob("*.md"):
        if file.stem not in articles:
            file.unlink()
    for name, text in articles.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    return folder


def article(title: str, *paragraphs: str) -> str:
    """Write an article with one headed section for each paragraph."""
    sections = (f"## Part {number}\n\n{paragraph}\n" for number, paragraph in enumerate(paragraphs, start=1))
    return f"# {title}\n\n" + "\n".join(sections)


ROWING = article(
    "Rowing",
    "Pull the handle towards your ribs. Keep your elbows low.",
    "Rest for ninety seconds between sets. Breathe calmly meanwhile.",
    "Your lats and rhomboids do most of the pulling.",
)
BRIDGE = article(
    "Glute bridge",
    "Lie on your back with bent knees. Push your hips towards the ceiling.",
    "Squeeze the glutes at the top. Hold for two seconds.",
    "Beginners hold a bridge for ten seconds.",
)
PLANK = article(
    "Plank",
    "Rest on forearms and toes. Keep a straight line from head to heels.",
    "Hold for twenty seconds. Add five seconds every week.",
)
SMALL = {"rowing": ROWING, "bridge": BRIDGE, "plank": PLANK}


def many(count: int, words: int = 12) -> dict[str, str]:
    """Make a corpus of `count` one-passage articles of made-up words, the same every time."""
    random = np.random.default_rng(7)
    syllables = ("ba", "ko", "li", "mu", "ne", "pra", "so", "tri", "ul", "vex", "wim", "zor")
    corpus = {}
    for number in range(count):
        made = ["".join(random.choice(syllables, 2)) for _ in range(words)]
        corpus[f"a{number:04}"] = f"# Thing {number}\n\nHere {' '.join(made)}.\n"
    return corpus
