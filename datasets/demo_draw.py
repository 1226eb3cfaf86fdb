"""
Chance that is the same on every machine.

All draws are made from ``random.random``, the one method whose sequence Python guarantees from version to version.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class Draw:
    """
    A stream of draws, set by its seed text.

    Each place and each record has a stream of its own, so that a change to one leaves all others as they were.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed).random

    def chance(self, probability: float) -> bool:
        """Whether something of this probability happens."""
        return self._random() < probability

    def maybe(self, probability: float, value: T) -> T | None:
        """The value with this probability, else None."""
        return value if self.chance(probability) else None

    def number(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + int(self._random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[int(self._random() * len(options))]

    def weighted(self, options: Sequence[T], weights: Sequence[float]) -> T:
        """One of the options, each as likely as its weight."""
        mark = self._random() * sum(weights)
        for option, weight in zip(options, weights, strict=True):
            mark -= weight
            if mark < 0:
                return option
        return options[-1]

    def some(self, options: Sequence[T], probability: float) -> list[T]:
        """Those of the options that chance keeps, in their order."""
        return [option for option in options if self.chance(probability)]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """The options in another order."""
        keyed = [(self._random(), position) for position in range(len(options))]
        return [options[position] for _, position in sorted(keyed)]

    def bell(self) -> float:
        """A number around 0 with a standard deviation of 1: the sum of twelve draws, centred."""
        return sum(self._random() for _ in range(12)) - 6

    def digits(self, count: int) -> str:
        """That many digits."""
        return "".join(str(self.number(0, 9)) for _ in range(count))
