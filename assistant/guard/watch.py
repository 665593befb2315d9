"""RIM: the guard as the flow uses it. It fails closed: what cannot be judged is an alarm."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from importlib import resources

from ..embedding import Deep, open_session
from ..types import Turn, Verdict
from .classifier import Classifier
from .guard import Guard
from .policy import Policy, load_languages, load_policy
from .reply import failed, with_message

__all__ = ["Ruling", "Watch"]

_SAMPLE = 1000
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the guard decides on a question."""

    verdict: Verdict
    stops: bool
    """An alarm: nothing is said but its text."""
    foreign: bool = False
    """Asked in a language that is not answered: nothing is said but its text."""


class Watch:
    """The guard with its policy. Thread-safe."""

    def __init__(self, known: Callable[[str], bool], threads: int, *, by_meaning: bool) -> None:
        """Take what tells good English, and whether the encoder is the one whose states the branch learned from."""
        self.policy: Policy = load_policy()
        data = resources.files("assistant.guard").joinpath("data")
        raw = json.loads(data.joinpath("classifier.json").read_text(encoding="utf-8"))
        self._branch = open_session(data.joinpath("branch.onnx").read_bytes(), threads) if by_meaning else None
        self._guard = Guard(self.policy, load_languages(), Classifier.from_dict(raw) if by_meaning else None, known)

    @property
    def version(self) -> str:
        """Version and review status of the policy."""
        return f"{self.policy.version} ({self.policy.status})"

    def without(self, parts: Collection[str]) -> Watch:
        """The same guard without one of its layers: "guard_signs" or "guard_meaning"; other parts are not its own."""
        other = copy.copy(self)
        policy = replace(self.policy, signs=()) if "guard_signs" in parts else self.policy
        classifier = None if "guard_meaning" in parts else self._guard.classifier
        other._branch = None if "guard_meaning" in parts else self._branch
        other._guard = replace(self._guard, policy=policy, classifier=classifier)
        return other

    def texts(self, question: str, history: Sequence[Turn]) -> list[str]:
        """Texts that `verdict` needs encoded; none when the guard cannot read the conversation."""
        try:
            messages = self._guard.messages(question, history)
            return self._guard.reported(messages) if self._branch else []
        except Exception:
            _log.exception("the guard could not read a conversation")
            return []

    def verdict(
        self,
        question: str,
        history: Sequence[Turn],
        encoded: Deep | None,
        locale: str | None,
        spoken: Collection[str] = (),
    ) -> Ruling:
        """The verdict with what is said for it, and whether anything else is to be said.

        Args:
            question: the last message.
            history: earlier turns.
            encoded: of `texts`, in that order; None where there are none.
            locale: of the person, or None.
            spoken: languages that the articles are in besides English.
        """
        try:
            chances = None
            if self._branch is not None:
                if encoded is None:
                    return Ruling(failed(self.policy.replies, locale), stops=True)
                (chances,) = self._branch.run(["chances"], {"states": encoded.states, "mask": encoded.mask})
            messages = self._guard.messages(question, history)
            verdict = self._guard.verdict(messages, chances)
            stops = verdict.level in ("EMERGENCY", "URGENT") or verdict.category == self.policy.crisis
            language = self._guard.languages.tell(question, self._guard.known)
            own = None if language is None or (language.code in spoken and not stops) else language.replies
            about = self._guard.about(messages[-1]) if verdict.level == "GENERAL" else ""
            said = "\n".join(messages)
            told = with_message(verdict, self.policy.replies, self.policy.crisis, locale, own, said, about)
            return Ruling(told, stops, foreign=own is not None)
        except Exception:
            _log.exception("the guard could not judge a conversation")
            return Ruling(failed(self.policy.replies, locale), stops=True)

    def language(self, text: str) -> str | None:
        """Code of the language that a text begins in; None for English."""
        language = self._guard.languages.tell(text[:_SAMPLE], self._guard.known)
        return language.code if language else None

    def refuses_rest(self, verdict: Verdict, pointed: bool) -> bool:
        """Whether nothing else in it is answered either; `pointed`: it names something that the articles tell of."""
        abused = verdict.level == "ABUSE_INJECTION" and not pointed
        return abused or verdict.category in self.policy.no_remainder
