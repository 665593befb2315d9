"""Every error Backchat raises on purpose.

BackchatError
├── CorpusError      an article or a folder cannot be read
├── SettingsError    a setting is unknown or has a bad value
├── QuestionError    a question is empty, too long, or not of the contract's form
├── EncoderError     the embedding model cannot be loaded or compiled
└── IndexError_      the index cannot be built, locked or opened

A message says what happened and what to do next; foreign errors are chained (`raise ... from`).
"""

__all__ = ["BackchatError", "CorpusError", "EncoderError", "IndexError_", "QuestionError", "SettingsError"]


class BackchatError(Exception):
    """Base of all errors that a caller of Backchat may want to catch."""


class CorpusError(BackchatError):
    """A file or folder of articles cannot be used; the message names file and line."""


class SettingsError(BackchatError):
    """A setting is unknown or has a value out of range."""


class QuestionError(BackchatError):
    """A question cannot be asked: empty, too long, or malformed."""


class EncoderError(BackchatError):
    """The embedding model is missing, altered, or cannot be compiled."""


class IndexError_(BackchatError):
    """The index cannot be built, locked or opened."""
