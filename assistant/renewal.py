"""A newer assistant for one whose index another process has rebuilt meanwhile."""

from __future__ import annotations

from .builds import current_build, fingerprint_of, index_slot
from .chain import Assistant
from .embedding import find_model
from .index import open_index

__all__ = ["rebuilt"]


def rebuilt(assistant: Assistant) -> Assistant | None:
    """Open the index that was swapped in, with the same encoder; None while the one in use is the current one.

    Raises:
        BackchatError: there is a newer one, but it is damaged.
    """
    settings = assistant.settings
    build = current_build(index_slot(settings, find_model(settings.model)))
    if build is None or fingerprint_of(build) == assistant.versions["index"]:
        return None
    index = open_index(settings)
    return None if index is None else Assistant(settings, index, assistant.encoder)
