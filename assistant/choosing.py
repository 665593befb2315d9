"""Which articles a question of choice is put to: "which exercise for this muscle", "what instead of that one".

Answered from the tags of the articles' front matter, not from their words: those that have each tag it names, or that
share the tags of what is to be replaced.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from .dialogue import is_fragment
from .lexicon import Lexicon
from .meaning import Concepts
from .names import find_names, leans, mended, subjects
from .text import fold, longest_matches, phrase_pattern, says_any, stems
from .types import Article, Passage, Turn
from .vocabulary import Vocabulary

__all__ = ["Choice", "Chooser"]

_TAG_WORDS = 4
_LISTING_WORDS = 7
"""Words up to which a question asks for nothing but a list."""
_MOST = 8
"""Articles of which a choice is made."""
_INSTEAD = 5
"""Articles told instead of one."""
_SEVERAL = 3
"""Other subjects that an article names under these facets when it tells what may take the place of its own."""
_WORKS = "muscles"
_KIND = "definition"
_OTHERS = ("variations", "regression")
"""Facets under which an article tells what may take its subject's place."""
Tag = tuple[str, str]
"""Facet and word."""


@dataclass(frozen=True)
class Choice:
    """Articles to choose from."""

    articles: tuple[tuple[str, frozenset[str]], ...]
    """Ids, the most fitting first, each with the facets it was chosen by."""
    tags: frozenset[Tag]
    """What an article is to tell."""


class Chooser:
    """Tells what questions of choice choose from."""

    def __init__(
        self,
        articles: Sequence[Article],
        passages: Sequence[Passage],
        titles: Lexicon,
        ids: Mapping[str, str],
        concepts: Concepts,
        vocabulary: Vocabulary,
    ) -> None:
        """Take the corpus, and what its articles are called: `titles` has their names, `ids` the article of each."""
        self._articles = articles
        self._passages = passages
        self._titles = titles
        self._ids = ids
        self._concepts = concepts
        self._vocabulary = vocabulary

    def choice(self, question: str, history: Sequence[Turn]) -> Choice | None:
        """The articles with the tags that a question names, where it asks which of them all to take."""
        named = self._asked_tags(question, [turn.text for turn in history if turn.role == "user"])
        if not named:
            return self._instead(question, history)
        fewer = [named - {tags} for tags in sorted(named & self._several, key=sorted)]  # "at home", with kit
        return next(filter(None, map(self._having, [named, *filter(None, fewer)])), None)

    def _having(self, named: set[frozenset[Tag]]) -> Choice | None:
        """The articles that have one tag of each set, the most fitting first."""
        places = []
        for article in self._articles:
            own = [
                [(article.tags[f].index(word), f) for f, word in tags if word in article.tags.get(f, ())]
                for tags in named
            ]
            if all(own):
                first = [min(places_of_tag) for places_of_tag in own]
                fitting = frozenset(facet for _, facet in first)
                more = sum(len(tags) - 1 for tags, asked in zip(own, named, strict=True) if asked in self._several)
                others = sum(map(len, article.tags.values()))
                places.append((sum(place for place, _ in first) - more, others, article.id, fitting))
        chosen = tuple((id_, facets) for *_, id_, facets in sorted(places)[:_MOST])
        return Choice(chosen, frozenset(tag for tags in named for tag in tags)) if chosen else None

    def chooses_any(self, question: str) -> bool:
        """Whether a question asks which of all things to take, whatever by."""
        folded = fold(self._mended(question))
        return all(says_any(folded, cues) for cues in (self._vocabulary.choosing, self._vocabulary.choosable))

    @cached_property
    def tags(self) -> dict[Tag, frozenset[str | int]]:
        """Each tag of the corpus with what counts as its word."""
        every = {(facet, word) for article in self._articles for facet, own in article.tags.items() for word in own}
        return {tag: self._concepts.of_stems(tuple(stems(tag[1]))) for tag in sorted(every)}

    def _mended(self, question: str) -> str:
        return mended(question, self._titles, self._vocabulary)

    def _asked_tags(self, question: str, earlier: Sequence[str]) -> set[frozenset[Tag]]:
        """What a question of choice names, each as the tags it may be.

        Such as "and for the back?" or "which of these need no kit?" changes the one before.
        """
        question, vocabulary = self._mended(question), self._vocabulary
        folded = fold(question)
        tokens = stems(question)
        listing = len(tokens) <= _LISTING_WORDS and says_any(folded, vocabulary.listing)
        if listing and (kinds := self._named_kinds(tokens)):
            return kinds
        if says_any(folded, vocabulary.not_choosing) or subjects(question, (), self._titles, vocabulary):
            return set()
        found = self._named_tags(tokens)
        named = {tags for _, _, tags in found}
        if says_any(folded, vocabulary.choosing):
            return named
        wanted = not leans(question, vocabulary) and any(self._wanted(tokens, *place) for *place, _ in found)
        narrows = wanted or says_any(folded, vocabulary.narrowing) or is_fragment(question)
        before = self._asked_tags(earlier[-1], earlier[:-1]) if named and narrows and earlier else set()
        facets = {facet for tags in named for facet, _ in tags}
        kept = {tags for tags in before if not any(facet in facets for facet, _ in tags)}
        return named | kept if before or wanted else set()

    def _named_kinds(self, tokens: list[str]) -> set[frozenset[Tag]]:
        """Kinds of things that are named; the pull of a "pull-up" is none."""
        mentions = longest_matches(tokens, _TAG_WORDS, self._titles.names.get)
        return {
            tags
            for start, count, tags in self._named_tags(tokens)
            if any(facet == _KIND for facet, _ in tags)
            and not any(s <= start and start + count <= s + n and n > count for s, n, _ in mentions)
        }

    def _wanted(self, tokens: list[str], start: int, count: int) -> bool:
        """Whether what is wished for, or all there is, stands beside a tag: "a thicker back", "only have a band"."""
        before, behind = tuple(tokens[:start]), tuple(tokens[start + count :])
        wishes = self._vocabulary.choosing_beside
        return any(before[-len(wish) :] == wish or behind[: len(wish)] == wish for wish in wishes)

    def _named_tags(self, tokens: list[str]) -> list[tuple[int, int, frozenset[Tag]]]:
        """First token, count of tokens and tags of what is named, the longest first: "without a band" is no band."""

        def tags_of(gram: tuple[str, ...]) -> frozenset[Tag]:
            said = self._concepts.of_stems(gram)
            own = frozenset(tag for tag, counted in self.tags.items() if counted & said)
            return self._regions.get(gram) or own

        return longest_matches(tokens, _TAG_WORDS, tags_of)

    @cached_property
    def _regions(self) -> dict[tuple[str, ...], frozenset[Tag]]:
        """The tags of what is several."""
        parts = self._vocabulary.regions.items()
        return {tuple(stems(name)): frozenset(tag for tag in self.tags if tag[1] in words) for name, words in parts}

    @cached_property
    def _several(self) -> frozenset[frozenset[Tag]]:
        return frozenset(self._regions.values())

    def _instead(self, question: str, history: Sequence[Turn]) -> Choice | None:
        """What shares the tags of the one thing to be replaced, where its own article does not tell what may be."""
        asked = self._to_replace(self._mended(question), history)
        meant = next((article for article in self._articles if article.id == asked), None)
        works = meant.tags.get(_WORKS, ()) if meant else ()
        if not meant or not works or self._tells_others(meant.id):
            return None
        near = [(_likeness(meant.tags, other.tags), other.id) for other in self._articles if other.id != asked]
        chosen = sorted((-like, id_) for like, id_ in near if like)[:_INSTEAD]
        return Choice(tuple((id_, frozenset([_WORKS])) for _, id_ in chosen), frozenset([(_WORKS, works[0])]))

    def _to_replace(self, question: str, history: Sequence[Turn]) -> str | None:
        """The article of the one thing to be replaced, where nothing else is asked."""
        folded, vocabulary = fold(question), self._vocabulary
        cues = [cue for cue in vocabulary.replacing if phrase_pattern(cue).search(folded)]
        if not cues or says_any(folded, vocabulary.not_choosing):
            return None
        named = subjects(question, history, self._titles, vocabulary)
        rest = folded
        for phrase in (*cues, *vocabulary.missing):
            rest = phrase_pattern(phrase).sub(" ", rest)
        own = self._titles.stems_of(named, stems(question))
        if len(named) != 1 or any(t not in vocabulary.plain_stems and t not in own for t in stems(rest)):
            return None
        return self._ids.get(named[0])

    def _tells_others(self, article: str) -> bool:
        """Whether an article itself names several subjects that may take the place of its own."""
        texts = [p.text for p in self._passages if p.article == article and p.facet in _OTHERS]
        named = {self._ids.get(name) for text in texts for name in find_names(text, self._titles, self._vocabulary)}
        others = [other for other in self._articles if other.kind == "subject" and other.id != article]
        return sum(other.id in named for other in others) >= _SEVERAL


def _likeness(one: Mapping[str, Sequence[str]], other: Mapping[str, Sequence[str]]) -> float:
    """How much the tags of two articles have in common; nothing where the first muscle of the one is not shared.

    Muscles count by their places in both lists, the kind of movement by half.

    >>> _likeness({"muscles": ["arms", "legs"]}, {"muscles": ["legs", "arms"]})
    1.0
    """
    mine, others = one.get(_WORKS, ()), other.get(_WORKS, ())
    if not mine or mine[0] not in others:
        return 0.0
    shared = sum(1 / ((mine.index(tag) + 1) * (others.index(tag) + 1)) for tag in mine if tag in others)
    return shared + 0.5 * len(set(one.get(_KIND, ())) & set(other.get(_KIND, ())))
