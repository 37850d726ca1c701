"""Generated cases as tasks: those in which every two circumstances meet, and random ones.

All of them depend on the seed of the run. Torch is asked about every one, the exact witness, which
takes most of the time, about some, drawn by the seed; with `full`, or where a case is named, about
all. A quick run has random cases only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from parity.cases.case import Case, generator
from parity.cases.covering.every import TABLES, pair_cases
from parity.cases.random_cases import Selection, case_at
from parity.suite.task import GENERATED, Task

RANDOM_CASES, RANDOM_QUICK = 300, 120  # of a run, of a quick one
EXACT = 1 / 4  # of the generated cases that the exact witness is asked about


def generated_tasks(
    wanted: Collection[str], dtypes: Collection[str], seed: int, full: bool, quick: bool
) -> list[Task]:
    """The cases of these functions and dtypes."""
    count = RANDOM_QUICK if quick else RANDOM_CASES
    cases = [*_random(range(count), seed)]
    if not quick:
        cases = [*_pairs(wanted, seed), *cases]
    rng = generator(seed, "exact")
    asked = [full or bool(rng.random() < EXACT) for _ in cases]
    return [
        _task(case, exactly=exact)
        for case, exact in zip(cases, asked, strict=True)
        if case.function in wanted and set(case.dtypes) <= set(dtypes)
    ]


def generated_cases(case: str, wanted: Collection[str], seed: int) -> list[Case]:
    """Those that are called so: "pairs 17", with or without what it has, of the functions wanted.

    "random 17" is of one function, whichever was drawn.
    """
    function, _, name = case.rpartition("[")
    if function in TABLES:
        wanted, name = [function], name.removesuffix("]")
    else:
        name = case
    kind, _, number = name.partition(":")[0].partition(" ")
    if kind not in ("pairs", "random") or not number.isdecimal():
        return []
    found = _pairs(wanted, seed) if kind == "pairs" else _random([int(number)], seed)
    return [c for c in found if name in (c.name, c.name.partition(":")[0])]


def named_tasks(cases: Iterable[Case], dtypes: Collection[str]) -> list[Task]:
    """The exact witness is asked about a case that is named."""
    return [_task(case) for case in cases if set(case.dtypes) <= set(dtypes)]


def _task(case: Case, exactly: bool = True) -> Task:
    return Task(GENERATED, case.id, case.dtypes[0], case, exactly)


def _pairs(wanted: Collection[str], seed: int) -> Iterator[Case]:
    for function in TABLES:
        if function in wanted:
            yield from pair_cases(function, seed)


def _random(numbers: Iterable[int], seed: int) -> Iterator[Case]:
    selection = Selection(seed)
    return (case_at(selection, number)[0] for number in numbers)
