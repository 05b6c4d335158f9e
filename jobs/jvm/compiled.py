"""Operators as text, of which Flink makes classes on the workers, as it does of SQL.

Nobody builds or ships a jar. Flink's compiler is Janino: it knows no generics and no lambdas.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyflink.java_gateway import get_gateway
from pyflink.util.java_utils import to_jarray


def factory(name: str, references: Sequence[Any], env: Any) -> Any:  # noqa: ANN401  # objects of the JVM
    """Make the factory of an operator.

    Args:
        name: of its class, and of its file beside this one.
        references: objects of the JVM that its constructor gets.
        env: Java's execution environment.
    """
    code = Path(__file__).with_name(f"{name}.java").read_text(encoding="utf-8")
    runtime = get_gateway().jvm.org.apache.flink.table.runtime
    given = array(get_gateway().jvm.Object, references)
    operator = runtime.generated.GeneratedOperator(name, code, given, env.getConfiguration())
    return runtime.operators.CodeGenOperatorFactory(operator)


def rows_of(columns: str, env: Any) -> Any:  # noqa: ANN401  # as above
    """Give the type of Flink's own rows, columns written as in SQL."""
    flink = get_gateway().jvm.org.apache.flink.table
    loader = env.getClass().getClassLoader()
    row = flink.types.logical.utils.LogicalTypeParser.parse(f"ROW<{columns}>", loader)
    return flink.runtime.typeutils.InternalTypeInfo.of(row)


def array(kind: Any, of: Sequence[Any]) -> Any:  # noqa: ANN401  # as above
    """Make an array of Java."""
    made: Any = to_jarray  # PyFlink annotates it not
    return made(kind, list(of))
