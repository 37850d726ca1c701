"""dropout: exact in every element type, unscaled as D2.13 has it, linear, its own adjoint."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from plain import ELEMENTS, assert_exact, assert_same, dot, draw, fractions, frozen

from refimpl import dropout, dropout_backward


def random_mask(rng: np.random.Generator, shape: Any) -> Any:
    return frozen(rng.integers(0, 2, shape))


@pytest.mark.parametrize("elements", ELEMENTS)
@pytest.mark.parametrize("kind", ["bool", "int64", "uint8", "float64", "float32"])
def test_half_of_the_nodes(rng: np.random.Generator, elements: str, kind: str) -> None:
    """D2.13: dropped nodes are 0; the others are doubled. Any 0 and 1 will do as a mask."""
    x, dy, mask = draw(rng, (4, 7), elements), draw(rng, (4, 7), elements), random_mask(rng, (4, 7))
    assert 0 < mask.sum() < mask.size
    for given, result in (
        (x, dropout(x, mask.astype(kind))),
        (dy, dropout_backward(dy, x, mask.astype(kind))),
    ):
        expected = [
            2 * e if m else 0 for e, m in zip(fractions(given).flat, mask.flat, strict=True)
        ]
        assert_exact(result, fractions(expected).reshape(4, 7), elements)


@pytest.mark.parametrize("elements", ELEMENTS)
def test_without_division(rng: np.random.Generator, elements: str) -> None:
    """D2.13 says no more than that nodes become 0: p = 0."""
    x, mask = draw(rng, (4, 7), elements), random_mask(rng, (4, 7))
    expected = np.where(mask == 1, fractions(x), Fraction(0))
    assert_exact(dropout(x, mask, p=0), expected, elements)
    assert_exact(dropout_backward(x, x, mask, p=0), expected, elements)


@pytest.mark.parametrize("p", [Fraction(1, 3), Fraction(2, 7), 0.25, 0.75], ids=str)
def test_any_fraction(rng: np.random.Generator, p: Any) -> None:
    """x · mask / (1 − p), in fractions exactly."""
    x, mask = draw(rng, (3, 5)), random_mask(rng, (3, 5))
    expected = x * fractions(mask) / (1 - Fraction(p))
    assert_exact(dropout(x, mask, p), expected, "fraction")


def test_fractions_get_the_p_that_floats_get() -> None:
    """1 − 0.1 is subtracted in float64, as in torch; a Fraction then divides by that number."""
    x, mask = fractions([1]), np.array([1])
    assert_same(dropout(x, mask, 0.1), [1 / Fraction(1 - 0.1)])


@pytest.mark.parametrize("p", [0.1, 0.3, 0.9])
def test_float32_divides_by_its_own_one_minus_p(p: float) -> None:
    """float32 stays float32: 1 − p is rounded once, not p."""
    x, mask = np.array([3.0, 5.0], np.float32), np.array([1, 0])
    noise = np.float32(1) / np.float32(1 - p)
    assert_exact(dropout(x, mask, p), np.array([3 * noise, 0], np.float32), "float32")


def test_mask_of_fractions() -> None:
    """Beside Fractions the mask may hold Fractions, too."""
    y = dropout(fractions([3, 5]), fractions([1, 0]), Fraction(1, 4))
    assert_exact(y, fractions([4, 0]), "fraction")


def test_in_letters() -> None:
    """On symbols, p included: x/(1 − p) where the mask is 1, 0 elsewhere."""
    a, b, p = sympy.symbols("a b p")
    y = dropout(np.array([a, b]), np.array([True, False]), p)
    assert sympy.simplify(y[0] - a / (1 - p)) == 0
    assert y[1] == 0


def test_expected_value(rng: np.random.Generator) -> None:
    """Over all masks of four nodes, each as likely as p makes it, the mean of y is x."""
    x, p = draw(rng, (4,)), Fraction(2, 5)
    mean = fractions([0] * 4)
    for code in range(16):
        mask = np.array([code >> bit & 1 for bit in range(4)])
        likelihood = p ** int(4 - mask.sum()) * (1 - p) ** int(mask.sum())
        mean = mean + likelihood * dropout(x, mask, p)
    assert_same(mean, x)


def test_backward_is_the_adjoint(rng: np.random.Generator) -> None:
    """⟨dy, dropout(x)⟩ = ⟨dropout_backward(dy), x⟩: a linear map and its transpose."""
    x, dy, mask = draw(rng, (3, 5)), draw(rng, (3, 5)), random_mask(rng, (3, 5))
    assert dot(dy, dropout(x, mask, 0.25)) == dot(dropout_backward(dy, x, mask, 0.25), x)


def test_nan_and_infinity_are_not_dropped() -> None:
    """Times 0 they are NaN, as IEEE and torch have it; in float they stay what they are."""
    x, mask = np.array([np.inf, np.nan, np.inf, 1.0]), np.array([0, 0, 1, 0])
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(dropout(x, mask), [np.nan, np.nan, np.inf, 0])


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", object])
@pytest.mark.parametrize("shape", [(), (0, 3), (2, 3)])
def test_shape_and_dtype_are_kept(shape: Any, dtype: Any) -> None:
    """Single values stay arrays, nothing stays nothing."""
    x, mask = np.asarray(np.full(shape, 3), dtype), np.ones(shape, bool)
    for y in (dropout(x, mask), dropout_backward(x, x, mask)):
        assert isinstance(y, np.ndarray)
        assert (y.shape, y.dtype) == (shape, dtype)


def test_integers_become_float64() -> None:
    """Integer nodes are promoted as NumPy does."""
    assert_exact(dropout(np.array([1, 3]), np.array([0, 1]), 0.25), [0.0, 4.0], "float64")
