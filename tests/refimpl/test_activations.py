"""Activations: exact where they are rational, to 40 digits and to a few ULP where not."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import reals
from hypothesis import given
from hypothesis import strategies as st
from plain import ELEMENTS, assert_exact, assert_same, distinct, dot, draw, fractions
from reals import Real, assert_agree, context

import refimpl
from refimpl import (
    hardtanh,
    hardtanh_backward,
    leaky_relu,
    leaky_relu_backward,
    log_softmax,
    log_softmax_backward,
    relu,
    relu_backward,
    sigmoid,
    sigmoid_backward,
    softmax,
    softmax_backward,
    tanh,
    tanh_backward,
)

ACTIVATIONS = {name for name in refimpl.__all__ if hasattr(refimpl.activations, f"{name}_backward")}
every_activation = pytest.mark.parametrize("name", sorted(ACTIVATIONS))

# --- relu, leaky relu, hardtanh -------------------------------------------------------------


@pytest.mark.parametrize("elements", ELEMENTS)
def test_relu(rng: np.random.Generator, elements: str) -> None:
    """D2.9, D4.4: max(0, x), and no element changes its type."""
    x = draw(rng, (3, 4, 5), elements)
    expected = fractions([max(0, element) for element in x.flat]).reshape(x.shape)
    assert_exact(relu(x), expected, elements)


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("at_zero", [0, 1, Fraction(1, 2), 0.5], ids=str)
def test_relu_backward(elements: str, at_zero: Any) -> None:
    """D2.19: 1 for z > 0, 0 for z < 0; at 0 what at_zero says: D2 prints 1, torch has 0."""
    dy, x = np.array([6, 8, 10]), np.array([-3, 0, 2])
    dy, x = (fractions(a) if elements == "fraction" else a.astype(elements) for a in (dy, x))
    expected = fractions([0, 8, 10]) * fractions([1, at_zero, 1])
    assert_exact(relu_backward(dy, x, at_zero), expected, elements)


def test_relu_backward_as_printed(rng: np.random.Generator) -> None:
    """D2.22: if Z < 0 then DZ = 0, else DZ = DA."""
    da, z = draw(rng, (4, 9)), draw(rng, (4, 9))
    assert 0 in z
    dz = [0 if z[place] < 0 else da[place] for place in np.ndindex(z.shape)]
    assert_exact(relu_backward(da, z, at_zero=1), fractions(dz).reshape(z.shape), "fraction")


SLOPES = [Fraction(1, 10), 0.25, 0, 2]


@pytest.mark.parametrize("slope", SLOPES, ids=str)
def test_leaky_relu(rng: np.random.Generator, slope: Any) -> None:
    """D2.9: x where x > 0, slope · x elsewhere, in fractions exactly."""
    x = draw(rng, (3, 4, 5))
    expected = [e if e > 0 else e * Fraction(slope) for e in x.flat]
    assert_exact(leaky_relu(x, slope), fractions(expected).reshape(x.shape), "fraction")


def test_leaky_relu_as_printed(rng: np.random.Generator) -> None:
    """D2.9: max(0.1x, x), written as a maximum."""
    x = draw(rng, (3, 4))
    assert_same(leaky_relu(x, Fraction(1, 10)), np.maximum(x / 10, x))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_slope_in_the_elements_dtype(dtype: str) -> None:
    """The slope is the dtype's own 0.01, so float32 stays float32 as in torch."""
    x, slope = np.array([-3.0, 5.0], dtype), np.dtype(dtype).type(0.01)
    assert_exact(leaky_relu(x), np.array([-3 * slope, 5], dtype), dtype)
    assert_exact(leaky_relu_backward(x, -x), np.array([-3, 5 * slope], dtype), dtype)


def test_leaky_relu_backward_at_zero() -> None:
    """0 counts as not positive, as in torch."""
    assert_same(leaky_relu_backward(np.array([8.0]), np.array([0.0]), 0.5), [4.0])


LIMITS = [(-1, 1), (0, 6), (Fraction(-5, 2), Fraction(1, 4)), (2, 2)]


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("limits", LIMITS, ids=str)
def test_hardtanh(rng: np.random.Generator, elements: str, limits: tuple[Any, Any]) -> None:
    """min(max(x, min_val), max_val), and no element changes its type."""
    x = draw(rng, (3, 4, 5), elements)
    low, high = limits
    expected = fractions([min(max(e, low), high) for e in x.flat]).reshape(x.shape)
    assert_exact(hardtanh(x, *limits), expected, elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_hardtanh_backward_at_the_kinks(elements: str) -> None:
    """dy passes between the limits, not at them: torch's convention."""
    dy, x = np.array([6, 8, 10, 12, 14]), np.array([-3, -1, 0, 2, 5])
    dy, x = (fractions(a) if elements == "fraction" else a.astype(elements) for a in (dy, x))
    assert_exact(hardtanh_backward(dy, x, -1, 2), fractions([0, 0, 10, 0, 0]), elements)


def test_relu6_is_hardtanh(rng: np.random.Generator) -> None:
    """relu6 is relu cut off at 6; at 0 and 6 nothing comes back."""
    x, dy = draw(rng, (3, 4, 5)) * 2, draw(rng, (3, 4, 5))
    assert_same(hardtanh(x, 0, 6), np.minimum(relu(x), 6))
    assert_same(hardtanh_backward(dy, x, 0, 6), np.where(x < 6, relu_backward(dy, x), 0))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_limits_in_the_elements_dtype(dtype: str) -> None:
    """A limit is the dtype's own 0.1, and x at it lies on the kink."""
    tenth = np.dtype(dtype).type(0.1)
    x = np.array([0.5, 0.1, -0.5], dtype)
    assert_exact(hardtanh(x, -0.1, 0.1), np.array([tenth, tenth, -tenth], dtype), dtype)
    assert_exact(hardtanh_backward(x, x, -0.1, 0.1), np.zeros(3, dtype), dtype)


def test_hardtanh_of_nan_and_inf() -> None:
    """NaN stays and passes dy; ∞ is cut off, at an infinite limit it stays."""
    x, dy = np.array([np.nan, np.inf, -np.inf, -0.0]), np.array([3.0, 5.0, 7.0, 9.0])
    np.testing.assert_array_equal(hardtanh(x), [np.nan, 1, -1, 0])
    np.testing.assert_array_equal(hardtanh_backward(dy, x), [3, 0, 0, 9])
    np.testing.assert_array_equal(hardtanh(x, 0, np.inf), [np.nan, np.inf, 0, 0])
    assert np.signbit(hardtanh(x)[3])
    zeros = np.array([-0.0, 0.0])  # at a limit, too
    assert np.signbit(hardtanh(zeros, 0, 1)).tolist() == [True, False]
    assert np.signbit(hardtanh(zeros, -1, 0)).tolist() == [True, False]


PIECEWISE = {
    "hardtanh": (hardtanh, hardtanh_backward, {"min_val": -3, "max_val": Fraction(10, 3)}),
    "relu": (relu, relu_backward, {}),
    "leaky_relu": (leaky_relu, leaky_relu_backward, {"negative_slope": Fraction(1, 10)}),
}


@pytest.mark.parametrize(("forward", "backward", "options"), PIECEWISE.values(), ids=PIECEWISE)
def test_piecewise_derivative(
    rng: np.random.Generator, forward: Any, backward: Any, options: Any
) -> None:
    """Off 0, ⟨dy, y⟩ changes by ⟨dx, step⟩, exactly, for a step that crosses no kink."""
    x, dy, step = distinct(rng, (3, 4, 5)), draw(rng, (3, 4, 5)), draw(rng, (3, 4, 5)) / 100
    x = x + Fraction(1, 2)
    moved = forward(x + step, **options) - forward(x, **options)
    assert dot(dy, moved) == dot(backward(dy, x, **options), step)


def test_nan_and_inf() -> None:
    """relu keeps NaN and +∞ and stops −∞; leaky relu keeps all three."""
    x = np.array([np.nan, np.inf, -np.inf])
    np.testing.assert_array_equal(relu(x), [np.nan, np.inf, 0])
    np.testing.assert_array_equal(leaky_relu(x), [np.nan, np.inf, -np.inf])


def test_leaky_relu_of_zero_takes_the_slope() -> None:
    """0 counts to the left, as in torch: an infinite slope makes it NaN, not 0."""
    with np.errstate(invalid="ignore"):
        y = leaky_relu(np.array([0.0, 1.0, -1.0]), np.inf)
    np.testing.assert_array_equal(y, [np.nan, 1, -np.inf])


def test_backward_at_nan_and_inf() -> None:
    """Where x is NaN relu lets dy pass; a dy of ∞ at a stopped place is 0, not NaN."""
    x, dy = np.array([np.nan, -1.0, 0.0, 1.0]), np.array([3.0, np.inf, np.inf, np.inf])
    np.testing.assert_array_equal(relu_backward(dy, x), [3, 0, 0, np.inf])


# --- elementary functions to 40 digits ----------------------------------------------------

mp = context


def exact_sigmoid(x: Any) -> Any:
    return 1 / (1 + mp.exp(-x))


def exact_tanh(x: Any) -> Any:
    return (mp.exp(x) - mp.exp(-x)) / (mp.exp(x) + mp.exp(-x))


def exact_softmax(row: list[Any]) -> list[Any]:
    return [mp.exp(x) / sum(map(mp.exp, row)) for x in row]


def exact_log_softmax(row: list[Any]) -> list[Any]:
    return [x - mp.log(sum(map(mp.exp, row))) for x in row]


@pytest.mark.parametrize(("function", "exact"), [(sigmoid, exact_sigmoid), (tanh, exact_tanh)])
def test_elementwise_formula(rng: np.random.Generator, function: Any, exact: Any) -> None:
    """D2.9, D1.2: the textbook formula, on numbers of 100 digits, both signs and 0."""
    x = np.concatenate([reals.draw(rng, (4, 9), 20), reals.reals([[0] * 9])])
    assert_agree(function(x), np.vectorize(lambda e: exact(e.value), otypes=[object])(x))


@pytest.mark.parametrize(
    ("function", "exact"), [(softmax, exact_softmax), (log_softmax, exact_log_softmax)]
)
@pytest.mark.parametrize("axis", [0, 1, 2, -1])
def test_axis_formula(rng: np.random.Generator, function: Any, exact: Any, axis: int) -> None:
    """D2.8, D2.14: the textbook formula without any shift, along any axis."""
    x = reals.draw(rng, (2, 3, 4), 20)
    expected = np.apply_along_axis(
        lambda row: np.array(exact([e.value for e in row]), object), axis, x
    )
    assert_agree(function(x, axis), expected)


BACKWARDS = {
    "sigmoid": (sigmoid, sigmoid_backward, {}),
    "tanh": (tanh, tanh_backward, {}),
    "softmax": (softmax, softmax_backward, {}),
    "softmax, axis 0": (softmax, softmax_backward, {"axis": 0}),
    "log_softmax": (log_softmax, log_softmax_backward, {}),
    "log_softmax, axis 1": (log_softmax, log_softmax_backward, {"axis": 1}),
}
EVERY_BACKWARD = pytest.mark.parametrize(
    ("forward", "backward", "options"), BACKWARDS.values(), ids=BACKWARDS
)


@EVERY_BACKWARD
def test_backward_is_the_derivative(
    rng: np.random.Generator, forward: Any, backward: Any, options: Any
) -> None:
    """D1.10, D2.17: ⟨dx, v⟩ is the forward's own slope along v, to 40 digits."""
    x, dy, v = (reals.draw(rng, (2, 3, 4)) for _ in range(3))
    expected = reals.slope(lambda x: forward(x, **options), dy, x, v)
    dx = backward(dy, x, **options)
    assert dx.shape == x.shape
    assert_agree(np.array(Real(reals.dot(dx, v))), np.array(expected))


@EVERY_BACKWARD
def test_slope_refuses_a_small_mistake(
    rng: np.random.Generator, forward: Any, backward: Any, options: Any
) -> None:
    """A gradient 10⁻³⁰ too large is seen."""
    x, dy, v = (reals.draw(rng, (2, 3, 4)) for _ in range(3))
    expected = reals.slope(lambda x: forward(x, **options), dy, x, v)
    wrong = backward(dy, x, **options) * Real(1 + reals.STEP)
    with pytest.raises(AssertionError):
        assert_agree(np.array(Real(reals.dot(wrong, v))), np.array(expected))


def test_softmax_of_one_two_four() -> None:
    """D2.8: 1, 2, 4 give 0.04201, 0.114195, 0.84379, to the digits that are printed."""
    y = softmax(np.array([1.0, 2.0, 4.0]))
    assert [f"{y[0]:.5f}", f"{y[1]:.6f}", f"{y[2]:.5f}"] == ["0.04201", "0.114195", "0.84379"]


# --- floats -------------------------------------------------------------------------------

# NumPy's exp and tanh are at most 4 ULP wrong in either precision (its own accuracy tests), and
# an ULP is a relative error between eps/2 and eps. Hence in ULP of the result, at most
#   tanh     4
#   sigmoid  2·(4 of the power + 4 of the power in the sum + ½ the sum + ½ the quotient) = 18
#   softmax  2·(4 + 4 + ½·(n − 1) the sum + ½ the quotient), where x − max is exact


def ulps(actual: Any, exact: list[Any]) -> float:
    """The largest difference, counted in units in the last place of the exact value."""
    return max(
        float(abs(mp.mpf(float(a)) - e) / mp.mpf(float(np.spacing(a.dtype.type(float(e))))))
        for a, e in zip(actual.flat, exact, strict=True)
    )


@pytest.mark.parametrize(("dtype", "width"), [("float64", 700), ("float32", 80)])
def test_sigmoid_in_floats(rng: np.random.Generator, dtype: str, width: int) -> None:
    """Within the bound above, from one end of the range to the other."""
    x = rng.uniform(-width, width, 500).astype(dtype)
    y = sigmoid(x)
    assert y.dtype == dtype
    assert ulps(y, [exact_sigmoid(mp.mpf(float(e))) for e in x]) <= 18


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tanh_in_floats(rng: np.random.Generator, dtype: str) -> None:
    """Within the bound above."""
    x = rng.uniform(-9, 9, 500).astype(dtype)
    y = tanh(x)
    assert y.dtype == dtype
    assert ulps(y, [exact_tanh(mp.mpf(float(e))) for e in x]) <= 4


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_in_floats(rng: np.random.Generator, dtype: str) -> None:
    """Within the bound above, for logits of quarters, whose differences are exact."""
    x = (rng.integers(-80, 81, (100, 5)) / 4).astype(dtype)
    y = softmax(x)
    exact = [e for row in x for e in exact_softmax([mp.mpf(float(v)) for v in row])]
    assert y.dtype == dtype
    assert ulps(y, exact) <= 2 * (4 + 4 + 2 + 0.5)


def test_ulps_count() -> None:
    """One unit in the last place is one."""
    assert ulps(np.array([1 + 2**-52]), [mp.mpf(1)]) == 1


@every_activation
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_dtype_is_kept(rng: np.random.Generator, name: str, dtype: str) -> None:
    """Forward and backward stay in the dtype that they were given."""
    x = draw(rng, (2, 3), dtype)
    y = getattr(refimpl, name)(x)
    dx = getattr(refimpl, f"{name}_backward")(y, x)
    assert y.dtype == dx.dtype == dtype
    assert y.shape == dx.shape == x.shape


@every_activation
def test_integers_become_float64(name: str) -> None:
    """Integer arrays are promoted as NumPy does."""
    function = getattr(refimpl, name)
    assert_exact(function(np.array([-3, 0, 2])), function(np.array([-3.0, 0.0, 2.0])), "float64")


def test_integers_follow_fractions() -> None:
    """An integer dy beside Fractions is exact: a tenth of it stays a tenth."""
    x = fractions([-3, 0, 2])
    dx = leaky_relu_backward(np.array([1, 2, 3]), x, 0.125)
    assert_exact(dx, fractions([Fraction(1, 8), Fraction(1, 4), 3]), "fraction")
    assert_exact(relu_backward(np.array([1, 2, 3]), x, 0.5), fractions([0, 1, 3]), "fraction")


@pytest.mark.parametrize("name", sorted(ACTIVATIONS - {"softmax", "log_softmax"}))
def test_single_values_stay_arrays(name: str) -> None:
    """An array without axes gives an array without axes."""
    x = np.array(2.0)
    y = getattr(refimpl, name)(x)
    dx = getattr(refimpl, f"{name}_backward")(x, x)
    assert isinstance(y, np.ndarray)
    assert isinstance(dx, np.ndarray)


@every_activation
@pytest.mark.parametrize("dtype", ["float32", object])
def test_empty_batch(name: str, dtype: Any) -> None:
    """Nothing in, nothing out."""
    x = np.empty((0, 3), dtype)
    for y in (getattr(refimpl, name)(x), getattr(refimpl, f"{name}_backward")(x, x)):
        assert y.shape == (0, 3)
        assert y.dtype == dtype


def test_views(rng: np.random.Generator) -> None:
    """Layout changes nothing."""
    x = draw(rng, (3, 4), "float64")
    view = np.flip(np.flip(x).copy()).T
    assert_same(softmax(view, axis=0), softmax(x.T.copy(), axis=0))
    assert_same(relu(view), relu(x).T)


# --- far out ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_sigmoid_far_out(dtype: str) -> None:
    """±10⁴ and ±∞ give 1 and 0 without a warning, NaN stays NaN."""
    x = np.array([1e4, np.inf, -1e4, -np.inf, np.nan], dtype)
    np.testing.assert_array_equal(sigmoid(x), [1, 1, 0, 0, np.nan])
    np.testing.assert_array_equal(tanh(x), [1, 1, -1, -1, np.nan])


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_softmax_far_out(dtype: str) -> None:
    """Logits of ±10⁴ overflow nowhere."""
    x = np.array([1e4, -1e4, 1e4], dtype)
    assert_same(softmax(x), [0.5, 0, 0.5])
    assert_same(softmax(-x), [0, 1, 0])
    half = -np.log(np.array(2, dtype))
    assert_same(log_softmax(x), np.array([half, half - 20000, half], dtype))


def test_minus_infinity() -> None:
    """x_i = −∞ has the probability 0 and the logarithm −∞, and the others share what is left."""
    x = np.array([0.0, -np.inf, 0.0])
    assert_same(softmax(x), [0.5, 0, 0.5])
    assert_same(log_softmax(x), [-np.log(2), -np.inf, -np.log(2)])


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize("bad", [-np.inf, np.inf, np.nan])
def test_nothing_to_divide(function: Any, bad: float) -> None:
    """Nothing but −∞, or any +∞ or NaN, gives NaN, and only in its own row."""
    x = np.array([[bad, bad], [3.0, 3.0]])
    with np.errstate(invalid="ignore"):
        y = function(x)
    assert np.isnan(y[0]).all()
    assert np.isfinite(y[1]).all()


# --- properties ---------------------------------------------------------------------------

LOGITS = st.lists(st.integers(-40, 40), min_size=1, max_size=6)


@given(LOGITS, st.integers(-1000, 1000))
def test_shift(logits: list[int], shift: int) -> None:
    """A constant added to every logit changes nothing, not even a bit."""
    x = np.array(logits, float)
    assert_same(softmax(x + shift), softmax(x))
    assert_same(log_softmax(x + shift), log_softmax(x))


@given(LOGITS)
def test_probabilities(logits: list[int]) -> None:
    """D2.8: softmax is positive and sums to 1, its gradients sum to 0."""
    x = reals.reals(logits)
    y = softmax(x)
    assert all(element > 0 for element in y)
    assert_agree(np.array(y.sum()), np.array(mp.mpf(1)))
    assert_agree(np.array(softmax_backward(x, x).sum()), np.array(mp.mpf(0)))
    assert_agree(np.array(log_softmax_backward(x, x).sum()), np.array(mp.mpf(0)))


@given(LOGITS)
def test_logarithm(logits: list[int]) -> None:
    """D2.14: log_softmax is the logarithm of softmax."""
    x = reals.reals(logits)
    assert_agree(log_softmax(x), np.log(softmax(x)))


@given(st.integers(-40, 40))
def test_sigmoid_is_a_softmax_of_two(x: int) -> None:
    """D1.2: the logistic function is the softmax of (x, 0), and tanh(x) = 2σ(2x) − 1."""
    both = reals.reals([x, 0])
    assert_agree(sigmoid(both)[:1], softmax(both)[:1])
    assert_agree(tanh(both), sigmoid(both * 2) * 2 - 1)


@given(st.lists(st.integers(-9, 9), min_size=1, max_size=6), st.integers(1, 9))
def test_relu_scales(x: list[int], factor: int) -> None:
    """relu(c·x) = c·relu(x) for c > 0, and x = relu(x) − relu(−x)."""
    array = fractions(x)
    assert_same(relu(array * factor), relu(array) * factor)
    assert_same(relu(array) - relu(-array), array)


@pytest.mark.parametrize("name", ["sigmoid_backward", "tanh_backward"])
def test_fractions_have_no_exponential(name: str) -> None:
    """The sentence names what is missing, instead of NumPy's error on an attribute."""
    exact = np.array([Fraction(1, 2), Fraction(3)])
    text = rf"^{name}: x holds Fraction, which has no method exp; give floats, or objects"
    with pytest.raises(TypeError, match=text):
        getattr(refimpl, name)(exact, exact)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_slope_of_tanh_at_the_largest_numbers(dtype: str) -> None:
    """−2|x| is −∞ there, without a warning."""
    largest = np.array([np.finfo(dtype).max, np.finfo(dtype).min], dtype)
    assert refimpl.tanh_backward(np.ones(2, dtype), largest).tolist() == [0, 0]


def test_sigmoid_of_float16() -> None:
    """Up to where its exponential overflows, and beyond."""
    x = np.arange(-16, 17, 0.5).astype(np.float16)
    right = 1 / (1 + np.exp(-x.astype(float)))
    assert np.all(abs(sigmoid(x) - right) <= 3 * np.spacing(right.astype(np.float16)))
