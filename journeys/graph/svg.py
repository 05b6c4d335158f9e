"""A journey as an SVG picture that needs nothing from elsewhere, in light and in dark."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from xml.etree import ElementTree as ET

from journeys.graph.drawing import Drawing, Node, Role, Way, draw
from journeys.graph.layout import Link, Point, Route, Size, arrange
from journeys.graph.text import fitted, width, wrapped
from journeys.plan import Plan

STYLE = """
.journey { font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
.journey .ground, .journey .behind { fill: #ffffff; }
.journey text { fill: #1e2733; font-size: 12px; }
.journey .name { font-size: 14px; font-weight: 600; }
.journey .kind { fill: currentColor; font-size: 11px; }
.journey .label { font-style: italic; }
.journey .way text { fill: #46536a; font-size: 11px; }
.journey .way path { fill: none; stroke: #66738a; stroke-width: 1.5; }
.journey .back path { stroke-dasharray: 5 4; }
.journey marker path { fill: #66738a; }
.journey .shape { fill: #fbfcfe; stroke: currentColor; stroke-width: 1.5; }
.journey .failed .shape { stroke-width: 3; }
.journey .entry { color: #475569; }
.journey .hold { color: #a04a06; }
.journey .choice { color: #6d28d9; }
.journey .work { color: #1d55c4; }
.journey .completed { color: #14713a; }
.journey .failed { color: #b3261e; }
@media (prefers-color-scheme: dark) {
  .journey .ground, .journey .behind { fill: #12161d; }
  .journey text { fill: #e4e9f1; }
  .journey .way text { fill: #b3bdcc; }
  .journey .way path { stroke: #8591a5; }
  .journey marker path { fill: #8591a5; }
  .journey .shape { fill: #1a202b; }
  .journey .entry { color: #a3afc2; }
  .journey .hold { color: #f0ae62; }
  .journey .choice { color: #bba2ff; }
  .journey .work { color: #86b4ff; }
  .journey .completed { color: #72d097; }
  .journey .failed { color: #ff9388; }
}
"""
"""How pictures look, on their own and inside a page."""
_MARGIN = 16
_PADDING = 16
_WIDE = 340
_ROOM = _WIDE - 2 * _PADDING
_NAME, _KIND, _TEXT, _LABEL = 14, 11, 12, 11
"""Sizes of letters."""
_LINE = 17
_LINES = 5
"""How many lines a node shows at most; all of them are in its tooltip."""
_CORNER = 8
_LABEL_ROOM = 150


def svg(plan: Plan) -> str:
    """Draw a journey as an SVG document."""
    root = picture(plan)
    style = ET.Element("style")
    style.text = STYLE
    root.insert(2, style)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode")


def picture(plan: Plan) -> ET.Element:
    """Draw a journey as an element of a page that has `STYLE`; ids begin with the journey's."""
    drawing = draw(plan)
    layout = arrange([_size(node) for node in drawing.nodes], [_link(w) for w in drawing.ways])
    root = _canvas(plan.journey, drawing, layout.size)
    middle = ET.SubElement(root, "g", transform=f"translate({_MARGIN} {_MARGIN})")
    for way, route in zip(drawing.ways, layout.routes, strict=True):
        _draw_way(middle, way, route, plan.journey)
    for node, at in zip(drawing.nodes, layout.nodes, strict=True):
        _draw_node(middle, node, at)
    return root


def _canvas(name: str, drawing: Drawing, size: Size) -> ET.Element:
    wide, high = math.ceil(size.width) + 2 * _MARGIN, math.ceil(size.height) + 2 * _MARGIN
    root = ET.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "class": "journey",
            "role": "img",
            "aria-labelledby": f"{name}-title {name}-desc",
            "width": f"{wide}",
            "height": f"{high}",
            "viewBox": f"0 0 {wide} {high}",
        },
    )
    ET.SubElement(root, "title", id=f"{name}-title").text = drawing.title
    ET.SubElement(root, "desc", id=f"{name}-desc").text = drawing.told()
    ET.SubElement(root, "rect", {"class": "ground", "width": "100%", "height": "100%"})
    marker = ET.SubElement(
        root,
        "marker",
        id=f"{name}-arrow",
        viewBox="0 0 10 10",
        refX="9",
        refY="5",
        markerWidth="7",
        markerHeight="7",
        orient="auto",
    )
    ET.SubElement(marker, "path", d="M0 0L10 5L0 10z")
    return root


# Nodes.


def _heads(node: Node) -> tuple[str, str]:
    """Give what stands first in a node: its name, and its kind where the name is not that."""
    return node.name, "" if node.kind == node.name else node.kind.replace("_", " ")


def _rows(node: Node) -> list[tuple[str, str]]:
    """Give the lines below the name, each with its class."""
    more = len(node.lines) - _LINES
    lines = [*node.lines[:_LINES], *([f"and {more} more"] if more > 0 else [])]
    texts = [("label", node.label)] if node.label else []
    texts += [("line", line) for line in lines]
    return [(style, row) for style, text in texts for row in wrapped(text, _ROOM, _TEXT)]


def _size(node: Node) -> Size:
    rows = _rows(node)
    high = 2 * _PADDING + _LINE * len(rows) + 11
    if node.role not in (Role.COMPLETED, Role.FAILED):
        return Size(_WIDE, high)
    name, kind = _heads(node)
    head = width(name, _NAME, bold=True) + _kind_room(kind)
    needed = max([head, *(width(text, _TEXT) for _, text in rows)]) + 2 * _PADDING
    return Size(min(_WIDE, math.ceil(needed)), high)


def _kind_room(kind: str) -> float:
    return width(kind, _KIND) + _PADDING if kind else 0


def _draw_node(parent: ET.Element, node: Node, at: Point) -> None:
    size = _size(node)
    left, top = round(at.x - size.width / 2, 1), round(at.y - size.height / 2, 1)
    name, kind = _heads(node)
    group = ET.SubElement(
        parent, "g", {"class": node.role.value, "transform": f"translate({left:g} {top:g})"}
    )
    head = f"{name} ({kind})" if kind else name
    labels = [node.label] if node.label else []
    ET.SubElement(group, "title").text = "\n".join([head, *labels, *node.lines])
    _draw_shape(group, node.role, size)
    room = size.width - 2 * _PADDING - _kind_room(kind)
    fits = fitted(name, room, _NAME, bold=True)
    first = _PADDING + 10
    _write(group, "name", fits, _PADDING, first)
    if kind:
        _write(group, "kind", kind, size.width - _PADDING, first).set("text-anchor", "end")
    for number, (style, text) in enumerate(_rows(node), start=1):
        _write(group, style, text, _PADDING, first + 2 + _LINE * number)


def _draw_shape(group: ET.Element, role: Role, size: Size) -> None:
    wide, high = size.width, size.height
    if role is Role.CHOICE:
        cut = 12
        points = [(cut, 0), (wide - cut, 0), (wide, cut), (wide, high - cut), (wide - cut, high)]
        points += [(cut, high), (0, high - cut), (0, cut)]
        text = " ".join(f"{x:g},{y:g}" for x, y in points)
        ET.SubElement(group, "polygon", {"class": "shape", "points": text})
        return
    round_corners = {Role.WORK: 3.0, Role.HOLD: 14.0}.get(role, min(high / 2, 28.0))
    ET.SubElement(
        group,
        "rect",
        {
            "class": "shape",
            "width": f"{wide:g}",
            "height": f"{high:g}",
            "rx": f"{round_corners:g}",
        },
    )


def _write(parent: ET.Element, style: str, text: str, x: float, y: float) -> ET.Element:
    written = ET.SubElement(parent, "text", {"class": style, "x": f"{x:g}", "y": f"{y:g}"})
    written.text = text
    return written


# Ways.


def _link(way: Way) -> Link:
    label = _label_size(way.label) if way.label else None
    return Link(way.source, way.target, label, way.leads_back)


def _label(text: str) -> str:
    return fitted(text, _LABEL_ROOM, _LABEL)


def _label_size(text: str) -> Size:
    return Size(math.ceil(width(_label(text), _LABEL)) + 8, _LINE)


def _draw_way(parent: ET.Element, way: Way, route: Route, name: str) -> None:
    group = ET.SubElement(parent, "g", {"class": "way back" if way.leads_back else "way"})
    run = {"d": _rounded(route.points), "marker-end": f"url(#{name}-arrow)"}
    ET.SubElement(group, "path", run)
    if way.label is None or route.label is None:
        return
    ET.SubElement(group, "title").text = way.label
    size = _label_size(way.label)
    left, top = route.label.x - size.width / 2, route.label.y - size.height / 2
    behind = {"class": "behind", "x": f"{left:g}", "y": f"{top:g}"}
    ET.SubElement(
        group, "rect", behind | {"width": f"{size.width:g}", "height": f"{size.height:g}"}
    )
    text = _write(group, "label", _label(way.label), route.label.x, route.label.y + 4)
    text.set("text-anchor", "middle")


def _rounded(points: Iterable[Point]) -> str:
    """Draw a line through points, with round corners."""
    before, *others = points
    steps = [f"M{before.x:g} {before.y:g}"]
    for corner, after in pairwise(others):
        start, end = _towards(corner, before), _towards(corner, after)
        steps.append(f"L{start.x:g} {start.y:g}")
        steps.append(f"Q{corner.x:g} {corner.y:g} {end.x:g} {end.y:g}")
        before = end
    steps.append(f"L{others[-1].x:g} {others[-1].y:g}")
    return "".join(steps)


def _towards(corner: Point, to: Point) -> Point:
    """Give the point near a corner where its rounding begins."""
    far = math.hypot(to.x - corner.x, to.y - corner.y)
    share = min(_CORNER, far / 2) / far if far else 0
    return Point(
        round(corner.x + (to.x - corner.x) * share, 1),
        round(corner.y + (to.y - corner.y) * share, 1),
    )
