"""Calls over HTTP as they left and what came back, for somebody who watches: without any secret.

Nobody watches a job. A single call that a person tries is watched by `watching`.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, quote, urlencode

import orjson

from connectors.secrets import MASK, Secrets
from journeys.messages import JsonObject, JsonValue

if TYPE_CHECKING:
    from connectors.http_client import HttpAnswer, HttpCall


@dataclass(slots=True)
class Exchange:
    """One call and its answer."""

    method: str
    url: str
    """With its query."""
    headers: JsonObject
    """Those that the call sets, by their names in lower case."""
    body: JsonValue
    """JSON and forms as values, else the text."""
    status: int | None = None
    """None: no answer came."""
    answer_headers: JsonObject = field(default_factory=dict)
    answer: JsonValue = None
    milliseconds: int = 0
    """From the call to the end of its answer."""


@dataclass(frozen=True, slots=True)
class Watched:
    """One call under way."""

    exchange: Exchange
    mask: _Mask
    began: float
    hides_answer: bool

    def ended(self, answer: HttpAnswer, headers: Mapping[str, str]) -> None:
        """Note what came back."""
        exchange = self.exchange
        exchange.milliseconds = round((time.monotonic() - self.began) * 1000)
        exchange.status = answer.status
        exchange.answer_headers = self.mask.values(headers.items())
        exchange.answer = MASK if self.hides_answer else answer.body


_PLAIN: Final = "/:@!$&'()*+,;="
"""What may stand in a path as it is, besides letters and digits."""
_WATCHER: ContextVar[list[Exchange] | None] = ContextVar("watcher", default=None)


@contextmanager
def watching() -> Iterator[list[Exchange]]:
    """Collect the exchanges of the calls that are made inside, in the order in which they began."""
    seen: list[Exchange] = []
    before = _WATCHER.set(seen)
    try:
        yield seen
    finally:
        _WATCHER.reset(before)


def begun(call: HttpCall, secrets: Secrets) -> Watched | None:
    """Note a call that is about to be made, if somebody watches."""
    seen = _WATCHER.get()
    if seen is None:
        return None
    mask = _Mask(secrets, call.masked)
    exchange = Exchange(call.method, _url(call, mask), mask.values(call.headers.items()), None)
    exchange.body = _body(call, mask)
    seen.append(exchange)
    return Watched(exchange, mask, time.monotonic(), call.hides_answer)


@dataclass(frozen=True, slots=True)
class _Mask:
    secrets: Secrets
    derived: Collection[str]

    def text(self, text: str) -> str:
        return self.secrets.mask(text, self.derived)

    def values(self, named: Iterable[tuple[str, str]]) -> JsonObject:
        return {name.lower(): self.text(value) for name, value in named}

    def json(self, value: JsonValue) -> JsonValue:
        match value:
            case str():
                return self.text(value)
            case list():
                return [self.json(item) for item in value]
            case dict():
                return {name: self.json(item) for name, item in value.items()}
            case _:
                return value


def _url(call: HttpCall, mask: _Mask) -> str:
    """Write a URL anew from its masked parts: encoded, a secret could hide in it."""
    path = quote(mask.text(call.url.path), safe=_PLAIN)
    pairs = [*call.url.query.items(), *call.query.items()]
    query = urlencode([(name, mask.text(value)) for name, value in pairs], safe="*")
    return f"{call.url.origin()}{path}" + (f"?{query}" if query else "")


def _body(call: HttpCall, mask: _Mask) -> JsonValue:
    if call.body is None:
        return None
    text = call.body.decode(errors="replace")
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.endswith("form-urlencoded"):
        return mask.values(parse_qsl(text, keep_blank_values=True))
    try:
        return mask.json(orjson.loads(text))
    except orjson.JSONDecodeError:
        return mask.text(text)
