import doctest
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import articles, blocks, layout, passages, settings, text, vocabulary
from assistant.text import collapse, fold, sentences, slug, stems, words


@pytest.mark.parametrize("module", [articles, blocks, layout, passages, settings, text, vocabulary])
def test_doctests_of_the_corpus_modules_hold(module: object) -> None:
    """Every example in a docstring gives what it says."""
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def cut(paragraph: str) -> list[str]:
    """List the sentences of a paragraph as texts."""
    return [paragraph[start:end] for start, end in sentences(paragraph)]


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ("Lie down. Lift.", ["Lie down.", "Lift."]),
        ("Use a tool, e.g. A lever. Pull.", ["Use a tool, e.g. A lever.", "Pull."]),
        ("Wait 2.5 minutes. Pour.", ["Wait 2.5 minutes.", "Pour."]),
        ("“Really?” Yes! Go…", ["“Really?”", "Yes!", "Go…"]),
        ("Stop?! Now.", ["Stop?!", "Now."]),
        ("no end mark", ["no end mark"]),
        ("Rest (a little.) Then go.", ["Rest (a little.)", "Then go."]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_ends_them(paragraph: str, expected: list[str]) -> None:
    """Abbreviations, decimals, quotes and brackets do not cut a sentence."""
    assert cut(paragraph) == expected


@given(st.text(), st.integers(0, 50))
def test_sentences_keep_every_word_in_order(paragraph: str, offset: int) -> None:
    """Sentences are trimmed slices that never overlap and together hold everything but white space."""
    spans = list(sentences(paragraph, offset))
    pieces = [paragraph[start - offset : end - offset] for start, end in spans]
    assert "".join("".join(pieces).split()) == "".join(paragraph.split())
    assert all(piece and piece == piece.strip() for piece in pieces)
    assert spans == sorted(spans)


@pytest.mark.parametrize("paragraph", ["." * 200_000 + "x", "Go on. " * 60_000, "a.b" * 60_000])
def test_long_paragraphs_are_cut_in_linear_time(paragraph: str) -> None:
    """Dotted lines and book-length paragraphs take seconds at most, since a user may have them."""
    started = time.process_time()
    list(sentences(paragraph))
    assert time.process_time() - started < 5


@given(st.text())
def test_fold_keeps_the_length(anything: str) -> None:
    """Offsets found in folded text hold in the text itself."""
    assert len(fold(anything)) == len(anything)


@given(st.text())
def test_collapse_is_stable_and_on_one_line(anything: str) -> None:
    """Collapsed text has single spaces only, and collapsing twice changes nothing."""
    once = collapse(anything)
    assert collapse(once) == once
    assert once.split() == once.split(" ") or not once


def test_stems_match_across_quotes_and_possessives() -> None:
    """A curly and a straight apostrophe, and a possessive, lead to the same stem."""
    assert stems("The trainer’s tyres") == stems("the trainer's tyre")
    assert words("It’s 45°") == ["it's", "45"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Café crème!", "cafe-creme"),
        ("Планка 2", "планка-2"),
        ("Упражнение", "упражнение"),
        ("腹筋", "腹筋"),
        ("!!", "untitled"),
    ],
)
def test_slug_names_every_script(name: str, expected: str) -> None:
    """Two pages with names in another script do not get the same id."""
    assert slug(name) == expected
