"""The factors of conv_transpose1d, conv_transpose2d and conv_transpose3d."""

from __future__ import annotations

from parity.cases.covering.levels import (
    AFFINE,
    CHANNELS,
    SAMPLES,
    SIDES,
    affine,
    kernel_of,
    per_axis,
    sides_of,
    some,
    spans_of,
    windows,
)
from parity.cases.covering.table import BLOCKS, Row, Table
from parity.cases.dice import Arguments, Dice

BLOCK_BYTES = {1: 300, 2: 5000, 3: 20000}  # some rows of a sample, or a sample and a part
NONE, FIRST, ALL = "none", "along the first axis", "along every axis"
CROPPED = "special"  # an x whose ∞ times the 0 beyond a cropped y is NaN, in torch not always


def _transposed(n: int) -> Table:
    strides = (1, 2, some(n, 3, 1, 2), some(n, 5, 6, 4))
    dilations = (1, 2, some(n, 3, 1, 2), 4)
    paddings = (0, some(n, 2, 1, 0))

    def arguments(row: Row, dice: Dice) -> Arguments:
        samples, depth, groups = row["samples"], row["depth"], row["groups"]
        dice.taken(samples, groups * depth)
        kernel = kernel_of(dice, row["window"], n)
        outputs = dice.whole(1, 3)
        stride, padding = per_axis(row["stride"], n), per_axis(row["padding"], n)
        # At least so many places that something is left where the padding is cropped.
        least = [
            max(1, -(-(2 * p - span + 1) // s) + 1)
            for p, span, s in zip(padding, spans_of(kernel, row["dilation"]), stride, strict=True)
        ]
        x = (samples, groups * depth, *sides_of(dice, row["sides"], least))
        weight = (groups * depth, outputs, *kernel)
        arrays, upstream = affine(row, x, weight, groups * outputs)
        options = {name: row[name] for name in ("stride", "padding", "dilation", "groups")}
        options["output_padding"] = _more(row, n)
        return Arguments(arrays, options, upstream)

    return Table(
        {
            "samples": SAMPLES,
            "depth": CHANNELS,
            "window": windows(n),
            "stride": strides,
            "padding": paddings,
            "output_padding": (NONE, ALL) if n == 1 else (NONE, FIRST, ALL),
            "dilation": dilations,
            "groups": (1, 2, 3),
            "sides": SIDES,
            **AFFINE,
            BLOCKS: (None, 1, BLOCK_BYTES[n]),
        },
        arguments,
        ((("padding", paddings[1]), ("values", CROPPED)),),
    )


def _more(row: Row, n: int) -> tuple[int, ...]:
    """The largest output_padding that stride and dilation allow, along these axes."""
    kept = {NONE: 0, FIRST: 1, ALL: n}[row["output_padding"]]
    most = map(max, per_axis(row["stride"], n), per_axis(row["dilation"], n))
    return tuple(limit - 1 if axis < kept else 0 for axis, limit in enumerate(most))


TABLES = {f"conv_transpose{n}d": _transposed(n) for n in (1, 2, 3)}
