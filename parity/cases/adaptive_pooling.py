"""What the catalogue knows of adaptive pooling and of the pooling of whole maps."""

from __future__ import annotations

from dataclasses import replace
from math import inf
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import each, pooled
from parity.cases.function import Function, average, maximum
from parity.cases.pooling import SHAPES, image
from parity.cases.symbol_case import SymbolCase, branching, sums
from parity.cases.texts import LAST, NO_BATCH, NO_CHANNEL, X1, X2, X3, Texts, Valid

GROUP = "pooling"
KINDS = ("avg", "max")

ROWS: tuple[Function, ...] = (
    average("adaptive_avg_pool1d"),
    average("adaptive_avg_pool2d", in_networks=True),
    average("adaptive_avg_pool3d"),
    maximum("adaptive_max_pool1d"),
    maximum("adaptive_max_pool2d", in_networks=True),
    maximum("adaptive_max_pool3d"),
    average("global_avg_pool", in_networks=True),
    maximum("global_max_pool", in_networks=True),
)


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case(function, name, {"x": source}, options, upstream)


def _both(n: int, name: str, x: Shape | Source, output_size: Any, **more: Any) -> tuple[Case, ...]:
    """Of the mean and of the maximum over n axes."""
    return tuple(
        _case(f"adaptive_{kind}_pool{n}d", name, x, output_size=output_size, **more)
        for kind in KINDS
    )


def _whole(name: str, x: Shape | Source, **more: Any) -> tuple[Case, ...]:
    """Of whole maps."""
    return tuple(_case(f"global_{kind}_pool", name, x, **more) for kind in KINDS)


ONE_AXIS = (
    *_both(1, "windows overlap", (2, 3, 5), 4),
    *_both(1, "5 to 3", (2, 4, 5), 3),
    *_both(1, "10 to 4", (2, 3, 10), 4),
    *_both(1, "windows lie side by side", (2, 3, 12), 4),
    *_both(1, "windows of two sizes, far apart", (2, 3, 41), 7),
    *_both(1, "one window", (2, 3, 7), 1),
    *_both(1, "as many windows as places", (2, 3, 5), 5),
    *_both(1, "None is as many", (2, 3, 5), None),
    *_both(1, "more windows than places", (2, 3, 4), 7),
    *_both(1, "many more windows than places", (3, 4, 2), 9),
    *_both(1, "one place in two windows", (2, 3, 1), 2),
    *_both(1, "a size in a tuple", (2, 3, 8), (5,)),
    *_both(1, "one sample", (1, 3, 8), 5),
    *_both(1, "one channel", (2, 1, 8), 5),
    *_both(1, "one number", (1, 1, 1), 1),
    *_both(1, "empty batch", (0, 3, 8), 5),
)

TWO_AXES = (
    *_both(2, "windows overlap", (2, 3, 7, 5), (4, 3)),
    *_both(2, "windows of one size that overlap", (2, 3, 5, 7), (2, 3)),
    *_both(2, "windows lie side by side", (2, 3, 8, 9), (4, 3)),
    *_both(2, "side by side along one axis", (2, 4, 6, 7), (3, 5)),
    *_both(2, "one window", (2, 3, 7, 5), 1),
    *_both(2, "one row of windows", (2, 3, 7, 8), (1, 5)),
    *_both(2, "one column of windows", (2, 3, 7, 8), (5, 1)),
    *_both(2, "None along one axis", (2, 3, 7, 6), (None, 4)),
    *_both(2, "None along the other", (2, 4, 7, 6), (3, None)),
    *_both(2, "None along both", (2, 3, 5, 4), (None, None)),
    *_both(2, "one number for both axes", (2, 4, 7, 5), 3),
    *_both(2, "a list of one", (2, 4, 7, 5), [3]),
    *_both(2, "more windows than places", (2, 3, 4, 5), (7, 6)),
    *_both(2, "more windows along one axis, fewer along the other", (2, 3, 4, 8), (7, 5)),
    *_both(2, "as in AlexNet, 6×6 of 13×11", (2, 3, 13, 11), 6),
    *_both(2, "one sample", (1, 3, 7, 5), (4, 2)),
    *_both(2, "one channel", (2, 1, 7, 5), (4, 3)),
    *_both(2, "empty batch", (0, 3, 7, 5), (4, 2)),
    *_both(2, "blocks of maps", (4, 3, 200, 250), (7, 3), values="special"),
    *_both(2, "huge", (2, 4, 7, 8), (5, 3), values="huge", upstream="huge"),
    *_both(2, "tiny", (2, 4, 7, 8), (5, 3), values="tiny", upstream="tiny"),
    *_both(2, "wide", (2, 4, 19, 18), (5, 7), values="wide", upstream="wide"),
    *_both(2, "special upstream", (2, 4, 7, 8), (5, 3), upstream="special"),
    *(
        replace(case, upstream_layout="transposed")
        for case in _both(2, "dy transposed", (2, 3, 8, 7), (5, 4))
    ),
    _case("adaptive_max_pool2d", "ties", (2, 3, 9, 8), values="ties", upstream="integers",
          output_size=(4, 5)),
    _case("adaptive_max_pool2d", "all equal", (2, 3, 7, 8), values="zeros", output_size=(4, 3)),
    _case("adaptive_max_pool2d", "ties, windows overlap", (2, 4, 7, 5), values="ties",
          output_size=(5, 3)),
    _case("adaptive_max_pool2d", "several NaN", (3, 2, 7, 8), values="nans", output_size=(4, 5)),
    _case("adaptive_max_pool2d", "a window of minus infinity",
          image(((-inf, -inf, 1.0), (-inf, -inf, 2.0))), output_size=(1, 2)),
    _case("adaptive_avg_pool2d", "window 16×16", (2, 3, 35, 33), values="integers",
          upstream="integers", output_size=(2, 3)),
)  # fmt: skip

THREE_AXES = (
    *_both(3, "windows overlap", (2, 3, 7, 5, 4), (4, 2, 3)),
    *_both(3, "windows lie side by side", (2, 5, 4, 6, 9), (2, 3, 1)),
    *_both(3, "one window", (2, 3, 4, 5, 6), 1),
    *_both(3, "None along two axes", (2, 3, 4, 5, 7), (None, 3, None)),
    *_both(3, "None along the last", (2, 3, 7, 5, 4), (4, 3, None)),
    *_both(3, "one number for all axes", (2, 4, 7, 5, 8), 3),
    *_both(3, "more windows than places", (3, 6, 4, 2, 5), (5, 7, 6)),
    *_both(3, "more windows along one axis", (4, 3, 2, 7, 5), (6, 4, 3)),
    *_both(3, "one sample", (1, 3, 7, 5, 4), (4, 2, 3)),
    *_both(3, "one channel", (2, 1, 7, 5, 4), (4, 2, 3)),
    *_both(3, "empty batch", (0, 3, 7, 5, 4), (4, 2, 3)),
    _case("adaptive_max_pool3d", "ties", (2, 3, 5, 6, 7), values="ties", output_size=(2, 4, 3)),
)  # fmt: skip

WHOLE_MAPS = (
    *_whole("a map", (2, 3, 7, 5)),
    *_whole("a signal", (2, 3, 8)),
    *_whole("a volume", (2, 3, 4, 5, 6)),
    *_whole("a signal, all negative", (2, 3, 8), values="negative"),
    *_whole("a volume, all negative", (2, 3, 4, 5, 6), values="negative"),
    *_whole("one sample", (1, 3, 7, 5)),
    *_whole("one channel", (2, 1, 7, 5)),
    *_whole("one place", (2, 3, 1, 1)),
    *_whole("one row", (2, 3, 1, 8)),
    *_whole("as in ResNet, 7×6", (2, 5, 7, 6)),
    *_whole("empty batch", (0, 3, 7, 5)),
    _case("global_avg_pool", "no channel", (2, 0, 7, 5)),  # torch refuses its maximum
    *_whole("10⁴ places", (2, 3, 90, 111)),
    *_whole("blocks of maps", (4, 3, 200, 250)),
    *_whole("ties", (2, 3, 7, 8), values="ties", upstream="integers"),
    *_whole("several NaN", (3, 2, 7, 8), values="nans"),
    *_whole("huge", (2, 4, 7, 8), values="huge", upstream="huge"),
    *_whole("tiny", (2, 4, 7, 8), values="tiny", upstream="tiny"),
    *_whole("wide", (2, 3, 7, 8), values="wide", upstream="wide"),
    *_whole("special upstream", (2, 4, 7, 8), upstream="special"),
)

# --- values and views ---------------------------------------------------------------------

OUTPUTS: dict[int, Any] = {1: 4, 2: (5, 3), 3: (3, 4, 2)}
VALUES = (
    ("integers", "integers", "integers"),
    ("all negative", "negative", "normal"),
    ("special", "special", "normal"),
    ("near ties", "near_ties", "normal"),
    ("minus infinity", "minus_inf", "normal"),
    ("negative zero", "negative_zero", "normal"),
    ("largest", "largest", "largest"),
    ("subnormal", "subnormal", "subnormal"),
)
VIEWS = ("reversed", "strided", "transposed")

FAMILIES = tuple(
    case
    for name, values, upstream in VALUES
    for case in (
        *(c for n, x in SHAPES.items()
          for c in _both(n, name, x, OUTPUTS[n], values=values, upstream=upstream)),
        *_whole(name, SHAPES[2], values=values, upstream=upstream),
    )
) + tuple(
    case
    for layout in VIEWS
    for case in (
        *(c for n, x in SHAPES.items()
          for c in _both(n, f"{layout} views", x, OUTPUTS[n], layout=layout)),
        *_whole(f"{layout} views", SHAPES[2], layout=layout),
    )
)  # fmt: skip

GOOD: tuple[Case, ...] = ONE_AXIS + TWO_AXES + THREE_AXES + WHOLE_MAPS + FAMILIES

# --- bad arguments ------------------------------------------------------------------------

_ARRAYS: dict[int, tuple[Draw, Draw, Any]] = {
    1: (X1, Draw((2, 3, 4)), 4),
    2: (X2, Draw((2, 3, 4, 5)), (4, 5)),
    3: (X3, Draw((2, 3, 4, 1, 2)), (4, 1, 2)),
}
VALID: Valid = {
    **{
        f"adaptive_{kind}_pool{n}d": {"x": x, "output_size": size}
        for kind in KINDS
        for n, (x, _, size) in _ARRAYS.items()
    },
    **{
        f"adaptive_{kind}_pool{n}d_backward": {"dy": dy, "x": x, "output_size": size}
        for kind in KINDS
        for n, (x, dy, size) in _ARRAYS.items()
    },
    **{f"global_{kind}_pool": {"x": X2} for kind in KINDS},
    **{f"global_{kind}_pool_backward": {"dy": Draw((2, 3, 1, 1)), "x": X2} for kind in KINDS},
}
says = Texts(VALID)


def _sizes(function: str, name: str, axes: int, value: Any) -> BadCase:
    """An output_size that is neither integers nor None."""
    message = (
        f"output_size must be an integer or {axes} of them, None for an axis that stays as it is, "
        f"but is {value!r}"
    )
    return says.type_error(function, name, message, output_size=value)


BAD: tuple[BadCase, ...] = (
    says.axes("adaptive_avg_pool1d", "no channel axis", "N, C, L", hint=NO_BATCH, x=Draw((2, 9))),
    says.axes("adaptive_avg_pool2d", "a signal", "N, C, H, W", hint=NO_BATCH, x=X1),
    says.axes("adaptive_avg_pool3d", "an image", "N, C, D, H, W", hint=NO_BATCH, x=X2),
    says.axes(
        "adaptive_max_pool2d_backward", "a matrix", "N, C, H, W", hint=NO_CHANNEL, x=Draw((7, 6))
    ),
    says.axes("global_avg_pool", "a matrix", "N, C, L", hint=NO_BATCH, x=Draw((7, 6))),
    says.axes("global_max_pool", "six axes", "N, C, D, H, W", x=Draw((1, 2, 3, 4, 5, 6))),
    *(
        case
        for kind in KINDS
        for case in (
            says.least(f"adaptive_{kind}_pool2d", "output_size 0", "output_size", 1, (0, 0)),
            says.least(f"adaptive_{kind}_pool1d", "a negative one", "output_size", 1, (-2,)),
            says.count(f"adaptive_{kind}_pool2d", "three sizes", "output_size", 2, (1, 2, 3)),
            says.count(f"adaptive_{kind}_pool3d", "two sizes", "output_size", 3, (1, 2)),
            _sizes(f"adaptive_{kind}_pool2d", "output_size 2.0", 2, 2.0),
            _sizes(f"adaptive_{kind}_pool3d", "output_size as text", 3, "222"),
            _sizes(f"adaptive_{kind}_pool2d", "output_size True", 2, True),
            _sizes(f"adaptive_{kind}_pool1d", "2.5 among them", 1, (2.5,)),
            says.most(f"adaptive_{kind}_pool1d", "output_size", 2**63),
            says.room(
                f"adaptive_{kind}_pool2d",
                "output_size 2·10⁹",
                "the output",
                "2, 3, 2000000000, 2000000000",
                "1e11",
                output_size=2 * 10**9,
            ),
            says.value_error(
                f"adaptive_{kind}_pool2d",
                "nothing to pool",
                "x is empty along W, there is nothing to pool",
                x=Draw((2, 3, 7, 0)),
            ),
            says.value_error(
                f"global_{kind}_pool",
                "nothing to pool",
                "x is empty along L, there is nothing to pool",
                x=Draw((2, 3, 0)),
            ),
            says.dy(
                f"adaptive_{kind}_pool1d_backward",
                "dy of another output_size",
                "(2, 3, 5)",
                output_size=5,
            ),
            says.dy(
                f"adaptive_{kind}_pool2d_backward",
                "dy with its channels last",
                "(2, 3, 4, 5)",
                hint=f"{LAST}dy.transpose(0, 3, 1, 2)",
                dy=Draw((2, 4, 5, 3)),
            ),
            says.dy(
                f"adaptive_{kind}_pool3d_backward", "dy of the input's shape", "(2, 3, 4, 1, 2)",
                dy=X3,
            ),
            says.dy(
                f"global_{kind}_pool_backward",
                "dy without the axes of one",
                "(2, 3, 1, 1)",
                hint="; give dy.reshape(2, 3, 1, 1)",
                dy=Draw((2, 3)),
            ),
            says.mixed(f"adaptive_{kind}_pool2d_backward", "dy", "x", float32="dy"),
            says.mixed(f"global_{kind}_pool_backward", "dy", "x", float32="x"),
            says.not_real(f"adaptive_{kind}_pool1d", "complex x", "x", "complex64"),
            says.not_real(
                f"adaptive_{kind}_pool3d", "boolean x", "x", "bool",
                x=Given((((((True, False),),),),)),
            ),
            says.not_real(f"global_{kind}_pool", "complex x", "x", "complex64"),
            says.masked(f"adaptive_{kind}_pool2d", "x"),
            says.masked(f"adaptive_{kind}_pool3d_backward", "x"),
            says.masked(f"global_{kind}_pool", "x"),
        )
    ),
)  # fmt: skip

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("adaptive_avg_pool1d", "windows overlap", {"x": (2, 3, 5)}, output_size=3),
    sums("adaptive_avg_pool2d", "windows overlap", {"x": (2, 3, 4, 5)}, output_size=(3, 2)),
    sums("adaptive_avg_pool3d", "more windows", {"x": (1, 2, 2, 3, 4)}, output_size=(3, 2, None)),
    branching("adaptive_max_pool1d", "windows overlap", {"x": (2, 3, 5)}, output_size=3),
    branching("adaptive_max_pool2d", "windows overlap", {"x": (2, 1, 4, 5)}, output_size=(3, 2)),
    branching("adaptive_max_pool3d", "windows overlap", {"x": (1, 2, 2, 3, 4)}, output_size=2),
    sums("global_avg_pool", "a map", {"x": (2, 3, 2, 4)}),
    branching("global_max_pool", "a map", {"x": (2, 3, 2, 4)}),
)

# --- random arguments ---------------------------------------------------------------------


def _random_adaptive(n: int) -> Maker:
    """Arguments of an adaptive pooling over n axes."""

    def make(dice: Dice) -> Arguments:
        sizes = dice.sizes(n, 1, 10 if n < 3 else 7)
        wanted = tuple(dice.whole(1, 8 if n < 3 else 5) for _ in range(n))
        output = tuple(None if dice.chance(0.1) else size for size in wanted)
        told = output if None in output else each(dice, wanted)
        return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), {"output_size": told})

    return make


def _random_map(dice: Dice) -> Arguments:
    """Arguments of a pooling of whole maps, along one to three axes."""
    sizes = dice.sizes(dice.whole(1, 3), 1, 9)
    return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), {})


RANDOM: dict[str, Maker] = {
    **{f"adaptive_{kind}_pool{n}d": _random_adaptive(n) for kind in KINDS for n in (1, 2, 3)},
    **{f"global_{kind}_pool": _random_map for kind in KINDS},
}
