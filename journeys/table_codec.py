"""How rows of tables become text and back.

A row is kept by everybody and read by few: it is written and read as text around its own text, so
that a job with many rows begins fast.
"""

from __future__ import annotations

from typing import Any

import orjson

from journeys.formats import ROW_VERSION, shaped, stored

_BEFORE, _AFTER = f'{{"v":{ROW_VERSION},"row":', "}"


def dump_row(row: bytes) -> str:
    """Write a row, given as JSON."""
    return f"{_BEFORE}{row.decode()}{_AFTER}"


def load_row(text: str) -> bytes:
    """Read a row, as JSON.

    Raises:
        CodecError: the text is no row.
        UnknownVersionError: a newer release wrote it.
    """
    if text.startswith(_BEFORE):
        return text[len(_BEFORE) : -len(_AFTER)].encode()
    value: dict[str, Any] = stored("row", text, ROW_VERSION)
    return shaped("row", lambda: orjson.dumps(value["row"]))


def dump_came(offset: int) -> str:
    """Write up to which offset of their topic rows have come."""
    return orjson.dumps({"v": ROW_VERSION, "came": offset}).decode()


def load_came(text: str | None) -> int:
    """Read up to which offset of their topic rows have come; nothing stored is none.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    if text is None:
        return 0
    value: dict[str, Any] = stored("row", text, ROW_VERSION)
    return shaped("row", lambda: int(value["came"]))
