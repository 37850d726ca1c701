"""What a case expects: found at exactly those places with exactly those values, or a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from parity.cases.case import Array, Case
from parity.cases.expected import Expected, holds
from parity.results.judging import joined
from parity.results.rows import Row
from parity.results.verdicts import EXPECTED, IDENTICAL, OUTSIDE, WITHIN

Tensors = Mapping[str, Array]


@dataclass(frozen=True)
class Settled:
    """What an expectation leaves to be judged, and what becomes of the row of its tensor.

    torch: torch's tensors; at the places where the expected was found they have refimpl's
    values, so that all other elements are judged as in any case.
    """

    torch: Tensors
    tensor: str = ""
    note: str = ""
    problem: str = ""

    def rows(self, rows: list[Row]) -> list[Row]:
        """The rows of the case: the expected one says so, or why it is not."""
        if not self.tensor:
            return rows
        return [self._row(row) if row.tensor == self.tensor else row for row in rows]

    def _row(self, row: Row) -> Row:
        if self.problem:
            return replace(row, verdict=OUTSIDE, note=joined(self.problem, row.note))
        held = row.verdict in (WITHIN, IDENTICAL)
        return replace(
            row, verdict=EXPECTED if held else row.verdict, note=joined(self.note, row.note)
        )


def settle(case: Case, arrays: Tensors, dy: Array, ours: Tensors, theirs: Tensors) -> Settled:
    """Compare what a case expects with what both sides have.

    Where the two tensors cannot be compared nothing is excused.
    """
    expect = case.expect
    if expect is None:
        return Settled(theirs)
    mine, other = ours.get(expect.tensor), theirs.get(expect.tensor)
    if mine is None or other is None or (mine.shape, mine.dtype) != (other.shape, other.dtype):
        return Settled(theirs)
    mask = expect.mask(other.shape, arrays, dy)
    problem = _problem(expect, mask, (mine, other), dy)
    if problem:
        said = f"expected outside ({expect.reason}), but {problem}"
        return Settled(theirs, expect.tensor, problem=said)
    count = int(np.count_nonzero(_differ(mine, other) & mask))
    said = f"expected outside at {count} place{'s' * (count > 1)}: {expect.reason}"
    excused = {**theirs, expect.tensor: np.where(mask, mine, other)}
    return Settled(excused, expect.tensor, note=said)


def _problem(expect: Expected, mask: Array, sides: tuple[Array, Array], dy: Array) -> str:
    """Which value is another than the expected one; or that both sides agree everywhere."""
    ours, theirs = sides
    right = holds(expect.refimpl, ours, dy)
    allowed = np.any([holds(value, theirs, dy) for value in expect.of_torch()], axis=0)
    for side, tensor, found, wanted in (
        ("refimpl", ours, right, (expect.refimpl,)),
        ("torch", theirs, allowed, expect.of_torch()),
    ):
        others = np.argwhere(mask & ~found)
        if len(others):
            place = tuple(map(int, others[0]))
            values = " or ".join(map(str, wanted))
            return f"{side} has {tensor[place]} at {place}, not {values}"
    if not np.any(_differ(ours, theirs) & mask):
        return f"no element of {expect.tensor} is"
    return ""


def _differ(ours: Array, theirs: Array) -> Array:
    return np.asarray((ours != theirs) & ~(np.isnan(ours) & np.isnan(theirs)))
