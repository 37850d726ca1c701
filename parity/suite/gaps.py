"""What was chosen and judged by nobody: of that a run must not say that it holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from parity.cases.functions import FUNCTIONS
from parity.results.findings import Findings
from parity.results.rows import Row
from parity.results.verdicts import EXPECTED, IDENTICAL, OUTSIDE, WITHIN
from parity.suite.task import WITNESSES, Task

JUDGED = (WITHIN, IDENTICAL, OUTSIDE, EXPECTED)
Rows = dict[tuple[str, str], list[Row]]  # by case and dtype


def gaps(tasks: Sequence[Task], findings: Findings) -> list[str]:
    """A sentence for everything that the tasks of a run ask for and its findings lack."""
    if not any(map(is_judged, findings.rows)):
        return ["no tensor was judged" + _instead(findings.judged)]
    rows: Rows = defaultdict(list)
    for row in findings.rows:
        rows[row.case, row.dtype].append(row)
    return [
        *_of_functions(tasks, rows),
        *_of_cases(tasks, rows),
        *_of_others(tasks, rows, findings),
    ]


def is_judged(row: Row) -> bool:
    """Whether a tensor has a number that was held against a bound, or was not there at all."""
    return row.verdict in JUDGED and (not row.compared or row.overflow < row.elements)


def _instead(rows: Sequence[Row]) -> str:
    """What the rows say that judge nothing."""
    said = Counter(
        row.verdict if row.verdict not in JUDGED else "overflow" if row.elements else "empty"
        for row in rows
    )
    return f": {', '.join(f'{count} {why}' for why, count in said.items())}" if said else ""


def _of_functions(tasks: Sequence[Task], rows: Rows) -> list[str]:
    """The functions of which no value, or no gradient, was judged in a dtype."""
    of: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for task in tasks:
        if task.kind == "case":
            of[task.layer_case.function, task.dtype] += rows[task.id, task.dtype]
    said = []
    for (name, dtype), found in of.items():
        kinds = {"value": [r for r in found if r.tensor == "y"]}
        if FUNCTIONS[name].inputs:
            kinds["gradient"] = [r for r in found if r.tensor.startswith("d")]
        if any(row.failed and not row.compared for row in found):
            continue  # refimpl gave nothing, which is a failure by itself
        said += [
            f"{name} in {dtype}: no {kind} was judged{_instead(judged)}"
            for kind, judged in kinds.items()
            if not any(map(is_judged, judged))
        ]
    return said


def _of_cases(tasks: Sequence[Task], rows: Rows) -> list[str]:
    """The cases of which a tensor has no row."""
    said = []
    for task in tasks:
        if task.kind != "case":
            continue
        case, found = task.layer_case, rows[task.id, task.dtype]
        inputs = FUNCTIONS[case.function].inputs
        wanted = {"y", *(f"d{name}" for name in inputs if name in case.arrays)}
        missing = sorted(wanted - {row.tensor for row in found})
        if missing and not any(row.failed for row in found):
            said.append(f"{task.id} in {task.dtype}: nobody looked at {', '.join(missing)}")
    return said


def _of_others(tasks: Sequence[Task], rows: Rows, findings: Findings) -> list[str]:
    """Bad inputs, networks and witnesses that left no row."""
    refused = {refusal.case for refusal in findings.refusals}
    asked = {(row.network or row.function, row.witness) for row in findings.witnesses}
    left: dict[str, Callable[[Task], bool]] = {
        "bad": lambda task: task.id in refused,
        "network": lambda task: _any_judged(rows[f"{task.id}[local]", task.dtype]),
        "training": lambda task: _any_judged(rows[f"{task.id}[step 1]", task.dtype]),
        **dict.fromkeys(WITNESSES, lambda task: (task.id.partition("[")[0], task.kind) in asked),
    }
    return [
        " ".join(filter(None, (task.kind, task.id, task.dtype, "was judged by nobody")))
        for task in tasks
        if task.kind in left and not left[task.kind](task)
    ]


def _any_judged(rows: Sequence[Row]) -> bool:
    return any(map(is_judged, rows)) or any(row.failed for row in rows)
