"""How a text refers to a secret: `${secret:NAME}`. Knows no secret."""

from __future__ import annotations

import re
from typing import Final

from journeys.messages import JsonValue

SECRET_REFERENCE: Final = re.compile(r"\$\{secret:([^{}]*)\}")
SECRET_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")


def secret_names(value: JsonValue) -> tuple[str, ...]:
    """List the secrets that an author's text, or any text inside a value, refers to, sorted.

    Run this on what the author wrote, never on a filled template: what a person typed into a form
    must not be able to ask for a secret.
    """
    return tuple(sorted(_names(value)))


def _names(value: JsonValue) -> set[str]:
    match value:
        case str():
            return set(SECRET_REFERENCE.findall(value))
        case list():
            return {name for item in value for name in _names(item)}
        case dict():
            return {
                name for key, item in value.items() for part in (key, item) for name in _names(part)
            }
        case _:
            return set()
