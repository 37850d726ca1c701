"""How a reference falls into parts that know nothing of each other: samples, or channels.

Part by part all that is made for the judgement, in float64, fits into the processor's caches, and
no tensor is ever held whole in float64.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, prod
from typing import Any

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Bound
from parity.bounds.sums import bounds_of_gradients, sums_of_gradients
from parity.cases.case import Array
from parity.cases.function import ELEMENT
from parity.cases.functions import FUNCTIONS
from parity.models.plain.by_element import Elementwise
from parity.models.references import OfRefimpl, Reference

PART = 1 << 19  # elements of a part, about
SMALL = 1 << 16  # elements of a tensor that is judged as a whole
CONVOLUTIONS = {f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)}
POOLINGS = {f"{kind}_pool{n}d" for kind in ("max", "avg", "adaptive_avg") for n in (1, 2, 3)}
NORMS = {"batch_norm", "running_statistics"}


@dataclass(frozen=True)
class Cut:
    """Along which axis of x and y; which arrays go with it, along which of their axes.

    added_up: the gradients that are sums over all parts, by Σ|terms|.
    """

    axis: int
    size: int  # along that axis
    elements: int  # of the largest array
    arrays: Mapping[str, int]
    added_up: tuple[str, ...] = ()

    def parts(self, workers: int) -> list[slice]:
        """Slices of the axis, as many for each worker and alike, where it is large enough."""
        most = max(1, min(PART * self.size // max(self.elements, 1), ceil(self.size / workers)))
        number = min(ceil(self.size / most / workers) * workers, self.size)
        ends = [self.size * k // number for k in range(number + 1)]
        return [slice(start, end) for start, end in pairwise(ends)]

    def of(self, array: Array, part: slice) -> Array:
        """A part of y, or of what lies as y does."""
        return _sliced(array, self.axis, part)


def cut_of(reference: Reference) -> Cut | None:
    """None where it is small, or not known to fall into parts."""
    if isinstance(reference, Elementwise):
        return _of_elements(reference)
    if not isinstance(reference, OfRefimpl) or "x" not in reference.arrays:
        return None
    x, name = reference.arrays["x"], reference.function
    if x.size < SMALL or x.ndim < 2:
        return None
    if name in CONVOLUTIONS:
        sums = tuple(n for n in reference.inputs if n != "x")
        return Cut(0, x.shape[0], _largest_of(reference), {"x": 0}, sums)
    if name in NORMS and (name != "batch_norm" or reference.options.get("training")):
        others = {n: 0 for n in reference.arrays if n != "x"}
        return Cut(1, x.shape[1], x.size, {"x": 1, **others})
    alone = set(reference.arrays) == {"x"}
    if alone and (name in POOLINGS or FUNCTIONS[name].pieces == ELEMENT):
        return Cut(1, x.shape[1], x.size, {"x": 1})
    return None


def _largest_of(reference: OfRefimpl) -> int:
    """Elements of x, or of y where it has more channels at as many places."""
    x, weight = reference.arrays["x"], reference.arrays["weight"]
    strides = reference.options.get("stride", 1)
    apart: int = prod(strides) if isinstance(strides, tuple) else int(strides)
    of_y: int = x.size // max(x.shape[1], 1) * len(weight) // apart
    return max(x.size, of_y)


def _of_elements(reference: Elementwise) -> Cut | None:
    """Arrays of one shape, and numbers."""
    arrays = {n: a for n, a in reference.arrays.items() if a.ndim}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or reference.dtype != "float32":
        return None
    array = next(iter(arrays.values()))
    if array.size < SMALL or array.ndim < 2:
        return None
    return Cut(1, array.shape[1], array.size, dict.fromkeys(arrays, 1))


def part_of(reference: Any, cut: Cut, part: slice) -> Any:
    """The same reference on a part of its arrays."""
    arrays = {
        name: _sliced(array, cut.arrays[name], part) if name in cut.arrays else array
        for name, array in reference.arrays.items()
    }
    return replace(reference, arrays=arrays)


def _sliced(array: Array, axis: int, part: slice) -> Array:
    return array[(slice(None),) * axis + (part,)]


def bounds_in_part(
    reference: OfRefimpl | Elementwise,
    cut: Cut,
    dy: Array,
    wanted: tuple[str, ...],
    sides: Sides,
) -> tuple[dict[str, Bound], dict[str, Array]]:
    """The bounds of a part's own gradients, and Σ|terms| of those that all parts add up to."""
    if not cut.added_up or isinstance(reference, Elementwise):
        bounds = reference.gradient_bounds(dy, sides)
        return {name: bounds[name] for name in wanted}, {}
    known = reference.function, dy, reference.arrays, reference.options
    sums = sums_of_gradients(*known, wanted=wanted)
    own = {name: size for name, size in sums.items() if name not in cut.added_up}
    rest = {name: size for name, size in sums.items() if name in cut.added_up}
    return bounds_of_gradients(known[0], own, *known[1:], sides), rest


def bounds_of_sums(
    reference: OfRefimpl, sums: Mapping[str, Array], dy: Array, parts: int, sides: Sides
) -> dict[str, Bound]:
    """The bounds of what was added up, part after part: as many roundings of refimpl's side more.

    An addition is off by u of what is added up, which is Σ|terms| at most, and what is off there.
    """
    known = reference.function, sums, dy, reference.arrays, reference.options
    found = {}
    for name, bound in bounds_of_gradients(*known, sides).items():
        more = parts * sides[0].u * (sums[name] + bound.refimpl)
        found[name] = bound if bound.exact else replace(
            bound, limit=bound.limit + more, own=bound.refimpl + more
        )  # fmt: skip
    return found
