"""Everything that the rooms must know of a function is there; what is missing is named."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

import parity
import refimpl
from parity.bounds.propagation.rules import RULES as DRIFTS
from parity.bounds.rules import RULES as BOUNDS
from parity.cases.function import ELEMENT, Function
from parity.cases.functions import FUNCTIONS, forward_of
from parity.mistakes.catalogue import MISTAKES
from parity.witnesses.exact.elementwise import RULES as EXACT
from parity.witnesses.lattices import BRANCHES
from parity.witnesses.lattices import RULES as LATTICES
from parity.witnesses.problem import SUM

OFFERED = frozenset(refimpl.__all__)
TESTS = Path(parity.__file__).parents[1] / "tests" / "refimpl"


class Aspect(NamedTuple):
    """What a room knows of a function: the table of the file of its subject."""

    what: str
    room: str  # whose files are named after refimpl's
    table: str

    def file(self, subject: str) -> str:
        """Where it stands."""
        return f"{self.room.replace('.', '/')}/{subject}.py"

    def names(self, subject: str) -> set[str]:
        """The functions in the table of a subject."""
        try:
            module = import_module(f"{self.room}.{subject}")
        except ModuleNotFoundError:
            return set()
        entries = getattr(module, self.table, ())
        return {getattr(entry, "function", entry) for entry in entries}


TORCH = Aspect("its twin in torch", "parity.oracle", "TORCH")
GOOD = Aspect("good cases", "parity.cases", "GOOD")
BAD = Aspect("bad cases", "parity.cases", "BAD")
SYMBOLIC = Aspect("its smallest shapes for symbols", "parity.cases", "SYMBOLIC")
RANDOM = Aspect("random cases", "parity.cases", "RANDOM")
COVERING = Aspect("what meets in its cases", "parity.cases.covering", "TABLES")
DEFINITION = Aspect("a definition", "parity.witnesses.definitions", "DEFINITIONS")
EVERYWHERE = (TORCH, GOOD, BAD, SYMBOLIC, RANDOM, COVERING, DEFINITION)


def missing(function: Function) -> Iterator[str]:
    """For each aspect that a function lacks, a sentence with the place where it belongs."""
    name, subject, rules = function.name, function.subject, "RULES in parity"
    for aspect in EVERYWHERE:
        if aspect is SYMBOLIC and not function.inputs:
            continue  # nothing to differentiate
        if name not in aspect.names(subject):
            yield f"{name} lacks {aspect.what}: {aspect.table} in {aspect.file(subject)}"
    if function.bound_rule not in BOUNDS:
        yield f"{name} lacks its bound, {function.bound_rule!r}: {rules}/bounds/rules.py"
    if function.integers and function.integers not in LATTICES:
        yield f"{name} lacks its integers, {function.integers!r}: {rules}/witnesses/lattices.py"
    if function.integers and function.ordered and function.integers not in BRANCHES:
        yield f"{name} compares, but integers by {function.integers!r} fix no branch of it"
    if function.kinks and function.integers not in ("", "regions"):
        yield f"{name} has kinks beside 0, but integers by {function.integers!r} know that at 0"
    if function.pieces == ELEMENT and function.integers != "sums" and name not in EXACT:
        yield f"{name} lacks its exact values: {rules}/witnesses/exact/elementwise.py"
    if function.in_networks and name not in DRIFTS:
        yield f"{name} lacks its accumulated bound: {rules}/bounds/propagation/rules.py"
    wrong = {mistake.function for mistake in MISTAKES.values()}
    for place in (name, function.backward_name) if function.inputs else (name,):
        if place not in wrong:
            yield f"{place} lacks a known mistake: parity/mistakes/{subject}.py"
    if not any(family(name) in path.read_text() for path in TESTS.glob("test_*.py")):
        yield f"{name} lacks tests of its own: tests/refimpl/test_{subject}.py"


def family(name: str) -> str:
    """A name without its number of axes: tests are often written for all of them.

    >>> family("conv2d")
    'conv'
    """
    return re.sub(r"[123]d$", "", name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_all_its_aspects(name: str) -> None:
    """Whoever adds a function is told what is missing, and where it goes."""
    found = list(missing(FUNCTIONS[name]))
    assert not found, "\n".join(found)


def test_what_is_missing_is_named() -> None:
    """Of a function that has a row alone, every sentence; the test above can fail."""
    # Of refimpl's filters no other room knows anything.
    lone = Function("haar_kernel", ("x",), integers="none", pieces=ELEMENT, in_networks=True)
    assert list(missing(lone)) == [
        "haar_kernel lacks its twin in torch: TORCH in parity/oracle/filters.py",
        "haar_kernel lacks good cases: GOOD in parity/cases/filters.py",
        "haar_kernel lacks bad cases: BAD in parity/cases/filters.py",
        "haar_kernel lacks its smallest shapes for symbols: SYMBOLIC in parity/cases/filters.py",
        "haar_kernel lacks random cases: RANDOM in parity/cases/filters.py",
        "haar_kernel lacks what meets in its cases: TABLES in parity/cases/covering/filters.py",
        "haar_kernel lacks a definition: DEFINITIONS in parity/witnesses/definitions/filters.py",
        "haar_kernel lacks its bound, 'haar_kernel': RULES in parity/bounds/rules.py",
        "haar_kernel lacks its integers, 'none': RULES in parity/witnesses/lattices.py",
        "haar_kernel compares, but integers by 'none' fix no branch of it",
        "haar_kernel lacks its exact values: RULES in parity/witnesses/exact/elementwise.py",
        "haar_kernel lacks its accumulated bound: RULES in parity/bounds/propagation/rules.py",
        "haar_kernel lacks a known mistake: parity/mistakes/filters.py",
        "haar_kernel_backward lacks a known mistake: parity/mistakes/filters.py",
    ]


# --- nothing without a row ----------------------------------------------------------------


def without_row(names: Iterable[str], rows: Collection[str] = tuple(FUNCTIONS)) -> list[str]:
    """Names that are no forward or backward of a row."""
    return [name for name in names if forward_of(name) not in rows]


@pytest.mark.parametrize("aspect", EVERYWHERE, ids=lambda aspect: aspect.table)
def test_a_table_names_functions_of_its_subject(aspect: Aspect) -> None:
    """A file has its subject's functions and no others."""
    for subject in {function.subject for function in FUNCTIONS.values()}:
        for name in aspect.names(subject) - {SUM}:
            function = forward_of(name.removesuffix("_with_indices"))
            assert FUNCTIONS[function].subject == subject, aspect.file(subject)


def test_rules_are_used() -> None:
    """No rule stands in a table that no row names."""
    rows = FUNCTIONS.values()
    assert set(BOUNDS) == {row.bound_rule for row in rows}
    assert set(LATTICES) == {row.integers for row in rows} - {""}
    assert set(DRIFTS) == {row.name for row in rows if row.in_networks}


def public_functions() -> set[str]:
    """What refimpl offers in the files that rows stand in; indices come with their maxima."""
    subjects = {function.subject for function in FUNCTIONS.values()}
    return {
        name.removesuffix("_with_indices")
        for name in refimpl.__all__
        if isfunction(getattr(refimpl, name))
        and getattr(refimpl, name).__module__.rpartition(".")[2] in subjects
    }


def row_place(name: str) -> str:
    """Where the row of a function belongs."""
    subject = getattr(refimpl, name).__module__.rpartition(".")[2]
    return f"{name} lacks a row: ROWS in {GOOD.file(subject)}"


def test_every_function_of_refimpl_has_a_row() -> None:
    """And its backward is the row's."""
    rows = {f.name for f in FUNCTIONS.values()}
    lone = without_row(public_functions())
    assert not lone, "\n".join(map(row_place, lone))
    assert without_row(public_functions(), rows - {"relu"}) != []
    assert row_place("relu") == "relu lacks a row: ROWS in parity/cases/activations.py"


def not_exported(file: ModuleType) -> list[str]:
    """The functions with a backward, and those, that the package does not offer."""
    public = [name for name in vars(file) if not name.startswith("_")]
    forwards = [name for name in public if f"{name}_backward" in public]
    names = [*forwards, *(f"{name}_backward" for name in forwards)]
    return [f"{name} is not exported: refimpl/__init__.py" for name in names if name not in OFFERED]


def test_every_function_of_a_subject_is_exported() -> None:
    """It is there for users."""
    for subject in {function.subject for function in FUNCTIONS.values()}:
        assert not_exported(import_module(f"refimpl.{subject}")) == []


def test_a_function_that_is_not_exported_is_named() -> None:
    """The test above can fail."""
    file = ModuleType("refimpl.planted")
    vars(file).update(relu=refimpl.relu, relu_backward=refimpl.relu_backward)
    vars(file).update(selu=refimpl.relu, selu_backward=refimpl.relu_backward)
    assert not_exported(file) == [
        "selu is not exported: refimpl/__init__.py",
        "selu_backward is not exported: refimpl/__init__.py",
    ]
