"""A run: its tasks and their findings, in one process or several."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import as_completed
from contextlib import closing

from threadpoolctl import threadpool_limits

from parity import oracle
from parity.cases.chains import CHAINS
from parity.cases.networks import NETWORKS
from parity.environment.garbage import looked_for_seldom
from parity.judges.layer import broken_off, check_case, check_refusal
from parity.judges.network import check_network
from parity.judges.training import check_training
from parity.results.findings import Findings
from parity.results.judging import Place, failure_row
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import OUTSIDE, PROPERTIES, SYMBOLS
from parity.suite.processes import pool
from parity.suite.task import BAD_CASES, GENERATED, PLANTED, WITNESSES, Task
from parity.suite.vouching import broken, plant
from parity.suite.workers import one_thread
from parity.witnesses.properties.check import check_properties
from parity.witnesses.properties.check_network import check_network_properties

CHUNK = 24  # small tasks handed to a worker at a time
LONG = 0.1  # seconds of a task that is not small
Numbered = tuple[int, Task]


def run_task(task: Task, settings: Settings) -> Findings:
    """Do one task; an error of the comparison itself, or of torch, is a finding, not the end."""
    try:
        return plant(task, settings, run_task) if task.kind in PLANTED else _do(task, settings)
    except Exception as error:
        network = task.id if task.id in (*NETWORKS, *CHAINS) else ""
        function = "" if network else task.id.partition("[")[0]
        reason = broken_off(error, task.case, task.dtype, settings)
        if task.kind in PLANTED:
            return broken(task, reason)
        if task.kind in (PROPERTIES, *WITNESSES):
            row = WitnessRow(
                task.id, function, network, task.dtype, task.kind, "", 0, OUTSIDE, None, reason
            )
            return Findings(witnesses=[row])
        place = Place(task.id, function, task.dtype, (), network)
        return Findings([failure_row(place, "", reason, settings)])


def _do(task: Task, settings: Settings) -> Findings:
    if task.kind in (*WITNESSES, "half"):
        from parity.suite.witness_tasks import ask  # flint, which a quick run does without

        return ask(task, settings)
    if task.kind == PROPERTIES:
        if task.id in NETWORKS:
            return check_network_properties(NETWORKS[task.id], task.dtype, settings)
        return check_properties(task.layer_case, task.dtype, settings)
    if task.kind in ("case", GENERATED):
        return check_case(task.layer_case, task.dtype, settings, exactly=task.exactly)
    if task.kind == "bad":
        return check_refusal(BAD_CASES[task.id], settings)
    check = check_training if task.kind == "training" else check_network
    return check(NETWORKS[task.id], task.dtype, settings)


def run(
    tasks: Sequence[Task],
    settings: Settings,
    jobs: int = 1,
    done: Callable[[int], None] = lambda count: None,
    results: dict[int, Findings] | None = None,
) -> Findings:
    """All findings, in the order of the tasks whatever `jobs` is.

    Each process computes with one BLAS thread and one torch thread, so that sums are formed in
    the same order however many processes there are. `done` is told as tasks end. results: has
    what they found, by their numbers, as far as they have ended.
    """
    results = {} if results is None else results
    # Threads and processes, too, end there.
    with looked_for_seldom(), closing(_results(tasks, settings, jobs)) as found:
        for number, findings in found:
            results[number] = findings
            done(1)
    return in_order(results)


def in_order(results: Mapping[int, Findings]) -> Findings:
    """What tasks found, in the order of their numbers."""
    everything = Findings()
    for number in sorted(results):
        everything.extend(results[number])
    return everything


def _results(
    tasks: Sequence[Task], settings: Settings, jobs: int
) -> Generator[tuple[int, Findings]]:
    oracle.set_tf32(settings.tf32)
    numbered = list(enumerate(tasks))
    if jobs == 1:
        with threadpool_limits(1), oracle.single_threaded(settings.tf32):
            for number, task in numbered:
                yield number, run_task(task, settings)
        return
    with pool(jobs, one_thread, settings.tf32) as executor:
        futures = [executor.submit(_run_chunk, chunk, settings) for chunk in chunks(numbered)]
        for future in as_completed(futures):
            yield from future.result()


def chunks(numbered: Sequence[Numbered]) -> list[list[Numbered]]:
    """What a worker is handed at a time: what takes long first, so that none of it is the last.

    Symbols go to one worker: sympy takes long to load, and remembers what it has derived.
    """
    symbols = [pair for pair in numbered if pair[1].kind == SYMBOLS]
    long = [[pair] for pair in numbered if _takes_long(pair[1])]
    short = [pair for pair in numbered if pair[1].kind != SYMBOLS and not _takes_long(pair[1])]
    parts = [short[i : i + CHUNK] for i in range(0, len(short), CHUNK)]
    return [*([symbols] if symbols else []), *long[::-1], *parts]


def _takes_long(task: Task) -> bool:
    return task.id in (*NETWORKS, *CHAINS) or (task.seconds or 0) > LONG


def _run_chunk(chunk: Sequence[Numbered], settings: Settings) -> list[tuple[int, Findings]]:
    return [(number, run_task(task, settings)) for number, task in chunk]
