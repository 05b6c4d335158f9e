"""Liquid texts: bounded, and parsed once.

The library takes longer to load than all else that checking a project needs, so this module is
imported where the first Liquid text is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, wraps
from typing import Literal, TextIO, TypeAlias
from urllib.parse import quote

import liquid
from liquid.builtin.filters import string
from liquid.builtin.output import Output
from liquid.builtin.tags.echo_tag import EchoNode, EchoTag
from liquid.exceptions import LiquidError, LiquidSyntaxError
from liquid.stringify import to_liquid_string
from liquid.token import Token

from journeys.limits import MAX_HOLE, MAX_HOLES, MAX_LOOPS
from journeys.liquid_filters import in_zone, json, money, number
from journeys.liquid_work import Context, For, TableRow, Template, weight

__all__ = [
    "CLOSINGS",
    "ENVIRONMENTS",
    "FILTERS",
    "OPENING",
    "Dialect",
    "LiquidError",
    "liquid_template",
]

Dialect: TypeAlias = Literal["liquid", "html", "url"]


class _Hole(EchoNode):
    """A hole: a list or an object that fills it is written as JSON."""

    def render_to_output(self, context: liquid.RenderContext, buffer: TextIO) -> int:
        return buffer.write(to_liquid_string(self.value(context), context.autoescape))

    def value(self, context: liquid.RenderContext) -> object:
        """Give what fills the hole."""
        value = self.expression.evaluate(context)
        if not isinstance(value, list | tuple | dict):
            return value
        if isinstance(context, Context):
            context.spend(weight(value))
        return json(value)


class _Output(Output):
    node_class = _Hole


class _Echo(EchoTag):
    node_class = _Hole


def _on_texts(known: Callable[..., object]) -> Callable[..., object]:
    """Give a filter of texts that reads lists and objects as JSON."""

    @wraps(known)
    def reading(*values: object, **named: object) -> object:
        return known(*(json(v) if isinstance(v, list | dict) else v for v in values), **named)

    return reading


class _Environment(liquid.Environment):
    """Liquid with bounds: a template cannot run away with a worker."""

    loop_iteration_limit = MAX_LOOPS
    context_depth_limit = 16
    template_class = Template

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Count loops, and leave out the tags that read other files: a text stands alone."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_Output)
        self.add_tag(_Echo)
        self.add_tag(For)
        self.add_tag(TableRow)
        for name in ("include", "render"):
            del self.tags[name]
        for name, known in self.filters.items():
            if known.__module__ == string.__name__ and name != "slice":  # which takes lists too
                self.add_filter(name, _on_texts(known))
        self.add_filter("in_zone", in_zone)
        self.add_filter("json", json)
        self.add_filter("number", number)
        self.add_filter("money", money)


class _Written(str):
    """A text that is part of a URL as it stands."""

    __slots__ = ()


class _UrlHole(_Hole):
    """A hole in a URL: what fills it cannot end a part of the path or the query, nor begin one."""

    def render_to_output(self, context: liquid.RenderContext, buffer: TextIO) -> int:
        value = self.value(context)
        text = to_liquid_string(value, autoescape=False)
        return buffer.write(text if isinstance(value, _Written) else quote(text, safe=""))


class _UrlOutput(Output):
    node_class = _UrlHole


class _UrlEcho(EchoTag):
    node_class = _UrlHole


class _UrlEnvironment(_Environment):
    """Liquid whose holes are percent-encoded, unless `url_encode` or `safe` did or forbade it."""

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        """Encode what is put out; leave out the tags that put out what nobody encodes."""
        super().setup_tags_and_filters(extra=extra)
        self.add_tag(_UrlOutput)
        self.add_tag(_UrlEcho)
        for name in ("cycle", "tablerow"):
            del self.tags[name]
        self.add_filter("safe", lambda value: _Written(to_liquid_string(value, autoescape=False)))
        encode = self.filters["url_encode"]
        self.add_filter("url_encode", lambda value: _Written(encode(value, environment=self)))


ENVIRONMENTS: Mapping[Dialect, liquid.Environment] = {
    "liquid": _Environment(),
    "html": _Environment(autoescape=True),
    "url": _UrlEnvironment(),
}
"""What a text of each dialect may use."""
OPENING = re.compile(r"\{[{%]")
CLOSINGS = {"{{": "}}", "{%": "%}"}
FILTERS = frozenset(ENVIRONMENTS["liquid"].filters)
"""Names of all filters."""


@lru_cache(maxsize=4096)
def liquid_template(text: str, dialect: Dialect) -> liquid.BoundTemplate:
    """Parse a Liquid text.

    Raises:
        LiquidError: the text is no Liquid; carries the place.
    """
    _check_holes(text)
    return ENVIRONMENTS[dialect].from_string(text)


def _check_holes(text: str) -> None:
    """Refuse what the library would search for a time that grows with its square."""
    end = 0
    for count, found in enumerate(OPENING.finditer(text)):
        start, opening = found.start(), found[0]
        if start < end:
            continue
        end = text.find(CLOSINGS[opening], start + 2)
        if end < 0:
            message = f"'{opening}' is not closed by '{CLOSINGS[opening]}'"
        elif end - start > MAX_HOLE:
            message = (
                f"from '{opening}' to '{CLOSINGS[opening]}' are more than {MAX_HOLE} characters"
            )
        elif count >= MAX_HOLES:
            message = f"the text has more than {MAX_HOLES} holes and tags"
        else:
            continue
        raise LiquidSyntaxError(message, token=Token("hole", opening, start, text))
