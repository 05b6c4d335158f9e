"""A report as one HTML page: it needs nothing from elsewhere and runs no program.

It is read on a telephone as well as on a desk, in light and in dark, with the eyes or without:
every chart tells the same in words, and in a table below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from journeys.clock import format_instant
from journeys.report import VersionReport
from journeys.reporting import charts
from journeys.reporting.model import Arm, EndpointRow, MessageRow, Report, StepRow, VersionPart
from journeys.reporting.style import STYLE
from journeys.reporting.wording import NOTHING, duration, listed, percent, points

_TEXTS = {"Reason": "text", "Ways": "long", "Shown": "text", "Ledger": "text"}
"""Columns of words, and how they are set."""


def page(title: str, report: Report) -> str:
    """Write a report as a page."""
    root = ET.Element("html", lang="en")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "meta", charset="utf-8")
    ET.SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    ET.SubElement(head, "title").text = title
    ET.SubElement(head, "style").text = STYLE + charts.STYLE
    main = ET.SubElement(ET.SubElement(root, "body"), "main")
    ET.SubElement(main, "h1").text = title
    ET.SubElement(main, "p", {"class": "soft"}).text = _span(report)
    if not report.versions:
        ET.SubElement(main, "p").text = "Nobody came to any journey in that time."
    if len(report.versions) > 1:
        _overview(main, report.versions)
    for part in report.versions:
        _version(main, part, report.bucket_ms)
    if report.endpoints:
        _endpoints(main, report.endpoints)
    return "<!doctype html>\n" + ET.tostring(root, encoding="unicode", method="html")


def _span(report: Report) -> str:
    since = None if report.since is None else f"from {format_instant(report.since)}"
    until = None if report.until is None else f"before {format_instant(report.until)}"
    span = " and ".join(filter(None, (since, until)))
    walks = f"Walks that began {span}" if span else "All walks"
    made = format_instant(report.made_at)
    return f"{walks}, as step events tell them. Made at {made}. All times are UTC."


def _overview(main: ET.Element, versions: Sequence[VersionPart]) -> None:
    card = _card(main, "Overview")
    rows = [
        [
            str(part.walked),
            f"{part.ledger.entered:,}",
            f"{part.ledger.inside.total():,}",
            f"{part.ledger.completed:,}",
            f"{part.ledger.exited.total():,}",
            f"{part.ledger.failed.total():,}",
            percent(_share(part.ledger.completed, part.ledger.entered)),
            _balance(part.ledger),
        ]
        for part in versions
    ]
    head = ("Journey", "Entered", "Inside", "Completed", "Exited", "Failed", "Completed of entered")
    table = _table(card, (*head, "Ledger"), rows, "Overview")
    for row, part in zip(table.findall("tbody/tr"), versions, strict=True):
        cell = row[0]
        cell.text = None
        ET.SubElement(cell, "a", href=f"#{_anchor(part)}").text = str(part.walked)


def _anchor(part: VersionPart) -> str:
    return f"{part.walked.journey}-{part.walked.version}-{part.walked.mode}"


def _version(main: ET.Element, part: VersionPart, length_ms: int) -> None:
    section = ET.SubElement(main, "section")
    label = f"{part.label}: " if part.label else ""
    ET.SubElement(section, "h2", id=_anchor(part)).text = f"{label}{part.walked}"
    _tiles(section, part.ledger)
    is_balanced = not part.ledger.drift
    kind = "ledger good" if is_balanced else "ledger bad"
    ET.SubElement(
        section, "p", {"class": kind}
    ).text = f"{_mark(part.ledger)} Ledger {_balance(part.ledger)}"
    if part.buckets:
        card = _card(section, "Entered and ended over time")
        _key(card, {"main": "entered", "other": "completed, exited or failed"})
        card.append(charts.over_time(part.buckets, length_ms, f"{part.walked}: over time"))
    if part.steps:
        _funnel(section, part)
    _reasons(section, part.ledger)
    for step, arms in part.experiments.items():
        _experiment(section, step, arms)
    if part.messages:
        _messages(section, part.messages)


def _tiles(section: ET.Element, ledger: VersionReport) -> None:
    tiles = ET.SubElement(section, "ul", {"class": "tiles"})
    moved = f"{ledger.moved_in:,} moved in, {ledger.moved_out:,} moved out"
    told = {
        "Entered": (ledger.entered, moved if ledger.moved_in or ledger.moved_out else ""),
        "Inside": (ledger.inside.total(), ""),
        "Completed": (
            ledger.completed,
            f"{percent(_share(ledger.completed, ledger.entered))} of entered",
        ),
        "Exited": (ledger.exited.total(), ""),
        "Failed": (ledger.failed.total(), ""),
        "Not entered": (ledger.not_entered.total(), ""),
    }
    for name, (value, note) in told.items():
        tile = ET.SubElement(tiles, "li")
        ET.SubElement(tile, "span").text = name
        ET.SubElement(tile, "b").text = f"{value:,}"
        if note:
            ET.SubElement(tile, "span").text = note


def _funnel(section: ET.Element, part: VersionPart) -> None:
    card = _card(section, "How far people came")
    _key(
        card,
        {"main": "reached", "stand": "inside", "out": "exited there", "lost": "failed there"},
    )
    card.append(charts.funnel(part.steps, f"{part.walked}: how far people came"))
    rows = [_step(row, part.ledger) for row in part.steps]
    head = (
        "Step",
        "Reached",
        "Inside",
        "Completed",
        "Exited",
        "Failed",
        "Half within",
        "95 % within",
        "Ways",
    )
    _table(_numbers(card), head, rows, f"Steps of {part.walked}")


def _step(row: StepRow, ledger: VersionReport) -> list[str]:
    name = f"{row.step}: {row.label}" if row.label else row.step
    counts = (row.reached, row.standing, row.completed, row.exited, row.failed)
    times = (duration(row.p50_ms), duration(row.p95_ms))
    return [name, *(f"{count:,}" for count in counts), *times, listed(ledger.steps[row.step])]


def _reasons(section: ET.Element, ledger: VersionReport) -> None:
    told = {"not entered": ledger.not_entered, "exited": ledger.exited, "failed": ledger.failed}
    rows = [
        [what, reason, f"{count:,}"]
        for what, reasons in told.items()
        for reason, count in reasons.most_common()
    ]
    if rows:
        card = _card(section, "Why people did not enter, or left before the end")
        _table(card, ("What", "Reason", "Times"), rows, "Reasons")


def _experiment(section: ET.Element, step: str, arms: Sequence[Arm]) -> None:
    card = _card(section, f"Experiment {step}")
    note = ET.SubElement(card, "p", {"class": "soft"})
    note.text = (
        f"Lines are Wilson's intervals of each rate; every other arm is held against "
        f"'{arms[0].name}' by Newcombe's interval of the difference, each by itself. Both of 95 %."
    )
    card.append(charts.intervals(arms, f"Experiment {step}: rates"))
    rows = [_arm(arm) for arm in arms]
    head = ("Arm", "Given", "Converted", "Rate", "Interval", "Difference, points", "Lift", "Shown")
    table = _table(card, head, rows, f"Arms of {step}")
    for row, arm in zip(table.findall("tbody/tr"), arms, strict=True):
        row[-1].set("class", f"text {arm.verdict}")


def _arm(arm: Arm) -> list[str]:
    interval = f"{percent(arm.interval.low)} to {percent(arm.interval.high)}"
    difference = lift = NOTHING
    if arm.difference is not None:
        low, high = points(arm.difference.low), points(arm.difference.high)
        difference = f"{points(arm.gain)} ({low} to {high})"
        lift = NOTHING if arm.lift is None else f"{points(arm.lift)} %"
    counts = (f"{arm.given:,}", f"{arm.converted:,}", percent(arm.rate))
    return [arm.name, *counts, interval, difference, lift, arm.verdict]


def _messages(section: ET.Element, messages: Sequence[MessageRow]) -> None:
    card = _card(section, "Messages")
    pair = ET.SubElement(card, "div", {"class": "pair"})
    for row in messages:
        part = ET.SubElement(pair, "div")
        ET.SubElement(part, "p").text = f"{row.step}: {row.channel} {row.action}"
        part.append(charts.message(row, f"{row.channel} {row.action} at {row.step}"))
    rows = [
        [
            f"{row.step}: {row.action}",
            *(
                f"{value:,}"
                for value in (row.wanted, row.sent, row.withheld, row.failed, row.delivered)
            ),
            *(f"{v:,} ({percent(_share(v, row.sent))})" for v in (row.opened, row.clicked)),
            *(f"{v:,}" for v in (row.bounced, row.unsubscribed, row.complained)),
        ]
        for row in messages
    ]
    head = ("Message", "Wanted", "Sent", "Withheld", "Failed", "Delivered", "Opened", "Clicked")
    _table(_numbers(card), (*head, "Bounced", "Unsubscribed", "Complained"), rows, "Messages")


def _endpoints(main: ET.Element, endpoints: Sequence[EndpointRow]) -> None:
    ET.SubElement(main, "h2", id="endpoints").text = "Endpoints"
    card = _card(main, "How long calls took")
    key = {"main": "half", "other": "95 %", "stand": "99 %", "lost": "99.9 % of calls within"}
    _key(card, key)
    if any(endpoint.p50_ms is not None for endpoint in endpoints):
        card.append(charts.times(endpoints, "How long calls took"))
    rows = [
        [
            row.called,
            *(
                f"{value:,}"
                for value in (row.calls, row.succeeded, row.http_4xx, row.http_5xx, row.timeouts)
            ),
            *(f"{value:,}" for value in (row.capped, row.retried)),
            *(duration(value) for value in (row.p50_ms, row.p95_ms, row.p99_ms, row.p999_ms)),
        ]
        for row in endpoints
    ]
    head = ("Endpoint", "Calls", "Succeeded", "4xx", "5xx", "Timeouts", "Capped", "Retried")
    _table(card, (*head, "p50", "p95", "p99", "p99.9"), rows, "Endpoints")


# Pieces.


def _card(parent: ET.Element, title: str) -> ET.Element:
    card = ET.SubElement(parent, "div", {"class": "card"})
    ET.SubElement(card, "h3").text = title
    return card


def _key(parent: ET.Element, kinds: dict[str, str]) -> None:
    key = ET.SubElement(parent, "ul", {"class": "key"})
    for kind, meaning in kinds.items():
        entry = ET.SubElement(key, "li")
        ET.SubElement(entry, "i", {"class": kind}).tail = meaning


def _numbers(parent: ET.Element) -> ET.Element:
    """Add a place that is opened by whoever wants the numbers of a chart."""
    details = ET.SubElement(parent, "details")
    ET.SubElement(details, "summary").text = "Numbers"
    return details


def _table(
    parent: ET.Element, head: Sequence[str], rows: Iterable[Sequence[str]], name: str
) -> ET.Element:
    """Add a table that the keyboard can scroll where it is wider than the page."""
    named = {"class": "scroll", "tabindex": "0", "role": "region", "aria-label": name}
    table = ET.SubElement(ET.SubElement(parent, "div", named), "table")
    titles = ET.SubElement(ET.SubElement(table, "thead"), "tr")
    kinds = [{"class": _TEXTS[title]} if title in _TEXTS else {} for title in head]
    for title, kind in zip(head, kinds, strict=True):
        ET.SubElement(titles, "th", {"scope": "col", **kind}).text = title
    body = ET.SubElement(table, "tbody")
    for first, *cells in rows:
        row = ET.SubElement(body, "tr")
        ET.SubElement(row, "th", scope="row").text = first
        for cell, kind in zip(cells, kinds[1:], strict=True):
            ET.SubElement(row, "td", kind).text = cell
    return table


def _mark(ledger: VersionReport) -> str:
    return "✗" if ledger.drift else "✓"


def _balance(ledger: VersionReport) -> str:
    return f"out of balance by {ledger.drift:,}" if ledger.drift else "balanced"


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
