"""A question as a script that DuckDB runs by itself, over exported files: no program of ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from connectors.analysis.columns import TOPICS, schema_of
from connectors.analysis.dimensions import DIMENSIONS, FOLDER
from connectors.analysis.recipes import Recipe, views

_TYPES: Final = (
    (pa.types.is_integer, "BIGINT"),
    (pa.types.is_floating, "DOUBLE"),
    (pa.types.is_boolean, "BOOLEAN"),
    (pa.types.is_timestamp, "TIMESTAMPTZ"),
    (pa.types.is_list, "VARCHAR[]"),
)
_COUNTING: Final = """
SET VARIABLE files_of_{name} = (
    WITH files AS (
        SELECT file, regexp_extract(file, 'p(\\d+)-(\\d+)-(\\d+)\\.parquet$', ['p', 'b', 'e']) AS of
        FROM glob({pattern})
    )
    SELECT list(file) FROM files AS one
    WHERE NOT EXISTS (
        FROM files AS other
        WHERE other.file <> one.file AND other.of.p = one.of.p
            AND other.of.b::BIGINT <= one.of.b::BIGINT AND other.of.e::BIGINT >= one.of.e::BIGINT
    )
);
CREATE VIEW {name} AS
FROM read_parquet(getvariable('files_of_{name}'), union_by_name = true)
UNION ALL BY NAME FROM no_{name};
"""
"""Files that a larger one covers do not count, be they removed yet or not."""


def script(folder: Path, recipe: Recipe, variables: Mapping[str, object]) -> str:
    """Write tables over the files below a folder, the views, and the question.

    Args:
        folder: where files were exported to.
        recipe: the question.
        variables: what narrows it down; None leaves one out.
    """
    return "\n".join(
        [
            "SET TimeZone = 'UTC';",
            *(_topic(folder, topic) for topic in TOPICS),
            *(_names(folder, name) for name in DIMENSIONS),
            *_set(variables),
            views(),
            f"{recipe.sql};",
        ]
    )


def _topic(folder: Path, topic: str) -> str:
    name = topic.replace("-", "_")
    empty = f"CREATE TABLE no_{name} ({_columns(schema_of(topic))});"
    if not any(folder.glob(f"{topic}/day=*/*.parquet")):
        return f"{empty}\nCREATE VIEW {name} AS FROM no_{name};"
    pattern = _literal(f"{folder}/{topic}/day=*/*.parquet")
    return empty + _COUNTING.format(name=name, pattern=pattern)


def _names(folder: Path, name: str) -> str:
    file = folder / FOLDER / f"{name}.parquet"
    if file.exists():
        return f"CREATE VIEW {name} AS FROM read_parquet({_literal(str(file))});"
    return f"CREATE TABLE {name} ({_columns(DIMENSIONS[name])});"


def _columns(schema: Any) -> str:  # noqa: ANN401  # Arrow is not typed
    return ", ".join(f'"{field.name}" {_type(field.type)}' for field in schema)


def _type(kind: Any) -> str:  # noqa: ANN401  # Arrow is not typed
    return next((name for is_of, name in _TYPES if is_of(kind)), "VARCHAR")


def _set(variables: Mapping[str, object]) -> Iterator[str]:
    for name, value in variables.items():
        if isinstance(value, datetime):
            yield f"SET VARIABLE {name} = TIMESTAMPTZ {_literal(value.isoformat())};"
        elif value is not None:
            yield f"SET VARIABLE {name} = {value if isinstance(value, int) else _literal(value)};"


def _literal(value: object) -> str:
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"
