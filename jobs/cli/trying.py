"""The verb `try`: one real call of an action or a source, shown in full."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlencode

import orjson
import typer

from jobs.cli.author import Format, FormatOption, ProjectOption
from jobs.cli.console import FINDINGS, put
from jobs.cli.findings import faultless
from jobs.cli.given import (
    EventOption,
    Given,
    GivenOption,
    ProfileOption,
    ValuesOption,
    completed,
    definition_given,
    situation_given,
)
from journeys.channels import WebhookCall
from journeys.definitions import ActionDefinition
from journeys.draft import Ended, SingleCall
from journeys.findings.check import counted
from journeys.messages import ActionRequest, ActionStatus, JsonObject, JsonValue

if TYPE_CHECKING:
    from connectors.exchanges import Exchange

_TELLING = ("content-type", "retry-after", "location", "www-authenticate", "x-request-id")
"""Headers of an answer that say something to whoever tries a call."""
_WEBHOOK = "webhook"
_PRETTY = orjson.OPT_INDENT_2


class Kind(StrEnum):
    """What is called."""

    ACTION = "action"
    SOURCE = "source"


def try_(
    kind: Annotated[Kind, typer.Argument(help="What is called.")],
    name: Annotated[str, typer.Argument(help="Its id.", autocompletion=completed)],
    project: ProjectOption = Path(),
    profile: ProfileOption = None,
    event: EventOption = None,
    given: GivenOption = None,
    values: ValuesOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be sent, and send nothing.")
    ] = False,
    form: FormatOption = Format.TEXT,
) -> None:
    """Make one real call of an action or a source and show it in full, secrets masked."""
    read = faultless(project)
    called = definition_given(read, kind.value, name, "NAME")
    situation = situation_given(read, name, Given(profile, event, given, values))
    trial = SingleCall(kind.value, called, replace(situation, id=f"try-{uuid.uuid4()}"))
    asked = trial.ask()
    if isinstance(asked, Ended):
        _show(_Shown(kind, called, None, [], asked), form)
    elif dry_run:
        _show(_Shown(kind, called, asked, [], None), form)
    else:
        # Loads the channels, which an author who only looks need not wait for.
        from jobs.single_call import call_once  # noqa: PLC0415

        result, exchanges = call_once(read.settings.channels, asked)
        _show(_Shown(kind, called, asked, exchanges, trial.take(result)), form)


# What is shown.


@dataclass(frozen=True, slots=True)
class _Shown:
    kind: Kind
    definition: ActionDefinition
    asked: ActionRequest | None
    """None: nothing was to be sent."""
    exchanges: Sequence[Exchange]
    ended: Ended | None
    """None: nothing was sent."""

    @property
    def is_success(self) -> bool:
        return self.ended is None or self.ended.result.status is ActionStatus.SUCCEEDED


def _show(shown: _Shown, form: Format) -> None:
    if form is Format.JSON:
        put(orjson.dumps(_data(shown), option=orjson.OPT_INDENT_2).decode())
    else:
        for line in _lines(shown):
            put(line)
    if not shown.is_success:
        raise typer.Exit(FINDINGS)


def _data(shown: _Shown) -> JsonObject:
    data: JsonObject = {
        "kind": shown.kind.value,
        "id": shown.definition.id,
        "channel": shown.definition.channel,
        "sent": bool(shown.asked and shown.ended),
        "message": shown.asked.message if shown.asked else None,
        "exchanges": [asdict(exchange) for exchange in shown.exchanges],
    }
    if shown.ended is not None:
        result = shown.ended.result
        data |= {
            "status": result.status.value,
            "code": result.code,
            "reason": shown.ended.reason,
            "detail": result.detail,
            "attempts": result.attempts,
            "latency_ms": result.latency_ms,
            "read": shown.ended.read,
        }
    return data


def _lines(shown: _Shown) -> Iterator[str]:
    for exchange in shown.exchanges:
        yield from _exchange_lines(exchange)
        yield ""
    if shown.asked is not None and not shown.exchanges:
        yield from _message_lines(shown.asked)
        yield ""
    ended = shown.ended
    if ended is None:
        yield "not sent: this is a dry run"
        return
    names = ["@action{STEP.…}"]
    if shown.kind is Kind.SOURCE and ended.reason is None:
        names.insert(0, f"#{{{shown.definition.id}.…}}")
    yield f"read by a journey as {' and '.join(names)}"
    yield from _indented(ended.read)
    yield ""
    yield _end(ended)


def _end(ended: Ended) -> str:
    result = ended.result
    took = f" in {result.latency_ms} ms, {counted(result.attempts, 'attempt')}"
    if ended.reason is None:
        return f"succeeded: {result.code}{took}"
    said = f"{result.code} ({ended.reason}): {result.detail}"
    if result.status is ActionStatus.NOT_SENT:
        return f"not sent: {said}"
    return f"failed: {said}{took}"


def _exchange_lines(exchange: Exchange) -> Iterator[str]:
    yield f"{exchange.method} {exchange.url}"
    yield from _head_and_body(exchange.headers, exchange.body)
    yield ""
    if exchange.status is None:
        yield "no answer"
        return
    yield f"{exchange.status} in {exchange.milliseconds} ms"
    headers = exchange.answer_headers
    yield from _head_and_body({n: headers[n] for n in _TELLING if n in headers}, exchange.answer)


def _message_lines(asked: ActionRequest) -> Iterator[str]:
    """Show what the channel is asked to send, its secrets as references."""
    if asked.channel != _WEBHOOK:
        yield f"{asked.channel} message"
        yield from _field_lines(asked.message)
        return
    call = WebhookCall.from_json(asked.message)
    query = urlencode(call.query, safe="${}:")
    yield f"{call.method} {call.url}" + (f"?{query}" if query else "")
    auth: JsonObject = {"auth": call.auth} if call.auth else {}
    yield from _head_and_body({**call.headers, **auth}, call.body)


def _field_lines(message: JsonObject) -> Iterator[str]:
    for name, value in message.items():
        if isinstance(value, str) and "\n" in value:
            yield f"  {name}:"
            yield from (f"    {line}" for line in value.splitlines())
        else:
            yield from _head_and_body({name: value}, None)


def _head_and_body(headers: Mapping[str, JsonValue], body: JsonValue) -> Iterator[str]:
    for name, value in headers.items():
        yield f"  {name}: {value if isinstance(value, str) else orjson.dumps(value).decode()}"
    if body is not None:
        yield from _indented(body)


def _indented(value: JsonValue) -> Iterator[str]:
    text = value if isinstance(value, str) else orjson.dumps(value, option=_PRETTY).decode()
    for line in text.splitlines():
        yield f"  {line}"
