"""What a wrong shape most likely is: no batch axis, channels last, a weight turned.

A hint is the end of an error text, which says what to do; where nothing fits, it is empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[int, ...]

# By the first axis that is expected, and how many are missing.
MISSING = {
    ("N", 1): "give {0}[None] if it lacks the batch axis, {0}[:, None] if it lacks the channels",
    ("N", 2): "give {0}[None, None] if it lacks the batch axis and the channels",
    ("C_out", 1): "give {0}[None] for one output channel",
    ("C_in", 1): "give {0}[None] for one input channel, {0}[:, None] for one output channel",
    ("C_in", 2): "give {0}[None, None] for one input and one output channel",
    ("C", 1): "give {0}[None] for one channel",
    ("features_out", 1): "give {0}[None] for one output",
}
ONE_OF_TWO = "give {0}[:, None] for one input channel, {0}[None] for one output channel"
BOTH = "give {0}[None, None] for one input and one output channel"


def missing_axes(name: str, shape: Shape, axes: Sequence[str]) -> str:
    """How the axes are added that an array lacks in front.

    >>> missing_axes("x", (7, 6), ("N", "C", "H", "W"))
    '; give x[None, None] if it lacks the batch axis and the channels'
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


def shared_by_groups(x: Shape, weight: Shape, groups: int) -> str:
    """Which weight a grouped convolution takes for this x.

    >>> shared_by_groups((2, 6, 9), (4, 6, 5), 2)
    '; of 2 groups weight is (C_out, C_in/groups, …), here (4, 3, 5)'
    """
    if groups == 1 or x[1] % groups:
        return ""
    wanted = (weight[0], x[1] // groups, *weight[2:])
    return f"; of {groups} groups weight is (C_out, C_in/groups, …), here {wanted}"


def inputs_first(x: Shape, weight: Shape, groups: int) -> str:
    """What makes the input channels of a transposed convolution agree that do not.

    >>> inputs_first((2, 3, 7, 6), (5, 3, 2, 4), 1)
    '; a transposed convolution has its input channels first: give weight.swapaxes(0, 1)'
    >>> inputs_first((2, 7, 6, 3), (3, 5, 2, 4), 1)
    '; if the channels are last, give x.transpose(0, 3, 1, 2)'
    """
    if groups == 1 and x[1] == weight[1]:
        first = "a transposed convolution has its input channels first"
        return f"; {first}: give weight.swapaxes(0, 1)"
    last = x[-1] == weight[0] and _may_be_last(x[2:], x[1:-1])
    return _if("the channels are last", [channels_first("x", len(x))] * last)


def _may_be_last(sizes: Shape, sizes_if_last: Shape) -> bool:
    """No: images and kernels are square as they are, and would not be if channels were last.

    >>> _may_be_last((3, 3), (16, 8)), _may_be_last((3, 8), (3, 3)), _may_be_last((7, 6), (5, 7))
    (False, True, True)
    """
    return len(set(sizes)) > 1 or len(set(sizes_if_last)) == 1


def features_turned(x: Shape, weight: Shape) -> str:
    """What makes features agree that do not.

    >>> features_turned((2, 3), (3, 4))
    '; if the weight is (features_in, features_out), give weight.T'
    >>> features_turned((2, 3, 7, 6), (4, 126))
    '; if the maps are not flattened, give flatten(x)'
    """
    if len(x) > 2 and prod(x[1:]) == weight[1]:
        return _if("the maps are not flattened", ["flatten(x)"])
    if x[-1] == weight[0]:
        return _if("the weight is (features_in, features_out)", ["weight.T"])
    return _if("the samples are columns", ["x.T"] * (len(x) == 2 and x[0] == weight[1]))


def gradient_turned(dy: Shape, output: Shape, channels: bool) -> str:
    """How dy gets the shape of the output, where axes are missing or the channels are last.

    >>> [gradient_turned((3, 7, 6), (n, 3, 7, 6), True) for n in (1, 2)]
    ['; give dy.reshape(1, 3, 7, 6)', '']
    """
    turned = turned_to_last("dy", dy, output, "channels") if channels else ""
    return reshaped("dy", dy, output) or turned


def turned_to_last(name: str, shape: Shape, wanted: Shape, what: str) -> str:
    """How an array gets the wanted shape, where its second axis is last.

    >>> turned_to_last("dy", (2, 7, 3), (2, 3, 7), "channels")
    '; if the channels are last, give dy.transpose(0, 2, 1)'
    """
    axes = len(shape)
    last = 2 < axes == len(wanted) and (shape[0], shape[-1], *shape[1:-1]) == wanted
    return _if(f"the {what} are last", [channels_first(name, axes)] * last)


def reshaped(name: str, shape: Shape, wanted: Shape) -> str:
    """How an array gets the wanted shape, where only axes of one are missing or too many.

    >>> reshaped("bias", (1, 1, 1, 5), (5,)), reshaped("dy", (7, 3), (7, 1, 3))
    ('; give bias.reshape(5)', '; give dy.reshape(7, 1, 3)')
    >>> reshaped("bias", (2, 3), (6,))
    ''
    """
    alike = [n for n in shape if n != 1] == [n for n in wanted if n != 1]
    sizes = ", ".join(map(str, wanted))
    return f"; give {name}.reshape({sizes})" if shape and wanted and alike else ""


# What others call the modes of padding.
MODES = {
    "edge": "replicate",
    "nearest": "replicate",
    "border": "replicate",
    "wrap": "circular",
    "zeros": "constant",
    "mirror": "reflect",
}


def mode_called(mode: Any, constant: str = "constant") -> str:
    """Which mode of padding is meant by the name that NumPy, SciPy or a layer has for it.

    constant: what a frame of zeros is called.

    >>> mode_called("edge"), mode_called("half"), mode_called("constant", "zeros")
    ("; 'edge' is 'replicate' here", '', "; 'constant' is 'zeros' here")
    """
    name = mode.lower() if isinstance(mode, str) else ""
    if name == "symmetric":
        return "; none of these repeats the border: give np.pad(…, mode='symmetric')"
    known = MODES.get(name, name if name in MODES.values() else "")
    known = constant if known == "constant" else known
    return f"; {mode!r} is {known!r} here" if known else ""


def other_order(given: Sequence[Any], axes: int) -> str:
    """What flat padding from the last axis on, torch's, or pairs of all axes, NumPy's, are here.

    >>> other_order((1, 2, 3, 4), 2)
    '; torch counts from the last axis on, here give ((3, 4), (1, 2))'
    >>> other_order(((0, 0), (0, 0), (1, 2), (3, 4)), 2)
    '; leave N and C out, give ((1, 2), (3, 4))'
    """
    flat = all(isinstance(side, int) for side in given)
    if flat and not len(given) % 2 and 0 < len(given) <= 2 * axes:
        pairs = list(zip(given[::2], given[1::2], strict=True))
        turned = (*(0,) * (axes - len(pairs)), *pairs[::-1])
        return f"; torch counts from the last axis on, here give {turned}"
    if len(given) == axes + 2 and all(entry in (0, (0, 0), [0, 0]) for entry in given[:2]):
        return f"; leave N and C out, give {tuple(given[2:])}"
    return ""


def _if(condition: str, ways: Sequence[str]) -> str:
    return f"; if {condition}, give {' or '.join(ways)}" if ways else ""
