"""A run: which tasks there are, and their findings, in one process or several."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from threadpoolctl import threadpool_limits

from parity import oracle
from parity.cases import BAD, GOOD
from parity.cases.case import FLOATS
from parity.cases.networks import NETWORKS
from parity.check import check_case, check_refusal
from parity.compare import OUTSIDE
from parity.findings import Findings, Place, Settings, failure_row
from parity.functions import FUNCTIONS, forward_of
from parity.half import DTYPES as HALF_DTYPES
from parity.half import check_half, half_cases
from parity.network import check_network
from parity.rows import WitnessRow
from parity.selection import SelectionError, nearest
from parity.training import check_training
from parity.witnesses.derivative import (
    COVERED,
    DERIVATIVE,
    check_derivative,
    check_network_derivative,
)
from parity.witnesses.integer_networks import CHAINS, check_integer_network
from parity.witnesses.integers import INTEGERS, check_integers, representatives
from parity.witnesses.symbol_cases import SYMBOLIC
from parity.witnesses.symbolic import SYMBOLS, check_symbols
from parity.workers import start_worker

CASES = {case.id: case for case in GOOD}
BAD_CASES = {case.id: case for case in BAD}
CHUNK = 8  # small tasks handed to a worker at a time
WITNESSES = (INTEGERS, DERIVATIVE, SYMBOLS)  # kinds of tasks that --quick leaves out


@dataclass(frozen=True)
class Task:
    """One piece of work: a case in a dtype, a bad case, a network or its training, a witness."""

    kind: str  # "case", "bad", "network", "training", "half" or one of WITNESSES
    id: str
    dtype: str


def run_task(task: Task, settings: Settings) -> Findings:
    """Do one task; an error of the comparison itself, or of torch, is a finding, not the end."""
    try:
        return _do(task, settings)
    except Exception as error:
        network = task.id if task.id in (*NETWORKS, *CHAINS) else ""
        function = "" if network else task.id.partition("[")[0]
        reason = f"the comparison broke off: {type(error).__name__}: {error}"
        if task.kind in WITNESSES:
            row = WitnessRow(
                task.id, function, network, task.dtype, task.kind, "", 0, OUTSIDE, None, reason
            )
            return Findings(witnesses=[row])
        place = Place(task.id, function, task.dtype, (), network)
        return Findings([failure_row(place, "", reason, settings)])


def _do(task: Task, settings: Settings) -> Findings:
    if task.kind in WITNESSES:
        return _ask_witness(task, settings)
    if task.kind == "case":
        return check_case(CASES[task.id], task.dtype, settings)
    if task.kind == "bad":
        return check_refusal(BAD_CASES[task.id], settings)
    if task.kind == "half":
        return check_half(CASES[task.id], task.dtype, settings)
    check = check_training if task.kind == "training" else check_network
    return check(NETWORKS[task.id], task.dtype, settings)


def _ask_witness(task: Task, settings: Settings) -> Findings:
    if task.kind == SYMBOLS:
        return check_symbols(task.id)
    if task.kind == INTEGERS and task.id in CHAINS:
        return check_integer_network(task.id, task.dtype, settings)
    if task.kind == INTEGERS:
        return check_integers(CASES[task.id], task.dtype, settings)
    if task.id in NETWORKS:
        return check_network_derivative(NETWORKS[task.id], task.dtype, settings)
    return check_derivative(CASES[task.id], task.dtype, settings)


def select(
    names: Sequence[str],
    case: str | None,
    dtypes: Sequence[str],
    full: bool = False,
    witnesses: bool = True,
) -> list[Task]:
    """The tasks for function and network names (all if none) and one case (all if None).

    Networks that take long are among them if `full` says so or their name is given; the
    witnesses beside torch are asked too, unless they are not wanted. Where no dtype is left
    out, torch in half precision is looked at with them.

    Raises: SelectionError for a name or a case that is not there.
    """
    known = list(dict.fromkeys((*FUNCTIONS, *NETWORKS, *CHAINS)))
    for name in names:
        if name not in known:
            raise SelectionError(f"no function or network is called {name!r}{nearest(name, known)}")
    wanted = set(names or known)
    tasks = [
        Task("case", c.id, dtype)
        for c in GOOD
        if c.function in wanted and case in (None, c.id, c.name)
        for dtype in c.dtypes
        if dtype in dtypes
    ]
    if case is not None:
        if not tasks:
            raise SelectionError(_no_such_case(case, wanted))
        return [*tasks, *_witness_tasks(tasks, set(), dtypes)] if witnesses else tasks
    for name in names:
        if name in FUNCTIONS and not any(c.function == name for c in GOOD):
            raise SelectionError(f"{name} has no cases yet: add some in parity/cases/")
    tasks += [Task("bad", c.id, "") for c in BAD if forward_of(c.function) in wanted]
    for network in NETWORKS.values():
        if network.name in wanted and (full or names or not network.full):
            kinds = ("network", "training") if network.steps else ("network",)
            tasks += [
                Task(kind, network.name, d) for kind in kinds for d in network.dtypes if d in dtypes
            ]
    return [*tasks, *_witness_tasks(tasks, wanted, dtypes)] if witnesses else tasks


def _witness_tasks(
    tasks: Sequence[Task], wanted: Container[str], dtypes: Sequence[str]
) -> list[Task]:
    """What the witnesses beside torch are asked of these cases and networks."""
    return [
        *_integer_tasks(tasks),
        *(Task(INTEGERS, name, d) for name in CHAINS if name in wanted for d in dtypes),
        *_derivatives(tasks),
        *(Task(SYMBOLS, name, "") for name in SYMBOLIC if name in wanted),
        *_half_tasks(wanted, dtypes),
    ]


def _half_tasks(wanted: Container[str], dtypes: Sequence[str]) -> list[Task]:
    if not set(FLOATS) <= set(dtypes):
        return []
    chosen = [case.id for case in half_cases().values() if case.function in wanted]
    return [Task("half", case_id, d) for case_id in chosen for d in HALF_DTYPES]


def _integer_tasks(tasks: Sequence[Task]) -> list[Task]:
    """Every geometry once, in the dtypes of the first case that has it."""
    cases = [task for task in tasks if task.kind == "case"]
    firsts = representatives([CASES[task.id] for task in cases])
    return [Task(INTEGERS, task.id, task.dtype) for task in cases if task.id in firsts]


def _derivatives(tasks: Sequence[Task]) -> list[Task]:
    """A case or network of these is differentiated once: exact arithmetic has no dtype."""
    last = {task.id: task for task in tasks if task.kind in ("case", "network")}
    return [
        Task(DERIVATIVE, task.id, task.dtype)
        for task in last.values()
        if task.id in NETWORKS or FUNCTIONS[CASES[task.id].function].inputs
        if COVERED.get(task.id) not in last
    ]


def _no_such_case(case: str, wanted: set[str]) -> str:
    """Why a case was not found: it is another function's, has other dtypes, or is nowhere."""
    named = [c for c in GOOD if case in (c.id, c.name)]
    if not named:
        ids = [c.name for c in GOOD if c.function in wanted] + list(CASES)
        return f"no case is called {case!r}{nearest(case, ids)}"
    here = [c for c in named if c.function in wanted]
    if not here:
        functions = ", ".join(dict.fromkeys(c.function for c in named))
        return f"case {case!r} is one of {functions}, not of {', '.join(sorted(wanted))}"
    return f"case {case!r} runs in {', '.join(here[0].dtypes)} only"


def run(
    tasks: Sequence[Task],
    settings: Settings,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
) -> Findings:
    """All findings, in the order of the tasks whatever `jobs` is.

    Each process computes with one BLAS thread and one torch thread, so that sums are formed in
    the same order however many processes there are. `done` is told as tasks end.
    """
    results: dict[int, Findings] = {}
    for number, findings in _results(tasks, settings, jobs):
        results[number] = findings
        done(1)
    everything = Findings()
    for number in sorted(results):
        everything.extend(results[number])
    return everything


def _results(
    tasks: Sequence[Task], settings: Settings, jobs: int
) -> Iterator[tuple[int, Findings]]:
    oracle.set_tf32(settings.tf32)
    numbered = list(enumerate(tasks))
    if jobs == 1:
        with threadpool_limits(1), oracle.single_threaded(settings.tf32):
            for number, task in numbered:
                yield number, run_task(task, settings)
        return
    # The long tasks first, so that no worker is left with one at the end.
    long = [[pair] for pair in numbered if _takes_long(pair[1])]
    short = [pair for pair in numbered if not _takes_long(pair[1])]
    chunks = long[::-1] + [short[i : i + CHUNK] for i in range(0, len(short), CHUNK)]
    # A worker's second thread must not spin while it waits for the first.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # "spawn": torch's threads do not survive a fork.
    with ProcessPoolExecutor(
        jobs, get_context("spawn"), initializer=start_worker, initargs=(settings.tf32,)
    ) as pool:
        futures = [pool.submit(_run_chunk, chunk, settings) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _takes_long(task: Task) -> bool:
    return task.id in (*NETWORKS, *CHAINS) or task.kind == SYMBOLS


def _run_chunk(chunk: Sequence[tuple[int, Task]], settings: Settings) -> list[tuple[int, Findings]]:
    return [(number, run_task(task, settings)) for number, task in chunk]


def element_cases(ids: Sequence[str] | None) -> tuple[str, ...]:
    """The cases whose every element is reported: those named, or the worked examples.

    Raises: SelectionError for a case that is not there.
    """
    if ids is None:
        return tuple(case.id for case in GOOD if case.worked_example)
    for case_id in ids:
        if case_id not in CASES:
            raise SelectionError(f"no case is called {case_id!r}{nearest(case_id, list(CASES))}")
    return tuple(ids)
