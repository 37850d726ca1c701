"""Which cases the properties are asked of: of ordinary numbers, few of them, each geometry once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import cycle
from math import prod
from typing import Any

from parity.cases.case import FLOATS, Case, Classes, Draw, Probabilities, Source

# Kinds of values that no gradient of twice the size leaves the normal numbers with.
ORDINARY = ("normal", "integers", "ties", "mask", "labels", "certainty", "spread")
LARGEST = 3000  # elements of all arrays of a case
LARGEST_OF_OTHERS = 1000  # of those whose options smaller cases have, too


def suits(case: Case) -> bool:
    """Whether a case has random arrays of ordinary numbers, not empty and not large."""
    drawn = all(map(_is_ordinary, case.arrays.values())) and case.upstream in ORDINARY
    if not drawn:
        return False
    least = min(prod(source.shape) for source in case.arrays.values())
    return least > 0 and case.elements <= LARGEST and case.expect is None


def chosen(
    cases: Sequence[Case], dtypes: Sequence[str], quick: bool = False
) -> list[tuple[Case, str]]:
    """Cases and dtypes: the few that have all options, in each dtype; the others, in turns.

    quick: those few alone, in turns.
    """
    suited = [case for case in cases if suits(case)]
    few = {case.id for same in _by_function(suited) for case in covering(same)}
    turns = cycle([d for d in FLOATS if d in dtypes] or [""])
    found: list[tuple[Case, str]] = []
    seen: set[str] = set()
    for case in suited:
        is_new = geometry(case) not in seen
        seen.add(geometry(case))
        if case.id in few and not quick:
            found += [(case, d) for d in case.dtypes if d in dtypes]
        elif case.id in few or (is_new and not quick and case.elements <= LARGEST_OF_OTHERS):
            dtype = next(turns)
            found += [(case, dtype)] if dtype in case.dtypes else []
    return found


def geometry(case: Case) -> str:
    """What two cases share that differ in their numbers alone."""
    shapes = {name: source.shape for name, source in case.arrays.items()}
    return repr((case.function, shapes, sorted(case.options.items())))


def covering(cases: Iterable[Case]) -> list[Case]:
    """Few cases that have, together, what all have: each time the first of those with most new."""
    by_id = {case.id: case for case in cases}
    left = {name: aspects(case) for name, case in by_id.items()}
    found = []
    while left:
        best = max(left, key=lambda name: len(left[name]))
        found.append(by_id[best])
        new = left.pop(best)
        left = {name: rest for name, having in left.items() if (rest := having - new)}
    return found


def aspects(case: Case) -> frozenset[tuple[Any, ...]]:
    """What may be treated on its own: arrays that are there, options and how they are written."""
    arrays = [("array", name, len(source.shape)) for name, source in case.arrays.items()]
    options = [
        ("option", name, value if isinstance(value, bool | str) else type(value).__name__)
        for name, value in case.options.items()
    ]
    kinds = [("kind", type(source).__name__) for source in case.arrays.values()]
    return frozenset((case.function, *aspect) for aspect in (*arrays, *options, *kinds))


def _by_function(cases: Iterable[Case]) -> Iterable[list[Case]]:
    """The cases of each function, the smallest first."""
    found: dict[str, list[Case]] = {}
    for case in sorted(cases, key=lambda case: case.elements):
        found.setdefault(case.function, []).append(case)
    return found.values()


def _is_ordinary(source: Source) -> bool:
    if isinstance(source, Draw):
        return source.values in ORDINARY
    return isinstance(source, Classes | Probabilities)
