"""The same numbers at other places in memory give the same."""

from __future__ import annotations

from collections.abc import Iterator

from parity.cases.case import LAYOUTS, Array
from parity.witnesses.properties.apart import beyond
from parity.witnesses.properties.situation import Situation


def laid_out_otherwise(given: Situation) -> Iterator[str]:
    """Every array and dy reversed, strided and transposed.

    Within the bounds: the layout may decide in which order sums are formed.
    """
    for layout in LAYOUTS:
        if layout == "contiguous":
            continue
        arrays = {name: _laid_out(array, layout) for name, array in given.call.arrays.items()}
        call = given.call._replace(arrays=arrays, dy=_laid_out(given.call.dy, layout))
        what = f"{call.function.name} of {layout} arrays"
        yield from beyond(what, call.tensors(), given.bounded, given.limit)


def _laid_out(array: Array, layout: str) -> Array:
    return LAYOUTS[layout](array) if array.ndim else array
