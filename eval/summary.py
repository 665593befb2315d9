"""Pure: the scores of one system over many cases -> figures with intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .abstention import area_under_risk_coverage, risk_coverage
from .dataset import KINDS
from .intervals import NOTHING, median_interval, share
from .ranking import ndcg_at, recall_at, reciprocal_rank_at
from .types import Interval, Score

__all__ = [
    "FIGURES",
    "FIGURE_SAID",
    "KIND_SAID",
    "QA_KINDS",
    "Figure",
    "curve",
    "figures",
    "kind_rates",
    "operating_point",
    "slices",
]

QA_KINDS = tuple(kind for kind in KINDS if kind != "guard")
KIND_SAID = {
    "answerable": "answerable, fully correct",
    "dialogue": "follow-ups, fully correct",
    "multi": "two-part, fully correct",
    "false_premise": "false premise corrected",
    "unanswerable": "near-topic unanswerable, declined",
    "off_topic": "off-topic, declined",
}
Pair = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that is a sum over a sum; `of` gives a case's part and whole, or None where it does not count."""

    name: str
    said: str
    of: Callable[[Score], Pair | None]
    better: Literal["higher", "lower"] = "higher"
    needs: Literal["any", "citations"] = "any"
    """Which systems have it: all, or those that cite."""


def _covered(value: Callable[[Score], float]) -> Callable[[Score], Pair | None]:
    return lambda s: (value(s), 1.0) if s.case.covered else None


def _uncovered(value: Callable[[Score], float]) -> Callable[[Score], Pair | None]:
    return lambda s: None if s.case.covered else (value(s), 1.0)


def _facts(count: Callable[[Score], int]) -> Callable[[Score], Pair | None]:
    return lambda s: (count(s), len(s.case.facts)) if s.case.covered else None


def _found(value: Callable[[Score], float]) -> Callable[[Score], Pair | None]:
    return lambda s: (value(s), 1.0) if s.relevant_total else None


def _quotes(count: Callable[[Score], int], covered_only: bool = False) -> Callable[[Score], Pair | None]:
    def pair(s: Score) -> Pair | None:
        quotes = len(s.reply.quotes) if s.reply.answered else 0
        return (count(s), quotes) if quotes and (s.case.covered or not covered_only) else None

    return pair


def _declined(s: Score) -> Pair | None:
    return None if s.reply.answered else (float(not s.case.covered), 1.0)


def _unconfirmed(s: Score) -> Pair | None:
    """A premise counts as confirmed unless the answer corrects it or there is none: silence about it is consent."""
    return (float(s.correct or not s.reply.answered), 1.0) if s.case.kind == "false_premise" else None


def _supported(s: Score) -> Pair | None:
    return (s.reply.supported, s.reply.sentences) if s.reply.answered and s.reply.sentences else None


def _readable(s: Score) -> Pair | None:
    return (s.flesch, 1.0) if s.reply.answered and s.words else None


FIGURES = (
    Figure("fully_correct", "fully correct, first 100 words", _covered(lambda s: s.correct)),
    Figure("fully_correct_anywhere", "fully correct, whole answer",
           _covered(lambda s: s.correct_anywhere)),
    Figure("fact_recall", "key facts stated, first 100 words", _facts(lambda s: s.stated_early)),
    Figure("fact_recall_anywhere", "key facts stated, whole answer", _facts(lambda s: s.stated)),
    Figure("citation_precision", "citation precision (quotes on point)",
           _quotes(lambda s: s.quotes_on_point, covered_only=True), needs="citations"),
    Figure("citation_recall", "citation recall (facts in a quote)", _facts(lambda s: s.facts_quoted),
           needs="citations"),
    Figure("verbatim_quotes", "quotes that are verbatim", _quotes(lambda s: s.verbatim), needs="citations"),
    Figure("supported_sentences", "sentences that stand in their quotes", _supported, needs="citations"),
    Figure("abstention_recall", "uncovered, declined", _uncovered(lambda s: s.correct)),
    Figure("abstention_precision", "declined, rightly so", _declined),
    Figure("wrongly_declined", "covered, declined (lower is better)", _covered(lambda s: not s.reply.answered),
           better="lower"),
    Figure("premise_unconfirmed", "false premise not confirmed (corrected or declined)", _unconfirmed),
    Figure("recall_at_1", "retrieval: recall@1", _found(lambda s: recall_at(1, s.relevant, s.relevant_total))),
    Figure("recall_at_5", "retrieval: recall@5", _found(lambda s: recall_at(5, s.relevant, s.relevant_total))),
    Figure("recall_at_10", "retrieval: recall@10", _found(lambda s: recall_at(10, s.relevant, s.relevant_total))),
    Figure("mrr_at_10", "retrieval: MRR@10", _found(lambda s: reciprocal_rank_at(10, s.relevant))),
    Figure("ndcg_at_10", "retrieval: nDCG@10", _found(lambda s: ndcg_at(10, s.relevant, s.relevant_total))),
    Figure("flesch", "reading ease of answers (Flesch)", _readable),
)  # fmt: skip
FIGURE_SAID = {
    **{figure.name: figure.said for figure in FIGURES},
    "aurc": "area under risk-coverage (lower)",
    "median_words": "median words of an answer",
}
"""What every figure is called; the last two are not sums over sums."""


def figures(scores: Sequence[Score], *, cites: bool) -> dict[str, Interval]:
    """Every figure of a system over question cases (guard cases are left out)."""
    asked = [s for s in scores if s.case.kind != "guard"]
    found: dict[str, Interval] = {}
    for figure in FIGURES:
        if figure.needs == "any" or cites:
            found[figure.name] = _ratio([pair for s in asked if (pair := figure.of(s))])
    found["aurc"] = area_under_risk_coverage(*_confidences(asked))
    found["median_words"] = median_interval([s.words for s in asked if s.reply.answered])
    return found


def _ratio(pairs: Sequence[Pair]) -> Interval:
    return share(*zip(*pairs, strict=True)) if pairs else NOTHING


def _confidences(asked: Sequence[Score]) -> tuple[list[float], list[bool]]:
    return [s.reply.confidence for s in asked], [not s.forced_right for s in asked]


def curve(scores: Sequence[Score]) -> list[tuple[float, float]]:
    """Risk-coverage points over question cases: a right answer to a covered question is no risk, all else is."""
    asked = [s for s in scores if s.case.kind != "guard"]
    return risk_coverage(*_confidences(asked)) if asked else []


def operating_point(scores: Sequence[Score]) -> tuple[float, float] | None:
    """Where on the plane of the curve a system really stands: share answered, share of those that are wrong."""
    asked = [s for s in scores if s.case.kind != "guard"]
    answered = [s for s in asked if s.reply.answered]
    if not answered:
        return None
    wrong = sum(not s.correct for s in answered)
    return round(len(answered) / len(asked), 3), round(wrong / len(answered), 3)


def kind_rates(scores: Iterable[Score]) -> dict[str, Interval]:
    """Share of correct replies by kind of case, without kinds that have none."""
    outcomes: dict[str, list[float]] = {kind: [] for kind in QA_KINDS}
    for s in scores:
        if s.case.kind != "guard":
            outcomes[s.case.kind].append(float(s.correct))
    return {kind: share(found) for kind, found in outcomes.items() if found}


def slices(scores: Iterable[Score]) -> dict[str, dict[str, Interval]]:
    """Share of covered cases that are fully correct, by topic and by tag."""
    found: dict[str, dict[str, list[float]]] = {"topic": {}, "tag": {}}
    for s in scores:
        if s.case.covered:
            if s.case.topic:
                found["topic"].setdefault(s.case.topic, []).append(float(s.correct))
            for tag in s.case.tags:
                found["tag"].setdefault(tag, []).append(float(s.correct))
    return {by: {name: share(flags) for name, flags in sorted(groups.items())} for by, groups in found.items()}
