"""Plots of the page of benchmarks: bars in groups, as SVG that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree import ElementTree as ET

STYLE = """
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.ground { fill: #ffffff; } text { fill: #1e2733; font-size: 13px; }
.group { font-weight: 600; } .soft { fill: #55627a; } .rail { fill: #e9edf4; }
.ours { fill: #2f66d0; } .other { fill: #8aa4d6; } .bound { stroke: #b3261e; stroke-width: 2; }
@media (prefers-color-scheme: dark) { .ground { fill: #12161d; } text { fill: #e4e9f1; }
  .soft { fill: #a3afc2; } .rail { fill: #232b38; } .ours { fill: #6f9cf5; }
  .other { fill: #3f5c94; } .bound { stroke: #ff8a80; } }
"""
_WIDE, _MARGIN = 720, 16
_BARS, _ROOM = 190, 390
"""Where bars begin, and how long the longest is; what they say stands after them."""
_ROW, _HEAD, _GAP = 24, 26, 8


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar."""

    name: str
    value: float
    says: str
    """What stands after it."""
    is_ours: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Bars that are compared."""

    name: str
    bars: Sequence[Bar]
    bound: float | None = None
    """What none of them should pass, drawn across."""


def plot(name: str, groups: Sequence[Group]) -> str:
    """Draw groups of bars, all by one scale; the picture's text tells the same."""
    high = 2 * _MARGIN + sum(_HEAD + _GAP + _ROW * len(group.bars) for group in groups)
    size = {"width": f"{_WIDE}", "height": f"{high}", "viewBox": f"0 0 {_WIDE} {high}"}
    root = ET.Element(
        "svg", {"xmlns": "http://www.w3.org/2000/svg", **size, "role": "img", "aria-label": name}
    )
    ET.SubElement(root, "title").text = name
    ET.SubElement(root, "desc").text = "; ".join(
        f"{group.name}, {bar.name}: {bar.says}" for group in groups for bar in group.bars
    )
    ET.SubElement(root, "style").text = STYLE
    ET.SubElement(root, "rect", {**size_of(_WIDE, high), "class": "ground"})
    whole = max(max((bar.value for bar in g.bars), default=0) for g in groups)
    whole = max([whole, *(g.bound for g in groups if g.bound is not None)]) or 1
    top = _MARGIN
    for group in groups:
        _text(root, _MARGIN, top + 16, group.name, "group")
        top += _HEAD
        for number, bar in enumerate(group.bars):
            _bar(root, top + number * _ROW, bar, bar.value / whole)
        end = top + _ROW * len(group.bars)
        if group.bound is not None:
            x = f"{_BARS + _ROOM * group.bound / whole:.1f}"
            place = {"x1": x, "x2": x, "y1": f"{top}", "y2": f"{end - 4}"}
            ET.SubElement(root, "line", {**place, "class": "bound"})
        top = end + _GAP
    return ET.tostring(root, encoding="unicode") + "\n"


def size_of(wide: float, high: float) -> dict[str, str]:
    """Write a size as attributes."""
    return {"width": f"{wide:g}", "height": f"{high:g}"}


def _bar(root: ET.Element, top: float, bar: Bar, share: float) -> None:
    _text(root, _MARGIN, top + 14, bar.name)
    kind = "ours" if bar.is_ours else "other"
    for css, part in (("rail", 1.0), (kind, share)):
        place = {"x": f"{_BARS}", "y": f"{top + 3}", "rx": "2", "class": css}
        ET.SubElement(root, "rect", {**place, **size_of(round(_ROOM * part, 1), 14)})
    _text(root, _BARS + _ROOM + 10, top + 14, bar.says, "soft")


def _text(root: ET.Element, x: float, y: float, text: str, css: str = "") -> None:
    places = {"x": f"{x}", "y": f"{y}"}
    ET.SubElement(root, "text", {**places, "class": css} if css else places).text = text
