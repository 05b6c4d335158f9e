"""The page of a report: it needs nothing from elsewhere, and tells in words what it draws."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from journeys.mode import Mode
from journeys.report import ArmReport, VersionReport, Walked
from journeys.reporting import charts
from journeys.reporting.model import (
    Bucket,
    EndpointRow,
    MessageRow,
    Report,
    StepRow,
    VersionPart,
    compared,
    data,
)
from journeys.reporting.page import page
from journeys.reporting.wording import NOTHING, duration, listed, percent, points

HOUR = 3_600_000
LEDGER = VersionReport(
    entered=100,
    not_entered=Counter(condition=7),
    inside=Counter(pause=20),
    completed=70,
    exited=Counter(exit_criteria=6),
    failed=Counter(action_error=4),
    steps={"pause": Counter(waiting=100, passed=74), "<b>": Counter()},
    experiments={"try": {"b": ArmReport(40, 20), "a": ArmReport(60, 12)}},
)
PART = VersionPart(
    Walked("welcome", 1),
    "Tea & more",
    LEDGER,
    [
        StepRow("pause", "Wait", 100, 100.0, 20, 0, 6, 0, HOUR, 2 * HOUR),
        StepRow("<b>", None, 74, 74.0, 0, 70, 0, 4, None, None),
    ],
    [Bucket(0, 60, 0), Bucket(3 * HOUR, 40, 80)],
    [MessageRow("<b>", "mail", "email", 74, 72, 70, 2, 2, 65, 30, 3, 1, 0, 0)],
    {"try": ["a", "b"]},
)
ENDPOINT = EndpointRow("https://crm.example:443", 80, 70, 4, 3, 2, 1, 5, 40, 300, 2_000, 30_000)
REPORT = Report(0, None, None, [PART], [ENDPOINT], HOUR)
MISSING = VersionPart(Walked("welcome", 2, Mode.SHADOW), None, VersionReport(entered=3))


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    text = page("Report", REPORT)
    assert not re.search(r"<script|<link|<img|src=|url\(|@import|https?://(?!crm)", text)
    assert text.startswith('<!doctype html>\n<html lang="en">')
    assert '<meta name="viewport"' in text
    assert "prefers-color-scheme: dark" in text


def test_what_people_have_written_stays_text() -> None:
    text = page("Report", REPORT)
    assert "Tea &amp; more" in text
    assert "<b>70</b>" in text  # a number of ours
    assert "&lt;b&gt;" in text


def test_every_chart_has_a_name_and_tells_the_same_in_words() -> None:
    drawn = [
        charts.over_time(PART.buckets, HOUR, "over time"),
        charts.funnel(PART.steps, "funnel"),
        charts.intervals(PART.experiments["try"], "experiment"),
        charts.message(PART.messages[0], "message"),
        charts.times([ENDPOINT], "times"),
    ]
    told = [(chart.get("role"), chart.findtext("title"), chart.findtext("desc")) for chart in drawn]
    assert {role for role, _, _ in told} == {"img"}
    assert [text for _, _, text in told] == [
        "1970-01-01 00:00: 60 entered, 0 ended; 1970-01-01 03:00: 40 entered, 80 ended",
        "pause: 100 reached, 20 inside, 6 exited, 0 failed; "
        "<b>: 74 reached, 0 inside, 0 exited, 4 failed",
        "a: 20.0 %, between 11.8 % and 31.8 %, compared with; "
        "b: 50.0 %, between 35.2 % and 64.8 %, better",
        "wanted 74, sent 70, delivered 65, opened 30, clicked 3",
        "https://crm.example:443: half within 40 ms, 95 % within 300 ms, 99 % within 2000 ms, "
        "99.9 % within 30000 ms",
    ]


@pytest.mark.parametrize("chart", [0, 1, 2, 3])
def test_nothing_is_drawn_beside_a_chart(chart: int) -> None:
    drawn = [
        charts.over_time(PART.buckets, HOUR, ""),
        charts.funnel(PART.steps, ""),
        charts.intervals(PART.experiments["try"], ""),
        charts.times([ENDPOINT], ""),
    ][chart]
    for shape in drawn.iter("rect"):
        left, width = (float(shape.attrib[name].removesuffix("%")) for name in ("x", "width"))
        assert 0 <= left <= left + width <= 100.01
    for name in ("x1", "x2", "cx"):
        for shape in drawn.iter():
            if name in shape.attrib:
                assert 0 <= float(shape.attrib[name].removesuffix("%")) <= 100.01


def test_messages_without_feedback_say_nothing_of_it() -> None:
    row = MessageRow("s", "mail", "sms", 5, 5, 5, 0, 0, 0, 0, 0, 0, 0, 0)
    assert charts.message(row, "").findtext("desc") == "wanted 5, sent 5"


def test_a_loss_is_seen_at_once() -> None:
    text = page("Report", Report(0, None, None, [PART, MISSING], [], HOUR))
    assert "✓ Ledger balanced" in text
    assert "✗ Ledger out of balance by 3" in text
    assert 'href="#welcome-2-shadow"' in text
    assert 'id="welcome-2-shadow"' in text


def test_nobody_is_told_too() -> None:
    assert "Nobody came to any journey in that time." in page("R", Report(0, 0, 0, [], [], HOUR))


def test_a_table_says_which_cells_are_heads() -> None:
    text = page("Report", REPORT)
    for table in re.findall(r"<table>.*?</table>", text, re.DOTALL):
        root = ET.fromstring(table)
        heads = root.findall("thead/tr/th")
        assert {head.get("scope") for head in heads} == {"col"}
        for row in root.findall("tbody/tr"):
            assert row[0].get("scope") == "row"
            assert len(row) == len(heads)


def test_arms_are_held_against_who_is_kept_out_or_else_the_first() -> None:
    arms = {"a": ArmReport(10, 1), "b": ArmReport(10, 2), "holdout": ArmReport(10, 0)}
    assert [arm.name for arm in compared(["b", "a"], arms)] == ["holdout", "b", "a"]
    first, second = compared(["b", "a"], {name: arms[name] for name in ("a", "b")})
    assert (first.name, first.verdict, first.difference) == ("b", "compared with", None)
    assert (second.verdict, round(second.lift or 0, 2)) == ("no difference shown", -0.5)
    assert compared([], {}) == []
    worse = compared([], {"a": ArmReport(100, 90), "b": ArmReport(100, 10)})[1]
    assert worse.verdict == "worse"
    assert compared([], {"a": ArmReport(5, 0), "b": ArmReport(5, 1)})[1].lift is None


def test_a_report_is_given_as_data() -> None:
    given: Any = data(REPORT)
    (version,) = given["versions"]
    assert (version["entered"], version["drift"], version["label"]) == (100, 0, "Tea & more")
    assert version["experiments"]["try"][1]["verdict"] == "better"
    assert version["funnel"][0]["standing"] == 20


def test_numbers_in_words() -> None:
    assert [duration(ms) for ms in (None, 40, 2_500, 60_000, 5_400_000, 30 * 86_400_000)] == [
        *(NOTHING, "40 ms", "2.5 s", "1 min", "1.5 h", "30 d"),
    ]
    assert (percent(0.1234), percent(None)) == ("12.3 %", NOTHING)
    assert (points(0.05), points(-0.05)) == ("+5.0", "\N{MINUS SIGN}5.0")
    assert listed(Counter(a=1, b=2_000)) == "b 2,000, a 1"
