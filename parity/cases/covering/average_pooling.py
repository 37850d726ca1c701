"""The factors of avg_pool1d, avg_pool2d and avg_pool3d."""

from __future__ import annotations

from parity.cases.covering.levels import POOLED, kernel_of, sides_of, spelled
from parity.cases.covering.pooling import factors, padding_of, pooled
from parity.cases.covering.table import Row, Table
from parity.cases.dice import Arguments, Dice

VALUES = {**POOLED, "largest": ("largest", "largest"), "subnormal": ("subnormal", "subnormal")}
DIVISORS = (None, 1, 7)


def _average(n: int) -> Table:
    def arguments(row: Row, dice: Dice) -> Arguments:
        dice.taken(row["samples"], row["maps"])
        window = kernel_of(dice, row["window"], n)
        padding = padding_of(row["padding"], window)
        # torch's avg_pool3d refuses an input that holds a window only with its padding.
        room = [0 if n == 3 else 2 * p for p in padding]
        least = [max(1, k - more) for k, more in zip(window, room, strict=True)]
        options = spelled(
            kernel_size=window,
            stride=row["stride"],
            padding=padding,
            ceil_mode=row["ceil_mode"],
            count_include_pad=row["count_include_pad"],
            divisor_override=row.get("divisor_override"),
        )
        return pooled(row, dice, sides_of(dice, row["sides"], least), options, VALUES)

    divided = {"divisor_override": DIVISORS} if n > 1 else {}
    return Table(
        {**factors(n, VALUES), "count_include_pad": (True, False), **divided},
        arguments,
    )


TABLES = {f"avg_pool{n}d": _average(n) for n in (1, 2, 3)}
