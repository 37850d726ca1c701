"""Activation functions made of pieces."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import either, fractions


def prelu(dy: Any, x: Any, weight: Any) -> dict[str, Any]:
    """Element by element, each with the slope of its channel."""
    v, d, slopes = fractions(x), fractions(dy), fractions(weight)
    y, dx, dweight = v.copy(), d.copy(), slopes * 0
    for place in np.ndindex(*np.shape(x)):
        c = place[1] if len(slopes) > 1 else 0
        if v[place] <= 0:
            y[place], dx[place] = slopes[c] * v[place], slopes[c] * d[place]
            dweight[c] += d[place] * v[place]
    return {"y": y, "dx": dx, "dweight": dweight}


def hardsigmoid(dy: Any, x: Any) -> dict[str, Any]:
    """The middle one of 0, (x + 3)/6 and 1."""
    line = (fractions(x) + 3) / 6
    middle = np.frompyfunc(lambda v: sorted((Fraction(0), v, Fraction(1)))[1], 1, 1)
    inside = np.abs(np.asarray(x)) < 3
    slope = either(inside, Fraction(1, 6), Fraction(0))
    return {"y": np.asarray(middle(line), object), "dx": fractions(dy) * slope}


def hardswish(dy: Any, x: Any) -> dict[str, Any]:
    """x times hardsigmoid, by the product rule."""
    gate = hardsigmoid(np.ones_like(x), x)
    slope = gate["y"] + fractions(x) * gate["dx"]
    return {"y": fractions(x) * gate["y"], "dx": fractions(dy) * slope}


DEFINITIONS: dict[str, Definition] = {
    "prelu": unpacked(prelu),
    "hardsigmoid": unpacked(hardsigmoid),
    "hardswish": unpacked(hardswish),
}
