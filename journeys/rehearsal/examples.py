"""Values that a JSON Schema allows: plain ones for an example, wild ones for a search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from journeys.clock import format_duration, format_instant
from journeys.messages import JsonObject, JsonValue
from journeys.rehearsal.draws import Draws
from journeys.rehearsal.reads import Reads
from journeys.schema import MAX_DEPTH, resolve

_OFTEN = 0.8
"""Share of objects that have an optional field, and of texts that take a word of an expression."""
_MOST_ITEMS = 3
_WIDTH = 1_000
"""How far a number without a second bound goes."""
_DAY_MS = 86_400_000
_TEXTS = ("a", "b", "", "ä€😀", "A much longer text, with spaces")
_FORMATS = {
    "email": ("ann@example.org", "bob@example.org"),
    "uri": ("https://example.org/a", "https://example.org/b"),
    "uuid": ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"),
    "time": ("08:00:00Z", "20:30:00Z"),
    "hostname": ("example.org",),
    "ipv4": ("192.0.2.1",),
    "ipv6": ("2001:db8::1",),
}
_NAMES = {
    "email": _FORMATS["email"],
    "timezone": ("Europe/Paris", "America/New_York", "Asia/Tokyo", "UTC"),
}
"""Texts of fields whose name says what they hold, where their schema does not."""
_BARE = {"type", "title", "description", "x-identity"}
"""Keywords that do not say which texts are allowed."""
_Schema: TypeAlias = JsonObject


class Examples:
    """Draws values from schemas."""

    def __init__(
        self, draws: Draws, now: int, reads: Reads | None = None, words: Sequence[str] = ()
    ) -> None:
        """Draw from a stream.

        Args:
            draws: where chance comes from.
            now: instants lie around it; milliseconds.
            reads: texts and numbers to prefer, since conditions compare with them.
            words: texts to prefer besides, since something is found by them.
        """
        self.draws = draws
        self._now = now
        self._words: list[str] = [*(reads.texts if reads else ()), *words]
        self._numbers = reads.numbers if reads else []
        self._root: _Schema = {}

    def of(self, schema: _Schema) -> JsonValue:
        """Draw a value; patterns and rules between fields are not looked at."""
        self._root = schema
        return self._value(schema, 0)

    def object_of(self, schema: _Schema) -> JsonObject:
        """Draw an object; a schema of anything else gives an empty one."""
        value = self.of(schema)
        return value if isinstance(value, dict) else {}

    def _value(self, part: JsonValue, depth: int) -> JsonValue:
        schema = resolve(self._root, part)
        for name in ("anyOf", "oneOf"):
            options = schema.get(name)
            if isinstance(options, list) and options:
                rest = {key: value for key, value in schema.items() if key != name}
                chosen = resolve(self._root, self.draws.choose(options))
                return self._value({**rest, **chosen}, depth + 1)
        if "const" in schema:
            return schema["const"]
        for name in ("enum", "examples"):
            options = schema.get(name)
            if isinstance(options, list) and options:
                return self.draws.choose(options)
        return self._typed(self._kind(schema), schema, depth)

    def _kind(self, schema: _Schema) -> str:
        kinds = schema.get("type")
        if isinstance(kinds, list):
            return str(self.draws.choose(kinds))
        if kinds is None:
            return "object" if "properties" in schema or "allOf" in schema else "anything"
        return str(kinds)

    def _typed(self, kind: str, schema: _Schema, depth: int) -> JsonValue:
        match kind:
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "string":
                return self._text(schema)
            case "integer":
                return int(self._number(schema, whole=True))
            case "number":
                return self._number(schema, whole=False)
            case "boolean":
                return self.draws.below(2) == 1
            case "null":
                return None
        return self.draws.choose([*self._words, "a", 0, 1, *self._numbers, True, None])

    def _object(self, schema: _Schema, depth: int) -> JsonObject:
        parts = [schema]
        composed = schema.get("allOf")
        parts += (
            [resolve(self._root, part) for part in composed] if isinstance(composed, list) else []
        )
        value: JsonObject = {}
        for part in parts:
            required, fields = part.get("required"), part.get("properties")
            needed = required if isinstance(required, list) else []
            for name, field in fields.items() if isinstance(fields, dict) else ():
                if name in needed or (depth < MAX_DEPTH and self.draws.chance(_OFTEN)):
                    value[name] = self._field(name, field, depth + 1)
        return value

    def _field(self, name: str, part: JsonValue, depth: int) -> JsonValue:
        schema = resolve(self._root, part)
        texts = _NAMES.get(name.lower())
        if texts and schema.keys() <= _BARE and schema.get("type", "string") == "string":
            return self.draws.choose(texts)
        return self._value(schema, depth)

    def _array(self, schema: _Schema, depth: int) -> list[JsonValue]:
        least = _whole(schema.get("minItems"), 0)
        most = min(_whole(schema.get("maxItems"), least + _MOST_ITEMS), least + _MOST_ITEMS)
        count = self.draws.between(least, most) if depth < MAX_DEPTH else least
        return [self._value(schema.get("items", {}), depth + 1) for _ in range(count)]

    def _number(self, schema: _Schema, *, whole: bool) -> float:
        low, high = _bounds(schema, step=1 if whole else 0.01)
        fitting = [n for n in self._numbers if low <= n <= high]
        if fitting and self.draws.chance(_OFTEN):
            return self.draws.choose(fitting)
        step = schema.get("multipleOf")
        unit = step if isinstance(step, int | float) and step > 0 else (1 if whole else 0.01)
        first = -int(-low // unit)
        return round(self.draws.between(first, max(first, int(high // unit))) * unit, 6)

    def _text(self, schema: _Schema) -> str:
        day = self.draws.between(-30, 30) * _DAY_MS
        match schema.get("format"):
            case "date-time":
                return format_instant(self._now + day)
            case "date":
                return format_instant(self._now + day)[:10]
            case "duration":
                return format_duration(abs(day) or _DAY_MS)
            case str(name) if name in _FORMATS:
                return self.draws.choose(_FORMATS[name])
        words = self._words
        text = self.draws.choose(words if words and self.draws.chance(_OFTEN) else _TEXTS)
        least = _whole(schema.get("minLength"), 0)
        return text.ljust(least, "x")[: _whole(schema.get("maxLength"), len(text) + least)]


def _whole(value: JsonValue, otherwise: int) -> int:
    return value if isinstance(value, int) else otherwise


def _bounds(schema: _Schema, *, step: float) -> tuple[float, float]:
    """Give the least and the greatest number that a schema allows; open ends get a width."""
    lows = [_limit(schema, "minimum", 0), _limit(schema, "exclusiveMinimum", step)]
    highs = [_limit(schema, "maximum", 0), _limit(schema, "exclusiveMaximum", -step)]
    low = max((n for n in lows if n is not None), default=None)
    high = min((n for n in highs if n is not None), default=None)
    if low is None:
        low = 0 if high is None or high >= 0 else high - _WIDTH
    return low, high if high is not None else low + _WIDTH


def _limit(schema: _Schema, name: str, inside: float) -> float | None:
    value = schema.get(name)
    return (
        value + inside if isinstance(value, int | float) and not isinstance(value, bool) else None
    )
