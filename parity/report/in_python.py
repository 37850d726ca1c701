"""For somebody who wants the suite to run in Python: `parity.run`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures.process import BrokenProcessPool
from numbers import Integral
from pathlib import Path
from typing import Any

from parity import oracle
from parity.cases.case import FLOATS
from parity.environment.needs import need
from parity.own_data.layer_tasks import of_layers
from parity.report.files import check_place
from parity.report.run_report import RunReport
from parity.results.about import about_run
from parity.results.findings import Findings
from parity.results.settings import DEFAULT_SEED, Settings
from parity.results.writing import check_folder_can_be
from parity.suite.scope import EVERY, Asked, of_catalogue, scope_of
from parity.suite.task import Task
from parity.suite.vouched import vouched
from parity.suite.vouching import planted_tasks

WHO = "parity.run"
Words = str | Iterable[str]
Progress = Callable[[int, int], Any]


def run(
    names: Words = (),
    *,
    case: str | None = None,
    dtype: Words = (),
    seed: int = DEFAULT_SEED,
    full: bool = False,
    quick: bool = False,
    elements: Words = (),
    shapes: str | Path | None = None,
    jobs: int = 1,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> RunReport:
    """Run the suite, or a part of it, as `parity run` does: `refimpl` beside torch, judged.

    names: functions and networks, one word or several (all); case: one of them, as `parity list`
    shows it; dtype: "float32" or "float64" (both); full, quick: the larger and the smaller suite;
    elements: cases whose every element is in `elements`, "all" for what is outside, too; shapes:
    a file with the layers of your own network. jobs: processes; 1 computes in this one, more
    need `if __name__ == "__main__":` in a script (not in a notebook). out: a folder for the
    reports. progress: told how many tasks are done, and of how many, after each.
    Returns: a report that is true if all holds; print it, or see its `frame` and `plot`.
    Raises: ValueError in one sentence for what there is not; ImportError for a package that is
    missing; OSError for a folder that cannot be written to. A disagreement raises nothing, see
    `RunReport.raise_if_wrong`.

    >>> report = run("relu", case="maps", quick=True)
    >>> bool(report), list(report.frame["tensor"].unique())
    (True, ['y', 'dx'])
    >>> try:
    ...     run("rellu")
    ... except ValueError as error:
    ...     print(error)
    no function or network is called 'rellu'; did you mean relu or prelu or elu?
    """
    started = time.perf_counter()
    asked, file = _asked(names, case, dtype, full, quick, seed, elements), _path("shapes", shapes)
    folder = _path("out", out)
    _check_number("jobs", jobs, 1)
    if progress is not None and not callable(progress):
        said = "progress must be a function of two numbers, done and total"
        raise ValueError(f"{WHO}: {said}, but is {progress!r}")
    for package in () if quick else ("flint", "mpmath"):
        need(package, WHO)
    scope = scope_of(asked.names, case, _words("dtype", dtype), full, quick, file)
    if folder is not None:
        check_place(folder, scope)
        check_folder_can_be(folder)
    chosen = of_layers(file, asked) if file else of_catalogue(asked)
    settings = Settings(
        asked.seed,
        elements=chosen.shown,
        all_elements=EVERY in asked.elements,
        quick=quick,
        shapes=str(file or ""),
    )
    command = _command(asked, file, jobs, folder)
    with oracle.tf32_as(False):
        findings = _judged(chosen.tasks, settings, int(jobs), progress)
        seconds = time.perf_counter() - started
        about = about_run(findings, settings, command, int(jobs), seconds, scope)
    if file:
        about |= {"shapes": settings.shapes, "layers": chosen.layers}
    report = RunReport(findings, settings, about, chosen.notes)
    if folder is not None:
        report.write(folder)
    return report


def _judged(
    tasks: Sequence[Task], settings: Settings, jobs: int, progress: Progress | None
) -> Findings:
    """Everything that the tasks find, and what vouches for it."""
    planted = planted_tasks(tasks, settings.quick)
    ended, total = 0, len(tasks) + len(planted)

    def done(count: int) -> None:
        nonlocal ended
        ended += count
        if progress is not None:
            progress(ended, total)

    try:
        return vouched(tasks, planted, settings, jobs, done)
    except BrokenProcessPool:
        raise RuntimeError(
            f"{WHO}: jobs={jobs}: a process ended before it had done its work; in a script call "
            'it behind `if __name__ == "__main__":`, or with jobs=1'
        ) from None


def _command(asked: Asked, file: Path | None, jobs: int, folder: Path | None) -> list[str]:
    """The same run on the command line."""
    dtypes = asked.dtypes if len(asked.dtypes) < len(FLOATS) else ()
    given: dict[str, Sequence[object]] = {
        "--case": [] if asked.case is None else [asked.case],
        "--shapes": [file] if file else [],
        "--dtype": dtypes,
        "--seed": [asked.seed] if asked.seed != DEFAULT_SEED else [],
        "--elements": asked.elements,
        "--jobs": [jobs],
        "--out": [folder] if folder else [],
    }
    options = [word for name, values in given.items() for v in values for word in (name, str(v))]
    suite = ["--full"] * asked.full + ["--quick"] * asked.quick
    return ["parity", "run", *asked.names, *options, *suite]


# --- what is given ------------------------------------------------------------------------


def _asked(
    names: Words,
    case: str | None,
    dtype: Words,
    full: bool,
    quick: bool,
    seed: int,
    elements: Words,
) -> Asked:
    """What the arguments choose. Raises: ValueError for one that cannot be meant."""
    for name, given in (("full", full), ("quick", quick)):
        if not isinstance(given, bool):
            raise ValueError(f"{WHO}: {name} must be True or False, but is {given!r}")
    if full and quick:
        raise ValueError(f"{WHO}: full and quick are two different suites; give one of them")
    if case is not None and not isinstance(case, str):
        raise ValueError(f"{WHO}: case must be a text, the name of a case, but is {case!r}")
    _check_number("seed", seed, 0)
    dtypes = _words("dtype", dtype)
    for one in dtypes:
        if one not in FLOATS:
            raise ValueError(f"{WHO}: dtype must be float32 or float64, but is {one!r}")
    chosen, shown = _words("names", names), _words("elements", elements)
    return Asked(chosen, case, dtypes or FLOATS, full, quick, int(seed), shown)


def _words(name: str, given: Words) -> list[str]:
    """One word, or several."""
    words = [given] if isinstance(given, str) else given
    if isinstance(words, Iterable):
        words = list(words)
        if all(isinstance(word, str) for word in words):
            return words
    raise ValueError(f"{WHO}: {name} must be a text or a list of texts, but is {given!r}")


def _path(name: str, given: str | Path | None) -> Path | None:
    if given is None or isinstance(given, Path):
        return given
    if isinstance(given, str) and given:
        return Path(given)
    raise ValueError(f"{WHO}: {name} must be a path, but is {given!r}")


def _check_number(name: str, given: int, least: int) -> None:
    if isinstance(given, bool) or not isinstance(given, Integral) or given < least:
        raise ValueError(
            f"{WHO}: {name} must be a whole number, at least {least}, but is {given!r}"
        )
