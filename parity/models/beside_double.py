"""torch's float32 beside refimpl's float64, which is as good as exact there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.results.comparison import ratios, spacing
from parity.results.rows import Row
from parity.witnesses.problem import Problem

if TYPE_CHECKING:
    from parity.witnesses.closeness import Exact


def on_disagreement(
    problem: Problem, bounds: Mapping[str, Bound], names: Mapping[str, str]
) -> Exact:
    """A witness that is asked who is wrong where the sides disagree, and nothing else."""
    from parity.witnesses.closeness import Exact

    return Exact(problem, {}, bounds, names)


def cast(bound: Bound, ours: Array, theirs: Array) -> Bound:
    """The bound once refimpl's float64 is rounded to torch's dtype."""
    if bound.exact or ours.dtype == theirs.dtype or bound.limit.shape != ours.shape:
        return bound
    with np.errstate(all="ignore"):
        info = np.finfo(theirs.dtype)
        rounding = np.abs(ours) * (float(info.eps) / 2) + float(info.smallest_subnormal)
        rounding = np.where(np.isfinite(rounding), rounding, 0.0)
    return replace(bound, limit=bound.limit + rounding, own=bound.refimpl + rounding)


def beside_float64(row: Row, ours: Array, theirs: Array, bound: Bound) -> Row:
    """A row with what torch is off by, in ULP and in roundings; nothing of float64."""
    if not row.compared or bound.exact or ours.dtype == theirs.dtype or not ours.size:
        return row
    with np.errstate(all="ignore"):
        error = np.abs(theirs - ours)
        rounded = np.abs(ours.astype(theirs.dtype))
        u = float(np.finfo(theirs.dtype).eps) / 2
        least = float(np.finfo(theirs.dtype).smallest_subnormal)
        counted = None if bound.terms is None else ratios(error, np.maximum(u * bound.terms, least))
    judged = np.isfinite(rounded) & ~np.broadcast_to(bound.overflow, ours.shape)
    if not judged.any():
        return row
    ulp = spacing(rounded)
    return replace(
        row,
        exact_value=row.exact_value if row.exact_value is not None else _at(ours, row),
        torch_ulp=float(np.max(error / ulp, where=judged, initial=0.0)),
        torch_roundings=None
        if counted is None
        else float(np.max(counted, where=judged, initial=0.0)),
        truth_radius=float(np.max(bound.refimpl / ulp, where=judged, initial=0.0)),
    )


def beside_exact(row: Row, pair: tuple[Array, Array], problem: Problem, label: str) -> Row:
    """A float64 row with the exact value of its worst element, and both sides beside it."""
    if row.dtype != "float64" or not row.compared or not row.max_abs_error or row.failed:
        return row
    from parity.witnesses.exact.opinion import second_opinion

    place = _worst(row)
    with np.errstate(all="ignore"):
        opinion = second_opinion(problem, label, place)
    if opinion is None or opinion.raised or not opinion.truth.judges.all():
        return row
    truth = opinion.truth
    errors = [float(truth.errors(np.asarray(side[place]))[0]) for side in pair]
    closer = "equal" if errors[0] == errors[1] else ("refimpl", "torch")[errors[1] < errors[0]]
    return replace(
        row,
        exact_value=float(truth.nearest[0]),
        refimpl_ulp=errors[0],
        torch_ulp=errors[1],
        closer=closer,
        truth_radius=float(truth.radius[0]),
        exact_elements=1,
    )


def _worst(row: Row) -> tuple[int, ...]:
    return tuple(map(int, row.worst_index.strip("()").replace(",", " ").split()))


def _at(ours: Array, row: Row) -> float:
    """refimpl's float64 at the worst place."""
    return float(ours[_worst(row)])
