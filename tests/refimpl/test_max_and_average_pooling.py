"""Poolings and their gradients against the documents, plain loops and exact derivatives."""

import re
import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from plain import (
    DIVISIBLE,
    ELEMENTS,
    Pool,
    assert_exact,
    assert_same,
    avg_pool,
    avg_pool_backward,
    distinct,
    dot,
    draw,
    fractions,
    frozen,
    max_pool,
    max_pool_backward,
)

import refimpl
from refimpl import avg_pool2d, avg_pool2d_backward, max_pool1d, max_pool2d, max_pool2d_backward
from refimpl.windows import map_blocks

# --- worked examples ----------------------------------------------------------------------

FOUR_BY_FOUR = [[1, 1, 2, 4], [5, 6, 7, 8], [3, 2, 1, 0], [1, 2, 3, 4]]


def one(matrix: Any, elements: str = "float64") -> Any:
    """A matrix as a batch of one image with one channel."""
    array = fractions(matrix) if elements == "fraction" else np.asarray(matrix, elements)
    return array[None, None]


@pytest.mark.parametrize("elements", ELEMENTS)
def test_maximum_of_four_by_four(elements: str) -> None:
    """D0.4: the first maximum is 6, the second 8; 2×2, stride 2, no overlap."""
    y = max_pool2d(one(FOUR_BY_FOUR, elements), 2)
    assert_exact(y[0, 0], [[6, 8], [3, 4]], elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_mean_of_four_by_four(elements: str) -> None:
    """D0.4, D3.6: the same regions, their means."""
    y = avg_pool2d(one(FOUR_BY_FOUR, elements), 2)
    quarters = [[Fraction(13, 4), Fraction(21, 4)], [Fraction(2), Fraction(2)]]
    assert_exact(y[0, 0], quarters, elements)


TIES = [[7, 1, 2, 2], [0, 7, 2, 0], [3, 4, 5, 1], [4, 4, 6, 5]]
DZ = [[10, 20], [30, 40]]


def test_every_maximum_gets_the_gradient() -> None:
    """D2.28 as printed: each element that is the maximum of its window gets DZ."""
    dx = max_pool2d_backward(one(DZ), one(TIES), 2, ties="all")
    assert_same(dx[0, 0], [[10, 0, 20, 20], [0, 10, 20, 0], [0, 30, 0, 0], [30, 30, 40, 0]])


def test_first_maximum_gets_the_gradient() -> None:
    """torch's rule: the first of several maxima gets everything."""
    dx = max_pool2d_backward(one(DZ), one(TIES), 2)
    assert_same(dx[0, 0], [[10, 0, 20, 0], [0, 0, 0, 0], [0, 30, 0, 0], [0, 0, 40, 0]])


def test_a_quarter_for_each() -> None:
    """D2.28, D3.10: average pooling gives each of the four places DZ/4."""
    dx = avg_pool2d_backward(one(DZ, "fraction"), one(TIES, "fraction"), 2)
    assert_exact(dx[0, 0], np.kron(fractions(DZ) / 4, np.ones((2, 2), int)), "fraction")


def test_means_of_letters() -> None:
    """D4.15: the mean is a convolution with a kernel of quarters, here in symbols."""
    x = np.array(sympy.symbols("a:3(:4)")).reshape(1, 1, 3, 4)
    quarters = np.full((1, 1, 2, 2), sympy.Rational(1, 4))
    difference = avg_pool2d(x, 2, 1) - refimpl.conv2d(x, quarters)
    assert difference.shape == (1, 1, 2, 3)
    assert {sympy.expand(element) for element in difference.flat} == {0}


def test_letters_flow_back() -> None:
    """D2.28: in symbols too, each place of a window gets DZ/4."""
    dy = np.array(sympy.symbols("d:2")).reshape(1, 1, 1, 2)
    dx = avg_pool2d_backward(dy, np.array(sympy.symbols("a:8")).reshape(1, 1, 2, 4), 2)
    assert {sympy.expand(e) for e in (4 * dx - np.repeat(dy, 2)).flat} == {0}


# --- plain loops --------------------------------------------------------------------------

MAX_CASES = {
    "1d": Pool((2, 3, 11), (4,), (2,), (0,), (1,)),
    "1d, side by side": Pool((3, 2, 10), (5,), (5,), (0,), (1,)),
    "1d, everything": Pool((3, 2, 13), (4,), (3,), (2,), (3,), True),
    "1d, ceil reaches the padding": Pool((3, 2, 7), (4,), (3,), (2,), (1,), True),
    "1d, ceil would start behind": Pool((3, 2, 5), (2,), (4,), (1,), (1,), True),
    "1d, steps over places": Pool((2, 4, 9), (2,), (5,), (0,), (1,)),
    "2d": Pool((2, 3, 8, 7), (4, 2), (1, 5), (0, 0), (1, 1)),
    "2d, padding": Pool((2, 3, 5, 7), (3, 4), (2, 1), (1, 2), (1, 1)),
    "2d, dilation": Pool((1, 2, 9, 7), (3, 4), (1, 2), (0, 0), (4, 2)),
    "2d, everything": Pool((2, 1, 9, 8), (4, 3), (3, 2), (2, 1), (2, 3), True),
    "2d, one window": Pool((3, 2, 4, 5), (4, 5), (1, 1), (0, 0), (1, 1)),
    "2d, 1×1": Pool((3, 2, 4, 5), (1, 1), (1, 1), (0, 0), (1, 1)),
    "3d": Pool((1, 2, 4, 5, 6), (2, 3, 4), (1, 2, 1), (0, 0, 0), (1, 1, 1)),
    "3d, everything": Pool((1, 2, 5, 4, 7), (2, 3, 4), (1, 3, 2), (1, 0, 2), (3, 1, 2), True),
}
AVG_CASES = {name: case for name, case in MAX_CASES.items() if set(case.dilation) == {1}} | {
    "2d, ceil": Pool((2, 1, 6, 8), (3, 2), (2, 3), (0, 1), (1, 1), True),
    "2d, ceil and padding": Pool((2, 3, 7, 8), (5, 4), (4, 3), (2, 2), (1, 1), True),
    "3d, padding": Pool((1, 2, 3, 4, 5), (2, 3, 1), (1, 2, 4), (1, 1, 0), (1, 1, 1), True),
}
COUNTS = {
    "padding counts": {"count_include_pad": True},
    "padding does not": {"count_include_pad": False},
    "divisor 7": {"divisor_override": 7},
}
EVERY_MAX_CASE = pytest.mark.parametrize("case", MAX_CASES.values(), ids=MAX_CASES)
COUNTED = {
    f"{name}, {rule}": (case, count)
    for name, case in AVG_CASES.items()
    for rule, count in COUNTS.items()
    if case.axes > 1 or "divisor_override" not in count  # which avg_pool1d has not, as in torch
}
EVERY_AVG_CASE = pytest.mark.parametrize(("case", "count"), COUNTED.values(), ids=COUNTED)
EVERY_ELEMENT = pytest.mark.parametrize("elements", ELEMENTS)


def call(name: str, case: Pool, *arrays: Any, **more: Any) -> Any:
    """The pooling of as many axes as the case has."""
    options = dict(case.options)
    if name.startswith("avg"):
        del options["dilation"]
    return getattr(refimpl, name.replace("_pool", f"_pool{case.axes}d"))(*arrays, **options, **more)


@EVERY_MAX_CASE
@EVERY_ELEMENT
def test_max_forward(rng: np.random.Generator, case: Pool, elements: str) -> None:
    """y is the largest element of each window, and stands where the indices say."""
    x = draw(rng, case.x, elements)
    expected, places = max_pool(case, x)
    assert_exact(call("max_pool", case, x), expected, elements)
    y, indices = call("max_pool_with_indices", case, x)
    assert_exact(y, expected, elements)
    assert_exact(indices, places, "int64")


@EVERY_MAX_CASE
@EVERY_ELEMENT
@pytest.mark.parametrize("ties", ["first", "all"])
def test_max_backward(rng: np.random.Generator, case: Pool, elements: str, ties: str) -> None:
    """Each window's dy goes to its first maximum, or to all; there are many ties."""
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, elements)
    x = fractions(x) if elements == "fraction" else x.astype(elements)
    dx = call("max_pool_backward", case, dy, x, ties=ties)
    assert_exact(dx, max_pool_backward(case, dy, x, ties), elements)


@EVERY_MAX_CASE
def test_max_backward_in_equal_shares(rng: np.random.Generator, case: Pool) -> None:
    """Of each window's dy every maximum gets as much, exactly in fractions."""
    x, dy = fractions(draw(rng, case.x, "float64") // 4), draw(rng, case.y)
    dx = call("max_pool_backward", case, dy, x, ties="split")
    assert_exact(dx, max_pool_backward(case, dy, x, "split"), "fraction")


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_equal_shares_are_those_of_amax(rng: np.random.Generator, dtype: str) -> None:
    """Windows side by side are an axis of torch's amax, whose gradient is shared by the tied."""
    torch = pytest.importorskip("torch")
    x = rng.integers(-1, 2, (2, 3, 5, 4, 6, 2)).astype(dtype)  # N, C, rows of windows, of places
    dy = rng.integers(-8, 9, (2, 3, 5, 6)).astype(dtype)
    leaf = torch.tensor(x, requires_grad=True)
    leaf.amax(dim=(3, 5)).backward(torch.tensor(dy))
    found = max_pool2d_backward(dy, x.reshape(2, 3, 20, 12), (4, 2), ties="split")
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.reshape(x.shape), leaf.grad.numpy())


def test_shares_of_a_window_with_nan() -> None:
    """Nothing equals NaN: as with "all", its window passes nothing on, and no 0/0 either."""
    x = np.array([[[np.nan, 1.0, 2.0, 2.0]]])
    dx = refimpl.max_pool1d_backward(np.array([[[5.0, 7.0]]]), x, 2, ties="split")
    np.testing.assert_array_equal(dx, [[[0, 0, 3.5, 3.5]]])


@EVERY_MAX_CASE
@EVERY_ELEMENT
def test_max_backward_with_the_forwards_indices(
    rng: np.random.Generator, case: Pool, elements: str
) -> None:
    """Handed over, in any integer type and layout, they give the same, and stay as they are."""
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, elements)
    x = fractions(x) if elements == "fraction" else x.astype(elements)
    expected = max_pool_backward(case, dy, x, "first")
    _, indices = call("max_pool_with_indices", case, x)
    kept = indices.copy()
    given = (indices, indices.astype(np.uint64), np.asfortranarray(indices.astype(np.int32)))
    for places in (*given, indices.tolist()):
        assert_exact(call("max_pool_backward", case, dy, x, indices=places), expected, elements)
    np.testing.assert_array_equal(indices, kept)


def test_indices_say_where_dy_is_added() -> None:
    """x is not looked at again: places that are no maxima are taken as they are given."""
    x, dy = np.arange(12.0).reshape(1, 1, 3, 4), np.array([[[[5.0, 7.0]]]])
    dx = max_pool2d_backward(dy, x, (3, 2), indices=np.array([[[[4, 4]]]]))
    assert_exact(dx.reshape(3, 4), np.array([[0, 0, 0, 0], [12, 0, 0, 0], [0, 0, 0, 0]]), "float64")


@pytest.mark.parametrize(
    ("indices", "ties", "error", "said"),
    [
        ([[[[1.0, 3.0]]]], "first", TypeError, "indices must hold integers, but has dtype float64"),
        (
            [[1, 3], [1]],
            "first",
            ValueError,
            "indices must be an array, but its rows have different lengths",
        ),
        (
            [[[1, 3]]],
            "first",
            ValueError,
            "indices is (1, 1, 2), but the output for these arguments is (1, 1, 1, 2)",
        ),
        (
            [[[[1, 12]]]],
            "first",
            ValueError,
            "indices must be from 0 to 11, places of one map of x, but hold 12",
        ),
        (
            [[[[-1, 12]]]],
            "first",
            ValueError,
            "indices must be from 0 to 11, places of one map of x, but hold -1",
        ),
        (
            [[[[1, 3]]]],
            "all",
            ValueError,
            "indices name one maximum of each window, but ties is 'all'; leave one out",
        ),
        (
            np.ma.masked_equal([[[[1, 3]]]], 3),
            "first",
            TypeError,
            "indices is a masked array, whose mask would be lost; give indices.filled(…), or "
            "leave the masked elements out",
        ),
    ],
    ids=["floats", "rows", "shape", "outside", "negative", "all ties", "masked"],
)
def test_indices_that_are_refused(
    indices: Any, ties: str, error: type[Exception], said: str
) -> None:
    """Each with its sentence."""
    x, dy = np.arange(12.0).reshape(1, 1, 3, 4), np.array([[[[5.0, 7.0]]]])
    with pytest.raises(error, match=f"^max_pool2d_backward: {re.escape(said)}$"):
        max_pool2d_backward(dy, x, (3, 2), ties=ties, indices=indices)


@EVERY_MAX_CASE
def test_max_backward_is_the_derivative(rng: np.random.Generator, case: Pool) -> None:
    """Without ties ⟨dy, y⟩ changes by ⟨dx, step⟩, exactly, for a step that moves no maximum."""
    x, dy, step = distinct(rng, case.x), draw(rng, case.y), draw(rng, case.x) / 100
    y, moved = call("max_pool", case, x), call("max_pool", case, x + step)
    assert dot(dy, moved - y) == dot(call("max_pool_backward", case, dy, x), step)


@EVERY_AVG_CASE
@EVERY_ELEMENT
def test_avg_forward(rng: np.random.Generator, case: Pool, count: Any, elements: str) -> None:
    """y is the sum of each window over the number of places that count."""
    x = draw(rng, case.x, elements, DIVISIBLE)
    assert_exact(call("avg_pool", case, x, **count), avg_pool(case, x, **count), elements)


@EVERY_AVG_CASE
@EVERY_ELEMENT
def test_avg_backward(rng: np.random.Generator, case: Pool, count: Any, elements: str) -> None:
    """Each window's dy over its divisor goes to every place that the window has in x."""
    x, dy = draw(rng, case.x, elements), draw(rng, case.y, elements, DIVISIBLE)
    dx = call("avg_pool_backward", case, dy, x, **count)
    assert_exact(dx, avg_pool_backward(case, dy, **count), elements)


@EVERY_AVG_CASE
def test_avg_backward_is_the_derivative(rng: np.random.Generator, case: Pool, count: Any) -> None:
    """⟨dy, avg_pool(v)⟩ = ⟨dx, v⟩, exactly: the pooling is linear, and dx is its adjoint."""
    v, dy = draw(rng, case.x), draw(rng, case.y)
    dx = call("avg_pool_backward", case, dy, v, **count)
    assert dot(dy, call("avg_pool", case, v, **count)) == dot(dx, v)


@pytest.mark.parametrize("name", ["2d, everything", "3d, everything"])
def test_loops_refuse_a_known_mistake(rng: np.random.Generator, name: str) -> None:
    """A forgotten dilation and the other rule for ties are seen."""
    case = MAX_CASES[name]
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, "float64")
    dx = call("max_pool_backward", case, dy, x)
    with pytest.raises(AssertionError):
        assert_same(dx, max_pool_backward(case, dy, x, "all"))
    undilated = case._replace(dilation=(1,) * case.axes)
    with pytest.raises(AssertionError):
        assert_same(call("max_pool", undilated, x), max_pool(case, x)[0])


def test_loops_refuse_a_wrong_divisor(rng: np.random.Generator) -> None:
    """Where padding counts or not is seen, and so is what ceil_mode lets hang over."""
    case = AVG_CASES["2d, ceil and padding"]
    x = draw(rng, case.x)
    with pytest.raises(AssertionError):
        assert_same(call("avg_pool", case, x), avg_pool(case, x, count_include_pad=False))
    with pytest.raises(AssertionError):
        assert_same(call("avg_pool", case, x), avg_pool(case, x, divisor_override=20))


@pytest.mark.parametrize(("stride", "expected"), [(None, [2, 4]), (1, [2, 3, 4, 4])])
def test_stride_is_the_window_unless_given(stride: int | None, expected: list[int]) -> None:
    """D0.4: windows lie side by side by default."""
    assert_same(max_pool1d(np.array([[[1.0, 2, 3, 4, 0]]]), 2, stride), [[expected]])


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_defaults(rng: np.random.Generator, axes: int) -> None:
    """Unless told otherwise: no padding, no dilation, floor, the first of equal maxima."""
    kernel = (2, 3, 2)[:axes]
    case = Pool((2, 3, 5, 7, 3)[: 2 + axes], kernel, kernel, (0,) * axes, (1,) * axes)
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, "float64", DIVISIBLE)
    maximum, mean = (getattr(refimpl, f"{kind}_pool{axes}d") for kind in ("max", "avg"))
    places = getattr(refimpl, f"max_pool{axes}d_with_indices")
    assert_same(maximum(x, kernel), max_pool(case, x)[0])
    assert_same(places(x, kernel)[1], max_pool(case, x)[1])
    assert_same(mean(x * DIVISIBLE, kernel), avg_pool(case, x * DIVISIBLE))
    dmaximum, dmean = (getattr(refimpl, f"{kind}_pool{axes}d_backward") for kind in ("max", "avg"))
    assert_same(dmaximum(dy, x, kernel), max_pool_backward(case, dy, x, "first"))
    assert_same(dmean(dy, x, kernel), avg_pool_backward(case, dy))


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_padding_counts_by_default(rng: np.random.Generator, axes: int) -> None:
    """count_include_pad is True unless told otherwise, as in torch."""
    case = Pool((2, 1, 5, 7, 3)[: 2 + axes], (2,) * axes, (1,) * axes, (1,) * axes, (1,) * axes)
    x, dy = draw(rng, case.x), draw(rng, case.y)
    assert_same(getattr(refimpl, f"avg_pool{axes}d")(x, 2, 1, 1), avg_pool(case, x))
    dx = getattr(refimpl, f"avg_pool{axes}d_backward")(dy, x, 2, 1, 1)
    assert_same(dx, avg_pool_backward(case, dy))


# --- ties, NaN, wide windows --------------------------------------------------------------


def test_overlapping_windows_add_up() -> None:
    """A place that is the maximum of several windows collects the sum of their dy."""
    dx = refimpl.max_pool1d_backward(
        np.array([[[1.0, 20.0, 300.0]]]), np.array([[[0.0, 1.0, 5.0, 2.0, 1.0]]]), 3, 1
    )
    assert_same(dx, [[[0, 0, 321, 0, 0]]])


def test_all_equal() -> None:
    """In a flat image the first place of the window inside x is the maximum."""
    x = np.zeros((1, 1, 3, 4))
    y, indices = refimpl.max_pool2d_with_indices(x, 3, 2, padding=1)
    assert_same(y, np.zeros((1, 1, 2, 2)))
    assert_same(indices[0, 0], [[0, 1], [4, 5]])


def test_nan_wins() -> None:
    """Wherever NaN stands in a window, it is the maximum, and the last one gets the gradient."""
    x = np.array([[[np.nan, 1.0, 5.0, 2.0, np.nan, np.nan, 7.0, np.inf]]])
    y, indices = refimpl.max_pool1d_with_indices(x, 2)
    np.testing.assert_array_equal(y[0, 0], [np.nan, 5, np.nan, np.inf])
    assert_same(indices[0, 0], [0, 2, 5, 7])
    dx = refimpl.max_pool1d_backward(np.array([[[1.0, 2.0, 3.0, 4.0]]]), x, 2)
    assert_same(dx[0, 0], [1, 0, 2, 0, 0, 3, 0, 4])


def test_nothing_but_minus_infinity() -> None:
    """A window of −∞ has −∞ as its maximum, in its first place: padding never wins."""
    y, indices = refimpl.max_pool1d_with_indices(np.full((1, 1, 3), -np.inf), 2, 2, padding=1)
    assert_same(y[0, 0], [-np.inf, -np.inf])
    assert_same(indices[0, 0], [0, 1])


def test_negative_numbers_beat_the_padding() -> None:
    """Padding is no zero for a maximum."""
    assert_same(max_pool1d(np.array([[[-3.0, -2.0]]]), 2, 2, padding=1), [[[-3.0, -2.0]]])


def test_nan_in_a_mean() -> None:
    """NaN shows in the means of the windows that hold it only."""
    y = refimpl.avg_pool1d(np.array([[[1.0, 3.0, np.nan, 1.0, np.inf, 1.0]]]), 2)
    np.testing.assert_array_equal(y[0, 0], [2, np.nan, np.inf])


def test_last_of_many_places_in_two_dimensions() -> None:
    """The places of a window are counted by the product of its sides, not by their sum."""
    x = np.arange(300.0).reshape(1, 1, 20, 15)
    _, indices = refimpl.max_pool2d_with_indices(x, (20, 15))
    assert indices.item() == 299
    dx = max_pool2d_backward(np.full((1, 1, 1, 1), 7.0), x, (20, 15))
    assert_same(dx, np.where(x == 299, 7.0, 0.0))


@pytest.mark.parametrize("places", [255, 256, 300])
def test_wide_windows(places: int) -> None:
    """In a window of more places than a byte counts, the last one is found."""
    x = np.arange(places + 1.0).reshape(1, 1, -1)
    y, indices = refimpl.max_pool1d_with_indices(x, places, 1)
    assert_same(indices, [[[places - 1, places]]])
    assert_same(refimpl.max_pool1d_backward(y, x, places, 1)[0, 0, -2:], y[0, 0])


def test_nan_wins_among_objects() -> None:
    """So does a NaN in an object array, first, last or in the middle of its window."""
    nan = float("nan")
    x = np.array([[[nan, 1, 2, 3, nan, 4, 5, 6, nan, nan, 7, nan]]], object)
    with np.errstate(invalid="ignore"):  # NumPy says so where objects compare with NaN
        y, indices = refimpl.max_pool1d_with_indices(x, 3)
        alone = max_pool1d(x, 3)
        dx = refimpl.max_pool1d_backward(fractions([[[1, 2, 3, 4]]]), x, 3)
    for maxima in (y, alone):
        assert [m != m for m in maxima.flat] == [True, True, True, True]
    assert_same(indices[0, 0], [0, 4, 8, 11])
    assert_exact(dx[0, 0], [1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 4], "fraction")


def test_stride_far_beyond_the_map() -> None:
    """One window, whatever the stride, and no memory for the places that it steps over."""
    x, stride = np.array([[[1.0, 3.0, 2.0]]]), 10**6
    tracemalloc.start()
    y, indices = refimpl.max_pool1d_with_indices(x, 2, stride)
    dx = refimpl.max_pool1d_backward(np.array([[[5.0]]]), x, 2, stride)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10**5
    assert_same(max_pool1d(x, 2, stride), y)
    assert_same(refimpl.avg_pool1d(x, 2, stride), [[[2.0]]])
    assert_same(y, [[[3.0]]])
    assert_same(indices, [[[1]]])
    assert_same(dx, [[[0.0, 5.0, 0.0]]])


# --- blocks -------------------------------------------------------------------------------


def cut(monkeypatch: pytest.MonkeyPatch, maps: int, x: Any) -> list[int]:
    """From now on blocks hold so many maps of x; how many each one holds is noted."""
    sizes = []

    def noted(*arrays: Any) -> Any:
        for views in map_blocks(*arrays):
            sizes.append(len(views[0]))
            yield views

    monkeypatch.setattr(refimpl.windows, "BLOCK_BYTES", maps * x[0, 0].nbytes)
    for module in (refimpl.max_pooling, refimpl.average_pooling):
        monkeypatch.setattr(module, "map_blocks", noted)
    return sizes


MAPS = pytest.mark.parametrize(("maps", "sizes"), [(1, [1] * 6), (4, [4, 2]), (6, [6])])


@pytest.mark.parametrize("name", ["1d, everything", "2d, six maps", "3d, six maps"])
@EVERY_ELEMENT
@MAPS
def test_blocks_of_maxima(
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    elements: str,
    maps: int,
    sizes: list[int],
) -> None:
    """However many maps are done at a time, also where they don't share the batch evenly."""
    case = {
        **MAX_CASES,
        "2d, six maps": MAX_CASES["2d, everything"]._replace(x=(2, 3, 9, 8)),
        "3d, six maps": MAX_CASES["3d, everything"]._replace(x=(3, 2, 5, 4, 7)),
    }[name]
    x, dy = draw(rng, case.x, "float64") // 4, draw(rng, case.y, elements)
    x = frozen(fractions(x) if elements == "fraction" else x.astype(elements))
    expected, places = max_pool(case, x)
    made = cut(monkeypatch, maps, x)
    assert_exact(call("max_pool", case, x), expected, elements)
    y, indices = call("max_pool_with_indices", case, x)
    assert_exact(y, expected, elements)
    assert_exact(indices, places, "int64")
    for ties in ("first", "all"):
        dx = call("max_pool_backward", case, dy, x, ties=ties)
        assert_exact(dx, max_pool_backward(case, dy, x, ties), elements)
    assert made == 4 * sizes


@pytest.mark.parametrize("name", ["1d, side by side", "2d, ceil and padding", "3d, six maps"])
@EVERY_ELEMENT
@MAPS
def test_blocks_of_means(
    rng: np.random.Generator,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    elements: str,
    maps: int,
    sizes: list[int],
) -> None:
    """So it is with means and their gradient."""
    case = {
        **AVG_CASES,
        "3d, six maps": AVG_CASES["3d, padding"]._replace(x=(3, 2, 3, 4, 5)),
    }[name]
    x, dy = draw(rng, case.x, elements, DIVISIBLE), draw(rng, case.y, elements, DIVISIBLE)
    made = cut(monkeypatch, maps, x)
    assert_exact(call("avg_pool", case, x), avg_pool(case, x), elements)
    dx = call("avg_pool_backward", case, dy, x)
    assert_exact(dx, avg_pool_backward(case, dy), elements)
    assert made == 2 * sizes


def test_nan_in_one_block_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """NaN moves the maximum of its own map, not of the maps done before and after it."""
    x = np.array([[[1.0, 2.0, 3.0]], [[np.nan, 2.0, np.nan]], [[3.0, 3.0, 1.0]]])
    cut(monkeypatch, 1, x)
    y, indices = refimpl.max_pool1d_with_indices(x, 3)
    np.testing.assert_array_equal(y, [[[3]], [[np.nan]], [[3]]])
    assert_same(indices, [[[2]], [[2]], [[0]]])


# --- element types, layouts, edges --------------------------------------------------------


def test_integers_become_float64() -> None:
    """Integer arrays are promoted as NumPy does."""
    assert_exact(avg_pool2d(np.array([[[[1, 2], [3, 5]]]]), 2), [[[[2.75]]]], "float64")
    assert_exact(max_pool2d(np.array([[[[1, 2], [3, 5]]]]), 2), [[[[5]]]], "float64")


def test_integers_follow_fractions() -> None:
    """An integer dy beside Fractions is exact: a third stays a third."""
    x = fractions([[[1, 2, 4]]])
    dx = refimpl.avg_pool1d_backward(np.array([[[1]]]), x, 3)
    assert_exact(dx, np.full((1, 1, 3), Fraction(1, 3)), "fraction")


@pytest.mark.parametrize("name", ["1d, everything", "2d, everything", "3d, everything"])
def test_layout_changes_nothing(rng: np.random.Generator, name: str) -> None:
    """Reversed and transposed arrays give what their copies give."""
    case = MAX_CASES[name]
    x, dy = draw(rng, case.x, "float64"), draw(rng, case.y, "float64")
    flat = case._replace(dilation=(1,) * case.axes)
    flat_dy = draw(rng, flat.y, "float64", DIVISIBLE)
    for view in (lambda a: np.flip(np.flip(a).copy()), lambda a: a.T.copy().T):
        assert not view(x).flags.c_contiguous
        assert_same(call("max_pool", case, view(x)), max_pool(case, x)[0])
        dx = call("max_pool_backward", case, view(dy), view(x))
        assert_same(dx, max_pool_backward(case, dy, x, "first"))
        dx = call("avg_pool_backward", flat, view(flat_dy), view(x))
        assert_same(dx, avg_pool_backward(flat, flat_dy))
        y = call("avg_pool", flat, view(x) * DIVISIBLE)
        assert_same(y, avg_pool(flat, x * DIVISIBLE))


def test_pooling_copies(rng: np.random.Generator) -> None:
    """Even a window of one place gives an array of its own."""
    x = draw(rng, (1, 2, 3, 4), "float64")
    for y in (max_pool2d(x, 1), avg_pool2d(x, 1), max_pool2d_backward(x, x, 1)):
        assert_same(y, x)
        assert not np.shares_memory(y, x)


@EVERY_ELEMENT
@pytest.mark.parametrize("shape", [(0, 3, 5, 4), (2, 0, 5, 4)], ids=["no samples", "no channels"])
def test_empty(rng: np.random.Generator, shape: Any, elements: str) -> None:
    """Without samples or channels there is nothing to pool, and the shapes follow."""
    x = draw(rng, shape, elements)
    y, indices = refimpl.max_pool2d_with_indices(x, 2)
    assert y.shape == indices.shape == (*shape[:2], 2, 2)
    assert avg_pool2d(x, 2).shape == y.shape
    for dx in (max_pool2d_backward(y, x, 2), avg_pool2d_backward(y, x, 2)):
        assert dx.shape == shape
        assert dx.dtype == x.dtype


# --- properties ---------------------------------------------------------------------------

SEEDS = st.integers(0, 10**6)
SHARED = st.fixed_dictionaries(
    {"kernel_size": st.integers(2, 4), "stride": st.integers(1, 4), "ceil_mode": st.booleans()}
)


@given(SEEDS, SHARED, st.integers(-50, 50))
def test_pool_of_shifted(seed: int, options: Any, shift: int) -> None:
    """A constant added to x is added to every maximum and every mean; indices stay."""
    x = draw(np.random.default_rng(seed), (2, 3, 9, 7), "float64", DIVISIBLE)
    moved = x + shift * DIVISIBLE
    y, indices = refimpl.max_pool2d_with_indices(x, **options)
    y_moved, indices_moved = refimpl.max_pool2d_with_indices(moved, **options)
    assert_same(y_moved, y + shift * DIVISIBLE)
    assert_same(indices_moved, indices)
    assert_same(avg_pool2d(moved, **options), avg_pool2d(x, **options) + shift * DIVISIBLE)


@given(SEEDS, SHARED)
def test_average_is_linear(seed: int, options: Any) -> None:
    """avg_pool(2x + 3z) = 2 avg_pool(x) + 3 avg_pool(z)."""
    rng = np.random.default_rng(seed)
    x, z = (draw(rng, (2, 3, 9, 7), "float64", DIVISIBLE) for _ in range(2))
    expected = 2 * avg_pool2d(x, **options) + 3 * avg_pool2d(z, **options)
    assert_same(avg_pool2d(2 * x + 3 * z, **options), expected)


@given(SEEDS, SHARED)
def test_maximum_keeps_order(seed: int, options: Any) -> None:
    """A cube keeps order, so it may be taken before or after the maximum."""
    x = draw(np.random.default_rng(seed), (2, 3, 9, 7), "float64")
    assert_same(max_pool2d(x**3, **options), max_pool2d(x, **options) ** 3)


@given(SEEDS, SHARED)
def test_gradient_is_conserved(seed: int, options: Any) -> None:
    """D3.10: what flows into a pooling flows out again, all of it, maximum or mean."""
    rng = np.random.default_rng(seed)
    x = draw(rng, (2, 3, 9, 7), "float64")
    dy = draw(rng, max_pool2d(x, **options).shape, "float64", DIVISIBLE)
    assert max_pool2d_backward(dy, x, **options).sum() == dy.sum()
    assert avg_pool2d_backward(dy, x, **options).sum() == dy.sum()


@given(SEEDS, SHARED)
def test_maximum_is_read_at_its_index(seed: int, options: Any) -> None:
    """x at the index is y, in every map."""
    x = draw(np.random.default_rng(seed), (2, 3, 9, 7), "float64")
    y, indices = refimpl.max_pool2d_with_indices(x, **options)
    flat = indices.reshape(2, 3, -1)
    assert_same(np.take_along_axis(x.reshape(2, 3, -1), flat, 2).reshape(y.shape), y)
