"""Stick figures: joints worked out by hand, drawings that are sound, and the shipped ones that fit their sheet."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from assistant.errors import CorpusError
from assistant.settings import Settings
from assistant.web.figures import FILE, Figure, draw, load_figures, parse_figures

CORPUS = Settings().corpus_path
SHIPPED = load_figures(CORPUS)
BODY = {
    "bones": {
        "trunk": ["seat", "top", 27], "neck": ["top", "skull", 10], "leg": ["seat", "foot", 43],
        "arm": ["top", "elbow", 14], "forearm": ["elbow", "hand", 13], "leg2": ["seat", "foot2", 43],
    },
    "head": ["skull", 5], "hand": "hand", "held": {"ball": 6},
}  # fmt: skip
UPRIGHT = {"trunk": 90, "neck": 90, "leg": 270, "arm": 270, "forearm": 0}


def panel(**changes: Any) -> dict[str, Any]:
    """Give a standing figure's fields."""
    return {"says": "Standing.", "at": {"foot": [50, 92]}, "angles": UPRIGHT, **changes}


def figures(**panels: Any) -> Mapping[str, Figure]:
    """Parse one figure, of the article "lift"."""
    return parse_figures({"body": BODY, "figures": {"lift": panels}}, FILE)


def test_joints_by_hand() -> None:
    """From the ankle up: straight legs and trunk, the forearm level in front; y grows downwards."""
    figure = figures(hold=panel())["lift"]
    joints = figure.panels[0].joints
    expected = {"seat": (50, 49), "top": (50, 22), "skull": (50, 12), "elbow": (50, 36), "hand": (63, 36)}
    for name, place in expected.items():
        assert joints[name] == pytest.approx(place)
    assert "foot2" not in joints
    assert figure.says == "Hold: Standing."


@pytest.mark.parametrize("article", SHIPPED)
def test_shipped_figures_fit_their_sheet_and_stand_on_the_floor(article: str) -> None:
    """Bones keep their length, nothing leaves the sheet or sinks through the floor, and each is an article's."""
    assert (CORPUS / f"{article}.md").is_file()
    assert len(SHIPPED[article].says) > 20
    for shown in SHIPPED[article].panels:
        joints = shown.joints
        for start, end, length in SHIPPED[article].body.bones.values():
            assert end not in joints or math.dist(joints[start], joints[end]) == pytest.approx(length)
        assert all(2 <= x <= 118 for x, _ in joints.values()), shown.name
        assert all(6 <= y <= 96 for _, y in joints.values()), shown.name


@pytest.mark.parametrize("article", SHIPPED)
def test_a_drawing_is_sound_and_needs_no_style(article: str) -> None:
    """Well-formed, described, without script, style or a foreign address: it stands in a page under a strict policy."""
    root = ElementTree.fromstring(draw(SHIPPED[article]))
    assert root.get("role") == "img"
    assert root.get("aria-label") == SHIPPED[article].says
    for element in root.iter():
        assert element.tag in ("svg", "g", "path", "circle", "text")
        assert not {"style", "href", "onload"} & set(element.attrib)


def test_the_sheet_is_cut_above_the_drawing() -> None:
    """Ten above the highest joint or piece of kit, and never above the sheet."""
    assert 'viewBox="0 2 240 110"' in draw(figures(start=panel(), end=panel(kit=[{"line": [1, 50, 9, 60]}]))["lift"])
    assert 'viewBox="0 0 120 112"' in draw(figures(hold=panel(kit=[{"cable": [1, 3]}]))["lift"])
    lying = panel(at={"foot": [90, 90]}, angles={bone: 180 for bone in UPRIGHT})
    assert 'viewBox="0 80 120 32"' in draw(figures(hold=lying)["lift"])


def test_what_is_said_is_text() -> None:
    """Markup in it stays words."""
    drawn = draw(figures(hold=panel(says='"><script>alert(1)</script>'))["lift"])
    assert "<script" not in drawn
    assert ElementTree.fromstring(drawn).get("aria-label") == 'Hold: "><script>alert(1)</script>'


def test_kit_and_what_is_held_are_drawn() -> None:
    """A pad, a pulley tied to the hand, a ball in it; a limb behind is fainter."""
    fields = panel(
        angles={**UPRIGHT, "leg2": 300}, kit=[{"pad": [1, 2, 3, 4]}, {"cable": [100, 9]}], held="ball", curve=3
    )
    drawn = draw(figures(start=fields, end=panel())["lift"])
    assert "M1.0 2.0L3.0 4.0" in drawn
    assert "M100.0 9.0L63.0 36.0" in drawn
    assert '<circle cx="63.0" cy="36.0" r="6.0"' in drawn
    assert 'opacity="0.45"' in drawn
    assert ">Start</text>" in drawn and ">End</text>" in drawn


@pytest.mark.parametrize(
    ("panels", "message"),
    [
        ({"middle": panel()}, "lift: a figure has panels named start, end, hold"),
        ({}, "lift: a figure has panels"),
        ({"end": panel(angles={"trunk": 90, "neck": 90})}, "lift, end: no bone's angle leads to the hand"),
        ({"end": panel(angles={**UPRIGHT, "tail": 3})}, "lift, end: there is nothing called tail"),
        ({"end": panel(colour="red")}, "there is nothing called colour"),
        ({"end": panel(at={"nose": [1, 2]})}, "there is no joint nose"),
        ({"end": panel(kit=[{"pad": [1, 2]}])}, "pad .* there are line with 4 numbers"),
        ({"end": panel(held="cat")}, "cat cannot be held; ball can"),
    ],
)
def test_what_is_malformed_is_named(panels: dict[str, Any], message: str) -> None:
    """Article and panel, and what there is instead."""
    with pytest.raises(CorpusError, match=message):
        figures(**panels)


def test_a_file_without_a_body_is_refused() -> None:
    """It says what belongs there."""
    with pytest.raises(CorpusError, match="needs a body"):
        parse_figures([], FILE)


def test_figures_stand_beside_the_articles(tmp_path: Path) -> None:
    """In the folder, or beside a lone file; without a file of them there are none, a broken one is named."""
    assert load_figures(tmp_path) == {}
    (tmp_path / "lift.md").write_text("# Lift\n", encoding="utf-8")
    (tmp_path / FILE).write_text(
        yaml.safe_dump({"body": BODY, "figures": {"lift": {"hold": panel()}}}, sort_keys=False), "utf-8"
    )
    assert list(load_figures(tmp_path)) == list(load_figures(tmp_path / "lift.md")) == ["lift"]
    (tmp_path / FILE).write_text("lift: [", encoding="utf-8")
    with pytest.raises(CorpusError, match="mend it or take it away"):
        load_figures(tmp_path)
