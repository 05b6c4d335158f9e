"""The dashboard and the rules for Prometheus, as far as files can tell: no container runs here."""

from __future__ import annotations

import json

import promql_parser
import pytest
import yaml

from operators.measures import ENDPOINT, GROUP
from tests.harness.monitoring import (
    DASHBOARD,
    DOCKER,
    RULES,
    expressions,
    metrics_of,
    panels,
    rules,
)

OPERATOR = f"flink_taskmanager_job_task_operator_{GROUP}_"
OURS = {
    f"{OPERATOR}timers_total",
    f"{OPERATOR}timer_late_ms_total",
    f"{OPERATOR}{ENDPOINT}_calls_queued",
    f"{OPERATOR}{ENDPOINT}_calls_in_flight",
}


@pytest.mark.parametrize("expression", [*expressions(DASHBOARD), *expressions(RULES)])
def test_every_expression_is_one(expression: str) -> None:
    promql_parser.parse(expression)


@pytest.mark.parametrize("file", [DASHBOARD, RULES], ids=["dashboard", "rules"])
def test_all_that_operators_tell_is_shown_and_recorded(file: object) -> None:
    named = metrics_of(DASHBOARD if file == DASHBOARD else RULES)
    assert {name for name in named if name.startswith(OPERATOR)} == OURS
    assert all(name.startswith("flink_") for name in named)


def test_every_panel_says_what_it_shows_and_has_a_place_of_its_own() -> None:
    ids = [panel["id"] for panel in panels()]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels()]
    assert len(set(ids)) == len(set(places)) == len(panels())
    for panel in panels():
        assert panel["title"]
        assert panel["description"].endswith(".")
        assert panel["datasource"]["uid"] == "${DS_PROMETHEUS}"
        assert all(t["datasource"]["uid"] == "${DS_PROMETHEUS}" for t in panel["targets"])


def test_the_data_source_can_be_chosen() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    variables = {each["name"]: each for each in dashboard["templating"]["list"]}
    assert variables["DS_PROMETHEUS"]["type"] == "datasource"
    assert "job" in variables


def test_every_alert_says_what_is_wrong_and_what_to_do() -> None:
    alerts = [rule for rule in rules() if "alert" in rule]
    assert len({alert["alert"] for alert in alerts}) == len(alerts)
    for alert in alerts:
        assert alert["alert"].startswith("Journeys")
        assert alert["labels"]["severity"] in ("page", "warn")
        assert alert["annotations"]["summary"]
        assert alert["annotations"]["description"].endswith(".")


def test_every_other_file_can_be_read() -> None:
    for file in DOCKER.rglob("*.yaml"):
        assert yaml.safe_load(file.read_text(encoding="utf-8"))
