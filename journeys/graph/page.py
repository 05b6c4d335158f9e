"""All journeys of a project on one HTML page that needs nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from journeys.graph.drawing import Drawing, Node, draw, title_of
from journeys.graph.summary import entry_rules, exit_rules
from journeys.graph.svg import STYLE, picture
from journeys.phrases import value_of
from journeys.plan import Plan

_STYLE = """
:root { color-scheme: light dark; }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; line-height: 1.5; color: #1e2733;
  background: #ffffff;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }
h2 { margin-top: 3rem; border-top: 1px solid #8591a5; padding-top: 1.5rem; }
dl { display: grid; grid-template-columns: max-content auto; gap: 0.2rem 1rem; }
dt { font-weight: 600; }
dd { margin: 0; }
.scroll { overflow-x: auto; }
svg.journey { display: block; margin: 1rem auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 0.8rem;
  border-bottom: 1px solid #8591a5; }
td p, th p, dd p { margin: 0; overflow-wrap: break-word; }
a { color: inherit; }
@media (prefers-color-scheme: dark) { body { color: #e4e9f1; background: #12161d; } }
"""


def page(project: str, plans: Iterable[Plan]) -> str:
    """Show all journeys of a project: a picture of each, its entry rule, and its steps."""
    root = ET.Element("html", lang="en")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "title").text = f"Journeys of {project}"
    ET.SubElement(head, "style").text = _STYLE + STYLE
    body = ET.SubElement(root, "body")
    ET.SubElement(body, "h1").text = f"Journeys of {project}"
    contents = ET.SubElement(ET.SubElement(body, "nav"), "ul")
    for plan in plans:
        entry = ET.SubElement(contents, "li")
        ET.SubElement(entry, "a", href=f"#{plan.journey}").text = title_of(plan)
        _show(ET.SubElement(body, "section"), plan)
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html")


def _show(section: ET.Element, plan: Plan) -> None:
    drawing = draw(plan)
    ET.SubElement(section, "h2", id=plan.journey).text = drawing.title
    facts = ET.SubElement(section, "dl")
    for name, lines in _facts(plan).items():
        ET.SubElement(facts, "dt").text = name
        _write(ET.SubElement(facts, "dd"), lines)
    _scrolling(section, f"Picture of {plan.journey}").append(picture(plan))
    _table(_scrolling(section, f"Steps of {plan.journey}"), drawing)


def _facts(plan: Plan) -> dict[str, list[str]]:
    """Say by name what holds for the journey as a whole."""
    facts = {
        "Version": [str(plan.version)],
        "Entry": entry_rules(plan.entry),
        "Exit": exit_rules(plan),
        "Open from": _value("start", plan.start),
        "Open until": _value("end", plan.end),
        "Time out": _value("timeout_ms", plan.timeout_ms),
        "Namespace": [plan.namespace],
        "Time zone": [plan.timezone],
        "People in older versions": [
            plan.in_flight,
            *(f"from {before} to {after}" for before, after in plan.moves.items()),
        ],
    }
    return {name: lines for name, lines in facts.items() if lines}


def _value(field: str, value: int | None) -> list[str]:
    return [] if value is None else [value_of(field, value)]


def _scrolling(section: ET.Element, name: str) -> ET.Element:
    """Add a place for what may be wider than the page, which the keyboard can scroll too."""
    named = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}
    return ET.SubElement(section, "div", named)


def _table(parent: ET.Element, drawing: Drawing) -> None:
    table = ET.SubElement(parent, "table")
    head = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    for title in ("Step", "Kind", "What it does", "Leads to"):
        ET.SubElement(head, "th", scope="col").text = title
    body = ET.SubElement(table, "tbody")
    for place, node in enumerate(drawing.nodes[1:], start=1):
        row = ET.SubElement(body, "tr")
        _write(ET.SubElement(row, "th", scope="row"), [node.name, *_label(node)])
        ET.SubElement(row, "td").text = node.kind
        _write(ET.SubElement(row, "td"), node.lines)
        _write(ET.SubElement(row, "td"), _leads(drawing, place))


def _label(node: Node) -> list[str]:
    return [node.label] if node.label else []


def _leads(drawing: Drawing, place: int) -> list[str]:
    ways = [way for way in drawing.ways if way.source == place]
    named = [(way.label, drawing.nodes[way.target].name) for way in ways]
    return [f"{label}: {target}" if label else target for label, target in named]


def _write(parent: ET.Element, lines: Iterable[str]) -> None:
    for line in lines:
        ET.SubElement(parent, "p").text = line
