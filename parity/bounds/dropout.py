"""The bound of dropout."""

from __future__ import annotations

from math import frexp

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Arrays, Bound, Options, exact_bound, magnitudes, rounded_sum
from parity.cases.case import Array


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _scaled(arrays["x"], arrays["mask"], options, sides)


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    return {"x": _scaled(dy, arrays["mask"], options, sides)}


def _scaled(values: Array, mask: Array, options: Options, sides: Sides) -> Bound:
    """values · mask/(1 − p) where the mask is 1, three roundings in any order of the operations.

    1 − p is rounded to the dtype, its quotient (or reciprocal) is, and so is the product; the
    multiplication by 0 or 1 is exact. Where 1 − p is a power of 2 nothing is rounded: the
    quotient is at least 1, so that nothing underflows either.
    """
    keep = 1 - float(options.get("p", 0.5))
    if frexp(keep)[0] == 1 / 2:
        return exact_bound(values.shape)
    kept = mask.astype(np.float64)
    magnitude = magnitudes({"values": values})["values"] * kept / keep
    return rounded_sum(magnitude, 3 * kept, sides)
