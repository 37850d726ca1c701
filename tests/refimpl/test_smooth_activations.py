"""Smooth activations: to 40 digits on exact numbers, to a few ULP and their limits on floats."""

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import reals
from plain import assert_same

from refimpl import (
    elu,
    elu_backward,
    exp,
    exp_backward,
    gelu,
    gelu_backward,
    silu,
    silu_backward,
    softplus,
    softplus_backward,
)
from refimpl.compensated import VANISHING
from refimpl.smooth_activations import LARGE, _cubic

mp = mpmath.mp.clone()
mp.dps = 400  # 1 + tanh keeps the digits of the smallest float
NAN, INF = np.nan, np.inf


def normal(v: Any) -> Any:
    return mp.erfc(-v / mp.sqrt(2)) / 2


def by_tanh(v: Any) -> Any:
    inner = mp.sqrt(2 / mp.pi) * (v + mp.mpf("0.044715") * v**3)
    return v * (1 + mp.tanh(inner)) / 2


EXACT: dict[str, tuple[Any, Any, dict[str, Any], Any]] = {
    "exp": (exp, exp_backward, {}, mp.exp),
    "softplus": (softplus, softplus_backward, {}, lambda v: mp.log(1 + mp.exp(v))),
    "softplus of beta": (
        softplus,
        softplus_backward,
        {"beta": 1.75},
        lambda v: mp.log(1 + mp.exp(v * 1.75)) / 1.75,
    ),
    "silu": (silu, silu_backward, {}, lambda v: v / (1 + mp.exp(-v))),
    "gelu": (gelu, gelu_backward, {}, lambda v: v * normal(v)),
    "gelu by tanh": (gelu, gelu_backward, {"approximate": "tanh"}, by_tanh),
    "elu": (elu, elu_backward, {"alpha": 2}, lambda v: v if v > 0 else 2 * mp.expm1(v)),
}
every = pytest.mark.parametrize("name", EXACT)
NUMBERS = np.array([-37.5, -20, -8.06, -7.9, -4, -1.1, -0.3, -1e-9, 1e-9, 0.7, 1.9, 6, 33])


@every
def test_exact_numbers(name: str) -> None:
    """On objects the formula and its central difference, to 40 digits."""
    forward, backward, options, formula = EXACT[name]
    x, dy, h = reals.reals(NUMBERS), reals.reals(np.linspace(-2, 3, len(NUMBERS))), mp.mpf("1e-30")
    numbers = [mp.mpf(v) for v in NUMBERS.tolist()]
    with mp.workdps(120):
        values = [formula(v) for v in numbers]
        slopes = [(formula(v + h) - formula(v - h)) / 2 / h for v in numbers]
    reals.assert_agree(forward(x, **options), reals.reals(values))
    reals.assert_agree(backward(dy, x, **options), dy * reals.reals(slopes))


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_value(name: str, dtype: str) -> None:
    """The textbook formula, to four units in the last place, tails included."""
    forward, _, options, formula = EXACT[name]
    x = NUMBERS.astype(dtype)
    expected = np.array([float(formula(mp.mpf(float(v)))) for v in x])
    unit = np.maximum(np.spacing(np.abs(expected.astype(dtype))), np.finfo(dtype).tiny)
    assert forward(x, **options).dtype == dtype
    assert np.all(np.abs(forward(x, **options) - expected) <= 4 * unit)


@every
def test_derivative(name: str) -> None:
    """The central difference of the textbook formula, of many digits, times dy."""
    _, backward, options, formula = EXACT[name]
    dy = np.linspace(-2, 3, len(NUMBERS))
    numbers, h = map(mp.mpf, NUMBERS.tolist()), mp.mpf(10) ** -40
    slopes = np.array([float((formula(v + h) - formula(v - h)) / 2 / h) for v in numbers])
    np.testing.assert_allclose(backward(dy, NUMBERS, **options), dy * slopes, rtol=4e-15, atol=0)


def around(*edges: float) -> Any:
    """Each number and its two neighbours."""
    return np.concatenate([np.nextafter(edges, -INF), edges, np.nextafter(edges, INF)])


# Where one way to compute ends and another begins, of the exponent or of x; knots, and between two.
EDGES = np.append(
    around(-LARGE, -VANISHING, -VANISHING / 1.75, -np.sqrt(2 * VANISHING), -20.25, 8, 8.0625, 20.2),
    around(-720, -38, -21.3, -8.0625, -8, -7.9375, -2.125, -0.125, -0.0625, 0.0625, 3),
)
SMALL = np.array([-1e-18, -1e-300, -5e-324, 0, 5e-324, 1e-300, 1e-18])


@every
def test_edges(name: str) -> None:
    """To four units in the last place, subnormal ones too, where the way to compute changes."""
    forward, _, options, formula = EXACT[name]
    x = np.append(EDGES, SMALL)
    right = np.array([float(formula(v)) for v in map(mp.mpf, x.tolist())])
    assert np.all(np.abs(forward(x, **options) - right) <= 4 * np.spacing(np.abs(right)))


@every
def test_derivative_at_edges(name: str) -> None:
    """The same of the central difference."""
    _, backward, options, formula = EXACT[name]
    h = mp.mpf(10) ** -30
    slopes = [(formula(v + h) - formula(v - h)) / 2 / h for v in map(mp.mpf, EDGES.tolist())]
    found, right = backward(np.ones(len(EDGES)), EDGES, **options), np.array([*map(float, slopes)])
    assert np.all(np.abs(found - right) <= 4 * np.spacing(np.abs(right)))


@every
def test_large_arrays_in_parts(name: str, rng: np.random.Generator) -> None:
    """What is computed in parts is what single elements give."""
    forward, backward, options, _ = EXACT[name]
    x, dy = rng.normal(size=(3, 50_000)) * 3, rng.normal(size=(3, 50_000))
    y, dx = forward(x, **options), backward(dy, x, **options)
    few = (slice(None), slice(None, None, 4999))
    assert_same(y[few], forward(x[few], **options))
    assert_same(dx[few], backward(dy[few], x[few], **options))


LIMITS = {
    "exp": ([INF, 0], [INF, 0]),
    "softplus": ([INF, 0], [3, 0]),
    "softplus of beta": ([INF, 0], [3, 0]),
    "silu": ([INF, 0], [3, 0]),
    "gelu": ([INF, 0], [3, 0]),
    "gelu by tanh": ([INF, 0], [3, 0]),
    "elu": ([INF, -2], [3, 0]),
}


@every
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_at_infinity_and_nan(name: str, dtype: str) -> None:
    """The limits at ±∞, where products of 0 and ∞ stand; NaN stays NaN."""
    forward, backward, options, _ = EXACT[name]
    x, dy = np.array([INF, -INF, NAN], dtype), np.full(3, 3, dtype)
    y, dx = LIMITS[name]
    np.testing.assert_array_equal(forward(x, **options), [*y, NAN])
    np.testing.assert_array_equal(backward(dy, x, **options), [*dx, NAN])


def test_softplus_is_cut_off_where_it_is_told() -> None:
    """Above beta · x = threshold, and nowhere without one."""
    x, dy = np.array([9.9, 10.1, 25.0]), np.array([2.0, 3.0, 5.0])
    cut, whole = softplus(x, 2, 20), softplus(x, 2)
    assert (cut == [whole[0], 10.1, 25.0]).tolist() == [True, True, True]
    assert whole[1] > 10.1
    slopes = softplus_backward(dy, x, 2, 20)
    assert slopes[0] < 2
    assert slopes[1:].tolist() == [3, 5]


def test_threshold_on_exact_numbers() -> None:
    """At beta · x = 20 the curve still holds, above it the line."""
    x, dy = reals.reals([9, 10, 11]), reals.reals([2, 3, 5])
    y, whole = softplus(x, 2, 20), softplus(x, 2)
    reals.assert_agree(y, [*whole[:2], x[2]])
    dx, slopes = softplus_backward(dy, x, 2, 20), softplus_backward(dy, x, 2)
    reals.assert_agree(dx, [*slopes[:2], dy[2]])


def test_threshold_is_asked_of_the_exact_product(rng: np.random.Generator) -> None:
    """Where beta · x rounds to the threshold, what is rounded away decides."""
    beta = 0.1
    for v in rng.uniform(20, 60, 50):
        product, x = Fraction(beta) * Fraction(float(v)), np.array([v])
        linear = product > Fraction(beta * float(v))
        assert (softplus(x, beta, beta * v) == x).tolist() == [linear]
        assert (softplus_backward(np.array([3.0]), x, beta, beta * v) == 3).tolist() == [linear]


def test_softplus_on_both_sides() -> None:
    """log(1 + e^x) − log(1 + e^(−x)) = x."""
    x = np.linspace(-30, 30, 61)
    np.testing.assert_allclose(softplus(x) - softplus(-x), x, rtol=1e-15, atol=1e-15)


def test_gates_on_both_sides() -> None:
    """x · g(x) − (−x) · g(−x) = x, for g(x) + g(−x) = 1."""
    x = np.linspace(-9, 9, 73)
    for y in (silu, gelu, lambda x: gelu(x, "tanh")):
        np.testing.assert_allclose(y(x) - y(-x), x, rtol=1e-15, atol=1e-15)


def test_elu_at_zero_takes_the_left_slope() -> None:
    """0 counts to the left, as in torch."""
    assert elu_backward(np.array([5.0]), np.array([0.0]), alpha=3).tolist() == [15]
    assert elu_backward(np.array([5.0]), np.array([-0.0]), alpha=3).tolist() == [15]


def test_exp_backward_where_the_power_alone_overflows() -> None:
    """dy · e^x is finite although e^x is not."""
    dx = exp_backward(np.array([1e-10]), np.array([710.0]))
    assert dx == pytest.approx(float(mp.exp(710) / 10**10), rel=1e-14)


def test_exp_backward_up_to_there() -> None:
    """Where e^x does not overflow, dy of 1 gets e^x itself, digit by digit."""
    x = np.append(np.linspace(LARGE - 1, LARGE, 20), np.linspace(-3, 3, 20))
    assert_same(exp_backward(np.ones(40), x), exp(x))


def test_exp_overflows_in_silence() -> None:
    """∞, in float32 where float64 has room, without a warning."""
    assert_same(exp(np.array([710.0, 709.0])), [INF, float(mp.exp(709))])
    assert_same(exp(np.array([100.0], np.float32)), [INF])


def test_elu_at_zero_takes_the_left_value() -> None:
    """alpha · (e⁰ − 1), whose sign is that of alpha."""
    zero = np.array([0.0])
    assert np.signbit(elu(zero, alpha=-2)) == [True]
    assert np.signbit(elu(zero, alpha=2)) == [False]


def test_gate_and_its_slope(rng: np.random.Generator) -> None:
    """s to twice the digits of float64, s' to its last digit."""
    x = rng.uniform(-30, 30, 400)
    s, slope = _cubic(x)
    root = mp.sqrt(8 / mp.pi)
    cubic, three = mp.mpf("0.044715"), mp.mpf("0.134145")
    for v, value, rest, found in zip(x.tolist(), s.value, s.rest, slope, strict=True):
        exact = root * (v + cubic * mp.mpf(v) ** 3)
        assert (
            abs(mp.mpf(float(value)) + mp.mpf(float(rest)) - exact) < abs(exact) * mp.mpf(2) ** -98
        )
        right = root * (1 + three * mp.mpf(v) ** 2)
        assert abs(mp.mpf(float(found)) - right) <= np.spacing(found) * (0.5 + 2**-40)


class WithoutErfc(Fraction):
    """Numbers that gelu by tanh could use, as far as can be seen."""

    exp = sqrt = pi = Fraction.__abs__


HALF, HALVES = np.array([Fraction(1, 2)], object), np.array([WithoutErfc(1, 2)], object)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: exp_backward(HALF, HALF),
            "exp_backward: x holds Fraction, which has no method exp",
        ),
        (
            lambda: silu_backward(HALF, HALF),
            "silu_backward: x holds Fraction, which has no method exp",
        ),
        (lambda: gelu(HALVES), "gelu: x holds WithoutErfc, which has no method erfc"),
        (
            lambda: gelu_backward(HALVES, HALVES),
            "gelu_backward: x holds WithoutErfc, which has no method erfc",
        ),
    ],
)
def test_methods_that_are_missing(call: Any, said: str) -> None:
    """What the formula needs of its objects is named, also backward."""
    with pytest.raises(TypeError) as error:
        call()
    assert str(error.value) == f"{said}; give floats, or objects that have it"
