"""Bounds of sums of products: no correct result passes them, and they are no wider than derived."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from exact import (
    DTYPES,
    bounds,
    computed,
    exact,
    fractions,
    random,
    reductions,
    share,
    sums,
    too_far,
    twice,
    worst_share,
    worst_shares,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parity import oracle
from parity.bounds.arithmetic import Arithmetic, Sides, gamma, sides
from parity.bounds.bound import OUTWARD
from parity.bounds.rules import forward_bound
from parity.bounds.sums import descend_bound, parts_bound
from parity.results.comparison import compare
from parity.results.verdicts import IDENTICAL, OUTSIDE, WITHIN

Shapes = Mapping[str, tuple[int, ...]]
Options = Mapping[str, Any]
Parameters = tuple[str, Shapes, Options]

CASES: dict[str, Parameters] = {
    "conv1d same stride 2": (
        "conv1d",
        {"x": (2, 3, 7), "weight": (4, 3, 2)},
        {"padding": "same", "stride": 2},
    ),
    "conv2d groups": (
        "conv2d",
        {"x": (2, 4, 5, 3), "weight": (2, 2, 3, 2), "bias": (2,)},
        {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "groups": 2},
    ),
    "conv2d dilation": (
        "conv2d",
        {"x": (1, 2, 6, 4), "weight": (3, 2, 2, 3)},
        {"dilation": (3, 1), "padding": 1},
    ),
    "conv3d full": (
        "conv3d",
        {"x": (1, 2, 3, 4, 2), "weight": (3, 2, 2, 1, 2), "bias": (3,)},
        {"padding": "full"},
    ),
    "linear": ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}),
    "linear no batch": ("linear", {"x": (6,), "weight": (5, 6)}, {}),
    "avg_pool1d ceil": (
        "avg_pool1d",
        {"x": (2, 3, 7)},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
    ),
    "avg_pool2d without padding": (
        "avg_pool2d",
        {"x": (2, 3, 7, 6)},
        {"kernel_size": (3, 2), "stride": 1, "padding": 1, "count_include_pad": False},
    ),
    "avg_pool2d ceil": (
        "avg_pool2d",
        {"x": (1, 2, 7, 6)},
        {"kernel_size": (3, 2), "stride": 2, "padding": 1, "ceil_mode": True},
    ),
    "avg_pool3d divisor": (
        "avg_pool3d",
        {"x": (1, 2, 3, 4, 2)},
        {"kernel_size": 2, "stride": 1, "divisor_override": 7},
    ),
    "correlate2d same": ("correlate2d", {"a": (2, 5, 4), "kernel": (4, 3)}, {"mode": "same"}),
    "correlate2d inside": ("correlate2d", {"a": (2, 3, 2), "kernel": (5, 4)}, {"mode": "valid"}),
    "convolve2d full": ("convolve2d", {"a": (5, 4), "kernel": (2, 6)}, {}),
    "convolve2d same": ("convolve2d", {"a": (2, 5, 4), "kernel": (4, 3)}, {"mode": "same"}),
    "shared_conv2d": (
        "shared_conv2d",
        {"x": (2, 3, 5, 4), "weight": (4, 3, 2), "bias": (4,)},
        {},
    ),
    "weighted_pool2d": (
        "weighted_pool2d",
        {"x": (2, 3, 6, 5), "weight": (3, 2, 4), "bias": (3,)},
        {"stride": (3, 1)},
    ),
    "downsample mean": ("downsample", {"x": (2, 3, 5, 7)}, {"size": (2, 3), "how": "mean"}),
    "downsample mean drop": (
        "downsample",
        {"x": (2, 3, 5, 7)},
        {"size": (2, 3), "how": "mean", "edge": "drop"},
    ),
}
AVERAGES = [name for name in CASES if name.startswith(("avg_pool", "downsample"))]
KINDS = ("normal", "wide", "huge", "largest", "tiny", "subnormal")
every_case = pytest.mark.parametrize("name", CASES)
every_dtype = pytest.mark.parametrize("dtype", DTYPES)


def inputs(name: str, kind: str, dtype: str) -> tuple[str, Any, dict[str, Any], Options]:
    """(function, dy, arrays, options) of a case."""
    function, shapes, options = CASES[name]
    arrays = {key: random(kind, s, dtype, 1, i) for i, (key, s) in enumerate(shapes.items())}
    y = oracle.forward(function, arrays, options)
    return function, random(kind, y.shape, dtype, 2), arrays, options


# --- no correct result passes them --------------------------------------------------------


@every_case
@every_dtype
@pytest.mark.parametrize("kind", KINDS)
def test_each_side_stays_under_its_half(name: str, kind: str, dtype: str) -> None:
    """Both sides' values and gradients lie within their own half of the bound."""
    function, dy, arrays, options = inputs(name, kind, dtype)
    assert too_far(worst_shares(function, dy, arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("name", ["conv2d groups", "linear", "avg_pool2d ceil"])
def test_cancellation_stays_under_the_bound(name: str, dtype: str) -> None:
    """Sums whose terms cancel to nearly nothing lie within the bound."""
    function, dy, arrays, options = inputs(name, "wide", dtype)
    cancelled = {key: array.copy() for key, array in arrays.items()}
    half = cancelled["x"].reshape(-1)
    half[1::2] = -half[: len(half) // 2 * 2 : 2] * dy.dtype.type(1 + 3 * np.finfo(dtype).eps)
    assert too_far(worst_shares(function, dy, cancelled, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "wide", "tiny"])
@pytest.mark.parametrize("terms", [2, 37, 300])
def test_any_order_of_summation_stays_under_the_bound(terms: int, kind: str, dtype: str) -> None:
    """However the terms of an element are ordered and bracketed, the bound holds."""
    x, weight = random(kind, (1, terms), dtype, 3), random(kind, (1, terms), dtype, 4)
    truth = sum(fractions(x[0]) * fractions(weight[0]))
    bound = forward_bound("linear", {"x": x, "weight": weight}, {}, twice("numpy", dtype))
    rng = np.random.default_rng(5)
    totals = np.array(list(reductions(x[0] * weight[0], rng)))
    assert len(set(totals.tolist())) > 1 or terms == 2
    for total in totals:
        assert worst_share(np.full((1, 1), total), np.full((1, 1), truth), bound) <= 1


@pytest.mark.parametrize("kind", ["normal", "wide", "tiny"])
def test_fused_multiply_add_stays_under_the_bound(kind: str) -> None:
    """Products that are not rounded before they are added stay under the bound too."""
    x, weight = random(kind, (1, 50), "float64", 3), random(kind, (1, 50), "float64", 4)
    total = 0.0
    for a, b in zip(x[0], weight[0], strict=True):
        total = float(Fraction(total) + Fraction(float(a)) * Fraction(float(b)))
    truth = np.full((1, 1), sum(fractions(x[0]) * fractions(weight[0])))
    bound = forward_bound("linear", {"x": x, "weight": weight}, {}, twice("numpy", "float64"))
    assert worst_share(np.full((1, 1), total), truth, bound) <= 1


def finite(dtype: str, shape: tuple[int, ...]) -> st.SearchStrategy[Any]:
    width = int(dtype[-2:])
    numbers = st.floats(width=width, allow_nan=False, allow_infinity=False)  # type: ignore[arg-type]
    return arrays_of.arrays(dtype, shape, elements=numbers)


@every_dtype
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_finite_numbers_stay_under_the_bound(dtype: str, data: st.DataObject) -> None:
    """Whatever finite numbers a dense layer is given, both sides stay under their half."""
    x, weight, bias = (data.draw(finite(dtype, s)) for s in ((2, 3), (2, 3), (2,)))
    dy = data.draw(finite(dtype, (2, 2)))
    arrays = {"x": x, "weight": weight, "bias": bias}
    assert too_far(worst_shares("linear", dy, arrays, {}, dtype)) == {}


# --- they are no wider than derived -------------------------------------------------------


def side_bound(magnitude: Fraction, terms: int, side: Arithmetic, eta: Fraction) -> Fraction:
    """γ_K·(magnitude + K·η) + K·η as a fraction."""
    u = Fraction(side.u)
    return terms * u / (1 - terms * u) * (magnitude + terms * eta) + terms * eta


def derived(magnitude: Any, terms: Any, both: Sides, lost: Fraction = Fraction(1)) -> Any:
    """Both sides' bounds, where an underflow loses so many η."""
    of_element = lambda m, k: sum(side_bound(m, k, s, lost * Fraction(s.eta)) for s in both)  # noqa: E731
    return np.frompyfunc(of_element, 2, 1)(magnitude, terms)


@every_case
@every_dtype
@pytest.mark.parametrize("kind", ["normal", "tiny"])
def test_limit_is_the_formula(name: str, kind: str, dtype: str) -> None:
    """The limit is Σ γ_K·op(|inputs|) + K·η, K counted term by term, one more for a division.

    It is at least what rounding to nearest may lose, η/2 for an underflow, and at most 2⁻²¹
    above the formula, or four roundings of the limit itself to float64's smallest number.
    """
    function, dy, arrays, options = inputs(name, kind, dtype)
    both = twice("torch", dtype)
    absolute = {key: np.abs(array) for key, array in arrays.items()}
    values, terms = sums(function, np.abs(dy), absolute, options)
    division = int(name in AVERAGES)
    for tensor, bound in bounds(function, dy, arrays, options, both).items():
        count, found = terms[tensor] + division, fractions(bound.limit)
        assert np.all(found >= derived(values[tensor], count, both, Fraction(1, 2)))
        highest = derived(values[tensor], count, both) * (1 + Fraction(1, 2**21))
        assert np.all(found <= highest + Fraction(4, 2**1074))


def counted(
    function: str, shapes: Shapes, options: Options, tensor: str, dtype: str = "float32"
) -> Any:
    """K of each element, read off the limit at inputs so small that only K·η is left."""
    eta = np.finfo(dtype).smallest_subnormal
    arrays = {key: np.full(s, eta, dtype) for key, s in shapes.items()}
    y = oracle.forward(function, arrays, options)
    limits = bounds(function, np.full(y.shape, eta, dtype), arrays, options, sides(dtype))
    return np.rint(limits[tensor].limit / (2 * float(eta))).astype(int)


PADDED: Shapes = {"x": (1, 2, 4, 3), "weight": (1, 2, 3, 3), "bias": (1,)}
SLID: Shapes = {"a": (5, 4), "kernel": (3, 2)}
SHARED: Shapes = {"x": (2, 3, 4, 3), "weight": (4, 2, 2), "bias": (4,)}
MEAN: Options = {"size": (2, 3), "how": "mean"}
GROUPED: Shapes = {"x": (3, 4, 2, 2), "weight": (2, 2, 2, 2)}


@pytest.mark.parametrize(
    ("function", "shapes", "options", "tensor", "index", "expected"),
    [
        # 3×3 kernel over 4×3 places padded by 1: a corner meets 4 of 9 places, in 2 channels
        ("conv2d", PADDED, {"padding": 1}, "y", (0, 0, 0, 0), 2 * 4 + 1),
        ("conv2d", PADDED, {"padding": 1}, "y", (0, 0, 0, 1), 2 * 6 + 1),
        ("conv2d", PADDED, {"padding": 1}, "y", (0, 0, 1, 1), 2 * 9 + 1),
        ("conv2d", PADDED, {"padding": 1}, "dx", (0, 0, 0, 0), 4),
        ("conv2d", PADDED, {"padding": 1}, "dx", (0, 1, 3, 1), 6),
        ("conv2d", PADDED, {"padding": 1}, "dweight", (0, 0, 1, 1), 12),
        ("conv2d", PADDED, {"padding": 1}, "dweight", (0, 0, 0, 0), 3 * 2),
        ("conv2d", PADDED, {"padding": 1}, "dbias", (0,), 12),
        ("conv2d", PADDED, {}, "dx", (0, 0, 0, 0), 1),
        ("conv2d", PADDED, {}, "dx", (0, 0, 2, 1), 2),
        # two groups of two channels each: a sum runs over its own group
        ("conv2d", GROUPED, {"groups": 2}, "y", (2, 1, 0, 0), 2 * 4),
        ("conv2d", GROUPED, {"groups": 2}, "dweight", (1, 1, 1, 1), 3),
        ("conv1d", {"x": (2, 1, 7), "weight": (5, 1, 2)}, {"stride": 2}, "dx", (1, 0, 6), 0),
        ("conv1d", {"x": (2, 1, 7), "weight": (5, 1, 2)}, {"stride": 2}, "dx", (1, 0, 5), 5),
        ("conv1d", {"x": (2, 1, 7), "weight": (5, 1, 2)}, {"stride": 2}, "dweight", (0, 0, 1), 6),
        ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}, "y", (0, 0), 8),
        ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}, "dx", (0, 0), 4),
        ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}, "dweight", (0, 0), 3),
        ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}, "dbias", (0,), 3),
        # a 3×2 kernel in the corner of a matrix meets one place, or four once it is centred
        ("correlate2d", SLID, {}, "y", (0, 0), 1),
        ("correlate2d", SLID, {"mode": "same"}, "y", (0, 0), 4),
        ("convolve2d", SLID, {"mode": "same"}, "y", (0, 0), 2),
        ("convolve2d", SLID, {"mode": "valid"}, "y", (0, 0), 6),
        ("convolve2d", SLID, {"mode": "valid"}, "da", (2, 1), 6),
        ("convolve2d", SLID, {}, "dkernel", (0, 0), 20),
        # a 2×2 matrix inside a 5×3 kernel
        ("correlate2d", {"a": (2, 2), "kernel": (5, 3)}, {"mode": "valid"}, "y", (0, 0), 4),
        ("correlate2d", {"a": (2, 2), "kernel": (5, 3)}, {"mode": "valid"}, "da", (0, 0), 8),
        # 3 maps share 2×2 kernels, 4 of them; a bias each
        ("shared_conv2d", SHARED, {}, "y", (0, 0, 0, 0), 3 * 4 + 1),
        ("shared_conv2d", SHARED, {}, "dx", (0, 2, 1, 1), 4 * 4),
        ("shared_conv2d", SHARED, {}, "dweight", (0, 0, 0), 2 * 3 * 6),
        ("weighted_pool2d", {"x": (2, 3, 5, 4), "weight": (3, 2, 2)}, {}, "y", (0, 0, 0, 0), 4),
        ("weighted_pool2d", {"x": (2, 3, 5, 4), "weight": (3, 2, 2)}, {}, "dx", (0, 0, 4, 0), 0),
        ("weighted_pool2d", {"x": (2, 3, 5, 4), "weight": (3, 2, 2)}, {}, "dweight", (0, 0, 0), 8),
        ("downsample", {"x": (1, 2, 5, 7)}, MEAN, "y", (0, 0, 0, 0), 6 + 1),
        ("downsample", {"x": (1, 2, 5, 7)}, MEAN, "y", (0, 0, 2, 2), 1 + 1),
        ("downsample", {"x": (1, 2, 5, 7)}, MEAN, "dx", (0, 0, 4, 6), 1 + 1),
        # averages: the sum's terms, and the division
        ("avg_pool2d", {"x": (1, 1, 6, 4)}, {"kernel_size": (3, 2)}, "y", (0, 0, 1, 1), 6 + 1),
        ("avg_pool2d", {"x": (1, 1, 6, 4)}, {"kernel_size": (3, 2)}, "dx", (0, 0, 0, 0), 1 + 1),
        (
            "avg_pool2d",
            {"x": (1, 1, 6, 4)},
            {"kernel_size": 3, "stride": 1, "padding": 1},
            "y",
            (0, 0, 0, 0),
            4 + 1,
        ),
        (
            "avg_pool2d",
            {"x": (1, 1, 6, 4)},
            {"kernel_size": 3, "stride": 1, "padding": 1, "count_include_pad": False},
            "dx",
            (0, 0, 2, 1),
            9 + 1,
        ),
        (
            "avg_pool2d",
            {"x": (1, 1, 6, 4)},
            {"kernel_size": 2, "divisor_override": 3},
            "y",
            (0, 0, 0, 0),
            4 + 1,
        ),
        ("avg_pool1d", {"x": (1, 1, 7)}, {"kernel_size": 3, "stride": 1}, "dx", (0, 0, 3), 3 + 1),
        ("avg_pool1d", {"x": (1, 1, 7)}, {"kernel_size": (3,)}, "y", (0, 0, 1), 3 + 1),
        ("avg_pool3d", {"x": (1, 1, 2, 4, 2)}, {"kernel_size": 2}, "y", (0, 0, 0, 1, 0), 8 + 1),
    ],
)
def test_terms_as_counted_by_hand(
    function: str,
    shapes: Shapes,
    options: Options,
    tensor: str,
    index: tuple[int, ...],
    expected: int,
) -> None:
    """K of an element is the number of its products, plus its bias or its division."""
    assert counted(function, shapes, options, tensor)[index] == expected


# --- what goes wrong in naive bounds ------------------------------------------------------


def wide_pooling() -> tuple[dict[str, Any], Options]:
    x = np.random.default_rng(7).uniform(0, 1, (1, 2, 64, 48)).astype(np.float32)
    return {"x": x}, {"kernel_size": 16}


def test_wide_average_pooling_passes() -> None:
    """A right 16×16 average pooling in float32 is within the bound."""
    arrays, options = wide_pooling()
    dy = random("normal", (1, 2, 4, 3), "float32", 8)
    assert too_far(worst_shares("avg_pool2d", dy, arrays, options, "float32")) == {}


def test_wide_average_pooling_fails_with_the_division_left_in() -> None:
    """With K = op(ones), which is 1, the right 16×16 average pooling would be refused."""
    arrays, options = wide_pooling()
    dy = random("normal", (1, 2, 4, 3), "float32", 8)
    truth = exact("avg_pool2d", dy, arrays, options)["y"]
    y = computed("numpy", "avg_pool2d", dy, arrays, options)["y"]
    terms = oracle.forward("avg_pool2d", {"x": np.ones((1, 2, 64, 48))}, options)
    naive = gamma(terms, 2.0**-24) * truth.astype(float)
    assert np.any(np.abs(fractions(y) - truth) > fractions(naive))


def small_products() -> tuple[Any, dict[str, Any]]:
    rng = np.random.default_rng(9)
    shapes = {"x": (2, 3, 7, 6), "weight": (4, 3, 3, 2)}
    arrays = {k: (rng.normal(size=s) * 1e-21).astype(np.float32) for k, s in shapes.items()}
    return (rng.normal(size=(2, 4, 5, 5)) * 1e-21).astype(np.float32), arrays


def test_products_near_underflow_pass() -> None:
    """A right convolution with products near 1e-42 is within the bound."""
    dy, arrays = small_products()
    assert too_far(worst_shares("conv2d", dy, arrays, {}, "float32")) == {}


def test_products_near_underflow_fail_without_the_underflow_term() -> None:
    """Without K·η the right convolution with products near 1e-42 would be refused."""
    dy, arrays = small_products()
    absolute = {k: np.abs(a).astype(np.float64) for k, a in arrays.items()}
    magnitude = oracle.forward("conv2d", absolute, {})
    naive = gamma(np.full(magnitude.shape, 18.0), 2.0**-24) * magnitude
    truth = exact("conv2d", dy, arrays, {})["y"]
    y = computed("numpy", "conv2d", dy, arrays, {})["y"]
    assert np.any(np.abs(fractions(y) - truth) > fractions(naive))


# --- exact inputs -------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("name", [name for name in CASES if name not in AVERAGES])
def test_small_integers_are_exact(name: str, dtype: str) -> None:
    """On small integers the limit of every tensor is 0 and the verdict `identical`."""
    function, dy, arrays, options = inputs(name, "integers", dtype)
    ours = computed("numpy", function, dy, arrays, options)
    theirs = computed("torch", function, dy, arrays, options)
    for tensor, bound in bounds(function, dy, arrays, options, sides(dtype)).items():
        assert bound.exact
        assert not bound.limit.any()
        assert compare(ours[tensor], theirs[tensor], bound).verdict == IDENTICAL


@every_dtype
@pytest.mark.parametrize("name", AVERAGES)
def test_averages_are_never_exact(name: str, dtype: str) -> None:
    """An average divides, so its limit is above 0 even on integers."""
    function, dy, arrays, options = inputs(name, "integers", dtype)
    for bound in bounds(function, dy, arrays, options, sides(dtype)).values():
        assert not bound.exact
        assert np.all(bound.limit > 0)


@pytest.mark.parametrize(("dtype", "digits"), [("float32", 24), ("float64", 53)])
@pytest.mark.parametrize(("beyond", "is_exact"), [(-1, True), (0, False), (1, False)])
def test_partial_sums_end_exactness(dtype: str, digits: int, beyond: int, is_exact: bool) -> None:
    """Integers are exact as long as Σ|x·w| stays below 2²⁴ or 2⁵³, whatever the sum itself is."""
    half = 2 ** (digits - 1)
    arrays = {"x": np.array([[half, -half - beyond]], dtype), "weight": np.ones((1, 2), dtype)}
    bound = forward_bound("linear", arrays, {}, sides(dtype))
    assert bound.exact is is_exact
    assert bool((bound.limit == 0).all()) is is_exact


@every_dtype
@pytest.mark.parametrize("array", ["x", "weight", "bias"])
def test_one_fraction_ends_exactness(array: str, dtype: str) -> None:
    """A single element that is no integer makes the value inexact."""
    function, _, arrays, options = inputs("linear", "integers", dtype)
    arrays[array].flat[0] = 0.5
    assert not forward_bound(function, arrays, options, sides(dtype)).exact


@every_dtype
@pytest.mark.parametrize(
    ("array", "inexact"),
    [
        ("dy", {"dx", "dweight", "dbias"}),
        ("x", {"y", "dweight"}),
        ("weight", {"y", "dx"}),
        ("bias", {"y"}),
    ],
)
def test_exactness_depends_on_the_factors_alone(array: str, inexact: set[str], dtype: str) -> None:
    """A tensor is exact if the arrays that it is made of are: dbias if dy is."""
    function, dy, arrays, options = inputs("conv2d groups", "integers", dtype)
    {**arrays, "dy": dy}[array].flat[0] = 0.5
    found = bounds(function, dy, arrays, options, sides(dtype))
    assert {name for name, bound in found.items() if not bound.exact} == inexact


# --- overflow, NaN and ∞ ------------------------------------------------------------------


@every_dtype
def test_sums_that_may_overflow_are_counted(dtype: str) -> None:
    """Where the order of the terms decides whether a sum overflows, it is not judged."""
    largest = np.finfo(dtype).max
    x = np.array([[largest, largest, -largest], [1, 2, 3]], dtype)
    arrays = {"x": x, "weight": np.ones((1, 3), dtype)}
    bound = forward_bound("linear", arrays, {}, sides(dtype))
    assert bound.overflow.tolist() == [[True], [False]]
    ours, theirs = np.array([[largest], [6]], dtype), np.array([[np.inf], [6]], dtype)
    found = compare(ours, theirs, bound)
    assert (found.verdict, found.overflow) == (WITHIN, 1)


@every_dtype
def test_elements_beside_an_overflow_are_judged(dtype: str) -> None:
    """A wrong element beside one that may overflow is refused."""
    x = np.array([[np.finfo(dtype).max] * 3, [0.1, 2, 3]], dtype)
    bound = forward_bound("linear", {"x": x, "weight": np.ones((1, 3), dtype)}, {}, sides(dtype))
    ours, theirs = np.array([[1], [5.2]], dtype), np.array([[np.inf], [5.1]], dtype)
    assert compare(ours, theirs, bound).verdict == OUTSIDE


@every_dtype
def test_it_is_the_sum_of_the_maps_that_overflows(dtype: str) -> None:
    """Each product fits, and so does their sum, but not that of the maps in front of it."""
    x = np.full((2, 2, 3, 4), np.finfo(dtype).max * 0.75, dtype)
    x[:, :, :, 1:] = 1
    x[0] = 1
    arrays = {"x": x, "weight": np.full((1, 2, 2), 0.125, dtype)}
    dy = np.full((2, 1, 2, 3), 0.125, dtype)
    found = bounds("shared_conv2d", dy, arrays, {}, sides(dtype))
    assert found["y"].overflow[0].tolist() == [[[False, False, False]] * 2]
    assert found["y"].overflow[1].tolist() == [[[True, False, False]] * 2]
    assert found["dweight"].overflow.all()
    assert not found["dx"].overflow.any()
    assert not found["y"].limit[found["y"].overflow].any()
    with np.errstate(over="ignore"):
        y = computed("numpy", "shared_conv2d", dy, arrays, {})["y"]
    assert np.isinf(y[found["y"].overflow]).all()
    assert np.isfinite(y[~found["y"].overflow]).all()


@every_dtype
def test_it_is_the_sum_of_an_average_that_overflows(dtype: str) -> None:
    """An average that fits, of a sum that does not, counts as overflow."""
    x = np.full((1, 1, 1, 8), np.finfo(dtype).max / 2, dtype)
    x[..., 4:] = 1
    bound = forward_bound("avg_pool2d", {"x": x}, {"kernel_size": (1, 4)}, sides(dtype))
    assert bound.overflow.tolist() == [[[[True, False]]]]
    one = forward_bound("avg_pool1d", {"x": x[:, :, 0]}, {"kernel_size": 4}, sides(dtype))
    assert one.overflow.tolist() == [[[True, False]]]


@every_dtype
@pytest.mark.parametrize("special", [np.nan, np.inf, -np.inf])
def test_elements_untouched_by_nan_or_infinity_keep_their_bound(special: float, dtype: str) -> None:
    """One NaN or ∞ in x changes no limit of elements that do not see it."""
    function, dy, arrays, options = inputs("conv2d groups", "normal", dtype)
    plain = bounds(function, dy, arrays, options, sides(dtype))
    arrays["x"][0] = special
    found = bounds(function, dy, arrays, options, sides(dtype))
    np.testing.assert_array_equal(found["y"].limit[1], plain["y"].limit[1])
    np.testing.assert_array_equal(found["dx"].limit, plain["dx"].limit)
    assert all(np.isfinite(bound.limit).all() for bound in found.values())
    assert not any(bound.overflow.any() for bound in found.values())


# --- gradient descent ---------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("kind", ["normal", "wide", "tiny", "subnormal"])
def test_a_step_stays_under_its_half(kind: str, dtype: str) -> None:
    """w − α·g of both libraries lies within each side's half of its bound."""
    value, gradient = random(kind, (40,), dtype, 10), random(kind, (40,), dtype, 11)
    rate = value.dtype.type(0.1)
    truth = fractions(value) - Fraction(float(rate)) * fractions(gradient)
    results = {"numpy": value - rate * gradient, "torch": oracle.descend(value, gradient, 0.1)}
    for library, result in results.items():
        bound = descend_bound(value, gradient, 0.1, twice(library, dtype))
        assert worst_share(result, truth, bound) <= 1


def test_a_step_has_two_roundings() -> None:
    """The limit of a step is 2γ_2·(|w| + |α·g|) + 4η, rounded outward."""
    bound = descend_bound(np.array([3.0]), np.array([-4.0]), 0.5, sides("float64"))
    side = sides("float64")[0]
    expected = 2 * side_bound(Fraction(5), 2, side, Fraction(side.eta))
    found = Fraction(float(bound.limit[0]))
    assert expected <= found <= expected * Fraction(OUTWARD) ** 2


# --- sums of given arrays -----------------------------------------------------------------


def given_parts(count: int, kind: str, dtype: str) -> list[Any]:
    return [random(kind, (4, 6), dtype, 7, k) for k in range(count)]


@every_dtype
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_sum_of_parts_stays_under_its_half(count: int, kind: str, dtype: str) -> None:
    """In whatever order the parts are added, each side's sum lies within its half of the bound."""
    parts = np.array(given_parts(count, kind, dtype)).reshape(count, 24)
    bound, rng = parts_bound(list(parts), twice("numpy", dtype)), np.random.default_rng(8)
    for k in np.flatnonzero(~bound.overflow):
        truth = sum(fractions(parts[:, k]))
        for total in reductions(parts[:, k], rng):
            assert share(total, truth, bound.limit[k]) <= 1


def test_a_sum_of_parts_rounds_once_less_than_it_has_parts() -> None:
    """K = n − 1: γ₂ of three parts' absolute values, from each side."""
    parts = [np.array([0.1, 5.0]), np.array([-0.2, 0.0]), np.array([0.4, 0.5])]
    side = sides("float64")[0]
    limit = parts_bound(parts, (side, side)).limit
    gamma_2 = 2 * side.u / (1 - 2 * side.u)
    reached = 2 * gamma_2 * np.array([0.7, 5.5])
    assert np.all(reached <= limit)
    assert np.all(limit <= reached * (1 + 2.0**-21))


@every_dtype
def test_what_is_not_added_or_is_whole_is_exact(dtype: str) -> None:
    """One part alone, and integers."""
    both = sides(dtype)
    assert parts_bound(given_parts(1, "normal", dtype), both).exact
    assert parts_bound(given_parts(3, "integers", dtype), both).exact
    mixed = [*given_parts(2, "integers", dtype), random("normal", (4, 6), dtype, 9)]
    assert not parts_bound(mixed, both).exact


@every_dtype
def test_a_sum_that_lacks_a_part_is_refused(dtype: str) -> None:
    """The parts, their mean, and all but one are no sum."""
    parts = given_parts(3, "normal", dtype)
    bound, right = parts_bound(parts, sides(dtype)), parts[0] + parts[1] + parts[2]
    assert compare(right, parts[2] + parts[1] + parts[0], bound).verdict == WITHIN
    for wrong in (parts[0], parts[0] + parts[1], right / right.dtype.type(3), -right):
        assert compare(wrong, right, bound).verdict == OUTSIDE


@every_dtype
def test_the_sum_of_a_join_rounds_once(dtype: str) -> None:
    """`add` is off by u·|x + other|; any order of two parts by no less."""
    x, other = given_parts(2, "wide", dtype)
    found = forward_bound("add", {"x": x, "other": other}, {}, sides(dtype))
    one = np.abs(x.astype(np.float64) + other) * sides(dtype)[0].u
    assert np.all((one <= found.refimpl) & (found.refimpl <= one * (1 + 2.0**-20)))
    assert np.all(found.limit <= parts_bound([x, other], sides(dtype)).limit)


@every_dtype
def test_parts_that_overflow_in_some_order_only_are_counted(dtype: str) -> None:
    """Where the absolute values pass the largest number, the order decides."""
    largest = np.finfo(dtype).max
    parts = [np.array([v, 1], dtype) for v in (largest, largest, -largest)]
    assert parts_bound(parts, sides(dtype)).overflow.tolist() == [True, False]
