"""Pure: what is said for a verdict, from the policy's texts and the numbers of the place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from typing import Any

from ..types import Verdict
from .message import plain

__all__ = ["GUARD_ERROR", "failed", "with_message"]

GUARD_ERROR = "guard_error"
_DOOR = "A&E"
_NUMBERS = "112 / 911 / 999"
"""Where neither place nor language tells the number to call."""


def with_message(
    verdict: Verdict,
    replies: Mapping[str, Any],
    crisis: str,
    locale: str | None,
    own: Mapping[str, Any] | None = None,
    said: str = "",
    about: str = "",
) -> Verdict:
    """The verdict with what is said for it; nothing is for an ordinary question.

    Args:
        verdict: level and category.
        replies: the policy's texts, by level and category, and its numbers.
        crisis: the category of the crisis route.
        locale: such as "en-GB"; None where the place is not known.
        own: the texts of the person's language; None for English.
        said: all that the person wrote: a crisis may be somebody else's, or harm may be done.
        about: what the question speaks of, "danger", "condition" or neither.
    """
    level, category = verdict.level, verdict.category or ""
    if own is not None:
        return replace(verdict, message=_in_language(level, category, own, replies, crisis, locale))
    numbers = _numbers(replies["numbers"], locale)
    entry = replies[level].get(category)
    if entry is None:
        return verdict
    if category == crisis:
        text = replies["crisis"][_whose(replies["crisis"]["cues"], said)]
    elif level == "GENERAL":
        cues = re.compile("|".join(rf"\b{re.escape(cue)}\b" for cue in entry["cues"]))
        text = entry.get("danger" if cues.search(plain(said)) else about, "")
        if not text:
            return verdict
    elif isinstance(entry, str):
        text = entry
    else:
        skeleton = replies["skeletons"][level]
        if entry.get("do") not in (None, "", "null"):  # another door than the emergency number comes first
            skeleton = entry["do"] + skeleton[skeleton.index(".") + 1 :]
        text = _filled(skeleton, entry)
    careful = next((c for other, c in verdict.also if other == "CAUTION" and level == "MEDICAL_REQUEST"), None)
    if careful:
        text += " " + _filled(replies["skeletons"]["CAUTION"], replies["CAUTION"][careful])
    return replace(verdict, message=_placed(text, numbers))


def _whose(cues: Mapping[str, list[str]], said: str) -> str:
    """Which crisis text fits: of harm that is done, of somebody else, or of the person."""
    text = f" {plain(said)} "
    found = {kind for kind, phrases in cues.items() if any(re.search(rf"\b{re.escape(p)}\b", text) for p in phrases)}
    if "harm_done" in found:
        return "harm_done"
    return "third_person" if "third_person" in found and "first_person" not in found else "own"


def _placed(text: str, numbers: Mapping[str, str]) -> str:
    """The text with the numbers of the place, and its word for the emergency department."""
    return _filled(text.replace(_DOOR, numbers["door"]), numbers)


def _in_language(
    level: str, category: str, own: Mapping[str, Any], replies: Mapping[str, Any], crisis: str, locale: str | None
) -> str:
    """An alarm in the person's language; otherwise that answers are in English only."""
    numbers = _numbers(replies["numbers"], locale)
    elsewhere = replies["numbers"]["elsewhere"].values()
    place = {name: text for name, text in numbers.items() if text not in elsewhere}
    values = {"number": own.get("number", _NUMBERS), "crisis_line": own.get("crisis_line", ""), **place}
    if category == crisis and "crisis" in own:
        return _filled(own["crisis"], values)
    if level not in ("EMERGENCY", "URGENT") or level not in own:
        return _filled(own["short"], values)
    fill = {"sign": own["signs"].get(category, own["signs"]["other"]), "emergency_if": own["general_signs"]}
    if level == "EMERGENCY":
        fill["steps"] = own["steps"][category]
    else:
        fill["when"] = own[replies[level][category]["within"]]
    return _filled(_filled(own[level], fill), values)


def failed(replies: Mapping[str, Any], locale: str | None) -> Verdict:
    """The verdict when the guard itself fails: an alarm."""
    return Verdict("URGENT", GUARD_ERROR, message=_placed(replies[GUARD_ERROR], _numbers(replies["numbers"], locale)))


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
        "door": place.get("door") or _DOOR,
        "crisis_line": crisis if crisis not in (None, "", "null") else elsewhere["crisis"],
    }
