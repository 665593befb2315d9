"""What all handlers of one server share: the assistant, the desk, limits, metrics and feedback."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .access import Origins, RateLimits
from .desk import Desk
from .feedback import FeedbackStore
from .figures import draw, load_figures
from .metrics import Metrics

if TYPE_CHECKING:
    from ..chain import Assistant
    from .live import Live

__all__ = ["Service"]

_AT_ONCE = 4
"""Questions in hand: their Python shares one lock, their encodes do not."""
_PATIENCE = 10.0
"""Longest wait for a place, in seconds; a person on a phone has gone by then."""


class Service:
    """One server's parts, made from the assistant's settings."""

    def __init__(self, live: Live) -> None:
        settings = live.assistant.settings
        self._live = live
        self._figures = load_figures(settings.corpus_path)
        self.origins = Origins(settings.allowed_origins, settings.public_url)
        self.limits = RateLimits(settings.rate_limit, settings.session_rate_limit)
        self.desk = Desk(_AT_ONCE, settings.max_waiting, _PATIENCE)
        self.metrics = Metrics(lambda: self.desk.present)
        self.feedback = FeedbackStore(settings.feedback_path, settings.feedback_days)

    def picture(self, article_id: str) -> str:
        """An SVG element that shows an article's movement; empty where none was drawn."""
        figure = self._figures.get(article_id)
        return draw(figure) if figure else ""

    @property
    def assistant(self) -> Assistant:
        """The assistant of this moment: a rebuilt index brings a new one."""
        return self._live.assistant
