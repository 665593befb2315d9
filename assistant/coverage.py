"""Pure: ranked candidates -> what tells whether the question is covered at all."""

from __future__ import annotations

from collections.abc import Sequence

from .evidence import SPAN_FEATURES, Candidate, share
from .meaning import OFF_TOPIC, Concepts
from .types import Interpretation, Level

__all__ = ["COVERAGE_FEATURES", "coverage_features", "leaning"]

COVERAGE_FEATURES = (
    "best_score",
    "best_similarity",
    "best_aimed",
    "best_terms",
    "passage_terms",
    "unknown_terms",
    "unknown_share",
    "kind_absent",
    "facet_known",
    "terms",
    "margin",
    "remote",
    "very_remote",
    "remote_unknown",
    "off_topic",
    "off_topic_remote",
    "beyond",
    "beyond_told",
    "unknown_short",
    "nothing_known",
    "specific_told",
    "specific_elsewhere",
    "specific_missing",
    "kind_met",
    "kind_apart",
    "alternatives_told",
    "alternatives_missing",
)

_SHORT_QUESTION = 9
_STRANGE = 2.5
"""Log odds of being covered that a question has to have besides when it is off the policy's topic: more than any such
question of the dev half has (1.8), and little more, for the guard may misread a misspelt one."""
_ELSEWHERE = 0.75
"""Log odds given to articles about something else: the weights were learned on the policy's topic, and what is about
another looks uncovered to them. Chosen on the dev half's cases about such articles."""


def _apart(asked: Interpretation, best: Sequence[Candidate], concepts: Concepts) -> float:
    """How much of a question the passages lack that have its kind of answer: a number, but of something else."""
    kind = SPAN_FEATURES.index("kind_in_span")
    passages = [candidate.hit.passage for candidate in best if candidate.features[kind]]
    terms = concepts.beside_kind(asked) if passages else []
    if not terms:
        return 0.0
    texts = (concepts.of_text(f"{' '.join(passage.heading)} {passage.text}") for passage in passages)
    return 1 - max(share(terms, text) for text in texts)


def leaning(level: Level, in_scope: bool) -> float:
    """What is added to the log odds of being covered, for a verdict and articles on the policy's topic or not."""
    if not in_scope:
        return _ELSEWHERE
    return -_STRANGE if level == "OFF_TOPIC" else 0.0


def coverage_features(
    asked: Interpretation, ranked: Sequence[tuple[float, Candidate]], concepts: Concepts
) -> tuple[float, ...]:
    """What tells whether the best candidates answer the question (order of COVERAGE_FEATURES)."""
    terms = concepts.of_question(asked)
    unknown = [weight for _, weight, known in terms if not known]
    total = sum(weight for _, weight, _ in terms) or 1.0
    top = [candidate.features for _, candidate in ranked[:3]] or [tuple(0.0 for _ in SPAN_FEATURES)]
    name = {feature: index for index, feature in enumerate(SPAN_FEATURES)}
    scores = [score for score, _ in ranked[:5]] or [0.0]
    nearest = max((c.hit.similarity for _, c in ranked), default=0.0)
    elsewhere = asked.facet_meaning.get(OFF_TOPIC, 0.0)
    beyond = sum(share for aspect, share in asked.facet_meaning.items() if aspect in concepts.aspects)
    specific = concepts.specific(asked)
    either = concepts.alternatives(asked.question)
    everything: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.hit.passage.text) for _, c in ranked))
    if asked.claim:  # a wrong claim has words of its own
        specific = [wanted for wanted in specific if wanted & everything]
    nearby: frozenset[str | int] = frozenset().union(*(concepts.of_text(c.span.text) for _, c in ranked[:3]))
    return (
        scores[0],
        max(f[name["span_similarity"]] for f in top),
        max(f[name["aimed_similarity"]] for f in top),
        max(f[name["terms_in_span"]] for f in top),
        max(f[name["terms_in_passage"]] for f in top),
        float(len(unknown)),
        sum(unknown) / total,
        float(all(f[name["kind_absent"]] for f in top)),
        float(bool(asked.facets)),
        float(min(len(terms), 6)),
        scores[0] - scores[-1],
        max(0.0, 0.3 - nearest),
        max(0.0, 0.15 - nearest),
        max(0.0, 0.3 - nearest) * sum(unknown) / total,
        elsewhere,
        elsewhere * max(0.0, 0.5 - nearest),
        beyond,
        beyond * max(c.beyond for _, c in ranked[:3]) if ranked else 0.0,
        sum(unknown) / total * float(len(asked.question.split()) <= _SHORT_QUESTION),
        float(bool(terms) and len(unknown) == len(terms)),
        float(sum(bool(wanted & nearby) for wanted in specific)),
        float(sum(not wanted & nearby and bool(wanted & everything) for wanted in specific)),
        float(sum(not wanted & everything for wanted in specific)),
        float(any(f[name["kind_in_span"]] for f in top)),
        _apart(asked, [c for _, c in ranked[:3]], concepts),
        float(any(wanted & nearby for wanted in either)),
        float(bool(either) and not any(wanted & nearby for wanted in either)),
    )
