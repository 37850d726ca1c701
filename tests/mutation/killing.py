"""Checks that could refuse a mutant, which of them run its lines, and the process it dies in."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import coverage
from mutators import Mutant
from planted import plant

LEAST_SECONDS = 3.0  # that a check may take, however quick it is without a mutant
TIMES_SLOWER = 20  # than without a mutant
LONG = 2.0  # seconds; checks that take longer are left out
FEW = 20  # checks that run a line which most do not reach
TESTED_IN = {  # the tests of a module that are not in the one file called as it is
    "activations": ("activations", "sign_and_derivatives"),
    "average_pooling": ("max_and_average_pooling",),
    "checks": ("shapes", "graphs", "guards"),
    "class_targets": ("losses",),
    "compensated": ("normal_distribution", "smooth_activations"),
    "losses": ("losses", "binary_cross_entropy"),
    "max_pooling": ("max_and_average_pooling",),
    "networks": ("networks", "graphs"),
    "normal_distribution": ("normal_distribution", "smooth_activations"),
    "normalization_checks": ("normalization",),
    "optimizer_checks": ("optimizers", "optimizing"),
    "patches": ("convolution", "transposed_convolution"),
}
ROOM = 3 << 30  # bytes a mutant may take beside what the process has


@dataclass(frozen=True)
class Check:
    """Something that holds for the right code."""

    id: str
    kind: str  # "case", "bad input", "network", "properties", "test", "doctest"
    holds: Callable[[], bool]
    written: str = ""  # a digest of the files it is written in


@dataclass(frozen=True)
class Baseline:
    """Every check on the right code."""

    seconds: Mapping[str, float]
    runs: Mapping[tuple[str, int], Set[str]]  # (module, line) -> the checks that run it
    failed: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """What became of a mutant."""

    killed: bool
    by: str  # the check's id; "a time limit"; "a crash"
    kind: str
    error: str = ""  # of the tool itself


# --- processes ----------------------------------------------------------------------------


def forked(work: Callable[[], Any], result: Path) -> int:
    """A child process that writes what `work` returns to `result`, as JSON; its number."""
    sys.stdout.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # threads there are do nothing here
        pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        result.write_text(json.dumps(work()))
        code = 0
    except BaseException:
        result.write_text(json.dumps({"error": traceback.format_exc()}))
    finally:
        os._exit(code)


# --- the right code -----------------------------------------------------------------------


def measure(checks: Sequence[Check], sources: Mapping[str, Path]) -> dict[str, Any]:
    """How long each check takes, which lines it runs, which fail; as JSON can hold it.

    And what it imports: the first check that does takes seconds for it, all others none.
    """
    recorder = coverage.Coverage(
        data_file=None, config_file=False, include=[str(path) for path in sources.values()]
    )
    seconds, failed, before = {}, [], set(sys.modules)
    recorder.start()
    for check in checks:
        forget()
        recorder.switch_context(check.id)
        start = time.perf_counter()
        if not check.holds():
            failed.append(check.id)
        seconds[check.id] = time.perf_counter() - start
    recorder.stop()
    data = recorder.get_data()
    runs = {
        module: {
            str(line): [context for context in contexts if context]
            for line, contexts in data.contexts_by_lineno(str(path)).items()
        }
        for module, path in sources.items()
    }
    imported = sorted(set(sys.modules) - before)
    return {"seconds": seconds, "runs": runs, "failed": failed, "imported": imported}


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What was measured before, but for checks that were measured anew."""
    again = set(new["seconds"])
    runs: dict[str, dict[str, list[str]]] = {}
    for module in {**old["runs"], **new["runs"]}:
        before, now = old["runs"].get(module, {}), new["runs"].get(module, {})
        runs[module] = {
            line: [id for id in before.get(line, []) if id not in again] + now.get(line, [])
            for line in {**before, **now}
        }
    failed = [id for id in old["failed"] if id not in again] + new["failed"]
    return {
        "seconds": {**old["seconds"], **new["seconds"]},
        "runs": runs,
        "failed": failed,
        "imported": sorted({*old["imported"], *new["imported"]}),
    }


def warm_up(imported: Iterable[str]) -> None:
    """Import what the checks do, so that none is out of time for it in a mutant's process."""
    for name in imported:
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import_module(name)


def baseline(measured: Mapping[str, Any], checks: Sequence[Check]) -> Baseline:
    """What `measure` gave of these checks, from JSON."""
    there = {check.id for check in checks}
    runs = {
        (module, int(line)): there.intersection(ids)
        for module, lines in measured["runs"].items()
        for line, ids in lines.items()
    }
    seconds = {id: spent for id, spent in measured["seconds"].items() if id in there}
    return Baseline(seconds, runs, [id for id in measured["failed"] if id in there])


def that_run(mutant: Mutant, known: Baseline, budget: float, first: Iterable[str]) -> list[str]:
    """The checks that run a mutant's lines, within a budget of seconds.

    `first` come first; then those few that run a line of the same function that few run, such as
    the one that raises; bad inputs and refusals, which take no time, and the tests of the module
    itself; then the quickest of each family, the second of each, and so on. What runs on import
    alone may be used anywhere: every check counts.
    """
    if mutant.lines:
        ids = set[str]().union(
            *(known.runs.get((mutant.module, line), frozenset()) for line in mutant.lines)
        )
    else:
        ids = set()
    ids = {id for id in ids or known.seconds if known.seconds[id] <= LONG}
    rare = (known.runs.get((mutant.module, line), frozenset()) for line in mutant.around)
    few = sorted(
        set[str]().union(*(checks for checks in rare if len(checks) <= FEW)),
        key=lambda id: known.seconds[id],
    )
    early = list(dict.fromkeys(id for id in (*first, *few) if id in ids))
    chosen, spent = [], 0.0
    for id in [*early, *_by_turns(ids.difference(early), known, mutant.module)]:
        spent += known.seconds[id]
        if spent > budget and chosen:
            break
        chosen.append(id)
    return chosen


def _by_turns(ids: Iterable[str], known: Baseline, module: str) -> list[str]:
    """One check of each family in turn: cases of one function, parameters of one test."""
    name = module.rpartition(".")[2]
    tests = (f"/test_{file}.py::" for file in TESTED_IN.get(name, (name,)))
    early = ("bad ", "/test_shapes.py::test_refusal", f" {module.replace('.', '/')}.py::", *tests)
    families: dict[str, int] = {}
    turns = []
    for id in sorted(ids, key=lambda id: known.seconds[id]):
        family = id.partition("[")[0]
        turns.append((families.setdefault(family, 0), id))
        families[family] += 1
    turns.sort(key=lambda turn: (not any(name in turn[1] for name in early), turn[0]))
    return [id for _, id in turns]


# --- a mutant -----------------------------------------------------------------------------


def attack(mutant: Mutant, checks: Sequence[Check], known: Baseline) -> dict[str, Any]:
    """Plant a mutant in this process and run checks until one fails."""
    plant(mutant, import_module(mutant.module))
    forget()
    _limit_memory()
    for check in checks:
        signal.setitimer(
            signal.ITIMER_REAL, LEAST_SECONDS + TIMES_SLOWER * known.seconds.get(check.id, 0.0)
        )
        holds = check.holds()
        signal.setitimer(signal.ITIMER_REAL, 0)
        if not holds:
            return {"killed": True, "by": check.id, "kind": check.kind}
    return {"killed": False, "by": "", "kind": ""}


def forget() -> None:
    """Forget what the right code, or another check, has found: of geometries, and in caches."""
    import_module("refimpl.shapes").CHECKED.clear()
    for name, module in list(sys.modules.items()):
        if name.startswith("refimpl."):
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()


def _limit_memory() -> None:
    """Where the system says how much there is, `ROOM` more and no further."""
    used = Path("/proc/self/statm")
    if not used.exists():
        return
    pages = int(used.read_text().split()[0])
    limit = pages * os.sysconf("SC_PAGE_SIZE") + ROOM
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def outcome(status: int, result: Path) -> Outcome:
    """What became of a mutant, from how its process ended and what it wrote."""
    if os.WIFSIGNALED(status):
        if os.WTERMSIG(status) == signal.SIGALRM:
            return Outcome(True, "a time limit", "time limit")
        return Outcome(True, signal.Signals(os.WTERMSIG(status)).name, "crash")
    said = json.loads(result.read_text())
    if "error" in said:
        return Outcome(False, "", "", said["error"])
    return Outcome(said["killed"], said["by"], said["kind"])
