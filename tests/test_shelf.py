"""Which articles a question is put to, on a small library whose shelves can be worked out by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.chain import Assistant
from assistant.evidence import Candidate
from assistant.index import open_index
from assistant.indexing import build_index
from assistant.settings import Settings
from assistant.shelf import Library, Shelf
from assistant.types import Hit, Turn
from assistant.vocabulary import load_vocabulary
from tests.fakes import FakeEncoder, write_corpus

VOCABULARY = load_vocabulary()
FACETS = ("equipment", "definition")
ARTICLES = {
    "a-patch": """---
title: Rubber patch
aliases: [patches]
tags: {equipment: [glue, pump], definition: [repair]}
---
## What a rubber patch is
A rubber patch closes a hole in a tube.
## Equipment
For a rubber patch you need glue and a pump.
## Tubeless plug
A tubeless plug closes a hole without taking off the tyre.
""",
    "b-plug": """---
title: Tubeless plug
tags: {equipment: [pump], definition: [quick, repair]}
easier: [a-patch]
---
## What a tubeless plug is
A tubeless plug is a strip of rubber.
## Equipment
For a tubeless plug you need a fork and a pump.
""",
    "c-chain": """---
title: Chain oil
tags: {equipment: [no equipment]}
---
## What chain oil is
Chain oil keeps the derailleur quiet.
## Equipment
All you need is the bottle.
""",
    "d-rain": """---
title: Riding in rain
kind: topic
aliases: [rain]
---
## Rain
In rain brake early.
""",
    "e-safety": """---
title: Safety
kind: guide
---
## Safety
Stop when a brake fails.
""",
}


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    """Open the library."""
    encoder = FakeEncoder(256)
    settings = Settings(corpus=write_corpus(tmp_path / "corpus", ARTICLES), cache_dir=tmp_path / "cache")
    build_index(settings, lambda: encoder)
    index = open_index(settings)
    assert index is not None
    yield Library(index, encoder, VOCABULARY)
    index.close()


def found(shelf: Shelf) -> set[str]:
    """Ids of the articles on a shelf."""
    encoder = shelf.searcher.encoder
    return {hit.passage.article for hit in shelf.searcher.search("rubber", encoder.encode(["rubber"])[0], 50)}


@pytest.mark.parametrize(
    ("question", "earlier", "expected"),
    [
        ("How long does it hold?", (), {"a-patch", "e-safety"}),
        ("How much chain oil?", (), {"c-chain", "e-safety"}),
        ("Chain oil or a patch first?", (), {"a-patch", "c-chain", "e-safety"}),
        ("How do I set the tubeless plug?", (), {"a-patch", "b-plug", "e-safety"}),
        ("How do I brake in rain?", (), {"d-rain", "e-safety"}),
        ("Does it hold in rain?", (), {"a-patch", "d-rain", "e-safety"}),
        ("Does it hold in rain?", ("What is chain oil?",), {"c-chain", "d-rain", "e-safety"}),
        ("And how often?", ("What is chain oil?",), {"c-chain", "e-safety"}),
        ("And how often?", ("What is chain oil?", "and the patch?"), {"a-patch", "c-chain", "e-safety"}),
    ],
)
def test_a_question_is_put_to_the_articles_of_what_it_names(
    library: Library, question: str, earlier: tuple[str, ...], expected: set[str]
) -> None:
    """Subjects and topics by name, misspelt too, or what was talked about, or the first; the guides always."""
    assert found(library.shelf(question, [Turn("user", text) for text in earlier])) == expected


def test_what_the_assistant_said_counts_when_the_person_named_nothing(library: Library) -> None:
    """The first thing that an answer names is what it was about."""
    history = [Turn("user", "And for the noise?"), Turn("assistant", "Chain oil keeps it quiet. A patch does not.")]
    assert found(library.shelf("How often?", history)) == {"c-chain", "e-safety"}


def test_a_corpus_without_guides_is_one_shelf(library: Library, tmp_path: Path) -> None:
    """Somebody's own pages are searched together, whatever is named."""
    encoder = FakeEncoder(256)
    pages = {name: text for name, text in ARTICLES.items() if name[0] in "abc"}
    settings = Settings(corpus=write_corpus(tmp_path / "own", pages), cache_dir=tmp_path / "own-cache")
    build_index(settings, lambda: encoder)
    index = open_index(settings)
    assert index is not None
    own = Library(index, encoder, VOCABULARY)
    assert own.shelf("How much chain oil?", ()) is own.whole
    assert own.whole.implied == ""
    index.close()


def test_a_single_article_is_implied(tmp_path: Path) -> None:
    """Where all is about one subject a question that names none is about it."""
    encoder = FakeEncoder(256)
    settings = Settings(corpus=write_corpus(tmp_path / "own", {"b-plug": ARTICLES["b-plug"]}), cache_dir=tmp_path / "c")
    build_index(settings, lambda: encoder)
    index = open_index(settings)
    assert index is not None
    assert Library(index, encoder, VOCABULARY).shelf("How quick is it?", ()).implied == "Tubeless plug"
    index.close()


@pytest.mark.parametrize(
    ("question", "implied"),
    [("How do I do it?", "Rubber patch"), ("How quiet is a derailleur?", ""), ("How much chain oil?", "")],
)
def test_in_a_library_the_first_article_is_implied_by_a_pronoun(library: Library, question: str, implied: str) -> None:
    """Of other questions without a name any article may have the answer."""
    assert library.shelf(question, ()).implied == implied


def test_a_shelf_knows_only_its_own_words(library: Library) -> None:
    """What another article speaks of is unknown here, and known on the wider shelf."""
    shelf = library.shelf("How quiet is a derailleur?", ())
    assert "derailleur" not in shelf.lexicon.stem_counts
    assert shelf.wider is not None
    assert "derailleur" in shelf.wider.lexicon.stem_counts


def test_no_wider_shelf_for_what_leans_on_something_named(library: Library) -> None:
    """The word "it" means the subject: what others say of theirs is no answer."""
    assert library.shelf("How quiet is it?", ()).wider is None


@pytest.mark.parametrize(
    ("question", "choice"),
    [
        ("Which exercises use a pump?", ("b-plug", "a-patch")),
        ("Which exercises use a pump and glue?", ("a-patch",)),
        ("What exercises without equipment are there?", ("c-chain",)),
        ("Which exercises use a hammer?", ()),
        ("Where is the pump?", ()),
        ("Which exercises with a pump are safe?", ()),
        ("Which exercises use the pump of the tubeless plug?", ()),
    ],
)
def test_a_question_of_choice_is_put_to_the_articles_with_the_tags(
    library: Library, question: str, choice: tuple[str, ...]
) -> None:
    """All the tags it names, those first that have little else; not when it names one, or asks what is safe."""
    assert tuple(library.shelf(question, ()).choice) == choice


@pytest.mark.parametrize(
    ("said", "choice"),
    [
        (["Which exercises use a pump?", "and glue?"], ("a-patch",)),
        (["Which exercises use glue?", "without equipment"], ("c-chain",)),
        (["Which exercises use a pump?", "what about no equipment?", "or glue"], ("a-patch",)),
        (["Which exercises use a pump?", "and which of these does a quick repair?"], ("b-plug",)),
        (["Where is the pump?", "which of these does a quick repair?"], ()),
        (["Which exercises use a pump?", "and a hammer?"], ()),
        (["Where is the pump?", "and glue?"], ()),
        (["Which exercises use a pump?", "Where do I find glue?"], ()),
    ],
)
def test_a_fragment_changes_the_choice_before(library: Library, said: list[str], choice: tuple[str, ...]) -> None:
    """A few words with a tag take the place of the tag of that facet in the question of choice before them."""
    history = [turn for text in said[:-1] for turn in (Turn("user", text), Turn("assistant", "All you need."))]
    assert tuple(library.shelf(said[-1], history).choice) == choice


def test_of_chosen_articles_only_the_asked_facet_is_searched(library: Library) -> None:
    """A tag of equipment is told by what the article says of its equipment."""
    shelf = library.shelf("Which exercises use a pump?", ())
    hits = shelf.searcher.search("pump", shelf.searcher.encoder.encode(["pump"])[0], 50)
    assert {(hit.passage.article, hit.passage.facet) for hit in hits} == {
        ("a-patch", "equipment"),
        ("b-plug", "equipment"),
    }
    hit = next(hit for hit in hits if hit.passage.article == "a-patch")
    (told,) = hit.passage.spans
    assert shelf.tells(Candidate(hit, told, ()))
    assert not shelf.tells(Candidate(hit, replace(told, text="You need glue."), ()))


def test_what_an_article_was_chosen_by_is_what_of_it_fits(library: Library) -> None:
    """A kind of thing is told by what the thing is, and there by the opening sentence."""
    shelf = library.shelf("Which exercises are a repair with a pump?", ())
    assert shelf.choice == {"a-patch": {"equipment", "definition"}, "b-plug": {"equipment", "definition"}}
    shelf = library.shelf("Which exercises are repairs?", ())
    assert list(shelf.choice) == ["a-patch", "b-plug"], "whose first kind it is goes first"
    passages = {(p.article, p.facet): p for p in library.whole.searcher.index.passages}
    both = [
        Candidate(Hit(passages["a-patch", facet], 1.0), passages["a-patch", facet].spans[0], ()) for facet in FACETS
    ]
    assert shelf.fitting([(2.0, both[0]), (1.0, both[1])]) == [(1.0, both[1])]
    assert shelf.tells(both[1])
    assert not shelf.tells(replace(both[1], span=replace(both[1].span, start=both[1].span.start + 1))), (
        "not the opening"
    )


def test_what_asks_for_any_exercise_is_put_to_all_articles(library: Library) -> None:
    """Without a tag and without a name the first article is not meant: the guides, and then all."""
    shelf = library.shelf("Which exercises cure boredom?", ())
    hits = shelf.searcher.search("boredom", shelf.searcher.encoder.encode(["boredom"])[0], 50)
    assert {hit.passage.article for hit in hits} == {"e-safety"}
    assert shelf.wider is not None
    assert not shelf.choice
    first = library.shelf("How do I build up a rhythm?", ())
    assert first.lexicon.main == "Rubber patch", "it asks for no exercise"


def test_tags_are_filters_of_the_store(library: Library) -> None:
    """Chroma finds an article's passages by any of its tags."""
    rows = library.whole.searcher.index.collection.get(where={"tag_equipment": {"$contains": "glue"}})
    assert {row["article"] for row in rows["metadatas"]} == {"a-patch"}
    rows = library.whole.searcher.index.collection.get(where={"easier": {"$contains": "a-patch"}})
    assert {row["article"] for row in rows["metadatas"]} == {"b-plug"}


def test_which_exercise_is_answered_by_several_articles(assistant: Assistant) -> None:
    """One quote from each, in a list, every one with its subject and its own citation."""
    answer = assistant.ask("Which exercises work the lats?")
    (block,) = [block for block in answer.blocks if block.kind != "notice"]
    assert block.kind == "bullets" and len(block.sentences) >= 4
    assert len({citation.article for citation in answer.citations}) == len(block.sentences)
    assert all("lat" in sentence.text.lower() for sentence in block.sentences)


@pytest.mark.parametrize("question", ["best excersise for lats", "best exersise for the upper back"])
def test_a_choice_may_be_misspelt(assistant: Assistant, question: str) -> None:
    """The cues of choice are looked for in the mended question."""
    assert len({citation.article for citation in assistant.ask(question).citations}) >= 4


@pytest.mark.parametrize(
    ("question", "article"),
    [
        ("what muscles does the lat pulldown work", "lat-pulldown"),
        ("do rows build biceps", "bent-over-row"),
        ("lat puldown wide or narow grip", "lat-pulldown"),
        ("how many reps for deads", "conventional-deadlift"),
        ("how many sets of chinups", "chin-up"),
        ("how often can i do good mornings", "good-morning"),
        ("how do i do a romanian deadlift", "romanian-deadlift"),
        ("what is a good morning", "good-morning"),
        ("which muscles does a reverse hyper work", "reverse-hyperextension"),
    ],
)
def test_an_answer_on_one_exercise_is_never_anothers(assistant: Assistant, question: str, article: str) -> None:
    """What a question names is what is quoted."""
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert {citation.article for citation in answer.citations} == {article}


@pytest.mark.parametrize("question", ["What is a dead hang good for?", "whats the point of a dead hang"])
def test_an_exercise_without_an_article_does_not_get_one_alike(assistant: Assistant, question: str) -> None:
    """A dead bug is no dead hang, though no article is about that."""
    assert "dead-bug" not in {citation.article for citation in assistant.ask(question).citations}


@pytest.mark.parametrize(
    ("question", "article"),
    [("how do i do the second one?", 1), ("tell me about the third", 2), ("what about the last one", -1)],
)
def test_one_of_several_listed_is_meant_by_its_place(assistant: Assistant, question: str, article: int) -> None:
    """After a list of exercises "the second one" is the second of them, and no other is quoted."""
    listed = assistant.ask("Which exercises work the lats?")
    history = [("user", listed.question), ("assistant", listed.text)]
    answer = assistant.ask(question, history)
    assert {citation.article for citation in answer.citations} == {listed.citations[article].article}
