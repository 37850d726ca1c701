"""Powers: on Fractions products, on numbers of 100 digits differences; conventions; digits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from plain import assert_exact, dot, draw, fractions
from reals import Real, assert_agree, reals, slope
from reals import dot as real_dot

from refimpl import power, power_backward

SHAPES = [((2, 3), (2, 3)), ((2, 3), (3,)), ((2, 1, 4), (3, 1)), ((), (2, 3)), ((3, 2), ())]
REAL = mpmath.MPContext()
REAL.prec = 300
INF, NAN = np.inf, np.nan


def positive(rng: np.random.Generator, shape: Any) -> Any:
    """Numbers above 0, of 100 digits."""
    return reals(rng.uniform(0.25, 4, shape).astype(object))


@pytest.mark.parametrize("exponent", [0, 1, 2, 5, -1, -3])
def test_integer_powers_are_exact(rng: np.random.Generator, exponent: int) -> None:
    """On Fractions a product of as many factors, or its inverse."""
    x = draw(rng, (3, 4))
    x = np.where(x == 0, x + 1, x)
    expected = fractions(np.ones((3, 4), int))
    for _ in range(abs(exponent)):
        expected = expected * x
    assert_exact(power(x, exponent), expected if exponent >= 0 else 1 / expected, "fraction")


@pytest.mark.parametrize("exponent", [0, 1, 2, 3])
def test_the_gradient_of_integer_powers_is_exact(rng: np.random.Generator, exponent: int) -> None:
    """Σ dy·((x + h)^p − (x − h)^p)/2h differs from ⟨dx, v⟩ by h²·p(p−1)(p−2)/6·x^(p−3) alone."""
    x, dy = draw(rng, (3, 4)), draw(rng, (3, 4))
    dx, none = power_backward(dy, x, exponent)
    assert none is None
    h = Fraction(1, 7)
    ahead = dot(dy, power(x + h, exponent)) - dot(dy, power(x - h, exponent))
    beyond = h * h * dot(dy, fractions(np.ones((3, 4), int))) if exponent == 3 else 0
    assert ahead / (2 * h) == dot(dx, fractions(np.ones((3, 4), int))) + beyond


def test_the_gradient_of_inverses_is_exact(rng: np.random.Generator) -> None:
    """(1/x)′ = −1/x², (1/x³)′ = −3/x⁴; of x⁰ it is 0, at 0 too."""
    x, dy = draw(rng, (3, 4)), draw(rng, (3, 4))
    assert_exact(power_backward(dy, 0 * x, 0).dx, 0 * dy, "fraction")
    x = np.where(x == 0, x + 1, x)
    assert_exact(power_backward(dy, x, -1).dx, -dy / (x * x), "fraction")
    assert_exact(power_backward(dy, x, -3).dx, -3 * dy / (x * x * x * x), "fraction")


def test_arrays_of_integer_exponents(rng: np.random.Generator) -> None:
    """Fractions to the powers of a row, one for each column."""
    x = fractions([[1, 2, 3], [Fraction(1, 2), 4, 5]])
    y = power(x, fractions([2, 0, -1]))
    assert y.tolist() == [[1, 1, Fraction(1, 3)], [Fraction(1, 4), 1, Fraction(1, 5)]]


@pytest.mark.parametrize(("first", "second"), SHAPES, ids=str)
def test_gradients(rng: np.random.Generator, first: Any, second: Any) -> None:
    """Both, by central differences of the forward formula on numbers of 100 digits."""
    shape = np.broadcast_shapes(first, second)
    x, p, dy = positive(rng, first), reals(rng.normal(size=second).astype(object)), None
    dy = reals(rng.normal(size=shape).astype(object))
    v, u = (
        reals(rng.normal(size=first).astype(object)),
        reals(rng.normal(size=second).astype(object)),
    )
    dx, dexponent = power_backward(dy, x, p)
    assert dx.shape == first
    assert dexponent is not None
    assert dexponent.shape == second
    assert_agree(reals(slope(lambda z: power(z, p), dy, x, v)), reals(real_dot(dx, v)))
    assert_agree(reals(slope(lambda q: power(x, q), dy, p, u)), reals(real_dot(dexponent, u)))


def test_the_gradient_of_powers_of_0_on_exact_numbers() -> None:
    """∂L/∂p is 0 where p ≥ 0; where p < 0 most exact numbers have no such power."""
    found = power_backward(reals([3, 5, 7]), reals([0, 0, 0]), reals([0, 1, 2]))
    assert found.dexponent is not None
    assert_agree(found.dexponent, reals([0, 0, 0]))
    with pytest.raises(ZeroDivisionError):
        power_backward(reals([1]), reals([0]), reals([-1]))


def test_exact_numbers_that_have_an_infinity(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of floats ∂L/∂p is 0^p · ln 0 = −∞ where p < 0."""
    finite, infinite = Real.__pow__, Real(INF)
    monkeypatch.setattr(
        Real, "__pow__", lambda a, b: infinite if a == 0 and b < 0 else finite(a, b)
    )
    dx, dexponent = power_backward(reals([1]), reals([0]), reals([-1]))
    assert dexponent is not None
    assert (dx[0].value, dexponent[0].value) == (-INF, -INF)


# --- conventions --------------------------------------------------------------------------

KINKS: list[tuple[float, float, float, float, float]] = [
    # x, p, y, dx, dexponent
    (0, 0, 1, 0, 0),
    (0, 0.5, 0, INF, 0),
    (0, 1, 0, 1, 0),
    (0, 2, 0, 0, 0),
    (0, -1, INF, -INF, -INF),
    (-0.0, 0.5, 0, INF, 0),
    (-0.0, -1, -INF, -INF, INF),
    (-2, 3, -8, 12, NAN),
    (-2, 2, 4, -4, NAN),
    (-2, 0.5, NAN, NAN, NAN),
    (-2, 0, 1, 0, NAN),
    (NAN, 0, 1, 0, NAN),
    (1, NAN, 1, NAN, 0),
    (-INF, 0.5, INF, 0, NAN),
    (INF, -1, 0, 0, NAN),
    (INF, 2, INF, INF, INF),
    (1, 0, 1, 0, 0),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("x", "p", "y", "dx", "dexponent"), KINKS)
def test_conventions(x: float, p: float, y: float, dx: float, dexponent: float, dtype: str) -> None:
    """As torch has them of two tensors; a number has the same, without its gradient."""
    base, exponent, one = (np.array([value], dtype) for value in (x, p, 1))
    with np.errstate(all="ignore"):
        assert_array_equal(power(base, exponent), [y])
        assert_array_equal(power(base, p), [y])
        found = power_backward(one, base, exponent)
        assert_array_equal(found.dx, [dx])
        assert found.dexponent is not None
        assert_array_equal(found.dexponent, [dexponent])
        assert_array_equal(power_backward(one, base, p).dx, [dx])


def test_nothing_comes_back_through_the_power_0() -> None:
    """Whatever dy and x are; without a warning, and with no sign."""
    found = power_backward(np.array([INF, NAN, 2.0]), np.array([0.0, 1.0, NAN]), 0)
    assert_array_equal(found.dx, [0, 0, 0])
    assert not np.signbit(found.dx).any()


def test_a_number_one_half_leaves_the_sign_of_0_behind() -> None:
    """(−0)^½ is 0, as of an array of exponents, though the root of −0 is −0."""
    y = power(np.array([-0.0, 4.0, 1.0]), 0.5)
    assert y.tolist() == [0, 2, 1]
    assert not np.signbit(y).any()


@pytest.mark.parametrize("p", [1e-30, -1e-30, -(2.0**-53), -(2.0**52 - 0.5), 0.5, -2.5])
def test_a_negative_x_has_no_slope_but_of_integer_powers(p: float) -> None:
    """Also where p − 1 is rounded to an integer; beside a positive x that has one."""
    with np.errstate(invalid="ignore"):
        assert np.isnan(power(np.array([-1.0]), p)).all()
        dx = power_backward(np.array([1.0, 1.0, 1.0]), np.array([-1.0, 1.0, -0.5]), p).dx
    assert_array_equal(dx, [NAN, p, NAN])


def test_0_to_a_tiny_power_is_infinitely_steep() -> None:
    """p · 0^(p−1) = ∞, though p − 1 is rounded to −1."""
    with np.errstate(divide="ignore"):
        assert power_backward(np.array([1.0]), np.array([0.0]), 1e-30).dx.tolist() == [INF]


def test_of_infinity_the_smallest_power_has_no_limit() -> None:
    """∞^p · ln ∞ = 0 · ∞ where p < 0, and half of the smallest p is 0."""
    found = power_backward(np.array([1.0]), np.array([INF]), np.array([-5e-324]))
    assert_array_equal(found.dexponent, [NAN])


# --- digits -------------------------------------------------------------------------------


def errors(found: Any, exact: Any) -> float:
    """The largest relative error, in units of 2⁻⁵³."""
    pairs = zip(found.ravel().tolist(), exact, strict=True)
    return float(max(abs((a - b) / b) * 2**53 for a, b in pairs))


def test_digits_far_from_1(rng: np.random.Generator) -> None:
    """A rounded p − 1 would cost |ln x^(p−1)| roundings, hundreds; all three stay within some."""
    x, p = 10.0 ** rng.uniform(-40, 40, 500), rng.uniform(-7, 7, 500) / 10 ** rng.uniform(0, 3, 500)
    base, exponent = ([REAL.mpf(v) for v in a.tolist()] for a in (x, p))
    y = [b**e for b, e in zip(base, exponent, strict=True)]
    ones = np.ones(500)
    dx, dexponent = power_backward(ones, x, p)
    assert dexponent is not None
    assert errors(power(x, p), y) <= 8
    assert errors(dx, [e * v / b for v, b, e in zip(y, base, exponent, strict=True)]) <= 8 + 5
    assert errors(dexponent, [v * REAL.log(b) for v, b in zip(y, base, strict=True)]) <= 16 + 2
    with np.errstate(all="ignore"):
        plain = p * x ** (p - 1)
    assert errors(plain, [e * v / b for v, b, e in zip(y, base, exponent, strict=True)]) > 30


def test_an_odd_power_past_the_digits() -> None:
    """p = 2⁵³ + 2 is even and p − 1 odd, though no float64 holds it: ∂y/∂x at −1 is −p."""
    p = 2.0**53 + 2
    assert power_backward(np.array([1.0]), np.array([-1.0]), p).dx.tolist() == [-p]
    assert power_backward(np.array([1.0]), np.array([-1.0]), 2.0**53).dx.tolist() == [-(2.0**53)]
    beside = power_backward(np.ones(4), np.array([-1.0, 1.0, -1.0, 0.0]), p).dx
    assert beside.tolist() == [-p, p, -p, 0]


def test_an_infinite_power_of_a_negative_x() -> None:
    """(−½)^∞ = 0 and (−2)^∞ = ∞, as np.power has them; (−∞)^p is ∞ or 0 where p is no integer."""
    with np.errstate(invalid="ignore"):
        x = np.array([-0.5, -2.0, -INF, -INF])
        found = power_backward(np.ones(4), x, np.array([INF, INF, 1.5, -1e-30]))
    assert_array_equal(found.dx, [NAN, INF, INF, 0])


def test_a_number_is_what_the_dtype_holds() -> None:
    """0.1 beside float32 is np.float32(0.1), as a slope or a momentum is."""
    x = np.array([7e8], np.float32)
    assert_array_equal(power(x, 0.1), power(x, np.array([0.1], np.float32)))
    assert power(x, 0.1).dtype == np.float32
    assert power([1, 2, 3], 2).tolist() == [1.0, 4.0, 9.0]


@pytest.mark.parametrize(
    ("x", "p", "dy"),
    [
        pytest.param(7e150, 3.3, 2e-195, id="x^(p-1) overflows"),
        pytest.param(-7e150, 5.0, 2e-301, id="of a negative x"),
        pytest.param(1e-310, 1e-7, 0.3, id="1/x overflows, times p it does not"),
        pytest.param(3e-121, 3.9, 5e307, id="x^(p-1) underflows"),
        pytest.param(3e-160, 3.0, -5e307, id="x^(p-1) is subnormal"),
        pytest.param(1.0008691573625164, 892226.6693195847, 3.6e-253, id="a large p"),
        pytest.param(0.49, 1001.0, 3e300, id="x^(p-1) is subnormal, times p it is not"),
        pytest.param(1e-160, -1.0, 3e-100, id="the slope is -1"),
        pytest.param(float(np.e), -720.0, 3e300, id="the logarithm is 1"),
    ],
)
def test_what_overflows_on_the_way_only(x: float, p: float, dy: float) -> None:
    """dy makes good what x^(p−1) is too large or too small for."""
    dx, dexponent = power_backward(np.array([dy]), np.array([x]), np.array([p]))
    base, exponent, factor = map(REAL.mpf, (x, p, dy))
    assert errors(dx, [factor * exponent * base ** (exponent - 1)]) <= 16 + 6
    assert dexponent is not None
    if x > 0:
        assert errors(dexponent, [factor * base**exponent * REAL.log(base)]) <= 16 + 8
    else:
        assert np.isnan(dexponent).all()


def test_what_overflows_beside_what_does_not() -> None:
    """Each number of an array is what it is alone."""
    x, p, dy = (np.array(a) for a in ([2.0, 7e150, 0.0, 3e-121], [3.0, 3.3, 2.0, 3.9], [5.0] * 4))
    dy[1], dy[3] = 2e-195, 5e307
    together = power_backward(dy, x, p)
    assert together.dexponent is not None
    for k in range(4):
        alone = power_backward(dy[k : k + 1], x[k : k + 1], p[k : k + 1])
        assert alone.dexponent is not None
        assert together.dx[k] == alone.dx[0]
        assert together.dexponent[k] == alone.dexponent[0]


def test_nothing_comes_back_where_dy_is_0() -> None:
    """Though x^(p−1) and x^p are too large for a float."""
    dx, dexponent = power_backward(np.array([0.0]), np.array([7e150]), np.array([3.3]))
    assert dexponent is not None
    assert (dx.tolist(), dexponent.tolist()) == ([0], [0])


def test_what_overflows_is_infinite() -> None:
    """Without a warning, in float32 too."""
    assert power(np.array([1e30], np.float32), 2).tolist() == [INF]
    assert power(np.array([1e300]), 2).tolist() == [INF]
    found = power_backward(np.array([1.0]), np.array([1e154]), np.array([2.0]))
    assert found.dexponent is not None
    assert found.dexponent.tolist() == [INF]
