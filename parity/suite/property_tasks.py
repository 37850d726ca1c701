"""Properties as tasks of a run: a quick one asks fewer cases, none goes without."""

from __future__ import annotations

from collections.abc import Sequence

from parity.cases.networks import NETWORKS
from parity.results.verdicts import PROPERTIES
from parity.suite.task import CASES, Task
from parity.witnesses.properties.choice import chosen


def property_tasks(tasks: Sequence[Task], dtypes: Sequence[str], quick: bool) -> list[Task]:
    """Which of these cases are asked for their properties, and in which dtype; every network.

    Networks that take long are not asked: their layers are those of smaller ones.
    """
    ids = dict.fromkeys(task.id for task in tasks if task.kind == "case")
    pairs = chosen([CASES[name] for name in ids], dtypes, quick)
    networks = [
        Task(PROPERTIES, task.id, task.dtype)
        for task in tasks
        if task.kind == "network" and not NETWORKS[task.id].full
    ]
    return [*(Task(PROPERTIES, case.id, dtype) for case, dtype in pairs), *networks]
