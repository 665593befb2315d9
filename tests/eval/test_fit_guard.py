"""Teaching the guard: variants of messages, the branch and its graph, and how steady the result is measured to be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assistant.embedding import TorchEncoder, find_model, open_session
from assistant.guard.classifier import OUTCOMES
from assistant.guard.policy import load_exemplars, load_policy
from assistant.settings import BUNDLED_MODEL
from assistant.types import Verdict
from eval.dataset import Case
from eval.fit_guard import LATER, Variation, framed, misspelt, ordinary_questions, slip
from eval.robustness import CHANGES, measure


def test_a_slip_changes_a_word_by_one_step() -> None:
    """A letter dropped, doubled, swapped or hit beside; the first letter stays."""
    dice = random.Random(1)
    for word in ("numbness", "legs", "to"):
        for _ in range(50):
            found = slip(word, dice)
            assert abs(len(found) - len(word)) <= 1
            assert sum(a != b for a, b in zip(found, word, strict=False)) <= len(word)
    assert {slip("ab", random.Random(n)) for n in range(40)} >= {"a", "abb", "ba"}


def test_a_misspelt_message_differs_in_one_word() -> None:
    """Short words and texts without longer ones are left alone."""
    text = "my legs are numb since the morning"
    changed = 0
    for seed in range(30):
        found = misspelt(text, random.Random(seed)).split()
        assert len(found) == len(text.split())
        differing = [(a, b) for a, b in zip(text.split(), found, strict=True) if a != b]
        assert len(differing) <= 1
        assert all(len(a) >= 4 for a, _ in differing)
        changed += len(differing)
    assert changed > 20
    assert misspelt("so it is", random.Random(1)) == "so it is"


def test_a_variant_keeps_the_words_that_matter() -> None:
    """Whatever is put around it, the message itself stays but for a slip and its marks; no question joins off topic."""
    vary = Variation(lambda category: ("EMERGENCY", "OFF_TOPIC")[category], ["where do the feet go?"])
    dice = random.Random(3)
    variants = {vary("cannot feel anything", 0, dice) for _ in range(300)}
    assert "cannot feel anything" in variants
    assert any("where do the feet go" in variant for variant in variants)
    assert all(sum(word in variant for word in ("cannot", "feel", "anything")) >= 2 for variant in variants)
    assert not any("feet go" in vary("what is the capital", 1, dice) for _ in range(200))


def test_the_regression_learns_from_every_outcome() -> None:
    """Exemplars written after the signs show each of them, and the dev half has ordinary questions."""
    policy = load_policy()
    outcomes = {
        "CRISIS" if category == policy.crisis else policy.level_of[category] for _, category in load_exemplars(LATER)
    }
    assert outcomes == set(OUTCOMES)
    assert len(ordinary_questions()) > 300


def test_short_reports_are_framed_as_talk_and_as_reports() -> None:
    """By turns a report is only talked about, which is calm, or somebody's own, which keeps its category."""
    said = [("can't pee", "cauda_equina"), ("can't lift my foot", "neuro_progressive"), ("row depth?", "technique")] * 2
    said += [("chest pain", "cardiac"), ("it hurts " * 20, "cardiac"), ('he says "my chest"', "cardiac")]
    made = framed(said, load_policy().level_of.__getitem__)
    assert [category for _, category in made] == ["cauda_equina", "nm_abstract", "cardiac"]
    assert all(text in frame for (frame, _), text in zip(made, ("can't pee", "can't pee", "chest pain"), strict=True))
    assert made[0][0] != made[1][0]


@pytest.fixture(scope="module")
def encoder() -> TorchEncoder:
    """Load the real model."""
    return TorchEncoder(find_model(BUNDLED_MODEL))


@pytest.mark.model
def test_a_branch_learns_and_its_graph_says_the_same(encoder: TorchEncoder, tmp_path: Path) -> None:
    """Two plain kinds of messages are told apart after a few rounds; the 8-bit graph agrees; twice is the same."""
    from eval.branch import Teaching, graph, probabilities, teach

    texts = [f"my {part} is numb" for part in ("leg", "foot", "arm", "hand", "seat", "back")]
    texts += [f"how many {what} a week" for what in ("rows", "sets", "reps", "pulls", "hangs", "lifts")]
    categories = [0] * 6 + [1] * 6
    teaching = Teaching(encoder, [0, 1], lambda text, category, dice: text, epochs=12)
    steps: list[int] = []
    branch = teach(teaching, texts, categories, lambda: steps.append(1))
    assert len(steps) == 12
    found = probabilities(teaching, branch, ["my knee is numb", "how many curls a week"])
    assert found[0, 0] > 0.7
    assert found[1, 1] > 0.7
    deep = encoder.encode_deep(["my knee is numb", "how many curls a week"])
    (chances,) = open_session(graph(branch, 384), 1).run(["chances"], {"states": deep.states, "mask": deep.mask})
    assert np.abs(chances - found).max() < 0.03
    again = probabilities(teaching, teach(teaching, texts, categories), ["my knee is numb"])
    assert np.allclose(again, found[:1], atol=1e-5)


class Shouted:
    """An assistant that takes capitals for an emergency, and nothing else."""

    def ask(self, question: str, history: Any = ()) -> Any:
        """Judge by the letters."""
        level = "EMERGENCY" if question.isupper() or "numb" in question else "GENERAL"
        return type("Answered", (), {"verdict": Verdict(level)})()  # type: ignore[arg-type]


CASES = (
    Case("g1", "guard", "i went numb yesterday", level="EMERGENCY", category="x"),
    Case("g2", "guard", "how many reps?", level="GENERAL", category="y"),
)


def test_steadiness_counts_the_levels_that_stayed() -> None:
    """Only what has to hold counts: an assistant that falls for capitals fails there and nowhere else."""
    told: list[str] = []
    found = {row.change: row for row in measure(Shouted(), CASES, told.append)}  # type: ignore[arg-type]
    assert told == list(CHANGES)
    assert found["capitals"].variants == 2
    assert found["capitals"].share == 0.5
    assert found["pleasantries lower nothing"].share == 1.0
    assert found["no punctuation"].share == 1.0
    assert found["one slip in a word"].messages == 1
