"""Zeros and parameters of the elements' own type."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from plain import assert_exact
from reals import Real, context

import refimpl
from refimpl.elements import BITS, choose, log1p, parameter, positive_part, zero_of, zeros

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


ODD = [0.0, -0.0, 1.5, -2.5, np.inf, -np.inf, np.nan, -np.nan, 5e-324, -5e-324]
LAYOUTS = {
    "in order": lambda a: a,
    "Fortran's order": np.asfortranarray,
    "every second": lambda a: np.repeat(a, 2, axis=1)[:, ::2],
    "backwards": lambda a: a[::-1, ::-1].copy()[::-1, ::-1],
}


def odd_pairs(dtype: str) -> tuple[Any, Any]:
    """Every odd number beside every other."""
    a, b = np.meshgrid(np.array(ODD, dtype), np.array(ODD, dtype))
    return a, b


def singles(like: Any) -> list[Any]:
    """Single values: of floats also those whose bits are those of the integers 1 and −1."""
    zeros = [zero_of(like), -zero_of(like)]
    if like.dtype.char not in BITS:
        return zeros
    return [*zeros, *np.array([1, -1], BITS[like.dtype.char]).view(like.dtype)]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "longdouble", "object"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_chosen_are_the_same_bits(dtype: str, layout: str) -> None:
    """Signs of zeros, infinities and NaN pass as np.where lets them pass, however they lie."""
    a, b = map(LAYOUTS[layout], odd_pairs(dtype))
    for yes in (a, *singles(a)):
        for no in (b, *singles(b)):
            with np.errstate(invalid="ignore"):  # of NaN among objects
                found, expected = choose(a > b, yes, no), np.where(a > b, yes, no)
            assert found.dtype == expected.dtype
            assert [str(v) for v in found.flat] == [str(v) for v in expected.flat]


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "longdouble", "object"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("numbers", [ODD, [n for n in ODD if str(n) != "-0.0"], [-0.0, -0.0]])
def test_positive_part_keeps_zeros_and_nan(dtype: str, layout: str, numbers: list[float]) -> None:
    """What is not below 0 stays, with its sign; with and without a −0 among the numbers."""
    x = LAYOUTS[layout](np.array([numbers, numbers[::-1]], dtype))
    with np.errstate(invalid="ignore"):  # of NaN among objects
        found, expected = positive_part(x), np.where(x < 0, 0 * x[0, 0], x)
    assert found.dtype == x.dtype
    assert [str(v) for v in found.flat] == [str(v) for v in expected.flat]


def test_single_values_are_chosen_as_arrays_without_axes() -> None:
    """No axis, no element: arrays all the same."""
    for found in (
        choose(np.float64(2) > 1, np.float64(3), np.float64(4)),
        positive_part(THIRD[0:0]),
    ):
        assert isinstance(found, np.ndarray)
    single = positive_part(np.array(-2.0))
    assert isinstance(single, np.ndarray)
    assert single.shape == ()
    assert single == 0


class Fine(Real):
    """A number with a log1p of its own."""

    def log1p(self) -> Real:
        return Real(context.log1p(self.value))

    def log(self) -> Real:
        raise AssertionError("log(1 + x) loses the digits of a small x")


def test_objects_bring_their_own_log1p() -> None:
    """Their log(1 + x) only where they have none."""
    small = context.mpf(10) ** -90
    for kind in (Fine, Real):
        (found,) = log1p(np.array([kind(small)], object))
        assert abs(found.value - small) < small * context.mpf(10) ** -8


def test_no_object_brings_no_pi() -> None:
    """A gelu of nothing is nothing."""
    nothing = np.empty((0, 3), object)
    assert refimpl.gelu(nothing).shape == refimpl.gelu(nothing, "tanh").shape == (0, 3)
    assert refimpl.gelu_backward(nothing, nothing).shape == (0, 3)
