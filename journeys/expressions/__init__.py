"""The expression language: parse, check against a catalog, compile, evaluate, print."""

from journeys.expressions.catalog import Catalog, KnownTypes, OpenCatalog, Read, ReadKind
from journeys.expressions.checker import Checked, check
from journeys.expressions.errors import ExpressionError, Fault, Severity, Span
from journeys.expressions.inputs import inputs
from journeys.expressions.parser import parse
from journeys.expressions.printer import print_expression
from journeys.expressions.program import Program, compile_expression
from journeys.expressions.scope import Scope
from journeys.expressions.tree import Expression
from journeys.expressions.types import Type
from journeys.expressions.values import Value, to_json

__all__ = [
    "Catalog",
    "Checked",
    "Expression",
    "ExpressionError",
    "Fault",
    "KnownTypes",
    "OpenCatalog",
    "Program",
    "Read",
    "ReadKind",
    "Scope",
    "Severity",
    "Span",
    "Type",
    "Value",
    "check",
    "compile_expression",
    "inputs",
    "parse",
    "print_expression",
    "to_json",
]
