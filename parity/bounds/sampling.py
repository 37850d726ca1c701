"""Bounds of downsample: a maximum is selected, a mean is an average pooling.

Windows don't overlap, so a gradient adds nothing. Zeros of the padding add to a sum without
rounding: of a window that hangs over, the terms inside the input count, divided by the whole
window, and that is what torch calls ceil_mode with a divisor.
"""

from __future__ import annotations

from math import prod
from typing import Any

from parity.bounds import selections, sums
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Arrays, Bound, Options
from parity.bounds.two_axes import two
from parity.cases.case import Array


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    if is_maximum(options):
        return selections.moved_forward(function, arrays, options, sides)
    return sums.forward("avg_pool2d", arrays, as_pooling(options), sides)


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    if is_maximum(options):
        return selections.moved_backward(function, dy, arrays, options, sides)
    return sums.backward("avg_pool2d", dy, arrays, as_pooling(options), sides)


def is_maximum(options: Options) -> bool:
    return bool(options.get("how", "max") == "max")


def as_pooling(options: Options) -> dict[str, Any]:
    window = two(options["size"])
    keeps_edge = options.get("edge", "zero_pad") == "zero_pad"
    return {"kernel_size": window, "ceil_mode": keeps_edge, "divisor_override": prod(window)}
