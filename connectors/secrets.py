"""Secrets by name: from the environment or from a folder of files. Knows no channel.

A secret is read at the moment of the call, so that a renewed one counts at once, and every value
ever read is masked in logs.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

from yarl import URL

from journeys.channels.secret_reference import SECRET_NAME, SECRET_REFERENCE
from journeys.errors import PortError
from journeys.messages import JsonValue

ENVIRONMENT_PREFIX: Final = "JOURNEYS_SECRET_"
MASK: Final = "***"

_SHARED: Final = (0, 2, 3)
"""How many characters of base64 a secret shares with what stands before it, by its place in three
octets."""
_LEAST_BASE64: Final = 8
"""Fewer characters could be any text."""
_URL_SAFE: Final = str.maketrans("+/", "-_")


def _forms(value: str) -> set[str]:
    """Give a text as URLs, forms, JSON and base64 write it."""
    written = {json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}
    escaped = {text.replace("/", "\\/") for text in written}
    forms = {value, quote(value), quote(value, safe=""), quote_plus(value), *written, *escaped}
    in_url = URL.build(path=f"/{value}", query={"": value})
    forms |= {in_url.raw_path[1:], in_url.raw_query_string[1:], *_base64_forms(value.encode())}
    return forms - {""}


def _base64_forms(octets: bytes) -> Iterator[str]:
    """Give the characters that stand for these octets alone, wherever among others they begin."""
    for before, shared in enumerate(_SHARED):
        encoded = base64.b64encode(bytes(before) + octets).decode().rstrip("=")
        ends_apart = (before + len(octets)) % 3 > 0
        inner = encoded[shared : len(encoded) - ends_apart]
        if len(inner) >= _LEAST_BASE64:
            yield inner
            yield inner.translate(_URL_SAFE)


class UnknownSecretError(PortError):
    """A text refers to a secret that this deployment does not have, or may not use here."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="unknown_secret", retryable=False)


class Secrets:
    """The secrets of one deployment.

    Args:
        folder: holds one file per secret, named like it; the environment wins over it.
        environment: where `JOURNEYS_SECRET_<NAME>` is looked up; the process's own by default.
    """

    def __init__(
        self, folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> None:
        self._folder = folder
        self._environment = os.environ if environment is None else environment
        self._masked: set[str] = set()

    def resolve(self, text: str, allowed: Collection[str] | None = None) -> str:
        """Replace every `${secret:NAME}` in a text by its value.

        Args:
            text: the text, for example a header's value.
            allowed: the names that may be used here; None allows all, for texts of the deployment.

        Raises:
            UnknownSecretError: names the secret that is not known or not allowed.
        """
        return SECRET_REFERENCE.sub(lambda found: self._value(found[1], allowed), text)

    def resolve_json(self, value: JsonValue, allowed: Collection[str] | None = None) -> JsonValue:
        """Replace references in every text inside a value; the names of fields stay.

        Raises:
            UnknownSecretError: names the secret that is not known or not allowed.
        """
        match value:
            case str():
                return self.resolve(value, allowed)
            case list():
                return [self.resolve_json(item, allowed) for item in value]
            case dict():
                return {name: self.resolve_json(item, allowed) for name, item in value.items()}
            case _:
                return value

    def mask(self, text: str, derived: Collection[str] = ()) -> str:
        """Return a text without any secret value read so far, plain or encoded.

        Args:
            text: the text.
            derived: what was made from secrets, such as an encoded login: masked here only.
        """
        masked = self._masked.union(*map(_forms, derived))
        for value in sorted(masked, key=len, reverse=True):
            text = text.replace(value, MASK)
        return text

    def _value(self, name: str, allowed: Collection[str] | None) -> str:
        if not SECRET_NAME.fullmatch(name):
            msg = f"{name!a} is no name of a secret: use letters, digits and underscores"
            raise UnknownSecretError(msg)
        if allowed is not None and name not in allowed:
            msg = (
                f"the action's definition does not refer to the secret {name}, but its filled text "
                f"does: write ${{secret:{name}}} into the definition, not into data"
            )
            raise UnknownSecretError(msg)
        value = self._environment.get(ENVIRONMENT_PREFIX + name)
        if value is None:
            value = self._from_folder(name)
        if value not in self._masked:
            self._masked |= _forms(value)
        return value

    def _from_folder(self, name: str) -> str:
        if self._folder is not None:
            try:
                return (self._folder / name).read_text(encoding="utf-8").rstrip("\r\n")
            except FileNotFoundError:
                pass
            except (OSError, UnicodeDecodeError) as error:
                msg = f"the file of the secret {name} cannot be read: {type(error).__name__}"
                raise UnknownSecretError(msg) from None
        places = f"{ENVIRONMENT_PREFIX}{name} in the environment"
        if self._folder is not None:
            places += f" or a file named {name} in the folder of secrets"
        msg = f"the secret {name} is not known: set {places}"
        raise UnknownSecretError(msg)
