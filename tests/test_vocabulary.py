import re

import pytest

from assistant import vocabulary as module
from assistant.errors import SettingsError
from assistant.text import stem
from assistant.vocabulary import Vocabulary, _phrases, _spellings, load_reading, load_vocabulary

FACETS = {
    *("technique", "setup", "dose", "muscles", "benefits", "variations"),
    *("progression", "regression", "mistakes", "safety", "equipment", "definition"),
}


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Load the shipped vocabulary."""
    return load_vocabulary()


def test_facets_are_the_designs(vocabulary: Vocabulary) -> None:
    """The vocabulary names exactly the facets that the design fixes, each with headings, cues and a suggestion."""
    assert {facet.name for facet in vocabulary.facets} == FACETS
    assert all(facet.headings and facet.cues and "{name}" in facet.suggest for facet in vocabulary.facets)


@pytest.mark.parametrize(
    ("heading", "facet"),
    [
        ("How to change a tyre", "technique"),
        ("HOW TO DO IT", "technique"),
        ("Common mistakes", "mistakes"),
        ("What you’ll need: equipment", "equipment"),
        ("Muscles worked", "muscles"),
        ("Variations", "variations"),
        ("Superman", None),
        ("", None),
    ],
)
def test_heading_tells_its_facet(vocabulary: Vocabulary, heading: str, facet: str | None) -> None:
    """A heading's facet is that of its longest known phrase, whatever its case and quotes."""
    assert vocabulary.facet_of_heading(heading) == facet


def test_evidence_patterns_compile(vocabulary: Vocabulary) -> None:
    """Every pattern of the data file is a regular expression."""
    assert all(re.compile(pattern) for kind in vocabulary.answer_kinds for pattern in kind.evidence)


def test_plain_stems_are_stems(vocabulary: Vocabulary) -> None:
    """Stop words are compared in the form in which texts are."""
    assert {stem("the"), stem("is")} <= vocabulary.plain_stems


def test_synonyms_are_found_by_stems(vocabulary: Vocabulary) -> None:
    """Each phrase of a synonym group leads to its group."""
    for number, group in enumerate(vocabulary.synonyms):
        for phrase in group:
            key = tuple(stem(word) for word in re.findall(r"[^\W_]+(?:'[^\W_]+)*", phrase.lower()))
            assert number in vocabulary.synonym_groups[key]


def test_reading_data_is_complete() -> None:
    """Every table of what is no article text has entries."""
    reading = load_reading()
    assert all(getattr(reading, name) for name in reading.__dataclass_fields__)


@pytest.mark.parametrize("value", [None, {"a": 1}, ["ok", ""], ["ok", 3], 7])
def test_bad_entry_is_named(value: object) -> None:
    """An entry of the wrong form is refused with the place where it stands."""
    with pytest.raises(SettingsError, match=r"reading\.yaml: openings must be a list"):
        _phrases(value, "reading.yaml: openings")


def test_a_slip_with_two_meanings_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is typed means one word."""
    monkeypatch.setattr(module, "_data", lambda name: {"neck": ["nek"], "nook": ["nuk", "nek"]})
    with pytest.raises(SettingsError, match=r"spellings\.yaml: nook: 'nek' stands under neck too"):
        _spellings()


def test_words_on_one_line_are_a_list() -> None:
    """A text of words is read as the list of them."""
    assert _phrases("a b  c", "x") == ("a", "b", "c")
