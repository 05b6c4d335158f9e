"""The score of a person by a model. Whatever goes wrong gives no score, and says why."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite, nan
from typing import NamedTuple

from journeys.definitions import ModelDefinition
from journeys.expressions import ExpressionError, Value
from journeys.onnx_file import OnnxError
from journeys.onnx_session import InputError
from journeys.outcomes import ScoreNote


class Score(NamedTuple):
    """What a model makes of a person."""

    value: float | None
    version: int | None
    """Of the model that decided; None where none was known."""
    note: ScoreNote | None = None
    """Why there is no value."""

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.version or '?'}=null ({self.note})"
        return f"{self.version}={self.value:.4f}".rstrip("0").rstrip(".")


UNKNOWN = Score(None, None, ScoreNote.MODEL_UNKNOWN)


def score(model: ModelDefinition, evaluate: Callable[[str], Value]) -> Score:
    """Compute a score; `evaluate` gives the value of one of the model's expressions."""
    try:
        found = _run(model, evaluate) if model.formula is None else evaluate(model.formula)
    except ExpressionError:
        return Score(None, model.version, ScoreNote.SCORE_ERROR)
    except _MissingError:
        return Score(None, model.version, ScoreNote.INPUT_MISSING)
    except InputError:
        return Score(None, model.version, ScoreNote.INPUT_MISTYPED)
    except OnnxError:
        return Score(None, model.version, ScoreNote.MODEL_ERROR)
    value = _finite(found)
    return Score(value, model.version, ScoreNote.NO_NUMBER if value is None else None)


def fault_of(model: ModelDefinition) -> str | None:
    """Say why the runtime cannot run a model, if so: a trial with zeros tells what a file hides."""
    if model.onnx is None:
        return None
    try:
        ports = model.session.file.inputs
        if all(ports[name].holds == "number" for name in model.inputs):
            zeros = {name: [0] * len(fed) for name, fed in model.inputs.items()}
            model.session.run(zeros, model.output, model.class_name)
    except OnnxError as error:
        return str(error)
    return None


def _finite(found: Value) -> float | None:
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    try:
        value = float(found)
    except OverflowError:  # a whole number beyond all decimals
        return None
    return value if isfinite(value) else None


class _MissingError(Exception):
    """An input has no value."""


def _run(model: ModelDefinition, evaluate: Callable[[str], Value]) -> float:
    inputs = {
        name: [_given(evaluate(text), model) for text in fed] for name, fed in model.inputs.items()
    }
    return model.session.run(inputs, model.output, model.class_name)


def _given(value: Value, model: ModelDefinition) -> Value:
    if value is not None:
        return value
    if model.missing == "nan":
        return nan
    raise _MissingError
