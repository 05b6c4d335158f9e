"""What the context of a conformance case means: a catalog of its types, and a scope of its values.

A context is JSON: `events`, `profile`, `datasources`, `datasource_calls`, `actions`, `decisions`,
`audiences`, `properties`, `supplementalId`, `history`, `now` and `zone`, all optional.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from journeys.expressions import temporal
from journeys.expressions.catalog import KnownTypes, ReadKind
from journeys.expressions.inference import Dates, type_of_value
from journeys.expressions.scope import Scope
from journeys.expressions.types import ANY, STRING, Kind, Type, list_of, object_of
from journeys.messages import JsonObject, JsonValue

_ROOTS = {
    "events": ReadKind.EVENT,
    "actions": ReadKind.ACTION,
    "decisions": ReadKind.DECISION,
    "datasources": ReadKind.SOURCE,
}


def context_of(case: JsonObject) -> JsonObject:
    """Give the context of a case; an empty one if it has none."""
    context = case.get("context")
    return context if isinstance(context, dict) else {}


def _object(context: Mapping[str, JsonValue], name: str) -> JsonObject:
    found = context.get(name)
    return found if isinstance(found, dict) else {}


def _calls(context: JsonObject) -> list[JsonObject]:
    calls = context.get("datasource_calls")
    return [call for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []


def roots_of(context: JsonObject) -> JsonObject:
    """Give what a context says of each kind of read, answers of sources with parameters too."""
    roots: JsonObject = {name: _object(context, name) for name in _ROOTS}
    given = _object(context, "datasources")
    sources = {name: dict(_object(given, name)) for name in given}
    for call in _calls(context):
        groups = sources.setdefault(str(call.get("datasource")), {})
        groups.setdefault(str(call.get("group")), call.get("response"))
    roots["datasources"] = cast("JsonObject", sources)
    return roots


def catalog_of(
    context: JsonObject, *, dates: Dates = Dates.DATE, fields: Type | None = None
) -> KnownTypes:
    """Guess the types of everything that a context holds; names that it does not hold are open."""
    found = type_of_value(roots_of(context), dates)
    whole = _completed(found, fields or ANY)
    known = {kind: _open(whole.fields.get(name, ANY)) for name, kind in _ROOTS.items()}
    known[ReadKind.PROFILE] = {"": type_of_value(_object(context, "profile"), dates)}
    return KnownTypes(known)


class _OpenNames(dict[str, Type]):
    """Types by name, where every other name may be anything."""

    def get(self, name: str, default: object = None) -> Type:
        """Give a type."""
        del default
        return super().get(name, ANY)


def _open(type_: Type) -> Mapping[str, Type]:
    return _OpenNames(type_.fields)


def _completed(own: Type, others: Type) -> Type:
    """Fill in from other contexts what a context only shows as null."""
    if own.kind is Kind.OBJECT:
        filled = {}
        for name, field in own.fields.items():
            other = others.fields.get(name, ANY) if others.kind is Kind.OBJECT else ANY
            complete = _completed(field, other)
            is_id = complete.kind is Kind.ANY and name in {"id", "_id"}
            filled[name] = STRING if is_id else complete
        return object_of(filled, rest=own.rest)
    if own.kind is Kind.LIST and others.kind is Kind.LIST:
        return list_of(_completed(own.item or ANY, others.item or ANY))
    return others if own.kind is Kind.ANY else own


def scope_of(context: JsonObject) -> Scope:
    """Make what an evaluation reads of a context."""
    now = context.get("now")
    instant = temporal.parse_instant(now) if isinstance(now, str) else None
    zone = context.get("zone")
    return Scope(
        events=_object(context, "events"),
        profile=_object(context, "profile"),
        sources=_object(context, "datasources"),
        actions=_object(context, "actions"),
        decisions=_object(context, "decisions"),
        audiences={name: str(state) for name, state in _object(context, "audiences").items()},
        properties=_object(context, "properties"),
        supplemental_id=context.get("supplementalId"),
        now=temporal.to_millis(instant) if instant else (now if isinstance(now, int) else 0),
        zone=zone if isinstance(zone, str) else "UTC",
        source_call=_Answers(_calls(context), _object(context, "datasources")),
        history=_Past(_object(context, "history"), instant),
    )


class _Answers:
    """Answers sources with parameters as a context says; others as they answer without any."""

    def __init__(self, calls: Sequence[JsonObject], sources: JsonObject) -> None:
        self._calls = calls
        self._sources = sources

    def __call__(self, source: str, group: str, parameters: JsonObject) -> JsonValue:
        for call in self._calls:
            asked = call.get("datasource"), call.get("group"), call.get("params") or {}
            if asked == (source, group, parameters):
                return call.get("response")
        return _object(self._sources, source).get(group)


class _Past:
    """Gives past events as a context lists them: by name, oldest first, each with a timestamp."""

    def __init__(self, events: JsonObject, now: datetime | None) -> None:
        self._events = events
        self._now = now

    def __call__(self, event: str, path: tuple[str, ...], window_ms: int | None) -> list[JsonValue]:
        listed = self._events.get(event)
        found: list[JsonValue] = []
        for payload in listed if isinstance(listed, list) else []:
            if isinstance(payload, dict) and self._is_within(payload, window_ms):
                value: JsonValue = payload
                for name in path:
                    value = value.get(name) if isinstance(value, dict) else None
                found.append(value)
        return found

    def _is_within(self, payload: JsonObject, window_ms: int | None) -> bool:
        at = temporal.parse_instant(str(payload.get("timestamp")))
        if window_ms is None or at is None or self._now is None:
            return True
        return self._now - window_ms * temporal.MILLISECOND <= at <= self._now
