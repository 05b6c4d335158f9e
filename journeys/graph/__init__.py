"""A picture of a journey: from its plan to a drawing, and from there to Mermaid, SVG and HTML."""

from journeys.graph.mermaid import mermaid
from journeys.graph.page import page
from journeys.graph.svg import svg

__all__ = ["mermaid", "page", "svg"]
