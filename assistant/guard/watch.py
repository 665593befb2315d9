"""RIM: the guard as the flow uses it. It fails closed: what cannot be judged is an alarm."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from importlib import resources

import numpy as np

from ..types import Turn, Verdict
from .classifier import Classifier, Vector
from .guard import Guard
from .policy import Policy, load_policy
from .reply import failed, with_message

__all__ = ["Watch"]

_log = logging.getLogger(__name__)


class Watch:
    """The guard with its policy. Thread-safe."""

    def __init__(self, known: Callable[[str], bool], *, by_meaning: bool) -> None:
        """Take what tells good English, and whether vectors are those of the model the classifier learned from."""
        self.policy: Policy = load_policy()
        raw = resources.files("assistant.guard").joinpath("data", "classifier.json").read_text(encoding="utf-8")
        self._guard = Guard(self.policy, Classifier.from_dict(json.loads(raw)) if by_meaning else None, known)

    @property
    def version(self) -> str:
        """Version and review status of the policy."""
        return f"{self.policy.version} ({self.policy.status})"

    def without(self, parts: Collection[str]) -> Watch:
        """The same guard without one of its layers: "guard_signs" or "guard_meaning"; other parts are not its own."""
        other = copy.copy(self)
        policy = replace(self.policy, signs=()) if "guard_signs" in parts else self.policy
        classifier = None if "guard_meaning" in parts else self._guard.classifier
        other._guard = replace(self._guard, policy=policy, classifier=classifier)
        return other

    def windows(self, question: str, history: Sequence[Turn]) -> list[str] | None:
        """Texts whose vectors `verdict` needs; None when the guard cannot read the conversation."""
        try:
            return self._guard.windows(question, history)
        except Exception:
            _log.exception("the guard could not read a conversation")
            return None

    def verdict(
        self, question: str, history: Sequence[Turn], vectors: Sequence[Vector] | None, locale: str | None
    ) -> tuple[Verdict, bool]:
        """The verdict with what is said for it, and whether it stops the flow.

        Args:
            question: the last message.
            history: earlier turns.
            vectors: of `windows`, each of shape (dimension,); None when those could not be told.
            locale: of the person, or None.
        """
        if vectors is None:
            return failed(self.policy.replies, locale), True
        try:
            rows = np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
            verdict = self._guard.verdict(question, history, rows)
            stops = verdict.level in ("EMERGENCY", "URGENT") or verdict.category == self.policy.crisis
            return with_message(verdict, self.policy.replies, self.policy.crisis, locale), stops
        except Exception:
            _log.exception("the guard could not judge a conversation")
            return failed(self.policy.replies, locale), True

    def refuses_rest(self, verdict: Verdict) -> bool:
        """Whether nothing else in the message is answered either."""
        return verdict.category in self.policy.no_remainder
