"""Two arrays element by element: each pair of elements adds to the gradients at its own places."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, Place, unpacked
from parity.witnesses.definitions.numbers import fractions

# Of x and other: the value, ∂y/∂x and ∂y/∂other.
Slopes = Callable[[Fraction, Fraction], tuple[Fraction, Fraction, Fraction]]


def place_in(shape: Place, place: Place) -> Place:
    """Where an array of this shape has what it gives to a place of y.

    >>> place_in((3, 1), (4, 2, 5))
    (2, 0)
    """
    behind = place[len(place) - len(shape) :]
    return tuple(0 if size == 1 else at for size, at in zip(shape, behind, strict=True))


def of_pairs(slopes: Slopes) -> Definition:
    """The definition of a function of two numbers, on arrays."""

    def evaluate(dy: Any, x: Any, other: Any) -> dict[str, Any]:
        dx, dother = fractions(np.zeros(np.shape(x))), fractions(np.zeros(np.shape(other)))
        y = fractions(np.zeros(np.shape(dy)))
        x, other, upstream = fractions(x), fractions(other), fractions(dy)
        for place in np.ndindex(y.shape):
            at_x, at_other = place_in(x.shape, place), place_in(other.shape, place)
            value, by_x, by_other = slopes(x[at_x], other[at_other])
            y[place] = value
            dx[at_x] += upstream[place] * by_x
            dother[at_other] += upstream[place] * by_other
        return {"y": y, "dx": dx, "dother": dother}

    return unpacked(evaluate)


DEFINITIONS: dict[str, Definition] = {
    "add": of_pairs(lambda x, other: (x + other, Fraction(1), Fraction(1))),
    "multiply": of_pairs(lambda x, other: (x * other, other, x)),
    "subtract": of_pairs(lambda x, other: (x - other, Fraction(1), Fraction(-1))),
    "divide": of_pairs(lambda x, other: (x / other, 1 / other, -x / other**2)),
}
