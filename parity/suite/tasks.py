"""Which tasks there are, and those that names, a case and dtypes choose."""

from __future__ import annotations

from collections.abc import Container, Sequence

from parity.cases.case import Case
from parity.cases.catalogue import BAD, GOOD
from parity.cases.chains import CHAINS
from parity.cases.functions import FUNCTIONS, forward_of
from parity.cases.networks import NETWORKS
from parity.suite.generated import generated_cases, generated_tasks, named_tasks
from parity.suite.property_tasks import property_tasks
from parity.suite.selection import SelectionError, all_meant, nearest
from parity.suite.task import CASES, Task


def select(
    names: Sequence[str],
    case: str | None,
    dtypes: Sequence[str],
    full: bool = False,
    witnesses: bool = True,
    seed: int | None = None,
) -> list[Task]:
    """The tasks for function and network names (all if none) and one case (all if None).

    A name may be any word that `names_meant` knows.

    Networks that take long are among them if `full` says so or their name is given; the
    witnesses beside torch are asked too, unless they are not wanted: then few
    cases for their properties alone. Generated cases are among them where there is a seed to
    generate them from. Where no dtype is left out, torch in half precision is looked at with them.

    Raises: SelectionError for a name or a case that is not there.
    """
    known = list(dict.fromkeys((*FUNCTIONS, *NETWORKS, *CHAINS)))
    names = all_meant(names, known)
    wanted = set(names or known)
    tasks = [
        Task("case", c.id, dtype)
        for c in GOOD
        if c.function in wanted and case in (None, c.id, c.name)
        for dtype in c.dtypes
        if dtype in dtypes
    ]
    if case is not None:
        generated = [] if seed is None or tasks else generated_cases(case, wanted, seed)
        tasks += named_tasks([c for c in generated if c.function in wanted], dtypes)
        if not tasks:
            raise SelectionError(_no_such_case(case, wanted, generated))
        without = [n for n in names if n in FUNCTIONS and not any(_is_of(t, n) for t in tasks)]
        if without:
            raise SelectionError(f"{without[0]} has no case {case!r}; leave it out")
        return and_beside(tasks, set(), dtypes, witnesses, full=True)
    for name in names:
        if name in FUNCTIONS and not any(c.function == name for c in GOOD):
            raise SelectionError(f"{name} has no cases yet: add some in parity/cases/")
    if seed is not None:
        tasks += generated_tasks(wanted, dtypes, seed, full, quick=not witnesses)
    tasks += [Task("bad", c.id, "") for c in BAD if forward_of(c.function) in wanted]
    for network in NETWORKS.values():
        if network.name in wanted and (full or names or not network.full):
            kinds = ("network", "training") if network.steps else ("network",)
            tasks += [
                Task(kind, network.name, d) for kind in kinds for d in network.dtypes if d in dtypes
            ]
    return and_beside(tasks, wanted, dtypes, witnesses, full)


def and_beside(
    tasks: Sequence[Task],
    wanted: Container[str],
    dtypes: Sequence[str],
    witnesses: bool,
    full: bool,
) -> list[Task]:
    """These and what is asked beside torch: properties; and what takes flint, if it is wanted."""
    properties = property_tasks(tasks, dtypes, quick=not witnesses)
    if not witnesses:
        return [*tasks, *properties]
    from parity.suite.witness_tasks import witness_tasks

    return [*tasks, *witness_tasks(tasks, wanted, dtypes, full), *properties]


def _is_of(task: Task, function: str) -> bool:
    return task.case is not None and task.case.function == function


def _no_such_case(case: str, wanted: set[str], generated: Sequence[Case]) -> str:
    """Why a case was not found: it is another function's, has other dtypes, or is nowhere."""
    named = [c for c in GOOD if case in (c.id, c.name)] or generated
    if not named:
        ids = [c.name for c in GOOD if c.function in wanted] + list(CASES)
        return f"no case is called {case!r}{nearest(case, ids)}"
    here = [c for c in named if c.function in wanted]
    if not here:
        functions = ", ".join(dict.fromkeys(c.function for c in named))
        return f"case {case!r} is one of {functions}, not of {', '.join(sorted(wanted))}"
    return f"case {case!r} runs in {', '.join(here[0].dtypes)} only"


def element_cases(ids: Sequence[str] | None, names: Sequence[str] = ()) -> tuple[str, ...]:
    """The cases whose every element is reported: those named, or the worked examples.

    ids: with the function, "relu[maps]", or without: then of the functions of these names (all).

    Raises: SelectionError for a case that is not there.
    """
    if ids is None:
        return tuple(case.id for case in GOOD if case.worked_example)
    wanted = set(all_meant(names, [*FUNCTIONS, *NETWORKS, *CHAINS]) or FUNCTIONS)
    found: list[str] = []
    for case_id in ids:
        of_it = [
            c.id for c in GOOD if case_id == c.id or (case_id == c.name and c.function in wanted)
        ]
        if not of_it:
            raise SelectionError(_no_such_case(case_id, wanted, ()))
        found += of_it
    return tuple(dict.fromkeys(found))
