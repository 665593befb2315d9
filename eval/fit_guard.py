"""Learns the guard's classifier (`assistant/guard/data/classifier.json`) from the policy's exemplars.

First a softmax regression from the vector of a whole exemplar to its category; then one from the first model's
probabilities over all windows, each from a fold that did not see the exemplar, and the signs in it, to what has to be
done. Questions of the dev half stand beside the exemplars as ordinary ones; no guard case takes part.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.embedding import Encoder
from assistant.guard.classifier import OUTCOMES, Classifier, features
from assistant.guard.guard import Guard, sign_features
from assistant.guard.message import clauses
from assistant.guard.policy import load_exemplars, load_policy
from assistant.guard.reading import read

from .dataset import SHIPPED, shipped_cases

__all__ = ["fit_guard", "ordinary_questions", "write_classifier"]

FOLDS = 5
_SEED = 7
_UNSIGNED = 0.22
"""Share of exemplars whose live signs are hidden: the signs were written with exemplars in sight and find nearly all of
them, while of messages nobody has seen they miss about a fifth; the second model must not lean on them too much."""
_ORDINARY: dict[str | None, str] = {
    "technique": "technique",
    "setup": "technique",
    "dose": "programming",
    "muscles": "anatomy",
    "benefits": "anatomy",
    "equipment": "equipment",
    "mistakes": "mistakes",
    "variations": "variation",
    "progression": "variation",
    "regression": "variation",
}
"""Facet of a question -> category of the policy."""
_WINDOW_PENALTY = 1e-5
_FUSED_PENALTY = 1e-3
Matrix = NDArray[np.float64]


def fit_guard(encoder: Encoder, known: Any) -> tuple[dict[str, Any], dict[str, float]]:
    """The classifier as plain data, and how good it is on exemplars it did not see.

    Args:
        encoder: makes the vectors; the classifier is of use with this model only.
        known: whether a word is good English.
    """
    policy = load_policy()
    exemplars = load_exemplars() + ordinary_questions()
    names = list(policy.level_of)
    placeholder = Classifier((), (), *(np.zeros((0, 0), np.float32) for _ in range(4)))
    guard = Guard(policy, placeholder, known)  # only cuts windows here
    windows = [guard.windows(text, ()) for text, _ in exemplars]
    ends = np.cumsum([len(texts) for texts in windows])
    vectors = np.asarray(encoder.encode([text for texts in windows for text in texts]), np.float64)
    rows = [vectors[end - len(texts) : end] for texts, end in zip(windows, ends, strict=True)]
    categories = np.array([names.index(category) for _, category in exemplars])
    outcome_of = [OUTCOMES.index(guard.outcome_of(name)) for name in names]
    wanted = np.array(outcome_of)[categories]
    folds = np.array([sum(map(ord, text)) % FOLDS for text, _ in exemplars])
    wholes = np.stack([row[0] for row in rows])
    unsigned = np.random.default_rng(_SEED).random(len(rows)) < _UNSIGNED
    seen = np.zeros((len(rows), 2 * len(OUTCOMES) + len(_signs(guard, exemplars[0][0]))))
    for fold in range(FOLDS):
        weights, bias = _softmax_regression(
            wholes[folds != fold], categories[folds != fold], len(names), _WINDOW_PENALTY
        )
        for i in np.flatnonzero(folds == fold):
            chances = _softmax(rows[i] @ weights.T + bias).astype(np.float32)
            signs = _signs(guard, exemplars[i][0])
            if unsigned[i]:
                signs = {name: 0.0 if name.startswith("live") else value for name, value in signs.items()}
            seen[i] = features(chances, outcome_of, signs)
    honest = np.zeros((len(rows), len(OUTCOMES)))
    for fold in range(FOLDS):
        weights, bias = _fused(seen[folds != fold], wanted[folds != fold])
        honest[folds == fold] = _softmax(seen[folds == fold] @ weights.T + bias)
    weights, bias = _softmax_regression(wholes, categories, len(names), _WINDOW_PENALTY)
    fused, fused_bias = _fused(seen, wanted)
    model = {
        "about": "Learned by `python -m eval fit-guard` from the exemplars beside this file.",
        "categories": names,
        "outcome": {name: guard.outcome_of(name) for name in names},
        "weights": {name: [round(float(x), 3) for x in row] for name, row in zip(names, weights, strict=True)},
        "bias": {name: round(float(x), 3) for name, x in zip(names, bias, strict=True)},
        "fused": {name: [round(float(x), 4) for x in row] for name, row in zip(OUTCOMES, fused, strict=True)},
        "fused_bias": {name: round(float(x), 4) for name, x in zip(OUTCOMES, fused_bias, strict=True)},
    }
    return model, _cross_validated(honest, wanted)


def ordinary_questions() -> list[tuple[str, str]]:
    """Questions of the dev half with the category of their topic; those about safety may be no ordinary ones."""
    cases = [
        case for case in shipped_cases("dev") if case.corpus == SHIPPED and case.kind not in ("guard", "off_topic")
    ]
    return [(case.question, _ORDINARY[case.topic]) for case in cases if case.topic in _ORDINARY]


def _signs(guard: Guard, text: str) -> dict[str, float]:
    policy = guard.policy
    found = read(clauses(text, guard.speller), policy.lexicon, policy.signs, policy.cues, frozenset())
    return sign_features(found, guard.outcome_of)


def _fused(rows: Matrix, wanted: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
    """Softmax regression on standardised features, given back for plain ones."""
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-6
    weights, bias = _softmax_regression((rows - mean) / scale, wanted, len(OUTCOMES), _FUSED_PENALTY)
    return weights / scale, bias - (weights / scale) @ mean


def _softmax_regression(rows: Matrix, wanted: NDArray[np.int64], count: int, penalty: float) -> tuple[Matrix, Matrix]:
    """Multinomial logistic regression with a quadratic penalty, by L-BFGS."""
    from scipy.optimize import minimize

    size, width = rows.shape
    right = np.eye(count)[wanted]

    def loss(packed: Matrix) -> tuple[float, Matrix]:
        weights, bias = packed[: count * width].reshape(count, width), packed[count * width :]
        chances = _softmax(rows @ weights.T + bias)
        value = -float(np.log(np.maximum(chances[np.arange(size), wanted], 1e-12)).mean())
        slope = (chances - right) / size
        gradient = slope.T @ rows + 2 * penalty * weights
        return value + penalty * float((weights**2).sum()), np.concatenate([gradient.ravel(), slope.sum(axis=0)])

    result = minimize(loss, np.zeros(count * (width + 1)), jac=True, method="L-BFGS-B", options={"maxiter": 400})
    return result.x[: count * width].reshape(count, width), result.x[count * width :]


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _cross_validated(chances: Matrix, wanted: NDArray[np.int64]) -> dict[str, float]:
    best = chances.argmax(axis=1)
    alarms = [OUTCOMES.index(name) for name in ("EMERGENCY", "URGENT")]
    calm = wanted == OUTCOMES.index("GENERAL")
    raised = np.isin(best, [*alarms, OUTCOMES.index("CRISIS")])
    return {
        "exemplars": float(len(wanted)),
        "level_accuracy": round(float((best == wanted).mean()), 4),
        "alarms_raised": round(float(raised[np.isin(wanted, alarms)].mean()), 4),
        "calm_passed": round(float((~raised)[calm].mean()), 4),
    }


def write_classifier(model: dict[str, Any], path: Path) -> None:
    """Write the model as JSON, a category a line."""
    parts = []
    for key, value in model.items():
        if isinstance(value, dict):
            inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entry)}" for name, entry in value.items())
            parts.append(f" {json.dumps(key)}: {{\n{inner}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8")
