"""Building and opening the index, on small corpora with the word-counting encoder."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import metadata, resources
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant import builds
from assistant.builds import current_build
from assistant.embedding import SpanText, find_model
from assistant.errors import CorpusError
from assistant.index import open_index
from assistant.indexing import build_index
from assistant.passages import cut_passages
from assistant.settings import Settings
from assistant.types import Article, Passage, Span
from tests.fakes import BRIDGE, PLANK, ROWING, SMALL, FakeEncoder, Vectors, article, many, refuse, write_corpus
from tests.index.support import ROOT, build_names, opened, rewrite, slot_of, state, top


def test_there_is_no_index_before_the_first_build(here: Settings) -> None:
    """Opening gives None where nothing was built, and writes nothing."""
    assert open_index(here) is None
    assert not here.cache_path.exists()


def test_the_first_build_reports_what_it_did(here: Settings) -> None:
    """All passages are new, and the report's folder is the build in use."""
    report = build_index(here, FakeEncoder)
    assert (report.articles, report.added, report.kept, report.removed, report.problems) == (3, 8, 0, 0, ())
    assert report.path == current_build(slot_of(here))
    assert report.seconds > 0


def test_an_open_index_holds_the_corpus(built: Settings) -> None:
    """Passages are slices of the articles, and every span has a unit vector of its own text."""
    with opened(built) as index:
        texts = {article.id: article.text for article in index.articles}
        assert set(texts) == set(SMALL)
        assert len(index.passages) == index.collection.count() == 8
        for passage, vectors in zip(index.passages, index.spans, strict=True):
            assert texts[passage.article][passage.start : passage.end] == passage.text
            assert vectors == pytest.approx(FakeEncoder().encode([span.text for span in passage.spans]))


def test_an_unchanged_corpus_encodes_nothing(built: Settings) -> None:
    """A second build asks for no encoder, changes nothing and says so."""
    before, held = current_build(slot_of(built)), state(built)
    report = build_index(built, refuse)
    assert (report.articles, report.added, report.kept, report.removed) == (3, 0, 8, 0)
    assert report.path == before == current_build(slot_of(built))
    assert state(built) == held


def test_touching_a_file_is_no_change(built: Settings) -> None:
    """Only names and bytes of the articles count, not their dates."""
    for file in built.corpus_path.iterdir():
        os.utime(file, (1, 1))
    assert build_index(built, refuse).added == 0


def test_only_what_changed_is_encoded(built: Settings) -> None:
    """A new paragraph costs its own encoding and no other."""

    class Passages(FakeEncoder):
        def encode_passages(self, texts: Sequence[SpanText]) -> Iterator[tuple[Vectors, list[Vectors]]]:
            self.encoded += [item.text for item in texts]
            vectors = FakeEncoder()
            yield from vectors.encode_passages(texts)

    encoder = Passages()
    changed = PLANK.replace("Hold for twenty seconds.", "Hold for thirty seconds.")
    rewrite(built, SMALL | {"plank": changed})
    report = build_index(built, lambda: encoder)
    assert (report.added, report.kept, report.removed) == (1, 7, 1)
    assert encoder.encoded == ["Plank > Part 2\nHold for thirty seconds. Add five seconds every week."]


def test_articles_that_go_cost_no_encoding(built: Settings) -> None:
    """When articles only go, nothing at all is encoded."""
    rewrite(built, {"rowing": ROWING, "bridge": BRIDGE})
    report = build_index(built, refuse)
    assert (report.articles, report.added, report.kept, report.removed) == (2, 0, 6, 2)


def test_removed_passages_are_gone(built: Settings) -> None:
    """What left the corpus is neither listed nor found any more."""
    rewrite(built, {"rowing": ROWING})
    build_index(built, FakeEncoder)
    with opened(built) as index:
        assert {passage.article for passage in index.passages} == {"rowing"}
        assert index.collection.count() == 3
        assert len(top(index, "forearms and toes heels")) == 3


def test_a_passage_whose_label_changed_is_encoded_anew(here: Settings) -> None:
    """A long headline is called by its first alias: another alias is another text to embed for the same passage."""
    head = "---\ntitle: Nine words of a headline that go on and on\naliases: [{}]\n---\n\nPull the handle.\n"
    rewrite(here, {"row": head.format("seal row")})
    build_index(here, FakeEncoder)
    rewrite(here, {"row": head.format("pendlay row")})
    encoder = FakeEncoder()
    build_index(here, lambda: encoder)
    assert encoder.encoded == ["Pendlay row\nPull the handle."]


def test_passages_with_other_spans_are_encoded_anew(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the same passage is cut into other spans, its span vectors are not those of before."""

    def recut(article: Article, step_verbs: frozenset[str]) -> Iterator[Passage]:
        for passage in cut_passages(article, step_verbs):
            shorter = (Span(span.start, span.end - 1, span.text[:-1], span.kind) for span in passage.spans)
            yield replace(passage, spans=tuple(shorter))

    monkeypatch.setattr("assistant.indexing.cut_passages", recut)
    monkeypatch.setattr("assistant.builds.CHUNKER_VERSION", "other")
    report = build_index(built, FakeEncoder)
    assert (report.added, report.kept) == (8, 0)


@pytest.mark.parametrize("edit", ["changed", "first", "last", "fewer"])
def test_an_incremental_build_equals_a_fresh_one(tmp_path: Path, edit: str) -> None:
    """After an edit, eighty questions find the same ten with the same scores as in an index built from nothing."""
    old = many(150)
    new = {
        "changed": {n: t.replace("Here", "There") if int(n[1:]) % 9 == 0 else t for n, t in old.items()},
        "first": {"a": PLANK, **old},
        "last": {**old, "z": PLANK},
        "fewer": {n: t for n, t in old.items() if int(n[1:]) % 7},
    }[edit]
    grown = Settings(corpus=write_corpus(tmp_path / "c", old), cache_dir=tmp_path / "grown")
    build_index(grown, FakeEncoder)
    rewrite(grown, new)
    report = build_index(grown, FakeEncoder)
    assert report.kept > 100
    fresh = Settings(corpus=grown.corpus, cache_dir=tmp_path / "fresh")
    build_index(fresh, FakeEncoder)
    questions = tuple(" ".join(text.split()[-6:-2]) for text in list(old.values())[:80])
    assert state(grown, questions) == state(fresh, questions)


ARTICLES = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.lists(
        st.sampled_from(["Pull.", "Push hard.", "Hold it. Breathe.", "Rest for 2 minutes."]), min_size=1, max_size=3
    ),
    min_size=1,
)


@settings(max_examples=20, deadline=None)
@given(st.lists(ARTICLES, min_size=1, max_size=4))
def test_any_history_of_edits_ends_in_the_fresh_index(history: list[dict[str, list[str]]]) -> None:
    """Whatever was built before, building twice is building once, counts add up, and the end equals a fresh build."""
    with tempfile.TemporaryDirectory() as folder:
        here = Settings(corpus=Path(folder, "corpus"), cache_dir=Path(folder, "cache"))
        size = 0
        for articles in history:
            rewrite(here, {name: article(name, *paragraphs) for name, paragraphs in articles.items()})
            report = build_index(here, FakeEncoder)
            again = build_index(here, refuse)
            assert (again.added, again.kept, again.removed) == (0, report.added + report.kept, 0)
            if report.removed or report.added:
                assert size - report.removed == report.kept
            size = report.added + report.kept
        fresh = Settings(corpus=here.corpus, cache_dir=Path(folder, "fresh"))
        build_index(fresh, FakeEncoder)
        assert state(here) == state(fresh)


def test_rebuild_encodes_everything_and_changes_nothing(built: Settings) -> None:
    """A forced build of an unchanged corpus encodes all passages, and finds as before."""
    held, encoder = state(built), FakeEncoder()
    report = build_index(built, lambda: encoder, rebuild=True)
    assert (report.added, report.kept, report.removed) == (8, 0, 0)
    assert len(encoder.encoded) == 8
    assert state(built) == held


def test_progress_counts_the_passages(here: Settings) -> None:
    """Progress starts at nothing, never falls, and ends with all."""
    seen: list[tuple[int, int]] = []
    build_index(here, FakeEncoder, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(0, 8), (3, 8), (6, 8), (8, 8)]


def test_files_that_cannot_be_read_are_named_each_time(here: Settings) -> None:
    """An unreadable article is a problem of the report, also of the report of an unchanged start."""
    (here.corpus_path / "bad.md").write_bytes(b"\x00\x01\x02" * 40)
    first, second = build_index(here, FakeEncoder), build_index(here, refuse)
    assert len(first.problems) == 1
    assert "bad.md" in first.problems[0]
    assert first.problems == second.problems


def test_one_passage_is_an_index(here: Settings) -> None:
    """A corpus of a single sentence can be built, opened and asked, and a ten asked for gives the one."""
    rewrite(here, {"a": "# Tiny\n\nHold it.\n"})
    assert build_index(here, FakeEncoder).added == 1
    for _ in range(2):
        with opened(here) as index:
            assert [passage for passage, _ in top(index, "hold")] == [index.passages[0].id]


def test_no_articles_are_no_index(here: Settings) -> None:
    """An empty folder and one whose only file is empty are errors of the corpus, and leave no build behind."""
    rewrite(here, {})
    with pytest.raises(CorpusError, match=r"no .md"):
        build_index(here, FakeEncoder)
    rewrite(here, {"a": ""})
    with pytest.raises(CorpusError, match=r"a\.md"):
        build_index(here, FakeEncoder)
    assert build_names(here) == set()


def test_an_emptied_corpus_leaves_the_old_build(built: Settings) -> None:
    """When the articles vanish, building fails, and once they are back the old index serves on."""
    rewrite(built, {})
    with pytest.raises(CorpusError):
        build_index(built, FakeEncoder)
    rewrite(built, SMALL)
    assert build_index(built, refuse).kept == 8


def test_an_encoder_that_fails_leaves_the_old_build(built: Settings) -> None:
    """An error in the midst of a build leaves the old index and no leftovers."""

    class Failing(FakeEncoder):
        def encode_passages(self, texts: Any) -> Any:
            yield from list(super().encode_passages(texts))[:1]
            raise RuntimeError("out of memory")

    held, names = state(built), build_names(built)
    rewrite(built, many(10))
    with pytest.raises(RuntimeError, match="out of memory"):
        build_index(built, Failing)
    rewrite(built, SMALL)
    assert (state(built), build_names(built)) == (held, names)


# What makes an index out of date


@pytest.mark.parametrize("change", ["text", "name", "more", "fewer", "chunker", "format", "library", "data"])
def test_the_fingerprint_follows_what_a_build_depends_on(
    here: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Articles, their names, cutter, format, libraries and data files each change the fingerprint, and back."""
    model = find_model(here.model)
    before = builds.fingerprint(here, model)
    data = Path(shutil.copytree(ROOT / "assistant" / "data", tmp_path / "data"))
    files, version = resources.files, metadata.version
    with monkeypatch.context() as patch:
        if change in ("text", "name", "more", "fewer"):
            rewrite(here, {
                "text": SMALL | {"plank": PLANK + " "}, "name": {"rowing": ROWING, "bridge": BRIDGE, "plank2": PLANK},
                "more": SMALL | {"more": PLANK}, "fewer": {"plank": PLANK},
            }[change])  # fmt: skip
        elif change == "chunker":
            patch.setattr(builds, "CHUNKER_VERSION", "other")
        elif change == "format":
            patch.setattr(builds, "FORMAT", -1)
        elif change == "library":
            patch.setattr(metadata, "version", lambda name: version(name) + ".post1")
        else:
            with (data / "vocabulary.yaml").open("a", encoding="utf-8") as stream:
                stream.write("\n# more\n")
            patch.setattr(resources, "files", lambda name: data if name == "assistant.data" else files(name))
        assert builds.fingerprint(here, model) != before
    rewrite(here, SMALL)
    assert builds.fingerprint(here, model) == before


def test_another_model_has_another_index(built: Settings, tmp_path: Path) -> None:
    """A model folder has a slot of its own, and touching its files makes it another model."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "modules.json").write_text("[]")
    other = Settings(corpus=built.corpus, cache_dir=built.cache_dir, model=str(folder))
    assert open_index(other) is None
    before = slot_of(other)
    assert before != slot_of(built)
    (folder / "weights.bin").write_bytes(b"1")
    assert slot_of(other) != before


def test_another_library_version_reuses_no_vectors(built: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors of another sentence-transformers are not mixed with those of this one."""
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: version(name) + ".post1")
    report = build_index(built, FakeEncoder)
    assert (report.added, report.kept) == (8, 0)


def test_a_changed_corpus_has_no_index_yet(built: Settings) -> None:
    """Opening gives None as soon as the articles differ from what was built, and the index again when they are back."""
    rewrite(built, SMALL | {"plank": PLANK + "\nMore.\n"})
    assert open_index(built) is None
    rewrite(built, SMALL)
    with opened(built) as index:
        assert len(index.passages) == 8
