"""Texts with holes: a tree of constants, expressions and Liquid templates, filled for one person.

As data a template is a JSON tree of tagged pairs, so that it crosses topics inside a plan:
`["value", x]`, `["expression", text]`, `["liquid", text]`, `["html", text]` and `["url", text]`
(Liquid whose holes are escaped for HTML, or for a part of a URL), `["list", [...]]`,
`["map", {...}]`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, cast

from journeys.channels.email import UNSUBSCRIBE
from journeys.errors import JourneyError
from journeys.expressions import Scope, Value, compile_expression, to_json
from journeys.messages import JsonObject, JsonValue

if TYPE_CHECKING:
    from journeys.liquid_text import Dialect

Template: TypeAlias = list[Any]
EXPRESSION_STARTS = ("#{", "@event{", "@action{", "@history{", "=")
"""A text that begins with a reference, or with `=`, is one expression and keeps its type."""
UNSUBSCRIBE_NAME = "unsubscribe_url"
"""What the texts of an email call the link by which its reader unsubscribes."""


_OF_A_PERSON = re.compile(r"string '.*'", re.DOTALL)
"""What the library quotes of the values that fill a hole: they are told to nobody."""
SAID_LIMIT = 300
"""Characters of a library's own words that become part of an error."""


class TemplateError(JourneyError):
    """A template could not be filled; says which one and why."""


def parse_template(value: JsonValue, dialect: Dialect = "liquid") -> Template:
    """Turn a value as an author wrote it into a template; checks nothing."""
    if isinstance(value, list):
        return ["list", [parse_template(item, dialect) for item in value]]
    if isinstance(value, dict):
        return ["map", {name: parse_template(item, dialect) for name, item in value.items()}]
    if not isinstance(value, str):
        return ["value", value]
    if value.lstrip().startswith(EXPRESSION_STARTS):
        return ["expression", value.strip().removeprefix("=").strip()]
    if "{{" in value or "{%" in value:
        return [dialect, value]
    return ["value", value]


_TAGS = ("value", "expression", "list", "map", "liquid", "html", "url")


def is_template(value: object) -> TypeGuard[Template]:
    """Say whether a value of a plan is a template."""
    match value:
        case [str(tag), _]:
            return tag in _TAGS
        case _:
            return False


def written(template: Template) -> JsonValue:
    """Give a template back as an author writes it."""
    kind, content = template
    if kind == "list":
        return [written(item) for item in content]
    if kind == "map":
        return {name: written(item) for name, item in content.items()}
    if kind == "expression" and not content.startswith(EXPRESSION_STARTS):
        return f"= {content}"
    return cast("JsonValue", content)


class Names:
    """What a template may name: the expression scope, and the same values for Liquid."""

    __slots__ = ("_arguments", "_liquid", "conversions", "language", "scope")

    def __init__(
        self,
        scope: Scope,
        arguments: Mapping[str, JsonValue],
        conversions: Mapping[str, tuple[tuple[int, str], ...]],
        language: str = "en",
    ) -> None:
        self.scope = scope
        self.conversions = conversions
        self.language = language
        self._arguments = arguments
        self._liquid: dict[str, object] | None = None

    @property
    def liquid(self) -> dict[str, object]:
        """Names for Liquid: what expressions read too, `params`, and the link to unsubscribe."""
        if self._liquid is None:
            self._liquid = {
                "profile": self.scope.profile,
                "event": self.scope.events,
                "action": self.scope.actions,
                "source": self.scope.sources,
                "params": self._arguments,
                UNSUBSCRIBE_NAME: UNSUBSCRIBE,
            }
        return self._liquid

    def speaking(self, language: str) -> Names:
        """Give the same names for a text in another language."""
        return Names(self.scope, self._arguments, self.conversions, language)


def fill(template: Template, names: Names) -> JsonValue:
    """Fill every hole of a template.

    Raises:
        TemplateError: a Liquid text failed or broke a bound.
        ExpressionError: an expression failed.
    """
    kind, content = template
    if kind == "value":
        return cast("JsonValue", content)
    if kind == "expression":
        return to_json(_evaluated(content, names))
    if kind == "list":
        return [fill(item, names) for item in content]
    if kind == "map":
        return {name: fill(item, names) for name, item in content.items()}
    from journeys.liquid_text import LiquidError, liquid_template  # noqa: PLC0415 - slow to import

    try:
        parsed = liquid_template(content, kind)
        return parsed.render(names.language, names.scope.zone, **names.liquid)
    except LiquidError as error:
        said = _OF_A_PERSON.sub("a text", str(error.message))
    except Exception as error:  # the library lets through what its filters raise
        said = type(error).__name__
    message = f"a template could not be filled: {said[:SAID_LIMIT]}"
    raise TemplateError(message)


def _evaluated(expression: str, names: Names) -> Value:
    return compile_expression(expression, names.conversions.get(expression, ()))(names.scope)


def fill_object(template: Template, names: Names) -> JsonObject:
    """Fill a template that was written as a mapping."""
    return cast("JsonObject", fill(template, names))
