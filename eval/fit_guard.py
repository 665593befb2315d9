"""Learns the guard's meaning layer from the policy's exemplars: `branch.onnx` and `classifier.json`.

First the branch (`branch`), from a message to its category; then a softmax regression, from what a branch says that did
not see the message, and the signs in it, to what has to be done. The regression learns from the exemplars that were
written after the signs: of the others the signs find nearly all, and it would lean on them too much. Questions of the
dev half stand beside the exemplars as ordinary ones; no guard case takes part. Each branch is kept in the cache, so
that a run which was interrupted goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.embedding import TorchEncoder
from assistant.guard.classifier import OUTCOMES, features
from assistant.guard.guard import Guard, sign_features
from assistant.guard.policy import load_exemplars, load_languages, load_policy, load_teaching

from .dataset import SHIPPED, shipped_cases

__all__ = ["LATER", "Variation", "fit_guard", "framed", "misspelt", "ordinary_questions", "slip", "write_classifier"]

FOLDS = 3
COURSES = 3
"""Branches whose mean is shipped."""
_FULL = 1 / (COURSES + FOLDS - 1)
"""The part of the work that one branch is which is taught with everything."""
LATER = tuple(
    f"exemplars-{name}.yaml"
    for name in (
        *("contrast", "voices", "more", "further", "languages", "calm", "short"),
        *("apart-emergency", "apart-urgent", "apart-near", "apart-crisis", "apart-calm"),
        *("apart-friendly", "apart-oblique", "apart-noticed", "apart-passing", "apart-everyday", "apart-words"),
        *("apart-voices", "apart-fragments"),
    )
)
"""Exemplars that were written after the signs."""
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
_FRAMED_EVERY = 2
"""One of so many short reports of a danger is framed: enough to teach what a frame does."""
_SHORT = 12
"""Words up to which a report goes into a frame."""
_TALKED_ABOUT = "nm_abstract"
_FUSED_PENALTY = 1e-3
_CALM = ("technique", "variation", "mistakes", "programming", "anatomy", "equipment")
_KEYS = {
    "a": "qsz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "ko", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "xa",
}  # fmt: skip
"""Neighbours on a keyboard."""
Matrix = NDArray[np.float64]


class Variation:
    """Varies a message without changing what it comes to: slips of the thumb, marks left out, talk around it."""

    def __init__(self, outcome: Callable[[int], str], ordinary: Sequence[str]) -> None:
        teaching = load_teaching()
        self._outcome = outcome
        self._ordinary = list(ordinary)
        self._pleasantries = teaching["pleasantries"]
        self._denials = teaching["denials"]

    def __call__(self, text: str, category: int, dice: random.Random) -> str:
        """A variant of a message of a category (its place in the policy)."""
        if dice.random() < 0.3:
            text = self._amid(text, self._outcome(category), dice)
        if dice.random() < 0.3:
            text = misspelt(text, dice)
        if dice.random() < 0.25:
            text = re.sub(r"[^\w\s'-]", "", text)
        return text

    def _amid(self, text: str, outcome: str, dice: random.Random) -> str:
        kinds = ["pleasantry", "denial"] + (["question"] * 2 if outcome != "OFF_TOPIC" else [])
        kind = dice.choice(kinds)
        source = {"pleasantry": self._pleasantries, "denial": self._denials, "question": self._ordinary}[kind]
        parts = [text, dice.choice(source)]
        if dice.random() < 0.4:
            parts.reverse()
        return dice.choice([" ", ". ", ", ", "\n"]).join(parts)


def misspelt(text: str, dice: random.Random, shortest: int = 4) -> str:
    """The text with one slip of the thumb in one of its longer words; as it is when it has none."""
    places = [match for match in re.finditer(r"[^\W\d_]+", text) if len(match.group()) >= shortest]
    if not places:
        return text
    match = dice.choice(places)
    return text[: match.start()] + slip(match.group(), dice) + text[match.end() :]


def slip(word: str, dice: random.Random) -> str:
    """A word of two letters or more with one slip of the thumb: dropped, doubled, swapped or a neighbouring key."""
    at = dice.randrange(1, len(word))
    kind = dice.choice(("drop", "double", "swap", "near"))
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    if kind == "swap":
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    return word[:at] + dice.choice(_KEYS.get(word[at].lower(), "e")) + word[at + 1 :]


def fit_guard(
    encoder: TorchEncoder, known: Callable[[str], bool], kept: Path, tell: Callable[[float], None] = lambda part: None
) -> tuple[bytes, dict[str, Any], dict[str, float]]:
    """The branch as a graph, the classifier as plain data, and how good both are on exemplars they did not see.

    Args:
        encoder: its lower layers are shared; the result is of use with this model only.
        known: whether a word is good English.
        kept: folder where branches are kept that are done.
        tell: called with the part done so far, from 0 to 1.
    """
    policy = load_policy()
    guard = Guard(policy, load_languages(), None, known)
    written = [(guard.readable(text), category) for text, category in load_exemplars(LATER)]
    added = [*ordinary_questions(), *framed(written, guard.outcome_of)]
    later = {text for text, _ in [*written, *added]}
    exemplars = [(guard.readable(text), category) for text, category in load_exemplars()] + added
    names = list(policy.level_of)
    outcome_of = [OUTCOMES.index(guard.outcome_of(name)) for name in names]
    texts = [text for text, _ in exemplars]
    categories = np.array([names.index(category) for _, category in exemplars])
    calm = [text for text, category in exemplars if category in _CALM]
    teacher = _Teacher(encoder, outcome_of, Variation(lambda c: OUTCOMES[outcome_of[c]], calm), kept, tell)
    folds = np.array([sum(map(ord, text)) % FOLDS for text in texts])
    chances = np.zeros((len(texts), len(names)), np.float32)
    for fold in range(FOLDS):
        inside, outside = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        chances[outside] = teacher.chances(texts, categories.tolist(), inside.tolist(), outside.tolist())
    graph = teacher.graph(texts, categories.tolist())
    wanted = np.array(outcome_of)[categories]
    signed = [sign_features(guard.read(text), guard.outcome_of) for text in texts]
    seen = np.stack([features(row, outcome_of, signs) for row, signs in zip(chances, signed, strict=True)])
    fresh = np.array([text in later for text in texts])
    honest = np.zeros((len(texts), len(OUTCOMES)))
    for fold in range(FOLDS):
        weights, bias = _fused(seen[fresh & (folds != fold)], wanted[fresh & (folds != fold)])
        honest[folds == fold] = _softmax(seen[folds == fold] @ weights.T + bias)
    fused, fused_bias = _fused(seen[fresh], wanted[fresh])
    model = {
        "about": "Learned by `python -m eval fit-guard` from the exemplars beside this file.",
        "categories": names,
        "outcome": {name: guard.outcome_of(name) for name in names},
        "fused": {name: [round(float(x), 4) for x in row] for name, row in zip(OUTCOMES, fused, strict=True)},
        "fused_bias": {name: round(float(x), 4) for name, x in zip(OUTCOMES, fused_bias, strict=True)},
    }
    return graph, model, _cross_validated(honest[fresh], wanted[fresh])


class _Teacher:
    """Teaches branches, or takes them from the folder where they are kept."""

    def __init__(
        self,
        encoder: TorchEncoder,
        outcome_of: Sequence[int],
        vary: Variation,
        kept: Path,
        tell: Callable[[float], None],
    ) -> None:
        from .branch import Teaching

        self._encoder = encoder
        self._teaching = Teaching(encoder, outcome_of, vary)
        self._kept = kept
        self._tell = tell
        self._done = 0.0

    def chances(
        self, texts: Sequence[str], categories: Sequence[int], inside: Sequence[int], outside: Sequence[int]
    ) -> NDArray[np.float32]:
        """What a branch that is taught with the texts `inside` makes of those `outside`."""
        from .branch import probabilities

        file = self._file([[texts[i], categories[i]] for i in inside], [texts[i] for i in outside])
        part = _FULL * (FOLDS - 1) / FOLDS
        if not file.is_file():
            branch = self._taught([texts[i] for i in inside], [categories[i] for i in inside], part)
            found = probabilities(self._teaching, branch, [texts[i] for i in outside])
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, found, allow_pickle=False)
        self._done += part
        return np.asarray(np.load(file, allow_pickle=False), np.float32)

    def graph(self, texts: Sequence[str], categories: Sequence[int]) -> bytes:
        """The mean of the branches of all courses, taught with all texts."""
        from .branch import graph, keep, mean_of, take_up

        branches = []
        for course in range(COURSES):
            file = self._file([list(pair) for pair in zip(texts, categories, strict=True)], course).with_suffix(".npz")
            if not file.is_file():
                keep(self._taught(texts, categories, _FULL, course), file)
            self._done += _FULL
            branches.append(take_up(self._teaching, file))
        return graph(mean_of(branches), self._encoder.encode(["x"]).shape[1])

    def _taught(self, texts: Sequence[str], categories: Sequence[int], part: float, course: int = 0) -> Any:
        from .branch import batches_of, teach

        steps = self._teaching.epochs * batches_of(len(texts))
        taken = 0

        def step() -> None:
            nonlocal taken
            taken += 1
            self._tell(self._done + part * taken / steps)

        return teach(self._teaching, texts, categories, step, course)

    def _file(self, *what: Any) -> Path:
        told = [what, self._teaching.epochs, self._teaching.rates, self._teaching.seed]
        return self._kept / f"{hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]}.npy"


def ordinary_questions() -> list[tuple[str, str]]:
    """Questions of the dev half with the category of their topic; those about safety may be no ordinary ones."""
    cases = [
        case for case in shipped_cases("dev") if case.corpus == SHIPPED and case.kind not in ("guard", "off_topic")
    ]
    return [(case.question, _ORDINARY[case.topic]) for case in cases if case.topic in _ORDINARY]


def framed(exemplars: Sequence[tuple[str, str]], outcome_of: Callable[[str], str]) -> list[tuple[str, str]]:
    """Short reports of a danger inside a sentence: some talked about in general, some as somebody's own, by turns."""
    teaching = load_teaching()
    alarms = [
        (text, category)
        for text, category in exemplars
        if outcome_of(category) in ("EMERGENCY", "URGENT") and len(text.split()) <= _SHORT and '"' not in text
    ]
    made = []
    for place, (text, category) in enumerate(alarms[::_FRAMED_EVERY]):
        kind, own = ("talked_about", _TALKED_ABOUT) if place % 2 else ("reported", category)
        frame = teaching[kind][place // 2 % len(teaching[kind])]
        made.append((frame.format(said=text), own))
    return made


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
