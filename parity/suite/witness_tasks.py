"""What is asked beside torch, as tasks of a run, and who is asked."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from parity.cases.case import FLOATS
from parity.cases.chains import CHAINS
from parity.cases.functions import FUNCTIONS
from parity.cases.networks import NETWORKS
from parity.judges.half_precision import DTYPES as HALF_DTYPES
from parity.judges.half_precision import check_half, half_cases
from parity.results.findings import Findings
from parity.results.settings import Settings
from parity.results.verdicts import DERIVATIVE, INTEGERS, SYMBOLS
from parity.suite.task import Task
from parity.witnesses.derivative import COVERED, check_derivative, check_network_derivative
from parity.witnesses.integer_networks import check_integer_network
from parity.witnesses.integers import check_integers, representatives


def ask(task: Task, settings: Settings) -> Findings:
    """What the witness of a task says; of half precision, what torch gives."""
    if task.kind == SYMBOLS:
        from parity.witnesses.symbolic import check_symbols  # sympy takes long to load

        return check_symbols(task.id)
    if task.kind == "half":
        return check_half(task.layer_case, task.dtype, settings)
    if task.kind == INTEGERS and task.id in CHAINS:
        return check_integer_network(task.id, task.dtype, settings)
    if task.kind == INTEGERS:
        return check_integers(task.layer_case, task.dtype, settings)
    if task.id in NETWORKS:
        return check_network_derivative(NETWORKS[task.id], task.dtype, settings)
    return check_derivative(task.layer_case, task.dtype, settings)


def witness_tasks(
    tasks: Sequence[Task], wanted: Container[str], dtypes: Sequence[str], full: bool
) -> list[Task]:
    """What the witnesses beside torch are asked of these cases and networks."""
    return [
        *_integer_tasks(tasks, full),
        *(Task(INTEGERS, name, d) for name in CHAINS if name in wanted for d in dtypes),
        *_derivatives(tasks),
        *(Task(SYMBOLS, f.name, "") for f in FUNCTIONS.values() if f.inputs and f.name in wanted),
        *_half_tasks(wanted, dtypes),
    ]


def _half_tasks(wanted: Container[str], dtypes: Sequence[str]) -> list[Task]:
    if not set(FLOATS) <= set(dtypes):
        return []
    chosen = [case.id for case in half_cases().values() if case.function in wanted]
    return [Task("half", case_id, d) for case_id in chosen for d in HALF_DTYPES]


def _integer_tasks(tasks: Sequence[Task], full: bool) -> list[Task]:
    """Every geometry once, in the dtypes of the first case that has it in turns; full: in each."""
    cases = [task for task in tasks if task.kind == "case"]
    firsts = representatives([task.layer_case for task in cases])
    asked: dict[str, list[Task]] = {name: [] for name in firsts}
    for task in cases:
        if task.id in firsts:
            asked[task.id].append(replace(task, kind=INTEGERS))
    if full:
        return [task for found in asked.values() for task in found]
    return [found[number % len(found)] for number, found in enumerate(asked.values())]


def _derivatives(tasks: Sequence[Task]) -> list[Task]:
    """A case or network of these is differentiated once: exact arithmetic has no dtype."""
    last = {task.id: task for task in tasks if task.kind in ("case", "network")}
    return [
        replace(task, kind=DERIVATIVE)
        for task in last.values()
        if task.id in NETWORKS or FUNCTIONS[task.layer_case.function].inputs
        if COVERED.get(task.id) not in last
    ]
