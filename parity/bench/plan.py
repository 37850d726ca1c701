"""What is timed, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from parity.bench.workloads import WORKLOADS, Workload

BATCHES = {"lenet": 32, "alexnet": 1}  # the networks timed, and their batch


class UnknownWorkloadError(ValueError):
    """A name that no workload or network has."""


@dataclass(frozen=True)
class Plan:
    """What is timed, and how often."""

    workloads: tuple[Workload, ...] = WORKLOADS
    networks: tuple[str, ...] = tuple(BATCHES)
    dtypes: tuple[str, ...] = ("float64", "float32")
    threads: tuple[int, ...] = (1, 2)
    rounds: int = 7
    rivals: bool = False
    memory: bool = True

    @property
    def steps(self) -> int:
        """How many workloads will be reported as done."""
        return len(self.threads) * len(self.dtypes) * (len(self.workloads) + len(self.networks))


def chosen(
    names: Sequence[str],
    all_workloads: tuple[Workload, ...] = WORKLOADS,
    all_networks: tuple[str, ...] = tuple(BATCHES),
) -> tuple[tuple[Workload, ...], tuple[str, ...]]:
    """The workloads and networks of these names or groups; all if there are none.

    Raises: UnknownWorkloadError for a name that is not there.
    """
    groups = dict.fromkeys(w.group for w in all_workloads)
    known = [*(w.name for w in all_workloads), *groups, *all_networks]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=3)
            meant = (
                f"did you mean {' or '.join(map(repr, near))}?"
                if near
                else (f"there are {', '.join(map(repr, known))}")
            )
            raise UnknownWorkloadError(f"no workload is called {name!r}; {meant}")
    if not names:
        return all_workloads, all_networks
    workloads = tuple(w for w in all_workloads if w.name in names or w.group in names)
    return workloads, tuple(name for name in all_networks if name in names)
