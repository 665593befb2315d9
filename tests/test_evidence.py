"""Which spans answer: features worked out by hand on passages about bicycles."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from assistant.coverage import COVERAGE_FEATURES, coverage_features
from assistant.evidence import SPAN_FEATURES, Candidate, candidates
from assistant.meaning import Concepts, FacetMeanings
from assistant.question import interpret
from assistant.state import State
from assistant.types import Hit, Interpretation
from assistant.vocabulary import load_vocabulary
from assistant.weighing import EvidenceModel

from .bicycles import bicycle_lexicon, bicycle_passages

VOCABULARY = load_vocabulary()
LEXICON = bicycle_lexicon(frozenset(["weather"]))
CONCEPTS = Concepts(LEXICON, VOCABULARY)
PASSAGES = {(passage.article, *passage.heading): passage for passage in bicycle_passages()}
OFTEN = PASSAGES["chain-cleaning", "How often"]
STEPS = PASSAGES["chain-cleaning", "How to do it"]
PATCH = PASSAGES["puncture-repair", "Ways to close the hole", "Rubber patch"]
MISTAKES = PASSAGES["puncture-repair", "Common mistakes"]
# Three directions: how it is done, how often, anything else.
EXAMPLES = np.array([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]], np.float32)
FACETS = FacetMeanings(["technique", "technique", "dose", "dose"], EXAMPLES)
VECTORS = {
    OFTEN.id: np.array([[0, 1, 0], [0, 0.6, 0.8]], np.float32),
    STEPS.id: np.array([[1, 0, 0]] * 4, np.float32),
    PATCH.id: np.array([[0, 0, 1]], np.float32),
    MISTAKES.id: np.array([[0, 0, 1], [0, 0, 1]], np.float32),
}


def ask(question: str, **changes: object) -> Interpretation:
    """Interpret a question of one part."""
    (asked,) = interpret(question, (), LEXICON, VOCABULARY)
    return replace(asked, **changes)  # type: ignore[arg-type]


def found(asked: Interpretation, *hits: Hit) -> list[Candidate]:
    """Score the spans of some hits for a question that points into the direction of "how often"."""
    vector = np.array([0, 1, 0], np.float32)
    return candidates(asked, vector, vector, hits, VECTORS, CONCEPTS, VOCABULARY, LEXICON, FACETS)


def feature(candidate: Candidate, name: str) -> float:
    """Look up a feature by name."""
    return candidate.features[SPAN_FEATURES.index(name)]


def test_every_span_of_every_hit_is_a_candidate() -> None:
    """Nothing of what was retrieved is left out, and the order is the hits' and the text's."""
    made = found(ask("how often?"), Hit(STEPS, 0.9), Hit(OFTEN, 0.8))
    assert [candidate.span for candidate in made] == [*STEPS.spans, *OFTEN.spans]
    assert all(len(candidate.features) == len(SPAN_FEATURES) for candidate in made)


def test_no_hits_no_candidates() -> None:
    """An empty search gives no candidates and no error."""
    assert found(ask("how often?")) == []


def test_similarities_by_hand() -> None:
    """Span, best sibling and passage similarity are cosines with the question."""
    first, second = found(ask("how often?"), Hit(OFTEN, 0.8, similarity=0.7))
    assert feature(first, "span_similarity") == pytest.approx(1.0)
    assert feature(second, "span_similarity") == pytest.approx(0.6)
    assert feature(second, "best_sibling") == pytest.approx(1.0)
    assert feature(first, "passage_similarity") == feature(second, "passage_similarity") == pytest.approx(0.7)


def test_terms_by_hand() -> None:
    """The share of a question's terms in a span is weighted by rarity; plain and subject words do not count."""
    asked = ask("does rain matter for the kilometres in chain cleaning")
    first, second = found(asked, Hit(OFTEN, 0.8))
    assert feature(first, "terms_in_passage") == pytest.approx(1.0)
    shares = feature(first, "terms_in_span"), feature(second, "terms_in_span")
    assert shares[0] + shares[1] == pytest.approx(1.0)
    # "rain" stands in one passage, "kilometres" in two: the rarer word weighs more
    assert shares[1] > shares[0] > 0


def test_keyword_share_is_of_the_best_hit() -> None:
    """The best BM25 score counts one; a search without any does not divide by zero."""
    made = found(ask("rain"), Hit(OFTEN, 0.8, keyword_score=4.0), Hit(PATCH, 0.7, keyword_score=1.0))
    assert [feature(c, "keyword_share") for c in made] == [1.0, 1.0, 0.25]
    assert {feature(c, "keyword_share") for c in found(ask("rain"), Hit(PATCH, 0.7))} == {0.0}


def test_the_kind_of_answer_is_looked_for_with_its_focus() -> None:
    """A counting question wants a number next to the thing that is counted."""
    drop, turn = STEPS.spans[3], STEPS.spans[1]
    made = {c.span: c for c in found(ask("how many drops of oil?"), Hit(STEPS, 0.9))}
    assert (feature(made[drop], "kind_in_span"), feature(made[drop], "kind_absent")) == (1.0, 0.0)
    assert (feature(made[turn], "kind_in_span"), feature(made[turn], "kind_absent")) == (0.0, 1.0)
    plain = found(ask("why oil it?"), Hit(STEPS, 0.9))
    assert {(feature(c, "kind_in_span"), feature(c, "kind_absent")) for c in plain} == {(0.0, 0.0)}


def test_a_passage_about_another_name_clashes() -> None:
    """A section about one variation speaks for it and against the other."""
    (named,) = found(ask("does the rubber patch hold?"), Hit(PATCH, 0.9))
    (other,) = found(ask("does the tubeless plug hold?"), Hit(PATCH, 0.9))
    assert (feature(named, "name_match"), feature(named, "name_clash")) == (1.0, 0.0)
    assert (feature(other, "name_match"), feature(other, "name_clash")) == (0.0, 1.0)


def test_form_features_by_hand() -> None:
    """List items, the first place, the length and an opening pronoun are seen."""
    made = found(
        ask("how often?", facet_meaning={"technique": 0.25}),
        Hit(STEPS, 0.9),
        Hit(PASSAGES["puncture-repair", "Equipment"], 0.8),
    )[:4]
    assert [feature(c, "opens_passage") for c in made] == [1.0, 0.0, 0.0, 0.0]
    assert {feature(c, "list_item") for c in made} == {1.0}
    assert {feature(c, "howto_list") for c in made} == {0.25}
    assert feature(made[0], "length") == pytest.approx(len(STEPS.spans[0].text.split()) / 40)


@pytest.fixture(autouse=True)
def _vectors() -> None:
    """Give every passage vectors, those not spelled out above pointing nowhere in particular."""
    for passage in PASSAGES.values():
        VECTORS.setdefault(passage.id, np.tile(np.array([0, 0, 1], np.float32), (len(passage.spans), 1)))


def test_an_opening_pronoun_is_unclear_only_after_the_first_sentence() -> None:
    """An opening such as "they fit" points back when a sentence stands before it."""
    made = found(ask("where do they fit?"), Hit(PASSAGES["puncture-repair", "Equipment"], 0.8))
    assert [feature(c, "pronoun") for c in made] == [0.0, 1.0]


def test_teasers_are_seen() -> None:
    """A sentence that only points elsewhere is marked."""
    oil = np.array([0, 1, 0], np.float32)
    vocabulary = replace(VOCABULARY, teasers=("on each roller",))
    made = candidates(ask("oil"), oil, oil, [Hit(STEPS, 0.9)], VECTORS, CONCEPTS, vocabulary, LEXICON, FACETS)
    assert [feature(c, "teaser") for c in made] == [0.0, 0.0, 0.0, 1.0]


def test_facet_meanings_are_distributions() -> None:
    """A vector gets a share for every facet: they sum to one, and the nearest facet's is the highest."""
    shares = FACETS.of(np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], np.float32))
    assert shares.sum(axis=1) == pytest.approx([1, 1, 1])
    assert shares[0, 0] == pytest.approx(1 / (1 + np.exp(-12)), abs=1e-5)
    assert shares[2, 0] == pytest.approx(shares[2, 1]) == pytest.approx(0.5)
    assert FACETS.named(np.array([0, 1, 0], np.float32))["dose"] > 0.99
    assert FACETS.as_vector({"dose": 0.75, "unheard-of": 1.0}).tolist() == [0.0, 0.75]


def test_whose_condition_calls_for_care_asks_whether_it_is_safe() -> None:
    """Unless another facet was asked for."""
    vector = np.array([0, 1, 0], np.float32)
    bare, often = ask("can I clean it"), ask("can I clean it", facets=("dose",))
    assert FACETS.told(bare, vector, careful=False).facets == bare.facets == ()
    careful = FACETS.told(bare, vector, careful=True)
    assert (careful.facets, careful.facet_meaning["safety"]) == (("safety",), 0.5)
    assert FACETS.told(often, vector, careful=True).facets == ("dose",)


def test_concepts_know_which_terms_the_corpus_never_uses() -> None:
    """A word that stands nowhere, nor any synonym of it, is an unknown term; subject words are no terms."""
    terms = CONCEPTS.of_question(ask("a tandem and puncture repair in the rain"))
    known = {next(iter(wanted)): known for wanted, _, known in terms}
    assert known == {"tandem": False, "rain": True}


def test_concepts_take_a_phrase_before_its_words() -> None:
    """A phrase of a synonym group is one term, and any member of the group counts as it."""
    vocabulary = replace(VOCABULARY, synonyms=(("drizzle down", "rain"),))
    concepts = Concepts(LEXICON, vocabulary)
    ((wanted, _, known),) = concepts.of_question(ask("drizzle down"))
    assert known
    assert wanted & concepts.of_text("After rain, wipe it.")
    assert not wanted & concepts.of_text("Down the hill.")


def test_coverage_features_by_hand() -> None:
    """Unknown terms are counted and weighed; a question of known terms has none."""

    def named(asked: Interpretation) -> dict[str, float]:
        pairs = [(1.0, c) for c in found(asked, Hit(OFTEN, 0.9, similarity=0.4))]
        return dict(zip(COVERAGE_FEATURES, coverage_features(asked, pairs, CONCEPTS), strict=True))

    known, unknown = named(ask("what about rain")), named(ask("what about tandems"))
    assert (known["unknown_terms"], known["unknown_share"], known["nothing_known"]) == (0.0, 0.0, 0.0)
    assert (unknown["unknown_terms"], unknown["unknown_share"], unknown["nothing_known"]) == (1.0, 1.0, 1.0)
    assert known["best_similarity"] == pytest.approx(1.0)
    assert known["remote"] == 0.0


def test_coverage_of_nothing_found_is_worked_out_too() -> None:
    """Without candidates the features are still numbers, of the right count."""
    values = coverage_features(ask("how often?"), [], CONCEPTS)
    assert len(values) == len(COVERAGE_FEATURES)
    assert all(np.isfinite(values))


def test_the_model_ranks_by_weighted_features() -> None:
    """A model that looks at one feature ranks by it; equal scores fall back to the place in the text."""
    model = single_feature_model("span_similarity")
    made = found(ask("how often?"), Hit(STEPS, 0.9), Hit(OFTEN, 0.8))
    order = [candidate.span for _, candidate in model.rank(made)]
    assert order == [*OFTEN.spans, *STEPS.spans]
    assert model.rank([]) == []
    assert [c.span for _, c in model.rank(made[::-1])] == order


def single_feature_model(name: str) -> EvidenceModel:
    """Make a model that scores spans by one feature, and coverage by a constant of 0.5."""
    weights = np.array([float(feature == name) for feature in SPAN_FEATURES], np.float32)
    zeros, ones = np.zeros(len(COVERAGE_FEATURES), np.float32), np.ones(len(COVERAGE_FEATURES), np.float32)
    return EvidenceModel(np.zeros_like(weights), np.ones_like(weights), weights, zeros, ones, zeros, 0.5, 0.0)


def test_coverage_is_a_score_with_a_bias() -> None:
    """Without weights the bias is what remains."""
    model = single_feature_model("span_similarity")
    asked = ask("how often?")
    assert model.coverage(asked, model.rank(found(asked, Hit(OFTEN, 0.9))), CONCEPTS) == pytest.approx(0.5)


def test_the_shipped_model_fits_the_features() -> None:
    """The learned weights hold a finite value for every feature and no scale of zero; a missing one is refused."""
    raw = json.loads(resources.files("assistant.data").joinpath("evidence.json").read_text())
    model = EvidenceModel.from_dict(raw)
    for values in (model.span_weights, model.span_mean, model.coverage_weights, model.coverage_mean):
        assert np.isfinite(values).all()
    assert (model.span_scale > 0).all()
    assert (model.coverage_scale > 0).all()
    del raw["span"]["weights"][SPAN_FEATURES[0]]
    with pytest.raises(KeyError):
        EvidenceModel.from_dict(raw)


def test_articles_nobody_named_answer_where_they_are_clearly_better() -> None:
    """Sure enough, and where those that are meant answer too, with a far better sentence."""
    meant = State("q", (), confidence=(-1.0, 2.0, 2.0, -1.0), scores=(9.0, 5.0, 5.0, 0.0))
    others = State("q", (), confidence=(0.8, 1.0, 1.0, 0.6), scores=(1.0, 7.5, 6.0, 9.0))
    assert others.answers_better(meant) == [True, True, False, False]
