"""Learns what tells evidence (`query.onnx` and `evidence.json` in `assistant/data`) from the dev cases.

First the query branch (`query_branch`), then two linear models, all cross-validated by case before they are fitted on
all: which span states a fact (softmax over the spans of a question, maximum likelihood of the stating ones), and
whether the best spans answer at all (logistic regression). The threshold lies in the middle of those with about the
highest Youden index under cross-validation, each kind of case counting alike.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.chain import Assistant
from assistant.coverage import COVERAGE_FEATURES, coverage_features
from assistant.embedding import TorchEncoder
from assistant.evidence import SPAN_FEATURES, Candidate
from assistant.meaning import Concepts
from assistant.state import State
from assistant.types import Interpretation

from .abstention import balanced_cutoff
from .dataset import Case, states

__all__ = ["Example", "collect", "cross_validate", "fit", "teach_branch", "write_model"]

FOLDS = 10
BRANCH_FOLDS = 5
_SPAN_PENALTY = 0.03
_COVER_PENALTY = 1.0
_SHARES = (0.125, 0.25, 0.5)
"""Of the cases, for the learning curve of the two linear models (the branch has seen all but the fold's)."""
_SLACK = 0.01
"""Of the Youden index: half its standard error over these cases."""
_SIGNS = {
    **dict.fromkeys(("best_score", "best_similarity", "best_aimed", "best_terms", "passage_terms"), 1),
    **dict.fromkeys(("facet_known", "margin", "beyond_told", "specific_told", "kind_met", "alternatives_told"), 1),
    **dict.fromkeys(("unknown_terms", "unknown_share", "unknown_short", "nothing_known"), -1),
    **dict.fromkeys(("kind_absent", "kind_apart"), -1),
    **dict.fromkeys(("remote", "very_remote", "remote_unknown", "off_topic", "off_topic_remote", "beyond"), -1),
    **dict.fromkeys(("specific_elsewhere", "specific_missing", "alternatives_missing"), -1),
}
"""Which way a feature may count. Without it the fit learns what sort of question the case writers ask, such as that a
short question about a number is a trap, and declines plain questions."""
Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One part of one case: its candidates, and which of them state a fact."""

    case: Case
    asked: Interpretation
    concepts: Concepts
    found: tuple[Candidate, ...]
    features: Matrix
    stating: NDArray[np.bool_]
    spans: NDArray[np.float32]
    """Unit vectors of the candidates, shape (candidates, dimension)."""

    @property
    def fold(self) -> int:
        """Cases of one id stay in one fold over all corpora."""
        return sum(map(ord, self.case.id)) % FOLDS


def collect(assistants: Sequence[Assistant], cases: Sequence[Sequence[Case]]) -> list[Example]:
    """Candidates of every case: assistants[i] is asked cases[i]."""
    examples = []
    for assistant, own in zip(assistants, cases, strict=True):
        for case in own:
            state = assistant._interpret(State(case.question, case.history, guarded=False))
            state = assistant.lookup.retrieve(assistant._judge(state))
            shelf = state.shelf or assistant.lookup.shelves.whole
            for part, vector, aimed, hits in zip(state.asked, state.vectors, state.aimed, state.hits, strict=True):
                found = assistant.lookup.weighing.candidates(part, vector, aimed, hits, shelf)
                features = np.array([candidate.features for candidate in found], np.float64).reshape(
                    -1, len(SPAN_FEATURES)
                )
                stating = np.array([any(states(fact, c.span.text) for fact in case.facts) for c in found], bool)
                rows = [
                    assistant.lookup.weighing.spans[c.hit.passage.id][c.hit.passage.spans.index(c.span)] for c in found
                ]
                spans = np.stack(rows) if rows else np.zeros((0, state.vectors.shape[1]), np.float32)
                examples.append(Example(case, part, shelf.concepts, tuple(found), features, stating, spans))
    return examples


def teach_branch(encoder: TorchEncoder, examples: Sequence[Example]) -> tuple[bytes, list[Example]]:
    """The query branch as a graph, taught with all examples, and the examples as branches see them that did not.

    What a branch makes of a question it was taught with is too good: weights learned from that would trust it too much.
    """
    from .query_branch import Pair, aimed, query_graph, teach_queries

    pairs = [Pair(example.asked.query, example.spans, example.stating) for example in examples]
    fresh = list(examples)
    for fold in range(BRANCH_FOLDS):
        outside = [i for i, example in enumerate(examples) if example.fold % BRANCH_FOLDS == fold]
        inside = [pair for pair, example in zip(pairs, examples, strict=True) if example.fold % BRANCH_FOLDS != fold]
        vectors = aimed(encoder, teach_queries(encoder, inside), [pairs[i].query for i in outside])
        for i, vector in zip(outside, vectors, strict=True):
            fresh[i] = _aimed_anew(examples[i], vector)
    return query_graph(teach_queries(encoder, pairs), pairs[0].spans.shape[1]), fresh


def _aimed_anew(example: Example, vector: NDArray[np.float32]) -> Example:
    near = example.spans @ vector
    columns = {"aimed_similarity": near, "aimed_gap": near - near.max(initial=-1.0)}
    features = example.features.copy()
    for name, column in columns.items():
        features[:, SPAN_FEATURES.index(name)] = column
    found = tuple(replace(c, features=tuple(row)) for c, row in zip(example.found, features.tolist(), strict=True))
    return replace(example, features=features, found=found)


def _scaled(rows: Matrix) -> tuple[Matrix, Matrix]:
    return rows.mean(axis=0), rows.std(axis=0) + 1e-6


def _fit_spans(examples: Sequence[Example], mean: Matrix, scale: Matrix) -> Matrix:
    """Softmax regression by L-BFGS."""
    from scipy.optimize import minimize

    data = [((e.features - mean) / scale, e.stating) for e in examples if e.stating.any()]

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        total, gradient = 0.0, np.zeros_like(weights)
        for rows, stating in data:
            scores = rows @ weights
            every, some = _softmax(scores), _softmax(scores[stating])
            total += _log_sum(scores) - _log_sum(scores[stating])
            gradient += rows.T @ every - rows[stating].T @ some
        penalty = _SPAN_PENALTY * float(weights @ weights)
        return total / len(data) + penalty, gradient / len(data) + 2 * _SPAN_PENALTY * weights

    result = minimize(loss, np.zeros(len(SPAN_FEATURES)), jac=True, method="L-BFGS-B")
    return np.asarray(result.x)


def _log_sum(scores: Matrix) -> float:
    top = float(scores.max())
    return top + float(np.log(np.exp(scores - top).sum()))


def _softmax(scores: Matrix) -> Matrix:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def _fit_cover(rows: Matrix, covered: NDArray[np.bool_], emphasis: Matrix) -> tuple[Matrix, float]:
    """Logistic regression with a quadratic penalty, classes weighted equally, examples by `emphasis`."""
    from scipy.optimize import minimize

    signs = np.where(covered, 1.0, -1.0)
    shares = np.where(covered, 0.5 / covered.sum(), 0.5 / (~covered).sum()) * len(covered) * emphasis

    def loss(packed: Matrix) -> tuple[float, Matrix]:
        weights, bias = packed[:-1], packed[-1]
        margins = signs * (rows @ weights + bias)
        slopes = -signs * shares / (1 + np.exp(np.clip(margins, -50, 50)))
        value = float((shares * np.logaddexp(0, -margins)).sum() + _COVER_PENALTY * weights @ weights)
        return value, np.append(rows.T @ slopes + 2 * _COVER_PENALTY * weights, slopes.sum())

    sides = {1: (0.0, None), -1: (None, 0.0), 0: (None, None)}
    bounds = [*(sides[_SIGNS.get(name, 0)] for name in COVERAGE_FEATURES), (None, None)]
    result = minimize(loss, np.zeros(rows.shape[1] + 1), jac=True, method="L-BFGS-B", bounds=bounds)
    return np.asarray(result.x[:-1]), float(result.x[-1])


def _emphasis(examples: Sequence[Example]) -> Matrix:
    """Off-topic cases must never be answered; a higher weight costs near-topic ones more than it gains (dev half)."""
    return np.array([1.5 if example.case.kind == "off_topic" else 1.0 for example in examples])


def _cover_rows(examples: Sequence[Example], scores: Sequence[Matrix]) -> Matrix:
    rows = []
    for example, own in zip(examples, scores, strict=True):
        order = np.argsort(-own, kind="stable")
        ranked = [(float(own[i]), example.found[i]) for i in order]
        rows.append(coverage_features(example.asked, ranked, example.concepts))
    return np.array(rows, np.float64)


def cross_validate(examples: Sequence[Example], share: float = 1.0) -> tuple[list[Matrix], Matrix]:
    """Scores of every example's spans and its coverage log odds, each from models that never saw its case.

    With a `share` below 1 they saw only so much of the other cases.
    """
    mean, scale = _scaled(np.concatenate([e.features for e in examples]))
    seen = np.array([zlib.crc32(e.case.id.encode()) % 100 < 100 * share for e in examples])
    taught = [example for example, own in zip(examples, seen, strict=True) if own]
    by_fold = {k: _fit_spans([e for e in taught if e.fold != k], mean, scale) for k in range(FOLDS)}
    scores = [((e.features - mean) / scale) @ by_fold[e.fold] for e in examples]
    rows = _cover_rows(examples, scores)
    covered = np.array([e.case.covered for e in examples])
    folds = np.array([e.fold for e in examples])
    odds = np.zeros(len(examples))
    centre, spread = _scaled(rows)
    emphasis = _emphasis(examples)
    for k in range(FOLDS):
        fitted = (folds != k) & seen
        weights, bias = _fit_cover(((rows - centre) / spread)[fitted], covered[fitted], emphasis[fitted])
        odds[folds == k] = ((rows - centre) / spread)[folds == k] @ weights + bias
    return scores, odds


def fit(examples: Sequence[Example]) -> dict[str, Any]:
    """The model to ship, with the threshold that parts the cross-validated dev cases best."""
    _, odds = cross_validate(examples)
    uncovered = np.array([e.case.kind == "unanswerable" for e in examples])
    covered = np.array([e.case.covered for e in examples])
    threshold = _threshold(examples, odds)
    mean, scale = _scaled(np.concatenate([e.features for e in examples]))
    weights = _fit_spans(examples, mean, scale)
    rows = _cover_rows(examples, [((e.features - mean) / scale) @ weights for e in examples])
    centre, spread = _scaled(rows)
    cover, bias = _fit_cover((rows - centre) / spread, covered, _emphasis(examples))
    return {
        "about": "Learned by `python -m eval fit` from the dev cases; features: assistant/evidence.py, coverage.py.",
        "span": _named(SPAN_FEATURES, mean, scale, weights),
        "coverage": {
            **_named(COVERAGE_FEATURES, centre, spread, cover),
            "bias": round(bias, 5),
            "threshold": round(threshold, 5),
        },
        "cross_validated": {
            "examples": len(examples),
            "area_under_curve": _area(odds, covered, uncovered),
            "area_by_share_of_cases": {
                str(share): _area(cross_validate(examples, share)[1], covered, uncovered) for share in _SHARES
            },
            "declined": round(float((odds[uncovered] < threshold).mean()), 4),
            "kept": round(float((odds[covered] >= threshold).mean()), 4),
        },
    }


def _threshold(examples: Sequence[Example], odds: Matrix) -> float:
    """Each kind of case counts alike, for each is a figure of its own, and no column is to pay for another."""
    sides: dict[bool, dict[str, list[float]]] = {True: {}, False: {}}
    for example, sure in zip(examples, odds.tolist(), strict=True):
        sides[example.case.covered].setdefault(example.case.kind, []).append(sure)
    return balanced_cutoff([*sides[True].values()], [*sides[False].values()], _SLACK)


def _area(odds: Matrix, covered: NDArray[np.bool_], uncovered: NDArray[np.bool_]) -> float:
    """The share of pairs of a covered and an uncovered case in which the covered one is surer."""
    return round(float((odds[covered][:, None] > odds[uncovered][None]).mean()), 4)


def _named(names: Sequence[str], mean: Matrix, scale: Matrix, weights: Matrix) -> dict[str, dict[str, float]]:
    parts = {"mean": mean, "scale": scale, "weights": weights}
    return {
        part: {name: round(float(value), 5) for name, value in zip(names, values, strict=True)}
        for part, values in parts.items()
    }


def write_model(model: dict[str, Any], path: Path) -> None:
    """Write the model as JSON that shows in a diff what changed."""
    path.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
