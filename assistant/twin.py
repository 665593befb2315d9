"""RIM: writes the compiled twin of a model into the cache.

The twin is the same model as an ONNX graph (transformer, mean pooling, normalisation, and the states half way), checked
against sentence-transformers before anyone uses it.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .embedding import STATES_AFTER, ModelFiles, TorchEncoder, TwinEncoder, deep_pass, transformer_layers, twin_folder
from .errors import EncoderError

__all__ = ["compile_twin"]

_MIN_COSINE = 0.9999
_CHECK_TEXTS = (
    "How many?",
    "Which muscles does it work, and how do I keep from hurting myself?",
    "Naïve café – “quoted” text, 2–3 × 8–12, 45°.",
    "A longer paragraph that goes on for a while. " * 12,
    "x",
)
_log = logging.getLogger(__name__)


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

    deep = len(transformer_layers(model) or ()) > STATES_AFTER

    class Graph(torch.nn.Module):
        """The model as a function of plain tensors."""

        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: Any, attention_mask: Any, token_type_ids: Any) -> Any:
            features = {"input_ids": input_ids, "attention_mask": attention_mask, "token_type_ids": token_type_ids}
            if deep:
                return deep_pass(self.model, features)
            return torch.nn.functional.normalize(self.model(features)["sentence_embedding"], p=2, dim=1)

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
            output_names=["embedding", "states"][: 1 + deep],
            dynamic_axes={
                **{name: {0: "batch", 1: "length"} for name in (*names, "states")},
                "embedding": {0: "batch"},
            },
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
