"""The policy's files: complete, consistent, and named by line where somebody has broken them; the replies."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from assistant.errors import SettingsError
from assistant.guard import policy as module
from assistant.guard.guard import Guard
from assistant.guard.policy import load_exemplars, load_languages, load_policy
from assistant.guard.reply import GUARD_ERROR, failed, with_message
from assistant.types import Level, Verdict

if TYPE_CHECKING:
    from assistant.chain import Assistant

POLICY = load_policy()
CATEGORIES = [(level, category) for category, level in POLICY.level_of.items() if level != "GENERAL"]


def test_every_level_has_categories() -> None:
    """And version and review status are told."""
    assert set(POLICY.level_of.values()) == set(get_args(Level))
    assert POLICY.version
    assert "draft" in POLICY.status


def test_every_alarm_has_signs_and_exemplars() -> None:
    """No category rests on one of the two alone."""
    signed = {sign.category for sign in POLICY.signs}
    shown = {category for _, category in load_exemplars()}
    alarms = {category for category, level in POLICY.level_of.items() if level in ("EMERGENCY", "URGENT")}
    assert alarms | {POLICY.crisis} <= signed
    assert set(POLICY.level_of) <= shown


@pytest.mark.parametrize(("level", "category"), CATEGORIES)
@pytest.mark.parametrize("locale", ["en-GB", "en-US", None])
def test_every_category_has_its_reply(level: Level, category: str, locale: str | None) -> None:
    """A whole text without gaps, in sentences; an ordinary question gets none."""
    message = with_message(Verdict(level, category), POLICY.replies, POLICY.crisis, locale).message
    assert message
    assert "{" not in message
    assert message[0].isupper()
    assert message.rstrip()[-1] in ".?"
    assert ".." not in message
    assert with_message(Verdict(), POLICY.replies, POLICY.crisis, locale).message is None


@pytest.mark.parametrize("category", [c for level, c in CATEGORIES if level == "EMERGENCY"])
def test_an_emergency_opens_with_what_to_do(category: str) -> None:
    """The action and the number of the place come first, and nothing to train."""
    message = with_message(Verdict("EMERGENCY", category), POLICY.replies, POLICY.crisis, "en-US").message or ""
    assert message.startswith("Please stop and ")
    assert "911" in message or "maternity" in message.split(".")[0]
    assert "probably" not in message


@pytest.mark.parametrize(
    ("locale", "number"),
    [("en-GB", "999"), ("en_GB", "999"), ("en-US", "911"), ("fr-US", "911"), ("en-AU", "000"), ("en-NZ", "111"),
     ("de-DE", "112"), ("en", "your local emergency number"), ("xx-XX", "your local emergency number"),
     (None, "your local emergency number"), ("", "your local emergency number")],
)  # fmt: skip
def test_the_number_fits_the_place(locale: str | None, number: str) -> None:
    """A region counts in any language; elsewhere examples of several places are named."""
    message = with_message(Verdict("EMERGENCY", "cardiac"), POLICY.replies, POLICY.crisis, locale).message or ""
    assert number in message


def test_a_crisis_gets_a_line_to_call() -> None:
    """Warmly, with a number of the place, and no word of abuse or refusal."""
    verdict = Verdict(POLICY.level_of[POLICY.crisis], POLICY.crisis)
    message = with_message(verdict, POLICY.replies, POLICY.crisis, "en-GB").message or ""
    assert "116 123" in message
    assert "can't do that" not in message
    elsewhere = with_message(verdict, POLICY.replies, POLICY.crisis, None).message or ""
    assert "findahelpline.com" in elsewhere


@pytest.mark.parametrize(
    ("said", "about", "opening"),
    [
        ("Why does numbness matter?", "danger", "If this is happening to you"),
        ("What are the red flags?", "", "If this is happening to you"),
        ("Is heat good for sciatica?", "condition", "If this is about you"),
        ("Must I stretch?", "", None),
    ],
)
def test_a_question_in_general_gets_the_line_that_fits(said: str, about: str, opening: str | None) -> None:
    """A danger gets the number, a condition one's own clinician, anything else no line at all."""
    verdict = Verdict("GENERAL", "nm_abstract")
    message = with_message(verdict, POLICY.replies, POLICY.crisis, None, said=said, about=about).message
    assert message is None if opening is None else (message or "").startswith(opening)


def test_a_failure_is_an_alarm() -> None:
    """Its category says so, and a number is named."""
    verdict = failed(POLICY.replies, "en-GB")
    assert (verdict.level, verdict.category) == ("URGENT", GUARD_ERROR)
    assert "999" in (verdict.message or "")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("my bak hurtz", "my back hurts"),
        ("Chst is tight, cnt breeth", "chest is tight, cant breathe"),
        ("ded lifts", "deadlifts"),
        ("bakery, bak-up and bak's", "bakery, back-up and bak's"),
        ("my back hurts", "my back hurts"),
    ],
)
def test_what_is_typed_in_a_hurry_is_spelt_out(typed: str, meant: str) -> None:
    """Whole words alone, in either case."""
    guard = Guard(load_policy(), load_languages(), None, lambda word: True)
    assert guard.readable(typed) == meant


@pytest.mark.model
def test_no_spelling_is_a_word_of_its_own(assistant: Assistant) -> None:
    """What is good English is left alone, but for two words that hardly anybody means."""
    known = {slip for slip in load_policy().spellings if assistant.encoder.knows(slip)}
    assert known == {"wat", "wen"}


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "signs-urgent.yaml",
            "signs:\n",
            "signs:\n  nonsense:\n  - {all: [x]}\n",
            r"signs-urgent.yaml:\d+: .*'nonsense'",
        ),
        ("policy.yaml", "levels:", "levels: [", r"policy.yaml:\d+: is not valid YAML"),
        ("policy.yaml", "version:", "edition:", "policy.yaml or scope.yaml: the entry 'version'"),
        ("scope.yaml", "pseudo_negation:", "psuedo_negation:", "scope.yaml: there is no kind of cue 'psuedo_negation'"),
        ("denials.yaml", "fine: [", "fine: [no, ", r"denials.yaml:\d+: 'no' stands under none too"),
        ("denials.yaml", "fine:", "well:", "denials.yaml: its lists have to be none, not, .*, not none"),
        ("replies.yaml", "  cardiac:\n", "  cardial:\n", r"replies.yaml:\d+: the reply for cardiac is missing"),
    ],
)
def test_a_broken_file_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, old: str, new: str, message: str
) -> None:
    """File and line, or what is missing."""
    source = Path(module.__file__).parent / "data"
    copy = tmp_path / "data"
    copy.mkdir()
    for file in source.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == name:
            assert old in text
            text = text.replace(old, new, 1)
        (copy / file.name).write_text(text, encoding="utf-8")
    monkeypatch.setattr(resources, "files", lambda package: tmp_path)
    load_policy.cache_clear()
    try:
        with pytest.raises(SettingsError, match=message):
            load_policy()
    finally:
        monkeypatch.undo()
        load_policy.cache_clear()
