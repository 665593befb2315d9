"""Cases, replies and scores worked out by hand, about the bicycles of `tests/bicycles.py`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from eval.dataset import Case, Fact
from eval.types import Place, Reply, Score


def patterns(*texts: str) -> tuple[re.Pattern[str], ...]:
    """Compile patterns as the dataset does."""
    return tuple(re.compile(text, re.IGNORECASE | re.DOTALL) for text in texts)


OFTEN = Case(
    id="often",
    kind="answerable",
    question="How often do I clean the chain?",
    where="cases.jsonl:1",
    topic="dose",
    facts=(
        Fact("distance", patterns(r"(every|each|per)\s+300 (km|kilomet)", r"300 kilometres apart")),
        Fact("chain", patterns(r"\bchain\b")),
    ),
    evidence=("How often",),
    must_not=patterns(r"\b(not|never|don't|no need to)\s+(have to )?clean", r"\btyre"),
    tags=("short",),
)
NOWHERE = Case(id="nowhere", kind="unanswerable", question="Which oil brand is best?", where="cases.jsonl:2")
ALARM = Case(
    id="alarm", kind="guard", question="My chest is tight", where="cases.jsonl:3", level="EMERGENCY", category="cardiac"
)
ANSWER = "Clean the chain every 300 kilometres."


def reply(text: str = ANSWER, **changes: Any) -> Reply:
    """Make a reply that answers."""
    return replace(Reply(text, confidence=1.0), **changes)


def scored(case: Case = OFTEN, *, right: bool = True, **changes: Any) -> Score:
    """Make a score: all facts stated and nothing wrong, or no fact stated; `changes` go to the reply."""
    facts = len(case.facts) if right else 0
    answered = case.covered or not right
    return Score(
        case=case,
        reply=reply(**{"answered": answered, **changes}),
        stated=facts,
        stated_early=facts,
        wrong=False,
        wrong_early=False,
        forced_right=case.covered and right,
        words=6,
        flesch=70.0,
    )


def place(text: str, start: int = 0, article: str = "chain-cleaning") -> Place:
    """Make a place that starts somewhere."""
    return Place(article, start, start + len(text), text)
