from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings, quiet_environment


def test_defaults_need_nothing() -> None:
    """Without any setting the shipped articles are used and only this machine is served."""
    settings = Settings()
    assert settings.corpus_path.is_dir()
    assert (settings.corpus_path / "back-extension.md").is_file()
    assert settings.host == "127.0.0.1"
    assert settings.cache_path.name == "backchat"


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every BACKCHAT_ name sets the setting of that name, and an argument wins over it."""
    monkeypatch.setenv("BACKCHAT_CORPUS", str(tmp_path))
    monkeypatch.setenv("BACKCHAT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("BACKCHAT_PORT", "8123")
    settings = Settings()
    assert (settings.corpus_path, settings.cache_path, settings.port) == (tmp_path, tmp_path / "cache", 8123)
    assert Settings(port=9000).port == 9000


@pytest.mark.parametrize("name", ["CORPUS", "CACHE_DIR", "PORT", "MODEL"])
def test_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A variable that is set to nothing is as good as not set; an empty corpus is not the working directory."""
    plain = Settings()
    monkeypatch.setenv(f"BACKCHAT_{name}", "")
    assert Settings() == plain


def test_unknown_variable_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen in a variable's name is not passed over."""
    monkeypatch.setenv("BACKCHAT_CORPSE", "x")
    with pytest.raises(SettingsError, match="BACKCHAT_CORPSE"):
        Settings()


def test_unknown_argument_is_refused_by_name() -> None:
    """The same goes for an argument."""
    with pytest.raises(SettingsError, match="corpse"):
        Settings(corpse="x")


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "70000"), ("port", "http"), ("threads", "0"), ("threads", "many"), ("max_question_chars", "0")],
)
def test_bad_value_is_refused_with_its_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    """A value out of range or of the wrong kind names its setting, from the environment and as argument."""
    with pytest.raises(SettingsError, match=name):
        Settings(**{name: value})
    monkeypatch.setenv(f"BACKCHAT_{name.upper()}", value)
    with pytest.raises(SettingsError, match=name):
        Settings()


def test_settings_do_not_change() -> None:
    """A running assistant's settings are frozen."""
    with pytest.raises(ValueError, match="frozen"):
        Settings().port = 1


def test_quiet_environment_switches_telemetry_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """The libraries below us neither phone home nor fetch models."""
    for name in ("ANONYMIZED_TELEMETRY", "HF_HUB_OFFLINE", "GRADIO_ANALYTICS_ENABLED", "LANGSMITH_TRACING"):
        monkeypatch.setenv(name, "")
    monkeypatch.delenv("HF_HUB_OFFLINE")
    quiet_environment()
    import os

    assert os.environ["ANONYMIZED_TELEMETRY"] == "False"
    assert os.environ["HF_HUB_OFFLINE"] == "1"
    assert os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
    assert os.environ["LANGSMITH_TRACING"] == "false"
