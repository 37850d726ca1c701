"""What is timed, and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from parity.bench.workloads import WORKLOADS, Workload
from parity.suite.selection import SelectionError, absent, names_meant

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
    if not names:
        return all_workloads, all_networks
    wanted = {found for name in names for found in _called(name, all_workloads, all_networks)}
    workloads = tuple(w for w in all_workloads if {w.name, w.group, w.function} & wanted)
    return workloads, tuple(name for name in all_networks if name in wanted)


def _called(name: str, workloads: Sequence[Workload], networks: Sequence[str]) -> list[str]:
    """The workload, group or network of this name, or the functions and networks it stands for.

    Raises: UnknownWorkloadError if none of these is timed.
    """
    known = list(dict.fromkeys([*(n for w in workloads for n in (w.name, w.group)), *networks]))
    if name in known:
        return [name]
    try:
        return names_meant(name, [*dict.fromkeys(w.function for w in workloads), *networks])
    except SelectionError:
        near = get_close_matches(name, known, n=3)
        missing = f": refimpl has no {absent(name)}" if absent(name) else ""
        meant = "" if missing else f"; did you mean {' or '.join(map(repr, near))}?"
        listed = f"; there are {', '.join(map(repr, known))}"
        said = missing or (meant if near else listed)
        raise UnknownWorkloadError(f"no workload is called {name!r}{said}") from None
