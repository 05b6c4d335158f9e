"""Where everything stands: a layered layout, from top to bottom, the same on every machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import graphlay

_OPTIONS = {
    "direction": "topbottom",
    "spacing": {"layer_gap": 44, "node_gap": 40, "dummy_gap": 26, "edge_label_margin": 14},
}
_PRESET = "process_map"


@dataclass(frozen=True, slots=True)
class Size:
    """How large something is."""

    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Point:
    """A place in the picture; y grows downwards."""

    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Link:
    """A way to lay out, between nodes by their place in the list."""

    source: int
    target: int
    label: Size | None = None
    leads_back: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """How a way runs, and the middle of its label."""

    points: tuple[Point, ...]
    label: Point | None


@dataclass(frozen=True, slots=True)
class Layout:
    """The middle of every node, and the run of every way, in the order they were given."""

    nodes: tuple[Point, ...]
    routes: tuple[Route, ...]
    size: Size


def arrange(nodes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Lay out a graph; what leads back runs upwards."""
    graph = {
        "nodes": [
            {"key": str(n), "size": {"width": node.width, "height": node.height}, "shape": "box"}
            for n, node in enumerate(nodes)
        ],
        "edges": [_edge(link) for link in links],
    }
    found = graphlay.layout(graph, preset=_PRESET, options=_OPTIONS)
    middles = [_point(node["center"]) for node in found.nodes]
    routes = [_route(link, edge) for link, edge in zip(links, found.edges, strict=True)]
    edges = [point for route in routes for point in route.points]
    for middle, size in zip(middles, nodes, strict=True):
        edges += _corners(middle, size)
    for route, link in zip(routes, links, strict=True):
        edges += _corners(route.label, link.label) if route.label and link.label else ()
    return _from_corner(middles, routes, edges)


def _from_corner(middles: list[Point], routes: list[Route], edges: list[Point]) -> Layout:
    """Count places from the left upper corner of all that is drawn."""
    left, top = min(edge.x for edge in edges), min(edge.y for edge in edges)
    right, bottom = max(edge.x for edge in edges), max(edge.y for edge in edges)

    def moved(at: Point) -> Point:
        return Point(round(at.x - left, 1), round(at.y - top, 1))

    return Layout(
        tuple(map(moved, middles)),
        tuple(Route(tuple(map(moved, r.points)), r.label and moved(r.label)) for r in routes),
        Size(round(right - left, 1), round(bottom - top, 1)),
    )


def _route(link: Link, edge: dict[str, Any]) -> Route:
    points = [_point(at) for at in edge["points"]]
    label = edge["label_anchor"] if link.label else None
    run = reversed(points) if _turned(link) else points
    return Route(tuple(run), label and _point(label))


def _point(at: dict[str, float]) -> Point:
    return Point(at["x"], at["y"])


def _corners(middle: Point, size: Size) -> tuple[Point, Point]:
    half, rise = size.width / 2, size.height / 2
    return Point(middle.x - half, middle.y - rise), Point(middle.x + half, middle.y + rise)


def _turned(link: Link) -> bool:
    """Loops are opened where the journey leads back, so that all else runs downwards."""
    return link.leads_back and link.source != link.target


def _edge(link: Link) -> dict[str, Any]:
    ends = (link.target, link.source) if _turned(link) else (link.source, link.target)
    edge: dict[str, Any] = {"source": ends[0], "target": ends[1], "weight": 1.0}
    if link.label is not None:
        edge["label_size"] = {"width": link.label.width, "height": link.label.height}
    return edge
