"""Backchat: answers questions from articles, every sentence a checkable quote.

    from assistant import Assistant, Settings
    with Assistant.load(Settings()) as assistant:
        print(assistant.ask("How many reps?").text)

The names below are imported when first used, so that `import assistant` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .chain import Assistant
    from .errors import BackchatError
    from .settings import Settings
    from .types import Answer, Citation

__all__ = ["Answer", "Assistant", "BackchatError", "Citation", "Settings"]

_HOMES = {
    "Answer": ".types",
    "Assistant": ".chain",
    "BackchatError": ".errors",
    "Citation": ".types",
    "Settings": ".settings",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
