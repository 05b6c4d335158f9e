"""How the answer about one person becomes text and back."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from journeys.formats import ANSWER_VERSION, shaped, stored, to_text
from journeys.inquiry import LiveState

_STATE = TypeAdapter(LiveState)


def dump_live_state(state: LiveState) -> str:
    """Write what is known of a person, as it lies on the topic of answers."""
    return to_text({"v": ANSWER_VERSION, **vars(state)})


def load_live_state(text: str | bytes) -> LiveState:
    """Read what is known of a person.

    Raises:
        CodecError: the text is no such value.
        UnknownVersionError: a newer release wrote it.
    """
    value: dict[str, Any] = stored("answer", text, ANSWER_VERSION)
    return shaped("answer", lambda: _STATE.validate_python(value))
