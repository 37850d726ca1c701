"""What the wrong numbers of a run look like: the diagnosis of the functions that fail."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice

from parity import oracle
from parity.cases.case import Array, Case
from parity.cases.catalogue import GOOD
from parity.diagnosis.cause import Cause
from parity.diagnosis.diagnose import diagnose
from parity.diagnosis.observation import Observation
from parity.judges.expectation import settle
from parity.judges.layer import Prepared, prepare, refimpl_side
from parity.results.comparison import compare
from parity.results.findings import Findings
from parity.results.rows import CauseRow, Row
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE
from parity.suite.stand_ins import right_functions
from parity.suite.task import GENERATED, Task
from parity.witnesses.problem import Problem

FUNCTIONS_MOST = 12  # what is wrong everywhere has one cause, which the first of them show
CAUSES_MOST = 6  # of a function: a person reads no more
CASES_MOST = 120  # of a function, in both dtypes
LARGEST = 3000  # numbers that go into a case


def causes(tasks: Sequence[Task], findings: Findings, settings: Settings) -> list[CauseRow]:
    """What explains the disagreements of each function, best first.

    All small cases of the function are asked once more, whatever the run was narrowed to: what
    the failing ones share shows beside those that pass.
    """
    failing: dict[str, list[Row]] = {}
    for row in findings.failures:
        if not row.network:
            failing.setdefault(row.function, []).append(row)
    return [
        found
        for function, rows in islice(failing.items(), FUNCTIONS_MOST)
        for found in _of(function, rows, tasks, settings)
    ]


def _of(
    function: str, rows: Sequence[Row], tasks: Sequence[Task], settings: Settings
) -> list[CauseRow]:
    """The causes of one function; an error of the diagnosis itself is said, and no more."""
    side = accused(rows)
    try:
        cases = _cases(function, rows, tasks)
        failed = {(row.case, row.dtype, row.tensor) for row in rows}
        seen = [*islice(_observed(cases, failed, side, settings), CASES_MOST)]
        with right_functions([function] if side == "refimpl" else []):
            return [_row(function, side, cause) for cause in diagnose(seen)[:CAUSES_MOST]]
    except Exception as error:
        said = f"no diagnosis: it broke off: {type(error).__name__}: {error}"
        return [CauseRow(function, side, said, True, False, (), "")]


def _row(function: str, side: str, cause: Cause) -> CauseRow:
    return CauseRow(
        function, side, cause.text, cause.is_where, cause.certain, cause.mistakes, cause.answer
    )


def accused(rows: Sequence[Row]) -> str:
    """Whose numbers are looked at: torch's, if exact values speak for refimpl wherever they speak.

    "refimpl" where none does: it is what the suite is about.
    """
    closer = {row.closer for row in rows if row.closer in ("refimpl", "torch")}
    return "torch" if closer == {"refimpl"} else "refimpl"


def _cases(function: str, rows: Sequence[Row], tasks: Sequence[Task]) -> list[tuple[Case, str]]:
    """Those that are listed, and those that are not and fail."""
    failed = {(row.case, row.dtype) for row in rows}
    unlisted = [
        (task.unlisted, task.dtype)
        for task in tasks
        if task.unlisted and task.kind in ("case", GENERATED) and (task.id, task.dtype) in failed
    ]
    taken = {case.id for case, _ in unlisted}  # one of somebody's own may be called as a listed one
    good = [case for case in GOOD if case.function == function and case.id not in taken]
    listed = [(case, dtype) for case in good for dtype in case.dtypes]
    return [*listed, *unlisted]


def _observed(
    cases: Sequence[tuple[Case, str]],
    failed: Collection[tuple[str, str, str]],
    side: str,
    settings: Settings,
) -> Iterator[Observation]:
    """Both sides of each case, the smallest first, as the diagnosis sees them."""
    small = [(case, dtype) for case, dtype in cases if case.elements <= LARGEST]
    for case, dtype in sorted(small, key=lambda pair: pair[0].elements):
        try:
            prepared = prepare(case, dtype, settings)
        except oracle.TorchError:
            continue
        tensors, _ = refimpl_side(prepared, settings)
        yield observation(prepared, tensors, failed, side)


def observation(
    prepared: Prepared,
    tensors: Mapping[str, Array] | str,
    failed: Collection[tuple[str, str, str]],
    side: str,
) -> Observation:
    """One case: the accused side's tensors beside those of the other.

    failed: the tensors that a run has judged wrong, by exact values perhaps; others are if both
    sides are farther apart than their bounds.
    """
    case = prepared.case
    problem = Problem(case.function, prepared.arrays, case.options, prepared.dy)
    limits = {name: prepared.bounds[name].limit for name in prepared.expected}
    name = f"{case.id} {prepared.dtype}"
    if isinstance(tensors, str):
        nothing = dict.fromkeys(prepared.expected, tensors)
        return Observation(name, problem, prepared.expected, limits, nothing, (*nothing,))
    theirs = settle(case, prepared.arrays, prepared.dy, tensors, prepared.expected).torch
    ours = {name: tensors[name] for name in theirs}
    wrong = tuple(
        name
        for name, tensor in theirs.items()
        if (case.id, prepared.dtype, name) in failed
        or compare(ours[name], tensor, prepared.bounds[name]).verdict == OUTSIDE
    )
    both = {"refimpl": (ours, theirs), "torch": (theirs, ours)}
    found, right = both[side]
    return Observation(name, problem, right, limits, found, wrong)
