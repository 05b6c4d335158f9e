"""Step events and what lies beside them, to be asked in SQL: DuckDB in this process' memory.

It reads the files that it is given and nothing else, and fetches nothing from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb

from connectors.analysis.columns import TOPICS, schema_of
from connectors.analysis.dimensions import DIMENSIONS
from connectors.analysis.recipes import Recipe, RecipeError, views
from journeys.errors import JourneyError

_CALM: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


class FilesChangedError(JourneyError):
    """A file that was to be read is not there any more."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows that answer a question."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]


class Database:
    """Tables of topics with the views over them.

    Args:
        topics: name of a topic to its records: a table of Arrow, or files of Parquet. Of one that
            is not named there is nothing.
        dimensions: the tables of names.
        variables: what questions are narrowed down by; None leaves one out.
    """

    def __init__(
        self,
        topics: Mapping[str, Any],
        dimensions: Mapping[str, Any],
        variables: Mapping[str, object],
    ) -> None:
        self._connection = duckdb.connect(config=_CALM)
        self._run("SET TimeZone = 'UTC'")
        self._run("SET enable_progress_bar = false")
        for topic in TOPICS:
            self._read(topic, topics.get(topic))
        self._take_once("step_events", "event_id")
        for name, schema in DIMENSIONS.items():
            self._connection.register(name, dimensions.get(name, schema.empty_table()))
        for name, value in variables.items():
            if value is not None:
                self._run(f"SET VARIABLE {name} = ?", [value])
        self.variables = {name: value for name, value in variables.items() if value is not None}
        """What questions are narrowed down by."""
        self._run(views())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.close()

    def ask(self, recipe: Recipe) -> Answer:
        """Ask a question.

        Raises:
            RecipeError: a variable that it needs is not set.
        """
        missing = [name for name in recipe.needs if name not in self.variables]
        if missing:
            needed = " ".join(f"--with {name}=…" for name in missing)
            message = f"the recipe '{recipe.name}' needs more: add {needed}"
            raise RecipeError(message)
        return self.query(recipe.sql)

    def query(self, sql: str) -> Answer:
        """Run a statement of our own.

        Raises:
            FilesChangedError: files were merged meanwhile; those that count are others now.
        """
        found = self._run(sql)
        return Answer([column[0] for column in found.description], found.fetchall())

    def keep(self, *names: str) -> None:
        """Work views out once, because several questions are going to be asked of them."""
        for name in names:
            self._run(f"CREATE TEMP TABLE {name} AS FROM memory.main.{name}")

    def _read(self, topic: str, records: Any) -> None:  # noqa: ANN401  # Arrow is not typed
        """Make a table of a topic, whatever columns its files have, each record once."""
        name = topic.replace("-", "_")
        self._connection.register(f"no_{name}", schema_of(topic).empty_table())
        source = f"no_{name}"
        if isinstance(records, Sequence):
            paths = [str(path) for path in records if isinstance(path, Path)]
            if paths:
                self._run(f"SET VARIABLE files_of_{name} = ?", [paths])
                source = f"read_parquet(getvariable('files_of_{name}'), union_by_name = true)"
        elif records is not None:
            self._connection.register(f"given_{name}", records)
            source = f"given_{name}"
        self._run(f"CREATE VIEW {name} AS FROM {source} UNION ALL BY NAME FROM no_{name}")

    def _run(self, sql: str, values: Sequence[object] = ()) -> duckdb.DuckDBPyConnection:
        try:
            return self._connection.execute(sql, values)
        except duckdb.IOException as error:
            message = f"files were taken away while they were read: {error}"
            raise FilesChangedError(message) from error

    def _take_once(self, name: str, key: str) -> None:
        """Leave out what was read before, where anything was: telling costs less than sorting."""
        (row,) = self.query(f"SELECT count({key}), count(DISTINCT hash({key})) FROM {name}").rows
        if row[0] != row[1]:
            self._run(f"ALTER VIEW {name} RENAME TO every_{name}")
            self._run(f"CREATE VIEW {name} AS SELECT DISTINCT ON ({key}) * FROM every_{name}")
