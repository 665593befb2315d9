"""The engine knows no word of its field: exercises, muscles and ailments are data."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

from assistant.articles import load_corpus
from assistant.settings import Settings
from assistant.text import stem, stems, words

from .test_architecture import MODULES, ROOT

ANATOMY = [
    "muscle",
    "spine",
    "spinal",
    "lumbar",
    "glute",
    "glutes",
    "gluteus",
    "hamstring",
    "hamstrings",
    "erector",
    "spinae",
    "hip",
    "hips",
    "pelvis",
    "torso",
    "trunk",
    "shoulder",
    "neck",
    "knee",
    "elbow",
    "ankle",
    "wrist",
    "thigh",
    "abdominal",
    "abs",
    "adductor",
    "deltoid",
    "delts",
    "trapezius",
    "rhomboid",
    "quadriceps",
    "biceps",
    "triceps",
    "vertebra",
    "disc",
    "nerve",
    "tendon",
    "ligament",
    "chest",
    "calf",
    "sciatica",
    "physiotherapist",
    "physio",
    "doctor",
    "pain",
    "injury",
    "hernia",
    "diagnosis",
    "symptom",
    "pregnant",
    "pregnancy",
    "surgery",
    "workout",
    "exercise",
    "squat",
    "deadlift",
    "plank",
    "superman",
    "cobra",
    "yoga",
    "gym",
    "dumbbell",
    "barbell",
    "kettlebell",
    "reps",
    "repetitions",
]
ORDINARY = {
    "red flags": "the status red_flag of the contract",
    "warning signs": "in the standing disclaimer, shown word for word",
    "muscles": "a facet's name",
    "row": "a line of a table",
    "desk": "a module of the chat page",
}
ALLOWED = {
    ("assistant.policy", "exercis"): "the standing disclaimer is shown word for word",
    ("assistant.cli", "rep"): "the example question of the help text",
    ("assistant.vocabulary", "exercis"): "says what a facet is",
    ("assistant.selection", "ab"): "abs, the built-in function",
    ("assistant.web.chat", "exercis"): "the page's own words, as the readers see them",
    ("assistant.web.tools", "exercis"): "the tools' names, which are part of the contract",
    ("assistant.web.words", "exercis"): "the page's own words, as the readers see them",
}
"""(module, stem) -> why it may stand there."""


def forbidden() -> set[tuple[str, ...]]:
    """Stems of the shipped articles' names and of the list above, without ordinary English.

    A name of several words is banned as a whole: a row, a press and a walk are something else elsewhere.
    """
    corpus = load_corpus(Settings(corpus=None).corpus_path).articles
    names = [name for article in corpus for name in (article.title, *article.aliases)]
    found = {tuple(stems(name)) for name in [*names, *ANATOMY]}
    return found - {tuple(stems(name)) for name in ORDINARY}


def engine_words(file: Path) -> Iterator[tuple[int, str]]:
    """Line and word of everything a module says: names, texts, comments, docstrings without their examples."""
    source = file.read_text(encoding="utf-8")
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type in (tokenize.NAME, tokenize.STRING, tokenize.COMMENT):
            for offset, line in enumerate(_without_examples(token.string)):
                spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", line)
                yield from ((token.start[0] + offset, word) for word in words(spaced))


def _without_examples(text: str) -> list[str]:
    """The lines of a token, a docstring's doctests and the quoted examples in it blanked."""
    if not text.startswith('"""'):
        return text.split("\n")
    lines, example = [], False
    for line in text.strip('"').split("\n"):
        example = line.strip().startswith(">>>") or (example and bool(line.strip()))
        lines.append("" if example else re.sub(r'"[^"]*"|“[^”]*”', "", line))
    return lines


def named(file: Path, banned: set[tuple[str, ...]]) -> Iterator[tuple[int, str]]:
    """Line and name of each banned name that a module says."""
    longest = max(map(len, banned))
    lines: dict[int, list[str]] = {}
    for line, word in engine_words(file):
        lines.setdefault(line, []).append(stem(word))
    for line, said in lines.items():
        for start in range(len(said)):
            for length in range(1, longest + 1):
                if (gram := tuple(said[start : start + length])) in banned and len(gram) == length:
                    yield line, " ".join(gram)


def test_the_engine_knows_no_word_of_its_field(tmp_path: Path) -> None:
    """Exercises, muscles and ailments are data: no module names one, so that other people's articles work as well."""
    banned = forbidden()
    expected = ("superman", "glutes", "hyperextension", "sciatica", "bent-over row")
    assert {tuple(stems(name)) for name in expected} <= banned, "the list itself works"
    (tmp_path / "module.py").write_text('bent_over_row = 1  # and sciatica\nrow = "over"\n', encoding="utf-8")
    assert [line for line, _ in named(tmp_path / "module.py", banned)] == [1, 1], "the search itself works"
    told = [
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for module, file in MODULES.items()
        if not module.startswith("assistant.data")
        for line, name in named(file, banned)
        if (module, name) not in ALLOWED
    ]
    assert not told, "\n".join(told[:30])


def test_every_exception_of_the_word_list_is_needed() -> None:
    """An allowed word that no longer stands in its module leaves the list."""
    banned = forbidden()
    stale = [key for key in ALLOWED if key[1] not in {name for _, name in named(MODULES[key[0]], banned)}]
    assert not stale
