"""Expressions that take the branch of a number."""

from __future__ import annotations

import numpy as np
import pytest
import sympy

import refimpl
from parity.witnesses.symbols import Branched, branched, expressions, symbols


def test_arithmetic_goes_along_in_both() -> None:
    """Every operation, from both sides, on expression and number alike."""
    x, y = sympy.symbols("x y")
    a, b = Branched(x, 3), Branched(y, 5)
    for found, expression, number in (
        (a + b, x + y, 8),
        (a - b, x - y, -2),
        (a * b, x * y, 15),
        (a / b, x / y, sympy.Rational(3, 5)),
        (2 + a, 2 + x, 5),
        (2 - a, 2 - x, -1),
        (2 * a, 2 * x, 6),
        (2 / a, 2 / x, sympy.Rational(2, 3)),
        (-a, -x, -3),
        (abs(-a), x, 3),
        (abs(a), x, 3),
        (a.exp(), sympy.exp(x), sympy.exp(3)),
        (a.log(), sympy.log(x), sympy.log(3)),
        (a.tanh(), sympy.tanh(x), sympy.tanh(3)),
    ):
        assert sympy.expand(found.expression - expression) == 0
        assert sympy.simplify(found.number - number) == 0


def test_an_array_without_axes_is_no_expression_of_its_own() -> None:
    """sympy would make one of its own arrays of it."""
    x = Branched(sympy.Symbol("x"), 3)
    for product in (x * np.asarray(x, object), np.asarray(x, object) * x):
        assert str(product) == "Branched(x**2, 9)"


def test_comparisons_look_at_the_number() -> None:
    """The expressions have no order."""
    a, b = Branched(sympy.Symbol("x"), 3), Branched(sympy.Symbol("y"), 5)
    assert a < b
    assert a <= b
    assert b > a
    assert b >= 5
    assert a == 3
    assert a != b
    assert not a > 4
    with pytest.raises(TypeError):
        bool(sympy.Symbol("x") < sympy.Symbol("y"))


@pytest.mark.parametrize(("numbers", "expected"), [([2, -3], "x1 0"), ([-1, 4], "0 x2")])
def test_refimpl_takes_the_branch_of_the_number(numbers: list[int], expected: str) -> None:
    """relu on symbols: max(0, x) where the number says which."""
    y = expressions(refimpl.relu(branched(symbols("x", 2), numbers)))
    assert " ".join(map(str, y)) == expected


def test_softmax_on_symbols_is_the_formula() -> None:
    """The shift by the maximum cancels."""
    x = symbols("x", 3)
    y = expressions(refimpl.softmax(branched(x, [1, 4, 2])))
    total = sum(sympy.exp(v) for v in x)
    for found, v in zip(y, x, strict=True):
        assert sympy.simplify(found - sympy.exp(v) / total) == 0


def test_expressions_of_other_things_stay() -> None:
    """Zeros that a function put in are no Branched."""
    assert expressions(np.array([0, Branched(2, 2)], object)).tolist() == [0, 2]
