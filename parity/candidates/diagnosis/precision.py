"""Numbers that are right to too few digits."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

import numpy as np

from parity.candidates.diagnosis.cause import Cause
from parity.candidates.diagnosis.observation import Observation, largest_of
from parity.cases.case import Array

ENOUGH = 2  # failing cases
NARROW = {"float32": 2.0**-23, "float16": 2.0**-10}
TIMES = 32  # what sums may make of one rounding


def few_digits(observations: Sequence[Observation], tensor: str) -> list[Cause]:
    """The narrowest dtype that explains how far the numbers are off."""
    failing = [o for o in observations if tensor in o.wrong]
    if len(failing) < ENOUGH:
        return []
    for name, eps in NARROW.items():
        told = [o for o in failing if fits_in(name, o.right[tensor])]
        off = [off_by(o, tensor) for o in told]
        if len(told) >= ENOUGH and max(off) <= TIMES * eps and all(o.eps < eps for o in failing):
            return [Cause(_sentence(tensor, name, eps), "precision", tensor=tensor)]
    return []


def fits_in(dtype: str, right: Array) -> bool:
    """Whether the largest numbers are in the range of a dtype."""
    info, largest = np.finfo(dtype), largest_of(right)
    return float(info.smallest_normal) / float(info.eps) < largest < float(info.max) / TIMES


def _sentence(tensor: str, name: str, eps: float) -> str:
    digits = int(-np.log10(eps))
    return f"{tensor} is right to about {digits} digits only: something passes through {name}"


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
