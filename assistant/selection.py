"""Pure: ranked candidates -> the spans to quote, within a budget of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .evidence import SPAN_FEATURES, Candidate
from .text import stems, word_count
from .types import Interpretation

__all__ = ["MARGIN", "one_each", "select", "wants_whole_list"]

MARGIN = 2.5
"""How far below the best score a span may lie; wider margins state a little more and read much worse."""
_NAME_CLASH = SPAN_FEATURES.index("name_clash")
_PRONOUN = SPAN_FEATURES.index("pronoun")
_COMPARED = 2
"""Names of a question that each get a quote."""
_TELLING = ("definition", "muscles")
"""Facets that tell two things apart."""
_LIST_DEPTH = 12
_STRETCH = 10
"""Words by which a gap between two quoted sentences, or the last of a list, may overdraw the budget."""


def select(
    asked: Interpretation,
    ranked: Sequence[tuple[float, Candidate]],
    budget: int,
    taken: frozenset[tuple[str, int]] = frozenset(),
) -> list[Candidate]:
    """The spans to quote, best first: an item asked for by number, a whole list of steps, or what a budget allows.

    Args:
        asked: what is asked.
        ranked: candidates by score, best first; not empty.
        budget: about how many words to quote.
        taken: (article, start) of spans that another part of the answer already quotes.
    """
    if asked.ordinal is not None and (item := _numbered_item(asked, ranked)):
        return [item]
    if wants_whole_list(asked) and (steps := _step_list(ranked, budget)):
        return steps
    if asked.bare and (compared := _compared(asked, ranked, budget)):
        return compared
    chosen: list[Candidate] = []
    used = 0
    best = ranked[0][0]
    for score, candidate in ranked:
        length = word_count(candidate.span.text) + _words_before(candidate)
        key = (candidate.hit.passage.article, candidate.span.start)
        too_much = score < best - MARGIN or used + length > budget
        if key in taken or (chosen and too_much):
            continue
        chosen.append(candidate)
        used += length
    chosen = _of_each_name(asked, chosen, ranked, budget)
    used = sum(word_count(candidate.span.text) for candidate in chosen)
    return _coherent(chosen, ranked, used, budget, taken) or [ranked[0][1]]


def _compared(asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], budget: int) -> list[Candidate]:
    """What tells two names apart: spans that name both, then what each is and what it works. Empty without two."""
    names = [name for name in asked.names[:_COMPARED] if any(c.hit.passage.title == name for _, c in ranked)]
    if len(names) < _COMPARED:
        return []
    own = [c for _, c in ranked if c.hit.passage.title in names and not c.features[_PRONOUN]]
    both = [c for c in own if all(set(stems(name)) <= set(stems(c.span.text)) for name in names)]
    openings = [
        next((c for c in own if (c.hit.passage.title, c.hit.passage.facet) == (name, facet) and _opens(c)), None)
        for facet in _TELLING
        for name in names
    ]
    result: list[Candidate] = []
    for candidate in (*both[:_COMPARED], *openings):
        length = sum(word_count(c.span.text) for c in (*result, candidate) if c)
        if candidate and candidate not in result and length <= budget + _STRETCH:
            result.append(candidate)
    return result


def _opens(candidate: Candidate) -> bool:
    return candidate.span == candidate.hit.passage.spans[0]


def _of_each_name(
    asked: Interpretation, chosen: Sequence[Candidate], ranked: Sequence[tuple[float, Candidate]], budget: int
) -> list[Candidate]:
    """The chosen spans, the last of them given up for the best one of a name that has none: "X or Y" is about both."""
    result = list(chosen)
    told = {candidate.hit.passage.title for candidate in chosen}
    for name in asked.names[:_COMPARED] if told & set(asked.names) else ():
        own = (c for _, c in ranked if c.hit.passage.title == name and not c.features[_PRONOUN])
        if name not in told and (best := next(own, None)):
            room = budget - word_count(best.span.text)
            while len(result) > 1 and sum(word_count(c.span.text) for c in result) > room:
                result.pop()
            result.append(best)
    return result


def one_each(
    ranked: Sequence[tuple[float, Candidate]], articles: Sequence[str], told: Callable[[Candidate], bool], budget: int
) -> list[Candidate]:
    """The best span of each article, of those that tell what is looked for if any do, as far as the budget goes.

    One that names its subject goes before the others: "The middle trapezius helps" says of nothing that it helps.

    Args:
        ranked: candidates by score, best first.
        articles: ids, the most fitting first.
        told: whether a span tells what is looked for.
        budget: about how many words to quote.
    """
    chosen: list[Candidate] = []
    used = 0
    for article in articles:
        own = [c for _, c in ranked if c.hit.passage.article == article and not c.features[_PRONOUN]]
        telling = [c for c in own if told(c)] or own[:1]
        best = next((c for c in telling if _names_subject(c)), next(iter(telling), None))
        if best and used + word_count(best.span.text) <= budget + _STRETCH:
            chosen.append(best)
            used += word_count(best.span.text)
    return chosen


def _names_subject(candidate: Candidate) -> bool:
    return set(stems(candidate.hit.passage.title)) <= set(stems(candidate.span.text))


def _words_before(candidate: Candidate) -> int:
    """Words of the sentence that a span leans on, which has to be quoted with it."""
    spans = candidate.hit.passage.spans
    position = spans.index(candidate.span)
    return word_count(spans[position - 1].text) if position and candidate.features[_PRONOUN] else 0


def _coherent(
    chosen: Sequence[Candidate],
    ranked: Sequence[tuple[float, Candidate]],
    used: int,
    budget: int,
    taken: frozenset[tuple[str, int]],
) -> list[Candidate]:
    """The chosen spans with what they need to be understood, as far as it fits.

    That is the sentence before one that opens with a pronoun, and a sentence between two chosen ones of a passage.
    """
    places = {(c.hit.passage.id, c.span.start) for c in chosen}
    leaning = {(c.hit.passage.id, c.span.start) for c in chosen if c.features[_PRONOUN]}
    result = list(chosen)
    for _, candidate in ranked:
        passage, span = candidate.hit.passage, candidate.span
        here = (passage.id, span.start)
        position = passage.spans.index(span)
        if span.kind != "sentence" or here in places or position == len(passage.spans) - 1:
            continue
        following = (passage.id, passage.spans[position + 1].start)
        before = (passage.id, passage.spans[position - 1].start) if position else None
        wanted = following in leaning or (following in places and before in places)
        fits = used + word_count(span.text) <= budget + _STRETCH
        if wanted and fits and (passage.article, span.start) not in taken:
            result.append(candidate)
            used += word_count(span.text)
    return result


def wants_whole_list(asked: Interpretation) -> bool:
    """Whether a question asks how to do the thing as a whole."""
    facets = [facet for facet in asked.facets if facet != "definition"]  # "what are the steps" only sounds like one
    return asked.overview and facets[:1] in (["technique"], ["setup"])


def _step_list(ranked: Sequence[tuple[float, Candidate]], budget: int) -> list[Candidate]:
    """All items of the best-placed list of steps, if it fits into one and a half budgets, with the set-up if it fits.

    Where the set-up answers far better than any step, it is all that was asked for.
    """
    best = ranked[0]
    for score, candidate in ranked[:_LIST_DEPTH]:
        passage = candidate.hit.passage
        if _sets_up(best[1]) and score < best[0] - MARGIN:
            break
        if candidate.span.kind != "step" or candidate.features[_NAME_CLASH]:
            continue
        items = [c for _, c in ranked if c.hit.passage.id == passage.id and c.span.kind == "step"]
        before = [c for _, c in ranked if _sets_up(c) and c.hit.passage.article == passage.article and c not in items]
        length, ahead = (sum(word_count(c.span.text) for c in own) for own in (items, before))
        if length + ahead <= 1.25 * budget:
            return [*before, *items]
        if length <= 1.5 * budget:
            return items
    return []


def _sets_up(candidate: Candidate) -> bool:
    return candidate.hit.passage.facet == "setup"


def _numbered_item(asked: Interpretation, ranked: Sequence[tuple[float, Candidate]]) -> Candidate | None:
    """The item asked for by number in the best-placed list that is long enough; the set-up's last, unless asked for."""
    ordinal = asked.ordinal or 1
    for _, candidate in sorted(ranked, key=lambda pair: _sets_up(pair[1]) and "setup" not in asked.facets):
        facet = candidate.hit.passage.facet  # the first mistake is not the first step
        other = candidate.span.kind == "step" and asked.facets and facet and facet not in asked.facets
        if candidate.span.kind == "sentence" or candidate.features[_NAME_CLASH] or other:
            continue
        items = [span for span in candidate.hit.passage.spans if span.kind == candidate.span.kind]
        if abs(ordinal) <= len(items):
            wanted = items[ordinal - 1 if ordinal > 0 else ordinal]
            return next(c for _, c in ranked if c.span == wanted and c.hit.passage.id == candidate.hit.passage.id)
    return None
