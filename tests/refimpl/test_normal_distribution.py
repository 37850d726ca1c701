"""The tail of the normal distribution, beside mpmath's erfc."""

import mpmath
import numpy as np

from refimpl.compensated import Exponent, power, two_product, two_sum
from refimpl.normal_distribution import FLAT, KNOTS, LAST, TERMS, _knots, scaled_tail


def test_scaled_tail(rng: np.random.Generator) -> None:
    """e^(t²/2) · ½ · erfc(t/√2) to 2 units in the last place: series, fraction, at the knots."""
    t = np.concatenate([rng.uniform(0, 8, 300), rng.uniform(8, FLAT, 100), np.arange(0, 9, 0.0625)])
    with mpmath.workdps(40):
        root = mpmath.sqrt(2)
        numbers = map(mpmath.mpf, t.tolist())
        exact = [float(mpmath.exp(v * v / 2) * mpmath.erfc(v / root) / 2) for v in numbers]
    expected = np.array(exact)
    assert np.all(np.abs(scaled_tail(t) - expected) <= 2 * np.spacing(expected))
    assert np.isnan(scaled_tail(np.array([np.nan]))).all()
    assert scaled_tail(np.array(3.0)).shape == ()


def test_terms_of_the_series() -> None:
    """Halfway between two knots the first that is left out is below 2⁻⁶⁰ of G, the last is not."""
    last, left_out = [], []
    with mpmath.workdps(60):
        for place in range(LAST * KNOTS + 1):
            t = mpmath.mpf(place) / KNOTS
            g = mpmath.exp(t * t / 2) * mpmath.erfc(t / mpmath.sqrt(2)) / 2
            c = [g, t * g - 1 / mpmath.sqrt(2 * mpmath.pi)]  # of Taylor's series
            for n in range(1, TERMS):
                c.append((t * c[n] + c[n - 1]) / (n + 1))
            last.append(abs(c[TERMS - 1]) / (2 * KNOTS) ** (TERMS - 1) / g)
            left_out.append(abs(c[TERMS]) / (2 * KNOTS) ** TERMS / g)
        assert max(left_out) < mpmath.mpf(2) ** -60 <= max(last)


def test_knots_end_at_a_half() -> None:
    """What began with the fraction at 8 arrives at Φ(0) = ½, and at √(π/2) times the density."""
    assert _knots()[0] == 0.5
    assert len(_knots()) == 65
    assert np.all(np.diff(_knots()) < 0)


def test_compensated(rng: np.random.Generator) -> None:
    """With what is rounded away a product and a sum are exact, and a power is better."""
    a, b = rng.normal(size=50) * 30, rng.normal(size=50)
    with mpmath.workdps(60):
        for pair, exact in (
            (two_product(a, b), [mpmath.mpf(x) * mpmath.mpf(y) for x, y in zip(a, b, strict=True)]),
            (two_sum(a, b), [mpmath.mpf(x) + mpmath.mpf(y) for x, y in zip(a, b, strict=True)]),
        ):
            parts = zip(pair.value, pair.rest, strict=True)
            assert [mpmath.mpf(high) + mpmath.mpf(low) for high, low in parts] == exact
        s = two_product(a * 20, b)
        sums = [mpmath.mpf(v) + mpmath.mpf(r) for v, r in zip(*s, strict=True)]
        expected = [float(mpmath.exp(-abs(v))) for v in sums]
    found = power(s).whole
    assert np.all(np.abs(found - expected) <= 3 * np.spacing(np.array(expected)))
    without = power(Exponent(s.value, np.zeros_like(s.rest))).whole
    assert np.any(np.abs(without - expected) > 20 * np.spacing(np.array(expected)))


def test_a_product_that_overflows_leaves_nothing() -> None:
    """∞ and NaN have no rest."""
    with np.errstate(over="ignore", invalid="ignore"):
        product = two_product(np.array([1e308, np.nan, 1e-320]), 1e3)
    assert np.isinf(product.value[0])
    assert product.rest[:2].tolist() == [0, 0]


def test_a_power_in_two_parts() -> None:
    """Up to 600 it is NumPy's own; beyond, e^(64 − |s|), which has its digits, and e^−64."""
    s = np.append(-np.linspace(0, 600, 61), np.linspace(0, 600, 61))
    near = power(Exponent(s, np.zeros_like(s)))
    assert near.part.tolist() == np.exp(-np.abs(s)).tolist()
    assert np.all(near.scale == 1)
    far = power(Exponent(np.array([-720.0]), np.zeros(1)))
    assert far.part.tolist() == [np.exp(-656.0)]
    assert far.scale.tolist() == [float(mpmath.exp(-64))]
