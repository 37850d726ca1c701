"""The factors of adaptive pooling and of the pooling of whole maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import Shape
from parity.cases.covering import average_pooling, max_pooling
from parity.cases.covering.levels import CHANNELS, LAYOUT, SAMPLES
from parity.cases.covering.pooling import BLOCK_BYTES, pooled
from parity.cases.covering.table import BLOCKS, DY, Row, Table
from parity.cases.dice import Arguments, Dice

VALUES: Mapping[str, Mapping[str, Any]] = {
    "avg": average_pooling.VALUES,
    "max": max_pooling.VALUES,
}
# How many windows an axis has: one, fewer than places and not a divisor of these, a divisor, as
# many as places, more.
OVERLAP, ONE, DIVIDES, SAME, MORE = "overlap", "one", "side by side", "None", "more than places"
SIDES = ("unequal", "equal", "long")
LONG = {1: 41, 2: 41, 3: 17}
# Nothing ties in a window of one place.
ALONE = tuple((("windows", SAME), ("values", v)) for v in ("ties", "near ties", "several NaN"))


def _factors(n: int, kind: str) -> dict[str, tuple[Any, ...]]:
    return {
        "samples": SAMPLES,
        "maps": CHANNELS,
        "sides": SIDES,
        "values": tuple(VALUES[kind]),
        "x": LAYOUT,
        DY: LAYOUT,
        BLOCKS: (None, 1, BLOCK_BYTES[n]),
    }


def _sides(row: Row, dice: Dice, n: int) -> Shape:
    """Sides from 5 places on, none a power of 2, so that windows can differ in size."""
    dice.taken(row["samples"], row["maps"])
    if row["sides"] == "equal":
        return (dice.one_of((6, 9, 10)),) * n
    sides = dice.sizes(n, 5, 9)
    return (*sides[:-1], LONG[n]) if row["sides"] == "long" else sides


def _windows(level: str, side: int) -> int | None:
    """How many of an axis."""
    return {
        OVERLAP: side // 2 + 1,
        ONE: 1,
        DIVIDES: next((d for d in (2, 3, 5) if side % d == 0), side),
        SAME: None,
        MORE: side + 2,
    }[level]


def _adaptive(kind: str, n: int) -> Table:
    """The first axis has as many windows as its factor says; the others overlap, or the same."""

    def arguments(row: Row, dice: Dice) -> Arguments:
        sides = _sides(row, dice, n)
        levels = (row["windows"], *(row.get("others", OVERLAP),) * (n - 1))
        sizes = tuple(_windows(level, s) for level, s in zip(levels, sides, strict=True))
        return pooled(row, dice, sides, {"output_size": sizes}, VALUES[kind])

    levels = (OVERLAP, ONE, DIVIDES, SAME, MORE)
    windows = {"windows": levels, **({"others": levels} if n > 1 else {})}
    alone = ALONE if kind == "max" and n == 1 else ()
    return Table({**_factors(n, kind), **windows}, arguments, alone)


def _global(kind: str) -> Table:
    def arguments(row: Row, dice: Dice) -> Arguments:
        return pooled(row, dice, _sides(row, dice, row["axes"]), {}, VALUES[kind])

    return Table({**_factors(2, kind), "axes": (2, 1, 3)}, arguments)


TABLES = {
    **{f"adaptive_{kind}_pool{n}d": _adaptive(kind, n) for kind in VALUES for n in (1, 2, 3)},
    **{f"global_{kind}_pool": _global(kind) for kind in VALUES},
}
