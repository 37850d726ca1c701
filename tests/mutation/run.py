"""Mutation of refimpl's source: `make mutation`.

Every mutant (mutators.py) must be refused by the catalogue's cases and bad inputs, by the tests
and doctests of refimpl, or by a small network; a mutant that nothing refuses is either listed in
equivalents.toml with the reason why it computes the same, or a hole in the tests.

How: one process imports torch, the catalogue and the tests once and runs every check on the right
code, noting which lines of refimpl each one runs. Then each mutant gets a forked child, in which
the checks that run its lines are done, those that killed its neighbours and the quick ones first,
until one fails. A check that takes 20 times as long as it should, or a crash, counts as a kill.

Why not a tool that exists (both were tried):
- mutmut 3.8 knows no slices, no order of arguments or operands, no constants of modules, no
  lowering of numbers and only the nearest comparison; it copies the project and kills by pytest
  alone, so that the catalogue would have to become tests; it changes error texts.
- cosmic-ray 8.7 knows no slices, arguments or `+=` either; 670 of its 6814 mutants are unions in
  annotations, some 3000 others operators (`<<`, `^`, `is`) that nobody confuses; it writes each
  mutant to disk and starts Python for it: 2.5 s with torch, five hours for all.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import os
import random
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":  # before NumPy and torch are imported
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # threads do not survive a fork
    sys.path.insert(0, str(ROOT))

import pytest  # noqa: E402
from killing import (  # noqa: E402
    Baseline,
    Check,
    Outcome,
    attack,
    baseline,
    forked,
    measure,
    merged,
    outcome,
    that_run,
    warm_up,
)
from mutators import Mutant, mutants  # noqa: E402

WORK = ROOT / ".mutation"
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")
PACKAGE = ROOT / "refimpl"
READ = (".py", ".npz")  # what the catalogue is made of
KEPT = 12  # killers of a function's mutants that are tried first on its next one


# --- equivalents --------------------------------------------------------------------------


@dataclass(frozen=True)
class Equivalent:
    """A change that computes the same, and why."""

    module: str
    function: str
    before: str
    after: str
    reason: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.module, self.function, self.before, self.after


def equivalents() -> list[Equivalent]:
    """The list, one entry for each `after`."""
    return [
        Equivalent(entry["module"], entry["function"], entry["before"], after, entry["reason"])
        for entry in tomllib.loads(EQUIVALENTS.read_text())["equivalent"]
        for after in entry["after"]
    ]


def stale(listed: Sequence[Equivalent], found: Sequence[Mutant]) -> list[Equivalent]:
    """Entries that are no mutant any more."""
    keys = {mutant.key for mutant in found}
    return [entry for entry in listed if entry.key not in keys]


# --- mutants ------------------------------------------------------------------------------


def sources() -> dict[str, Path]:
    """The modules of refimpl."""
    return {f"{PACKAGE.name}.{path.stem}": path for path in sorted(PACKAGE.glob("*.py"))}


def all_mutants(modules: Sequence[str] = ()) -> list[Mutant]:
    """The mutants of some modules, named without the package, or of all."""
    return [
        mutant
        for module, path in sources().items()
        if not modules or module.partition(".")[2] in modules
        for mutant in mutants(path.read_text(), module)
    ]


# --- checks -------------------------------------------------------------------------------


def catalogue_checks() -> list[Check]:
    """Cases, bad inputs, networks and properties, as `parity run --quick` does them."""
    from parity import oracle
    from parity.cases.case import FLOATS
    from parity.results.settings import Settings
    from parity.suite import run, tasks

    oracle.set_threads(1)
    oracle.set_tf32(False)
    kinds = {"bad": "bad input", "training": "network"}  # other than a task's
    settings = Settings(quick=True)
    written = digest(path for path in (ROOT / "parity").rglob("*") if path.suffix in READ)

    def check(task: tasks.Task) -> Check:
        id = " ".join(filter(None, (task.kind, task.id, task.dtype)))
        return Check(
            id, kinds.get(task.kind, task.kind), lambda: run.run_task(task, settings).holds, written
        )

    return [check(task) for task in tasks.select([], None, FLOATS, witnesses=False)]


class Session:
    """A pytest session that collects the tests of refimpl once and runs them in children."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.failed = False
        self.exit_code = 1

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.failed = self.failed or report.failed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        checks = catalogue_checks() + [self._check(item) for item in session.items]
        gc.collect()
        gc.freeze()  # children leave the pages alone that hold the modules
        self.exit_code = campaign(checks, self.arguments)
        return True

    def _check(self, item: pytest.Item) -> Check:
        def holds() -> bool:
            self.failed = False
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
            return not self.failed

        kind = "doctest" if isinstance(item, pytest.DoctestItem) else "test"
        return Check(f"{kind} {item.nodeid}", kind, holds, digest([item.path]))


# --- the campaign -------------------------------------------------------------------------


def campaign(checks: Sequence[Check], arguments: argparse.Namespace) -> int:
    """Attack the chosen mutants; report; 1 if one survives without a reason."""
    by_id = {check.id: check for check in checks}
    known = _known(checks)
    if known.failed:
        print("these checks fail on the right code:", *known.failed, sep="\n  ")
        return 1
    stored = _stored()
    chosen = choose(all_mutants(arguments.module), arguments, stored)
    print(f"{len(chosen)} mutants, {len(by_id)} checks, {arguments.jobs} at a time", flush=True)
    start, errors = time.monotonic(), []
    for number, (mutant, result) in enumerate(_attacked(chosen, by_id, known, arguments), 1):
        stored[_name(mutant)] = asdict(result)
        if result.error:
            errors.append(f"{_where(mutant)}\n{result.error}")
        if not result.killed:
            print(f"alive  {_where(mutant)}", flush=True)
        if number % 50 == 0 or number == len(chosen):
            print(f"{number} done, {time.monotonic() - start:.0f} s", flush=True)
            _store(stored)
    if errors:
        print(f"{len(errors)} mutants could not be planted:", *errors, sep="\n")
    return report(all_mutants(arguments.module), stored, equivalents()) or bool(errors)


def choose(
    found: list[Mutant], arguments: argparse.Namespace, stored: dict[str, Any]
) -> list[Mutant]:
    """All, a sample of them, or those not listed that survived last time or were never tried."""
    if arguments.survivors:
        listed = {entry.key for entry in equivalents()}
        alive = [m for m in found if not stored.get(_name(m), {"killed": False})["killed"]]
        return [m for m in alive if m.key not in listed]
    if arguments.sample:
        return random.Random(arguments.seed).sample(found, min(arguments.sample, len(found)))
    return found


def _attacked(
    chosen: Sequence[Mutant],
    checks: dict[str, Check],
    known: Baseline,
    arguments: argparse.Namespace,
) -> Iterator[tuple[Mutant, Outcome]]:
    """Each mutant in a process of its own, some at a time."""
    killers: dict[str, list[str]] = {}  # of a function's mutants and of a module's, latest first
    running: dict[int, tuple[Mutant, Path]] = {}
    waiting = list(enumerate(chosen))[::-1]
    with tempfile.TemporaryDirectory() as folder:
        while waiting or running:
            while waiting and len(running) < arguments.jobs:
                number, mutant = waiting.pop()
                recent = [id for name in _around(mutant) for id in killers.get(name, [])]
                ids = that_run(mutant, known, arguments.budget, dict.fromkeys(recent))
                against = [checks[id] for id in ids]
                path = Path(folder) / str(number)
                running[forked(lambda m=mutant, a=against: attack(m, a, known), path)] = (
                    mutant,
                    path,
                )
            pid, status = _ended(running)
            mutant, path = running.pop(pid)
            result = outcome(status, path)
            if result.by in checks:
                for name in _around(mutant):
                    others = [id for id in killers.get(name, []) if id != result.by]
                    killers[name] = [result.by, *others][:KEPT]
            yield mutant, result


def _ended(children: Iterable[int]) -> tuple[int, int]:
    """Wait for one of these children, and for no other; its number and status."""
    while True:
        for pid in children:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return pid, status
        time.sleep(0.001)


def _around(mutant: Mutant) -> tuple[str, str]:
    return f"{mutant.module}.{mutant.function}", mutant.module


def _known(checks: Sequence[Check]) -> Baseline:
    """Every check on the right code: measured in a child, kept until it or refimpl changes."""
    WORK.mkdir(exist_ok=True)
    path = WORK / "baseline.json"
    stored = json.loads(path.read_text()) if path.exists() else {}
    if stored.get("package") != _package_digest() or "imported" not in stored:
        stored = {"seconds": {}, "runs": {}, "failed": [], "imported": [], "written": {}}
    changed = [c for c in checks if stored["written"].get(c.id) != c.written]
    changed += [c for c in checks if c.id in stored["failed"] and c not in changed]
    if changed:
        print(f"{len(changed)} checks on the right code …", flush=True)
        fresh = WORK / "measured.json"
        os.waitpid(forked(lambda: measure(changed, sources()), fresh), 0)
        said = json.loads(fresh.read_text())
        if "error" in said:
            sys.exit(said["error"])
        written = {**stored["written"], **{check.id: check.written for check in changed}}
        stored = {**merged(stored, said), "written": written, "package": _package_digest()}
        path.write_text(json.dumps(stored))
    warm_up(stored["imported"])
    return baseline(stored, checks)


def _package_digest() -> str:
    """Of refimpl and of what its tests share."""
    shared = [p for p in (ROOT / "tests/refimpl").glob("*.py") if not p.name.startswith("test_")]
    return digest([*sources().values(), *shared])


def digest(files: Iterable[Path]) -> str:
    """Changes with any of the files."""
    read = hashlib.sha256()
    for path in sorted(files):
        read.update(path.read_bytes())
    return read.hexdigest()[:16]


def _name(mutant: Mutant) -> str:
    return json.dumps(mutant.key, ensure_ascii=False)


def _where(mutant: Mutant) -> str:
    path = mutant.module.replace(".", "/") + ".py"
    return (
        f"{path}:{mutant.line} {mutant.function} ({mutant.kind})\n"
        f"       − {mutant.before}\n       + {mutant.after}"
    )


def _stored() -> dict[str, Any]:
    path = WORK / "outcomes.json"
    stored: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return stored


def _store(stored: dict[str, Any]) -> None:
    fresh = WORK / "outcomes.new"
    fresh.write_text(json.dumps(stored, ensure_ascii=False, indent=0))
    fresh.rename(WORK / "outcomes.json")


# --- report -------------------------------------------------------------------------------

COLUMNS = ("case", "bad input", "network", "properties", "test", "doctest", "time limit", "crash")


def report(found: Sequence[Mutant], stored: dict[str, Any], listed: Sequence[Equivalent]) -> int:
    """A table by module, what is alive without a reason, and entries that are wrong."""
    explained = {entry.key for entry in listed}
    tried = [(m, stored[_name(m)]) for m in found if _name(m) in stored]
    table: dict[str, Counter[str]] = {}
    for mutant, result in tried:
        row = table.setdefault(mutant.module.partition(".")[2], Counter())
        same = "equivalent" if mutant.key in explained else "alive"
        row[result["kind"] if result["killed"] else same] += 1
    _print_table(table)
    alive = [m for m, r in tried if not r["killed"] and m.key not in explained]
    refuted = [(m, r) for m, r in tried if r["killed"] and m.key in explained]
    modules = {mutant.module for mutant in found}
    gone = stale([entry for entry in listed if entry.module in modules], found)
    for mutant in alive:
        print(f"alive  {_where(mutant)}")
    for mutant, result in refuted:
        print(f"listed as equivalent, but killed by {result['by']}: {_where(mutant)}")
    for entry in gone:
        print(f"listed as equivalent, but no mutant: {entry}")
    judged = len(tried) - sum(row["equivalent"] for row in table.values())
    print(
        f"{len(tried)} of {len(found)} mutants tried; of {judged} that are not equivalent "
        f"{judged - len(alive)} killed ({1 - len(alive) / max(1, judged):.1%}); {len(alive)} alive"
    )
    return int(bool(alive or refuted or gone))


def _print_table(table: dict[str, Counter[str]]) -> None:
    columns = [*COLUMNS, "equivalent", "alive"]
    print(f"{'module':18}{'mutants':>9}", *(f"{name:>{len(name) + 2}}" for name in columns), sep="")
    total: Counter[str] = Counter()
    for row in table.values():
        total.update(row)
    for module, row in [*table.items(), ("all", total)]:
        cells = (f"{row[name]:>{len(name) + 2}}" for name in columns)
        print(f"{module:18}{row.total():>9}", *cells, sep="")


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n", 1)[0])
    add = parser.add_argument
    add("--module", action="append", default=[], help="only this one, such as windows; repeatable")
    add("--sample", type=int, default=0, help="only so many, drawn at random")
    add("--seed", type=int, default=20261120, help="of the sample")
    add(
        "--survivors",
        action="store_true",
        help="only those that survived the last run and are not listed",
    )
    add("--jobs", type=int, default=2, help="mutants at a time (2)")
    add("--budget", type=float, default=20.0, help="seconds of checks for one mutant (20)")
    add("--list", action="store_true", help="print the mutants and stop")
    add("--report", action="store_true", help="print what is known from earlier runs and stop")
    arguments = parser.parse_args()
    if arguments.list:
        print(*map(_where, all_mutants(arguments.module)), sep="\n")
        return 0
    if arguments.report:
        return report(all_mutants(arguments.module), _stored(), equivalents())
    session = Session(arguments)
    os.chdir(ROOT)
    options = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:randomly"]
    pytest.main([*options, "tests/refimpl", "refimpl"], plugins=[session])
    return session.exit_code


if __name__ == "__main__":
    sys.exit(main())
