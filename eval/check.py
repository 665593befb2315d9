"""Pure: cases against the corpus they are about, and against their own example answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.text import sentences
from assistant.types import Article

from .dataset import Case, states
from .metrics import passes

__all__ = ["case_problems"]


def case_problems(cases: Iterable[Case], articles: Sequence[Article]) -> list[str]:
    """What is wrong, each with file and line.

    Sections that no article has; facts that their own evidence does not state; must-not patterns that forbid the
    evidence itself; example answers that the patterns judge the wrong way.
    """
    sections: dict[str, str] = {}
    for article in articles:
        for section in article.sections:
            text = article.text[section.start : section.end]
            for name in (section.heading[-1], f"{article.id} > {section.heading[-1]}") if section.heading else ():
                sections[name] = f"{sections.get(name, '')}\n{text}"
    return [f"{case.where}: {case.id}: {problem}" for case in cases for problem in _problems(case, sections)]


def _problems(case: Case, sections: dict[str, str]) -> list[str]:
    problems = [f"no section {name!r} in the corpus" for name in case.evidence if name not in sections]
    text = "\n".join(sections.get(name, "") for name in case.evidence)
    if case.covered and not case.evidence:
        problems.append("its evidence is missing: name the sections that hold the facts")
    elif case.covered and len(problems) < len(case.evidence):
        problems += [f"its evidence does not state {fact.name!r}" for fact in case.facts if not states(fact, text)]
        problems += _forbidden(case, text)
    problems += [f"its patterns fail the right answer {text!r}" for text in case.right if not passes(case, text)]
    problems += [f"its patterns pass the wrong answer {text!r}" for text in case.wrong if passes(case, text)]
    return problems


def _forbidden(case: Case, text: str) -> list[str]:
    """Facts that the evidence states only in sentences that must not be said."""
    if not any(pattern.search(text) for pattern in case.must_not):
        return []
    lines = [line[start:end] for line in text.split("\n") for start, end in sentences(line)]
    allowed = "\n".join(line for line in lines if not any(pattern.search(line) for pattern in case.must_not))
    return [
        f"must_not forbids what the evidence says of {fact.name!r}"
        for fact in case.facts
        if states(fact, text) and not states(fact, allowed)
    ]
