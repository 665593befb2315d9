"""The guard's branch: transformer layers of the encoder, taught anew from the middle on to tell the categories.

The encoder's lower layers stay as they are and are shared with the search; of the upper ones the branch has copies of
its own. Each category looks for its own words in a message (label-wise attention, as in CAML, Mullenbach et al. 2018),
so that one decisive clause is not averaged away by the chatter around it. Stored as an ONNX graph, weights in 8 bits.
"""

from __future__ import annotations

import copy
import random
import tempfile
import warnings
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from assistant.embedding import STATES_AFTER, TorchEncoder, transformer_layers

__all__ = [
    *("Branch", "Teaching", "batches_of", "export", "graph", "keep", "mean_of", "probabilities"),
    *("states_of", "take_up", "teach", "through"),
]

_DROPPED = 0.2
_BATCH = 32
_BUCKETS = 20
_WARM_UP = 0.06
_LONGEST = 256


def through(layers: Iterable[nn.Module], states: Tensor, mask: Tensor) -> Tensor:
    """States (n, tokens, dimension) after the layers, which see no token that `mask` (n, tokens) has 0 for."""
    away = (1.0 - mask.to(states.dtype))[:, None, None, :] * -1e9
    for layer in layers:
        found = layer(states, away)
        states = found[0] if isinstance(found, tuple) else found
    return states


class Branch(nn.Module):
    """States of the tokens (n, tokens, dimension) and mask (n, tokens) -> a score for each category (n, categories)."""

    def __init__(self, layers: Sequence[nn.Module], dimension: int, categories: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(copy.deepcopy(layer) for layer in layers)
        self.attention = nn.Linear(dimension, categories)
        self.value = nn.Linear(dimension, categories, bias=False)
        self.mean = nn.Linear(dimension, categories)
        self.drop = nn.Dropout(_DROPPED)

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Score each category."""
        present = mask.to(states.dtype)
        away = (1.0 - present) * -1e9
        states = self.drop(through(self.layers, states, mask))
        mean = (states * present[:, :, None]).sum(1) / present.sum(1, keepdim=True)
        attention = (self.attention(states) + away[:, :, None]).softmax(1)
        scores: Tensor = (attention * self.value(states)).sum(1) + self.mean(mean)
        return scores


def states_of(encoder: TorchEncoder, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    """States (n, tokens, dimension) and mask (n, tokens) of texts, from the encoder's lower layers."""
    model: Any = encoder.model
    batch = model.tokenizer(list(texts), padding=True, truncation=True, max_length=_LONGEST, return_tensors="pt")
    inner = model[0].auto_model
    with torch.no_grad():
        mask = batch["attention_mask"]
        states = inner.embeddings(input_ids=batch["input_ids"], token_type_ids=batch.get("token_type_ids"))
        return through(transformer_layers(model)[:STATES_AFTER], states, mask), mask


class Teaching:
    """How a branch is taught: messages and categories, and what varies a message without changing its category."""

    def __init__(
        self,
        encoder: TorchEncoder,
        outcome_of: Sequence[int],
        vary: Callable[[str, int, random.Random], str],
        *,
        epochs: int = 8,
        rate: float = 2e-4,
        head_rate: float = 2e-3,
        seed: int = 7,
    ) -> None:
        self.encoder = encoder
        self.outcome_of = torch.tensor(list(outcome_of))
        self.vary = vary
        self.epochs = epochs
        self.rates = (rate, head_rate)
        self.seed = seed

    def states(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """States and mask of texts, from the encoder's lower layers."""
        return states_of(self.encoder, texts)

    def loss(self, scores: Tensor, wanted: Tensor) -> Tensor:
        """Cross entropy of the category and of what is to be done, half and half: levels matter more than slices."""
        log = scores.log_softmax(1)
        member = nn.functional.one_hot(self.outcome_of).to(scores.dtype)
        outcomes = torch.log((log.exp() @ member).clamp_min(1e-9))
        return 0.5 * nn.functional.nll_loss(log, wanted) + 0.5 * nn.functional.nll_loss(
            outcomes, self.outcome_of[wanted]
        )


def teach(
    teaching: Teaching,
    texts: Sequence[str],
    categories: Sequence[int],
    tell: Callable[[], None] = lambda: None,
    course: int = 0,
) -> Branch:
    """Teach a branch; `tell` is called after each batch. The same texts, seed and `course` give the same branch.

    Branches of several courses start alike and see the texts in another order and in other variants, so their mean is
    a branch too (`mean_of`). Products are rounded to bfloat16, twice as fast where the processor knows it; weights are
    not.
    """
    torch.manual_seed(teaching.seed)
    branch = _untaught(teaching).train()
    torch.manual_seed(teaching.seed + course)
    dice = random.Random(teaching.seed + course)
    own = [value for name, value in branch.named_parameters() if not name.startswith("layers")]
    groups = [
        {"params": list(branch.layers.parameters()), "lr": teaching.rates[0]},
        {"params": own, "lr": teaching.rates[1]},
    ]
    optimizer = torch.optim.AdamW(groups, weight_decay=0.05)
    steps = teaching.epochs * batches_of(len(texts))

    def speed(step: int) -> float:
        return float(min(1.0, step / (_WARM_UP * steps)) * max(0.0, 1.0 - step / steps))

    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, speed)
    wanted = torch.tensor(list(categories))
    for _ in range(teaching.epochs):
        for batch in _batches(texts, dice):
            varied = [teaching.vary(texts[i], categories[i], dice) for i in batch]
            with torch.autocast("cpu", dtype=torch.bfloat16):
                states, mask = teaching.states(varied)
                scores = branch(states, mask)
            loss = teaching.loss(scores.float(), wanted[batch])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(branch.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            tell()
    return branch.eval()


def _untaught(teaching: Teaching) -> Branch:
    model: Any = teaching.encoder.model
    model.eval()
    return Branch(transformer_layers(model)[STATES_AFTER:], model.get_embedding_dimension(), len(teaching.outcome_of))


def keep(branch: Branch, file: Path) -> None:
    """Write the weights of a branch."""
    np.savez(file, **{name: value.numpy() for name, value in branch.state_dict().items()})


def take_up(teaching: Teaching, file: Path) -> Branch:
    """The branch whose weights were kept."""
    branch = _untaught(teaching)
    with np.load(file, allow_pickle=False) as weights:
        branch.load_state_dict({name: torch.from_numpy(weights[name]) for name in weights.files})
    return branch.eval()


def mean_of(branches: Sequence[Branch]) -> Branch:
    """One branch with the mean of the weights of all: as sure as they are together, at the cost of one.

    Wortsman et al. 2022, "Model soups".
    """
    mixed = copy.deepcopy(branches[0])
    states = [branch.state_dict() for branch in branches]
    mixed.load_state_dict({name: torch.stack([state[name] for state in states]).mean(0) for name in states[0]})
    return mixed


def batches_of(count: int) -> int:
    """Batches of one round through so many texts."""
    return -(-count // _BATCH)


def _batches(texts: Sequence[str], dice: random.Random) -> list[list[int]]:
    """All texts in shuffled batches of about one length."""
    order = list(range(len(texts)))
    dice.shuffle(order)
    size = _BATCH * _BUCKETS
    for first in range(0, len(order), size):
        order[first : first + size] = sorted(order[first : first + size], key=lambda i: len(texts[i]))
    batches = [order[first : first + _BATCH] for first in range(0, len(order), _BATCH)]
    dice.shuffle(batches)
    return batches


def probabilities(teaching: Teaching, branch: nn.Module, texts: Sequence[str]) -> NDArray[np.float32]:
    """Probability of each category, shape (texts, categories)."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found: dict[int, NDArray[np.float32]] = {}
    with torch.inference_mode():
        for first in range(0, len(order), 64):
            some = order[first : first + 64]
            rows = branch(*teaching.states([texts[i] for i in some])).softmax(1).numpy()
            found.update(zip(some, rows, strict=True))
    return np.stack([found[i] for i in range(len(texts))])


class _Eighth(nn.Module):
    """A linear layer with weights of 8 bits and a scale for each row, spread out again when the graph is opened."""

    weight: Tensor
    scale: Tensor
    bias: Tensor | None

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach()
        scale = weight.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
        self.register_buffer("weight", torch.round(weight / scale).to(torch.int8))
        self.register_buffer("scale", scale)
        self.register_buffer("bias", None if linear.bias is None else linear.bias.detach())

    def forward(self, rows: Tensor) -> Tensor:
        """Apply it."""
        return nn.functional.linear(rows, self.weight.to(rows.dtype) * self.scale, self.bias)


def _packed(module: nn.Module) -> nn.Module:
    for name, child in module.named_children():
        setattr(module, name, _Eighth(child) if isinstance(child, nn.Linear) else _packed(child))
    return module


class _Chances(nn.Module):
    """Probabilities instead of scores."""

    def __init__(self, branch: nn.Module) -> None:
        super().__init__()
        self.branch = branch

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """Apply it."""
        return torch.softmax(self.branch(states, mask), dim=1)


def graph(branch: Branch, dimension: int) -> bytes:
    """The branch as an ONNX graph: `states`, `mask` -> `chances`, the probability of each category."""
    return export(_Chances(branch), dimension, "chances")


def export(branch: nn.Module, dimension: int, output: str) -> bytes:
    """A branch as an ONNX graph with weights of 8 bits: `states`, `mask` -> what it gives, by the name `output`."""
    packed = _packed(copy.deepcopy(branch).eval())
    with tempfile.TemporaryDirectory() as folder, torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore"
        )  # the tracer warns of shapes it fixes; a test compares the graph with the branch
        out = Path(folder) / "branch.onnx"
        torch.onnx.export(
            packed,
            (torch.randn(2, 5, dimension), torch.ones(2, 5, dtype=torch.int64)),
            str(out),
            input_names=["states", "mask"],
            output_names=[output],
            dynamic_axes={"states": {0: "n", 1: "tokens"}, "mask": {0: "n", 1: "tokens"}, output: {0: "n"}},
            dynamo=False,
            opset_version=17,
            do_constant_folding=False,
        )
        return out.read_bytes()
