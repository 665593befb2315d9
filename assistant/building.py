"""Brings index and compiled model up to date: where the index meets the model."""

from __future__ import annotations

from .embedding import TorchEncoder, find_model
from .indexing import IndexReport, Progress, build_index
from .settings import Settings
from .twin import compile_twin

__all__ = ["build"]


def build(settings: Settings, *, rebuild: bool = False, progress: Progress | None = None) -> IndexReport:
    """Bring index and compiled model up to date. See `indexing.build_index` for errors and `progress`."""
    model = find_model(settings.model)
    made: list[TorchEncoder] = []

    def encoder() -> TorchEncoder:
        made.append(TorchEncoder(model))
        compile_twin(model, settings.cache_path, made[0])
        return made[0]

    return build_index(settings, encoder, rebuild=rebuild, progress=progress)
