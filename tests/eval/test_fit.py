"""Learning the weights: on a few dev cases, so that only the rules of it can be seen, not how good they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.coverage import COVERAGE_FEATURES
from assistant.evidence import SPAN_FEATURES
from assistant.weighing import EvidenceModel
from eval.dataset import SHIPPED, shipped_cases
from eval.fit import Example, collect, cross_validate, fit, write_model

if TYPE_CHECKING:
    from assistant.chain import Assistant

pytestmark = pytest.mark.model
SOME = {"answerable": 80, "unanswerable": 40, "off_topic": 20}


@pytest.fixture(scope="module")
def examples(assistant: Assistant) -> list[Example]:
    """Candidates of some cases of each kind that the weights are learned from."""
    every = [case for case in shipped_cases("dev") if case.corpus == SHIPPED]
    own = [case for kind, count in SOME.items() for case in [c for c in every if c.kind == kind][:count]]
    return collect([assistant], [own])


def test_the_best_span_of_most_answered_questions_states_a_fact(examples: list[Example]) -> None:
    """Cross-validated: no question's spans are ranked by weights that learned from it."""
    scores, odds = cross_validate(examples)
    told = [bool(e.stating[int(np.argmax(own))]) for e, own in zip(examples, scores, strict=True) if e.stating.any()]
    assert len(told) > SOME["answerable"] / 2
    assert np.mean(told) > 0.5
    assert odds.shape == (len(examples),)
    assert np.isfinite(odds).all()


def test_a_share_of_the_cases_teaches_other_weights(examples: list[Example]) -> None:
    """The points of the learning curve differ; the whole share is the cross-validation itself."""
    whole = cross_validate(examples)[1]
    assert not np.allclose(cross_validate(examples, 0.5)[1], whole)
    assert np.array_equal(cross_validate(examples, 1.0)[1], whole)


def test_what_is_learned_can_be_read_and_keeps_its_signs(examples: list[Example], tmp_path: Path) -> None:
    """An unknown word never makes a question look covered; the same cases give the same file."""
    model = fit(examples)
    path = tmp_path / "evidence.json"
    write_model(model, path)
    assert json.loads(path.read_text()) == model == fit(examples)
    EvidenceModel.from_dict(model)
    weights = model["coverage"]["weights"]
    assert list(weights) == list(COVERAGE_FEATURES)
    assert list(model["span"]["weights"]) == list(SPAN_FEATURES)
    assert max(weights["unknown_terms"], weights["specific_missing"], weights["off_topic"]) <= 0
    assert min(weights["best_aimed"], weights["best_terms"]) >= 0
    figures = model["cross_validated"]
    assert figures["examples"] == len(examples)
    assert all(0.5 < area <= 1 for area in figures["area_by_share_of_cases"].values())
