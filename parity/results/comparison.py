"""Two tensors and a bound: how far apart they are, and where it is worst."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN

PART = 1 << 15  # elements compared at a time


@dataclass(frozen=True)
class Comparison:
    """What a comparison found. The worst element is the one with the largest error/bound.

    max_rel_error is relative to the larger of both values, max_ulp is in units in the last
    place of the larger, worst_ratio is error/bound: 0/0 counts as 0, x/0 as infinite.
    """

    verdict: str
    elements: int = 0
    max_abs_error: float = 0.0
    max_rel_error: float = 0.0
    max_ulp: float = 0.0
    bound_at_worst: float = 0.0
    worst_ratio: float = 0.0
    worst_index: tuple[int, ...] = ()
    refimpl_value: float | None = None
    torch_value: float | None = None
    overflow: int = 0
    outside: int = 0
    note: str = ""
    compared: bool = True  # element by element: both tensors are there, of one shape and dtype


def compare(refimpl: Array, torch: Array, bound: Bound) -> Comparison:
    """Judge every element: finite ones by the bound, NaN and ∞ by being the same."""
    if refimpl.shape != torch.shape:
        note = f"refimpl gives shape {refimpl.shape}, torch {torch.shape}"
        return _incomparable(refimpl, torch, _first_alone(refimpl, torch), note)
    if refimpl.dtype != torch.dtype:
        note = dtypes_apart(refimpl.dtype, torch.dtype)
        return _incomparable(refimpl, torch, (0,) * torch.ndim, note)
    if not torch.size:
        return Comparison(IDENTICAL if bound.exact else WITHIN)
    limit, overflow = flat(bound.limit, torch.shape), flat(bound.overflow, torch.shape)
    ours, theirs = refimpl.reshape(-1), torch.reshape(-1)
    found = _whole(
        [
            _compare_part(ours[part], theirs[part], limit[part], overflow[part])
            for part in _parts(torch.size)
        ]
    )
    worst = tuple(map(int, np.unravel_index(found.place, torch.shape)))
    return Comparison(
        verdict=_verdict(found.outside, found.infinite_bound, bound.exact),
        elements=torch.size,
        max_abs_error=found.max_abs_error,
        max_rel_error=found.max_rel_error,
        max_ulp=found.max_ulp,
        bound_at_worst=float(limit[found.place]),
        worst_ratio=found.worst_ratio,
        worst_index=worst,
        refimpl_value=float(refimpl[worst]),
        torch_value=float(torch[worst]),
        overflow=int(np.count_nonzero(overflow)),
        outside=found.outside,
    )


def flat(array: Array, shape: tuple[int, ...]) -> Array:
    """All elements of an array that is broadcast to a shape, in a row."""
    if array.shape != shape:
        array = np.broadcast_to(array, shape)
    return array.reshape(-1)


def dtypes_apart(refimpl: Any, torch: Any) -> str:
    """In words two dtypes that differ, if only in the order of their bytes.

    >>> dtypes_apart(np.dtype("float32"), np.dtype("float64"))
    'refimpl gives float32, torch float64'
    """
    if refimpl != refimpl.newbyteorder("=") == torch:
        return (
            f"refimpl gives {torch} with its bytes in the other order ({refimpl}), torch in this "
            f"machine's; array.astype('{torch}') turns them"
        )
    return f"refimpl gives {refimpl}, torch {torch}"


class _Part(NamedTuple):
    """What is found in a part of a tensor."""

    max_abs_error: float
    max_rel_error: float
    max_ulp: float
    worst_ratio: float
    place: int  # of the worst ratio
    outside: int
    infinite_bound: bool


def _whole(parts: list[_Part]) -> _Part:
    """What is found of a tensor from what is found of its parts."""
    if len(parts) == 1:
        return parts[0]
    number = max(range(len(parts)), key=lambda k: parts[k].worst_ratio)  # the first of the worst
    return _Part(
        max(part.max_abs_error for part in parts),
        max(part.max_rel_error for part in parts),
        max(part.max_ulp for part in parts),
        parts[number].worst_ratio,
        parts[number].place + number * PART,
        sum(part.outside for part in parts),
        any(part.infinite_bound for part in parts),
    )


def _parts(size: int) -> list[slice]:
    """Large tensors are compared part by part, in memory that the processor keeps at hand."""
    return [slice(start, min(start + PART, size)) for start in range(0, size, PART)]


def _compare_part(ours: Array, theirs: Array, limit: Array, overflow: Array) -> _Part:
    difference = element_differences(ours, theirs)
    if np.count_nonzero(overflow):
        difference = np.where(overflow, 0.0, difference)
    largest = float(difference.max())
    blind = _holds_infinite(limit, theirs, overflow)
    if largest == 0:
        return _Part(0.0, 0.0, 0.0, 0.0, 0, 0, blind)
    relative, ulp = _beside_values(difference, largest, ours, theirs)
    ratio = ratios(difference, limit)
    place = int(np.argmax(ratio))
    worst = float(ratio[place])
    outside = int(np.count_nonzero(ratio > 1)) if worst > 1 else 0
    return _Part(largest, relative, ulp, worst, place, outside, blind)


def _holds_infinite(limit: Array, theirs: Array, overflow: Array) -> bool:
    """Whether an element that is judged has an infinite bound."""
    if limit.max() < np.inf:
        return False
    return bool(np.any(np.isinf(limit) & np.isfinite(theirs) & ~overflow))


def _beside_values(
    difference: Array, largest: float, ours: Array, theirs: Array
) -> tuple[float, float]:
    """The largest difference relative to the larger value, and in units in its last place."""
    if largest == np.inf:
        return largest, largest
    values = np.maximum(np.abs(ours), np.abs(theirs))
    with np.errstate(all="ignore"):
        relative = np.divide(difference, values, dtype=np.float64)
        of_ulp = difference / spacing(values)
    # Of finite differences only 0/0 and 0/NaN, which count as 0, are not numbers.
    return float(np.fmax.reduce(relative, initial=0.0)), float(of_ulp.max())


def _verdict(outside: int, infinite_bound: bool, exact: bool) -> str:
    if outside:
        return OUTSIDE
    if infinite_bound:
        return BLIND
    return IDENTICAL if exact else WITHIN


def element_differences(refimpl: Array, torch: Array) -> Array:
    """|refimpl − torch| in float64; 0 where both are the same NaN or ∞, ∞ where only one is."""
    with np.errstate(all="ignore"):
        difference = np.asarray(np.subtract(refimpl, torch, dtype=np.float64))
        np.abs(difference, out=difference)
    if difference.max(initial=0.0) < np.inf:  # neither NaN nor ∞
        return difference
    a, b = (side.astype(np.float64, copy=False) for side in (refimpl, torch))
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    odd = ~(np.isfinite(a) & np.isfinite(b))
    return np.where(same, 0.0, np.where(odd, np.inf, difference))


def ratios(error: Array, limit: Array) -> Array:
    """error/limit with 0/0 = 0 and x/0 = ∞; ∞/∞ = ∞."""
    with np.errstate(all="ignore"):
        quotient = np.asarray(error / limit)
    if not np.isnan(quotient.max(initial=0.0)):
        return quotient
    undefined = np.where(error == 0, 0.0, np.inf)
    return np.where(np.isnan(quotient), undefined, quotient)


def spacing(values: Array) -> Array:
    """The distance from each |value| to the next number of its dtype; of NaN and ∞ that of 1.

    A number without the bits of its fraction, which are those that ∞ has not, is a power of 2 and
    at least the smallest normal one: times the ε of its dtype it is the distance.
    """
    bits, infinity, smallest, eps = _format(values.dtype)
    powers = (values.view(bits) & infinity).view(values.dtype)
    powers = np.maximum(powers, smallest)
    if powers.max(initial=0) == np.inf:
        powers = np.where(np.isinf(powers), values.dtype.type(1), powers)
    return np.asarray(np.multiply(powers, eps, dtype=np.float64))


@cache
def _format(dtype: Any) -> tuple[Any, Any, Any, float]:
    """Of a dtype: integers of its width, the bits of ∞, the smallest normal number, ε."""
    info, bits = np.finfo(dtype), np.dtype(f"i{dtype.itemsize}")
    return bits, dtype.type(np.inf).view(bits), info.smallest_normal, float(info.eps)


def _incomparable(refimpl: Array, torch: Array, index: tuple[int, ...], note: str) -> Comparison:
    """Two tensors that cannot be compared element by element; what each has at one place."""
    infinite = float("inf")
    return Comparison(
        OUTSIDE,
        elements=torch.size,
        max_abs_error=infinite,
        max_rel_error=infinite,
        max_ulp=infinite,
        worst_ratio=infinite,
        worst_index=index,
        refimpl_value=_value_at(refimpl, index),
        torch_value=_value_at(torch, index),
        outside=torch.size,
        note=note,
        compared=False,
    )


def _first_alone(refimpl: Array, torch: Array) -> tuple[int, ...]:
    """The first place that one side has and the other has not; torch's places come first."""
    for here, there in ((torch, refimpl), (refimpl, torch)):
        for index in np.ndindex(*here.shape):
            if _value_at(there, index) is None:
                return index
    return ()


def _value_at(array: Array, index: tuple[int, ...]) -> float | None:
    """The element, or None where the array has no such place."""
    inside = len(index) == array.ndim and all(map(int.__lt__, index, array.shape))
    return float(array[index]) if inside else None


def tolerance_bound(torch: Array, rtol: float, atol: float) -> Bound:
    """The bound of `--rtol` and `--atol`: atol + rtol·|torch|. Nothing derives it."""
    with np.errstate(all="ignore"):
        limit = np.abs(torch.astype(np.float64)) * rtol + atol
    return Bound(np.where(np.isfinite(limit), limit, 0.0), np.zeros(torch.shape, bool))
