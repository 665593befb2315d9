"""Questions that are offered."""

from __future__ import annotations

from dataclasses import replace

from assistant.suggestions import offer, starters
from assistant.types import Article, Hit, Interpretation, Section
from assistant.vocabulary import load_vocabulary

from .bicycles import bicycle_articles, bicycle_passages

VOCABULARY = load_vocabulary()
PUNCTURE, CHAIN = bicycle_articles()
BY_ID = {PUNCTURE.id: PUNCTURE, CHAIN.id: CHAIN}
HITS = {passage.article: Hit(passage, 1.0) for passage in bicycle_passages()}


def bare(title: str, *facets: str | None) -> Article:
    """Make an article with a section for each facet."""
    return Article("x", title, "text", tuple(Section((str(facet),), facet, 0, 4) for facet in facets))


def test_starters_name_the_articles_in_turn() -> None:
    """The start questions are about several articles, none twice."""
    found = starters([PUNCTURE, CHAIN], VOCABULARY)
    assert found == tuple(dict.fromkeys(found))
    assert len(found) >= 4
    assert [("puncture repair" in question, "chain cleaning" in question) for question in found[:2]] == [
        (True, False),
        (False, True),
    ]


def test_starters_only_ask_for_what_the_articles_have() -> None:
    """A facet that no section has is not offered."""
    (only,) = starters([bare("Bell", "dose", None)], VOCABULARY)
    assert only == next(facet.suggest for facet in VOCABULARY.facets if facet.name == "dose").format(name="bell")


def test_no_facets_no_starters() -> None:
    """Articles without a known heading, and an empty corpus, offer nothing."""
    assert starters([bare("Bell", None)], VOCABULARY) == ()
    assert starters([], VOCABULARY) == ()


def test_names_keep_their_capitals_where_they_are_abbreviations() -> None:
    """A title is written inside a sentence: lower case, but not when it is an abbreviation."""
    assert "BMX" in starters([bare("BMX", "dose")], VOCABULARY)[0]
    assert "BMX bell" in starters([bare("BMX bell", "dose")], VOCABULARY)[0]
    assert "front bell" in starters([bare("Front bell", "dose")], VOCABULARY)[0]


def test_an_offer_is_near_what_was_asked() -> None:
    """After "not covered" the facets nearest in meaning come first, of the articles that were found."""
    asked = Interpretation("?", facet_meaning={"mistakes": 0.6, "equipment": 0.3})
    found = offer(asked, [HITS["puncture-repair"]], BY_ID, VOCABULARY)
    suggest = {facet.name: facet.suggest.format(name="puncture repair") for facet in VOCABULARY.facets}
    assert found[:2] == (suggest["mistakes"], suggest["equipment"])
    assert len(found) == len(set(found)) >= 3
    assert all("puncture repair" in question for question in found)


def test_of_equally_near_questions_the_better_article_comes_first() -> None:
    """Ties are broken by the order of the search."""
    asked = Interpretation("?", facet_meaning={"technique": 1.0})
    hits = [HITS["chain-cleaning"], HITS["puncture-repair"], replace(HITS["chain-cleaning"], score=0.1)]
    first, second, *_ = offer(asked, hits, BY_ID, VOCABULARY)
    assert ("chain cleaning" in first, "puncture repair" in second) == (True, True)


def test_nothing_found_nothing_offered() -> None:
    """Without hits there is no offer."""
    assert offer(Interpretation("?"), [], BY_ID, VOCABULARY) == ()
