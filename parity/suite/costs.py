"""About how long tasks take, so that no more processes are started than the work is worth.

Measured on one core of a two-core AMD EPYC, rounded: only the sum counts, and only roughly.
"""

from __future__ import annotations

from collections.abc import Iterable

from parity.cases.networks import NETWORKS
from parity.judges.training import QUICK_STEPS
from parity.results.verdicts import DERIVATIVE, INTEGERS, PROPERTIES, SYMBOLS
from parity.suite.task import GENERATED, PLANTED, Task

SECONDS = {
    "case": 0.01,
    GENERATED: 0.005,
    "bad": 0.0001,
    "half": 0.006,
    "network": 0.05,
    INTEGERS: 0.015,
    DERIVATIVE: 0.006,
    PROPERTIES: 0.012,
    SYMBOLS: 0.2,
    PLANTED[0]: 0.01,
    PLANTED[1]: 0.05,
}
STEP = 0.05  # of a training
FULL = 30.0  # a network that takes long


def seconds(tasks: Iterable[Task], quick: bool = False) -> float:
    """What these tasks take one process, about.

    >>> round(seconds([Task("case", "relu[maps]", "float32"), Task("symbols", "relu", "")]), 2)
    0.21
    """
    return sum(_of(task, quick) for task in tasks)


def _of(task: Task, quick: bool) -> float:
    network = NETWORKS.get(task.id)
    if network and network.full:
        return FULL
    if network and task.kind == "training":
        return STEP * (min(network.steps, QUICK_STEPS) if quick else network.steps)
    return SECONDS[task.kind] if task.seconds is None else task.seconds
