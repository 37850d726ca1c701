"""The factors of conv1d, conv2d and conv3d."""

from __future__ import annotations

from parity.cases.convolution import MODES
from parity.cases.covering.levels import (
    AFFINE,
    CHANNELS,
    SAMPLES,
    SIDES,
    affine,
    kernel_of,
    sides_of,
    some,
    spans_of,
    windows,
)
from parity.cases.covering.table import BLOCKS, Row, Table
from parity.cases.dice import Arguments, Dice

BLOCK_BYTES = {1: 300, 2: 5000, 3: 20000}  # some rows of a sample, or a sample and a part


def _convolution(n: int) -> Table:
    def arguments(row: Row, dice: Dice) -> Arguments:
        samples, depth, groups = row["samples"], row["depth"], row["groups"]
        dice.taken(samples, groups * depth)
        kernel = kernel_of(dice, row["window"], n)
        outputs = groups * dice.whole(1, 3)
        spans = spans_of(kernel, row["dilation"])
        room = _room(row["padding"], n)
        least = [max(1, s - more) for s, more in zip(spans, room, strict=True)]
        if row["padding_mode"] != "zeros":  # no axis is shorter than its frame
            named = isinstance(row["padding"], str)
            least = [1 + (s if named else more) for s, more in zip(spans, room, strict=True)]
            least = [max(n, s) for n, s in zip(least, spans, strict=True)]
        sizes = sides_of(dice, row["sides"], least)
        x, weight = (samples, groups * depth, *sizes), (outputs, depth, *kernel)
        arrays, upstream = affine(row, x, weight)
        options = {name: row[name] for name in OPTIONS}
        return Arguments(arrays, options, upstream)

    return Table(
        {
            "samples": SAMPLES,
            "depth": CHANNELS,
            "window": windows(n),
            "stride": (1, 2, some(n, 3, 1, 2), some(n, 5, 6, 4)),
            "padding": (0, some(n, 2, 1, 0), PAIRS[:n], "valid", "same", "full"),
            "dilation": (1, 2, some(n, 3, 1, 2), 4),
            "groups": (1, 2, 3),
            "padding_mode": ("zeros", *MODES),
            "sides": SIDES,
            **AFFINE,
            BLOCKS: (None, 1, BLOCK_BYTES[n]),
        },
        arguments,
    )


OPTIONS = ("stride", "padding", "dilation", "groups", "padding_mode")
PAIRS = ((1, 3), (0, 2), (2, 0))  # before and behind each axis


def _room(padding: object, n: int) -> tuple[int, ...]:
    """How much longer a padding makes each axis, whatever the window is."""
    if not isinstance(padding, tuple):
        return (0 if padding in (0, "valid") else 10**6,) * n
    return tuple(sum(p) if isinstance(p, tuple) else 2 * p for p in padding)


TABLES = {f"conv{n}d": _convolution(n) for n in (1, 2, 3)}
