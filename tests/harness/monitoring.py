"""The dashboard and the rules: which expressions they hold, and which metrics those read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import promql_parser
import yaml

DOCKER = Path(__file__).parents[2] / "docker"
DASHBOARD = DOCKER / "grafana" / "dashboards" / "journeys.json"
RULES = DOCKER / "prometheus" / "rules.yaml"


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    return found


def expressions(file: Path) -> list[str]:
    if file == RULES:
        return [rule["expr"] for rule in rules()]
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def metrics_of(file: Path) -> set[str]:
    """Name the metrics of Flink that a file reads, and not what its rules record of them."""
    recorded = {rule.get("record") for rule in rules()}
    names = {name for expression in expressions(file) for name in _selected(expression)}
    return names - recorded


def _selected(expression: str) -> Iterator[str]:
    found: list[str] = []

    def visit(part: Any) -> None:  # any part of an expression
        if isinstance(part, promql_parser.VectorSelector):
            found.append(str(part.name))

    promql_parser.walk(promql_parser.parse(expression), visit)
    return iter(found)
