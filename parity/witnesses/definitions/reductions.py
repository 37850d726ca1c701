"""What stands for an array along some of its axes: each element adds to its own mean."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, Place, unpacked
from parity.witnesses.definitions.numbers import fractions


def mean(dy: Any, x: Any, axis: Any = None, keepdims: bool = False) -> dict[str, Any]:
    """Place by place: x[u]/N is part of one mean, whose dy/N the place gets back."""
    named = range(x.ndim) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    gone = {place % x.ndim for place in named}
    N = prod(x.shape[place] for place in gone)
    y, dx = fractions(np.zeros(np.shape(dy))), fractions(np.zeros(x.shape))
    for u in np.ndindex(*x.shape):
        at = _mean_of(u, gone, keepdims)
        y[at] += Fraction(float(x[u])) / N
        dx[u] = Fraction(float(dy[at])) / N
    return {"y": y, "dx": dx}


def _mean_of(place: Place, gone: set[int], keepdims: bool) -> Place:
    """Where the mean stands that a place is part of."""
    if keepdims:
        return tuple(0 if axis in gone else at for axis, at in enumerate(place))
    return tuple(at for axis, at in enumerate(place) if axis not in gone)


DEFINITIONS: dict[str, Definition] = {"mean": unpacked(mean)}
