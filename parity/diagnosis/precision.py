"""Numbers that are right to too few digits."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf, log10

import numpy as np

from parity.cases.case import Array
from parity.diagnosis.cause import Cause
from parity.diagnosis.observation import Observation, largest_of

ENOUGH = 2  # failing cases
NARROW = ("float32", "float16")
COARSE, FINE = 1e-3, 1e-12  # relative errors between which digits are counted


def few_digits(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """How many digits are right, and the narrower dtype that all numbers are of, if any."""
    failing = [o for o in observations if tensor in o.wrong]
    told = [o for o in failing if fits_in("float32", o.right[tensor])]
    if len(told) < ENOUGH:
        return []
    worst = max(off_by(o, tensor) for o in told)
    if not FINE < worst < COARSE:
        return []
    said = f"{tensor} is right to about {int(-log10(worst))} digits only"
    narrow = [dtype for dtype in NARROW if all(is_of(dtype, o, tensor) for o in told)]
    through = f": something passes through {narrow[-1]}" if narrow else ""
    return [Cause(said + through, "precision", tensor=tensor)]


def is_of(dtype: str, observation: Observation, tensor: str) -> bool:
    """Whether a narrower dtype holds all numbers that were found."""
    found = observation.numbers(tensor)
    if found is None or observation.eps >= np.finfo(dtype).eps:
        return False
    with np.errstate(all="ignore"):
        return np.array_equal(found.astype(dtype).astype(found.dtype), found, equal_nan=True)


def fits_in(dtype: str, right: Array) -> bool:
    """Whether the largest numbers are in the range of a dtype."""
    info, largest = np.finfo(dtype), largest_of(right)
    return float(info.smallest_normal) / float(info.eps) < largest < float(info.max) / 32


def off_by(observation: Observation, tensor: str) -> float:
    """How far the worst element is off, relative to the largest; ∞ for another shape."""
    found, right = observation.numbers(tensor), observation.right[tensor]
    if found is None or found.shape != right.shape:
        return inf
    finite = np.isfinite(right)
    if not np.array_equal(finite, np.isfinite(found)):
        return inf
    worst = float(np.max(np.abs(found[finite] - right[finite]), initial=0.0))
    return worst / largest_of(right)
