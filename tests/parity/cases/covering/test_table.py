"""Covering arrays: every pair of levels occurs, and each row is a case that can be run again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest

from parity.cases.case import Case, Draw, Given, Photograph, case_arrays
from parity.cases.catalogue import check_unique
from parity.cases.covering.every import TABLES, pair_cases, rows_as_json
from parity.cases.covering.table import HIDING, STORED, Row, Table, described, rows, stored
from parity.cases.dice import Arguments, Dice
from parity.cases.functions import FUNCTIONS

SEED = 20261120


def missing(table: Table, covered: Iterable[Row]) -> set[Any]:
    """Pairs of levels of two factors that no row has, but for those that are apart."""
    factors = table.every
    wanted = {
        frozenset(((a, repr(x)), (b, repr(y))))
        for a, b in combinations(factors, 2)
        for x, y in product(factors[a], factors[b])
    }
    had = {
        frozenset(((a, repr(row[a])), (b, repr(row[b]))))
        for row in covered
        for a, b in combinations(factors, 2)
    }
    apart = {frozenset((name, repr(level)) for name, level in pair) for pair in table.apart}
    return wanted - had - apart


@pytest.mark.parametrize("function", TABLES)
def test_every_pair_of_levels_occurs(function: str) -> None:
    """Counted without the library that made the rows."""
    assert missing(TABLES[function], rows(TABLES[function])) == set()


@pytest.mark.parametrize("function", TABLES)
def test_pairs_of_options_meet_where_values_hide_nothing(function: str) -> None:
    """NaN and overflow cover no pair but those that they are part of."""
    table = TABLES[function]
    seeing = [row for row in rows(table) if row.get("values") not in HIDING]
    unseen = missing(table, seeing)
    assert all(any(name == "values" for name, _ in pair) for pair in unseen)
    assert missing(table, rows(table)) == set()


@pytest.mark.parametrize("function", TABLES)
def test_no_row_can_do_without_pairs(function: str) -> None:
    """The count can fail: without half of the rows pairs are missing."""
    assert missing(TABLES[function], rows(TABLES[function])[::2])


@pytest.mark.parametrize("function", [name for name, table in TABLES.items() if table.apart])
def test_what_is_apart_does_not_meet(function: str) -> None:
    """In no row."""
    for row in rows(TABLES[function]):
        for (a, x), (b, y) in TABLES[function].apart:
            assert (row[a], row[b]) != (x, y)


def test_every_function_has_a_table() -> None:
    """A new function without one fails here."""
    assert set(TABLES) == set(FUNCTIONS)


@pytest.mark.parametrize("function", TABLES)
def test_levels_differ(function: str) -> None:
    """A level that is there twice would cover nothing."""
    for levels in TABLES[function].every.values():
        assert len(set(map(repr, levels))) == len(levels)


def of_arrays(table: Table) -> set[str]:
    """The names of all arrays that cases of a table have."""
    made = [table.arguments(row, Dice(1, 1, plain=True)) for row in rows(table)]
    return {name for arguments in made for name in arguments.arrays}


@pytest.mark.parametrize("function", [f.name for f in FUNCTIONS.values() if f.inputs])
def test_layouts_of_every_array_and_of_dy(function: str) -> None:
    """Each of four, but of a bias, and of dy where it is one number."""
    for_dy = {case.upstream_layout for case in pair_cases(function, SEED)}
    assert len(for_dy) == 4 or function in ("squared_error", "perceptron_loss", "log_likelihood")
    for name in of_arrays(TABLES[function]) - {"bias"}:
        sources = [case.arrays[name] for case in pair_cases(function, SEED) if name in case.arrays]
        layouts = {s.layout for s in sources if not isinstance(s, Given | Photograph)}
        assert len(layouts) >= 3


def test_cases_depend_on_the_seed_alone() -> None:
    """In any process, whatever the hashes of its strings are; names on nothing."""
    said = (
        "from parity.cases.covering.every import pair_cases;"
        "print([pair_cases(f, 7) for f in ('conv2d', 'cross_entropy', 'avg_pool1d')])"
    )
    texts = set()
    for hashes in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hashes}
        done = subprocess.run(
            [sys.executable, "-c", said],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        texts.add(done.stdout)
    here = [pair_cases(function, 7) for function in ("conv2d", "cross_entropy", "avg_pool1d")]
    assert texts == {f"{here}\n"}
    other = pair_cases("conv2d", 8)
    assert [case.id for case in other] == [case.id for case in here[0]]
    assert [case.arrays for case in other] != [case.arrays for case in here[0]]


def everything() -> Iterator[Case]:
    for function in TABLES:
        yield from pair_cases(function, SEED)


def test_ids_are_unique_and_fit_a_command() -> None:
    """They stand between single quotes."""
    cases = list(everything())
    check_unique(case.id for case in cases)
    assert not any("'" in case.name or "[" in case.name for case in cases)


def test_arrays_are_what_they_say() -> None:
    """Drawn in the case's dtype, read-only."""
    for case in pair_cases("cross_entropy", SEED):
        arrays = case_arrays(case, case.dtypes[0], SEED)
        assert arrays["logits"].dtype == case.dtypes[0]
        assert not any(array.flags.writeable for array in arrays.values())


def test_a_row_is_named_by_what_is_not_plain() -> None:
    """And is plain where all is."""
    table = Table({"p": (0, 1), "q": ("a", "b")}, lambda row, dice: Arguments({"x": Draw(())}, {}))
    assert described(table, {"p": 1, "q": "a"}) == "p 1"
    assert described(table, {"p": 0, "q": "a"}) == "plain"
    assert np.all([len(rows(table)) >= 4, len(rows(table)) <= 6])


def test_the_rows_are_those_stored() -> None:
    """`make pairs` writes them, once a factor or a level has changed."""
    assert STORED.read_text() == rows_as_json()
    assert {table.fingerprint for table in TABLES.values()} == set(stored())


def test_a_table_that_is_not_stored_makes_its_rows() -> None:
    """Another level is another table."""
    first = next(iter(TABLES.values()))
    name, levels = next(iter(first.factors.items()))
    other = replace(first, factors={**first.factors, name: (*levels, "one more")})
    assert other.fingerprint not in stored()
    assert {row[name] for row in rows(other)} == {*levels, "one more"}
