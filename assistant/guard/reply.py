"""Pure: what is said for a verdict, from the policy's texts and the numbers of the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from ..types import Verdict

__all__ = ["GUARD_ERROR", "failed", "with_message"]

GUARD_ERROR = "guard_error"


def with_message(verdict: Verdict, replies: Mapping[str, Any], crisis: str, locale: str | None) -> Verdict:
    """The verdict with what is said for it; nothing is for an ordinary question.

    Args:
        verdict: level and category.
        replies: the policy's texts, by level and category, and its numbers.
        crisis: the category of the crisis route.
        locale: such as "en-GB"; None where the place is not known.
    """
    level, category = verdict.level, verdict.category or ""
    if level == "GENERAL":
        return verdict
    numbers = _numbers(replies["numbers"], locale)
    own = replies[level].get(category)
    if category == crisis:
        text = replies["crisis"]["own"]
    elif isinstance(own, str):
        text = own
    else:
        skeleton = replies["skeletons"][level]
        if own.get("do") not in (None, "", "null"):  # another door than the emergency number comes first
            skeleton = own["do"] + skeleton[skeleton.index(".") + 1 :]
        text = _filled(skeleton, own)
    careful = next((c for other, c in verdict.also if other == "CAUTION" and level == "MEDICAL_REQUEST"), None)
    if careful:
        text += " " + _filled(replies["skeletons"]["CAUTION"], replies["CAUTION"][careful])
    return replace(verdict, message=_filled(text, numbers))


def failed(replies: Mapping[str, Any], locale: str | None) -> Verdict:
    """The verdict when the guard itself fails: an alarm."""
    return Verdict("URGENT", GUARD_ERROR, message=_filled(replies[GUARD_ERROR], _numbers(replies["numbers"], locale)))


def _filled(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: values.get(match.group(1), match.group()), text)


def _numbers(numbers: Mapping[str, Any], locale: str | None) -> dict[str, str]:
    """Emergency number and crisis line of a place; examples of several where it is not known.

    A locale counts by its region too: "fr-CH" is no entry, but any "...-US" is the same place.
    """
    elsewhere = numbers["elsewhere"]
    wanted = (locale or "").replace("_", "-")
    region = wanted.rpartition("-")[2].upper() if "-" in wanted else ""
    exact = (p for p in numbers["places"] if wanted in p["locales"])
    near = (p for p in numbers["places"] if region and any(known.endswith(f"-{region}") for known in p["locales"]))
    place: Mapping[str, Any] = next(chain(exact, near), {})
    crisis = place.get("crisis")
    return {
        "number": place.get("emergency") or elsewhere["emergency"],
        "crisis_line": crisis if crisis not in (None, "", "null") else elsewhere["crisis"],
    }
