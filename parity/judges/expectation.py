"""What a case expects: found at exactly those places with exactly those values, or a failure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array, Case
from parity.cases.expected import Expected, holds
from parity.results.judging import joined
from parity.results.rows import Row
from parity.results.verdicts import EXPECTED, IDENTICAL, OUTSIDE, WITHIN

Tensors = Mapping[str, Array]


class Found(NamedTuple):
    """What is said of one tensor: that the expected was found, or the problem."""

    note: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Settled:
    """What expectations leave to be judged, and what becomes of the rows of their tensors.

    torch: torch's tensors; at the places where the expected was found they have refimpl's
    values, so that all other elements are judged as in any case.
    """

    torch: Tensors
    found: Mapping[str, Found] = field(default_factory=dict)

    def rows(self, rows: list[Row]) -> list[Row]:
        """The rows of the case: the expected ones say so, or why they are not."""
        if not self.found:
            return rows
        return [self._row(row, self.found.get(row.tensor, Found())) for row in rows]

    def _row(self, row: Row, found: Found) -> Row:
        if found.problem:
            return replace(row, verdict=OUTSIDE, note=joined(found.problem, row.note))
        if not found.note:
            return row
        held = row.verdict in (WITHIN, IDENTICAL)
        return replace(
            row, verdict=EXPECTED if held else row.verdict, note=joined(found.note, row.note)
        )


def settle(case: Case, arrays: Tensors, dy: Array, ours: Tensors, theirs: Tensors) -> Settled:
    """Compare what a case expects with what both sides have.

    Where the two tensors cannot be compared nothing is excused.
    """
    if not case.expected:
        return Settled(theirs)
    torch: dict[str, Array] = dict(theirs)
    found: dict[str, Found] = {}
    for expect in case.expected:
        mine, other = ours.get(expect.tensor), theirs.get(expect.tensor)
        if mine is None or other is None or (mine.shape, mine.dtype) != (other.shape, other.dtype):
            continue
        mask = expect.mask(other.shape, arrays, dy)
        problem = _problem(expect, mask, (mine, other), dy)
        before = found.get(expect.tensor, Found())
        if problem:
            said = f"expected outside ({expect.reason}), but {problem}"
            found[expect.tensor] = before._replace(problem=joined(before.problem, said))
            continue
        count = int(np.count_nonzero(_differ(mine, other) & mask))
        said = f"expected outside at {count} place{'s' * (count > 1)}: {expect.reason}"
        found[expect.tensor] = before._replace(note=joined(before.note, said))
        torch[expect.tensor] = np.where(mask, mine, torch[expect.tensor])
    return Settled(torch, found)


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
