"""The coordinator: hands out batches, keeps what comes back, and survives lost workers."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass, field

from parity.cases.random_cases import Selection
from parity.sweep.batch import SIZE, Disagreement, Judged, judge_batch
from parity.sweep.executor import MakePool, PoolError
from parity.sweep.memory import Memory, resident
from parity.sweep.store import Store
from parity.sweep.versions import versions

AHEAD = 3  # batches for each worker: one that runs, and some for when it is done
# Times that workers may be lost before any batch is finished: more than it takes to halve a
# batch down to one case.
PATIENCE = 12


@dataclass(frozen=True)
class Plan:
    """Which cases, and what repeats one of them on the command line, less its number."""

    selection: Selection
    first: int
    cases: int
    again: str
    seconds: float | None = None  # no batch is handed out after so long


@dataclass
class Progress:
    """How far a sweep is."""

    cases: int
    stored: int  # by this sweep and by earlier ones
    disagreements: int
    worst_ratio: float
    judged: int = 0  # by this sweep
    seconds: float = 0.0
    lost: int = 0  # times that workers were lost
    own_seconds: float = 0.0  # handing out and storing, all else than waiting
    cpu_seconds: float = 0.0  # of the coordinator's process, its executor's threads included
    workers: int = 0
    busy_seconds: float = 0.0  # of all workers together: judging
    starting_seconds: float = 0.0  # until the first batch that was finished had begun
    memory: Memory = field(default_factory=Memory)
    new: list[Disagreement] = field(default_factory=list)  # since the last time

    @property
    def rate(self) -> float:
        """Cases per second."""
        return self.judged / self.seconds if self.seconds else 0.0

    @property
    def efficiency(self) -> float:
        """The share of the time that the workers judged; the rest they started or waited."""
        return self._busy(self.seconds)

    @property
    def efficiency_once_started(self) -> float:
        """The same without the start, which a longer sweep has only once too."""
        return self._busy(self.seconds - self.starting_seconds)

    def _busy(self, seconds: float) -> float:
        return self.busy_seconds / (self.workers * seconds) if self.workers and seconds > 0 else 0.0


Batch = list[int]
Told = Callable[[Progress], None]


def sweep(plan: Plan, store: Store, make_pool: MakePool, told: Told) -> Progress:
    """Judge every case of the plan that the store does not have.

    Raises: PoolError if workers are lost again and again, or run other versions; StoreError.
    """
    stored, disagreements, worst = store.counts(plan.first, plan.cases)
    progress = Progress(plan.cases, stored, disagreements, worst)
    rounds = _Rounds(plan, store, progress, told)
    batches: Iterator[Batch] = store.missing(plan.first, plan.cases, SIZE)
    rounds.start, cpu = time.perf_counter(), time.process_time()
    while lost := rounds.run(batches, make_pool):
        progress.lost += 1
        rounds.vain += 1
        if rounds.vain >= PATIENCE:
            raise PoolError(_killer(min(lost), plan.again))
        rounds.suspects.extendleft(reversed([half for one in sorted(lost) for half in halves(one)]))
    progress.seconds = time.perf_counter() - rounds.start
    progress.cpu_seconds = time.process_time() - cpu
    return progress


def halves(numbers: Batch) -> list[Batch]:
    """The two halves of a batch, so that a case that kills its worker is cornered.

    >>> halves([4, 5, 6]), halves([4])
    ([[4], [5, 6]], [[4]])
    """
    middle = len(numbers) // 2
    return [half for half in (numbers[:middle], numbers[middle:]) if half]


def _killer(numbers: Batch, again: str) -> str:
    """What is said of the batch that was lost every time."""
    first, last = numbers[0], numbers[-1]
    if first == last:
        return f"case {first} kills its worker: see `{again} --only {first}`"
    repeated = f"{again} --first {first} --cases {last - first + 1}"
    return f"one of the cases {first} to {last} kills its worker: see `{repeated}`"


class _Rounds:
    """The loop itself; a new round begins with new workers.

    Batches that were lost are handed out one by one before any other: a worker that is lost then
    was lost by that batch.
    """

    def __init__(self, plan: Plan, store: Store, progress: Progress, told: Told) -> None:
        self.plan, self.store, self.progress, self.told = plan, store, progress, told
        self.start = 0.0
        self.suspects: deque[Batch] = deque()  # that were lost, by their numbers
        self.vain = 0  # rounds in which no batch was finished

    def run(self, batches: Iterator[Batch], make_pool: MakePool) -> list[Batch]:
        """Until all batches are done or workers are lost; the batches that were lost."""
        pending: dict[Future[Judged], Batch] = {}
        with make_pool() as pool:
            self.progress.workers = pool.workers
            try:
                self._fill(pending, batches, pool.executor, AHEAD * pool.workers)
                while pending:
                    done, _ = wait(pending, return_when=FIRST_COMPLETED)
                    begun = time.perf_counter()
                    for future in sorted(done, key=lambda f: (_failed(f), pending[f])):
                        self._keep(_result(future, pending[future]))
                        del pending[future]
                    self._fill(pending, batches, pool.executor, AHEAD * pool.workers)
                    self.progress.own_seconds += time.perf_counter() - begun
            except BrokenExecutor:
                return list(pending.values())
            except BaseException:
                for future in pending:
                    future.cancel()
                raise
        return []

    def _fill(
        self,
        pending: dict[Future[Judged], Batch],
        batches: Iterator[Batch],
        executor: Executor,
        most: int,
    ) -> None:
        """Hand out batches; no more than `most` are out, so that memory stays flat."""
        plan = self.plan
        while len(pending) < (1 if self.suspects else most) and not self._late():
            numbers = self.suspects.popleft() if self.suspects else next(batches, None)
            if numbers is None:
                return
            try:
                future = executor.submit(judge_batch, plan.selection, numbers, plan.again)
            except BrokenExecutor:
                pending[Future()] = numbers  # is lost with the others
                raise
            pending[future] = numbers

    def _late(self) -> bool:
        return (
            self.plan.seconds is not None and time.perf_counter() - self.start >= self.plan.seconds
        )

    def _keep(self, judged: Judged) -> None:
        if judged.versions != versions():
            raise PoolError(
                f"a worker has {judged.versions}, but the sweep runs with {versions()}; "
                "install the same on all machines"
            )
        self.store.add(judged)
        self.vain = 0
        progress = self.progress
        progress.seconds = time.perf_counter() - self.start
        if not progress.judged:
            progress.starting_seconds = max(0.0, progress.seconds - judged.seconds)
        progress.busy_seconds += judged.seconds
        progress.stored += len(judged.results)
        progress.judged += len(judged.results)
        progress.disagreements += len(judged.disagreements)
        agreeing = (r.worst_ratio for r in judged.results if r.verdict != "outside")
        progress.worst_ratio = max(progress.worst_ratio, max(agreeing, default=0.0))
        missing = progress.cases - (progress.stored - progress.judged)
        progress.memory.saw(progress.judged / missing, resident(), judged.memory)
        progress.new = judged.disagreements
        self.told(progress)


def _failed(future: Future[Judged]) -> bool:
    return future.cancelled() or future.exception() is not None


def _result(future: Future[Judged], numbers: Batch) -> Judged:
    """What a batch found. A cluster gives up a batch that it has lost too often."""
    try:
        return future.result()
    except BrokenExecutor:
        raise
    except Exception as error:
        raise PoolError(
            f"the workers gave up cases {numbers[0]} to {numbers[-1]}: "
            f"{type(error).__name__}: {error}"
        ) from error
