"""The rows of a model under watch: torch's tensor beside refimpl's float64."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Sides, arithmetic
from parity.bounds.bound import Bound
from parity.cases.case import Array
from parity.models.beside_double import beside_exact, beside_float64, cast, on_disagreement
from parity.models.part_by_part import Judged
from parity.results.findings import Findings
from parity.results.judging import Place, judge, judged_already, timed
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.witnesses.problem import Problem

WATCHED = "watched"


class WatchedRows:
    """Judges tensors one by one and keeps their rows.

    name: what the model is called, which is known once it has been called. exact: seconds for exact
    values.
    """

    def __init__(self, settings: Settings, name: Callable[[], str], exact: float) -> None:
        self.settings, self.name = settings, name
        self.exact_seconds = exact
        self._findings = Findings()
        self._times: Counter[tuple[str, str]] = Counter()

    @property
    def all(self) -> list[Row]:
        """Every row, in the order in which the tensors were judged."""
        return self._findings.rows

    def seen_again(self, where: str, what: str) -> int:
        """How often something was seen in a module, or of a parameter, this time included."""
        self._times[where, what] += 1
        return self._times[where, what]

    def place(self, where: str, what: str, times: int, function: str, dtype: str) -> Place:
        """Where a row stands: `Net[convolution 2]` is the second one of its module."""
        name = self.name()
        case = f"{name}[{what}{f' {times}' if times > 1 else ''}]"
        return Place(case, function, dtype, (), name, where)

    def again(self, where: str, function: str, dtype: str) -> Place:
        """The next such place of what belongs to no operation."""
        return self.place(where, function, self.seen_again(where, function), function, dtype)

    def add(
        self,
        place: Place,
        tensor: str,
        pair: tuple[Array, Array],
        bound: Bound,
        problem: Problem | None = None,
        label: str = "",
    ) -> Row:
        """Judge a tensor. problem, label: what exact arithmetic is asked, and of which tensor."""
        ours, theirs = pair[0], pair[1].astype(place.dtype, copy=False)
        both = ours.astype(place.dtype, copy=False), theirs
        names = {} if tensor == label else {tensor: label}
        allowed = cast(bound, ours, theirs)
        exact = None if problem is None else on_disagreement(problem, {label: allowed}, names)
        row = judge(self._findings, place, tensor, both, allowed, self.settings, exact)
        row = replace(beside_float64(row, ours, theirs, bound), kind=WATCHED)
        if problem is not None and self.exact_seconds > 0:
            row, seconds = timed(lambda: beside_exact(row, both, problem, label))
            self.exact_seconds -= seconds
        return self.replace_last(row)

    def add_judged(self, place: Place, tensor: str, theirs: Array, judged: Judged) -> Row:
        """The row of a tensor that was judged part by part."""
        found, worst = judged.found, judged.worst
        row = judged_already(self._findings, place, tensor, theirs, found, worst, self.settings)
        return self.replace_last(replace(row, kind=WATCHED))

    def replace_last(self, row: Row) -> Row:
        """Another row in the place of the last one."""
        self.all[-1] = row
        return row


def sides_of(theirs: Array) -> Sides:
    """refimpl in float64 beside torch in its own dtype."""
    return arithmetic("refimpl", "float64"), arithmetic("torch", judged_as(theirs))


def judged_as(array: Array) -> str:
    """Whole numbers are compared as they are; any arithmetic does."""
    return array.dtype.name if array.dtype.kind == "f" else "float64"


def row_of(bound: Bound, row: int) -> Bound:
    """The bound of one of the arrays that are stacked."""
    return replace(
        bound,
        limit=bound.limit[row],
        overflow=bound.overflow[row],
        own=None if bound.own is None else bound.own[row],
        terms=None if bound.terms is None else bound.terms[row],
    )


def freely(shape: tuple[int, ...], error: Array) -> Bound:
    """The bound of a gradient whose error is known as a whole: refimpl's side has none of it."""
    return Bound(error, np.zeros(shape, bool), own=np.zeros(shape))
