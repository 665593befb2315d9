"""What the server counts, for Prometheus. No question, answer, address or session is in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

if TYPE_CHECKING:
    from ..types import Answer

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Metrics:
    """Counters of one server."""

    media_type = CONTENT_TYPE_LATEST

    def __init__(self, waiting: Callable[[], int]) -> None:
        self._registry = CollectorRegistry()
        self._answers = Counter(
            "backchat_answers", "Answers given.", ("surface", "status", "level"), registry=self._registry
        )
        self._seconds = Histogram(
            "backchat_answer_seconds", "Time from question to answer, waiting not counted.", ("surface",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._refused = Counter("backchat_refused", "Requests refused.", ("reason",), registry=self._registry)
        self._thumbs = Counter("backchat_feedback", "Feedback stored.", ("surface", "thumb"), registry=self._registry)
        present = Gauge("backchat_questions_present", "Questions in hand or waiting.", registry=self._registry)
        present.set_function(waiting)

    def answered(self, surface: str, answer: Answer) -> None:
        """Count one answer."""
        self._answers.labels(surface, answer.status, answer.verdict.level).inc()
        self._seconds.labels(surface).observe(answer.timings_ms.get("total", 0.0) / 1000)

    def refused(self, reason: str) -> None:
        """Count a request that was refused: "origin", "rate", "size", "slow", "busy", "form", "gone", "failed"."""
        self._refused.labels(reason).inc()

    def thumb(self, surface: str, thumb: str) -> None:
        """Count one piece of feedback."""
        self._thumbs.labels(surface, thumb).inc()

    def page(self) -> bytes:
        """Return all of it in Prometheus' text format."""
        return generate_latest(self._registry)
