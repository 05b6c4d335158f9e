"""Let the sieve look at the events of standard input; answer on standard output.

A process of its own: the Java that PyFlink starts ends with it.
"""

from __future__ import annotations

import json
import sys

from pyflink.datastream import StreamExecutionEnvironment
from pyflink.table import StreamTableEnvironment

from jobs.jvm.sieve import sifted
from jobs.streams import unconverted


def main() -> None:
    """Read keys and values as Latin-1, the longest value and lists of types to listen to."""
    asked = json.load(sys.stdin)
    env = StreamExecutionEnvironment.get_execution_environment()
    env.set_parallelism(1)
    tables = StreamTableEnvironment.create(env)
    rows = ", ".join(
        f"({_bytes(key)}, {_bytes(value)}, {number})"
        for number, (key, value) in enumerate(asked["events"])
    )
    came = (
        f"SELECT DECODE(k, 'UTF-8') AS k, v, 't' AS t, 0 AS p, o, TO_TIMESTAMP_LTZ(0, 3) AS ts "
        f"FROM (VALUES {rows}) AS x(k, v, o)"
    )
    stream = unconverted(tables, tables.sql_query(came))
    for number, types in enumerate(asked["types"]):
        passed = sifted(stream, types, asked["longest"])
        tables.create_temporary_view(f"sifted_{number}", tables.from_data_stream(passed))
    found = (f"SELECT {n}, o, v, e, n FROM sifted_{n}" for n in range(len(asked["types"])))
    with tables.sql_query(" UNION ALL ".join(found)).execute().collect() as told:
        json.dump([list(row) for row in told], sys.stdout)


def _bytes(text: str | None) -> str:
    return "CAST(NULL AS BYTES)" if text is None else f"x'{text.encode('latin-1').hex()}'"


if __name__ == "__main__":
    main()
