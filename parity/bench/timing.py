"""Seconds of several contenders, taken in turns in one process.

These machines are shared: what slows one contender down soon slows down the next. So every round
times each of them once, and a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any, NamedTuple

Calls = Mapping[str, Callable[[], Any]]


class Spent(NamedTuple):
    """The seconds of one call: of this process on the processor, and by the clock."""

    cpu: float
    wall: float


SAMPLE = 0.02  # seconds that a sample lasts at least: short calls are repeated


def interleaved(calls: Calls, rounds: int) -> dict[str, list[float]]:
    """The seconds of one call of each contender by the clock, for each round."""
    repeats = {name: warmed_up(call) for name, call in calls.items()}
    return {name: [s.wall for s in each] for name, each in turns(calls, repeats, rounds).items()}


def turns(calls: Calls, repeats: Mapping[str, int], rounds: int) -> dict[str, list[Spent]]:
    """What one call of each contender takes, for each round; repeats: how many a sample has."""
    spent: dict[str, list[Spent]] = {name: [] for name in calls}
    with _without_collection():
        for number in range(rounds):
            names = list(calls)
            # Each round begins with another contender: nobody always runs on a warm cache.
            start = number % len(names)
            for name in (*names[start:], *names[:start]):
                spent[name].append(_spent(calls[name], repeats[name]))
    return spent


def ratio(seconds: Mapping[str, list[float]], name: str, to: str) -> float:
    """The median over the rounds of one contender's time through another's.

    >>> ratio({"a": [1.0, 9.0, 3.0], "b": [2.0, 3.0, 2.0]}, "a", "b")
    1.5
    """
    return median(a / b for a, b in zip(seconds[name], seconds[to], strict=True))


def repeats_of(seconds: float) -> int:
    """How many calls of so many seconds a sample takes.

    >>> repeats_of(0.004), repeats_of(3.0)
    (5, 1)
    """
    return max(1, round(SAMPLE / max(seconds, 1e-7)))


def warmed_up(call: Callable[[], Any]) -> int:
    """How many calls a sample takes; the first, uncounted call warms up."""
    call()
    return repeats_of(_spent(call, 1).wall)


def _spent(call: Callable[[], Any], repeats: int) -> Spent:
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(repeats):
        call()
    return Spent((time.process_time() - cpu) / repeats, (time.perf_counter() - wall) / repeats)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Python's garbage collector would be charged to whoever is timed."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
