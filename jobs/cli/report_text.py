"""A report in a terminal: the ledger of each version, and tables below it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jobs.cli.console import put
from journeys.report import parts
from journeys.reporting.model import Arm, EndpointRow, MessageRow, Report, StepRow, VersionPart
from journeys.reporting.wording import NOTHING, duration, percent, points

_WIDTH = 160
"""Of lines that go to no terminal."""
_BAR = 16
"""Characters of the longest bar."""
_INDENT = (0, 0, 0, 4)


def show(report: Report) -> None:
    """Write a report to standard output."""
    console = Console(file=sys.stdout, highlight=False)
    if not console.is_terminal:
        console.width = _WIDTH
    for part in report.versions:
        put(str(part.walked) + (f": {part.label}" if part.label else ""))
        for line in part.ledger.lines():
            put(line)
        _tables(console, part)
    if report.endpoints:
        put("endpoints")
        _table(console, _ENDPOINTS, [_endpoint(row) for row in report.endpoints])


def _tables(console: Console, part: VersionPart) -> None:
    if part.steps:
        put("  steps")
        _table(console, _STEPS, [_step(row, part) for row in part.steps])
    for step, arms in part.experiments.items():
        put(f"  experiment {step}, with intervals of 95 %")
        _table(console, _ARMS, [_arm(arm) for arm in arms])
    if part.messages:
        put("  messages")
        _table(console, _MESSAGES, [_message(row) for row in part.messages])


_STEPS = ("step", "reached", "bar", "share", "inside", "exited", "failed", "p50", "p95", "ways")
_ARMS = ("arm", "given", "converted", "rate", "between", "difference", "between", "lift", "shown")
_MESSAGES = (
    *("message", "channel", "wanted", "requested", "sent", "withheld", "failed"),
    *("delivered", "opened", "clicked", "bounced", "unsubscribed", "complained"),
)
_ENDPOINTS = (
    *("endpoint", "calls", "succeeded", "4xx", "5xx", "timeouts", "capped", "retried"),
    *("p50", "p95", "p99", "p99.9"),
)
_TEXTS = ("step", "bar", "ways", "arm", "shown", "message", "channel", "endpoint")
"""Columns that begin at the left."""


def _table(console: Console, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for name in head:
        justify: Literal["left", "right"] = "left" if name in _TEXTS else "right"
        table.add_column(name if name != "bar" else "", justify=justify, no_wrap=name != "ways")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    with console.capture() as drawn:
        console.print(Padding(table, _INDENT))
    for line in drawn.get().splitlines():
        put(line.rstrip())


def _step(row: StepRow, part: VersionPart) -> list[str]:
    share = (row.percent or 0) / 100
    bar = "█" * round(_BAR * min(share, 1))
    counts = (f"{row.standing:,}", f"{row.exited:,}", f"{row.failed:,}")
    times = (duration(row.p50_ms), duration(row.p95_ms))
    ways = parts(part.ledger.steps[row.step])
    return [row.step, f"{row.reached:,}", bar, percent(share), *counts, *times, ways]


def _arm(arm: Arm) -> list[str]:
    between = f"{percent(arm.interval.low)} to {percent(arm.interval.high)}"
    difference = others = lift = NOTHING
    if arm.difference is not None:
        difference = points(arm.gain)
        others = f"{points(arm.difference.low)} to {points(arm.difference.high)}"
        lift = NOTHING if arm.lift is None else f"{points(arm.lift)} %"
    counts = (f"{arm.given:,}", f"{arm.converted:,}", percent(arm.rate), between)
    return [arm.name, *counts, difference, others, lift, arm.verdict]


def _message(row: MessageRow) -> list[str]:
    counts = (
        *(row.wanted, row.requested, row.sent, row.withheld, row.failed, row.delivered),
        *(row.opened, row.clicked, row.bounced, row.unsubscribed, row.complained),
    )
    return [f"{row.step}: {row.action}", row.channel, *(f"{count:,}" for count in counts)]


def _endpoint(row: EndpointRow) -> list[str]:
    counts = (
        *(row.calls, row.succeeded, row.http_4xx, row.http_5xx),
        *(row.timeouts, row.capped, row.retried),
    )
    times = (row.p50_ms, row.p95_ms, row.p99_ms, row.p999_ms)
    return [row.called, *(f"{count:,}" for count in counts), *(duration(time) for time in times)]
