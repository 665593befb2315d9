"""BM25 by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.errors import IndexError_
from assistant.keywords import KeywordIndex
from assistant.text import stems

TEXTS = ("row row lat", "lat plank", "plank plank plank bridge")
WORDS = st.sampled_from(["row", "lat", "plank", "bridge", "the", "squat"])


@pytest.fixture
def keywords() -> KeywordIndex:
    """Index the three texts of the worked example."""
    return KeywordIndex.build(TEXTS, frozenset())


def test_scores_are_those_worked_out_on_paper(keywords: KeywordIndex) -> None:
    """BM25 in Lucene's variant gives the scores of the pencil.

    Three texts (N = 3) of 3, 2 and 4 words, 3 on average; k1 = 1.5, b = 0.75.
    A word's weight: idf = ln(1 + (N - df + 0.5) / (df + 0.5)).
        row    df 1:  ln(1 + 2.5 / 1.5) = ln(2.6667) = 0.980829
        lat    df 2:  ln(1 + 1.5 / 2.5) = ln(1.6)    = 0.470004
        plank  df 2:                                   0.470004
    A text's share: tf / (tf + k1 * (0.25 + 0.75 * length / 3)).
        text 0, length 3:  k1 * (0.25 + 0.75) = 1.5
            row tf 2:  2 / 3.5 = 0.571429;   lat tf 1:  1 / 2.5 = 0.4
        text 1, length 2:  k1 * (0.25 + 0.5) = 1.125
            lat tf 1:  1 / 2.125 = 0.470588;   plank the same
        text 2, length 4:  k1 * (0.25 + 1) = 1.875
            plank tf 3:  3 / 4.875 = 0.615385
    """
    assert keywords.scores(["row"]) == pytest.approx([0.980829 * 0.571429, 0, 0], abs=1e-5)
    assert keywords.scores(["lat"]) == pytest.approx([0.470004 * 0.4, 0.470004 * 0.470588, 0], abs=1e-5)
    assert keywords.scores(["plank"]) == pytest.approx([0, 0.470004 * 0.470588, 0.470004 * 0.615385], abs=1e-5)


@given(st.lists(WORDS, max_size=6))
def test_a_question_scores_the_sum_of_its_words(question: list[str]) -> None:
    """Each word of a question adds its own score, as often as it is said; unknown words add nothing."""
    keywords = KeywordIndex.build(TEXTS, frozenset())
    total = sum((keywords.scores([word]) for word in question), np.zeros(3, np.float32))
    assert keywords.scores(question) == pytest.approx(total, abs=1e-5)


def test_words_meet_by_their_stems(keywords: KeywordIndex) -> None:
    """A question's "rows" finds "row"."""
    assert keywords.scores(stems("Rows")).argmax() == 0
    assert keywords.scores(stems("Rows"))[0] > 0


@pytest.mark.parametrize("tokens", [[], [""], ["-"], ["squat"]])
def test_unknown_words_score_nothing(keywords: KeywordIndex, tokens: list[str]) -> None:
    """A question without a known word gives zeros, one for each text."""
    assert keywords.scores(tokens).tolist() == [0, 0, 0]


def test_stop_words_are_left_out_in_every_form() -> None:
    """A stop word is compared by its stem, so that "very" and "does", whose stems look otherwise, stay out too."""
    keywords = KeywordIndex.build(["Does it very often", "Rowing helps"], frozenset({"does", "it", "very"}))
    assert keywords.scores(stems("Does it? Very!")).tolist() == [0, 0]
    assert keywords.scores(stems("often"))[0] > 0


def test_a_text_of_stop_words_keeps_its_place() -> None:
    """A text without a word of its own still counts as a text, so that the places of the others stay right."""
    keywords = KeywordIndex.build(["the", "row"], frozenset({"the"}))
    assert keywords.scores(["row"])[0] == 0
    assert keywords.scores(["row"])[1] > 0


def test_a_saved_index_scores_the_same(keywords: KeywordIndex, tmp_path: Path) -> None:
    """Saving and loading changes no score."""
    keywords.save(tmp_path / "k")
    loaded = KeywordIndex.load(tmp_path / "k", len(TEXTS))
    for question in (["row"], ["lat", "plank"], ["bridge", "bridge"], ["squat"]):
        assert loaded.scores(question).tolist() == keywords.scores(question).tolist()


def test_words_of_any_script_survive_saving(tmp_path: Path) -> None:
    """Accents, Cyrillic and quotes in words come back as they were."""
    texts = ["naïve café", "жим лёжа", "8 reps"]
    KeywordIndex.build(texts, frozenset()).save(tmp_path / "k")
    loaded = KeywordIndex.load(tmp_path / "k", 3)
    assert [int(loaded.scores(stems(text)).argmax()) for text in texts] == [0, 1, 2]


@pytest.mark.parametrize(
    "name", ["params.index.json", "vocab.index.json", "data.csc.index.npy", "indptr.csc.index.npy"]
)
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY\x01"])
def test_a_damaged_file_is_refused_with_a_hint(
    keywords: KeywordIndex, tmp_path: Path, name: str, content: bytes | None
) -> None:
    """A missing, empty or cut file of the index is an error that says how to mend it."""
    keywords.save(tmp_path / "k")
    file = tmp_path / "k" / name
    assert file.is_file()
    file.unlink() if content is None else file.write_bytes(content)
    with pytest.raises(IndexError_, match="backchat index --rebuild"):
        KeywordIndex.load(tmp_path / "k", 3)


def test_an_index_of_other_texts_is_refused(keywords: KeywordIndex, tmp_path: Path) -> None:
    """An index of three texts is not taken for one of four."""
    keywords.save(tmp_path / "k")
    with pytest.raises(IndexError_, match="3 texts, not 4"):
        KeywordIndex.load(tmp_path / "k", 4)
