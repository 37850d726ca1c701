"""What an error of the inputs is, and what moves it on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    error = drift.error + rounding
    return Accumulated(np.where(np.isnan(error), np.inf, error), drift.kinks)


def widened(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """|array| + its error, rounded outward to the array's dtype."""
    return {
        name: ((np.abs(array.astype(np.float64)) + errors[name]) * OUTWARD).astype(array.dtype)
        for name, array in arrays.items()
    }


def doubles(arrays: Arrays) -> dict[str, Array]:
    """|array| in float64."""
    return {name: np.abs(array.astype(np.float64)) for name, array in arrays.items()}


def centre(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """The rounding is no worse elsewhere than at torch's values."""
    return dict(arrays)
