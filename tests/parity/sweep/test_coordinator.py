"""The coordinator: nothing twice, nothing lost, whatever happens to the workers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from planting import plant
from sweeping import QUICK, here, plan, stored

import refimpl
from parity.bounds import terms
from parity.cases.random_cases import Selection
from parity.judges import layer as check
from parity.results.settings import Settings
from parity.sweep import batch, coordinator
from parity.sweep.batch import Judged, judge_batch, rows_of
from parity.sweep.case_json import from_json
from parity.sweep.coordinator import AHEAD, Plan, Progress, sweep
from parity.sweep.executor import MakePool, Pool, PoolError
from parity.sweep.store import opened
from parity.sweep.versions import versions

SIZE = 20
CASES = 2 * SIZE + 15


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coordinator, "SIZE", SIZE)


def nothing(progress: Progress) -> None:
    pass


def run(
    path: Path, asked: Plan, pool: MakePool = here, told: Callable[[Progress], None] = nothing
) -> Progress:
    with opened(path, asked.selection, versions()) as store:
        return sweep(asked, store, pool, told)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Any, ...]]:
    """What an uninterrupted sweep stores."""
    path = tmp_path_factory.mktemp("whole") / "sweep.sqlite"
    progress = run(path, plan(CASES))
    assert (progress.judged, progress.stored, progress.disagreements) == (CASES, CASES, 0)
    return stored(path)


def test_every_case_once(whole: list[tuple[Any, ...]]) -> None:
    """In the order of the numbers, each with a verdict."""
    assert [row[0] for row in whole] == list(range(CASES))
    assert {row[3] for row in whole} <= {"within", "identical", "blind", "empty"}


def test_ranges_give_what_one_sweep_gives(tmp_path: Path, whole: list[tuple[Any, ...]]) -> None:
    """The end first, then the beginning, then all: only the middle is judged then."""
    path = tmp_path / "sweep.sqlite"
    assert run(path, plan(12, first=CASES - 12)).judged == 12
    assert run(path, plan(22)).judged == 22
    assert run(path, plan(CASES)).judged == CASES - 34
    assert run(path, plan(CASES)).judged == 0
    assert stored(path) == whole


def test_another_seed_stores_something_else(tmp_path: Path, whole: list[tuple[Any, ...]]) -> None:
    """The comparison above can fail."""
    path = tmp_path / "sweep.sqlite"
    run(path, plan(CASES, Selection(8, QUICK.functions)))
    assert stored(path) != whole


# --- limits -------------------------------------------------------------------------------


def test_no_batch_is_handed_out_after_the_time(tmp_path: Path) -> None:
    """What is out is finished; the same call continues."""
    path = tmp_path / "sweep.sqlite"
    assert run(path, plan(CASES, seconds=0.0)).judged == 0
    ticks = count(0.0).__next__  # a second later at each look
    clock = SimpleNamespace(perf_counter=ticks, process_time=ticks)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "time", clock)
        patch.setattr(coordinator, "judge_batch", quick_batch)
        some = run(path, plan(20 * SIZE, seconds=8.0)).judged
    assert 0 < some < 20 * SIZE
    assert some % SIZE == 0


def test_few_batches_are_out_at_a_time(tmp_path: Path) -> None:
    """However many cases there are: memory stays flat."""
    out, most = 0, 0
    lock = threading.Lock()

    class Counting(ThreadPoolExecutor):
        def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
            nonlocal out, most
            with lock:
                out += 1
                most = max(most, out)
            future = super().submit(*args, **kwargs)
            future.add_done_callback(lambda _: less())
            return future

    def less() -> None:
        nonlocal out
        with lock:
            out -= 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "judge_batch", quick_batch)
        progress = run(
            tmp_path / "a.sqlite", plan(100 * SIZE), pool_of(lambda: Counting(2), workers=2)
        )
    assert progress.judged == 100 * SIZE
    assert 2 < most <= 2 * AHEAD


def quick_batch(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
    """A worker that judges nothing."""
    results = [batch.Result(n, "relu", "float32", "identical", 0.0, "y", 1, 0.0) for n in numbers]
    return Judged(results, versions=versions())


def pool_of(make: Callable[[], Executor], workers: int = 1) -> MakePool:
    @contextmanager
    def pool() -> Iterator[Pool]:
        with make() as executor:
            yield Pool(executor, workers)

    return pool


# --- lost workers -------------------------------------------------------------------------


class Breaking(ThreadPoolExecutor):
    """Workers that are lost after so many batches: whatever is out then is lost with them."""

    def __init__(self, batches: int) -> None:
        super().__init__(1)
        self.left = batches
        self.broken = False

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.broken:
            raise BrokenExecutor("a process ended abruptly")
        self.left -= 1
        if self.left >= 0:
            return super().submit(*args, **kwargs)
        self.broken = True
        lost: Future[Any] = Future()
        lost.set_exception(BrokenExecutor("a process ended abruptly"))
        return lost


def breaking_after(*batches: int) -> MakePool:
    """Pools that break one after another, then one that holds."""
    left = list(batches)

    def make() -> AbstractContextManager[Pool]:
        return pool_of(lambda: Breaking(left.pop(0)))() if left else here()

    return make


@pytest.mark.parametrize("batches", [(0,), (1,), (2,), (1, 1), (0, 0, 1)], ids=str)
def test_lost_batches_are_judged_again(
    tmp_path: Path, whole: list[tuple[Any, ...]], batches: tuple[int, ...]
) -> None:
    """By new workers; the result is that of a sweep without losses."""
    path = tmp_path / "sweep.sqlite"
    progress = run(path, plan(CASES), breaking_after(*batches))
    assert progress.lost == len(batches)
    assert progress.judged == CASES
    assert stored(path) == whole


class Killing(ThreadPoolExecutor):
    """Workers that are lost as soon as one has a batch with this case."""

    def __init__(self, killer: int, handed_out: list[list[int]]) -> None:
        super().__init__(1)
        self.killer, self.handed_out = killer, handed_out
        self.broken = False

    def submit(self, *args: Any, **kwargs: Any) -> Future[Any]:
        numbers = args[2]
        self.handed_out.append(numbers)
        self.broken = self.broken or self.killer in numbers
        if not self.broken:
            return super().submit(*args, **kwargs)
        lost: Future[Any] = Future()
        lost.set_exception(BrokenExecutor("a process ended abruptly"))
        return lost


@pytest.mark.parametrize("killer", [0, 25, SIZE - 1, SIZE, CASES - 1])
def test_a_case_that_kills_its_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killer: int
) -> None:
    """It is cornered and named; all before it is judged, and the sweep does not go on for ever."""
    monkeypatch.setattr(coordinator, "judge_batch", quick_batch)
    path, handed_out = tmp_path / "sweep.sqlite", list[list[int]]()
    with pytest.raises(PoolError) as raised:
        run(path, plan(CASES), pool_of(lambda: Killing(killer, handed_out), workers=2))
    assert str(raised.value) == (
        f"case {killer} kills its worker: see `parity sweep --seed 7 --only {killer}`"
    )
    assert handed_out[-1] == [killer]
    numbers = [row[0] for row in stored(path)]
    assert numbers[:killer] == list(range(killer))
    assert killer not in numbers


def test_the_largest_batch_is_halved_down_to_one_case(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before patience ends; with less of it the cases among which the killer is are named."""
    monkeypatch.setattr(coordinator, "SIZE", batch.SIZE)
    monkeypatch.setattr(coordinator, "judge_batch", quick_batch)
    pool = pool_of(lambda: Killing(0, []))
    with pytest.raises(PoolError, match=r"^case 0 kills its worker"):
        run(tmp_path / "a.sqlite", plan(batch.SIZE), pool)
    monkeypatch.setattr(coordinator, "PATIENCE", 2)
    with pytest.raises(PoolError) as raised:
        run(tmp_path / "b.sqlite", plan(batch.SIZE), pool)
    assert str(raised.value) == (
        f"one of the cases 0 to {batch.SIZE // 2 - 1} kills its worker: see "
        f"`parity sweep --seed 7 --first 0 --cases {batch.SIZE // 2}`"
    )


def test_a_batch_that_a_cluster_gives_up(tmp_path: Path) -> None:
    """What its executor raises is said with the cases; what is stored stays."""

    class LostError(Exception):
        pass

    def give_up(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
        if numbers[0] == SIZE:
            raise LostError("lost 4 times")
        return judge_batch(selection, numbers, again)

    path = tmp_path / "sweep.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "judge_batch", give_up)
        with pytest.raises(PoolError) as raised:
            run(path, plan(CASES))
    assert str(raised.value) == (
        f"the workers gave up cases {SIZE} to {2 * SIZE - 1}: LostError: lost 4 times"
    )
    assert [row[0] for row in stored(path)][:SIZE] == list(range(SIZE))
    assert SIZE not in {row[0] for row in stored(path)}


def test_a_worker_of_another_version(tmp_path: Path) -> None:
    """Its results would mix with others': it is refused with both versions."""

    def other(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
        return Judged(versions="torch 1")

    path = tmp_path / "sweep.sqlite"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "judge_batch", other)
        with pytest.raises(PoolError) as raised:
            run(path, plan(CASES))
    assert str(raised.value) == (
        f"a worker has torch 1, but the sweep runs with {versions()}; install the same on all "
        "machines"
    )
    assert stored(path) == []


def test_ctrl_c_keeps_what_is_stored(tmp_path: Path, whole: list[tuple[Any, ...]]) -> None:
    """The sweep ends; the same call continues."""
    path = tmp_path / "sweep.sqlite"

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, plan(CASES), told=interrupt)
    assert [row[0] for row in stored(path)] == list(range(SIZE))
    assert run(path, plan(CASES)).judged == CASES - SIZE
    assert stored(path) == whole


def test_a_batch_leaves_no_caches_behind() -> None:
    """No geometry comes twice: what is kept of them would only take memory."""
    judge_batch(Selection(7, ("conv2d",)), range(3), "again")
    assert terms._counted.cache_info().currsize == 0


# --- disagreements ------------------------------------------------------------------------


def wrong(grads: Any) -> Any:
    """dweight 0.05 % too large."""
    return grads._replace(dweight=grads.dweight * np.asarray(1.0005, grads.dweight.dtype))


def test_a_planted_mistake_is_found_shrunk_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep goes on; what is kept is enough to repeat it, and as small as can be."""
    plant(monkeypatch, refimpl, "linear_backward", wrong)
    told: list[str] = []
    path = tmp_path / "sweep.sqlite"
    progress = run(path, plan(60), told=lambda p: told.extend(d.message for d in p.new))
    assert progress.judged == 60
    with opened(path, QUICK, versions()) as store:
        kept = store.disagreements(0, 60)
        outside = [r for r in store.results(0, 60) if r.verdict == "outside"]
    assert len(kept) == len(told) == progress.disagreements == len(outside) > 5
    assert {result.function for result in outside} == {"linear"}
    first = kept[0]
    assert first.message == told[0]
    assert f"again: parity sweep --seed 7 --only {first.number}" in first.message
    case, dtype, seed = from_json(first.shrunk)
    elements = sum(int(np.prod(source.shape)) for source in case.arrays.values())  # type: ignore[union-attr]
    assert elements <= 6
    assert "bias" not in case.arrays
    assert any(row.failed for row in rows_of(case, dtype, Settings(seed=seed)))
    monkeypatch.undo()
    assert not any(row.failed for row in rows_of(case, dtype, Settings(seed=seed)))


def test_an_exception_is_shrunk_to_one_of_its_kind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Arguments that refimpl refuses for another reason are not its smallest form."""
    right = refimpl.max_pool2d

    def raising(x: Any, *args: Any, **options: Any) -> Any:
        if x.ndim == 4 and x.shape[2] > 2:
            raise ZeroDivisionError("of the window")
        return right(x, *args, **options)

    monkeypatch.setattr(refimpl, "max_pool2d", raising)
    path = tmp_path / "sweep.sqlite"
    selection = Selection(7, ("max_pool2d",))
    run(path, plan(20, selection))
    with opened(path, selection, versions()) as store:
        kept = store.disagreements(0, 20)
    case, _, _ = from_json(kept[0].shrunk)
    assert case.arrays["x"].shape == (1, 1, 3, 1)  # type: ignore[union-attr]
    assert "refimpl raised ZeroDivisionError: of the window" in kept[0].message


def test_an_exception_of_torch_is_a_disagreement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep says so and goes on."""

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("mat1 and mat2")

    monkeypatch.setattr(check, "check_case", broken)
    path = tmp_path / "sweep.sqlite"
    progress = run(path, plan(12))
    assert progress.disagreements == progress.judged == 12
    with opened(path, QUICK, versions()) as store:
        assert "the comparison broke off: RuntimeError: mat1 and mat2" in (
            store.disagreements(0, 12)[0].message
        )


def test_the_coordinator_counts_its_own_time(tmp_path: Path) -> None:
    """Handing out and storing; not waiting."""

    def slow(selection: Selection, numbers: Sequence[int], again: str) -> Judged:
        time.sleep(0.2)
        return quick_batch(selection, numbers, again)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinator, "judge_batch", slow)
        progress = run(tmp_path / "a.sqlite", plan(3 * SIZE))
    assert progress.seconds > 0.6
    assert 0 < progress.own_seconds < progress.seconds / 2
    assert progress.rate == pytest.approx(progress.judged / progress.seconds)
