"""Chance that can be repeated: an endless stream of numbers that are hashes of a seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from struct import iter_unpack
from typing import TypeVar

T = TypeVar("T")
_RANGE = 1 << 64


class Draws:
    """Numbers drawn one after the other: the same seed gives the same ones."""

    def __init__(self, *seed: object) -> None:
        self._seed = "/".join(map(str, seed)).encode()
        self._numbers = self._stream()

    def _stream(self) -> Iterator[int]:
        block = 0
        while True:
            digest = blake2b(self._seed, salt=block.to_bytes(16, "little")).digest()
            for (number,) in iter_unpack("<Q", digest):
                yield number
            block += 1

    def below(self, bound: int) -> int:
        """Draw a whole number from 0 to one less than the bound."""
        return next(self._numbers) * bound // _RANGE

    def between(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return low + self.below(high - low + 1)

    def fraction(self) -> float:
        """Draw a number from 0 to just below 1."""
        return next(self._numbers) / _RANGE

    def chance(self, probability: float) -> bool:
        """Say yes so often."""
        return self.fraction() < probability

    def choose(self, options: Sequence[T]) -> T:
        """Draw one of several; the options are not empty."""
        return options[self.below(len(options))]


class _Plainest(Draws):
    """Always the first, the lowest and yes: for an example that nobody is surprised by."""

    def _stream(self) -> Iterator[int]:
        while True:
            yield 0


PLAINEST = _Plainest()
