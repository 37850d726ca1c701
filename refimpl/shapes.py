"""Output sizes and padding rules, and the error texts of what does not fit."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from refimpl.checks import (
    AXES,
    Ints,
    check_axes,
    check_choice,
    check_flag,
    check_int,
    check_ints,
    check_kernel,
    check_most,
    check_number,
    check_room,
    entries,
    for_each,
    is_integer,
)
from refimpl.elements import Array
from refimpl.hints import (
    channels_last,
    inputs_first,
    mode_called,
    other_order,
    reshaped,
    shared_by_groups,
)

Pair: TypeAlias = tuple[int, int]
Padding: TypeAlias = "int | str | Sequence[int | Sequence[int]]"

# --- convolution --------------------------------------------------------------------------


class ConvGeometry(NamedTuple):
    """Everything about a convolution that follows from shapes and options."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: tuple[Pair, ...]  # (before, after) for each spatial axis
    groups: int
    output: tuple[int, ...]  # the spatial sizes of y


CHECKED: dict[Any, ConvGeometry] = {}  # by shapes and options
MOST_CHECKED = 1024


def conv_geometry(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> ConvGeometry:
    """Check the arguments of a convolution over n spatial axes; give its sizes.

    What follows from shapes and options is checked once and looked up from then on; whether there
    is room for the arrays is asked each time.
    """
    options = (stride, padding, dilation, groups)
    key = (n, x.shape, weight.shape, *options) if all(map(_is_plain, options)) else None
    geometry = CHECKED.get(key)
    if geometry is None:
        geometry = _checked_geometry(where, n, x, weight, stride, padding, dilation, groups)
        if key is not None:
            _keep(key, geometry)
    _check_padded(where, x, geometry, weight.shape[0])
    return geometry


def _keep(key: Any, geometry: ConvGeometry) -> None:
    """For the next call with these shapes and options."""
    if len(CHECKED) >= MOST_CHECKED:
        CHECKED.clear()
    CHECKED[key] = geometry


def _is_plain(option: Any) -> bool:
    """An int, a name, or a tuple of such: what equals one is taken alike, unlike True or 1.0."""
    return type(option) in (int, str) or (type(option) is tuple and all(map(_is_plain, option)))


def _checked_geometry(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> ConvGeometry:
    axes = AXES[n]
    check_axes(where, "x", x, ("N", "C_in", *axes))
    check_axes(where, "weight", weight, ("C_out", "C_in/groups", *(f"K_{a.lower()}" for a in axes)))
    groups = check_int(where, "groups", groups, 1)
    _check_groups(where, x, weight, groups)
    kernel = weight.shape[2:]
    check_kernel(where, "weight", weight, kernel)
    geometry = conv_sizes(where, x.shape[2:], kernel, stride, padding, dilation, groups)
    check_most(where, stride=geometry.stride, dilation=geometry.dilation)
    return geometry


def _check_padded(where: str, x: Array, geometry: ConvGeometry, outputs: int) -> None:
    """Refuse padding that leaves no room for the padded input, or for the output."""
    padded = (b + n + a for n, (b, a) in zip(x.shape[2:], geometry.padding, strict=True))
    check_room(where, "the padding", (*x.shape[:2], *padded), x.itemsize)
    check_room(where, "the output", (len(x), outputs, *geometry.output), x.itemsize)


def conv_sizes(
    where: str,
    sizes: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: Ints,
    padding: Padding,
    dilation: Ints,
    groups: int,
) -> ConvGeometry:
    """Check the options of a convolution over these spatial sizes; give its sizes."""
    n = len(sizes)
    stride = check_ints(where, "stride", stride, n, 1)
    dilation = check_ints(where, "dilation", dilation, n, 1)
    pairs = padding_pairs(where, padding, sizes, kernel, stride, dilation)
    output = []
    for axis, size, k, s, d, (before, after) in zip(
        AXES[n], sizes, kernel, stride, dilation, pairs, strict=True
    ):
        span = d * (k - 1) + 1
        check_span(where, axis, span, size, before + after)
        output.append((size + before + after - span) // s + 1)
    return ConvGeometry(kernel, stride, dilation, pairs, groups, tuple(output))


def _check_groups(where: str, x: Array, weight: Array, groups: int) -> None:
    outputs = weight.shape[0]
    check_channels(where, x, weight, weight.shape[1] * groups, groups)
    if outputs % groups:
        raise ValueError(
            f"{where}: weight gives {outputs} output channels, which {groups} groups cannot "
            f"share equally (weight {weight.shape})"
        )


def check_share(where: str, name: str, channels: int, groups: int) -> None:
    """Refuse channels that the groups cannot share equally."""
    if channels % groups:
        raise ValueError(f"{where}: {groups} groups cannot share {name} {channels} equally")


def check_channels(where: str, x: Array, weight: Array, expected: int, groups: int = 1) -> None:
    """Refuse channels that the weight does not expect."""
    if x.shape[1] != expected:
        in_groups = f" in {groups} groups" if groups > 1 else ""
        hint = channels_last(x.shape, weight.shape, groups, 2 + weight.ndim - x.ndim)
        raise ValueError(
            f"{where}: x has {x.shape[1]} channels, but weight expects {expected}{in_groups} "
            f"(x {x.shape}, weight {weight.shape})"
            f"{hint or shared_by_groups(x.shape, weight.shape, groups)}"
        )


def check_span(where: str, axis: str, span: int, size: int, padding: int) -> None:
    """Refuse a window larger than the padded input."""
    if span > size + padding:
        raise ValueError(
            f"{where}: the window spans {span} along {axis}, but the padded input has only "
            f"{size + padding} ({size} and {padding} of padding)"
        )


def check_bias(where: str, bias: Array, outputs: int) -> None:
    """Refuse a bias that is not one number for each output channel."""
    if bias.shape != (outputs,):
        raise ValueError(
            f"{where}: bias must be ({outputs},), one for each output, but is {bias.shape}"
            f"{reshaped('bias', bias.shape, (outputs,))}"
        )


def padding_pairs(
    where: str,
    padding: Padding,
    sizes: Sequence[int],
    kernel: Sequence[int],
    stride: Sequence[int],
    dilation: Sequence[int],
) -> tuple[Pair, ...]:
    """Zeros (before, after) each axis for "valid", "same", "full", numbers or pairs of numbers.

    same: ⌈size/stride⌉ windows; an odd zero goes behind (D2.12).
    full: every overlap of at least one element, d·(k − 1) zeros on both sides (D1.15).
    """
    if isinstance(padding, str):
        check_choice(where, "padding", padding, tuple(PADDING_RULES))
        return tuple(map(PADDING_RULES[padding], sizes, kernel, stride, dilation))
    given: tuple[Any, ...] = entries(padding, len(sizes))
    if all(map(is_integer, given)):
        given = for_each(given, len(sizes))
    _check_entries(where, given, padding, len(sizes))
    return tuple(_padding_pair(where, entry, padding) for entry in given)


def _check_entries(
    where: str, given: tuple[Any, ...], padding: Any, n: int, hint: str = ""
) -> None:
    """Refuse another number of entries than there are axes."""
    if len(given) != n:
        raise ValueError(
            f"{where}: padding must have an entry for each of {', '.join(AXES[n])}, "
            f"but has {len(given)} ({padding!r}){hint}"
        )


def _padding_pair(where: str, entry: Any, padding: Any) -> Pair:
    """(before, after) of one axis, from a number or a pair of numbers."""
    pair = entries(entry, 2)
    if len(pair) != 2 or not all(map(is_integer, pair)):
        raise TypeError(
            f"{where}: padding must be an integer, an integer or a pair (before, after) for each "
            f"axis, or one of {', '.join(map(repr, PADDING_RULES))}, but is {padding!r}"
        )
    if min(pair) < 0:
        raise ValueError(f"{where}: padding must be at least 0, but is {padding!r}")
    return int(pair[0]), int(pair[1])


def _no_padding(size: int, k: int, s: int, d: int) -> Pair:
    return 0, 0


def _same_padding(size: int, k: int, s: int, d: int) -> Pair:
    windows = math.ceil(size / s)
    total = max((windows - 1) * s + d * (k - 1) + 1 - size, 0)
    return total // 2, total - total // 2


def _full_padding(size: int, k: int, s: int, d: int) -> Pair:
    return d * (k - 1), d * (k - 1)


PADDING_RULES = {"valid": _no_padding, "same": _same_padding, "full": _full_padding}


# --- padding by itself --------------------------------------------------------------------

# How many places each mode can add on one side of an axis, in words and in numbers.
REACH: dict[str, tuple[str, Callable[[int], float]]] = {
    "constant": ("of any size", lambda size: math.inf),
    "reflect": ("smaller than the axis", lambda size: max(size - 1, 0)),
    "replicate": ("of an axis that has places", lambda size: math.inf if size else 0),
    "circular": ("at most as large as the axis", lambda size: size),
}


def pad_pairs(where: str, x: Array, padding: Padding, mode: str, value: Any) -> tuple[Pair, ...]:
    """Check the arguments of `pad`; (before, after) for each spatial axis."""
    n = min(max(x.ndim - 2, 1), 3)
    check_axes(where, "x", x, ("N", "C", *AXES[n]))
    check_choice(where, "mode", mode, tuple(REACH), mode_called(mode))
    check_number(where, "value", value, x)
    if mode != "constant" and value != 0:
        raise ValueError(
            f"{where}: value is what mode 'constant' fills with, but mode is {mode!r} and value "
            f"{value!r}; leave value out"
        )
    given = entries(padding, n)
    if all(map(is_integer, given)):
        given = for_each(given, n)
    _check_entries(where, given, padding, n, other_order(given, n))
    pairs = tuple(_integer_pair(where, entry, padding) for entry in given)
    for axis, size, pair in zip(AXES[n], x.shape[2:], pairs, strict=True):
        _check_reach(where, mode, axis, size, pair)
    check_most(where, padding=[side for pair in pairs for side in pair])
    check_room(where, "the output", (*x.shape[:2], *padded_sizes(x.shape[2:], pairs)), x.itemsize)
    return pairs


PADDING_MODES = ("zeros", *(mode for mode in REACH if mode != "constant"))


def check_padding_mode(where: str, x: Array, pairs: Sequence[Pair], padding_mode: str) -> None:
    """Refuse what fills no frame of a convolution, or not one of this size."""
    check_choice(
        where, "padding_mode", padding_mode, PADDING_MODES, mode_called(padding_mode, "zeros")
    )
    if padding_mode != "zeros":
        for axis, size, pair in zip(AXES[len(pairs)], x.shape[2:], pairs, strict=True):
            _check_reach(where, padding_mode, axis, size, pair)


def padded_sizes(sizes: Sequence[int], pairs: Sequence[Pair]) -> tuple[int, ...]:
    """The spatial sizes of what `pad` gives."""
    return tuple(b + size + a for size, (b, a) in zip(sizes, pairs, strict=True))


def _integer_pair(where: str, entry: Any, padding: Any) -> Pair:
    """(before, after) of one axis, of any sign."""
    pair = entries(entry, 2)
    if len(pair) != 2 or not all(map(is_integer, pair)):
        raise TypeError(
            f"{where}: padding must be an integer, or an integer or a pair (before, after) for "
            f"each axis, but is {padding!r}"
        )
    return int(pair[0]), int(pair[1])


def _check_reach(where: str, mode: str, axis: str, size: int, pair: Pair) -> None:
    """Refuse padding that x cannot fill, or that takes away more places than there are."""
    wanted, most = REACH[mode]
    if max(pair) > most(size):
        raise ValueError(
            f"{where}: mode {mode!r} needs padding {wanted}, but along {axis} padding is {pair} "
            f"and x has {size}; give at most {most(size)}"
        )
    if min(pair) < 0 and mode != "constant":
        raise ValueError(
            f"{where}: padding must be at least 0 in mode {mode!r}, but along {axis} it is {pair}; "
            "take places away in mode 'constant' first"
        )
    taken = -sum(side for side in pair if side < 0)
    if taken > size:
        raise ValueError(
            f"{where}: padding {pair} takes {taken} places away along {axis}, but x has only "
            f"{size}; take fewer"
        )


# --- transposed convolution ---------------------------------------------------------------


class TransposedGeometry(NamedTuple):
    """Everything about a transposed convolution that follows from shapes and options."""

    conv: ConvGeometry  # the convolution of y whose dx it is: its output has the sizes of x
    channels: int  # C_out
    reached: tuple[int, ...]  # the sizes of what the windows fill, before the padding is cropped
    behind: tuple[Pair, ...]  # (0, output_padding) for each spatial axis
    output: tuple[int, ...]  # the spatial sizes of y


def transposed_geometry(
    where: str,
    n: int,
    x: Array,
    weight: Array,
    stride: Ints,
    padding: Ints,
    output_padding: Ints,
    groups: int,
    dilation: Ints,
) -> TransposedGeometry:
    """Check the arguments of a transposed convolution over n spatial axes; give its sizes."""
    axes = AXES[n]
    check_axes(where, "x", x, ("N", "C_in", *axes))
    check_axes(where, "weight", weight, ("C_in", "C_out/groups", *(f"K_{a.lower()}" for a in axes)))
    groups = check_int(where, "groups", groups, 1)
    _check_inputs(where, x, weight, groups)
    sizes, kernel = x.shape[2:], weight.shape[2:]
    check_kernel(where, "weight", weight, kernel)
    stride = check_ints(where, "stride", stride, n, 1)
    padding = check_ints(where, "padding", padding, n, 0)
    output_padding = check_ints(where, "output_padding", output_padding, n, 0)
    dilation = check_ints(where, "dilation", dilation, n, 1)
    check_most(where, stride=stride, padding=padding, dilation=dilation)
    reached, output = [], []
    for axis, size, k, s, p, more, d in zip(
        axes, sizes, kernel, stride, padding, output_padding, dilation, strict=True
    ):
        _check_output_padding(where, axis, more, s, d)
        reached.append(_reach(where, axis, size, k, s, d))
        output.append(_cropped(where, axis, reached[-1], p, more))
    channels = weight.shape[1] * groups
    check_room(where, "the output", (len(x), channels, *reached), x.itemsize)
    pairs = tuple((p, p) for p in padding)
    conv = ConvGeometry(kernel, stride, dilation, pairs, groups, sizes)
    behind = tuple((0, more) for more in output_padding)
    return TransposedGeometry(conv, channels, tuple(reached), behind, tuple(output))


def _check_inputs(where: str, x: Array, weight: Array, groups: int) -> None:
    """Refuse input channels that the weight does not have, or that groups cannot share."""
    inputs = weight.shape[0]
    if x.shape[1] != inputs:
        raise ValueError(
            f"{where}: x has {x.shape[1]} channels, but weight expects {inputs} "
            f"(x {x.shape}, weight {weight.shape})"
            f"{inputs_first(x.shape, weight.shape, groups)}"
        )
    check_share(where, "the input channels of weight,", inputs, groups)


def _check_output_padding(where: str, axis: str, more: int, s: int, d: int) -> None:
    """Refuse so much more of the output that the convolution of y would have another window."""
    if more >= max(s, d):
        raise ValueError(
            f"{where}: output_padding must be smaller than stride or dilation, but along {axis} "
            f"it is {more}, stride {s} and dilation {d}"
        )


def _reach(where: str, axis: str, size: int, k: int, s: int, d: int) -> int:
    """How many places the windows of an axis fill, before any is cropped."""
    if size == 0:
        raise ValueError(f"{where}: x is empty along {axis}, it fills no window of the output")
    return (size - 1) * s + d * (k - 1) + 1


def _cropped(where: str, axis: str, reached: int, p: int, more: int) -> int:
    """What padding and output_padding leave of it."""
    output = reached + more - 2 * p
    if output < 1:
        raise ValueError(
            f"{where}: padding {p} crops {2 * p} places along {axis}, but the output has only "
            f"{reached + more} before it is cropped; give less padding"
        )
    return output


# --- pooling ------------------------------------------------------------------------------


class PoolGeometry(NamedTuple):
    """Everything about a pooling that follows from shapes and options."""

    kernel: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...]
    dilation: tuple[int, ...]
    sizes: tuple[int, ...]  # the spatial sizes of x
    output: tuple[int, ...]  # the spatial sizes of y


def pool_geometry(
    where: str,
    n: int,
    x: Array,
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> PoolGeometry:
    """Check the arguments of a pooling over n spatial axes; give its sizes."""
    check_axes(where, "x", x, ("N", "C", *AXES[n]))
    sizes = x.shape[2:]
    geometry = pool_sizes(where, "x", sizes, kernel_size, stride, padding, dilation, ceil_mode)
    check_most(
        where,
        kernel_size=geometry.kernel,
        stride=geometry.stride,
        dilation=geometry.dilation,
    )
    return geometry


def pool_sizes(
    where: str,
    name: str,
    sizes: tuple[int, ...],
    kernel_size: Ints,
    stride: Ints | None,
    padding: Ints,
    dilation: Ints,
    ceil_mode: bool,
) -> PoolGeometry:
    """Check the options of a pooling over the spatial sizes of `name`; give its sizes."""
    n = len(sizes)
    kernel = check_ints(where, "kernel_size", kernel_size, n, 1)
    stride = kernel if stride is None else check_ints(where, "stride", stride, n, 1)
    padding = check_ints(where, "padding", padding, n, 0)
    dilation = check_ints(where, "dilation", dilation, n, 1)
    check_flag(where, "ceil_mode", ceil_mode)
    output = []
    for axis, size, k, s, p, d in zip(
        AXES[n], sizes, kernel, stride, padding, dilation, strict=True
    ):
        _check_pooled(where, name, axis, size)
        if 2 * p > k:
            raise ValueError(
                f"{where}: padding must be at most half of kernel_size, but along {axis} "
                f"padding is {p} and kernel_size {k}"
            )
        span = d * (k - 1) + 1
        if not (ceil_mode and span < size + 2 * p + s):  # else one window hangs over
            check_span(where, axis, span, size, 2 * p)
        output.append(_pool_size(size, k, s, p, d, ceil_mode))
    return PoolGeometry(kernel, stride, padding, dilation, sizes, tuple(output))


def _pool_size(size: int, k: int, s: int, p: int, d: int, ceil_mode: bool) -> int:
    """Windows along one axis; the last one must start inside the input or the front padding."""
    free = size + 2 * p - d * (k - 1) - 1
    if not ceil_mode:
        return free // s + 1
    windows = math.ceil(free / s) + 1
    return windows - 1 if (windows - 1) * s >= size + p else windows


OutputSize: TypeAlias = "int | Sequence[int | None] | None"


def adaptive_output(
    where: str, n: int | None, x: Array, output_size: OutputSize
) -> tuple[int, ...]:
    """Check the arguments of an adaptive pooling over n axes; give its sizes.

    n: None of a pooling that takes one to three.
    """
    if n is None:
        n = min(max(x.ndim - 2, 1), 3)
    check_axes(where, "x", x, ("N", "C", *AXES[n]))
    for axis, size in zip(AXES[n], x.shape[2:], strict=True):
        _check_pooled(where, "x", axis, size)
    is_masked = isinstance(output_size, np.ma.MaskedArray)  # whose masked entries become None
    wanted = (output_size,) if is_masked else for_each(entries(output_size, n), n)
    if not all(size is None or is_integer(size) for size in wanted):
        raise TypeError(
            f"{where}: output_size must be an integer or {n} of them, None for an axis that stays "
            f"as it is, but is {output_size!r}"
        )
    given = x.shape[2:] if len(wanted) == n else (1,) * len(wanted)
    whole = tuple(size if want is None else want for size, want in zip(given, wanted, strict=True))
    output = check_ints(where, "output_size", whole, n, 1)
    check_most(where, output_size=output)
    check_room(where, "the output", (*x.shape[:2], *output), x.itemsize)
    return output


def _check_pooled(where: str, name: str, axis: str, size: int) -> None:
    """Refuse an axis without places."""
    if size == 0:
        raise ValueError(f"{where}: {name} is empty along {axis}, there is nothing to pool")


def check_window_holds_input(where: str, axis: str, window: int, holds: bool) -> None:
    """Refuse a maximum over a window in which every place is padding."""
    if not holds:
        raise ValueError(
            f"{where}: window {window} along {axis} holds padding only, so it has no maximum"
        )
