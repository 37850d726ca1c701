"""Who does the work: processes here, or a Dask cluster. Both are `concurrent.futures` executors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple

from parity.suite.processes import pool

ANSWER = 10.0  # seconds that a scheduler has to answer, and then to have a worker


class Pool(NamedTuple):
    """An executor, and how many batches it can do at a time."""

    executor: Executor
    workers: int


MakePool = Callable[[], AbstractContextManager[Pool]]


class PoolError(ValueError):
    """No worker can be had."""


@contextmanager
def local(jobs: int) -> Iterator[Pool]:
    """So many processes on this machine."""
    with pool(jobs, start_sweep_worker) as executor:
        yield Pool(executor, jobs)


def start_sweep_worker() -> None:
    """As in a run."""
    from parity.suite.workers import one_thread  # torch, which the coordinator does without

    one_thread()


@contextmanager
def dask(address: str) -> Iterator[Pool]:
    """The workers of a Dask cluster, by the address of its scheduler.

    Raises: PoolError if Dask is not installed, nobody answers at the address or no worker is there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise PoolError(
            "--dask needs Dask: pip install -e '.[dask]' in the clone, here and on every worker"
        ) from None
    try:
        client = Client(address, timeout=ANSWER)
    except (OSError, ValueError) as error:
        raise PoolError(f"--dask {address}: no scheduler answers ({error})") from None
    with client:
        try:
            client.wait_for_workers(1, timeout=ANSWER)
        except TimeoutError:
            raise PoolError(
                f"the cluster at {address} has no workers: start some with `dask worker {address}`"
            ) from None
        yield Pool(client.get_executor(), max(1, sum(client.nthreads().values())))
