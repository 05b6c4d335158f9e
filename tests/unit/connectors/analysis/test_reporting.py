"""A report asked in SQL counts as the pure one does, and more."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from connectors.analysis.reporting import report_of
from journeys.report import report
from journeys.reporting.model import Report
from tests.harness.analysed import CRM, database, people, records, step_events


def asked(**variables: object) -> Report:
    with database(**variables) as found:
        return report_of(found, 0)


def test_ledgers_ways_and_arms_are_those_of_the_pure_report() -> None:
    events = [json.loads(record.value or b"") for record in records(step_events(people()))]
    pure = report(events)
    found = {part.walked: part.ledger for part in asked().versions}
    assert found == pure


def test_steps_come_in_the_order_in_which_they_are_written() -> None:
    (shop,) = (part for part in asked().versions if part.walked.journey == "shop")
    assert [row.step for row in shop.steps] == ["try", "greet", "pause", "ask", "race", "gone"]
    assert (shop.label, shop.steps[1].label) == ("The shop", "Say hello")
    assert (shop.steps[3].reached, shop.steps[3].percent) == (4, 66.7)
    assert [arm.name for arm in shop.experiments["try"]] == ["short", "long"]


def test_messages_and_endpoints_are_counted() -> None:
    found = asked()
    (shop,) = (part for part in found.versions if part.walked.journey == "shop")
    (mail,) = shop.messages
    assert (mail.wanted, mail.requested, mail.sent, mail.withheld) == (6, 5, 4, 1)
    assert (mail.delivered, mail.opened, mail.clicked) == (1, 1, 1)
    crm = next(row for row in found.endpoints if row.called == CRM)
    assert (crm.calls, crm.http_5xx, crm.timeouts, crm.capped, crm.p50_ms) == (4, 1, 1, 1, 900)


def test_what_is_of_another_mode_is_named() -> None:
    found = asked(mode="shadow")
    assert found.versions == []
    assert [str(walked) for walked in found.hidden] == ["news v1", "shop v1", "vip v2"]
    assert asked(mode="all").hidden == []


def test_a_time_is_told_in_few_pieces() -> None:
    assert asked().bucket_ms == 300_000
    since = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert asked(since=since).since == 1_772_355_600_000
