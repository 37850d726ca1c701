"""Which elements of a tensor are reported, and what is said of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from reported import CASE

from parity.bounds.bound import Bound
from parity.cases.case import Array, Case, Draw
from parity.judges.layer import check_case
from parity.results import elements as module
from parity.results.closeness import Closeness, ElementsBeside
from parity.results.comparison import Comparison
from parity.results.elements import SAMPLE, WORST, chosen, element_rows
from parity.results.settings import DEFAULT_SEED, Settings

OURS = np.array([[1.0, 2.5, -3.0]])
THEIRS = np.array([[1.0, 2.0, -3.0]])
ROW = replace(CASE, layer="conv1", dtype="float64")
ALL = Settings(all_elements=True)


def bound(limit: float, overflow: bool = False, exact: bool = False) -> Bound:
    """The same limit for every element."""
    return Bound(np.full((1, 3), limit), np.array([[False, overflow, False]]), exact)


class Knows:
    """An exact witness of three elements that finds torch off at the last one."""

    def examine(self, tensor: str, pair: tuple[Array, Array], found: Comparison) -> Closeness:
        return Closeness()

    def elements(self, tensor: str, pair: tuple[Array, Array], places: Array) -> ElementsBeside:
        nan = np.full(len(places), np.nan)
        exact = np.array([1.0, np.nan, -3.5])[places]
        ulp = np.array([0.0, np.nan, 9.0])[places], np.array([0.5, np.nan, 8.0])[places]
        return ElementsBeside(exact, ulp, (nan, nan), places == 2)


def test_what_is_said_of_an_element() -> None:
    """Where it is, both values, how far apart they are and may be, and the verdict."""
    first, second, _ = element_rows(ROW, (OURS, THEIRS), bound(0.25), ALL)
    assert (first.case, first.function, first.tensor) == (ROW.case, "conv2d", "dweight")
    assert (first.argument, first.layer, first.dtype) == ("weight", "conv1", "float64")
    assert (second.index, second.refimpl_value, second.torch_value) == ("(0, 1)", 2.5, 2.0)
    assert (second.difference, second.bound) == (0.5, 0.25)
    assert (first.verdict, second.verdict, second.chosen) == ("within", "outside", "all")
    assert (second.exact_value, second.torch_ulp, second.refimpl_roundings) == (None, None, None)


def test_exact_values_stand_beside_them() -> None:
    """And judge: an element within the bound of both sides may be beyond a side's own."""
    rows = element_rows(ROW, (OURS, THEIRS), bound(0.75), ALL, Knows())
    assert [row.exact_value for row in rows] == [1.0, None, -3.5]
    assert [(row.refimpl_ulp, row.torch_ulp) for row in rows] == [
        (0.0, 0.5),
        (None, None),
        (9.0, 8.0),
    ]
    assert [row.verdict for row in rows] == ["within", "within", "outside"]


def test_what_is_not_judged() -> None:
    """An element that may overflow; where nothing is rounded the others are identical."""
    rows = element_rows(ROW, (OURS, THEIRS), bound(0.0, overflow=True, exact=True), ALL)
    assert [row.verdict for row in rows] == ["identical", "empty", "identical"]


def test_the_worst_and_a_sample() -> None:
    """Of what is outside, in order; the sample depends on the seed alone."""
    times = np.arange(100.0)[::-1]
    places, worst = chosen(times, ROW, Settings())
    assert_array_equal(places[worst], np.arange(WORST))
    assert len(places) == WORST + SAMPLE
    assert_array_equal(places, np.unique(places))
    assert_array_equal(places, chosen(times, ROW, Settings())[0])
    other = chosen(times, replace(ROW, seed=DEFAULT_SEED + 1), Settings())[0]
    assert not np.array_equal(places, other)
    rows = element_rows(ROW, (OURS[:, :2], THEIRS[:, :2]), bound_of(2), Settings())
    assert [row.chosen for row in rows] == ["worst", "worst"]


def bound_of(count: int) -> Bound:
    return Bound(np.full((1, count), 0.25), np.zeros((1, count), bool))


@pytest.mark.parametrize(
    ("settings", "count"),
    [(Settings(), 40), (ALL, 77), (Settings(elements=(ROW.case,)), 77)],
    ids=["some", "all", "a case that is named"],
)
def test_how_many(settings: Settings, count: int) -> None:
    """All of them where they are asked for."""
    sides = np.zeros((7, 11)), np.ones((7, 11))
    found = element_rows(ROW, sides, Bound(np.zeros((7, 11)), np.zeros((7, 11), bool)), settings)
    assert len(found) == count
    if count == 40:
        assert Counter(row.chosen for row in found) == {"worst": 20, "sample": 20}


def test_a_huge_tensor_does_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of more than a million elements the worst are written, in order."""
    assert module.MOST == 1_000_000
    monkeypatch.setattr(module, "MOST", 2)
    rows = element_rows(ROW, (OURS, THEIRS), bound(0.25), ALL)
    assert [row.index for row in rows] == ["(0, 0)", "(0, 1)"]


def test_none_where_shapes_differ_or_nothing_is() -> None:
    """Two shapes have no elements in common to list."""
    none = np.zeros((0, 3))
    assert element_rows(ROW, (OURS[:, :2], THEIRS), bound(0.25), ALL) == []
    assert element_rows(ROW, (none, none), Bound(none, np.zeros((0, 3), bool)), ALL) == []


def test_of_a_case() -> None:
    """Both sides beside the definition's value, in ULP and in roundings."""
    case = Case("linear", "a", {"x": Draw((3, 5)), "weight": Draw((2, 5)), "bias": Draw((2,))})
    rows = check_case(case, "float32", Settings(elements=(case.id,))).elements
    assert Counter(row.tensor for row in rows) == {"y": 6, "dx": 15, "dweight": 10, "dbias": 2}
    for row in rows:
        assert row.exact_value is not None
        assert abs(row.exact_value - row.torch_value) < 1e-5
        assert row.refimpl_ulp is not None
        assert row.refimpl_roundings is not None
        assert row.refimpl_roundings < 4
        assert row.verdict == "within"
    quick = check_case(case, "float32", Settings(elements=(case.id,), quick=True)).elements
    assert {row.exact_value for row in quick} == {None}
