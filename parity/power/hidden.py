"""Whether a row hides a mistake: its exact values would be others, and no bound says so.

What stands for the exact values of float32 is the right code in float64; of float64 in NumPy's
longdouble, where that has more digits and few elements. A mistake that gives the same there changes
nothing in this row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.judges.layer import Prepared
from parity.mistakes.mistake import Mistake, control
from parity.power.wrong_code import Tensors, computed, tensors_on
from parity.results.judging import attempt

HAS_DIGITS = bool(np.finfo(np.longdouble).eps < np.finfo(np.float64).eps / 256)
LARGEST = 2000  # elements of float64 arrays: longdoubles have no BLAS
CHANGED = 2.0**-6  # of refimpl's bound: more than the wider numbers' own roundings


class Row:
    """A case in a dtype, and what the right code gives there: asked for once."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.wide = _wider(prepared)
        self._right: dict[str, Tensors | str] = {}
        self._exact: dict[str, Tensors | str] = {}

    def hides(self, known: Mistake, wrong: Tensors) -> bool:
        """Whether a mistake that torch does not refuse passes before the exact values, too."""
        name = known.function
        if self.wide is None:
            return False
        if name not in self._right:
            self._right[name] = computed(control(name), self.prepared)
        right = self._right[name]
        if isinstance(right, str) or _same(wrong, right):
            return False
        if name not in self._exact:
            self._exact[name] = _precisely(control(name), self.prepared, self.wide)
        return self._passes(wrong, self._exact[name], _precisely(known, self.prepared, self.wide))

    def _passes(self, wrong: Tensors, exact: Tensors | str, changed: Tensors | str) -> bool:
        """Whether exact values change, and each tensor keeps its bound about the right ones."""
        if isinstance(exact, str) or isinstance(changed, str) or exact.keys() != changed.keys():
            return False
        bounds = self.prepared.bounds
        return any(_apart(changed[n], exact[n], bounds[n], CHANGED) for n in wrong) and not any(
            _apart(tensor, exact[n], bounds[n], 1) for n, tensor in wrong.items()
        )


def _same(wrong: Tensors, right: Tensors) -> bool:
    return all(
        np.array_equal(tensor, right[name], equal_nan=True) for name, tensor in wrong.items()
    )


def _wider(prepared: Prepared) -> Any:
    """The dtype that has more digits; None where that would tell nothing, or take long."""
    if prepared.dtype == "float32":
        return np.float64
    small = sum(array.size for array in (*prepared.arrays.values(), prepared.dy)) <= LARGEST
    return np.longdouble if HAS_DIGITS and small else None


def _precisely(known: Mistake, prepared: Prepared, wide: Any) -> Tensors | str:
    """What the code gives on the same numbers in a wider dtype."""
    arrays = _in(wide, prepared.arrays)
    (dy,) = _in(wide, {"dy": prepared.dy}).values()
    with np.errstate(all="ignore"):
        return attempt(lambda: tensors_on(known, prepared.case, arrays, dy))


def _in(wide: Any, arrays: Mapping[str, Array]) -> dict[str, Array]:
    return {
        name: array.astype(wide) if array.dtype.kind == "f" else array
        for name, array in arrays.items()
    }


def _apart(found: Array, exact: Array, bound: Bound, times: float) -> bool:
    """Whether an element is farther from the exact value than so many times refimpl's bound."""
    if found.shape != exact.shape:
        return True
    with np.errstate(all="ignore"):
        error = np.abs(found.astype(exact.dtype) - exact)
        beyond = (error > times * bound.refimpl) & np.isfinite(exact) & ~bound.overflow
    return bool(np.any(beyond))
