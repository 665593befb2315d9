"""RIM: the assistant in service, exchanged for a new one when the index was rebuilt."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from typing import TYPE_CHECKING

from ..errors import BackchatError

if TYPE_CHECKING:
    from ..chain import Assistant

__all__ = ["Live"]

_PAUSE = 5.0
_GRACE = 60.0
"""Seconds until the old one is closed: questions in hand still read its index."""
_log = logging.getLogger(__name__)


class Live:
    """Holds the assistant that answers now. As a context manager it watches for a newer index."""

    def __init__(self, assistant: Assistant, newer: Callable[[Assistant], Assistant | None] | None = None) -> None:
        """Start with one; `newer` gives the one to put in its place, or None while it is up to date."""
        self.assistant = assistant
        self._newer = newer
        self._first = assistant
        self._stop = Event()
        self._thread = Thread(target=self._watch, name="backchat-watch", daemon=True)

    def __enter__(self) -> Live:
        if self._newer is not None:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self.assistant is not self._first:  # the first one stays its owner's to close
            self.assistant.close()

    def _watch(self) -> None:
        while not self._stop.wait(_PAUSE):
            self.look()

    def look(self) -> bool:
        """Look once; whether another assistant answers from now on. What cannot be opened leaves the old one."""
        try:
            found = self._newer(self.assistant) if self._newer else None
        except BackchatError as exc:
            _log.warning("the rebuilt index is not used: %s", exc)
            return False
        if found is None:
            return False
        old, self.assistant = self.assistant, found
        if old is not self._first:
            self._stop.wait(_GRACE)
            old.close()
        return True
