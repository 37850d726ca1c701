"""The mutation of refimpl's source: what mutants there are, how they die, what is reported."""

from __future__ import annotations

import argparse
import ast
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from inspect import unwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import run
from killing import (
    Baseline,
    Check,
    Outcome,
    attack,
    forget,
    forked,
    measure,
    merged,
    outcome,
    that_run,
    warm_up,
)
from mutators import KINDS, Mutant, mutants
from planted import plant

import refimpl

# --- what mutants there are ---------------------------------------------------------------

CHANGES = {
    "arithmetic": ("y = a + b", ["y = a - b"]),
    "rounding": ("y = a // b", ["y = a * b", "y = -(-a // b)"]),
    "order": ("y = f(a, b)", ["y = f(b, a)"]),
    "assignment": ("y += a", ["y -= a", "y = a"]),
    "comparison": ("y = a < b", ["y = a <= b", "y = a >= b"]),
    "condition": ("y = a and b", ["y = a or b", "y = b", "y = a"]),
    "flag": ("y = f(keepdims=True)", ["y = f()", "y = f(keepdims=False)"]),
    "constant": ("y = 3", ["y = 4", "y = 2"]),
    "axis": ("y = f(axis=0)", ["y = f()", "y = f(axis=1)", "y = f(axis=-1)"]),
    "slice": ("y = x[1:]", ["y = x[:]", "y = x[1:-1]", "y = x[2:]", "y = x[0:]"]),
    "text": ("y = a in 'iu'", ["y = a not in 'iu'", "y = a in 'u'", "y = a in 'i'"]),
    "option": ("y = f(like=a)", ["y = f()"]),
    "function": ("y = np.minimum(a, b)", ["y = np.maximum(a, b)"]),
    "sign": ("y = -a", ["y = a"]),
    "statement": ("check(a)", ["pass"]),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_changes(kind: str) -> None:
    """A statement, and every mutant of it; its kind is among theirs."""
    before, after = CHANGES[kind]
    found = mutants(f"def g(x):\n    {before}\n", "m")
    assert sorted(mutant.after for mutant in found) == sorted(after)
    assert kind in {mutant.kind for mutant in found}
    assert {mutant.before for mutant in found} == {before}
    assert {mutant.function for mutant in found} == {"g"}


def test_defaults() -> None:
    """The default of a parameter is changed in the header, and belongs to its function."""
    found = mutants("def g(x, stride=None, n=1):\n    return x\n", "m")
    assert [(mutant.kind, mutant.after, mutant.lines) for mutant in found] == [
        ("default", "def g(x, stride=1, n=1):", range(2, 3)),
        ("default", "def g(x, stride=None, n=2):", range(2, 3)),
        ("default", "def g(x, stride=None, n=0):", range(2, 3)),
    ]


def test_each_kind_is_tried() -> None:
    """Every kind has a test above, and refimpl has mutants of every kind."""
    assert {*CHANGES, "default"} == set(KINDS)
    assert {mutant.kind for mutant in run.all_mutants()} == set(KINDS)


LEFT_ALONE = (
    '"""Text 1 + 1."""',
    "from a import b",
    '__all__ = ["a", "b"]',
    'T: TypeAlias = "int | None"',
    'T = TypeVar("T", int, str)',
    "def g(x: dict[int, str]) -> int | None:\n    return x",
    'def g(x):\n    raise ValueError(f"{x + 1}", 2)',
    'def g(x):\n    return f"{x + 1}"',
    "def g(x):\n    return isinstance(x, int | str)",
    "def g(x):\n    return zip(x, strict=True)",
    "@f(1)\nclass A:\n    x: tuple[int, str]",
)


@pytest.mark.parametrize("source", LEFT_ALONE)
def test_left_alone(source: str) -> None:
    """Docstrings, annotations, imports, error texts and decorators have no mutants."""
    assert mutants(source, "m") == []


def test_a_mutant_leaves_the_tree_as_it_was() -> None:
    """Only inside `mutated` is the tree another."""
    source = "def g(a, b):\n    return a - b"
    (plus, turned) = mutants(source, "m")
    with plus.mutated() as tree:
        assert ast.unparse(tree) == "def g(a, b):\n    return a + b"
    with turned.mutated() as tree:
        assert ast.unparse(tree) == "def g(a, b):\n    return b - a"
    assert ast.unparse(plus.tree) == source


# --- a small package, planted and killed --------------------------------------------------

SMALL = """
import numpy as np

LIMIT = 5


def made(n):
    return np.full(2, n)


THREE = made(3)


def below(x):
    return x < LIMIT


def twice(x, times=2):
    return x * times


class Box:
    inputs = 1

    def __init__(self, x):
        self.x = x + 1

    @property
    def half(self):
        return self.x / 2


class Case(Box):
    def __init__(self, x):
        super().__init__(x + 1)
"""
OTHER = (
    "from small.one import LIMIT, THREE, twice\n\n\ndef limited(x):\n    return twice(x) - LIMIT\n"
)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ModuleType, ...]]:
    """A package `small` of two modules, of which one takes names from the other."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "one.py").write_text(SMALL)
    (folder / "other.py").write_text(OTHER)
    monkeypatch.syspath_prepend(tmp_path)
    names = ("small", "small.one", "small.other")
    yield tuple(map(import_module, names))
    for name in names:
        del sys.modules[name]


def mutant_to(after: str) -> Mutant:
    return next(m for m in mutants(SMALL, "small.one") if m.after == after)


PLANTED: dict[str, Callable[[Any, Any], Any]] = {
    "return x <= LIMIT": lambda one, other: one.below(5),
    "return x / times": lambda one, other: other.limited(2) == -4,
    "def twice(x, times=3):": lambda one, other: other.limited(2) == 1,
    "LIMIT = 6": lambda one, other: other.limited(2) == -2 and one.below(5),
    "return np.full(3, n)": lambda one, other: one.THREE.sum() == other.THREE.sum() == 9,
    "THREE = made(4)": lambda one, other: one.THREE.sum() == other.THREE.sum() == 8,
    "inputs = 2": lambda one, other: one.Box.inputs == 2,
    "self.x = x - 1": lambda one, other: one.Box(4).x == 3,
    "pass": lambda one, other: not hasattr(one.Case(4), "x"),
    "return self.x * 2": lambda one, other: one.Box(4).half == 10,
}


@pytest.mark.parametrize("after", PLANTED)
def test_plant(small: tuple[ModuleType, ...], after: str) -> None:
    """References taken before are to the mutant too: functions, methods, defaults, constants."""
    _, one, other = small
    assert not PLANTED[after](one, other)
    plant(mutant_to(after), one)
    assert PLANTED[after](one, other)


def test_plant_reaches_what_is_wrapped() -> None:
    """A context manager of refimpl, made of a function by a decorator."""
    module = import_module("refimpl.windows")
    whole = unwrap(module.short_rows)
    code, size = whole.__code__, np.getbufsize()
    left = next(m for m in run.all_mutants() if m.top == "short_rows" and m.after == "pass")
    try:
        plant(left, module)
        with module.short_rows():
            pass
        assert np.getbufsize() != size
    finally:
        whole.__code__ = code
        np.setbufsize(size)


def fate(work: Callable[[], Any], path: Path) -> Outcome:
    """What becomes of a child that does this."""
    _, status = os.waitpid(forked(work, path), 0)
    return outcome(status, path)


KNOWN = Baseline({}, {}, ())


def test_killed_by_the_first_check_that_fails(
    small: tuple[ModuleType, ...], tmp_path: Path
) -> None:
    """A mutant dies of a check that fails in it, in a child alone."""
    _, one, _ = small
    checks = [
        Check("far below", "test", lambda: one.below(1)),
        Check("at the limit", "test", lambda: not one.below(5)),
        Check("never reached", "test", lambda: False),
    ]
    mutant = mutant_to("return x <= LIMIT")
    found = fate(lambda: attack(mutant, checks, KNOWN), tmp_path / "result")
    assert found == Outcome(True, "at the limit", "test")
    assert not one.below(5)


def test_survives_what_does_not_see_it(small: tuple[ModuleType, ...], tmp_path: Path) -> None:
    """A mutant that every check accepts is alive."""
    _, one, _ = small
    checks = [Check("far below", "test", lambda: one.below(1))]
    mutant = mutant_to("return x <= LIMIT")
    found = fate(lambda: attack(mutant, checks, KNOWN), tmp_path / "result")
    assert found == Outcome(False, "", "")


def test_a_loop_without_end_is_killed(
    small: tuple[ModuleType, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check that takes far longer than without the mutant kills it."""
    monkeypatch.setattr("killing.LEAST_SECONDS", 0.2)
    checks = [Check("slow", "test", lambda: time.sleep(60) is None)]
    mutant = mutant_to("return x <= LIMIT")
    found = fate(lambda: attack(mutant, checks, KNOWN), tmp_path / "result")
    assert found == Outcome(True, "a time limit", "time limit")


def test_a_crash_is_killed(tmp_path: Path) -> None:
    """A process that ends by a signal is a kill, with the signal's name."""
    found = fate(lambda: os.kill(os.getpid(), signal.SIGKILL), tmp_path / "result")
    assert found == Outcome(True, "SIGKILL", "crash")


def test_an_error_of_the_tool_is_no_kill(tmp_path: Path) -> None:
    """What breaks outside the checks is an error, and the mutant counts as alive."""
    found = fate(lambda: 1 // 0, tmp_path / "result")
    assert not found.killed
    assert "ZeroDivisionError" in found.error


# --- which checks, in what order ----------------------------------------------------------


def test_checks_that_run_the_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only those, the given first, then the module's own, then of each family the quickest.

    Before the module's own come those that run a line of the function that few run.
    """
    monkeypatch.setattr("killing.FEW", 1)
    monkeypatch.setattr("killing.LONG", 9.0)
    mutant = mutant_to("return x <= LIMIT")
    own = "test tests/test_one.py::test_a"
    ids = frozenset({"case b[1]", "case b[2]", "case c[1]", own, "case d[1]"})
    seconds = {"case b[1]": 1.0, "case b[2]": 2.0, "case c[1]": 3.0, own: 4.0, "case d[1]": 5.0}
    runs = {("small.one", line): ids for line in mutant.lines}
    known = Baseline({**seconds, "case e": 0.0}, runs, ())
    first = ["case d[1]", "case e"]
    every = ["case d[1]", own, "case b[1]", "case c[1]", "case b[2]"]
    assert that_run(mutant, known, 100.0, first) == every
    assert that_run(mutant, known, 10.5, first) == every[:3]
    runs["small.one", 99] = frozenset({"case c[1]"})
    few = replace(mutant, around=range(6, 100))
    assert that_run(few, known, 100.0, first)[:3] == ["case d[1]", "case c[1]", own]
    of_module = replace(mutant, lines=range(0))
    assert "case e" in that_run(of_module, known, 100.0, [])


def test_what_was_found_is_forgotten() -> None:
    """A cache that the right code has filled hides a mutant, and what another check runs."""
    table = import_module("refimpl.normal_distribution")._knots
    table()
    assert table.cache_info().currsize == 1
    forget()
    assert table.cache_info().currsize == 0


def test_what_was_measured_is_kept_until_a_check_changes() -> None:
    """New measurements replace those of the same check, and leave the others alone."""
    old = {
        "seconds": {"a": 1.0, "b": 2.0},
        "runs": {"m": {"1": ["a", "b"], "2": ["b"]}},
        "failed": ["b"],
        "imported": ["d", "e"],
    }
    new = {
        "seconds": {"b": 3.0, "c": 4.0},
        "runs": {"m": {"2": ["c"], "3": ["b"]}},
        "failed": [],
        "imported": ["c", "d"],
    }
    assert merged(old, new) == {
        "seconds": {"a": 1.0, "b": 3.0, "c": 4.0},
        "runs": {"m": {"1": ["a"], "2": ["c"], "3": ["b"]}},
        "failed": [],
        "imported": ["c", "d", "e"],
    }


def test_what_checks_import_takes_no_time_of_a_mutant(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`measure` notes what a check imports, `warm_up` imports it; what cannot be is left out."""
    (tmp_path / "late_import.py").write_text("")
    (tmp_path / "failing_import.py").write_text("raise ValueError")
    monkeypatch.syspath_prepend(tmp_path)

    def holds() -> bool:
        import_module("late_import")
        return True

    said = measure([Check("a", "test", holds)], {})
    assert "late_import" in said["imported"]
    monkeypatch.delitem(sys.modules, "late_import")
    warm_up(["failing_import", *said["imported"]])
    assert "late_import" in sys.modules


# --- the campaign and its report ----------------------------------------------------------

TESTS = {
    "strict": lambda one, other: (
        [one.below(n) for n in (4, 5, 6)] == [True, False, False]
        and (one.twice(3), one.twice(3, 1), other.limited(4)) == (6, 3, 3)
        and one.THREE.tolist() == other.THREE.tolist() == [3, 3]
        and getattr(one.Case(4), "x", 0) == 6
        and (one.Box(4).half, one.Box(5).x, one.Box.inputs) == (2.5, 6, 1)
    ),
    "lax": lambda one, other: one.below(1) and one.twice(3) == 6 and one.Box(4).half == 2.5,
}


def conduct(
    small: tuple[ModuleType, ...], monkeypatch: pytest.MonkeyPatch, test: str, listed: str = ""
) -> int:
    """A campaign on the small package with one check."""
    package, one, other = small
    folder = Path(str(package.__file__)).parent
    monkeypatch.setattr(run, "PACKAGE", folder)
    monkeypatch.setattr(run, "WORK", folder.parent / "work")
    monkeypatch.setattr(run, "EQUIVALENTS", folder.parent / "equivalents.toml")
    run.EQUIVALENTS.write_text(listed or "equivalent = []")
    checks = [Check("the check", "test", lambda: bool(TESTS[test](one, other)))]
    options = {"module": ["one"], "survivors": False, "sample": 0, "jobs": 2, "budget": 9.0}
    return run.campaign(checks, argparse.Namespace(**options))


def test_campaign_of_good_tests(
    small: tuple[ModuleType, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Tests that see everything kill every mutant."""
    assert conduct(small, monkeypatch, "strict") == 0
    assert "(100.0%); 0 alive" in capsys.readouterr().out


def test_campaign_of_lax_tests(
    small: tuple[ModuleType, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What lax tests let live is reported with its place and both texts, and is a failure."""
    assert conduct(small, monkeypatch, "lax") == 1
    out = capsys.readouterr().out
    place = "small/one.py:15 below (comparison)\n       − return x < LIMIT\n"
    assert f"alive  {place}       + return x <= LIMIT" in out
    assert "inputs = 2" in out
    assert "times=3" not in out


ENTRY = """
[[equivalent]]
module = "small.one"
function = "below"
before = "return x < LIMIT"
after = ["{}"]
reason = "for this test"
"""


def test_an_explained_survivor_is_no_failure(
    small: tuple[ModuleType, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """An entry of the list stands for its mutant alone."""
    assert conduct(small, monkeypatch, "lax", ENTRY.format("return x <= LIMIT")) == 1
    out = capsys.readouterr().out.partition("module ")[2]
    assert "return x <= LIMIT" not in out
    assert "inputs = 2" in out


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("return x <= LIMIT", "listed as equivalent, but killed by the check: small/one.py:15"),
        ("return x != LIMIT", "listed as equivalent, but no mutant: Equivalent("),
    ],
)
def test_a_wrong_entry_is_noticed(
    small: tuple[ModuleType, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    after: str,
    said: str,
) -> None:
    """An entry whose mutant is killed, or does not exist, is a failure."""
    assert conduct(small, monkeypatch, "strict", ENTRY.format(after)) == 1
    assert said in capsys.readouterr().out


def test_a_check_that_fails_on_the_right_code_is_noticed(
    small: tuple[ModuleType, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Without a mutant everything must hold; otherwise nothing is tried."""
    monkeypatch.setitem(TESTS, "lax", lambda one, other: one.below(9))
    assert conduct(small, monkeypatch, "lax") == 1
    assert "these checks fail on the right code:\n  the check" in capsys.readouterr().out
    monkeypatch.setitem(TESTS, "lax", TESTS["strict"])
    assert conduct(small, monkeypatch, "lax") == 0


def test_survivors_of_the_last_run_and_a_sample() -> None:
    """--survivors takes what lives and what was never tried; --sample so many."""
    found = mutants(SMALL, "small.one")
    stored = {json.dumps(m.key, ensure_ascii=False): {"killed": True} for m in found[2:]}
    options = argparse.Namespace(survivors=True, sample=0, seed=1)
    assert run.choose(found, options, stored) == found[:2]
    options = argparse.Namespace(survivors=False, sample=3, seed=1)
    assert len(run.choose(found, options, stored)) == 3


# --- the list of equivalents --------------------------------------------------------------


def test_no_entry_of_the_list_is_stale() -> None:
    """Every change that is said to compute the same is still a mutant of refimpl."""
    assert run.stale(run.equivalents(), run.all_mutants()) == []


def test_entries_are_unique_and_have_reasons() -> None:
    """No change is listed twice, and each says why it computes the same."""
    listed = run.equivalents()
    assert len({entry.key for entry in listed}) == len(listed)
    assert all(len(entry.reason.split()) >= 4 for entry in listed)


def test_the_catalogue_is_among_the_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that a quick run has, properties too; each check can hold and fail."""
    checks = run.catalogue_checks()
    assert {check.kind for check in checks} == {"case", "bad input", "network", "properties"}
    (relu,) = (check for check in checks if check.id == "case relu[maps] float64")
    assert relu.holds()
    monkeypatch.setattr(refimpl, "relu_backward", lambda dy, x: -dy)
    assert not relu.holds()
