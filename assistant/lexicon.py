"""Pure: the words of one corpus, and the names of what it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from .text import stems, words
from .types import Article
from .vocabulary import Vocabulary

__all__ = ["Lexicon", "make_lexicon"]

_NAME_WORDS = 5
_PLAIN_FROM = 6
"""Letters from which a plain word is worth mending into: "diffrence"."""


@dataclass(frozen=True)
class Lexicon:
    """The words of one corpus: stems with how often they occur, and the names of what it is about."""

    stem_counts: dict[str, int]
    """In how many passages a stem occurs."""
    passages: int
    word_forms: frozenset[str]
    spellings: tuple[str, ...]
    """Words a misspelling can be mended into, sorted so that ties fall the same way every time."""
    names: dict[tuple[str, ...], str]
    """Stems of a name (title, alias, heading that is no facet) -> the name as written."""
    main: str
    """What is talked about when nobody says: the first article's name."""
    titles: frozenset[str] = frozenset()
    """The articles' names."""
    topics: frozenset[str] = frozenset()
    """Those of articles that hold for any subject and were asked for: what they say is to the point."""
    known: Callable[[str], bool] = field(default=lambda word: False)
    """Whether a word is common English (not to be mended into another)."""
    every_name: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Names of all articles where these are only some: an earlier question may be about one of the others."""
    every_topic: frozenset[str] = frozenset()
    """Names of all articles that hold for any subject, asked for or not."""
    asked: frozenset[tuple[str, ...]] = frozenset()
    """Keys of `names` that only questions use: their words are nothing of the name's own."""
    mentions: dict[tuple[tuple[str, ...], bool], tuple[tuple[int, int, str], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Names found in the last texts, for `assistant.names`; a changed copy has its own."""
    _headings: dict[tuple[tuple[str, ...], str], frozenset[str]] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def keys_with(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """Stem -> keys of the names that hold it: a large corpus has thousands of names."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for key in self.names.keys() - self.asked:
            for token in dict.fromkeys(key):
                found.setdefault(token, []).append(key)
        return {token: tuple(sorted(keys)) for token, keys in found.items()}

    @cached_property
    def _stems_of(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for key, name in self.names.items():
            if key not in self.asked:
                found.setdefault(name, {}).update(dict.fromkeys(key))
        return {name: tuple(tokens) for name, tokens in found.items()}

    def stems_of(self, names: Iterable[str], said: Sequence[str]) -> tuple[str, ...]:
        """The stems that name these things, each once: of all their names, and of what a question calls them.

        Args:
            names: names as written.
            said: the question's stems.
        """
        called = [key for key in self.asked if set(key) <= set(said) and self.names.get(key) in set(names)]
        own = [token for name in names for token in self._stems_of.get(name, ())]
        return tuple(dict.fromkeys([*own, *(token for key in sorted(called) for token in key)]))

    def names_in_headings(self, headings: tuple[str, ...], title: str) -> frozenset[str]:
        """Names, other than that of the article itself, that a heading path says its section is about."""
        if (headings, title) not in self._headings:
            short = [set(stems(heading)) for heading in headings if len(heading.split()) <= _NAME_WORDS]
            found = {
                self.names[key]
                for tokens in short
                for token in tokens
                for key in self.keys_with.get(token, ())
                if self.names[key] != title and set(key) <= tokens
            }
            self._headings[headings, title] = frozenset(found)
        return self._headings[headings, title]


def make_lexicon(
    articles: Sequence[Article],
    texts: Iterable[str],
    vocabulary: Vocabulary,
    names: Sequence[str],
    known: Callable[[str], bool],
) -> Lexicon:
    """Collect a corpus's words.

    Args:
        articles: the corpus.
        texts: the passages' texts with their headings.
        vocabulary: tells facet headings, which are no names.
        names: display name of each article, in order.
        known: whether a word is common English.
    """
    counts: dict[str, int] = {}
    forms: set[str] = set()
    size = 0
    for text in texts:
        size += 1
        forms.update(words(text))
        for token in set(stems(text)):
            counts[token] = counts.get(token, 0) + 1
    table: dict[tuple[str, ...], str] = {}
    asked: set[tuple[str, ...]] = set()
    alone = all(article.kind != "subject" for article in articles)
    for article, name in zip(articles, names, strict=True):
        for alias in (name, *article.names) if alone or article.kind != "topic" else ():
            key = tuple(stems(alias))
            asked |= {key} if key not in table and alias in article.asked_as else set()
            table.setdefault(key, name)
    for article in articles:  # a heading that is another article's name means that article
        for section in article.sections:
            heading = section.heading[-1] if section.heading else ""
            if heading and vocabulary.facet_of_heading(heading) is None and len(heading.split()) <= 4:
                key = tuple(token for token in stems(heading) if token not in vocabulary.plain_stems)
                if key:
                    table.setdefault(key, heading)
    told = forms | vocabulary.synonym_words | {word for word in vocabulary.generic_words if len(word) >= _PLAIN_FROM}
    spellings = tuple(sorted(word for word in told if len(word) > 3 and word.isalpha()))
    topics = frozenset(
        name for article, name in zip(articles, names, strict=True) if article.kind == "topic" and not alone
    )
    return Lexicon(
        counts,
        size,
        frozenset(forms),
        spellings,
        table,
        names[0] if names else "",
        frozenset(names),
        topics,
        known,
        asked=frozenset(asked),
    )
