"""A run: which tasks there are, and their findings, in one process or several."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from difflib import get_close_matches
from multiprocessing import get_context, parent_process
from threading import Thread

from threadpoolctl import threadpool_limits

from parity import oracle
from parity.cases import BAD, GOOD
from parity.cases.networks import NETWORKS
from parity.check import check_case, check_refusal
from parity.findings import Findings, Place, Settings, failure_row
from parity.functions import FUNCTIONS, forward_of
from parity.network import check_network
from parity.training import check_training

CASES = {case.id: case for case in GOOD}
BAD_CASES = {case.id: case for case in BAD}
CHUNK = 8  # small tasks handed to a worker at a time


class SelectionError(ValueError):
    """A name or case that the catalogue does not have."""


@dataclass(frozen=True)
class Task:
    """One piece of work: a case in a dtype, a bad case, a network or its training."""

    kind: str  # "case", "bad", "network", "training"
    id: str
    dtype: str


def run_task(task: Task, settings: Settings) -> Findings:
    """Do one task; an error of the comparison itself, or of torch, is a finding, not the end."""
    try:
        return _do(task, settings)
    except Exception as error:
        network = task.id if task.kind in ("network", "training") else ""
        function = "" if network else task.id.partition("[")[0]
        place = Place(task.id, function, task.dtype, (), network)
        reason = f"the comparison broke off: {type(error).__name__}: {error}"
        return Findings([failure_row(place, "", reason, settings)])


def _do(task: Task, settings: Settings) -> Findings:
    if task.kind == "case":
        return check_case(CASES[task.id], task.dtype, settings)
    if task.kind == "bad":
        return check_refusal(BAD_CASES[task.id], settings)
    check = check_training if task.kind == "training" else check_network
    return check(NETWORKS[task.id], task.dtype, settings)


def select(
    names: Sequence[str], case: str | None, dtypes: Sequence[str], full: bool = False
) -> list[Task]:
    """The tasks for function and network names (all if none) and one case (all if None).

    Networks that take long are among them if `full` says so or their name is given.

    Raises: SelectionError for a name or a case that is not there.
    """
    known = [*FUNCTIONS, *NETWORKS]
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
        return tasks
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
    return tasks


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


def nearest(name: str, known: Sequence[str]) -> str:
    """What comes near a name that is not known."""
    near = get_close_matches(name, list(dict.fromkeys(known)), n=3)
    return f"; did you mean {' or '.join(near)}?" if near else "; `parity list` shows them all"


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
    oracle.exact_products()
    numbered = list(enumerate(tasks))
    if jobs == 1:
        with threadpool_limits(1), oracle.single_threaded():
            for number, task in numbered:
                yield number, run_task(task, settings)
        return
    # The long tasks first, so that no worker is left with one at the end.
    long = [[pair] for pair in numbered if pair[1].kind in ("training", "network")]
    short = [pair for pair in numbered if pair[1].kind in ("case", "bad")]
    chunks = long[::-1] + [short[i : i + CHUNK] for i in range(0, len(short), CHUNK)]
    # "spawn": torch's threads do not survive a fork.
    with ProcessPoolExecutor(jobs, get_context("spawn"), initializer=start_worker) as pool:
        futures = [pool.submit(_run_chunk, chunk, settings) for chunk in chunks]
        try:
            for future in as_completed(futures):
                yield from future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def start_worker() -> None:
    """What a process does before its first task."""
    Thread(target=_end_with_parent, daemon=True).start()
    one_thread()


def one_thread() -> None:
    """Compute with one BLAS thread, one torch thread and no TF32."""
    threadpool_limits(1)
    oracle.set_threads(1)
    oracle.exact_products()


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work for ever."""
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


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
