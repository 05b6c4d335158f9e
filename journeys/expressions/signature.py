"""Signatures of functions, written as people read them, and which of them fits a call.

A signature is `name(parameter: type, optional?: type|type) -> type`. `number` stands for integer
and decimal, `T` for one type that all its places share; `where T: type|type` narrows it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from journeys.expressions.types import (
    ANY,
    DECIMAL,
    INTEGER,
    NULL,
    UNKNOWN,
    Kind,
    Type,
    accepts,
    common_type,
    list_of,
    type_named,
)

_FORM = re.compile(r"(\w+)\((.*)\) -> (\w+)(?: where T: (.+))?")
_VARIABLE = Type(Kind.ANY, item=NULL)
"""`T`: told from other types by identity."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name and the types it takes."""

    name: str
    types: tuple[Type, ...]
    optional: bool


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a function."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    variable: tuple[Type, ...]
    """What `T` may be; empty for any type."""
    text: str

    @property
    def fewest(self) -> int:
        """The number of arguments without the optional ones."""
        return sum(not parameter.optional for parameter in self.parameters)

    def result_of(self, arguments: Sequence[Type]) -> Type | None:
        """Give the type of a call with arguments of these types, or None if they do not fit."""
        if not self.fewest <= len(arguments) <= len(self.parameters):
            return None
        bound: Type = NULL
        for parameter, given in zip(self.parameters, arguments, strict=False):
            fits, bound_here = _fit(parameter.types, given)
            if not fits:
                return None
            if bound_here is not None:
                joined = common_type(bound, bound_here)
                if joined is None or not self._may_be(bound_here):
                    return None
                bound = joined
        return _substituted(self.result, ANY if bound.kind is Kind.NULL else bound)

    def _may_be(self, bound: Type) -> bool:
        """Say whether `T` may be a type."""
        if not self.variable or bound.kind in UNKNOWN:
            return True
        return any(one.kind is bound.kind for one in self.variable)


def _fit(wanted: tuple[Type, ...], given: Type) -> tuple[bool, Type | None]:
    """Say whether a type is among those wanted, and what `T` is then."""
    for type_ in wanted:
        if type_ is _VARIABLE:
            return True, given
        if type_.kind is Kind.LIST and type_.item is _VARIABLE:
            if given.kind is Kind.LIST and not _has_unknown(given):
                return True, given.item
            if _has_unknown(given):
                return True, NULL
        elif accepts(type_, given):
            return True, None
    return False, None


def _substituted(type_: Type, bound: Type) -> Type:
    if type_ is _VARIABLE:
        return bound
    if type_.kind is Kind.LIST and type_.item is _VARIABLE:
        return list_of(bound)
    return type_


@lru_cache(maxsize=512)
def read_signature(text: str) -> Signature:
    """Read a signature from its text."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(text)
    name, parameters, result, variable = found.groups()
    read = tuple(_parameter(part) for part in parameters.split(", ") if part)
    return Signature(name, read, _type(result)[0], _types(variable) if variable else (), text)


def _parameter(text: str) -> Parameter:
    name, types = text.split(": ")
    return Parameter(name.rstrip("?"), _types(types), optional=name.endswith("?"))


def _types(text: str) -> tuple[Type, ...]:
    return tuple(type_ for name in text.split("|") for type_ in _type(name))


def _type(name: str) -> tuple[Type, ...]:
    match name:
        case "T":
            return (_VARIABLE,)
        case "listT":
            return (list_of(_VARIABLE),)
        case "number":
            return INTEGER, DECIMAL
        case _:
            return (type_named(name),)


def resolve(
    signatures: Sequence[Signature], arguments: Sequence[Type]
) -> list[tuple[Signature, Type]]:
    """Give the signatures that fit a call, each with the type of its result.

    Where the types of all arguments are known only the first is given: the order of signatures
    decides, integer before decimal.
    """
    fitting = []
    for signature in signatures:
        result = signature.result_of(arguments)
        if result is not None:
            fitting.append((signature, result))
    unknown = any(_has_unknown(argument) for argument in arguments)
    return fitting if unknown else fitting[:1]


def _has_unknown(type_: Type) -> bool:
    if type_.kind is Kind.LIST and type_.item is not None:
        return _has_unknown(type_.item)
    return type_.kind in UNKNOWN


def result_type(fitting: Sequence[tuple[Signature, Type]]) -> Type:
    """Give the one type of all fitting results, or any."""
    first = fitting[0][1]
    return first if all(result == first for _, result in fitting) else ANY
