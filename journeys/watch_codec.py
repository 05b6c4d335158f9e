"""What is remembered of a journey that is watched, as the reporting job stores it."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from journeys.formats import WATCH_VERSION, shaped, stored, to_text
from journeys.watch import Watch

_WATCH = TypeAdapter(Watch)


def dump_watch(watch: Watch) -> str:
    """Write what is remembered of a journey."""
    return to_text({"v": WATCH_VERSION, "watch": _WATCH.dump_python(watch, mode="json")})


def load_watch(text: str) -> Watch:
    """Read what is remembered of a journey.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("watch", text, WATCH_VERSION)
    return shaped("watch", lambda: _WATCH.validate_python(value["watch"]))
