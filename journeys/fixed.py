"""Small records of what is known, asked or happening."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def fixed(kind: type[T]) -> type[T]:
    """Make a dataclass that nobody changes: the type checker sees to it, and nothing else does.

    A frozen dataclass, which sees to it while it runs, takes five times as long to make. A person's
    activation makes thirty, a tenth of its time.
    """
    return dataclass(slots=True, unsafe_hash=True)(kind)
