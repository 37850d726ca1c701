"""How large an output is: the formula of windows, and an example's numbers in it."""

from __future__ import annotations

import re
from typing import NamedTuple

from parity.explain.demonstration import Demonstration
from parity.explain.sheet import Sheet
from refimpl.checks import AXES
from refimpl.shapes import conv_sizes, pool_sizes

FORMULA = "output = ⌊(size + before + after − d·(k − 1) − 1)/s⌋ + 1"
WINDOWED = re.compile(r"(conv|max_pool|avg_pool)\dd(_with_indices)?")


class Axis(NamedTuple):
    """What goes into the formula along one axis; before, after: the padding on each side."""

    name: str
    size: int
    before: int
    after: int
    dilation: int
    kernel: int
    stride: int
    output: int
    up: bool = False  # ceil_mode: the quotient is rounded up


def tell(sheet: Sheet, demo: Demonstration) -> None:
    """The size along each axis, by its numbers; nothing of what slides no window forward.

    >>> from parity.explain.setting_up import demonstration
    >>> sheet = Sheet("en", 79)
    >>> tell(sheet, demonstration("conv1d", "5 kernel 3 stride 2 padding 1"))
    >>> sheet.lines
    ['  L_out = ⌊(5 + 1 + 1 − 1·(3 − 1) − 1)/2⌋ + 1 = ⌊4/2⌋ + 1 = 3']
    """
    if not WINDOWED.fullmatch(demo.function):
        return
    by_numbers: dict[tuple[int, ...], list[Axis]] = {}
    for axis in axes(demo):
        by_numbers.setdefault(axis[1:], []).append(axis)
    for alike in by_numbers.values():
        names = " = ".join(f"{axis.name}_out" for axis in alike)
        sheet.raw(f"{names} = {arithmetic(alike[0])}", indent=2, hang=2)
        if cut(alike[0]):
            sheet.text("less the last window, which would start behind the input", indent=4)


def axes(demo: Demonstration) -> list[Axis]:
    """Along each axis of a convolution or pooling what goes into the formula."""
    sizes, n = demo.arguments["x"].shape[2:], demo.arguments["x"].ndim - 2
    said = {key: demo.options.get(key, 1) for key in ("stride", "dilation")}
    padding, up = demo.options.get("padding", 0), demo.options.get("ceil_mode", False)
    if "weight" in demo.arguments:
        kernel = demo.arguments["weight"].shape[2:]
        conv = conv_sizes(
            demo.function, sizes, kernel, said["stride"], padding, said["dilation"], 1
        )
        pairs, strides, dilations, output = conv.padding, conv.stride, conv.dilation, conv.output
    else:
        window, stride = demo.options["kernel_size"], demo.options.get("stride")
        pool = pool_sizes(demo.function, "x", sizes, window, stride, padding, said["dilation"], up)
        kernel, strides, dilations, output = pool.kernel, pool.stride, pool.dilation, pool.output
        pairs = tuple((p, p) for p in pool.padding)
    columns = zip(AXES[n], sizes, pairs, dilations, kernel, strides, output, strict=True)
    return [Axis(name, size, b, a, d, k, s, y, up) for name, size, (b, a), d, k, s, y in columns]


def arithmetic(axis: Axis) -> str:
    """The formula with numbers.

    >>> arithmetic(Axis("H", 5, 1, 1, 1, 3, 2, 3))
    '⌊(5 + 1 + 1 − 1·(3 − 1) − 1)/2⌋ + 1 = ⌊4/2⌋ + 1 = 3'
    """
    first, last = "⌈⌉" if axis.up else "⌊⌋"
    both = f"{axis.size} + {axis.before} + {axis.after}"
    span = f"{axis.dilation}·({axis.kernel} − 1)"
    free = _free(axis)
    short = f"{first}{free}/{axis.stride}{last} + 1 = {_windows(axis)}"
    return f"{first}({both} − {span} − 1)/{axis.stride}{last} + 1 = {short}"


def cut(axis: Axis) -> bool:
    """Whether ceil_mode has left out a window that would start behind the input."""
    return _windows(axis) > axis.output


def _free(axis: Axis) -> int:
    return axis.size + axis.before + axis.after - axis.dilation * (axis.kernel - 1) - 1


def _windows(axis: Axis) -> int:
    quotient = -(-_free(axis) // axis.stride) if axis.up else _free(axis) // axis.stride
    return quotient + 1
