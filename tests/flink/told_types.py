"""Let Flink say of which type the events of standard input are; answer on standard output.

A process of its own: the Java that PyFlink starts ends with it.
"""

from __future__ import annotations

import json
import sys

from pyflink.table import EnvironmentSettings, TableEnvironment

from connectors.kafka.tables import is_other, literal, sift


def main() -> None:
    """Read keys and values, the longest value and types that are listened to, as JSON."""
    asked = json.load(sys.stdin)
    tables = TableEnvironment.create(EnvironmentSettings.in_batch_mode())
    tables.get_config().set("parallelism.default", "1")
    rows = ", ".join(
        f"(CAST({literal(key)} AS STRING), CAST({literal(value)} AS STRING), {number})"
        for number, (key, value) in enumerate(asked["events"])
    )
    columns = "k, v, 't' AS t, 0 AS p, o, CURRENT_TIMESTAMP AS ts"
    tables.execute_sql(
        f"CREATE TEMPORARY VIEW events AS SELECT {columns} FROM (VALUES {rows}) AS x(k, v, o)"
    )
    others = (is_other(types) for types in (asked["types"], []))
    passes_by = ", ".join(f"COALESCE({each}, FALSE)" for each in others)
    query = f"SELECT o, e, {passes_by} FROM ({sift('events', asked['longest'])}) ORDER BY o"
    with tables.execute_sql(query).collect() as found:
        json.dump([list(row)[1:] for row in found], sys.stdout)


if __name__ == "__main__":
    main()
