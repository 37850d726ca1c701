"""Bounds of sigmoid, tanh, softmax, log_softmax and cross_entropy against exact values."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, bounds, computed, exact, random, too_far, twice, worst_share, worst_shares

from parity.bounds.arithmetic import sides
from parity.bounds.elementary import relative
from parity.bounds.rules import forward_bound
from parity.bounds.softmax import exact_softmax, softmax_errors
from parity.results.comparison import compare
from parity.results.verdicts import OUTSIDE, WITHIN

every_dtype = pytest.mark.parametrize("dtype", DTYPES)


# --- sigmoid, tanh ------------------------------------------------------------------------

N = 60
BINARY = "binary_cross_entropy_with_logits"
Drawer = Callable[[np.random.Generator, Any], Any]
CURVES: dict[str, Drawer] = {
    "normal": lambda rng, info: rng.normal(size=N) * 3,
    "saturated": lambda rng, info: rng.uniform(-120, 120, N),
    "half saturated": lambda rng, info: rng.uniform(-40, 40, N),
    "where e^(−x) overflows": lambda rng, info: -np.log(float(info.max)) + np.linspace(-20, 2, N),
    "small": lambda rng, info: rng.normal(size=N) * 10.0 ** rng.uniform(-9, 0, N),
    "subnormal": lambda rng, info: rng.normal(size=N) * float(info.tiny),
    "far out": lambda rng, info: rng.uniform(-1e5, 1e5, N),
}


@every_dtype
@pytest.mark.parametrize("upstream", ["normal", "huge", "subnormal"])
@pytest.mark.parametrize("kind", CURVES)
@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_curves_stay_under_their_half(function: str, kind: str, upstream: str, dtype: str) -> None:
    """sigmoid and tanh and their gradients lie within each side's half of the bound."""
    x = CURVES[kind](np.random.default_rng(1), np.finfo(dtype)).astype(dtype)
    dy = random(upstream, x.shape, dtype, 2)
    assert too_far(worst_shares(function, dy, {"x": x}, {}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("x", [0.0, -0.0, 1e9, -1e9, float("inf"), float("-inf")])
@pytest.mark.parametrize("function", ["sigmoid", "tanh"])
def test_curves_agree_at_the_ends(function: str, x: float, dtype: str) -> None:
    """At 0 and ±∞ both sides agree under the bound."""
    arrays, dy = {"x": np.array([x], dtype)}, np.array([1.5], dtype)
    ours = computed("numpy", function, dy, arrays, {})
    theirs = computed("torch", function, dy, arrays, {})
    for tensor, bound in bounds(function, dy, arrays, {}, sides(dtype)).items():
        assert compare(ours[tensor], theirs[tensor], bound).verdict == WITHIN


@every_dtype
def test_roundings_of_u_count(dtype: str) -> None:
    """2c + 3u and 2c + u, in float64 too, where 1 + u is 1."""
    for side in sides(dtype):
        c, u = Fraction(side.elementary), Fraction(side.u)
        for exps, roundings in ((2, 3), (2, 1), (0, 1)):
            expected = (1 + c) ** exps * (1 + u) ** roundings - 1
            found = Fraction(relative(exps, roundings, side))
            assert abs(found / expected - 1) < Fraction(1, 2**50)


@every_dtype
def test_one_class_rounds_twice(dtype: str) -> None:
    """Of one class, ρ is (1 + c)(1 + u)²/(1 − σ) − 1 with σ of one exp and one term."""
    for side in sides(dtype):
        c, u = Fraction(side.elementary), Fraction(side.u)
        total = (1 + u / (1 - u)) * (1 + c) - 1
        expected = (1 + c) * (1 + u) ** 2 / (1 - total) - 1
        found = softmax_errors(exact_softmax(np.array([1.5]), -1), side).share
        assert abs(Fraction(float(found[0])) / expected - 1) < Fraction(1, 2**50)


# --- softmax and what is made of it -------------------------------------------------------

LOGITS: dict[str, Drawer] = {
    "normal": lambda rng, info: rng.normal(size=(4, 7)),
    "spread 30": lambda rng, info: rng.normal(size=(4, 7)) * 30,
    "spread 100": lambda rng, info: rng.normal(size=(4, 7)) * 100,
    "1e4 apart": lambda rng, info: rng.choice([-1e4, 1e4, 0, 9.99e3], (4, 7)),
    "1000 classes": lambda rng, info: rng.normal(size=(1, 1000)) * 5,
    "equal": lambda rng, info: np.full((2, 33), 1.7),
    "near one-hot": lambda rng, info: np.eye(5) * 20 + rng.normal(size=(5, 5)) / 8,
    "nearly all underflow": lambda rng, info: np.concatenate(
        [[[0.0]], np.log(float(info.smallest_subnormal)) + np.linspace(-3, 20, 20)[None]], axis=1
    ),
    "one class": lambda rng, info: rng.normal(size=(3, 1)),
    "subnormal": lambda rng, info: rng.normal(size=(3, 5)) * float(info.tiny),
}
every_logits = pytest.mark.parametrize("kind", LOGITS)


def logits_of(kind: str, dtype: str) -> Any:
    return LOGITS[kind](np.random.default_rng(3), np.finfo(dtype)).astype(dtype)


def target_of(form: str, x: Any) -> Any:
    rng = np.random.default_rng(4)
    if form == "classes":
        return rng.integers(0, x.shape[1], len(x))
    shares = rng.random(x.shape) + 0.05
    return (shares / shares.sum(axis=1, keepdims=True)).astype(x.dtype)


@every_dtype
@pytest.mark.parametrize("upstream", ["wide", "tiny"])
@every_logits
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_softmax_stays_under_its_half(function: str, kind: str, upstream: str, dtype: str) -> None:
    """softmax and log_softmax and their gradients lie within each side's half of the bound."""
    x = logits_of(kind, dtype)
    dy = random(upstream, x.shape, dtype, 5)
    assert too_far(worst_shares(function, dy, {"x": x}, {}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("axis", [0, 1, -2])
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_softmax_along_any_axis_stays_under_its_half(function: str, axis: int, dtype: str) -> None:
    """The sums of the bound run along the axis of the softmax."""
    x, dy = (random("spread", (3, 4, 5), dtype, seed) for seed in (6, 7))
    assert too_far(worst_shares(function, dy, {"x": x}, {"axis": axis}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("form", ["classes", "probabilities"])
@pytest.mark.parametrize("reduction", ["mean", "none"])
@every_logits
def test_cross_entropy_stays_under_its_half(
    kind: str, reduction: str, form: str, dtype: str
) -> None:
    """The loss and its gradient lie within each side's half of the bound."""
    x = logits_of(kind, dtype)
    dy = random("normal", (len(x),) if reduction == "none" else (), dtype, 8)
    arrays = {"logits": x, "target": target_of(form, x)}
    options = {"reduction": reduction}
    assert too_far(worst_shares("cross_entropy", np.asarray(dy), arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("form", ["classes", "probabilities"])
@pytest.mark.parametrize("shape", [(5,), (2, 5, 3)])
def test_cross_entropy_of_any_rank_stays_under_its_half(
    shape: tuple[int, ...], form: str, dtype: str
) -> None:
    """A single sample, and one loss for each place of a map."""
    x, rng = random("spread", shape, dtype, 9), np.random.default_rng(10)
    axis = min(1, x.ndim - 1)
    target = rng.random(shape)
    target = (target / target.sum(axis=axis, keepdims=True)).astype(dtype)
    if form == "classes":
        target = rng.integers(0, 5, shape[:axis] + shape[axis + 1 :])
    arrays, dy = {"logits": x, "target": target}, np.asarray(1.25, dtype)
    options = {"reduction": "sum"}
    assert too_far(worst_shares("cross_entropy", dy, arrays, options, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("unit", [1001, 1500])
def test_softmax_backward_with_products_that_underflow(unit: int, dtype: str) -> None:
    """1000 products dy_j·p_j, each rounded to a multiple of η, lie within the bound."""
    x = np.zeros((1, 1000), dtype)
    x[0, 0] = np.log(999)  # p is 1/2 there and 1/1998 elsewhere
    dy = np.full((1, 1000), unit * float(np.finfo(dtype).smallest_subnormal), dtype)
    dy[0, 0] = 0
    assert too_far(worst_shares("softmax", dy, {"x": x}, {}, dtype)) == {}


@every_dtype
@pytest.mark.parametrize("unit", [550, 1500])
def test_cross_entropy_backward_with_products_that_underflow(unit: int, dtype: str) -> None:
    """1000 products dy·t_k, each rounded to a multiple of η, lie within the bound."""
    x = np.zeros((1, 1000), dtype)
    x[0, 0] = np.log(999)
    arrays = {"logits": x, "target": np.full((1, 1000), 1 / 1000, dtype)}
    dy = np.asarray(unit * float(np.finfo(dtype).smallest_subnormal), dtype)
    options = {"reduction": "sum"}
    assert too_far(worst_shares("cross_entropy", dy, arrays, options, dtype)) == {}


# --- how wide they are --------------------------------------------------------------------


@every_dtype
def test_log_softmax_near_zero_has_an_absolute_bound(dtype: str) -> None:
    """Where log_softmax is nearly 0 the bound stays at rounding level, not relative to it."""
    x = np.array([[40.0, 0.0, 0.0]], dtype)
    limit = forward_bound("log_softmax", {"x": x}, {}, sides(dtype)).limit[0, 0]
    truth = exact("log_softmax", x, {"x": x}, {})["y"][0, 0]
    assert abs(truth) < limit < 100 * np.finfo(dtype).eps


@every_dtype
@pytest.mark.parametrize("tensor", ["y", "dx"])
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
@pytest.mark.parametrize("kind", [kind for kind in LOGITS if kind != "one class"])
def test_softmax_bounds_see_a_small_mistake(
    function: str, kind: str, tensor: str, dtype: str
) -> None:
    """A result 0.05 % too large is refused for up to 1000 classes and a spread of 100."""
    x = logits_of(kind, dtype)
    dy = random("normal", x.shape, dtype, 11)
    right = computed("torch", function, dy, {"x": x}, {})[tensor]
    bound = bounds(function, dy, {"x": x}, {}, sides(dtype))[tensor]
    assert compare(right * right.dtype.type(1.0005), right, bound).verdict == OUTSIDE


@every_dtype
def test_bound_of_softmax_grows_with_the_spread(dtype: str) -> None:
    """The relative bound of a share grows with its distance from the maximum."""
    x = np.array([[0.0, -1.0, -10.0, -60.0]], dtype)
    bound = forward_bound("softmax", {"x": x}, {}, sides(dtype))
    relative = bound.limit[0] / np.exp(x[0].astype(float))
    assert np.all(np.diff(relative) > 0)


# --- −∞, NaN ------------------------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("function", ["softmax", "log_softmax"])
def test_a_logit_of_minus_infinity_leaves_the_others_judged(function: str, dtype: str) -> None:
    """−∞ takes no share: the other elements keep a finite bound, and both sides agree."""
    x = np.array([[0.5, -np.inf, 2.0], [0.1, 0.2, 0.3]], dtype)
    dy = random("normal", x.shape, dtype, 12)
    ours = computed("numpy", function, dy, {"x": x}, {})
    theirs = computed("torch", function, dy, {"x": x}, {})
    for tensor, bound in bounds(function, dy, {"x": x}, {}, sides(dtype)).items():
        assert np.isfinite(bound.limit).all()
        assert compare(ours[tensor], theirs[tensor], bound).verdict == WITHIN


@every_dtype
@pytest.mark.parametrize("special", [np.nan, np.inf])
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid", "tanh"])
def test_rows_without_nan_or_infinity_keep_their_bound(
    function: str, special: float, dtype: str
) -> None:
    """NaN or ∞ in one row, of x or of dy, changes no limit of the other row."""
    x, dy = (random("normal", (2, 5), dtype, seed) for seed in (13, 14))
    plain = bounds(function, dy, {"x": x}, {}, sides(dtype))
    x[0, 1] = dy[0, 2] = special
    for tensor, bound in bounds(function, dy, {"x": x}, {}, sides(dtype)).items():
        np.testing.assert_array_equal(bound.limit[1], plain[tensor].limit[1])
        assert not bound.overflow.any()


@every_dtype
@pytest.mark.parametrize("function", ["softmax", "log_softmax", "sigmoid", "tanh"])
def test_infinite_upstream_gradients_are_compared(function: str, dtype: str) -> None:
    """∞ in dy is judged, not masked: a finite number in place of torch's ∞ or NaN is refused."""
    x, dy = random("normal", (1, 4), dtype, 15), np.array([[1, np.inf, 2, 3]], dtype)
    theirs = computed("torch", function, dy, {"x": x}, {})["dx"]
    ours = np.where(np.isfinite(theirs), theirs, dy.dtype.type(1))
    bound = bounds(function, dy, {"x": x}, {}, sides(dtype))["dx"]
    assert compare(ours, theirs, bound).verdict == OUTSIDE


@every_dtype
def test_each_side_is_judged_by_its_own_exp(dtype: str) -> None:
    """A tanh five numbers off is within NumPy's 4 ULP (8 steps below 1) and past torch's 2."""
    x = np.array([3.0], dtype)
    truth = exact("tanh", x, {"x": x}, {})["y"]
    off = np.asarray(truth, np.float64).astype(dtype)
    for _ in range(5):
        off = np.nextafter(off, -off)
    shares = {
        library: worst_share(off, truth, forward_bound("tanh", {"x": x}, {}, twice(library, dtype)))
        for library in ("numpy", "torch")
    }
    assert shares["numpy"] < 1 < shares["torch"]


# --- what keeps its digits ----------------------------------------------------------------


@every_dtype
@pytest.mark.parametrize("sign", [1, -1])
def test_far_out_a_normal_number_is_judged_by_its_digits(sign: int, dtype: str) -> None:
    """A few dozen u of the value for refimpl; of torch's derivatives nothing is left there."""
    u, tiny = float(np.finfo(dtype).eps) / 2, float(np.finfo(dtype).tiny)
    x = np.array([sign * -np.log(tiny) * 0.98], dtype)
    far = {"sigmoid": x, "tanh": x / 2}
    for function, given in far.items():
        found = bounds(function, np.ones(1, dtype), {"x": given}, {}, sides(dtype))["dx"]
        slope = np.exp(-np.abs(given.astype(np.float64)) * (1 if function == "sigmoid" else 2))
        assert found.refimpl[0] < 50 * u * 4 * slope[0]
    target = np.array([1.0 if sign > 0 else 0.0], dtype)
    arrays, options = {"logits": x, "target": target}, {"reduction": "none"}
    found = bounds(BINARY, np.ones(1, dtype), arrays, options, sides(dtype))["dlogits"]
    rest = np.exp(-np.abs(x.astype(np.float64)))
    assert found.refimpl[0] < 50 * u * rest[0]
    assert (found.torch[0] > rest[0]) == (sign > 0)  # σ(z) − 1, of which nothing is left
