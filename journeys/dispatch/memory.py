"""What was answered before: one answer for equal questions, for a while."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

import orjson

from journeys.errors import CodecError
from journeys.formats import to_text
from journeys.messages import Delivery

MAX_ANSWERS = 4_096
"""Answers kept for one endpoint; beyond it the one asked for least lately goes."""
MAX_ANSWER = 16 * 1024
"""Characters of an answer that is kept; a longer one is asked for again each time."""


class _Kept(NamedTuple):
    until: int
    code: str
    response: str


class Memory:
    """Answers by question, each until its time is over. Lost in a restart, on purpose."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def answer(self, question: str, now: int) -> Delivery | None:
        """Give what was answered, while it may serve."""
        kept = self._kept.get(question)
        if kept is None:
            return None
        if kept.until <= now:
            del self._kept[question]
            return None
        self._kept.move_to_end(question)
        return Delivery(kept.code, orjson.loads(kept.response))

    def keep(self, question: str, delivery: Delivery, until: int) -> None:
        """Keep an answer, if it can be kept."""
        try:
            text = to_text(delivery.response)
        except (TypeError, CodecError):
            return
        if len(text) > MAX_ANSWER:
            return
        self._kept[question] = _Kept(until, delivery.code, text)
        self._kept.move_to_end(question)
        if len(self._kept) > MAX_ANSWERS:
            self._kept.popitem(last=False)
