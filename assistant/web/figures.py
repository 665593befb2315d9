"""Stick figures of where a movement starts and ends, worked out from the angles of bones and drawn as inline SVG.

The body and the figures, by article id, stand in `figures.yaml` beside the articles: who writes articles can draw too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import yaml

from ..errors import CorpusError

__all__ = ["FILE", "Body", "Figure", "Panel", "draw", "load_figures", "parse_figures"]

FILE = "figures.yaml"
_SHAPES = {"line": 4, "pad": 4, "ring": 2, "cable": 2}
"""What else may be drawn, and how many numbers it takes: ends of a line or a pad, a ring's middle, a pulley."""
_PANELS = ("start", "end", "hold")
_FIELDS = frozenset({"says", "at", "angles", "curve", "kit", "held"})
_WIDTH, _HEIGHT, _FLOOR, _RING, _MARGIN = 120, 100, 94, 7.0, 10
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Body:
    """What every figure is made of."""

    bones: Mapping[str, tuple[str, str, float]]
    """Bone -> the joint it starts at, the one it ends at, its length. The first one may bend."""
    head: tuple[str, float]
    """The joint that the head is drawn around, and its radius."""
    hand: str
    """The joint that holds things."""
    held: Mapping[str, float]
    """What can be held, with its radius."""

    def joints(self, angles: Mapping[str, float]) -> dict[str, Point]:
        """Each joint's place, the main bone's start at the origin. Degrees: 0 right, 90 up; y grows downwards."""
        first = next(iter(self.bones.values()))[0]
        found: dict[str, Point] = {first: (0.0, 0.0)}
        for bone, (start, end, length) in self.bones.items():
            if bone in angles and start in found:
                x, y = found[start]
                turn = math.radians(angles[bone])
                found[end] = (x + length * math.cos(turn), y - length * math.sin(turn))
        return found


@dataclass(frozen=True, slots=True)
class Panel:
    """One position: its name (start, end, hold), what is seen, where the joints are, and the kit around them."""

    name: str
    says: str
    joints: Mapping[str, Point]
    curve: float
    """How far the middle of the main bone stands off the straight line."""
    kit: Sequence[tuple[str, tuple[float, ...]]]
    held: float | None
    """Radius of what is in the hand."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The positions of one movement."""

    body: Body
    panels: tuple[Panel, ...]

    @property
    def says(self) -> str:
        """What is seen, for those who do not see it."""
        return " ".join(f"{panel.name.capitalize()}: {panel.says}" for panel in self.panels)


def load_figures(corpus: Path) -> Mapping[str, Figure]:
    """The figures of a corpus by article id; none where it has no file of them.

    Raises:
        CorpusError: the file cannot be read, or a figure is malformed; article and panel are named.
    """
    path = (corpus if corpus.is_dir() else corpus.parent) / FILE
    if not path.is_file():
        return {}
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as exc:
        raise CorpusError(f"{path}: cannot be read ({exc}); mend it or take it away") from exc
    return parse_figures(raw, path.name)


def parse_figures(raw: Any, name: str) -> Mapping[str, Figure]:
    """Figures from what the file holds. Raises CorpusError."""
    try:
        body = _body(raw["body"])
        entries = dict(raw["figures"])
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise CorpusError(f"{name}: needs a body (bones, head, hand, held) and figures by article id ({exc})") from exc
    figures = {}
    for article, panels in entries.items():
        if not isinstance(panels, dict) or not panels or set(panels) - set(_PANELS):
            raise CorpusError(f"{name}: {article}: a figure has panels named {', '.join(_PANELS)}")
        made = []
        for panel, fields in panels.items():
            try:
                made.append(_panel(panel, fields, body))
            except (KeyError, TypeError, ValueError, AttributeError) as exc:
                raise CorpusError(f"{name}: {article}, {panel}: {exc}") from exc
        figures[str(article)] = Figure(body, tuple(made))
    return figures


def _body(raw: Mapping[str, Any]) -> Body:
    bones = {bone: (str(start), str(end), float(length)) for bone, (start, end, length) in raw["bones"].items()}
    joint, radius = raw["head"]
    held = {thing: float(size) for thing, size in raw["held"].items()}
    return Body(bones, (str(joint), float(radius)), str(raw["hand"]), held)


def _panel(name: str, fields: Mapping[str, Any], body: Body) -> Panel:
    angles = {bone: float(angle) for bone, angle in fields["angles"].items()}
    if unknown := (set(fields) - _FIELDS) | (set(angles) - set(body.bones)):
        raise ValueError(f"there is nothing called {min(unknown)}")
    joints = body.joints(angles)
    main = next(iter(body.bones))
    if lacking := {body.bones[main][1], body.head[0], body.hand} - set(joints):
        raise ValueError(f"no bone's angle leads to the {min(lacking)}")
    ((joint, place),) = fields["at"].items()
    if joint not in joints:
        raise ValueError(f"there is no joint {joint}; there are {', '.join(joints)}")
    right, down = (float(wanted) - own for wanted, own in zip(place, joints[joint], strict=True))
    joints = {joint: (x + right, y + down) for joint, (x, y) in joints.items()}
    shapes = [shape for entry in fields.get("kit", ()) for shape in entry.items()]
    kit = [_shape(kind, tuple(map(float, numbers))) for kind, numbers in shapes]
    held = fields.get("held")
    if held is not None and held not in body.held:
        raise ValueError(f"{held} cannot be held; {', '.join(body.held)} can")
    size = None if held is None else body.held[held]
    return Panel(name, str(fields["says"]), joints, float(fields.get("curve", 0)), kit, size)


def _shape(kind: str, numbers: tuple[float, ...]) -> tuple[str, tuple[float, ...]]:
    if len(numbers) != _SHAPES.get(kind):
        known = ", ".join(f"{shape} with {count} numbers" for shape, count in _SHAPES.items())
        raise ValueError(f"{kind} {list(numbers)}: there are {known}")
    return kind, numbers


def draw(figure: Figure) -> str:
    """The figure as an SVG element: lines in the colour of the text, described for screen readers."""
    panels = "".join(
        f'<g transform="translate({_WIDTH * place} 0)">{"".join(_drawn(panel, figure.body))}</g>'
        for place, panel in enumerate(figure.panels)
    )
    top = max(0, min(map(_top, figure.panels)))
    size = f"{top:.0f} {_WIDTH * len(figure.panels)} {_HEIGHT + 12 - top:.0f}"
    return (
        f'<svg class="figure" role="img" viewBox="0 {size}" aria-label="{escape(figure.says)}">'
        f'<g fill="none" stroke="currentColor" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">'
        f"{panels}</g></svg>"
    )


def _top(panel: Panel) -> float:
    """Where the drawing begins: above the highest joint or piece of kit."""
    return min([y for _, y in panel.joints.values()] + [y for _, ends in panel.kit for y in ends[1::2]]) - _MARGIN


def _drawn(panel: Panel, body: Body) -> Iterator[str]:
    joints, hand = panel.joints, panel.joints[body.hand]
    yield f'<path d="M6 {_FLOOR}H{_WIDTH - 6}" stroke-width="1" opacity="0.5"/>'
    for kind, numbers in panel.kit:
        yield _kit(kind, numbers, hand)
    if panel.held is not None:
        yield _ring(hand, panel.held)
    main, *limbs = body.bones
    behind = [bone for bone in limbs if bone.endswith("2")]
    for bone in [*behind, *(bone for bone in limbs if bone not in behind)]:
        start, end, _ = body.bones[bone]
        if end in joints and end != body.head[0]:
            faint = ' opacity="0.45"' if bone in behind else ""
            yield f'<path d="M{_at(joints[start])}L{_at(joints[end])}"{faint}/>'
    (x, y), (u, v) = (joints[joint] for joint in body.bones[main][:2])
    off = 2 * panel.curve / math.hypot(u - x, v - y)
    middle = ((x + u) / 2 + (v - y) * off, (y + v) / 2 - (u - x) * off)
    yield f'<path d="M{_at((x, y))}Q{_at(middle)} {_at((u, v))}" stroke-width="3.4"/>'
    joint, radius = body.head
    yield f'<circle cx="{joints[joint][0]:.1f}" cy="{joints[joint][1]:.1f}" r="{radius}" stroke-width="2"/>'
    yield (
        f'<text x="{_WIDTH // 2}" y="{_HEIGHT + 9}" fill="currentColor" stroke="none" font-size="8" '
        f'text-anchor="middle">{escape(panel.name.capitalize())}</text>'
    )


def _kit(kind: str, numbers: Sequence[float], hand: Point) -> str:
    x, y, *rest = numbers
    if kind == "ring":
        return _ring((x, y), _RING)
    if kind == "cable":
        return (
            f'<path d="M{_at((x, y))}L{_at(hand)}" stroke-width="1.2" opacity="0.7"/>'
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" stroke-width="1.6" opacity="0.7"/>'
        )
    return (
        f'<path d="M{_at((x, y))}L{_at((rest[0], rest[1]))}" stroke-width="{5 if kind == "pad" else 1.6}" '
        'opacity="0.55"/>'
    )


def _ring(middle: Point, radius: float) -> str:
    return (
        f'<circle cx="{middle[0]:.1f}" cy="{middle[1]:.1f}" r="{radius}" stroke-width="1.8" fill="currentColor" '
        'fill-opacity="0.25"/>'
    )


def _at(point: Point) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"
