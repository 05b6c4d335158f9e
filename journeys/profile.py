"""A person's attributes: decoded when first read, changed by merge patches."""

from __future__ import annotations

from collections.abc import Callable

from journeys.messages import JsonObject, JsonValue


def merge(target: JsonValue, patch: JsonValue) -> JsonValue:
    """Apply a JSON merge patch (RFC 7386): null removes, objects merge, all else replaces."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), value)
    return merged


class Profile:
    """The attributes of one person.

    `read` is called at most once, when an attribute is first asked for, so that an event that
    needs none costs no decoding.
    """

    __slots__ = ("_attributes", "_read", "changed", "id")

    def __init__(self, profile_id: str, read: Callable[[], JsonObject]) -> None:
        self.id = profile_id
        self.changed = False
        self._read = read
        self._attributes: JsonObject | None = None

    @property
    def attributes(self) -> JsonObject:
        """All attributes; empty for a person nobody has described."""
        if self._attributes is None:
            self._attributes = self._read()
        return self._attributes

    def apply(self, patch: JsonObject | None) -> None:
        """Merge a patch into the attributes; None erases them all."""
        merged = merge(self.attributes, patch) if patch is not None else {}
        self._attributes = merged if isinstance(merged, dict) else {}
        self.changed = True
