"""What the catalogue knows of concatenate."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np

from parity.cases.case import LAYOUTS, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import MOVED, PLAIN
from parity.cases.function import Function, moved
from parity.cases.symbol_case import SymbolCase, sums
from parity.cases.texts import Texts, Valid

GROUP = "dropout and joining"

ROWS: tuple[Function, ...] = (moved("concatenate", tuple("abcdef"), "D4.18", in_networks=True),)

VALUES = (
    ("integers", "integers"),
    ("wide", "wide"),
    ("huge", "huge"),
    ("largest", "normal"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
    ("negative_zero", "negative_zero"),
    ("zeros", "normal"),
    ("special", "special"),
)  # of the inputs and of the upstream gradient


def _concatenate(
    name: str,
    *shapes: Shape,
    values: tuple[str, ...] = ("normal",),
    layouts: tuple[str, ...] = ("contiguous",),
    **more: Any,
) -> Case:
    """One case: the maps' shapes; values and layouts are theirs in turn."""
    arrays: dict[str, Source] = {
        key: Draw(shape, kind, layout)
        for key, shape, kind, layout in zip(
            "abcdef", shapes, cycle(values), cycle(layouts), strict=False
        )
    }
    return Case("concatenate", name, arrays, **more)


CONCATENATE = (
    _concatenate(
        "four maps, as in an Inception block",
        (2, 1, 6, 7),
        (2, 4, 6, 7),
        (2, 3, 6, 7),
        (2, 5, 6, 7),
        documents=("D4.18",),
    ),
    _concatenate("six maps", *[(2, depth, 7, 8) for depth in (3, 1, 4, 6, 5, 9)]),
    _concatenate("three maps", (2, 4, 5, 6), (2, 1, 5, 6), (2, 3, 5, 6)),
    _concatenate("two maps", (3, 4, 5, 6), (3, 2, 5, 6)),
    _concatenate("one map", (2, 3, 4, 5)),
    _concatenate("four maps of one depth", *[(2, 3, 4, 5)] * 4),
    _concatenate("vectors", (3, 4), (3, 2)),
    _concatenate("signals", (2, 3, 5), (2, 4, 5), (2, 1, 5)),
    _concatenate("volumes", (2, 3, 4, 5, 6), (2, 1, 4, 5, 6)),
    _concatenate("one number of each", (1, 1, 1, 1), (1, 1, 1, 1)),
    _concatenate("empty batch", (0, 3, 4, 5), (0, 2, 4, 5)),
    _concatenate("a map without channels", (2, 3, 4, 5), (2, 0, 4, 5), (2, 1, 4, 5)),
    _concatenate("no channels at all", (2, 0, 4, 5), (2, 0, 4, 5)),
    _concatenate("no pixels", (2, 3, 0, 5), (2, 4, 0, 5)),
    *(
        _concatenate(
            values.replace("_", " "),
            (2, 4, 5, 3),
            (2, 1, 5, 3),
            (2, 6, 5, 3),
            values=(values,),
            upstream=upstream,
        )
        for values, upstream in VALUES
    ),
    _concatenate(
        "each map of its own size of numbers",
        *[(2, 3, 5, 4)] * 4,
        values=("huge", "subnormal", "integers", "negative_zero"),
        upstream="wide",
    ),
    *(
        _concatenate(f"{layout} views", (2, 4, 3, 5), (2, 6, 3, 5), layouts=(layout,))
        for layout in LAYOUTS
    ),
    _concatenate("each map of its own layout", *[(2, 6, 3, 5)] * 4, layouts=tuple(LAYOUTS)),
    Case(  # the maps of one pixel and of four pixels, depth behind depth
        "concatenate",
        "maps behind each other along the depth",
        {
            "a": Given(((((1, 2), (3, 4)),),)),
            "b": Given(((((50, 60), (70, 80)), ((-5, -6), (-7, -8))),)),
        },
        upstream="integers",
        documents=("D4.18",),
    ),
)

GOOD: tuple[Case, ...] = CONCATENATE

# --- bad arguments ------------------------------------------------------------------------

MAPS = {"maps[0]": Draw((2, 3, 7, 6)), "maps[1]": Draw((2, 1, 7, 6)), "maps[2]": Draw((2, 5, 7, 6))}

VALID: Valid = {
    "concatenate": MAPS,
    "concatenate_backward": {"dy": Draw((2, 9, 7, 6)), **MAPS},
}
says = Texts(VALID)


def _stacked(function: str, name: str, k: int, shape: tuple[int, ...]) -> BadCase:
    first = f"maps[0] is (2, 3, 7, 6) and maps[{k}] {shape}"
    message = f"maps must agree in everything but channels, but {first}"
    return says.value_error(function, name, message, **{f"maps[{k}]": Draw(shape)})


def _no_depth(function: str, name: str, first: Draw) -> BadCase:
    wanted = "maps[0] must have an axis of channels behind the batch axis"
    return says.value_error(function, name, f"{wanted}, but is {first.shape}", **{"maps[0]": first})


def _listed(function: str, maps: list[Any] | tuple[Any, ...]) -> BadCase:
    kind = type(maps).__name__
    message = f"each map must be an argument of its own, but maps[0] is a {kind} of {len(maps)}"
    return says.type_error(function, f"a {kind} of maps", message, **{"maps[0]": maps})


BAD: tuple[BadCase, ...] = (
    *(
        BadCase(
            function,
            "no maps",
            arguments,
            ValueError,
            f"{function}: maps must have at least one array, but has none",
        )
        for function, arguments in (
            ("concatenate", {}),
            ("concatenate_backward", {"dy": Draw((2, 9, 7, 6))}),
        )
    ),
    *(
        _stacked(function, name, k, shape)
        for function in ("concatenate", "concatenate_backward")
        for name, k, shape in (
            ("a map of another height", 1, (2, 1, 8, 6)),
            ("a map of another batch", 2, (4, 5, 7, 6)),
            ("a map without channel axis", 1, (2, 7, 6)),
        )
    ),
    _no_depth("concatenate", "a row", Draw((2,))),
    _no_depth("concatenate_backward", "a single value", Draw(())),
    _listed("concatenate", [np.zeros((2, 3)), np.zeros((2, 3))]),
    _listed("concatenate_backward", (np.zeros((2, 3)), np.zeros((2, 3)), np.zeros((2, 3)))),
    says.dy("concatenate_backward", "dy of two maps", "(2, 9, 7, 6)", dy=Draw((2, 8, 7, 6))),
    says.dy("concatenate_backward", "dy of the last map", "(2, 9, 7, 6)", dy=Draw((2, 5, 7, 6))),
    says.mixed("concatenate", "maps[0]", "maps[2]", float32="maps[2]"),
    says.mixed("concatenate_backward", "dy", "maps[0]", float32="dy"),
    says.mixed("concatenate_backward", "dy", "maps[1]", float32="maps[1]"),
    says.not_real("concatenate", "a complex map", "maps[1]", "complex128"),
    says.not_real("concatenate_backward", "complex dy", "dy", "complex64"),
    says.type_error(
        "concatenate",
        "a map of nothing",
        "maps[2] must hold real numbers, but is None",
        **{"maps[2]": None},
    ),
)

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums("concatenate", "three", {"a": (2, 1, 2), "b": (2, 3, 2), "c": (2, 2, 2)}),
)

# --- random arguments ---------------------------------------------------------------------


def _random_concatenate(dice: Dice) -> Arguments:
    """Arguments of concatenate: one to six maps."""
    lead, rest = dice.batch(), dice.sizes(dice.whole(0, 3), 1, 5)
    values, upstream = dice.kinds(PLAIN, MOVED)
    arrays = {
        name: Draw((lead, dice.size(1, 5), *rest), values, dice.layout())
        for name in "abcdef"[: dice.whole(1, 6)]
    }
    return Arguments(arrays, {}, upstream)


RANDOM: dict[str, Maker] = {"concatenate": _random_concatenate}
