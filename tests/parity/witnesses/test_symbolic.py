"""The witness of symbols: every backward is sympy's derivative, and a wrong one is not."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import refimpl
from parity.cases.case import Array
from parity.cases.catalogue import SYMBOLIC
from parity.cases.functions import FUNCTIONS, backward_of
from parity.cases.symbol_case import AnyNumber, SymbolCase
from parity.results.verdicts import AGREES, OUTSIDE
from parity.witnesses.symbolic import check_case, check_symbols, option
from parity.witnesses.vanishing import vanishes

CASES = [case for cases in SYMBOLIC.values() for case in cases]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_backward_is_the_derivative(case: SymbolCase) -> None:
    """Element by element, as expressions."""
    found = check_case(case)
    assert (found.verdict, found.note) == (AGREES, "")
    assert (found.witness, found.dtype, found.false_accept) == ("symbols", "", None)
    inputs = [name for name in FUNCTIONS[case.function].inputs if name in case.arrays]
    assert found.tensors == " ".join(f"d{name}" for name in inputs)
    shapes = [case.arrays[name] for name in inputs]
    assert found.elements == sum(np.prod(shape) for shape in shapes if isinstance(shape, tuple))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_input_takes_part(case: SymbolCase) -> None:
    """Two sizes of an array are alike only where the formula says so, and every bias is there; an
    exponent may be a number."""
    given = {name for name in FUNCTIONS[case.function].inputs if name in case.arrays}
    if case.function != "concatenate":
        assert given | {"exponent"} & {*case.options} == set(FUNCTIONS[case.function].inputs)
    assert all(isinstance(case.arrays[name], tuple) for name in given)


def test_any_number_is_a_symbol() -> None:
    """A positive one, with the number that it stands for; without one it is the symbol alone."""
    slope, p = option(AnyNumber("slope", Fraction(1, 10))), option(AnyNumber("p"))
    assert (slope.expression, slope.number) == (
        sympy.Symbol("slope", positive=True),
        sympy.Rational(1, 10),
    )
    assert slope < 1
    assert p == sympy.Symbol("p", positive=True)
    assert option("full") == "full"


def last_element_twice(gradient: Array) -> Array:
    wrong = gradient.copy()
    wrong.flat[-1] = wrong.flat[-1] * 2 + 1
    return wrong


def wrong_sign(gradient: Array) -> Array:
    return -gradient


def a_little_too_large(gradient: Array) -> Array:
    """By one part in 10⁹."""
    return gradient * (10**9 + 1) / 10**9


def last_row_left_out(gradient: Array) -> Array:
    return gradient[:-1]


MISTAKES = (last_element_twice, wrong_sign, a_little_too_large, last_row_left_out)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.__name__)
@pytest.mark.parametrize("name", SYMBOLIC)
def test_a_wrong_backward_is_refuted(
    name: str, mistake: Callable[[Array], Array], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of every function; the row says which element, what it is and what it should be."""
    right = getattr(refimpl, backward_of(name))

    def wrong(*args: Any, **options: Any) -> Any:
        grads = right(*args, **options)
        if not isinstance(grads, tuple):
            return mistake(grads)
        spoilt = [mistake(grads[0]), *grads[1:]]
        return type(grads)(*spoilt) if hasattr(grads, "_fields") else tuple(spoilt)

    monkeypatch.setattr(refimpl, backward_of(name), wrong)
    found = check_symbols(name).witnesses
    if name == "sign" and mistake in (wrong_sign, a_little_too_large):
        assert {row.verdict for row in found} == {AGREES}  # 0 stays 0
        return
    assert {row.verdict for row in found} == {OUTSIDE}
    first = f"d{FUNCTIONS[name].inputs[0]}"
    word = "has shape" if mistake is last_row_left_out else ", not "
    for row in found:
        assert row.note.startswith(first)
        assert word in row.note
        assert ";" not in row.note  # the other gradients are right


def test_an_exception(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in the row."""

    def broken(*_: object) -> None:
        raise IndexError("off by one")

    monkeypatch.setattr(refimpl, "relu_backward", broken)
    (row,) = check_symbols("relu").witnesses
    assert (row.verdict, row.note) == (OUTSIDE, "refimpl raised IndexError: off by one")


X, Y = sympy.symbols("x y", real=True)
ROOT = sympy.sqrt(X**2 + 1)


@pytest.mark.parametrize(
    ("expression", "zero"),
    [
        ((X + Y) ** 2 - X**2 - 2 * X * Y - Y**2, True),
        ((X + Y) ** 2 - X**2 - Y**2, False),
        (sympy.exp(X - Y) * sympy.exp(Y) - sympy.exp(X), True),
        (1 / (1 + sympy.exp(-X)) - sympy.exp(X) / (1 + sympy.exp(X)), True),
        (1 / (1 + sympy.exp(-X)) - sympy.exp(X) / (2 + sympy.exp(X)), False),
        (sympy.exp(X / 2) ** 2 - sympy.exp(X), True),
        (sympy.exp(X / 2) - sympy.exp(X), False),
        (sympy.diff(sympy.tanh(X), X) - 1 + sympy.tanh(X) ** 2, True),
        (sympy.exp(X * Y) - sympy.exp(X) * sympy.exp(Y), False),
        (sympy.Integer(0), True),
        (ROOT**-1 * (X + Y**2) - X / ROOT - Y**2 / ROOT, True),
        (ROOT**-3 * (X**2 + 1) - 1 / ROOT, True),
        (ROOT**-3 * (X**2 + 1) - ROOT, False),
        (1 / ROOT - 1 / sympy.sqrt(X**2 + 2), False),
    ],
)
def test_vanishes(expression: Any, zero: bool) -> None:
    """What is 0 for all numbers is known to be, and nothing else."""
    assert vanishes(expression) is zero
