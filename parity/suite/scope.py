"""Which suite is run, or which part of it: what names, a case, dtypes and options choose."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from parity.results.about import PART
from parity.suite.task import Task
from parity.suite.tasks import element_cases, select

EVERY = "all"  # among the cases whose elements are reported: every element of what is outside, too


class Asked(NamedTuple):
    """What options choose."""

    names: Sequence[str]
    case: str | None
    dtypes: Sequence[str]
    full: bool
    quick: bool
    seed: int
    elements: Sequence[str]

    @property
    def shown(self) -> list[str]:
        """The cases whose every element is reported."""
        return [name for name in self.elements if name != EVERY]


class Chosen(NamedTuple):
    """What is run; the ids of cases whose every element is reported; what is not asked."""

    tasks: list[Task]
    shown: tuple[str, ...]
    notes: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()  # of a file, in words


def of_catalogue(asked: Asked) -> Chosen:
    """Listed and generated cases. Raises: SelectionError."""
    names, case, dtypes, full, quick, seed, _ = asked
    tasks = select(names, case, dtypes, full, not quick, seed)
    return Chosen(tasks, element_cases(asked.shown or None, names))


def scope_of(
    names: Sequence[str],
    case: str | None,
    dtypes: Sequence[str],
    full: bool,
    quick: bool,
    shapes: Path | None = None,
) -> str:
    """Which suite is run, "default", "quick" or "full", or which part of it.

    >>> scope_of(["relu"], "maps", [], full=False, quick=True)
    "part: relu --case 'maps' of quick"
    """
    suite = "full" if full else "quick" if quick else "default"
    chosen = [*names, *([f"--shapes {shapes}"] if shapes else [])]
    chosen += [*([f"--case '{case}'"] if case else []), *(f"--dtype {d}" for d in dtypes)]
    return f"{PART}: {' '.join(chosen)} of {suite}" if chosen else suite
