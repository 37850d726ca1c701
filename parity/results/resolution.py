"""How small a mistake would have been seen: what a row that holds is worth.

A bound that is right can still be useless. A known mistake of every function is a tensor 0.05 % too
large; a row in which it would stay under the bound is blind, however well both sides agree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parity.cases.case import Array

MISTAKE = 5e-4  # a tensor 0.05 % too large: what a row must see
MEDIAN_OF = 1 << 14  # elements at most, evenly over the tensor


class Resolution(NamedTuple):
    """What is seen of one tensor, relative to its values; None where all of them are 0.

    tensor: the smallest r for which the tensor times 1 + r is refused. element: the median over
    the elements of the r that is refused where one alone is wrong.
    """

    tensor: float | None = None
    element: float | None = None

    @property
    def blind(self) -> bool:
        """Whether the known mistake would stay under the bound."""
        return self.tensor is not None and not self.tensor < MISTAKE


def resolution(room: Array, values: Array, judged: Array | None, u: float) -> Resolution:
    """From what each element may still be off by before it is refused.

    judged: None where all are. u: the unit roundoff, below which nothing can be told apart.
    """
    shares = relative(room, values, judged)
    return of_shares(shares, u)


def relative(room: Array, values: Array, judged: Array | None) -> Array:
    """room/|value| where that is seen, ∞ elsewhere: of 0, NaN, ∞, and what is not judged."""
    sizes = np.abs(values)
    with np.errstate(all="ignore"):
        shares = np.asarray(np.divide(room, sizes, dtype=np.float64))
    if judged is not None:
        shares = np.where(judged, shares, np.inf)
    if not shares.min(initial=np.inf) > 0 or not sizes.max(initial=0.0) < np.inf:
        seen = (sizes > 0) & np.isfinite(sizes) & ~np.isnan(shares)
        shares = np.where(seen, shares, np.inf)
    return shares


def of_shares(shares: Array, u: float) -> Resolution:
    """The smallest, and the median of those that say anything."""
    smallest = float(shares.min(initial=np.inf))
    if smallest == np.inf:
        return Resolution()
    some = shares.reshape(-1)[:: max(1, shares.size // MEDIAN_OF)]
    some = some[some < np.inf]
    middle = _median(some) if some.size else smallest
    return Resolution(max(smallest, u), max(middle, u))


def _median(numbers: Array) -> float:
    """As NumPy's, without its checks, which take longer than small arrays do."""
    numbers = np.sort(numbers)
    half = len(numbers) // 2
    return float(numbers[half] + numbers[half - 1 + len(numbers) % 2]) / 2
