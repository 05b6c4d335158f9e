"""A journey as a Mermaid flowchart, which many places show as a picture."""

from __future__ import annotations

import re

from journeys.graph.drawing import Drawing, Node, Role, Way, draw
from journeys.phrases import cut
from journeys.plan import Plan

_SHAPES = {
    Role.ENTRY: ("([", "])"),
    Role.HOLD: ("(", ")"),
    Role.CHOICE: ("{{", "}}"),
    Role.WORK: ("[", "]"),
    Role.COMPLETED: ("([", "])"),
    Role.FAILED: ("([", "])"),
}
_LONGEST_LINE = 60
_ESCAPES = str.maketrans({character: f"#{ord(character)};" for character in '"#<>&`\\'})
"""Characters that end a label, or mean something inside one."""


def mermaid(plan: Plan) -> str:
    """Draw a journey as a Mermaid flowchart."""
    drawing = draw(plan)
    names = [_name(place, node) for place, node in enumerate(drawing.nodes)]
    return "\n".join(
        [
            "flowchart TD",
            *(f"    {name}{_box(node)}" for name, node in zip(names, drawing.nodes, strict=True)),
            *(f"    {_arrow(way, names)}" for way in drawing.ways),
            *_failed(drawing, names),
        ]
    )


def _name(place: int, node: Node) -> str:
    """Name a node; its place keeps it apart from others, and from the words of the language."""
    return f"n{place}_{re.sub(r'[^A-Za-z0-9]', '_', node.name if place else node.kind)}"


def _box(node: Node) -> str:
    opening, closing = _SHAPES[node.role]
    head = node.name if node.name == node.kind else f"{node.kind}: {node.name}"
    texts = [head, *([node.label] if node.label else []), *node.lines]
    lines = [_escaped(cut(text, _LONGEST_LINE)) for text in texts]
    return f'{opening}"{"<br/>".join(lines)}"{closing}'


def _arrow(way: Way, names: list[str]) -> str:
    line = "-.->" if way.leads_back else "-->"
    label = f'|"{_escaped(cut(way.label, _LONGEST_LINE))}"|' if way.label else ""
    return f"{names[way.source]} {line}{label} {names[way.target]}"


def _failed(drawing: Drawing, names: list[str]) -> list[str]:
    failed = [n for n, node in zip(names, drawing.nodes, strict=True) if node.role is Role.FAILED]
    style = "    classDef failed stroke:#c0392b,stroke-width:2px"
    return [style, f"    class {','.join(failed)} failed"] if failed else []


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)
