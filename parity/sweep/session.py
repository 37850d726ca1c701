"""A sweep: which cases, one of them again or all of them, what is said and written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from parity.cases.case import FLOATS
from parity.cases.functions import FUNCTIONS
from parity.cases.random_cases import Selection, case_at
from parity.results.settings import Settings
from parity.suite.selection import SelectionError, all_meant
from parity.sweep import executor
from parity.sweep.batch import disagreement, inputs, rows_of
from parity.sweep.coordinator import Plan, Progress, sweep
from parity.sweep.display import shown
from parity.sweep.files import about_sweep, write
from parity.sweep.store import Store, opened
from parity.sweep.summary import conclusion, costs, measured
from parity.sweep.tables import by_function, by_size, summarise
from parity.sweep.versions import versions

SHOWN = 20  # disagreements written out; all are in sweep_disagreements.csv
LAST = 2**63 - 1  # of SQLite's integers
INTERRUPTED = 130  # what a shell gives a command that Ctrl-C ended

Say = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """The options of `parity sweep`."""

    selection: Selection
    first: int
    cases: int
    jobs: int
    dask: str | None
    store: Path
    seconds: float | None
    out: Path
    command: Sequence[str]

    @property
    def again(self) -> str:
        """The command that repeats a case, less its number."""
        return f"parity sweep --seed {self.selection.seed}{narrowed(self.selection)}"


def narrowed(selection: Selection) -> str:
    """The options that narrow a sweep to this selection.

    >>> narrowed(Selection(3)), narrowed(Selection(3, ("relu",), ("float64",)))
    ('', ' --function relu --dtype float64')
    """
    said = ""
    if selection.functions != tuple(FUNCTIONS):
        said += "".join(f" --function {name}" for name in selection.functions)
    if selection.dtypes != FLOATS:
        said += "".join(f" --dtype {dtype}" for dtype in selection.dtypes)
    return said


def select(seed: int, functions: Sequence[str], dtypes: Sequence[str]) -> Selection:
    """The functions and dtypes named, in the catalogue's order; all of them if none is.

    Raises: SelectionError for a function that is not there.
    """
    functions = all_meant(functions, FUNCTIONS, "function")
    return Selection(
        seed,
        tuple(name for name in FUNCTIONS if not functions or name in functions),
        tuple(dtype for dtype in FLOATS if not dtypes or dtype in dtypes),
    )


def check_range(first: int, cases: int) -> None:
    """Refuse numbers that the store cannot hold.

    Raises: SelectionError.
    """
    if first + cases > LAST:
        raise SelectionError(
            f"--first {first} and --cases {cases} may together be at most {LAST} (2**63 - 1)"
        )


# --- one case -----------------------------------------------------------------------------


def repeat(selection: Selection, number: int, say: Say) -> int:
    """Judge one case, say what was found; the number of disagreements."""
    from parity.suite.workers import one_thread

    one_thread()
    case, dtype = case_at(selection, number)
    rows = rows_of(case, dtype, Settings(seed=selection.seed))
    say(f"{case.id} {dtype}: {inputs(case)}")
    for row in rows:
        say(f"  {row.tensor or '-':8} {row.shape:12} {row.verdict:10} {row.worst_ratio:.3g}")
    if any(row.failed for row in rows):
        again = f"parity sweep --seed {selection.seed}{narrowed(selection)} --only {number}"
        say(disagreement(selection, number, case, dtype, rows, again).message)
        return 1
    return 0


# --- many ---------------------------------------------------------------------------------


def run(
    options: Options, console: Console, progress_console: Console, say: Say, interrupted: Say
) -> int:
    """Sweep, say what was found, write the reports; the exit code.

    interrupted: gets the sentence on what is kept as soon as Ctrl-C has ended the work.

    Raises: StoreError, PoolError, OSError.
    """
    plan = Plan(options.selection, options.first, options.cases, options.again, options.seconds)
    with opened(options.store, options.selection, versions()) as store:
        earlier = store.disagreements(plan.first, plan.cases)
        limited = _limited(say)
        for one in earlier:
            limited(one.message)
        before = store.counts(plan.first, plan.cases)[0]
        if before:
            say(f"{options.store} has {before} of {plan.cases} cases already")
        try:
            progress = _swept(options, plan, store, progress_console, limited)
        except KeyboardInterrupt:
            interrupted(_kept(options, store))
            return INTERRUPTED
        rows = summarise(store.results(plan.first, plan.cases))
        found = store.disagreements(plan.first, plan.cases)
    lines = [conclusion(rows, plan, progress), *costs(progress)]
    console.print(by_function(rows))
    console.print()
    console.print(by_size(rows))
    say("")
    for line in lines:
        say(line)
    workers = options.dask or f"{options.jobs} process{'es' * (options.jobs > 1)}"
    about = {**about_sweep(plan, workers, options.command), **measured(progress)}
    written = write(options.out, rows, found, about, lines)
    say(f"reports: {', '.join(map(str, written))}; store: {options.store}")
    return 1 if found else 0


def _swept(options: Options, plan: Plan, store: Store, console: Console, say: Say) -> Progress:
    """The sweep itself."""
    make_pool = (
        partial(executor.dask, options.dask)
        if options.dask
        else partial(executor.local, options.jobs)
    )
    with shown(console, say) as told:
        return sweep(plan, store, make_pool, told)


def _kept(options: Options, store: Store) -> str:
    """What is said when Ctrl-C ended the sweep."""
    stored, disagreements, _ = store.counts(options.first, options.cases)
    wrong = f", of which {disagreements} DISAGREE" if disagreements else ""
    return (
        f"interrupted: {stored} of {options.cases} cases are in {options.store}{wrong}; the same "
        "command goes on, earlier reports stand"
    )


def _limited(say: Say) -> Say:
    """The first disagreements in full, then the place where all are."""
    said = 0

    def limited(message: str) -> None:
        nonlocal said
        said += 1
        if said <= SHOWN:
            say(message)
        elif said == SHOWN + 1:
            say("… and more: all of them will be in sweep_disagreements.csv")

    return limited
