"""What the catalogue knows of downsample; its backward is upsample."""

from __future__ import annotations

from itertools import product
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import each, kernel_of, pooled
from parity.cases.function import MAP, Function
from parity.cases.symbol_case import SymbolCase, branching
from parity.cases.texts import NO_BATCH, X2, Texts, Valid

GROUP = "pooling"

ROWS: tuple[Function, ...] = (
    Function(
        "downsample",
        ("x",),
        ("D0.11", "D1.18", "D1.23", "D1.30"),
        reverse="upsample",
        integers="downsampled",
        pieces=MAP,
    ),
)

EDGES, HOWS = ("zero_pad", "drop"), ("max", "mean")


def _case(
    name: str,
    x: Shape | Source,
    size: Any,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    return Case("downsample", name, {"x": source}, {"size": size, **options}, upstream, documents)


def _each(name: str, x: Shape | Source, size: Any, **more: Any) -> tuple[Case, ...]:
    """The same arguments with both edge rules, for the maximum and the mean."""
    return tuple(
        _case(f"{name}, {how}, {edge}", x, size, how=how, edge=edge, **more)
        for how, edge in product(HOWS, EDGES)
    )


SIZES = (
    *_each("nothing left over", (2, 3, 8, 6), 2, documents=("D1.17",)),
    *_each("left over on both axes", (2, 4, 9, 7), 2, documents=("D1.18", "D1.23")),
    *_each("left over on one axis", (2, 3, 9, 8), (2, 4)),
    *_each("one left over", (2, 3, 7, 9), (3, 4)),
    *_each("all but one left over", (2, 3, 8, 11), (3, 4)),
    *_each("one entry for both axes", (2, 4, 8, 7), (3,)),
    *_each("one sample", (1, 3, 7, 8), 3),
    *_each("one channel", (2, 1, 7, 8), 3),
    *_each("empty batch", (0, 3, 7, 8), 3),
    *_each("size 1", (2, 3, 5, 4), 1),
    *_each("one row", (2, 3, 5, 8), (1, 3)),
    *_each("one column", (2, 3, 8, 5), (3, 1)),
    *_each("one window", (2, 3, 6, 5), (6, 5)),
    *_each("window 16×15", (2, 3, 35, 33), (16, 15)),
    _case("window larger than x, max", (2, 3, 4, 5), (7, 6)),
    _case("window larger than x, mean", (2, 3, 4, 5), (7, 6), how="mean"),
    _case("defaults", (2, 3, 7, 8), 3, documents=("D1.18", "D1.30")),
)

VIEWS = tuple(
    case
    for layout in ("reversed", "strided", "transposed")
    for case in _each(f"{layout} views", (2, 3, 7, 8), 3, layout=layout)
)

FAMILIES = tuple(
    case
    for name, values, upstream in (
        ("integers", "integers", "integers"),
        ("ties", "ties", "integers"),
        ("all equal", "zeros", "normal"),
        ("all negative beside zeros", "negative", "normal"),
        ("zero and minus zero", "negative_zero", "normal"),
        ("wide", "wide", "wide"),
        ("huge", "huge", "huge"),
        ("largest", "largest", "largest"),
        ("tiny", "tiny", "tiny"),
        ("subnormal", "subnormal", "subnormal"),
        ("minus infinity", "minus_inf", "normal"),
        ("special", "special", "normal"),
        ("special upstream", "normal", "special"),
    )
    for case in _each(name, (2, 4, 8, 7), 3, values=values, upstream=upstream)
)

# --- worked examples of the documents -----------------------------------------------------


def _image(rows: Any) -> Given:
    """One sample of one channel."""
    return Given(((rows,),))


WORKED = (
    *_each(
        "3×3 by 2",
        _image(((4, 1, -2), (3, 2, -5), (-6, -7, -8))),
        2,
        upstream="integers",
        documents=("D1.18",),
    ),
    _case(
        "one residual, four places, max", _image(((3, 1), (0, 2))), 2, documents=("D1.23", "D4.6")
    ),
    _case(
        "one residual, four places, mean",
        _image(((3, 1), (0, 2))),
        2,
        how="mean",
        documents=("D1.23", "D4.6"),
    ),
    _case("the same maximum twice", _image(((3, 1), (0, 3))), 2, documents=("D1.23",)),
    _case("a corner of minus zeros", _image(((-0.0, -1.0, -0.0), (-2.0, -3.0, -4.0))), 2),
)

GOOD: tuple[Case, ...] = SIZES + VIEWS + FAMILIES + WORKED

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = {
    "downsample": {"x": X2, "size": 2},
    "upsample": {"dy": Draw((2, 3, 4, 3)), "x": X2, "size": 2},
}
says = Texts(VALID)

HOW_NAMES, EDGE_NAMES = "'max', 'mean'", "'zero_pad', 'drop'"

BAD: tuple[BadCase, ...] = (
    *(
        case
        for function in ("downsample", "upsample")
        for case in (
            says.axes(function, "no channel axis", "N, C, H, W", hint=NO_BATCH, x=Draw((2, 7, 6))),
            says.room(
                function,
                "size 10⁹",
                "size 1000000000",
                "2, 3, 1000000000, 1000000000",
                "1e10",
                size=10**9,
            ),
            says.masked(function, "x"),
            says.least(function, "size 0", "size", 1, (2, 0)),
            says.count(function, "three sizes", "size", 2, (2, 2, 2)),
            says.integer(function, "size 2.0", "size", 2, 2.0),
            says.choice(function, "unknown pooling", "how", HOW_NAMES, "median"),
            says.choice(function, "unknown edge", "edge", EDGE_NAMES, "reflect"),
            says.choice(function, "edge None", "edge", EDGE_NAMES, None),
            says.value_error(
                function,
                "nothing to pool",
                "x is empty along H, there is nothing to pool",
                x=Draw((2, 3, 0, 6)),
            ),
        )
    ),
    says.value_error(
        "downsample",
        "no whole window",
        "the window spans 7 along W, but the padded input has only 6 (6 and 0 of padding)",
        size=7,
        edge="drop",
    ),
    says.value_error(
        "upsample",
        "no whole window",
        "the window spans 8 along H, but the padded input has only 7 (7 and 0 of padding)",
        size=(8, 2),
        edge="drop",
    ),
    says.not_real("downsample", "boolean x", "x", "bool", x=Given((((True, False),),))),
    says.mixed("upsample", "dy", "x", float32="dy"),
    says.dy("upsample", "dy of the dropped edge", "(2, 3, 4, 3)", dy=Draw((2, 3, 3, 3))),
    says.dy("upsample", "dy of the kept edge", "(2, 3, 3, 3)", edge="drop"),
    says.dy("upsample", "dy of the input's shape", "(2, 3, 4, 3)", dy=X2),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    *(
        branching(
            "downsample", f"{how}, {edge}", {"x": (1, 2, 3, 5)}, size=(2, 3), how=how, edge=edge
        )
        for how in ("max", "mean")
        for edge in ("zero_pad", "drop")
    ),
)

# --- random arguments ---------------------------------------------------------------------


def _random_downsample(dice: Dice) -> Arguments:
    """Arguments of downsample."""
    window, edge = kernel_of(dice, 2), dice.one_of(("zero_pad", "drop"))
    sizes = tuple(dice.size(k if edge == "drop" else 1, k + 6) for k in window)
    options = {"size": each(dice, window), "how": dice.one_of(("max", "mean")), "edge": edge}
    return pooled(dice, (dice.batch(), dice.size(1, 4), *sizes), options)


RANDOM: dict[str, Maker] = {"downsample": _random_downsample}
