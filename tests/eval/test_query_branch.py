"""The query branch: it learns where answers lie, its graph says the same, and another encoder does without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from assistant.embedding import Deep, TorchEncoder, find_model, open_session
from assistant.query_branch import QueryBranch
from assistant.settings import Settings
from eval.query_branch import Pair, aimed, query_graph, teach_queries

if TYPE_CHECKING:
    from assistant.chain import Assistant

QUESTIONS = ["will it fix my slouch", "what kit is needed", "how do i breathe", "can it hurt me"]
SENTENCES = ["It trains posture.", "You need a bench.", "Breathe out as you rise.", "Stop if you feel sharp pain."]


@pytest.fixture(scope="module")
def encoder() -> TorchEncoder:
    """The bundled model."""
    return TorchEncoder(find_model(Settings().model))


@pytest.mark.model
def test_it_turns_a_question_to_the_sentence_that_answers_it(encoder: TorchEncoder) -> None:
    """Nearer to it than the encoder's own vector is, and the compiled graph gives the same vectors."""
    spans = encoder.encode(SENTENCES)
    pairs = [Pair(question, spans, np.arange(len(SENTENCES)) == place) for place, question in enumerate(QUESTIONS)] * 16
    branch = teach_queries(encoder, pairs)
    after = aimed(encoder, branch, QUESTIONS)
    before = encoder.encode(QUESTIONS)
    assert np.linalg.norm(after, axis=1) == pytest.approx(1, abs=1e-4)
    assert ((after @ spans.T).argmax(axis=1) == np.arange(len(QUESTIONS))).all()
    gains = np.diag(after @ spans.T) - np.diag(before @ spans.T)
    assert gains.mean() > 0.05
    deep = encoder.encode_deep(QUESTIONS)
    session = open_session(query_graph(branch, spans.shape[1]), 1)
    (graph,) = session.run(["aimed"], {"states": deep.states, "mask": deep.mask})
    assert (graph * after).sum(axis=1) == pytest.approx(1, abs=0.01)


UNSHARED = (
    (
        "will it stop me slouching at my desk",
        "Back extensions can improve posture.",
        "A mat helps with the floor versions.",
    ),
    (
        "what bit of me does the lifting",
        "The glutes and the hamstrings raise the trunk.",
        "Set the pad below the hips.",
    ),
    ("how many goes in one block", "Do 10 to 12 repetitions in a set.", "Breathe out while you rise."),
    ("where should my eyes point", "Keep your neck neutral and look at the floor.", "A bench costs little."),
    ("too easy now, what next", "Hold a plate close to your chest.", "Stand your feet on the plates."),
    ("what stuff must i own", "For this exercise you need a bench.", "Lower your chest slowly."),
)
"""Questions, each with a sentence that answers it in other words, and one that does not."""


@pytest.mark.model
def test_the_shipped_branch_ranks_what_answers_higher(assistant: Assistant) -> None:
    """For questions that share no word with their answers it brings them nearer to those than to other sentences."""
    deep = assistant.encoder.encode_deep([question for question, _, _ in UNSHARED])
    right, wrong = (assistant.encoder.encode([entry[place] for entry in UNSHARED]) for place in (1, 2))
    turned = QueryBranch(1, taught=True).vectors(deep)
    assert np.linalg.norm(turned, axis=1) == pytest.approx(1, abs=1e-4)
    before, after = (((vectors * (right - wrong)).sum(axis=1)) for vectors in (deep.vectors, turned))
    assert (after > 0).all()
    assert after.mean() > before.mean()


def test_an_encoder_it_was_not_taught_with_keeps_its_own_vectors() -> None:
    """So does no question at all."""
    rows = np.eye(3, dtype=np.float32)
    deep = Deep(rows, np.zeros((3, 2, 3), np.float32), np.ones((3, 2), np.int64))
    assert QueryBranch(1, taught=False).vectors(deep) is rows
    assert QueryBranch(1, taught=True).vectors(deep.part(0, 0)).shape == (0, 3)
