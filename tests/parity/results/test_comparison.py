"""The judgement of two tensors: every element, the worst of them, and what is not a number."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from exact import DTYPES

import parity.results.comparison
from parity.bounds.bound import Bound
from parity.cases.case import LAYOUTS
from parity.results.comparison import (
    Comparison,
    compare,
    element_differences,
    ratios,
    spacing,
    tolerance_bound,
)
from parity.results.verdicts import BLIND, IDENTICAL, OUTSIDE, WITHIN


def limit_of(limit: Any, overflow: Any = False, exact: bool = False) -> Bound:
    limit = np.asarray(limit, np.float64)
    return Bound(limit, np.broadcast_to(np.asarray(overflow), limit.shape), exact)


def array(*values: float, dtype: str = "float64") -> Any:
    return np.array(values, dtype)


# --- verdicts -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "limit", "exact", "verdict"),
    [
        (1.0, 0.0, True, IDENTICAL),
        (1.0, 0.0, False, WITHIN),
        (1.25, 0.5, False, WITHIN),
        (1.5, 0.5, False, WITHIN),  # the limit itself is allowed
        (1.75, 0.5, False, OUTSIDE),
        (0.25, 0.5, False, OUTSIDE),
        (1.25, 0.0, True, OUTSIDE),
        (1.0, inf, False, BLIND),
        (9e99, inf, False, BLIND),
        (nan, inf, False, OUTSIDE),
    ],
)
def test_verdict_of_one_element(ours: float, limit: float, exact: bool, verdict: str) -> None:
    """Up to the limit is `within`, past it `outside`; an infinite limit is `blind`."""
    assert compare(array(ours), array(1.0), limit_of([limit], exact=exact)).verdict == verdict


def test_one_wrong_element_makes_the_tensor_outside() -> None:
    """A single element past its limit outweighs all others, infinite limits included."""
    found = compare(array(1, 2, 9), array(1, 2, 3), limit_of([1, inf, 1]))
    assert (found.verdict, found.outside) == (OUTSIDE, 1)


def test_an_infinite_limit_at_an_infinite_value_is_not_blind() -> None:
    """Where torch itself gives ∞ or the element may overflow, the limit is not needed."""
    assert compare(array(inf), array(inf), limit_of([inf])).verdict == WITHIN
    assert compare(array(1), array(2), limit_of([inf], [True])).verdict == WITHIN


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_element_off_by_eight_bounds_is_refused(dtype: str) -> None:
    """Of a hundred elements one is off by eight times its limit."""
    theirs = np.random.default_rng(1).normal(size=(4, 25)).astype(dtype)
    limit = np.abs(theirs.astype(np.float64)) * 1e-4
    ours = theirs.copy()
    ours[2, 17] *= 1 + 8e-4
    found = compare(ours, theirs, limit_of(limit))
    assert (found.verdict, found.outside, found.worst_index) == (OUTSIDE, 1, (2, 17))


# --- the worst element --------------------------------------------------------------------


def test_the_worst_element_has_the_largest_ratio() -> None:
    """Not the largest error, but the largest error/bound names the place and both values."""
    ours, theirs = np.array([[1.0, 22.0], [3.5, 4.0]]), np.array([[1.0, 20.0], [3.0, 4.0]])
    found = compare(ours, theirs, limit_of([[1, 10], [0.125, 1]]))
    assert found == Comparison(
        verdict=OUTSIDE,
        elements=4,
        max_abs_error=2.0,
        max_rel_error=0.5 / 3.5,
        max_ulp=2.0**50,  # 0.5 beside 3.5, or 2 beside 22: the former is 2⁵⁰ ULP
        bound_at_worst=0.125,
        worst_ratio=4.0,
        worst_index=(1, 0),
        refimpl_value=3.5,
        torch_value=3.0,
        overflow=0,
        outside=1,
    )


def test_relative_errors_are_relative_to_the_larger_value() -> None:
    """|1 − 3| is 2/3 of the larger of both, on whichever side it stands."""
    assert compare(array(1), array(3), limit_of([9])).max_rel_error == 2 / 3
    assert compare(array(3), array(1), limit_of([9])).max_rel_error == 2 / 3


@pytest.mark.parametrize(
    ("ours", "theirs", "dtype", "ulps"),
    [
        (1.0, 1 + 2.0**-52, "float64", 1),
        (1.0, 1 - 2.0**-52, "float64", 1),  # in ULP of the larger, which is 1
        (1.0, 1 + 2.0**-20, "float32", 8),
        (2.0**-149, -(2.0**-149), "float32", 2),
        (0.0, 5e-324, "float64", 1),
        (-0.0, 0.0, "float64", 0),
        (float(np.finfo("float32").max), 0.0, "float32", 2.0**24 - 1),
    ],
)
def test_distances_in_ulp(ours: float, theirs: float, dtype: str, ulps: float) -> None:
    """The distance in units in the last place of the larger value, in the tensors' dtype."""
    found = compare(array(ours, dtype=dtype), array(theirs, dtype=dtype), limit_of([1]))
    assert found.max_ulp == ulps


# --- zeros, NaN, ∞ ------------------------------------------------------------------------


@pytest.mark.parametrize("same", [0.0, nan, inf, -inf])
def test_the_same_value_is_no_difference(same: float) -> None:
    """0, NaN and ∞ agree with themselves even where the limit is 0: the ratio 0/0 is 0."""
    found = compare(array(same, 1), array(same, 1), limit_of([0, 0], exact=True))
    assert (found.verdict, found.worst_ratio, found.max_abs_error) == (IDENTICAL, 0, 0)


def test_minus_zero_equals_zero() -> None:
    """−0 and +0 are the same number."""
    found = compare(array(-0.0), array(0.0), limit_of([0], exact=True))
    assert (found.verdict, found.max_rel_error) == (IDENTICAL, 0)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(nan, 1), (1, nan), (inf, -inf), (inf, 1), (1, -inf), (nan, inf), (-inf, nan)],
)
def test_what_is_not_a_number_must_be_the_same(ours: float, theirs: float) -> None:
    """NaN beside a number, ∞ beside −∞ or beside a number are outside every finite limit."""
    found = compare(array(0, ours), array(0, theirs), limit_of([1e300, 1e300]))
    assert (found.verdict, found.worst_index, found.worst_ratio) == (OUTSIDE, (1,), inf)
    assert found.max_abs_error == inf


def test_a_difference_where_none_is_allowed_is_infinitely_over() -> None:
    """x/0 is ∞."""
    found = compare(array(1 + 2.0**-52), array(1), limit_of([0], exact=True))
    assert (found.verdict, found.worst_ratio) == (OUTSIDE, inf)


def test_overflow_is_counted_and_not_judged() -> None:
    """Masked elements add to `overflow` and to nothing else."""
    ours, theirs = array(inf, 1.5, 7), array(3, 1, 7)
    found = compare(ours, theirs, limit_of([0, 1, 0], [True, False, False]))
    assert (found.verdict, found.overflow, found.outside) == (WITHIN, 1, 0)
    assert (found.max_abs_error, found.worst_index, found.worst_ratio) == (0.5, (1,), 0.5)


# --- shapes and dtypes --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "index", "value", "their_value"),
    [
        ((2, 3), (3, 3), (2, 0), None, 6.0),  # the last row is missing
        ((3, 2), (3, 3), (0, 2), None, 2.0),
        ((3, 3), (2, 3), (2, 0), 6.0, None),  # one row too many
        ((2, 3), (3, 2), (2, 0), None, 4.0),
        ((3,), (3, 1), (0, 0), None, 0.0),
        ((1, 3), (3,), (0,), None, 0.0),
        ((2,), (), (), None, 0.0),
        ((), (2,), (0,), None, 0.0),
        ((2, 3), (0, 3), (0, 0), 0.0, None),
        ((0, 3), (0, 2), (), None, None),
    ],
)
def test_other_shapes_are_outside(
    ours: Any, theirs: Any, index: Any, value: float | None, their_value: float | None
) -> None:
    """A shape that differs names the first place that one side lacks, and the value there."""
    a, b = (np.arange(np.prod(s), dtype=float).reshape(s) for s in (ours, theirs))
    found = compare(a, b, limit_of(np.full(theirs, inf)))
    assert (found.verdict, found.worst_index) == (OUTSIDE, index)
    assert (found.refimpl_value, found.torch_value) == (value, their_value)
    assert (found.elements, found.outside) == (b.size, b.size)
    assert found.note == f"refimpl gives shape {ours}, torch {theirs}"


def test_another_dtype_is_outside() -> None:
    """Equal numbers of another dtype are refused, and the note says which."""
    found = compare(array(1, 2, dtype="float32"), array(1, 2), limit_of([1, 1]))
    assert (found.verdict, found.outside) == (OUTSIDE, 2)
    assert found.note == "refimpl gives float32, torch float64"


@pytest.mark.parametrize(("exact", "verdict"), [(True, IDENTICAL), (False, WITHIN)])
def test_empty_tensors_agree(exact: bool, verdict: str) -> None:
    """Without elements there is nothing to disagree on."""
    empty = np.zeros((0, 3))
    assert compare(empty, empty, limit_of(empty, exact=exact)) == Comparison(verdict)


def test_single_values_are_judged() -> None:
    """A tensor without axes has one element, at ()."""
    found = compare(np.array(2.0), np.array(1.0), limit_of(0.5))
    assert (found.verdict, found.elements, found.worst_index) == (OUTSIDE, 1, ())
    assert (found.refimpl_value, found.torch_value, found.worst_ratio) == (2, 1, 2)


def test_a_limit_without_axes_serves_every_element() -> None:
    """A bound of one value is that of each element."""
    found = compare(array(1, 2.5), array(1, 2), Bound(np.array(0.25), np.array(False)))
    assert (found.verdict, found.worst_index, found.bound_at_worst) == (OUTSIDE, (1,), 0.25)


# --- the parts ----------------------------------------------------------------------------


def test_differences_of_float32_do_not_round() -> None:
    """The difference of two float32 numbers is taken in float64."""
    a, b = array(1, dtype="float32"), array(2.0**-40, dtype="float32")
    assert element_differences(a, b).tolist() == [1 - 2.0**-40]


def test_differences_that_overflow_are_infinite() -> None:
    """largest − (−largest) is ∞, not a warning."""
    largest = np.finfo("float64").max
    assert element_differences(array(largest), array(-largest)).tolist() == [inf]


@pytest.mark.parametrize(
    ("error", "limit", "expected"),
    [(0, 0, 0), (1, 0, inf), (inf, inf, inf), (1, inf, 0), (3, 2, 1.5), (inf, 1, inf), (0, inf, 0)],
)
def test_ratios(error: float, limit: float, expected: float) -> None:
    """error/limit with 0/0 = 0, x/0 = ∞ and ∞/∞ = ∞."""
    assert ratios(array(error), array(limit)).tolist() == [expected]


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_spacing_is_the_distance_to_the_next_number(dtype: str) -> None:
    """Of numbers of every exponent, as random bits are; the largest has its neighbour's."""
    size = np.dtype(dtype).itemsize
    values = np.frombuffer(np.random.default_rng(7).bytes(20_000 * size), dtype)
    info = np.finfo(values.dtype)
    edges = [0, info.smallest_subnormal, info.smallest_normal, 1, -1, np.nextafter(info.max, 0)]
    values = np.append(values[np.isfinite(values)], np.array(edges, dtype))
    assert np.array_equal(spacing(values), np.spacing(np.abs(values)).astype(np.float64))
    assert spacing(np.array(info.max)) == np.spacing(np.nextafter(info.max, values.dtype.type(0)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_has_no_next_number_is_spaced_as_1(dtype: str) -> None:
    """NaN and ∞, beside numbers that keep their own distance."""
    found = spacing(np.array([nan, inf, -inf, 4], dtype))
    epsilon = float(np.finfo(dtype).eps)
    assert found.tolist() == [epsilon, epsilon, epsilon, 4 * epsilon]


@pytest.mark.parametrize(
    ("torch", "rtol", "atol", "limit"),
    [
        (4, 0.5, 0.25, 2.25),
        (-4, 0.5, 0, 2),
        (0, 0.5, 0.125, 0.125),
        (nan, 1, 1, 0),
        (-inf, 1, 1, 0),
    ],
)
def test_tolerance_is_absolute_and_relative(
    torch: float, rtol: float, atol: float, limit: float
) -> None:
    """atol + rtol·|torch|; NaN and ∞ must be the same. Never exact, nothing masked."""
    bound = tolerance_bound(array(torch, dtype="float32"), rtol, atol)
    assert bound.limit.tolist() == [limit]
    assert (bound.overflow.tolist(), bound.exact) == ([False], False)


# --- large tensors, part by part ----------------------------------------------------------

PARTS = (1, 2, 7, 59, 60, 61)  # of 60 elements: every size that divides, leaves a rest, is enough


def in_parts(monkeypatch: pytest.MonkeyPatch, size: int, *arguments: Any) -> Comparison:
    """`compare` with parts of so many elements."""
    monkeypatch.setattr(parity.results.comparison, "PART", size)
    return compare(*arguments)


def test_parts_cover_everything_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another, the last as long as what is left."""
    monkeypatch.setattr(parity.results.comparison, "PART", 4)
    assert parity.results.comparison._parts(10) == [slice(0, 4), slice(4, 8), slice(8, 10)]
    assert parity.results.comparison._parts(8) == [slice(0, 4), slice(4, 8)]


def untidy(dtype: str) -> tuple[Any, Any, Bound]:
    """Two tensors that differ in every way there is, and a bound with all that bounds have."""
    rng = np.random.default_rng(5)
    theirs = rng.normal(size=(3, 4, 5)).astype(dtype)
    ours = (theirs * (1 + rng.normal(size=theirs.shape) * 1e-5)).astype(dtype)
    limit = np.abs(theirs.astype(np.float64)) * 4e-5
    overflow = np.zeros(theirs.shape, bool)
    ours[0, 1, 2], theirs[0, 3, 4] = np.nan, np.inf
    ours[1, 0, 0] = theirs[1, 0, 0] = np.nan
    ours[2, 3, 4], overflow[2, 3, 4] = 99, True
    limit[1, 2, 3], limit[2, 0] = np.inf, 0
    return ours, theirs, Bound(limit, overflow)


@pytest.mark.parametrize("size", PARTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_parts_do_not_change_what_is_found(
    monkeypatch: pytest.MonkeyPatch, dtype: str, size: int
) -> None:
    """Verdict, all figures, the worst place and both values: the same for parts of any size."""
    ours, theirs, bound = untidy(dtype)
    whole = in_parts(monkeypatch, 10**6, ours, theirs, bound)
    assert whole.verdict == OUTSIDE
    assert whole.overflow == 1
    found = in_parts(monkeypatch, size, ours, theirs, bound)
    # NaN values make two equal comparisons unequal; their text does not.
    assert repr(found) == repr(whole)


@pytest.mark.parametrize("size", PARTS)
@pytest.mark.parametrize("place", range(0, 60, 7))
def test_a_mistake_in_any_part_is_found(
    monkeypatch: pytest.MonkeyPatch, place: int, size: int
) -> None:
    """One element of sixty past its limit, wherever it stands, with its own index and values."""
    theirs = np.random.default_rng(6).normal(size=(3, 4, 5))
    ours = theirs.copy()
    ours.flat[place] += 0.5
    found = in_parts(monkeypatch, size, ours, theirs, limit_of(np.full(theirs.shape, 0.25)))
    index = tuple(map(int, np.unravel_index(place, theirs.shape)))
    assert (found.verdict, found.outside, found.worst_index) == (OUTSIDE, 1, index)
    assert (found.refimpl_value, found.torch_value) == (ours[index], theirs[index])
    assert (found.bound_at_worst, found.worst_ratio) == (0.25, 2.0)


@pytest.mark.parametrize("size", PARTS)
def test_the_worst_of_several_parts_is_named(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Of mistakes in many parts the largest; of equally large ones the first."""
    theirs = np.zeros((3, 4, 5))
    ours = theirs.copy()
    ours[0, 0, 1] = ours[1, 1, 1] = ours[2, 2, 2] = 2.0
    bound = limit_of(np.ones(theirs.shape))
    found = in_parts(monkeypatch, size, ours, theirs, bound)
    assert (found.worst_index, found.outside) == ((0, 0, 1), 3)
    ours[1, 1, 1] = 3.0
    found = in_parts(monkeypatch, size, ours, theirs, bound)
    assert (found.worst_index, found.outside, found.worst_ratio) == ((1, 1, 1), 3, 3.0)


@pytest.mark.parametrize("size", PARTS)
def test_a_blind_element_in_any_part_makes_the_tensor_blind(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    """An infinite limit in the last part is not forgotten."""
    values, limit = np.ones((3, 4, 5)), np.ones((3, 4, 5))
    limit[2, 3, 4] = inf
    assert in_parts(monkeypatch, size, values, values, limit_of(limit)).verdict == BLIND


@pytest.mark.parametrize("size", PARTS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_views_are_compared_element_by_element(
    monkeypatch: pytest.MonkeyPatch, layout: str, size: int
) -> None:
    """Whatever the order in memory; one limit may stand for all elements."""
    theirs = np.arange(60.0).reshape(3, 4, 5)
    ours = theirs.copy()
    ours[1, 2, 3] += 3
    found = in_parts(monkeypatch, size, LAYOUTS[layout](ours), theirs, limit_of(1.0))
    assert (found.worst_index, found.outside, found.refimpl_value) == ((1, 2, 3), 1, 36.0)
