"""Properties as tasks of a run: a quick one asks fewer cases, none goes without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from parity.cases.networks import NETWORKS
from parity.results.verdicts import PROPERTIES
from parity.suite.task import Task
from parity.witnesses.properties.choice import chosen


def property_tasks(tasks: Sequence[Task], dtypes: Sequence[str], quick: bool) -> list[Task]:
    """Which of these cases are asked for their properties, and in which dtype; every network.

    Networks that take long are not asked: their layers are those of smaller ones.
    """
    asked = {task.id: task for task in tasks if task.kind == "case"}
    pairs = chosen([task.layer_case for task in asked.values()], dtypes, quick)
    networks = [
        Task(PROPERTIES, task.id, task.dtype)
        for task in tasks
        if task.kind == "network" and not NETWORKS[task.id].full
    ]
    cases = [replace(asked[case.id], kind=PROPERTIES, dtype=dtype) for case, dtype in pairs]
    return [*cases, *networks]
