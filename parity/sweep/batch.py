"""A batch of cases, judged where a worker is: in this process, in another, on another machine.

What computes is loaded where it judges: the coordinator hands out cases without torch.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from parity.cases.case import Case, Draw
from parity.cases.random_cases import Selection, case_at
from parity.cases.shrink import shrunk
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row
from parity.results.message import describe
from parity.results.rows import Row
from parity.results.settings import Settings
from parity.results.verdicts import VERDICTS
from parity.sweep.case_json import to_json
from parity.sweep.memory import resident
from parity.sweep.versions import versions

SIZE = 100  # cases of a batch: what a worker does between two transactions


@dataclass(frozen=True)
class Result:
    """What is kept of every case: the columns of the store's table of results."""

    number: int
    function: str
    dtype: str
    verdict: str
    worst_ratio: float
    tensor: str  # that has the worst ratio
    elements: int  # compared, of all tensors
    seconds: float


@dataclass(frozen=True)
class Disagreement:
    """A case that does not hold, with all that is needed to repeat it."""

    number: int
    case: str  # as JSON
    shrunk: str  # the smallest form that still disagrees, as JSON
    message: str


@dataclass(frozen=True)
class Judged:
    """What a worker gives back."""

    results: list[Result] = field(default_factory=list)
    disagreements: list[Disagreement] = field(default_factory=list)
    versions: str = ""
    seconds: float = 0.0  # that the batch took there
    memory: int = 0  # bytes that the worker then had


def judge_batch(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
    """Judge the cases of these numbers. again: the command that repeats a case, less its number."""
    from parity.bounds.terms import forget_terms
    from parity.suite.workers import one_thread

    begun = time.perf_counter()
    one_thread()
    judged = Judged(versions=versions())
    for number in numbers:
        start = time.perf_counter()
        case, dtype = case_at(selection, number)
        rows = rows_of(case, dtype, Settings(seed=selection.seed, quick=True))
        seconds = time.perf_counter() - start
        judged.results.append(_result(number, case, dtype, rows, seconds))
        if any(row.failed for row in rows):
            judged.disagreements.append(
                disagreement(selection, number, case, dtype, rows, f"{again} --only {number}")
            )
    forget_terms()
    return replace(judged, seconds=time.perf_counter() - begun, memory=resident())


def rows_of(case: Case, dtype: str, settings: Settings) -> list[Row]:
    """The rows of a case; an error of the comparison itself, or of torch, is a disagreement."""
    from parity.judges.layer import broken_off, check_case

    try:
        findings = check_case(case, dtype, settings)
    except Exception as error:
        place = Place(case.id, case.function, dtype, ())
        reason = broken_off(error, case, dtype, settings)
        findings = Findings([failure_row(place, "", reason, settings)])
    return findings.rows


def _result(number: int, case: Case, dtype: str, rows: Sequence[Row], seconds: float) -> Result:
    worst = max(rows, key=lambda row: row.worst_ratio)
    return Result(
        number,
        case.function,
        dtype,
        min((row.verdict for row in rows), key=VERDICTS.index),
        worst.worst_ratio,
        worst.tensor,
        sum(row.elements for row in rows),
        seconds,
    )


def disagreement(
    selection: Selection, number: int, case: Case, dtype: str, rows: Sequence[Row], again: str
) -> Disagreement:
    """The case, its smallest form, and what there is to say about both."""
    quick = Settings(seed=selection.seed, quick=True)

    def failed(candidate: Case, settings: Settings = quick) -> Row | None:
        return next((row for row in rows_of(candidate, dtype, settings) if row.failed), None)

    first = next(row for row in rows if row.failed)
    smallest = shrunk(case, lambda candidate: _alike(first, failed(candidate)))
    row = failed(smallest)
    assert row is not None
    # What stands in the message also says who is right.
    first = failed(case, replace(quick, quick=False)) or first
    message = f"{describe(first, again)}\n     smallest: {inputs(smallest)}"
    if smallest != case:
        message += f"\n     {describe(row, again).splitlines()[1].strip()}"
    return Disagreement(
        number,
        to_json(case, dtype, selection.seed),
        to_json(smallest, dtype, selection.seed),
        message,
    )


def _alike(first: Row, other: Row | None) -> bool:
    """Whether two rows fail in the same way: a wrong number, or the same exception."""
    if other is None or other.compared != first.compared:
        return False
    return first.compared or _words(other.note) == _words(first.note)


def _words(note: str) -> list[str]:
    """What was said, whatever the sizes."""
    return re.findall(r"[^\W\d]+", note)


def inputs(case: Case) -> str:
    """Shapes, values and options of a case in one line.

    >>> from parity.cases.case import Draw
    >>> inputs(Case("relu", "3/5", {"x": Draw((2, 3), "wide")}, upstream="tiny"))
    'x (2, 3) wide, dy tiny'
    """
    arrays = [
        f"{name} {getattr(source, 'shape', '')}{_unusual(source)}"
        for name, source in case.arrays.items()
    ]
    options = [f"{name} {value!r}" for name, value in case.options.items()]
    dy = _unusual(Draw((), case.upstream, case.dy_layout))
    return ", ".join((*arrays, *options, *([f"dy{dy}"] if dy else [])))


def _unusual(source: object) -> str:
    """Values and layout of an array, where they are not the usual ones."""
    said = (getattr(source, "values", "normal"), getattr(source, "layout", "contiguous"))
    named = [name for name in said if name not in ("normal", "contiguous")]
    return f" {' '.join(named)}" if named else ""
