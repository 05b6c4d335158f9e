"""Expressions made ready to run: compiled once per process and kept by their text."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from journeys.expressions.catalog import OpenCatalog, Read
from journeys.expressions.checker import Checker
from journeys.expressions.codegen import generate
from journeys.expressions.emitter import FILENAME
from journeys.expressions.errors import ExpressionError, Span
from journeys.expressions.parser import parse
from journeys.expressions.scope import Scope
from journeys.expressions.types import Type, type_named
from journeys.expressions.values import LimitError, Value

CACHED = 8_192
"""Programs kept in memory."""


class Program:
    """A compiled expression. Call it with a scope to evaluate it."""

    __slots__ = ("_run", "_spans", "reads", "text", "type")

    def __init__(
        self,
        text: str,
        type_: Type,
        reads: tuple[Read, ...],
        run: Callable[[Scope], Value],
        spans: tuple[Span, ...],
    ) -> None:
        self.text = text
        self.type = type_
        self.reads = reads
        self._run = run
        self._spans = spans

    def __call__(self, scope: Scope) -> Value:
        """Evaluate the expression.

        Raises:
            ExpressionError: a value went past a bound; says which part of the expression made it.
        """
        try:
            return self._run(scope)
        except (LimitError, ValueError, OverflowError, RecursionError) as error:
            raise self._located(error) from error

    def _located(self, error: Exception) -> ExpressionError:
        span = Span(0, len(self.text))
        traceback = error.__traceback__
        while traceback is not None:
            if traceback.tb_frame.f_code.co_filename == FILENAME:
                span = self._spans[traceback.tb_lineno - 1]
            traceback = traceback.tb_next
        message = str(error) if isinstance(error, LimitError) else "a value is out of all bounds"
        return ExpressionError(message, span, "use smaller values, or test their size first")


@lru_cache(maxsize=CACHED)
def compile_expression(text: str, conversions: tuple[tuple[int, str], ...] = ()) -> Program:
    """Compile an expression.

    Args:
        text: the expression.
        conversions: where it reads dates, durations and decimals, as `Checked.conversions` says.
            Without them such fields are taken for what their use asks for.

    Raises:
        ExpressionError: the text is no expression, or is typed wrongly whatever its fields hold.
    """
    expression = parse(text)
    known = {offset: type_named(name) for offset, name in conversions}
    checker = Checker(OpenCatalog(), known)
    type_ = checker.type_of(expression.root, {})
    faults = [fault for fault in checker.faults if fault.stops]
    if faults:
        raise ExpressionError.of(faults)
    run, spans = generate(expression.root, checker.types, checker.conversions)
    return Program(text, type_, tuple(checker.reads), run, spans)
