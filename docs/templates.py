"""The tables of what templates may use: the tags and filters of Liquid that there are here."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping

from docs.tables import table
from journeys.liquid_text import ENVIRONMENTS

_PIECES = frozenset({"content", "output", "illegal"})
"""What the library calls tags, and no author writes as one."""
_TAGS: Mapping[str, tuple[str, str]] = {
    "#": ("{% # … %}", "is a comment"),
    "assign": ("{% assign name = value %}", "keeps a value under a name"),
    "break": ("{% break %}", "leaves a loop"),
    "capture": ("{% capture name %} … {% endcapture %}", "keeps a text under a name"),
    "case": ("{% case value %}{% when 1, 2 %} … {% else %} … {% endcase %}", "takes what fits"),
    "comment": ("{% comment %} … {% endcomment %}", "leaves out what stands inside"),
    "continue": ("{% continue %}", "goes on with the next turn of a loop"),
    "cycle": ("{% cycle 'odd', 'even' %}", "puts out one after the other; not in a URL"),
    "decrement": ("{% decrement name %}", "counts down from -1, and puts it out"),
    "doc": ("{% doc %} … {% enddoc %}", "leaves out what stands inside"),
    "echo": ("{% echo value %}", "is a hole, as `{{ value }}` is"),
    "for": (
        "{% for item in list limit: 3 offset: 1 reversed %} … {% else %} … {% endfor %}",
        "repeats for each item, or takes the other way where there is none",
    ),
    "if": ("{% if … %} … {% elsif … %} … {% else %} … {% endif %}", "takes the first that holds"),
    "ifchanged": ("{% ifchanged %} … {% endifchanged %}", "leaves out what was just written"),
    "increment": ("{% increment name %}", "counts up from 0, and puts it out"),
    "liquid": ("{% liquid … %}", "holds several tags, one a line"),
    "raw": ("{% raw %} … {% endraw %}", "puts out braces as they stand"),
    "tablerow": (
        "{% tablerow item in list cols: 2 %} … {% endtablerow %}",
        "writes rows of an HTML table; not in a URL",
    ),
    "unless": ("{% unless … %} … {% else %} … {% endunless %}", "takes what does not hold"),
}
"""How each tag is written, and what it does."""
_GIVEN = frozenset({"context", "environment"})
"""What the library gives to filters by itself."""
_EMPHASIS = re.compile(r"(?<!\w)_(\w+)_(?!\w)")


def liquid_tags(_: str) -> str:
    """List the tags."""
    there = {*ENVIRONMENTS["liquid"].tags, "raw"} - _PIECES
    rows = ([f"`{_TAGS[name][0]}`", _TAGS[name][1]] for name in sorted(there))
    return table(["Tag", "What it does"], rows)


def liquid_filters(_: str) -> str:
    """List the filters."""
    known = ENVIRONMENTS["liquid"].filters
    return table(["Filter", "What it does"], (_row(name, known[name]) for name in sorted(known)))


def _row(name: str, called: Callable[..., object]) -> list[str]:
    left, *others = inspect.signature(called).parameters.values()
    values = ", ".join(_value(each) for each in others if each.name not in _GIVEN)
    said = (inspect.getdoc(called) or "").splitlines()[0].replace("Return ta ", "Return a ")
    return [
        f"`{left.name} | {name}{': ' if values else ''}{values}`",
        _EMPHASIS.sub(r"`\1`", said),
    ]


def _value(parameter: inspect.Parameter) -> str:
    """Name a value that a filter takes, with `?` where it may be left out."""
    named = ": …" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else ""
    needed = parameter.default in {inspect.Parameter.empty, ...}
    return f"{parameter.name.rstrip('_')}{named}{'' if needed else '?'}"
