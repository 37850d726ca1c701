"""Zeros and parameters of the elements' own type."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from plain import assert_exact

from refimpl.elements import parameter, zero_of, zeros

THIRD = np.array([Fraction(1, 3)])
TENTH = 0.1  # the double nearest to 1/10


@pytest.mark.parametrize(
    ("like", "kind"),
    [
        (np.ones(2), np.float64),
        (np.ones(2, "float32"), np.float32),
        (THIRD, Fraction),
        (np.array([sympy.Symbol("a")]), sympy.Integer),
        (np.empty(0, object), int),
    ],
    ids=["float64", "float32", "Fraction", "sympy", "no elements"],
)
def test_zero_has_the_elements_type(like: Any, kind: type) -> None:
    """Zero is made from the elements; where there are none it is the integer 0."""
    zero = zero_of(like)
    assert isinstance(zero, kind)
    assert zero == 0


@pytest.mark.parametrize("elements", ["fraction", "float64", "float32"])
def test_zeros(elements: str) -> None:
    """An array of zeros keeps the type too."""
    like = THIRD if elements == "fraction" else np.ones(3, elements)
    assert_exact(zeros((2, 1), like), np.zeros((2, 1)), elements)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_parameter_is_rounded_to_the_dtype(dtype: str) -> None:
    """0.01 in float32 is the number nearest to 0.01 that float32 has."""
    value = parameter(0.01, np.ones(1, dtype))
    assert value.dtype == dtype
    assert value == np.dtype(dtype).type(0.01)


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        (TENTH, Fraction(3602879701896397, 2**55)),
        (np.float64(0.25), Fraction(1, 4)),
        (np.float32(0.01), Fraction(10737418, 2**30)),
        (3, Fraction(3)),
        (np.int64(-2), Fraction(-2)),
        (Fraction(2, 7), Fraction(2, 7)),
    ],
)
def test_parameter_of_fractions_is_exact(value: Any, exact: Fraction) -> None:
    """An object array gets the very number that the float is."""
    made = parameter(value, THIRD)
    assert type(made) is Fraction
    assert made == exact


def test_parameter_of_symbols_is_exact() -> None:
    """A float becomes a rational beside symbols."""
    assert parameter(0.125, np.array([sympy.Symbol("a")])) == sympy.Rational(1, 8)


def test_parameter_may_be_a_symbol() -> None:
    """What is no float passes through, so a formula can keep its slope as a letter."""
    slope = sympy.Symbol("s")
    assert parameter(slope, np.array([sympy.Symbol("a")])) is slope
