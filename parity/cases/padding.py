"""What the catalogue knows of padding by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parity.cases.case import BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MOVED, PLAIN, told
from parity.cases.function import MAP, Function, moved
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import LAST, NO_BATCH, NO_CHANNEL, X1, X2, X3, Texts, Valid

GROUP = "padding"
COPYING = ("reflect", "replicate", "circular")
MODES = ("constant", *COPYING)

ROWS: tuple[Function, ...] = (
    moved("pad", ("x",), bound="pad", rounded=("value",), pieces=MAP, in_networks=True),
)


def _case(
    name: str,
    x: Shape | Source,
    padding: Any,
    mode: str = "constant",
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    given = {"padding": padding, **({} if mode == "constant" else {"mode": mode}), **options}
    return Case("pad", name, {"x": source}, given, upstream)


def _each(name: str, x: Shape | Source, padding: Any, **more: Any) -> tuple[Case, ...]:
    """One case of each mode."""
    return tuple(_case(f"{mode}, {name}", x, padding, mode, **more) for mode in MODES)


# --- sizes and sides ----------------------------------------------------------------------

SIZES = (
    *_each("a signal", (2, 3, 5), [(2, 3)]),
    *_each("a signal, in front alone", (2, 3, 5), [(4, 0)]),
    *_each("a signal, behind alone", (2, 3, 5), [(0, 4)]),
    *_each("a map", (2, 3, 4, 6), ((1, 3), (5, 2))),
    *_each("a map, one number", (2, 3, 4, 5), 2),
    *_each("a map, one number an axis", (2, 3, 4, 5), (1, 2)),
    *_each("a map, one axis alone", (2, 3, 4, 5), ((0, 0), (3, 1))),
    *_each("a map, the other axis alone", (2, 3, 4, 5), ((3, 2), 0)),
    *_each("a map, the sides turned along the other axis", (2, 3, 4, 5), ((3, 1), (1, 3))),
    *_each("a map, in front and behind", (2, 4, 3, 5), ((2, 0), (0, 2))),
    *_each("a volume", (2, 3, 4, 5, 6), ((1, 2), (3, 1), (0, 4))),
    *_each("a volume, one number", (3, 2, 4, 5, 6), 1),
    *_each("a volume, the middle axis alone", (2, 3, 4, 5, 6), (0, (2, 3), 0)),
    *_each("a volume, the sides turned", (2, 3, 4, 5, 6), ((3, 0), (1, 2), (0, 3))),
    *_each("no padding", (2, 3, 4, 5), 0),
    *_each("one sample", (1, 3, 4, 5), ((1, 2), (3, 0))),
    *_each("one channel", (2, 1, 4, 5), ((1, 2), (3, 0))),
    *_each("empty batch", (0, 3, 4, 5), ((1, 2), (3, 0))),
    *_each("the sides of a photograph, padding 1", (2, 3, 23, 31), 1),
)

LIMITS = (
    _case("reflect, one place less than there are", (2, 3, 4, 5), ((3, 3), (4, 4)), "reflect"),
    _case("reflect, two places", (3, 4, 2), [(1, 1)], "reflect"),
    _case("circular, as many as there are", (2, 3, 4, 5), ((4, 4), (5, 5)), "circular"),
    _case("circular, one place", (2, 3, 1), [(1, 1)], "circular"),
    _case("replicate, more than there are", (3, 4, 2, 5), ((6, 3), (7, 8)), "replicate"),
    _case("replicate, one place", (2, 3, 1, 1), ((2, 3), (4, 1)), "replicate"),
    _case("constant, more than there are", (3, 4, 2, 5), ((6, 3), (7, 8))),
    _case("constant, maps without rows", (2, 3, 0, 4), ((2, 3), (0, 1)), value=1.5),
    _case("constant, no channels", (2, 0, 3, 4), ((2, 3), (0, 1))),
)

CROPPED = (
    _case("places taken away at the end", (2, 3, 5), [(0, -2)]),
    _case("places taken away in front", (2, 3, 5), [(-2, 0)]),
    _case("added in front, taken away behind", (2, 3, 5), [(4, -3)]),
    _case("all taken away but one", (2, 3, 5), [(-1, -3)]),
    _case("a map cut on all sides", (2, 3, 7, 9), ((-1, -3), (-4, -2))),
    _case("a map cut by one number", (2, 3, 5, 7), -2),
    _case("a map cut along one axis, padded along the other", (2, 3, 5, 7), ((-3, 0), (2, 4))),
    _case("a volume cut and padded", (2, 3, 4, 5, 6), ((-1, 2), (3, -4), (-2, -1)), value=-7.0),
)

FILLED = (
    _case("a value", (2, 3, 4, 5), ((1, 3), (0, 2)), value=2.5),
    _case("a value that is no dyadic number", (2, 3, 4, 5), ((1, 3), (0, 2)), value=0.1),
    _case("a whole number", (2, 3, 4, 5), ((1, 3), (0, 2)), value=-3),
    _case("a value, a signal", (2, 3, 5), [(2, 1)], value=-1.25),
    _case("a value, a volume", (2, 3, 4, 5, 6), ((1, 2), (0, 3), (2, 0)), value=0.7),
    _case("a huge value", (2, 3, 4, 5), 1, value=1e30),
    _case("a tiny value", (2, 3, 4, 5), 1, value=1e-30),
    _case(  # ImageNet's mean colour, of which a frame is often made
        "a grey frame around whole numbers", (2, 3, 4, 5), ((2, 1), (3, 0)),
        values="integers", upstream="integers", value=114,
    ),
)  # fmt: skip

WRITTEN = Given((((((1, 2, 3), (4, 5, 6))),),))  # a map of 2×3
GIVEN = (
    _case("reflect, a map of 2×3", WRITTEN, ((1, 0), (2, 1)), "reflect", upstream="integers"),
    _case("replicate, a map of 2×3", WRITTEN, ((1, 2), (2, 1)), "replicate", upstream="integers"),
    _case("circular, a map of 2×3", WRITTEN, ((1, 2), (0, 2)), "circular", upstream="integers"),
)

# --- values and views ---------------------------------------------------------------------

VALUES = (
    ("integers", "integers", "integers"),
    ("negative zero", "negative_zero", "negative_zero"),
    ("wide", "wide", "wide"),
    ("huge", "huge", "huge"),
    ("largest", "largest", "largest"),
    ("tiny", "tiny", "tiny"),
    ("subnormal", "subnormal", "subnormal"),
    ("special", "special", "special"),
)
FAMILIES = tuple(
    case
    for name, values, upstream in VALUES
    for case in _each(name, (2, 3, 5, 4), ((1, 3), (3, 2)), values=values, upstream=upstream)
) + tuple(
    case
    for layout in ("reversed", "strided", "transposed")
    for case in _each(f"{layout} views", (2, 3, 5, 4), ((1, 3), (3, 2)), layout=layout)
)

GOOD: tuple[Case, ...] = SIZES + LIMITS + CROPPED + FILLED + GIVEN + FAMILIES

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = {
    "pad": {"x": X2, "padding": ((1, 2), (3, 0))},
    "pad_backward": {"dy": Draw((2, 3, 10, 9)), "x": X2, "padding": ((1, 2), (3, 0))},
}
says = Texts(VALID)
MODES_SAID = ", ".join(map(repr, MODES))
KINDS = "padding must be an integer, or an integer or a pair (before, after) for each axis"


def _mode(name: str, mode: Any, hint: str = "", function: str = "pad") -> BadCase:
    """A mode of another library, or of none."""
    message = f"mode must be one of {MODES_SAID}, but is {mode!r}{hint}"
    return says.value_error(function, name, message, mode=mode)


def _entries(name: str, axes: str, padding: Any, hint: str = "", **changes: Any) -> BadCase:
    """Another number of entries than x has axes."""
    wanted = f"padding must have an entry for each of {axes}"
    message = f"{wanted}, but has {len(padding)} ({padding!r}){hint}"
    return says.value_error("pad", name, message, padding=padding, **changes)


def _no_pairs(name: str, padding: Any, function: str = "pad") -> BadCase:
    """Padding that is no integers."""
    return says.type_error(function, name, f"{KINDS}, but is {padding!r}", padding=padding)


def _reach(
    name: str, mode: str, wanted: str, axis: str, pair: Any, size: int, **changes: Any
) -> BadCase:
    """More than a mode can fill."""
    most = size - (mode == "reflect" and size > 0)
    message = (
        f"mode {mode!r} needs padding {wanted}, but along {axis} padding is {pair} and x has "
        f"{size}; give at most {most}"
    )
    return says.value_error("pad", name, message, mode=mode, **changes)


BAD: tuple[BadCase, ...] = (
    says.axes("pad", "a matrix", "N, C, L", hint=NO_BATCH, x=Draw((7, 6))),
    says.axes("pad", "six axes", "N, C, D, H, W", x=Draw((1, 2, 3, 4, 5, 6))),
    says.axes("pad_backward", "a row", "N, C, L", hint=NO_CHANNEL, x=Draw((7,))),
    _mode("np.pad's border", "edge", "; 'edge' is 'replicate' here"),
    _mode("np.pad's ring", "wrap", "; 'wrap' is 'circular' here"),
    _mode("a layer's zeros", "zeros", "; 'zeros' is 'constant' here"),
    _mode("SciPy's mirror", "mirror", "; 'mirror' is 'reflect' here", "pad_backward"),
    _mode("in large letters", "REFLECT", "; 'REFLECT' is 'reflect' here"),
    _mode(
        "the border repeated",
        "symmetric",
        "; none of these repeats the border: give np.pad(…, mode='symmetric')",
    ),
    _mode("a mode of nobody", "middle"),
    _mode("no mode", None, function="pad_backward"),
    _entries(
        "torch's order, a map", "H, W", (1, 2, 3, 4),
        "; torch counts from the last axis on, here give ((3, 4), (1, 2))",
    ),
    _entries(
        "torch's order, a signal", "L", (1, 2),
        "; torch counts from the last axis on, here give ((1, 2),)", x=X1,
    ),
    _entries(
        "torch's order, the last axis of a volume", "D, H, W", [1, 2],
        "; torch counts from the last axis on, here give (0, 0, (1, 2))", x=X3,
    ),
    _entries(
        "np.pad's pairs of all axes", "H, W", ((0, 0), (0, 0), (1, 2), (3, 4)),
        "; leave N and C out, give ((1, 2), (3, 4))",
    ),
    _entries("three numbers of a map", "H, W", (1, 2, 3)),
    _entries("one pair of a map", "H, W", ((1, 2), (3, 4), (5, 6))),
    _no_pairs("half a place", 1.5),
    _no_pairs("a rule by name", "same"),
    _no_pairs("three sides", ((1, 2, 3), (1, 2)), "pad_backward"),
    _no_pairs("True", True),
    _no_pairs("nothing", None),
    _reach("reflect as far as the axis", "reflect", "smaller than the axis", "W", (1, 6), 6,
           padding=(0, (1, 6))),
    _reach("reflect one place", "reflect", "smaller than the axis", "L", (1, 0), 1,
           x=Draw((2, 3, 1)), padding=[(1, 0)]),
    _reach("circular more than once", "circular", "at most as large as the axis", "H", (8, 0), 7,
           padding=((8, 0), 0)),
    _reach("replicate nothing", "replicate", "of an axis that has places", "L", (0, 1), 0,
           x=Draw((2, 3, 0)), padding=[(0, 1)]),
    *(
        says.value_error(
            "pad",
            f"negative, {mode}",
            f"padding must be at least 0 in mode {mode!r}, but along W it is (-1, 2); take places "
            "away in mode 'constant' first",
            padding=(1, (-1, 2)),
            mode=mode,
        )
        for mode in COPYING
    ),
    says.value_error(
        "pad",
        "more taken away than there is",
        "padding (-4, -3) takes 7 places away along W, but x has only 6; take fewer",
        padding=(0, (-4, -3)),
    ),
    says.value_error(
        "pad_backward",
        "a value that nothing is filled with",
        "value is what mode 'constant' fills with, but mode is 'reflect' and value 1.5; "
        "leave value out",
        mode="reflect",
        value=1.5,
    ),
    says.number("pad", "no value", "value", None),
    says.number("pad", "a value in words", "value", "1"),
    says.number("pad_backward", "a value that is a flag", "value", True),
    says.beyond("pad", "value"),
    says.most("pad", "padding", 2**63),
    says.room("pad", "padding 10⁹", "the output", "2, 3, 2000000007, 2000000006", "1e11",
              padding=10**9),
    says.dy("pad_backward", "dy of other padding", "(2, 3, 10, 9)", dy=Draw((2, 3, 9, 10))),
    says.dy("pad_backward", "dy of the input's shape", "(2, 3, 10, 9)", dy=X2),
    says.dy("pad_backward", "dy with its channels last", "(2, 3, 10, 9)",
            hint=f"{LAST}dy.transpose(0, 3, 1, 2)", dy=Draw((2, 10, 9, 3))),
    says.mixed("pad_backward", "dy", "x", float32="dy"),
    says.not_real("pad", "complex x", "x", "complex64"),
    says.not_real("pad_backward", "complex dy", "dy", "complex128"),
    says.masked("pad", "x"),
    says.masked("pad_backward", "dy"),
)  # fmt: skip

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("pad", "a value", {"x": (2, 1, 3)}, padding=[(1, 2)], value=5),
    sums("pad", "reflect", {"x": (1, 2, 3, 4)}, padding=((2, 1), (1, 3)), mode="reflect"),
    sums("pad", "replicate", {"x": (1, 2, 2, 3)}, padding=((2, 1), (0, 3)), mode="replicate"),
    sums("pad", "circular", {"x": (1, 1, 2, 3, 4)}, padding=(1, (2, 0), (1, 3)), mode="circular"),
)

# --- random arguments ---------------------------------------------------------------------

# The least and the most that is drawn for a side of an axis of a size.
SIDES: dict[str, Callable[[int], tuple[int, int]]] = {
    "constant": lambda size: (-(size // 2), 4),
    "reflect": lambda size: (0, min(size - 1, 5)),
    "replicate": lambda size: (0, 5),
    "circular": lambda size: (0, min(size, 5)),
}


def _sides(dice: Dice, mode: str, size: int) -> tuple[int, int]:
    low, high = SIDES[mode](size)
    low = low if dice.chance(0.3) else 0
    return dice.whole(low, high), dice.whole(low, high)


def _random_pad(dice: Dice) -> Arguments:
    """Any mode, along one to three axes."""
    n, mode = dice.whole(1, 3), dice.one_of(MODES)
    sizes = dice.sizes(n, 1, 9 if n < 3 else 6)
    values, upstream = dice.kinds(PLAIN, MOVED)
    x = Draw((dice.batch(), dice.size(1, 4), *sizes), values, dice.layout())
    padding: Any = tuple(_sides(dice, mode, size) for size in sizes)
    if dice.chance(0.2):
        padding = max(0, min(min(pair) for pair in padding))
    options: dict[str, Any] = {"padding": padding, "mode": mode}
    if mode == "constant":
        options["value"] = dice.one_of((0, 0, 1, -2.5, round(dice.real(-9, 9), 3)))
    return Arguments({"x": x}, told(dice, options, mode="constant", value=0), upstream)


RANDOM: dict[str, Maker] = {"pad": _random_pad}
