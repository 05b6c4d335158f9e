"""Runs ONNX files, one person at a time.

The runtime is loaded when the first file is opened: whoever scores by formulas alone never waits
for it. It works on the caller's thread and on no other, so that the same inputs give the same
score, and no worker is taken from other people.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from journeys.onnx_file import OnnxError, OnnxFile, Port, read_onnx

if TYPE_CHECKING:
    from journeys.expressions import Value

MAX_OPEN = 32
"""Files that are kept open; those used least lately are opened anew."""
_FATAL = 4


class InputError(OnnxError):
    """A value does not fit the input that it is for."""


class OnnxSession:
    """One file, opened."""

    def __init__(self, content: bytes) -> None:
        """Open a file.

        Raises:
            OnnxError: the runtime cannot run it.
        """
        self.file: OnnxFile = read_onnx(content)
        import numpy  # noqa: PLC0415  # only whoever has such a model waits for it
        import onnxruntime  # noqa: PLC0415  # likewise

        self._numpy = numpy
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.log_severity_level = _FATAL  # what fails is told by exceptions
        try:
            self._session: Any = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime's own, which have no common base
            raise OnnxError(_told(error)) from error

    def run(
        self, inputs: Mapping[str, Sequence[Value]], output: str, label: str | int | None
    ) -> float:
        """Give the number that comes out for one person; it may be no finite one.

        Args:
            inputs: values by the name of their input, in order.
            output: the name of what is read.
            label: the class whose number is read, where there are several; None: the last.

        Raises:
            InputError: a value does not fit its input.
            OnnxError: the runtime failed, or there is no such class.
        """
        try:
            ports = self.file.inputs
            arrays = {name: self._array(ports[name], values) for name, values in inputs.items()}
            (found,) = self._session.run([output], arrays)
            return _number(found, label)
        except OnnxError:
            raise
        except Exception as error:  # as above
            raise OnnxError(_told(error)) from error

    def _array(self, port: Port, values: Sequence[Value]) -> Any:  # noqa: ANN401  # of numpy
        if not all(_fits(port, value) for value in values):
            message = f"input '{port.name}' takes a {port.holds}"
            raise InputError(message)
        try:
            array = self._numpy.array(values, dtype=port.element)
            return array.reshape([1] * (len(port.shape) - 1) + [-1] if port.shape else [])
        except (ValueError, OverflowError) as error:
            raise InputError(str(error)) from error


@lru_cache(maxsize=MAX_OPEN)
def opened(content: str) -> OnnxSession:
    """Open a file, given in base64, or give it as it was opened before.

    Raises:
        OnnxError: it is no ONNX file, or the runtime cannot run it.
    """
    try:
        return OnnxSession(b64decode(content))
    except ValueError as error:
        raise OnnxError(str(error)) from error


def _fits(port: Port, value: Value) -> bool:
    match port.holds:
        case "text":
            return isinstance(value, str)
        case "truth value":
            return isinstance(value, bool)
        case _:
            return isinstance(value, int | float)  # true is 1, false is 0


def _number(found: Any, label: str | int | None) -> float:  # noqa: ANN401  # array or list
    if isinstance(found, list):  # chances of one person, by class and in the order of classes
        chances = found[0]
        return float(chances[label] if label is not None else [*chances.values()][-1])
    return float(found.reshape(-1)[-1 if label is None else label])


def _told(error: Exception) -> str:
    """Say in one line what the runtime says in several."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
