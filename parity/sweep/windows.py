"""Random arguments of everything that slides windows: convolution, correlation, pooling.

They are valid by construction: an axis is as long as its windows need, or longer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from parity.cases.case import WEIGHTED_VALUES, Draw, Shape, Source
from parity.sweep.dice import Dice


class Arguments(NamedTuple):
    """Arrays, options and the kind of values of dy."""

    arrays: Mapping[str, Source]
    options: Mapping[str, Any]
    upstream: str = "normal"


Maker = Callable[[Dice], Arguments]
WEIGHTED = tuple(kinds[1:] for kinds in WEIGHTED_VALUES)  # x, weight, dy
ALIKE = ("normal", "normal", "normal")


def affine(dice: Dice, x: Shape, weight: Shape, options: Mapping[str, Any]) -> Arguments:
    """x, weight and mostly a bias."""
    values, weights, upstream = dice.kinds(ALIKE, WEIGHTED)
    arrays = {"x": Draw(x, values, dice.layout()), "weight": Draw(weight, weights, dice.layout())}
    if dice.chance(0.7):
        arrays["bias"] = Draw(weight[:1], weights, dice.layout())
    return Arguments(arrays, options, upstream)


def each(dice: Dice, values: tuple[int, ...]) -> Any:
    """One option for all axes: as one number where they agree and half of the time."""
    return values[0] if len(set(values)) == 1 and dice.chance(0.5) else values


def steps(dice: Dice, count: int, highest: int) -> tuple[int, ...]:
    """A stride or a dilation of each axis, half of the time 1."""
    if dice.chance(0.5):
        return (1,) * count
    if dice.chance(0.5):
        return (dice.whole(1, highest),) * count
    return tuple(dice.whole(1, highest) for _ in range(count))


# --- convolution --------------------------------------------------------------------------

PADDINGS = ("none", "number", "axes", "pairs", "valid", "same", "full")
KERNELS = {1: 6, 2: 5, 3: 3}  # the largest kernel, by the number of axes


def convolution(n: int) -> Maker:
    """Arguments of conv1d, conv2d or conv3d."""

    def make(dice: Dice) -> Arguments:
        groups = dice.whole(2, 4) if dice.chance(0.2) else 1
        kernel, samples = _kernel(dice, n), dice.batch()
        depth, outputs = dice.size(1, 5), groups * dice.size(1, 7 if groups == 1 else 3)
        stride, dilation = steps(dice, n, 4), steps(dice, n, 3)
        spans = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
        padding, room = _padding(dice, n)
        least = [max(1, span - more) for span, more in zip(spans, room, strict=True)]
        sizes = tuple(dice.size(low, low + 8) for low in least)
        options = {
            "stride": each(dice, stride),
            "padding": padding,
            "dilation": each(dice, dilation),
            "groups": groups,
        }
        x, weight = (samples, groups * depth, *sizes), (outputs, depth, *kernel)
        return affine(
            dice, x, weight, _told(dice, options, stride=1, padding=0, dilation=1, groups=1)
        )

    return make


def _kernel(dice: Dice, n: int) -> tuple[int, ...]:
    """Of three kernels one is a cube, never a large one: its places are a power of its size."""
    if n > 1 and dice.chance(0.3):
        return (dice.whole(1, KERNELS[n]),) * n
    return dice.sizes(n, 1, KERNELS[n])


def _padding(dice: Dice, n: int) -> tuple[Any, tuple[int, ...]]:
    """A padding of any kind, and how much longer it certainly makes each axis."""
    kind = dice.one_of(PADDINGS)
    if kind == "none":
        return 0, (0,) * n
    if kind == "number":
        number = dice.whole(1, 3)
        return number, (2 * number,) * n
    if kind == "axes":
        axes = tuple(dice.whole(0, 3) for _ in range(n))
        return axes, tuple(2 * p for p in axes)
    if kind == "pairs":
        pairs = tuple((dice.whole(0, 3), dice.whole(0, 3)) for _ in range(n))
        return pairs, tuple(map(sum, pairs))
    # "same" and "full" themselves add what a window needs.
    return kind, (0 if kind == "valid" else 10**6,) * n


def _told(dice: Dice, options: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
    """Half of the time a default is left out."""
    return {
        name: value
        for name, value in options.items()
        if name not in defaults or value != defaults[name] or dice.chance(0.5)
    }


def shared(dice: Dice) -> Arguments:
    """Arguments of shared_conv2d."""
    kernel = _kernel(dice, 2)
    sizes = tuple(dice.size(k, k + 5) for k in kernel)
    return affine(dice, (dice.batch(), dice.size(1, 4), *sizes), (dice.size(1, 5), *kernel), {})


# --- correlation --------------------------------------------------------------------------


def correlation(dice: Dice) -> Arguments:
    """Arguments of correlate2d or convolve2d: one matrix or a batch."""
    mode = dice.one_of(("full", "same", "valid"))
    kernel = dice.sizes(2, 1, 5)
    if mode != "valid":
        a = dice.sizes(2, 1, 8)
    elif dice.chance(0.3):  # the kernel holds a
        a = tuple(dice.whole(1, k) for k in kernel)
    else:
        a = tuple(dice.size(k, k + 5) for k in kernel)
    lead = tuple(dice.size(1, 3) for _ in range(dice.whole(0, 2)))
    values, kernels, upstream = dice.kinds(ALIKE, WEIGHTED)
    arrays = {
        "a": Draw((*lead, *a), values, dice.layout()),
        "kernel": Draw(kernel, kernels, dice.layout()),
    }
    return Arguments(arrays, {"mode": mode}, upstream)


# --- pooling ------------------------------------------------------------------------------

POOLED = tuple(
    (values, upstream)
    for values, upstream in (
        ("integers", "integers"),
        ("ties", "integers"),
        ("negative", "normal"),
        ("negative_zero", "normal"),
        ("zeros", "normal"),
        ("minus_inf", "normal"),
        ("special", "normal"),
        ("normal", "special"),
        ("wide", "wide"),
        ("huge", "huge"),
        ("largest", "largest"),
        ("tiny", "tiny"),
        ("subnormal", "subnormal"),
    )
)


def pooled(dice: Dice, x: Shape, options: Mapping[str, Any]) -> Arguments:
    """Arguments of a pooling without weights."""
    values, upstream = dice.kinds(("normal", "normal"), POOLED)
    return Arguments({"x": Draw(x, values, dice.layout())}, options, upstream)


def maximum(n: int) -> Maker:
    """Arguments of max_pool1d, max_pool2d or max_pool3d."""

    def make(dice: Dice) -> Arguments:
        window, stride, padding = _window(dice, n)
        dilation = steps(dice, n, 3)
        # At least d long, so that no dilated window steps over all of it.
        sizes = tuple(
            dice.size(low, low + 6)
            for k, p, d in zip(window, padding, dilation, strict=True)
            for low in [max(1, d, d * (k - 1) + 1 - 2 * p)]
        )
        options = {
            "kernel_size": each(dice, window),
            "stride": stride,
            "padding": each(dice, padding),
            "dilation": each(dice, dilation),
            "ceil_mode": dice.chance(0.3),
        }
        told = _told(dice, options, stride=None, padding=0, dilation=1, ceil_mode=False)
        return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), told)

    return make


def average(n: int) -> Maker:
    """Arguments of avg_pool1d, avg_pool2d or avg_pool3d."""

    def make(dice: Dice) -> Arguments:
        window, stride, padding = _window(dice, n)
        # torch's avg_pool3d refuses an input that holds a window only with its padding.
        room = [0 if n == 3 else 2 * p for p in padding]
        sizes = tuple(
            dice.size(low, low + 6)
            for k, more in zip(window, room, strict=True)
            for low in [max(1, k - more)]
        )
        options = {
            "kernel_size": each(dice, window),
            "stride": stride,
            "padding": each(dice, padding),
            "ceil_mode": dice.chance(0.3),
            "count_include_pad": dice.chance(0.5),
        }
        if n > 1 and dice.chance(0.3):
            options["divisor_override"] = dice.whole(1, 9)
        told = _told(dice, options, stride=None, padding=0, ceil_mode=False, count_include_pad=True)
        return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), told)

    return make


def _window(dice: Dice, n: int) -> tuple[tuple[int, ...], Any, tuple[int, ...]]:
    """Window, stride (None: side by side) and a padding of at most half of the window."""
    window = _kernel(dice, n)
    stride = None if dice.chance(0.3) else each(dice, steps(dice, n, 4))
    padding = tuple(dice.whole(0, k // 2) if dice.chance(0.4) else 0 for k in window)
    return window, stride, padding


def weighted(dice: Dice) -> Arguments:
    """Arguments of weighted_pool2d."""
    window, stride, _ = _window(dice, 2)
    channels, sizes = dice.size(1, 4), tuple(dice.size(k, k + 6) for k in window)
    options = _told(dice, {"stride": stride}, stride=None)
    return affine(dice, (dice.batch(), channels, *sizes), (channels, *window), options)


def gaussian(dice: Dice) -> Arguments:
    """Arguments of gaussian_pool2d: σ from a hundredth of a pixel to a hundred pixels."""
    window, stride, _ = _window(dice, 2)
    sizes = tuple(dice.size(k, k + 6) for k in window)
    options = {"kernel_size": each(dice, window), "sigma": 10 ** dice.real(-2, 2), "stride": stride}
    x = (dice.batch(), dice.size(1, 4), *sizes)
    return pooled(dice, x, _told(dice, options, stride=None))


def downsample(dice: Dice) -> Arguments:
    """Arguments of downsample."""
    window, edge = _kernel(dice, 2), dice.one_of(("zero_pad", "drop"))
    sizes = tuple(dice.size(k if edge == "drop" else 1, k + 6) for k in window)
    options = {"size": each(dice, window), "how": dice.one_of(("max", "mean")), "edge": edge}
    return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), options)
