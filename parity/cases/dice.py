"""Random choices of one case: sizes that differ, options that are mostly plain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias, TypeVar

from parity.cases.case import LAYOUTS, Source, generator

T = TypeVar("T")

LARGER = 0.03  # of the sizes: the tail of larger cases
FACTORS = (8, 8, 8, 40)  # how much larger


class Dice:
    """What falls depends on the seed, the labels and the number of the case alone.

    A plain one never repeats a size that it need not, and has no larger ones.
    """

    def __init__(self, seed: int, number: int, *labels: str, plain: bool = False) -> None:
        self._rng = generator(seed, *(labels or ("sweep",)), str(number))
        self._used: set[int] = set()
        # Where sizes differ, swapped axes cannot pass; in some cases they repeat.
        self._differ = plain or self.chance(0.8)
        self._larger = plain

    def whole(self, low: int, high: int) -> int:
        """An integer from low to high, both included."""
        return int(self._rng.integers(low, high + 1))

    def real(self, low: float, high: float) -> float:
        """A number from low to high."""
        return float(self._rng.uniform(low, high))

    def chance(self, share: float) -> bool:
        """True as often as the share says."""
        return bool(self._rng.random() < share)

    def one_of(self, values: Sequence[T]) -> T:
        """One of the values, each as often."""
        return values[self.whole(0, len(values) - 1)]

    def taken(self, *sizes: int) -> None:
        """These are sizes of the case; others differ from them."""
        self._used.update(sizes)

    def size(self, low: int, high: int) -> int:
        """A size, mostly one that no other axis of the case has; rarely a large one."""
        if not self._larger and self.chance(LARGER):
            self._larger = True
            high *= self.one_of(FACTORS)
        free = [n for n in range(low, high + 1) if n not in self._used]
        found = self.one_of(free) if free else self.whole(low, high)
        if self._differ:
            self._used.add(found)
        return found

    def sizes(self, count: int, low: int, high: int) -> tuple[int, ...]:
        """So many sizes."""
        return tuple(self.size(low, high) for _ in range(count))

    def batch(self) -> int:
        """Samples; now and then none."""
        return 0 if self.chance(0.01) else self.size(1, 4)

    def layout(self) -> str:
        """Mostly contiguous."""
        return "contiguous" if self.chance(0.8) else self.one_of(tuple(LAYOUTS))

    def kinds(self, plain: tuple[str, ...], others: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
        """Kinds of values: mostly the plain ones."""
        return plain if self.chance(0.7) else self.one_of(others)


class Arguments(NamedTuple):
    """Arrays, options and the kind of values of dy."""

    arrays: Mapping[str, Source]
    options: Mapping[str, Any]
    upstream: str = "normal"


Maker: TypeAlias = Callable[[Dice], Arguments]
