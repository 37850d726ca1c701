"""The factors of correlate2d, convolve2d, rot180 and shared_conv2d."""

from __future__ import annotations

from parity.cases.covering.levels import (
    AFFINE,
    CHANNELS,
    MOVED,
    SAMPLES,
    SIDES,
    WEIGHTED,
    affine,
    drawn,
    kernel_of,
    layouts,
    shape_of,
    sides_of,
    spelled,
    windows,
)
from parity.cases.covering.table import BLOCKS, DY, Row, Table
from parity.cases.dice import Arguments, Dice

SOME_BYTES = 5000  # some rows of a sample, or a sample and a part


def _matrices(row: Row, dice: Dice) -> Arguments:
    """A kernel that slides inside a, or is larger along both axes."""
    kernel = kernel_of(dice, row["window"], 2)
    a = kernel if row["kernel holds a"] else sides_of(dice, row["sides"], kernel)
    if row["kernel holds a"]:
        kernel = (kernel[0] + 2, kernel[1] + 4)
    values, weights, upstream = WEIGHTED[row["values"]]
    arrays = {**drawn(row, values, a=(*row["batch"], *a)), **drawn(row, weights, kernel=kernel)}
    return Arguments(arrays, spelled(mode=row["mode"]), upstream)


def _turned(row: Row, dice: Dice) -> Arguments:
    values, upstream = MOVED[row["values"]]
    shape = (*shape_of(dice, row["axes in front"]), *sides_of(dice, row["sides"], (1, 1)))
    return Arguments(drawn(row, values, a=shape), {}, upstream)


def _shared(row: Row, dice: Dice) -> Arguments:
    samples, depth = row["samples"], row["depth"]
    dice.taken(samples, depth)
    kernel = kernel_of(dice, row["window"], 2)
    sides = sides_of(dice, row["sides"], kernel)
    arrays, upstream = affine(row, (samples, depth, *sides), (row["kernels"], *kernel))
    return Arguments(arrays, {}, upstream)


MATRICES = Table(
    {
        "batch": ((), (1,), (4,), (5, 3), (2, 1, 3)),
        "mode": (None, "full", "same", "valid"),
        "kernel holds a": (False, True),
        "window": windows(2),
        "sides": SIDES,
        "values": tuple(WEIGHTED),
        **layouts("a", "kernel", DY),
        BLOCKS: (None, 1, SOME_BYTES),
    },
    _matrices,
)
TURNED = Table(
    {
        "axes in front": (1, 0, 2, 3, 4),
        "sides": SIDES,
        "values": tuple(MOVED),
        **layouts("a", DY),
    },
    _turned,
)
SHARED = Table(
    {
        "samples": SAMPLES,
        "depth": CHANNELS,
        "kernels": (5, 1, 2, 3),
        "window": windows(2),
        "sides": SIDES,
        **AFFINE,
        BLOCKS: (None, 1, SOME_BYTES),
    },
    _shared,
)
TABLES = {
    "correlate2d": MATRICES,
    "convolve2d": MATRICES,
    "rot180": TURNED,
    "shared_conv2d": SHARED,
}
