"""What one case of the catalogue says of one mistake.

A mistake takes the place of its function, forward or backward; the case refuses it if a tensor
is outside the bound that the right code is judged by. An exception is never a refusal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array, Case, Draw, Given, Photograph, Source
from parity.cases.catalogue import GOOD
from parity.cases.functions import forward_of
from parity.judges.layer import Prepared, prepare
from parity.mistakes.mistake import Mistake
from parity.power.hidden import Row
from parity.power.wrong_code import Tensors, computed
from parity.results.comparison import compare
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE


@dataclass(frozen=True)
class Sight:
    """What one case says of one mistake."""

    mistake: str
    case: str
    elements: int
    refused: bool
    raised: str  # the exception, where it gave no result in any dtype
    margin: float  # error/bound at the worst element, 0 where all are within
    blind: bool  # not refused, but it would be on random numbers of the same shapes
    hidden: tuple[str, ...]  # dtypes in which it changes the exact values and nothing refuses it


# --- one mistake, one case ----------------------------------------------------------------


def cases_of(known: Sequence[Mistake]) -> list[Case]:
    """The cases that run their functions; where torch is known to be wrong, it is no judge."""
    functions = {forward_of(one.function) for one in known}
    return [case for case in GOOD if case.function in functions and case.expect is None]


def worst_ratio(prepared: Prepared, tensors: Tensors) -> tuple[bool, float]:
    """Whether a tensor is outside its bound, and the largest error/bound, at least 1 then."""
    found = [
        compare(tensor, prepared.expected[name], prepared.bounds[name])
        for name, tensor in tensors.items()
        if not _fits(tensor, prepared.expected[name], prepared.bounds[name])
    ]
    return (
        any(comparison.verdict == OUTSIDE for comparison in found),
        max((comparison.worst_ratio for comparison in found), default=0.0),
    )


def _fits(tensor: Array, expected: Array, bound: Bound) -> bool:
    """Whether all elements are finite and within the bound, which most tensors are."""
    if (tensor.shape, tensor.dtype) != (expected.shape, expected.dtype):
        return False
    with np.errstate(all="ignore"):
        difference = np.abs(tensor.astype(np.float64) - expected)
    return bool(np.all(difference <= bound.limit))


def examine(case: Case, known: Sequence[Mistake], settings: Settings) -> list[Sight]:
    """What a case says of each mistake in its function."""
    ready = [Row(prepare(case, dtype, settings)) for dtype in sorted(case.dtypes)]
    first = ready[0].prepared
    elements = sum(array.size for array in (*first.arrays.values(), first.dy))
    ordinary: list[Row] = []
    sights = []
    for one in known:
        (refused, margin, raised, hidden), blind = look(one, ready), False
        if not refused and not raised and not one.control:
            ordinary = ordinary or [Row(prepare(redrawn(case), widest(case), settings))]
            blind = look(one, ordinary)[0]
        sights.append(Sight(one.name, case.id, elements, refused, raised, margin, blind, hidden))
    return sights


class Look(NamedTuple):
    """Whether a dtype refuses the mistake, error/bound there or at most, or what all raised."""

    refused: bool
    margin: float
    raised: str
    hidden: tuple[str, ...]


def look(known: Mistake, ready: Sequence[Row]) -> Look:
    """One mistake on the arrays of a case, in one dtype after another until one refuses it."""
    raised: list[str] = []
    hidden: list[str] = []
    largest = 0.0
    for row in ready:
        tensors = computed(known, row.prepared)
        if isinstance(tensors, str):
            raised.append(tensors)
            continue
        refused, ratio = worst_ratio(row.prepared, tensors)
        if refused:
            return Look(True, ratio, "", tuple(hidden))
        largest = max(largest, ratio)
        if not known.control and row.hides(known, tensors):
            hidden.append(row.prepared.dtype)
    why = raised[0] if len(raised) == len(ready) else ""
    return Look(False, largest, why, tuple(hidden))


def widest(case: Case) -> str:
    """The dtype of a case with the most digits."""
    return max(case.dtypes)


# --- the same shapes with other numbers ---------------------------------------------------

KEPT = ("target", "mask")  # whose values mean something


def redrawn(case: Case) -> Case:
    """The case with random numbers: shapes, layouts and options stay."""
    free = case.function in ("squared_error", "mse_loss")
    arrays = {
        name: source if name in KEPT and not free else _redrawn(source)
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=arrays, upstream="normal")


def _redrawn(source: Source) -> Source:
    match source:
        case Draw(shape, _, layout):
            return Draw(shape, layout=layout)
        case Given(numbers):
            return Draw(np.shape(numbers))
        case Photograph():
            return Draw(source.shape)
    return source
