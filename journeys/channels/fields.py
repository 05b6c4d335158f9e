"""Reading the fields of a message, each refusal naming its field. Knows no channel."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Final

from journeys.errors import CodecError
from journeys.messages import JsonObject, JsonValue

_FIRST_PRINTABLE: Final = " "
_BREAKS: Final = frozenset("\x7f\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e")
"""Characters above the C0 controls that some software takes for a line end, DEL, and those that
turn the direction of all that follows: a name can so look like another. Marks and isolates, which
texts of two directions need, are none of them."""
_LANGUAGE: Final = re.compile(r"(?=.{1,900}$)[A-Za-z0-9]+(-[A-Za-z0-9]+)*", re.DOTALL)
"""A tag of BCP 47, at least by its looks, and no longer than a header may be."""


def refuse_unknown(message: JsonObject, kind: str, known: Collection[str]) -> None:
    """Refuse fields that the message type does not have.

    Raises:
        CodecError: names the first unknown field and the known ones.
    """
    for name in message:
        if name not in known:
            msg = f"{kind}.{name} is not a field of this message: use {list(known)}"
            raise CodecError(msg)


def optional_text(message: JsonObject, kind: str, name: str) -> str | None:
    """Return a text field, or None where it is missing or null.

    Raises:
        CodecError: the field holds something else.
    """
    value: JsonValue = message.get(name)
    if value is None or isinstance(value, str):
        return value
    msg = f"{kind}.{name} is {type(value).__name__}, expected a text"
    raise CodecError(msg)


def required_text(message: JsonObject, kind: str, name: str) -> str:
    """Return a text field that must be there.

    Raises:
        CodecError: the field is missing, null or no text.
    """
    value = optional_text(message, kind, name)
    if value is None:
        msg = f"{kind}.{name} is missing, expected a text"
        raise CodecError(msg)
    return value


def text_map(message: JsonObject, kind: str, name: str) -> dict[str, str]:
    """Return a field that maps names to texts; missing or null is an empty one.

    Numbers and booleans become their JSON text, and an entry that is null is left out, because
    what fills them keeps its type.

    Raises:
        CodecError: the field is no object, or a value in it is a list or an object.
    """
    value = message.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"{kind}.{name} is {type(value).__name__}, expected an object of texts"
        raise CodecError(msg)
    texts: dict[str, str] = {}
    for key, item in value.items():
        if isinstance(item, (list, dict)):
            msg = f"{kind}.{name}.{key!a} is {type(item).__name__}, expected a text"
            raise CodecError(msg)
        if item is not None:
            texts[key] = item if isinstance(item, str) else json.dumps(item)
    return texts


def refuse_control_characters(where: str, text: str) -> None:
    """Refuse line ends and control characters, with which one header could pose as two.

    Raises:
        CodecError: names the place and the character's position.
    """
    if text.isprintable():
        return  # as almost all are, and this is said ten times as fast
    for position, character in enumerate(text):
        if character < _FIRST_PRINTABLE or character in _BREAKS:
            msg = (
                f"{where} holds the control character U+{ord(character):04X} at position "
                f"{position}: remove line ends and control characters from it"
            )
            raise CodecError(msg)


def check_language(where: str, tag: str | None) -> None:
    """Refuse what is no language tag such as `fr-CA`; None is one nobody has given.

    Raises:
        CodecError: the text is no such tag.
    """
    if tag is not None and not _LANGUAGE.fullmatch(tag):
        msg = f"{where} must be a language tag such as 'fr' or 'fr-CA'"
        raise CodecError(msg)


def refuse_half_characters(where: str, text: str) -> None:
    """Refuse half of a surrogate pair, which no encoding can carry.

    Raises:
        CodecError: names the place and the position.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        msg = (
            f"{where} holds half of a character pair at position {error.start}: "
            f"it cannot be written as UTF-8"
        )
        raise CodecError(msg) from error
