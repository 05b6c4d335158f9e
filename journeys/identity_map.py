"""The identity map of a profile record: the names that a person has, and which of them is theirs.

{"identityMap": {"crm": [{"id": "B", "primary": true}], "ecid": [{"id": "A"}]}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, TypeAlias

from journeys.json_shape import MAX_KEY_LENGTH, json_kind
from journeys.messages import JsonValue

FIELD = "identityMap"


_Path: TypeAlias = tuple[str | int, ...]


class IdentityMapError(Exception):
    """An identity map that cannot be read: what is wrong, and where."""

    def __init__(self, path: _Path, what: str) -> None:
        steps = (str(step).replace("~", "~0").replace("/", "~1") for step in (FIELD, *path))
        super().__init__(f"`/{'/'.join(steps)}` {what}")


class StrangerError(IdentityMapError):
    """The map names another person, and not the one that the record is about."""


class _Named(NamedTuple):
    path: _Path
    id: str
    is_primary: bool


def primary_of(key: str, identity_map: JsonValue) -> str | None:
    """Give the identity that a person is known by, if the map says that it is another than the key.

    Raises:
        IdentityMapError: the map has not its form, or names several primary identities.
        StrangerError: it does not name the key.
    """
    named = list(_named(identity_map))
    primaries = [each for each in named if each.is_primary]
    others = [each for each in primaries if each.id != primaries[0].id]
    if others:
        what = f"is a second primary identity, beside {primaries[0].id!r:.80}: keep one"
        raise IdentityMapError(others[0].path, what)
    if not primaries or primaries[0].id == key:
        return None
    if key not in {each.id for each in named}:
        what = f"is the primary identity of somebody else: name {key!r:.80}, the key, beside it"
        raise StrangerError(primaries[0].path, what)
    return primaries[0].id


def _named(identity_map: JsonValue) -> Iterator[_Named]:
    if not isinstance(identity_map, dict):
        raise _unlike((), identity_map, "an object of namespaces")
    for namespace, identities in identity_map.items():
        if identities is None:
            continue  # a merge patch removes the namespace
        if not isinstance(identities, list):
            raise _unlike((namespace,), identities, "a list of identities")
        for number, identity in enumerate(identities):
            yield _read((namespace, number), identity)


def _read(path: _Path, identity: JsonValue) -> _Named:
    if not isinstance(identity, dict):
        raise _unlike(path, identity, "an object with an `id`")
    name, is_primary = identity.get("id"), identity.get("primary", False)
    if not isinstance(name, str) or not name:
        raise _unlike((*path, "id"), name, "a text")
    if len(name) > MAX_KEY_LENGTH:
        what = f"has {len(name)} characters; at most {MAX_KEY_LENGTH} fit"
        raise IdentityMapError((*path, "id"), what)
    if "\ufffd" in name:
        what = "holds a character that stands for bytes that are no text: no record key is so"
        raise IdentityMapError((*path, "id"), what)
    if not isinstance(is_primary, bool):
        raise _unlike((*path, "primary"), is_primary, "true or false")
    return _Named(path, name, is_primary)


def _unlike(path: _Path, found: JsonValue, expected: str) -> IdentityMapError:
    held = "is an empty text" if found == "" else f"holds {json_kind(found)}"
    return IdentityMapError(path, f"{held}; expected {expected}")
