"""What an expression function is, and the decorator that makes one of a typed def.

A function gets its arguments as its signatures say, or null; a field that holds another kind of
value arrives as null. Lists arrive as lists: null is an empty one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from types import ModuleType
from typing import Any, TypeAlias

from journeys.expressions.signature import Signature, read_signature
from journeys.expressions.values import Value

LiteralCheck: TypeAlias = Callable[[Any], str | None]
"""Says what is wrong with a literal argument, if anything is."""


class OnNull(Enum):
    """What happens when an argument that is no list is null."""

    CALL = "call"
    """The function is called all the same and decides itself."""
    NULL = "null"
    """The result is null; the function is not called."""
    FALSE = "false"
    """The result is false; the function is not called."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the language."""

    name: str
    family: str
    signatures: tuple[Signature, ...]
    implementation: Callable[..., Value]
    description: str
    examples: tuple[tuple[str, object], ...]
    on_null: OnNull
    never_null: bool
    """Whether the result is never null."""
    reads_scope: bool
    """Whether the scope comes first, before the arguments."""
    literals: Mapping[str, LiteralCheck]
    """By parameter, what checks a literal argument at compile time."""
    constants: frozenset[str]
    """Parameters that only take a literal."""
    converts: str | None
    """Of a conversion: what it takes, in words; literals that it turns into null are a fault."""


def function(
    *signatures: str,
    examples: list[tuple[str, object]],
    on_null: OnNull = OnNull.NULL,
    never_null: bool = False,
    reads_scope: bool = False,
    literals: Mapping[str, LiteralCheck] | None = None,
    constants: Iterable[str] = (),
    converts: str | None = None,
) -> Callable[[Callable[..., Value]], Function]:
    """Make an expression function of a def; its docstring becomes the description.

    Args:
        signatures: how it may be called; see `journeys.expressions.signature`.
        examples: expressions with their values, which run as tests.
        on_null: what happens when an argument that is no list is null.
        never_null: whether it never gives null.
        reads_scope: whether it takes the scope before its arguments.
        literals: by parameter, what checks a literal argument at compile time.
        constants: the parameters that only take a literal.
        converts: of a conversion, what it takes, in words; literals that become null are a fault.
    """
    read = tuple(read_signature(text) for text in signatures)

    def decorate(implementation: Callable[..., Value]) -> Function:
        return Function(
            name=read[0].name,
            family=implementation.__module__.rpartition(".")[2],
            signatures=read,
            implementation=implementation,
            description=" ".join((implementation.__doc__ or "").split()),
            examples=tuple(examples),
            on_null=on_null,
            never_null=never_null or on_null is OnNull.FALSE,
            reads_scope=reads_scope,
            literals=dict(literals or {}),
            constants=frozenset(constants),
            converts=converts,
        )

    return decorate


def functions_of(families: Iterable[ModuleType]) -> dict[str, Function]:
    """Collect the functions that modules define, by name.

    Raises:
        ValueError: two functions have one name.
    """
    found: dict[str, Function] = {}
    for family in families:
        for member in vars(family).values():
            if isinstance(member, Function):
                if member.name in found:
                    message = f"two functions are called {member.name!r}: rename one"
                    raise ValueError(message)
                found[member.name] = member
    return found
