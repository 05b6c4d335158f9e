"""What an ONNX file says of itself: what goes in, what comes out, and whether it stands alone.

A file is a message of Protocol Buffers (`ModelProto` of onnx.proto). The few fields that are needed
are read here, so that checking a project loads no runtime and no package of numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from journeys.errors import JourneyError

Holds: TypeAlias = Literal["number", "truth value", "text", "chances"]
"""What a port holds. Chances are a number for each class by its name, as `ZipMap` gives them."""
_Field: TypeAlias = tuple[int, int | bytes]
_ELEMENTS: Mapping[int, tuple[Holds, str]] = {
    1: ("number", "float32"),
    2: ("number", "uint8"),
    3: ("number", "int8"),
    5: ("number", "int16"),
    6: ("number", "int32"),
    7: ("number", "int64"),
    8: ("text", "object"),
    9: ("truth value", "bool"),
    10: ("number", "float16"),
    11: ("number", "float64"),
}
"""`TensorProto.DataType` to what is held, and the runtime's name of it."""
_EXTERNAL = 1
"""`TensorProto.DataLocation` of values that lie in another file."""


class OnnxError(JourneyError):
    """A file is no model that can be run, or could not be run."""


@dataclass(frozen=True, slots=True)
class Port:
    """What goes into a model under one name, or comes out of it."""

    name: str
    holds: Holds
    element: str
    """As arrays call it."""
    shape: tuple[int | None, ...]
    """Length of each dimension; None where any is taken."""

    @property
    def width(self) -> int | None:
        """How many values one person has here; None: any number."""
        return self.shape[-1] if self.shape else 1


@dataclass(frozen=True, slots=True)
class OnnxFile:
    """The ports of a model, by name and in order."""

    inputs: Mapping[str, Port]
    outputs: Mapping[str, Port]


def read_onnx(content: bytes) -> OnnxFile:
    """Read what a file says of itself.

    Raises:
        OnnxError: it is no ONNX file, or one that cannot be run here.
    """
    try:
        return _model(content)
    except (IndexError, ValueError) as error:
        message = "it is no ONNX file"
        raise OnnxError(message) from error


def _model(content: bytes) -> OnnxFile:
    graphs = _messages(list(_fields(content)), 7)
    if len(graphs) != 1:
        message = "it is no ONNX file"
        raise OnnxError(message)
    graph = list(_fields(graphs[0]))
    constants = [list(_fields(tensor)) for tensor in _messages(graph, 5)]
    if any((14, _EXTERNAL) in constant for constant in constants):
        message = "it keeps values in another file: save it as one"
        raise OnnxError(message)
    named = {_text(constant, 8) for constant in constants}
    inputs = [_port(value) for value in _messages(graph, 11)]
    outputs = [_port(value) for value in _messages(graph, 12)]
    return OnnxFile(
        {port.name: port for port in inputs if port.name not in named},
        {port.name: port for port in outputs},
    )


def _port(value: bytes) -> Port:
    """Read a `ValueInfoProto`."""
    fields = list(_fields(value))
    name = _text(fields, 1)
    kind = list(_fields(_only(fields, 2, name)))
    if _messages(kind, 4):  # a sequence of maps
        item = list(_fields(_only(list(_fields(_only(kind, 4, name))), 1, name)))
        _only(item, 5, name)
        return Port(name, "chances", "map", (None, None))
    tensor = list(_fields(_only(kind, 1, name)))
    found = _ELEMENTS.get(next((int(v) for n, v in tensor if n == 1), 0))
    shape = tuple(
        _length(dimension)
        for given in _messages(tensor, 2)
        for dimension in _messages(list(_fields(given)), 1)
    )
    if found is None or len(shape) > 2 or shape[:-1] not in ((), (1,), (None,)):  # noqa: PLR2004
        message = f"'{name}' is no number, truth value or text, nor one list of them"
        raise OnnxError(message)
    return Port(name, *found, shape)


def _only(fields: list[_Field], number: int, name: str) -> bytes:
    found = _messages(fields, number)
    if len(found) != 1:
        message = f"'{name}' is of a type that is not read here"
        raise OnnxError(message)
    return found[0]


def _length(dimension: bytes) -> int | None:
    """Read a `Dimension`: a name, or nothing, stands for any length."""
    return next((int(v) for n, v in _fields(dimension) if n == 1 and v), None)


def _messages(fields: list[_Field], number: int) -> list[bytes]:
    return [value for n, value in fields if n == number and isinstance(value, bytes)]


def _text(fields: list[_Field], number: int) -> str:
    return next((value.decode() for value in _messages(fields, number)), "")


def _fields(message: bytes) -> Iterator[_Field]:
    """Give the fields of a message, in order: number, and a whole number or bytes."""
    at = 0
    while at < len(message):
        key, at = _whole(message, at)
        match key & 7:
            case 0:
                value, at = _whole(message, at)
                yield key >> 3, value
            case 1 | 2 | 5 as wire:
                length, at = _whole(message, at) if wire == 2 else (4 if wire == 5 else 8, at)  # noqa: PLR2004
                if at + length > len(message):
                    raise ValueError(length)
                yield key >> 3, message[at : at + length]
                at += length
            case wire:
                raise ValueError(wire)


def _whole(message: bytes, at: int) -> tuple[int, int]:
    """Read a number written in groups of seven bits, and give where it ends."""
    found = shift = 0
    while message[at] & 0x80:
        found |= (message[at] & 0x7F) << shift
        at, shift = at + 1, shift + 7
    return found | message[at] << shift, at + 1
