"""What the catalogue knows of avg_pool1d, avg_pool2d and avg_pool3d."""

from __future__ import annotations

from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import each, pooled, told, window_of
from parity.cases.function import Function, average
from parity.cases.pooling import FEATURE_MAP, image, of_both, pool_case, valid_of
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import LAST, NO_BATCH, X2, Texts, Valid

WINDOWS = ("D0.4", "D0.11", "D2.28")
GROUP = "pooling"

ROWS: tuple[Function, ...] = (
    average("avg_pool1d", *WINDOWS),
    average("avg_pool2d", *WINDOWS, in_networks=True),
    average("avg_pool3d", *WINDOWS),
)


def _avg1d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("avg_pool1d", name, x, kernel_size, **more)


def _avg2d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("avg_pool2d", name, x, kernel_size, **more)


def _avg3d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return pool_case("avg_pool3d", name, x, kernel_size, **more)


OPTIONS = (
    _avg1d("overlap", (2, 3, 10), 4, stride=3),
    _avg1d("gaps", (2, 3, 13), 2, stride=5),
    _avg1d("window is the input", (2, 3, 7), 7),
    _avg1d("window 1", (2, 3, 5), 1),
    _avg1d("padding 2", (2, 3, 9), 5, stride=2, padding=2),
    _avg1d("padding not counted", (2, 3, 9), 5, stride=2, padding=2, count_include_pad=False),
    _avg1d(
        "padding not counted ceil_mode",
        (2, 3, 10),
        4,
        stride=3,
        padding=2,
        count_include_pad=False,
        ceil_mode=True,
    ),
    _avg1d("ceil_mode padding", (2, 3, 10), 4, stride=3, padding=1, ceil_mode=True),
    _avg1d(
        "ceil_mode drops a window in the padding", (3, 4, 5), 2, stride=3, padding=1, ceil_mode=True
    ),
    _avg1d("wide", (2, 3, 40), 16, values="wide", stride=5),
    _avg2d(
        "window 2×2", (2, 3, 8, 6), 2, documents=("D0.4", "D0.7", "D0.11", "D2.11", "D2.28", "D3.6")
    ),
    _avg2d("overlap", (2, 4, 9, 7), 3, stride=2),
    _avg2d("overlap on one axis", (2, 4, 9, 7), 3, stride=(3, 1)),
    _avg2d("stride 1", (2, 4, 6, 7), (3, 2), stride=1),
    _avg2d("gaps", (2, 3, 10, 11), 2, stride=(3, 4)),
    _avg2d("window(4,2) stride(1,3)", (2, 3, 9, 8), (4, 2), stride=(1, 3)),
    _avg2d("window is one row", (2, 3, 5, 8), (1, 4), stride=(2, 3)),
    _avg2d("window is one column", (2, 3, 8, 5), (4, 1), stride=(3, 2)),
    _avg2d("window 1 stride 2", (2, 3, 7, 6), 1, stride=2),
    _avg2d("global", (2, 3, 6, 5), (6, 5)),
    _avg2d("padding 1", (2, 4, 7, 6), 3, padding=1),
    _avg2d("padding(1,2) window(2,5)", (2, 3, 7, 8), (2, 5), stride=2, padding=(1, 2)),
    _avg2d("padding not counted", (2, 4, 7, 6), 3, stride=2, padding=1, count_include_pad=False),
    _avg2d(
        "padding(2,1) not counted",
        (2, 3, 8, 7),
        (5, 2),
        stride=(1, 2),
        padding=(2, 1),
        count_include_pad=False,
    ),
    _avg2d("ceil_mode hangs over", (4, 5, 8, 2), 3, stride=2, ceil_mode=True),
    _avg2d("ceil_mode fits", (2, 4, 9, 7), 3, stride=2, ceil_mode=True),
    _avg2d("ceil_mode padding", (2, 3, 10, 9), 4, stride=3, padding=1, ceil_mode=True),
    _avg2d(
        "ceil_mode padding not counted",
        (2, 3, 10, 9),
        4,
        stride=3,
        padding=2,
        ceil_mode=True,
        count_include_pad=False,
    ),
    _avg2d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _avg2d("divisor 1 is a sum", (2, 3, 8, 7), (3, 2), stride=2, divisor_override=1),
    _avg2d("divisor 4099", (2, 3, 8, 7), 3, divisor_override=4099),
    _avg2d("divisor 7", (2, 3, 8, 9), (3, 2), stride=(1, 2), divisor_override=7),
    _avg2d(
        "divisor 5 padding not counted",
        (2, 4, 8, 7),
        3,
        stride=2,
        padding=1,
        count_include_pad=False,
        divisor_override=5,
    ),
    _avg2d("divisor 3 ceil_mode", (2, 3, 8, 7), 3, stride=2, ceil_mode=True, divisor_override=3),
    _avg2d("window 16×16", (2, 3, 35, 33), 16, stride=(9, 8)),
    _avg2d("window 16×16, wide", (2, 3, 19, 18), 16, values="wide", upstream="wide", stride=1),
    _avg2d(
        "window 16×16, integers",
        (2, 3, 35, 33),
        16,
        values="integers",
        upstream="integers",
        stride=8,
        padding=8,
    ),
    _avg2d("blocks of maps", (4, 3, 200, 250), 4, stride=5, padding=1),
    _avg2d("huge", (2, 4, 7, 8), 3, values="huge", upstream="huge", stride=1),
    _avg2d("tiny", (2, 4, 7, 8), 3, values="tiny", upstream="tiny", stride=1),
    _avg2d("negative zero", (2, 4, 9, 8), 3, values="negative_zero", stride=2),
    _avg2d("special upstream", (2, 4, 7, 8), 3, upstream="special", stride=1),
    _avg3d("window 2×3×1", (2, 4, 7, 6, 5), (2, 3, 1), documents=("D0.5",)),
    _avg3d("overlap stride(1,2,3)", (2, 3, 5, 7, 8), (2, 3, 4), stride=(1, 2, 3)),
    _avg3d("gaps", (2, 3, 7, 8, 9), (1, 2, 3), stride=(3, 4, 5)),
    _avg3d("global", (2, 3, 6, 5, 4), (6, 5, 4)),
    _avg3d("padding(0,1,2)", (2, 3, 6, 5, 7), (1, 2, 4), stride=2, padding=(0, 1, 2)),
    _avg3d(
        "padding(0,1,2) not counted",
        (2, 3, 6, 5, 7),
        (1, 2, 4),
        stride=2,
        padding=(0, 1, 2),
        count_include_pad=False,
    ),
    _avg3d("ceil_mode padding", (2, 3, 8, 7, 6), 3, stride=2, padding=1, ceil_mode=True),
    _avg3d(
        "ceil_mode padding not counted",
        (2, 3, 8, 7, 9),
        (3, 4, 2),
        stride=(2, 3, 1),
        padding=(1, 2, 0),
        ceil_mode=True,
        count_include_pad=False,
    ),
    _avg3d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5, 8),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _avg2d("one entry for both axes", (2, 4, 9, 8), (3,), stride=[2], padding=(1,)),
    _avg3d("one entry for all axes", (2, 3, 6, 7, 8), [3], stride=(2,), padding=[1]),
    _avg2d("divisor −4", (2, 3, 8, 7), (3, 2), stride=(1, 2), divisor_override=-4),
    _avg3d("divisor −7", (2, 4, 5, 6, 8), (2, 3, 4), stride=(2, 1, 3), divisor_override=-7),
    _avg3d("divisor 5", (2, 3, 6, 5, 7), (3, 2, 4), stride=(1, 2, 3), divisor_override=5),
)

# --- worked examples of the documents -----------------------------------------------------

WORKED = (
    _avg2d("4×4 to 2×2", FEATURE_MAP, 2, upstream="integers", documents=("D0.4", "D3.10")),
    _avg2d("a quarter each", image(((3, 1), (0, 3))), 2, documents=("D2.28", "D1.23")),
)

GOOD: tuple[Case, ...] = of_both("avg") + OPTIONS + WORKED

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = valid_of("avg")
says = Texts(VALID)

BAD: tuple[BadCase, ...] = (
    says.axes("avg_pool3d", "an image", "N, C, D, H, W", hint=NO_BATCH, x=X2),
    says.dy(
        "avg_pool1d_backward",
        "dy with its channels last",
        "(2, 3, 4)",
        hint=f"{LAST}dy.transpose(0, 2, 1)",
        dy=Draw((2, 4, 3)),
    ),
    *(
        case
        for function in ("avg_pool1d", "avg_pool2d", "avg_pool3d", "avg_pool2d_backward")
        for case in (says.most(function, "stride", 2**63), says.masked(function, "x"))
    ),
    says.beyond("avg_pool2d", "divisor_override"),
    says.beyond("avg_pool3d_backward", "divisor_override"),
    says.least("avg_pool2d", "negative stride", "stride", 1, (1, -2)),
    *(
        says.value_error(
            function,
            "divisor 0",
            "divisor_override must not be 0; leave it out for a mean",
            divisor_override=0,
        )
        for function in ("avg_pool2d", "avg_pool3d_backward")
    ),
    says.count("avg_pool2d", "three windows", "kernel_size", 2, (2, 3, 2)),
    says.count("avg_pool3d", "two strides", "stride", 3, (1, 2)),
    says.integer("avg_pool3d", "window 2.0", "kernel_size", 3, 2.0),
    says.integer("avg_pool2d", "stride True", "stride", 2, True),
    says.integer("avg_pool2d", "padding in pairs", "padding", 2, ((1, 0), (0, 1))),
    says.integer("avg_pool2d", "divisor 2.5", "divisor_override", 1, 2.5),
    says.span("avg_pool2d", "large", 9, "W", "8 (6 and 2 of padding)", kernel_size=9, padding=1),
    says.value_error(
        "avg_pool3d",
        "padding beyond half the window",
        "padding must be at most half of kernel_size, but along W padding is 2 and kernel_size 2",
        kernel_size=(4, 4, 2),
        padding=2,
    ),
    says.flag("avg_pool1d_backward", "ceil_mode", 2),
    says.flag("avg_pool2d", "count_include_pad", None),
    says.value_error(
        "avg_pool3d",
        "nothing to pool",
        "x is empty along W, there is nothing to pool",
        x=Draw((2, 3, 7, 6, 0)),
    ),
    says.dy("avg_pool1d_backward", "dy without ceil_mode", "(2, 3, 5)", ceil_mode=True),
    says.dy("avg_pool2d_backward", "dy of stride 2", "(2, 3, 6, 2)", stride=(1, 3)),
    says.not_real("avg_pool1d", "boolean x", "x", "bool", x=Given((((True, False, True),),))),
    says.mixed("avg_pool2d_backward", "dy", "x", float32="x"),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums(
        "avg_pool1d",
        "overlap",
        {"x": (2, 3, 6)},
        kernel_size=3,
        stride=2,
        padding=1,
        ceil_mode=True,
        count_include_pad=False,
    ),
    sums(
        "avg_pool2d",
        "all options",
        {"x": (2, 3, 4, 5)},
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=(1, 0),
        ceil_mode=True,
        count_include_pad=False,
    ),
    sums("avg_pool2d", "divisor 5", {"x": (1, 2, 3, 4)}, kernel_size=2, divisor_override=5),
    sums("avg_pool3d", "overlap", {"x": (1, 2, 2, 3, 4)}, kernel_size=2, stride=1, padding=1),
)

# --- random arguments ---------------------------------------------------------------------


def _random_average(n: int) -> Maker:
    """Arguments of avg_pool1d, avg_pool2d or avg_pool3d."""

    def make(dice: Dice) -> Arguments:
        window, stride, padding = window_of(dice, n)
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
        options = told(
            dice, options, stride=None, padding=0, ceil_mode=False, count_include_pad=True
        )
        return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), options)

    return make


RANDOM: dict[str, Maker] = {f"avg_pool{n}d": _random_average(n) for n in (1, 2, 3)}
