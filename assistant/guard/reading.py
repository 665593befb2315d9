"""Pure: one message -> the signs in it, the live ones apart from those that are denied, supposed, over or figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from .concepts import Lexicon, Mention, Sign
from .message import Clause
from .scope import Cues, Scope

__all__ = ["Reading", "by_class", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a message reports."""

    live: frozenset[str]
    """Categories with a sign that is reported of somebody, now."""
    hidden: frozenset[str]
    """Categories with a sign that is only denied, supposed or long over; a name or a figure of speech is no sign."""
    classes: frozenset[str]
    """Every class of words that is mentioned and not denied or figurative, for signs that need another one said."""
    masked: bool
    supposed: bool
    over: bool
    cleared: bool
    """It says that somebody who can tell has looked at it."""
    corrected: bool
    """It takes a report back as a misunderstanding."""


def read(
    clauses: Sequence[Clause], lexicon: Lexicon, signs: Mapping[str, Sequence[Sign]], cues: Cues, said: frozenset[str]
) -> Reading:
    """Read a message.

    Args:
        clauses: of the message.
        lexicon: finds classes of words.
        signs: what makes a category, as `by_class` sorts them.
        cues: what makes a mention worthless.
        said: classes of words of the person's earlier messages.
    """
    scopes = [Scope(clause, cues) for clause in clauses]

    def says(kind: str) -> bool:
        return any(scope.says(kind) for scope in scopes)

    supposed_sentences = {c.sentence for c, scope in zip(clauses, scopes, strict=True) if scope.supposed}
    sorted_mentions = [_sorted(lexicon.mentions(c), scope) for c, scope in zip(clauses, scopes, strict=True)]
    classes = frozenset(name for live, *_ in sorted_mentions for name in live) | said
    live: set[str] = set()
    hidden: set[str] = set()
    for clause, scope, (here, denied, masked) in zip(clauses, scopes, sorted_mentions, strict=True):
        dead = denied | masked
        discounted = clause.sentence in supposed_sentences or scope.over
        for sign in chain.from_iterable(signs.get(name, ()) for name in here | dead):
            if set(sign.unless) & (here | dead) or not set(sign.together) <= classes:
                continue
            if set(sign.all) <= here and not discounted:
                live.add(sign.category)
            elif set(sign.all) <= here | denied:
                hidden.add(sign.category)
    return Reading(
        live=frozenset(live),
        hidden=frozenset(hidden - live),
        classes=classes,
        masked=any(scope.masked for scope in scopes),
        supposed=bool(supposed_sentences),
        over=any(scope.over for scope in scopes),
        cleared=says("cleared") or (says("seen") and says("well")),
        corrected=says("corrected"),
    )


def by_class(signs: Iterable[Sign]) -> Mapping[str, Sequence[Sign]]:
    """Signs by the first of the classes they need, so that a clause is held against few of them."""
    found: dict[str, list[Sign]] = {}
    for sign in signs:
        found.setdefault(sign.all[0], []).append(sign)
    return found


def _sorted(mentions: Iterable[Mention], scope: Scope) -> tuple[set[str], set[str], set[str]]:
    """Classes with a mention that counts, those with only denied ones, and those in names or figures of speech."""
    found: dict[str, set[str]] = {"live": set(), "denied": set(), "masked": set()}
    for mention in mentions:
        kind = "masked" if scope.is_masked(mention) else "denied" if scope.is_denied(mention) else "live"
        found[kind].add(mention.name)
    live, denied, masked = found.values()
    return live, denied - live, masked - live - denied
