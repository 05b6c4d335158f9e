"""The topics of a project as tables to be asked, with the names of what is published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from connectors.analysis.columns import table_of
from connectors.analysis.dimensions import dimensions_of
from connectors.kafka.client import read_topic
from jobs import local
from jobs.control_topic import read_control_topic
from jobs.folder import read_folder

Tables = Mapping[str, Any]


def read_tables(project: Path, topics: Iterable[str]) -> tuple[Tables, Tables]:
    """Read some topics, by name without prefix, and the names of journeys, versions and steps."""
    read = read_folder(project)
    bootstrap, named = local.bootstrap_of(read), read.settings.topics
    tables = {topic: table_of(topic, read_topic(bootstrap, named.full(topic))) for topic in topics}
    return tables, dimensions_of(read_control_topic(bootstrap, named).plans)
