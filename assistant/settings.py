"""RIM: the one reader of the environment. Every setting is `BACKCHAT_` plus its name in capitals."""

from __future__ import annotations

import os
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from .errors import SettingsError

__all__ = ["BUNDLED_MODEL", "Settings", "quiet_environment"]

BUNDLED_MODEL = "all-MiniLM-L6-v2"


class Settings(BaseSettings):
    """How Backchat runs. Unknown names and bad values raise SettingsError."""

    model_config = SettingsConfigDict(env_prefix="BACKCHAT_", env_ignore_empty=True, extra="forbid", frozen=True)

    corpus: Path | None = Field(None, description="Folder or file of articles; empty: the shipped articles.")
    cache_dir: Path | None = Field(
        None, description="Where index and compiled model are kept; empty: the user's cache folder."
    )
    model: str = Field(
        BUNDLED_MODEL,
        description="Name or folder of a sentence-transformers model; the default comes with the install.",
    )
    threads: int = Field(1, ge=1, le=64, description="Threads of the encoder when a question is asked.")
    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(7860, ge=0, le=65535, description="Port the server listens on; 0 takes a free one.")
    public_url: str = Field(
        "", description="Address under which readers reach the server, put in front of links to our article pages."
    )
    locale: str = Field(
        "", description="Where readers are, such as en-GB, if a request does not say: emergency numbers depend on it."
    )
    allowed_origins: str = Field(
        "", description="Sites whose pages may ask, such as https://example.org, apart by spaces; * for every site."
    )
    rate_limit: str = Field("60/minute", description="Questions of one address, such as 60/minute, or off.")
    session_rate_limit: str = Field("30/minute", description="Questions of one conversation, or off.")
    trusted_proxies: str = Field(
        "", description="Addresses of proxies whose X-Forwarded-For is believed, apart by commas; empty: none."
    )
    max_waiting: int = Field(16, ge=0, le=10_000, description="Questions that may wait; further ones get 503.")
    feedback_file: Path | None = Field(
        None, description="SQLite file that keeps feedback; empty: in the user's data folder."
    )
    feedback_days: int = Field(365, ge=0, description="Days after which feedback is deleted; 0: never.")
    max_question_chars: int = Field(2000, ge=1, description="Longest question that is taken, in characters.")

    def __init__(self, **values: Any) -> None:
        unknown = sorted(
            name for name in os.environ
            if name.startswith("BACKCHAT_") and name.removeprefix("BACKCHAT_").lower() not in type(self).model_fields
        )  # fmt: skip
        if unknown:
            raise SettingsError(f"unknown setting {', '.join(unknown)}; the README lists the names")
        try:
            super().__init__(**values)
        except ValidationError as exc:
            first = exc.errors()[0]
            name = ".".join(str(part) for part in first["loc"])
            raise SettingsError(f"setting {name!r}: {first['msg']} (the README lists the settings)") from exc

    @property
    def corpus_path(self) -> Path:
        """The articles' file or folder: the setting, or the shipped corpus wherever it is installed."""
        if self.corpus is not None:
            return self.corpus.expanduser().resolve()
        packaged = Path(str(resources.files("assistant"))) / "corpus"
        return packaged if packaged.is_dir() else packaged.parent.parent / "corpus"

    @property
    def cache_path(self) -> Path:
        """The folder for index and compiled model."""
        if self.cache_dir is not None:
            return self.cache_dir.expanduser().resolve()
        from platformdirs import user_cache_path

        return user_cache_path("backchat", appauthor=False)

    @property
    def feedback_path(self) -> Path:
        """The file that keeps feedback."""
        if self.feedback_file is not None:
            return self.feedback_file.expanduser().resolve()
        from platformdirs import user_data_path

        return user_data_path("backchat", appauthor=False) / "feedback.sqlite3"


def quiet_environment() -> None:
    """Switch off telemetry and hub access of the libraries below us; call before they are imported."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # our products are small: threads that spin beside a busy core cost more than they save
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.update(
        ANONYMIZED_TELEMETRY="False",
        HF_HUB_DISABLE_TELEMETRY="1",
        GRADIO_ANALYTICS_ENABLED="False",
        GRADIO_ANALYTICS_CACHE_FREQUENCY="1000000",  # else every event rebuilds statistics over the last 10,000
        GRADIO_ANALYTICS_MAX_EVENTS="100",
        LANGCHAIN_TRACING_V2="false",
        LANGSMITH_TRACING="false",
    )
