"""What a wrong shape most likely is: no batch axis, channels last, a weight turned.

A hint is the end of an error text, which says what to do; where nothing fits, it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

Shape: TypeAlias = tuple[int, ...]

# By the first axis that is expected, and how many are missing.
MISSING = {
    ("N", 1): "add a batch axis: {0}[None]",
    ("N", 2): "add axes for the batch and the channel: {0}[None, None]",
    ("C_out", 1): "add the axis: {0}[None] for one output channel",
    ("C", 1): "add the axis: {0}[None] for one channel",
    ("features_out", 1): "add the axis: {0}[None] for one output",
}
ONE_OF_TWO = "add the axis: {0}[:, None] for one input channel, {0}[None] for one output channel"
BOTH = "add axes for the channels: {0}[None, None]"


def missing_axes(name: str, shape: Shape, axes: Sequence[str]) -> str:
    """How the axes are added that an array lacks in front.

    >>> missing_axes("x", (7, 6), ("N", "C", "H", "W"))
    '; add axes for the batch and the channel: x[None, None]'
    >>> missing_axes("x", (2, 3, 7, 6), ("N", "C", "L"))
    ''
    """
    missing = len(axes) - len(shape)
    if axes[1] == "C_in/groups":
        hint = {1: ONE_OF_TWO, 2: BOTH}.get(missing)
    else:
        hint = MISSING.get((axes[0], missing)) if shape else None
    return f"; {hint.format(name)}" if hint else ""


def channels_first(name: str, axes: int) -> str:
    """(N, H, W, C) -> (N, C, H, W)

    >>> channels_first("x", 4)
    'x.transpose(0, 3, 1, 2)'
    """
    return f"{name}.transpose{(0, axes - 1, *range(1, axes - 1))}"


def channels_last(x: Shape, weight: Shape, groups: int = 1, depth: int = 2) -> str:
    """Which transposition makes channels agree that do not.

    depth: how many axes of the weight are channels: 2 in (C_out, C_in, K_h, K_w), which others
    lay out as (K_h, K_w, C_in, C_out), 1 in (C, K_h, K_w).

    >>> channels_last((2, 7, 6, 3), (5, 3, 2, 4))
    '; if the channels are last, give x.transpose(0, 3, 1, 2)'
    >>> channels_last((2, 3, 7, 6), (2, 4, 3, 5))
    '; if the channels are last, give weight.transpose(3, 2, 0, 1)'
    """
    order = range(len(weight) - 1, len(weight) - 1 - depth, -1)
    turned_x = channels_first("x", len(x))
    turned_weight = f"weight.transpose{(*order, *range(len(weight) - depth))}"
    expected, expected_last = weight[depth - 1] * groups, weight[-depth] * groups
    x_last = _may_be_last(x[2:], x[1:-1])
    weight_last = _may_be_last(weight[depth:], weight[:-depth])
    alone = [turned_x] * (x_last and x[-1] == expected)
    alone += [turned_weight] * (weight_last and x[1] == expected_last)
    both = x_last and weight_last and x[-1] == expected_last
    return _if("the channels are last", alone or [f"{turned_x} and {turned_weight}"] * both)


def _may_be_last(sizes: Shape, sizes_if_last: Shape) -> bool:
    """No: images and kernels are square as they are, and would not be if channels were last.

    >>> _may_be_last((3, 3), (16, 8)), _may_be_last((3, 8), (3, 3)), _may_be_last((7, 6), (5, 7))
    (False, True, True)
    """
    return len(set(sizes)) > 1 or len(set(sizes_if_last)) == 1


def features_turned(x: Shape, weight: Shape) -> str:
    """Which transposition makes features agree that do not.

    >>> features_turned((2, 3), (3, 4))
    '; if the weight is (features_in, features_out), give weight.T'
    """
    if x[-1] == weight[0]:
        return _if("the weight is (features_in, features_out)", ["weight.T"])
    return _if("the samples are columns", ["x.T"] * (len(x) == 2 and x[0] == weight[1]))


def gradient_turned(dy: Shape, output: Shape, channels: bool) -> str:
    """How dy gets the shape of the output, where axes are missing or the channels are last.

    >>> [gradient_turned((3, 7, 6), (n, 3, 7, 6), True) for n in (1, 2)]
    ['; add a batch axis: dy[None]', '']
    """
    if dy and (1, *dy) == output:
        return "; add a batch axis: dy[None]"
    if dy and (1, 1, *dy) == output:
        return "; add axes for the batch and the channel: dy[None, None]"
    return turned_to_last("dy", dy, output, "channels") if channels else ""


def turned_to_last(name: str, shape: Shape, wanted: Shape, what: str) -> str:
    """How an array gets the wanted shape, where its second axis is last.

    >>> turned_to_last("dy", (2, 7, 3), (2, 3, 7), "channels")
    '; if the channels are last, give dy.transpose(0, 2, 1)'
    """
    axes = len(shape)
    last = 2 < axes == len(wanted) and (shape[0], shape[-1], *shape[1:-1]) == wanted
    return _if(f"the {what} are last", [channels_first(name, axes)] * last)


def flat(name: str, shape: Shape, count: int) -> str:
    """How an array of one number for each output loses its axes of one.

    >>> flat("bias", (1, 1, 1, 5), 5), flat("bias", (2, 3), 6)
    ('; give bias.reshape(-1)', '')
    """
    ones = shape.count(1) >= len(shape) - 1
    return f"; give {name}.reshape(-1)" if ones and prod(shape) == count else ""


def _if(condition: str, ways: Sequence[str]) -> str:
    return f"; if {condition}, give {' or '.join(ways)}" if ways else ""
