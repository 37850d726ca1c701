"""Drift through the product of two arrays, one of them repeated along axes that the other has.

x'·o' − x·o = (x' − x)·o' + x·(o' − o); a gradient is a sum of such products over the axes along
which its array was repeated.
"""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.error import Accumulated, double
from parity.bounds.repeated import added_up
from parity.cases.case import Array


def multiply_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """Both factors move."""
    return Accumulated(_moved(arrays, errors, "x", "other"))


def multiply_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """Σ dy·other and Σ dy·x, of which both factors move."""
    given = {**arrays, "dy": dy}
    return {
        name: Accumulated(added_up(_moved(given, errors, "dy", factor), arrays[name].shape))
        for name, factor in (("x", "other"), ("other", "x"))
    }


def _moved(arrays: Arrays, errors: Arrays, one: str, other: str) -> Array:
    """By how much a product of two may move."""
    largest = double(arrays[other]) + errors[other]
    return np.asarray(errors[one] * largest + double(arrays[one]) * errors[other])
