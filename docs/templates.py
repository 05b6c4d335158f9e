"""The tables of what templates may use: the tags and filters of Liquid that there are here."""

from __future__ import annotations

import inspect
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
_FILTERS: Mapping[str, str] = {
    "abs": "the number without its sign",
    "append": "puts a text behind",
    "at_least": "the larger of the two",
    "at_most": "the smaller of the two",
    "base64_decode": "reads base64",
    "base64_encode": "writes base64",
    "base64_url_safe_decode": "reads base64 as URLs have it",
    "base64_url_safe_encode": "writes base64 as URLs have it",
    "capitalize": "a large first letter, and small ones after it",
    "ceil": "up to the next whole number",
    "compact": "leaves out items that are nothing, or whose field is",
    "concat": "one list behind the other",
    "date": "a date or an instant in a form such as `'%d.%m.%Y'`",
    "default": "another value in the place of nothing, false or an empty text; "
    "`allow_false: true` lets false stand",
    "divided_by": "divides; two whole numbers give one, rounded down",
    "downcase": "all letters small",
    "escape": "keeps HTML from reading the text as HTML",
    "escape_once": "the same, but what is escaped already stays",
    "escapejs": "keeps a text inside of a text of JavaScript",
    "find": "the first item whose field has that value",
    "find_index": "where that item stands, counted from 0",
    "first": "the first item",
    "floor": "down to the next whole number",
    "has": "whether an item has a field of that value",
    "in_zone": "an instant by the clocks of a zone, for `date` to show; without one, by those of "
    "the journey",
    "join": "the items as one text, with a space or what is given between them",
    "json": "the value as JSON, without spaces",
    "last": "the last item",
    "lstrip": "without white space at its beginning",
    "map": "of each item one field",
    "minus": "takes away",
    "modulo": "what is left of a division",
    "money": "an amount as readers of the language write it, with the decimals of its currency",
    "newline_to_br": "puts `<br />` before each line break",
    "number": "a number as readers of the language write it, with so many decimals, or with up to "
    "three",
    "plus": "adds",
    "prepend": "puts a text before",
    "reject": "the items whose field has another value",
    "remove": "takes a text out wherever it stands",
    "remove_first": "takes it out once, from the front",
    "remove_last": "takes it out once, from the back",
    "replace": "puts a text in the place of another wherever that stands",
    "replace_first": "does so once, from the front",
    "replace_last": "does so once, from the back",
    "reverse": "the last item first",
    "round": "to the nearest number with so many decimals",
    "rstrip": "without white space at its end",
    "safe": "is put into HTML as it stands: only for what nobody else has written",
    "size": "how many letters or items there are",
    "slice": "a part, from a place counted from 0; below zero, from the end",
    "sort": "in order, by a field if one is named",
    "sort_natural": "the same, large and small letters alike",
    "split": "a list of the parts between that text",
    "squish": "one space in the place of any white space, and none around the text",
    "strip": "without white space around it",
    "strip_html": "without the tags of HTML",
    "strip_newlines": "without line breaks",
    "sum": "all numbers together, of a field if one is named",
    "times": "multiplies",
    "truncate": "at most so many letters, those of the end included",
    "truncatewords": "at most so many words",
    "uniq": "each item once",
    "upcase": "all letters large",
    "url_decode": "reads what is encoded for a URL",
    "url_encode": "encodes a text for a URL",
    "where": "the items whose field has that value",
}
"""What each filter gives."""


def liquid_tags(_: str) -> str:
    """List the tags."""
    there = {*ENVIRONMENTS["liquid"].tags, "raw"} - _PIECES
    rows = ([f"`{_TAGS[name][0]}`", _TAGS[name][1]] for name in sorted(there))
    return table(["Tag", "What it does"], rows)


def liquid_filters(_: str) -> str:
    """List the filters."""
    known = ENVIRONMENTS["liquid"].filters
    return table(["Filter", "What it gives"], (_row(name, known[name]) for name in sorted(known)))


def _row(name: str, called: Callable[..., object]) -> list[str]:
    left, *others = inspect.signature(called).parameters.values()
    values = ", ".join(_value(each) for each in others if each.name not in _GIVEN)
    return [f"`{left.name} | {name}{': ' if values else ''}{values}`", _FILTERS[name]]


def _value(parameter: inspect.Parameter) -> str:
    """Name a value that a filter takes, with `?` where it may be left out."""
    named = ": …" if parameter.kind is inspect.Parameter.KEYWORD_ONLY else ""
    needed = parameter.default in {inspect.Parameter.empty, ...}
    return f"{parameter.name.rstrip('_')}{named}{'' if needed else '?'}"
