"""What an error of the inputs is, and what moves it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isnan
from typing import NamedTuple

import numpy as np

from parity.bounds.bound import OUTWARD, Arrays, Options
from parity.cases.case import Array

Two = tuple[int, int]


class Accumulated(NamedTuple):
    """The most by which a tensor may differ between the sides, and how many kinks it has."""

    error: Array
    kinks: int = 0


Forward = Callable[[str, Arrays, Arrays, Options], Accumulated]


Backward = Callable[[str, Array, Arrays, Arrays, Options], dict[str, Accumulated]]


@dataclass(frozen=True)
class Rule:
    """The drift of a function and of its gradients, and where its rounding is worst."""

    forward: Forward
    backward: Backward
    worst: Callable[[Arrays, Arrays], dict[str, Array]]
    growth: Callable[[Arrays], float] = lambda errors: 1.0
    worst_backward: Callable[[Arrays, Arrays], dict[str, Array]] | None = None  # as `worst`


def added(drift: Accumulated, rounding: Array) -> Accumulated:
    """Drift and rounding together; what overflowed on the way (∞ − ∞, 0·∞) bounds nothing."""
    return Accumulated(without_nan(np.asarray(drift.error + rounding)), drift.kinks)


def without_nan(error: Array) -> Array:
    """Errors, where what is no number bounds nothing."""
    if not isnan(error.max(initial=0.0)):
        return error
    return np.where(np.isnan(error), np.inf, error)


def widened(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """|array| + its error, rounded outward to the array's dtype."""
    return {
        name: wide_double(array, errors[name]).astype(array.dtype, copy=False)
        for name, array in arrays.items()
    }


def wide_double(array: Array, error: Array) -> Array:
    """|array| + its error, rounded outward in float64."""
    wide = np.asarray(double(array) + error)
    wide *= OUTWARD
    return wide


def doubles(arrays: Arrays) -> dict[str, Array]:
    """|array| in float64."""
    return {name: double(array) for name, array in arrays.items()}


def double(array: Array) -> Array:
    """|array| in float64."""
    return np.asarray(np.abs(array)).astype(np.float64, copy=False)


def centre(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """The rounding is no worse elsewhere than at torch's values."""
    return dict(arrays)
