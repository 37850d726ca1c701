"""What the catalogue knows of max_pool1d, max_pool2d and max_pool3d."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import each, pooled, steps, told, window_of
from parity.cases.function import Function, maximum
from parity.cases.pooling import FEATURE_MAP, image, of_both, pool_case, valid_of
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import NO_BATCH, NO_CHANNEL, X1, X2, Texts, Valid

WINDOWS = ("D0.4", "D0.11", "D2.28")
GROUP = "pooling"

ROWS: tuple[Function, ...] = (
    maximum("max_pool1d", *WINDOWS),
    maximum("max_pool2d", *WINDOWS, in_networks=True),
    maximum("max_pool3d", *WINDOWS),
)


def _max1d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("max_pool1d", name, x, kernel_size, **more)


def _max2d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("max_pool2d", name, x, kernel_size, **more)


def _max3d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("max_pool3d", name, x, kernel_size, **more)


OPTIONS = (
    _max1d("overlap", (2, 3, 10), 4, stride=2),
    _max1d("gaps", (2, 3, 13), 2, stride=5),
    _max1d("window is the input", (2, 3, 7), 7),
    _max1d("window 1", (2, 3, 5), 1),
    _max1d("window 300", (2, 3, 310), 300, stride=4, values="ascending"),
    _max1d("padding 2", (2, 3, 9), 5, stride=2, padding=2),
    _max1d("dilation 3", (2, 3, 11), 3, stride=1, dilation=3),
    _max1d(
        "dilation padding ceil_mode", (2, 3, 10), 3, stride=2, padding=1, dilation=2, ceil_mode=True
    ),
    _max1d(
        "ceil_mode drops a window in the padding", (3, 4, 5), 2, stride=3, padding=1, ceil_mode=True
    ),
    _max1d("ties", (3, 4, 12), 4, values="ties", stride=2),
    _max1d("ties of zero and minus zero", (2, 3, 11), 3, values="negative_zero", stride=1),
    _max2d(
        "window 2×2", (2, 3, 8, 6), 2, documents=("D0.4", "D0.7", "D0.11", "D3.6", "D4.4", "D4.6")
    ),
    _max2d("overlap 3 stride 2", (2, 4, 9, 7), 3, stride=2, documents=("D2.13",)),
    _max2d("overlap on one axis", (2, 4, 9, 7), 3, stride=(3, 1)),
    _max2d("stride 1", (2, 4, 6, 7), (3, 2), stride=1),
    _max2d("gaps", (2, 3, 10, 11), 2, stride=(3, 4)),
    _max2d("window(4,2) stride(1,3)", (2, 3, 9, 8), (4, 2), stride=(1, 3)),
    _max2d("window is one row", (2, 3, 5, 8), (1, 4), stride=(2, 3)),
    _max2d("window is one column", (2, 3, 8, 5), (4, 1), stride=(3, 2)),
    _max2d("window 1", (2, 3, 5, 4), 1),
    _max2d("window 1 stride 2", (2, 3, 7, 6), 1, stride=2),
    _max2d("global", (2, 3, 6, 5), (6, 5)),
    _max2d("global, 390 places", (2, 4, 3, 130), (3, 130), values="ascending"),
    _max2d("padding 1", (2, 4, 7, 6), 3, padding=1),
    _max2d("padding(1,2) window(2,5)", (2, 3, 7, 8), (2, 5), stride=2, padding=(1, 2)),
    _max2d("padding(0,1) stride 1", (2, 4, 6, 5), (2, 3), stride=1, padding=(0, 1)),
    _max2d("dilation 2", (2, 4, 9, 8), 3, stride=1, dilation=2),
    _max2d("dilation(1,3)", (2, 3, 7, 10), (4, 2), stride=2, dilation=(1, 3)),
    _max2d(
        "stride padding dilation",
        (2, 3, 11, 10),
        (4, 3),
        stride=(2, 3),
        padding=(2, 1),
        dilation=(1, 2),
    ),
    _max2d(
        "dilated windows begin two places in the padding",
        (2, 3, 6, 9),
        (4, 5),
        stride=1,
        padding=2,
        dilation=(2, 1),
    ),
    _max2d("ceil_mode hangs over", (4, 5, 8, 2), 3, stride=2, ceil_mode=True),
    _max2d("ceil_mode fits", (2, 4, 9, 7), 3, stride=2, ceil_mode=True),
    _max2d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _max2d(
        "ceil_mode padding dilation",
        (2, 3, 10, 9),
        (3, 2),
        stride=(3, 2),
        padding=1,
        dilation=(2, 3),
        ceil_mode=True,
    ),
    _max2d("window of 255 places", (1, 2, 18, 20), (15, 17), stride=2),
    _max2d("window of 256 places", (1, 2, 19, 18), 16, stride=(1, 2)),
    replace(_max2d("dy transposed", (2, 3, 8, 7), 2), upstream_layout="transposed"),
    _max2d("blocks of maps", (4, 3, 200, 250), 4, values="special", stride=5, padding=1),
    _max2d("ties", (2, 3, 9, 8), 3, values="ties", stride=2, upstream="integers"),
    _max2d("ties padding", (2, 4, 7, 8), 3, values="ties", stride=1, padding=1),
    _max2d("ties without overlap", (2, 4, 9, 6), 3, values="ties", documents=("D2.28",)),
    _max2d("all equal", (2, 3, 7, 8), (3, 2), values="zeros", stride=2),
    _max2d("ties of zero and minus zero", (2, 4, 8, 7), 3, values="negative_zero", stride=2),
    _max2d("tiny", (2, 3, 7, 8), 2, values="tiny", upstream="tiny", stride=1),
    _max2d("huge", (2, 3, 7, 8), 2, values="huge", upstream="huge", stride=1),
    _max2d("wide upstream", (2, 4, 7, 8), 3, upstream="wide", stride=1),
    _max2d("special upstream", (2, 4, 7, 8), 3, upstream="special", stride=1),
    _max2d("special, window 2×2", (3, 4, 8, 10), 2, values="special", documents=("D2.28",)),
    _max3d("window 2×3×1", (2, 4, 7, 6, 5), (2, 3, 1), documents=("D0.5",)),
    _max3d("overlap stride(1,2,3)", (2, 3, 5, 7, 8), (2, 3, 4), stride=(1, 2, 3)),
    _max3d("gaps", (2, 3, 7, 8, 9), (1, 2, 3), stride=(3, 4, 5)),
    _max3d("global", (2, 3, 6, 5, 4), (6, 5, 4)),
    _max3d("global, 360 places", (4, 5, 2, 3, 60), (2, 3, 60), values="ascending"),
    _max3d("padding(0,1,2)", (2, 3, 6, 5, 7), (1, 2, 4), stride=2, padding=(0, 1, 2)),
    _max3d("dilation(1,2,3)", (2, 3, 5, 6, 8), (3, 2, 2), stride=1, dilation=(1, 2, 3)),
    _max3d(
        "stride padding dilation ceil_mode",
        (2, 3, 8, 7, 9),
        (3, 2, 4),
        stride=(2, 3, 1),
        padding=(1, 0, 2),
        dilation=(2, 1, 2),
        ceil_mode=True,
    ),
    _max3d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5, 8),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _max2d("one entry for both axes", (2, 4, 9, 8), (3,), stride=(2,), padding=[1], dilation=(2,)),
    _max3d("one entry for all axes", (2, 3, 7, 8, 9), [3], stride=(2,), padding=(1,), dilation=[2]),
    _max3d("ties", (2, 3, 5, 6, 7), (2, 3, 4), values="ties", stride=1),
)

# --- worked examples of the documents -----------------------------------------------------

WORKED = (
    _max2d("4×4 to 2×2", FEATURE_MAP, 2, upstream="integers", documents=("D0.4", "D3.10")),
    _max2d("a 2×2 window with its maximum twice", image(((3, 1), (0, 3))), 2, documents=("D2.28",)),
    _max2d("a 2×2 window of equal numbers", image(((2, 2), (2, 2))), 2, documents=("D2.28",)),
    _max2d(
        "a window of minus infinity",
        image(((-inf, -inf, 1.0), (-inf, -inf, 2.0))),
        2,
        stride=1,
    ),
    _max2d("infinity on both sides", image(((inf, -inf), (0.0, inf))), 2),
)

GOOD: tuple[Case, ...] = of_both("max") + OPTIONS + WORKED

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = valid_of("max")
says = Texts(VALID)

BAD: tuple[BadCase, ...] = (
    says.axes("max_pool1d", "no channel axis", "N, C, L", hint=NO_BATCH, x=Draw((2, 9))),
    says.axes("max_pool2d", "a signal", "N, C, H, W", hint=NO_BATCH, x=X1),
    says.axes("max_pool3d_backward", "a matrix of maps", "N, C, D, H, W", hint=NO_CHANNEL, x=X1),
    *(
        case
        for function in ("max_pool1d", "max_pool2d", "max_pool3d", "max_pool3d_backward")
        for case in (says.most(function, "stride", 2**64), says.masked(function, "x"))
    ),
    says.value_error(
        "max_pool2d",
        "dilation 2⁶³ of a window of one place",
        f"dilation must be at most {2**31 - 1}, but is {2**63}",
        kernel_size=1,
        dilation=2**63,
    ),
    says.least("max_pool2d", "window 0", "kernel_size", 1, 0),
    says.least("max_pool1d", "stride 0", "stride", 1, 0),
    says.least("max_pool2d", "negative padding", "padding", 0, -1),
    says.least("max_pool2d", "dilation 0", "dilation", 1, (0, 1)),
    says.integer("max_pool2d", "window None", "kernel_size", 2, None),
    says.integer("max_pool3d", "window as text", "kernel_size", 3, "222"),
    says.integer("max_pool2d", "padding by name", "padding", 2, "same"),
    says.span("max_pool2d", "large window", 7, "W", "6 (6 and 0 of padding)", kernel_size=7),
    says.span("max_pool3d", "large dilation", 6, "W", "5 (5 and 0 of padding)", dilation=5),
    says.value_error(
        "max_pool2d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along H padding is 2 and kernel_size 3",
        kernel_size=3,
        padding=2,
    ),
    *(
        says.value_error(
            function,
            "window of padding only",
            f"window 0 along {axis} holds padding only, so it has no maximum",
            x=x,
            padding=1,
            dilation=2,
        )
        for function, axis, x in (
            ("max_pool2d", "H", Draw((2, 3, 1, 6))),
            ("max_pool1d_backward", "L", Draw((2, 3, 1))),
        )
    ),
    says.flag("max_pool2d", "ceil_mode", "no"),
    says.value_error(
        "max_pool2d",
        "nothing to pool",
        "x is empty along W, there is nothing to pool",
        x=Draw((2, 3, 7, 0)),
    ),
    says.choice("max_pool2d_backward", "unknown ties", "ties", "'first', 'all', 'split'", "last"),
    says.dy("max_pool1d_backward", "dy of stride 2", "(2, 3, 8)", stride=1),
    says.dy("max_pool2d_backward", "dy of the input's shape", "(2, 3, 3, 3)", dy=X2),
    says.dy("max_pool3d_backward", "dy without ceil_mode", "(2, 3, 4, 3, 3)", ceil_mode=True),
    says.not_real("max_pool2d", "complex x", "x", "complex64"),
    says.mixed("max_pool3d_backward", "dy", "x", float32="dy"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    branching("max_pool1d", "overlap", {"x": (2, 3, 7)}, kernel_size=3, stride=2, padding=1),
    branching(
        "max_pool2d",
        "all options",
        {"x": (2, 1, 4, 6)},
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=(1, 0),
        dilation=(1, 2),
        ceil_mode=True,
    ),
    branching("max_pool3d", "overlap", {"x": (1, 2, 2, 3, 4)}, kernel_size=2, stride=1),
)

# --- random arguments ---------------------------------------------------------------------


def _random_maximum(n: int) -> Maker:
    """Arguments of max_pool1d, max_pool2d or max_pool3d."""

    def make(dice: Dice) -> Arguments:
        window, stride, padding = window_of(dice, n)
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
        options = told(dice, options, stride=None, padding=0, dilation=1, ceil_mode=False)
        return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), options)

    return make


RANDOM: dict[str, Maker] = {f"max_pool{n}d": _random_maximum(n) for n in (1, 2, 3)}
