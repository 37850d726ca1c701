"""Two tensors and a bound: how far apart they are, and where it is worst."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parity.bounds import Bound
from parity.cases.case import Array

OUTSIDE, BLIND, WITHIN, IDENTICAL = "outside", "blind", "within", "identical"
VERDICTS = (OUTSIDE, BLIND, WITHIN, IDENTICAL)  # worst first


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


def compare(refimpl: Array, torch: Array, bound: Bound) -> Comparison:
    """Judge every element: finite ones by the bound, NaN and ∞ by being the same."""
    if refimpl.shape != torch.shape:
        return _shapes_differ(refimpl, torch)
    if refimpl.dtype != torch.dtype:
        note = f"refimpl gives {refimpl.dtype}, torch {torch.dtype}"
        return Comparison(OUTSIDE, torch.size, outside=torch.size, note=note)
    if not torch.size:
        return Comparison(IDENTICAL if bound.exact else WITHIN)
    judged = ~np.broadcast_to(bound.overflow, torch.shape)
    difference = np.where(judged, element_differences(refimpl, torch), 0.0)
    ratio = ratios(difference, np.broadcast_to(bound.limit, torch.shape))
    largest = np.maximum(np.abs(refimpl), np.abs(torch))
    worst = tuple(int(i) for i in np.unravel_index(np.argmax(ratio), ratio.shape))
    outside = int(np.count_nonzero(ratio > 1))
    finite = np.isfinite(torch) & judged
    infinite_bound = bool(np.any(np.isinf(np.broadcast_to(bound.limit, torch.shape)) & finite))
    return Comparison(
        verdict=_verdict(outside, infinite_bound, bound.exact),
        elements=torch.size,
        max_abs_error=float(difference.max()),
        max_rel_error=float(ratios(difference, largest.astype(np.float64)).max()),
        max_ulp=float(ratios(difference, _ulp(largest)).max()),
        bound_at_worst=float(np.broadcast_to(bound.limit, torch.shape)[worst]),
        worst_ratio=float(ratio[worst]),
        worst_index=worst,
        refimpl_value=float(refimpl[worst]),
        torch_value=float(torch[worst]),
        overflow=int(torch.size - np.count_nonzero(judged)),
        outside=outside,
    )


def _verdict(outside: int, infinite_bound: bool, exact: bool) -> str:
    if outside:
        return OUTSIDE
    if infinite_bound:
        return BLIND
    return IDENTICAL if exact else WITHIN


def element_differences(refimpl: Array, torch: Array) -> Array:
    """|refimpl − torch| in float64; 0 where both are the same NaN or ∞, ∞ where only one is."""
    a, b = refimpl.astype(np.float64), torch.astype(np.float64)
    with np.errstate(all="ignore"):
        difference = np.abs(a - b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    odd = ~(np.isfinite(a) & np.isfinite(b))
    return np.where(same, 0.0, np.where(odd, np.inf, difference))


def ratios(error: Array, limit: Array) -> Array:
    """error/limit with 0/0 = 0 and x/0 = ∞; ∞/∞ = ∞."""
    with np.errstate(all="ignore"):
        quotient = error / limit
    undefined = np.where(error == 0, 0.0, np.inf)
    return np.where(np.isnan(quotient), undefined, quotient)


def _ulp(values: Array) -> Array:
    """The distance from each value to the next number of its dtype."""
    finite = np.where(np.isfinite(values), values, 1)
    # The largest number's next is ∞; its own distance is that of the number before it.
    largest = np.finfo(values.dtype).max
    before_last = np.nextafter(largest, values.dtype.type(0))
    return np.asarray(np.spacing(np.minimum(finite, before_last)), np.float64)


def _shapes_differ(refimpl: Array, torch: Array) -> Comparison:
    """The first place that one side has and the other has not."""
    index, ours, theirs = _first_alone(refimpl, torch)
    return Comparison(
        OUTSIDE,
        elements=torch.size,
        max_abs_error=float("inf"),
        max_rel_error=float("inf"),
        max_ulp=float("inf"),
        worst_ratio=float("inf"),
        worst_index=index,
        refimpl_value=ours,
        torch_value=theirs,
        outside=torch.size,
        note=f"refimpl gives shape {refimpl.shape}, torch {torch.shape}",
    )


def _first_alone(
    refimpl: Array, torch: Array
) -> tuple[tuple[int, ...], float | None, float | None]:
    for index in np.ndindex(*torch.shape):
        if len(index) != refimpl.ndim or any(
            i >= n for i, n in zip(index, refimpl.shape, strict=True)
        ):
            return index, None, float(torch[index])
    for index in np.ndindex(*refimpl.shape):
        if any(i >= n for i, n in zip(index, torch.shape, strict=False)):
            return index, float(refimpl[index]), None
    return (), None, None


def tolerance_bound(torch: Array, rtol: float, atol: float) -> Bound:
    """The bound of `--rtol` and `--atol`: atol + rtol·|torch|. Nothing derives it."""
    with np.errstate(all="ignore"):
        limit = np.abs(torch.astype(np.float64)) * rtol + atol
    return Bound(np.where(np.isfinite(limit), limit, 0.0), np.zeros(torch.shape, bool))
