"""What moves elements: for each element of y, the place of x that it comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, Place, unpacked
from parity.witnesses.definitions.numbers import fractions

Pairs = Iterator[tuple[Place, Place]]  # of places of y and of x


def from_places(pairs: Callable[..., Pairs]) -> Definition:
    """The definition of a function that only moves: of x's shape, y's and the options.

    A place of y without a pair is 0, and so is the gradient at a place of x without one.
    """

    def evaluate(dy: Any, x: Any, **options: Any) -> dict[str, Any]:
        numbers, upstream = fractions(x), fractions(dy)
        y, dx = fractions(np.zeros(np.shape(dy))), fractions(np.zeros(np.shape(x)))
        for there, here in pairs(x.shape, y.shape, **options):
            y[there] = numbers[here]
            dx[here] += upstream[there]
        return {"y": y, "dx": dx}

    return unpacked(evaluate)


def transposed(x: Place, y: Place, axes: Any = None) -> Pairs:
    """Axis k of y is axis axes[k] of x."""
    order = range(len(x) - 1, -1, -1) if axes is None else np.atleast_1d(np.array(axes, int))
    for here in np.ndindex(x):
        yield tuple(here[axis] for axis in order), here


def reshaped(x: Place, y: Place, shape: Any) -> Pairs:
    """The places of both, row by row."""
    return zip(np.ndindex(y), np.ndindex(x), strict=True)


def shuffled(x: Place, y: Place, groups: int) -> Pairs:
    """Channel j of group i becomes the i-th of the j-th places."""
    for n, c, *u in np.ndindex(x):
        i, j = divmod(c, x[1] // groups)
        yield (n, j * groups + i, *u), (n, c, *u)


def sliced(
    x: Place, y: Place, axis: int, start: int | None = 0, stop: int | None = None, step: int = 1
) -> Pairs:
    """Every step-th place, as a range counts them."""
    taken = range(x[axis])[start:stop:step]
    before = axis % len(x)
    for there in np.ndindex(y):
        yield there, (*there[:before], taken[there[axis]], *there[before + 1 :])


def parted(x: Place, y: Place, sizes: Any, axis: int = 0) -> Pairs:
    """A place of y says the part first; parts are as long as the sizes, or what is left."""
    n, before = x[axis], axis % len(x)
    given = [sizes] * -(-n // sizes) if isinstance(sizes, int) else sizes
    starts = [0, *accumulate(given)]
    for here in np.ndindex(x):
        part = max(p for p, start in enumerate(starts) if start <= here[axis] and p < len(given))
        yield (part, *here[:before], here[axis] - starts[part], *here[before + 1 :]), here


DEFINITIONS: dict[str, Definition] = {
    "transpose": from_places(transposed),
    "reshape": from_places(reshaped),
    "channel_shuffle": from_places(shuffled),
    "slice_axis": from_places(sliced),
    "split": from_places(parted),
}
