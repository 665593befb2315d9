"""The query branch (`assistant/query_branch.py`): copies of the encoder's upper layers, taught where answers lie.

Taught on the dev cases: of the spans that were found for a question, those that state a fact of it must be the nearest
to the question's new vector (softmax over all of them, as in dense passage retrieval, Karpukhin et al. 2020). The
vectors of the spans stay as they are in the index.
"""

from __future__ import annotations

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.embedding import STATES_AFTER, TorchEncoder, transformer_layers

from .branch import export, states_of, through

__all__ = ["Pair", "aimed", "query_graph", "teach_queries"]

_EPOCHS = 12
_RATE = 1e-4
_BATCH = 32
_SHARPNESS = 20.0
_WARM_UP = 0.1
_SEED = 1
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question, the vectors of the spans found for it, shape (spans, dimension), and which of them state a fact."""

    query: str
    spans: Vectors
    stating: NDArray[np.bool_]


class QueryBranch(nn.Module):
    """States of the tokens (n, tokens, dimension) and mask (n, tokens) -> unit vectors (n, dimension)."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(copy.deepcopy(layer) for layer in layers)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Turn a question towards its answer."""
        present = mask.to(states.dtype)
        states = through(self.layers, states, mask)
        mean = (states * present[:, :, None]).sum(1) / present.sum(1, keepdim=True)
        return nn.functional.normalize(mean, dim=1)


def teach_queries(encoder: TorchEncoder, pairs: Sequence[Pair]) -> QueryBranch:
    """Teach a branch with the pairs that have a stating span. The same pairs give the same branch."""
    torch.manual_seed(_SEED)
    dice = random.Random(_SEED)
    model: Any = encoder.model
    model.eval()
    branch = QueryBranch(transformer_layers(model)[STATES_AFTER:]).train()
    optimizer = torch.optim.AdamW(branch.parameters(), lr=_RATE, weight_decay=0.05)
    taught = [pair for pair in pairs if pair.stating.any()]
    steps = _EPOCHS * -(-len(taught) // _BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / (_WARM_UP * steps)) * max(0.0, 1.0 - step / steps)
    )
    for _ in range(_EPOCHS):
        dice.shuffle(taught)
        for first in range(0, len(taught), _BATCH):
            batch = taught[first : first + _BATCH]
            with torch.autocast("cpu", dtype=torch.bfloat16):  # as in `branch.teach`
                rows = branch(*states_of(encoder, [pair.query for pair in batch]))
            vectors = nn.functional.normalize(rows.float(), dim=1)
            loss = torch.stack([_loss(pair, vector) for pair, vector in zip(batch, vectors, strict=True)]).mean()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
            optimizer.step()
            schedule.step()
    return branch.eval()


def _loss(pair: Pair, vector: Tensor) -> Tensor:
    scores = _SHARPNESS * (torch.from_numpy(pair.spans) @ vector)
    return torch.logsumexp(scores, 0) - torch.logsumexp(scores[torch.from_numpy(pair.stating)], 0)


def aimed(encoder: TorchEncoder, branch: QueryBranch, queries: Sequence[str]) -> Vectors:
    """Unit vectors of the queries' answers, shape (queries, dimension)."""
    rows = []
    with torch.inference_mode():
        for first in range(0, len(queries), _BATCH):
            rows.append(branch(*states_of(encoder, queries[first : first + _BATCH])).numpy())
    return np.concatenate(rows).astype(np.float32)


def query_graph(branch: QueryBranch, dimension: int) -> bytes:
    """The branch as an ONNX graph: `states`, `mask` -> `aimed`, unit vectors."""
    return export(branch, dimension, "aimed")
