"""What is shown is what refimpl computes: each value, and the formula that made it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS, forward_of
from parity.explain.demonstration import SAME, Demonstration
from parity.explain.formed import Call, Constant, Formed, Leaf, Product, Quotient, Sum
from parity.explain.recording import PI, Recorder, elements, recorded, values_of
from parity.explain.setting_up import demonstration, has_example
from parity.explain.steps import NUMBER_PI
from parity.explain.writing_out import value
from parity.mistakes.catalogue import MISTAKES
from parity.witnesses.symbols import expressions

NAMES = [name for name in refimpl.__all__ if has_example(name)]
# Those that neither compare nor call exp: they run on Fractions and on plain symbols.
RATIONAL = [
    *("conv1d", "conv2d", "conv3d", "linear", "correlate2d", "convolve2d", "shared_conv2d"),
    *("avg_pool1d", "avg_pool2d", "avg_pool3d", "weighted_pool2d", "add", "flatten", "rot180"),
    *("squared_error", "dsigmoid", "dtanh"),
]
BACKWARDS = [f"{name}_backward" for name in RATIONAL if hasattr(refimpl, f"{name}_backward")]


def called(demo: Demonstration, arrays: dict[str, Array]) -> list[Array]:
    """What refimpl gives for other arrays in the places of the demonstration's."""
    row, code = FUNCTIONS.get(forward_of(demo.function)), getattr(refimpl, demo.function)
    result: Any = (
        row.called(code, arrays, demo.options) if row else code(*arrays.values(), **demo.options)
    )
    return list(result) if isinstance(result, tuple) else [result]


def as_sympy(formed: Formed) -> Any:
    """A formula as sympy has it."""
    match formed:
        case Leaf(name, index):
            return sympy.Symbol(f"{name}{list(index)}")
        case Constant(known):
            return sympy.Rational(known.numerator, known.denominator)
        case Sum(terms):
            return sympy.Add(*(sign * as_sympy(term) for sign, term in terms))
        case Product(factors):
            return sympy.Mul(*map(as_sympy, factors))
        case Quotient(top, bottom):
            return as_sympy(top) / as_sympy(bottom)
        case Call(function, of):
            return getattr(sympy, function)(as_sympy(of))


def symbols_of(demo: Demonstration) -> dict[str, Array]:
    """The arguments as plain sympy symbols of the same names."""
    arrays = {}
    for name, array in demo.arguments.items():
        arrays[name] = np.empty(array.shape, object)
        for index, _ in elements(array):
            arrays[name][index] = sympy.Symbol(f"{name}{list(index)}")
    return arrays


@pytest.mark.parametrize("name", NAMES)
def test_a_formula_has_its_value(name: str) -> None:
    """The formula of each element of each result, evaluated again, gives that element."""
    demo = demonstration(name)
    for array in demo.results.values():
        for _, element in elements(array):
            found, exact = value(element.formed, {**demo.numbers, NUMBER_PI: PI}, {NUMBER_PI})
            assert abs(found - element.value) < SAME
            assert exact == element.exact


@pytest.mark.parametrize("name", NAMES)
def test_the_values_are_refimpls(name: str) -> None:
    """In float64 refimpl gives the same numbers, but for rounding: few terms, none above 100."""
    demo = demonstration(name)
    floats = {
        n: a.astype(np.float64) if a.dtype == object else a for n, a in demo.arguments.items()
    }
    options = {n: float(o) if isinstance(o, Fraction) else o for n, o in demo.options.items()}
    found = called(replace(demo, options=options), floats)
    for array, other in zip(demo.results.values(), found, strict=True):
        np.testing.assert_allclose(values_of(array).astype(float), other, rtol=2**-40, atol=2**-40)


@pytest.mark.parametrize("name", [*RATIONAL, *BACKWARDS])
def test_the_formula_is_what_sympy_gets(name: str) -> None:
    """refimpl on sympy's symbols gives the same expression; on Fractions the same number."""
    demo = demonstration(name)
    on_symbols, on_fractions = called(demo, symbols_of(demo)), called(demo, dict(demo.arguments))
    for array, expected, numbers in zip(
        demo.results.values(), on_symbols, on_fractions, strict=True
    ):
        for index, element in elements(array):
            apart = sympy.expand(as_sympy(element.formed) - expressions(expected)[index])
            assert apart == 0
            assert element.value == np.asarray(numbers, object)[index]


@pytest.mark.parametrize("name", ["conv-kernel-turned", "average-not-divided"])
def test_wrong_code_is_seen(name: str) -> None:
    """The comparisons above can fail: the formula of wrong code is another, and so is its value."""
    known = MISTAKES[name]
    demo = demonstration(known.function)
    wrong = replace(demo, code=known.wrong).results["y"].flat[0]
    expected = expressions(called(demo, symbols_of(demo))[0]).flat[0]
    assert sympy.expand(as_sympy(wrong.formed) - expected) != 0
    assert wrong.value != demo.results["y"].flat[0].value


@pytest.mark.parametrize(
    ("operation", "expected"),
    [
        (lambda x: x[0] + 0, "x0"),
        (lambda x: x[0] * 0 + x[1], "x1"),
        (lambda x: 0 - (-x[0]), "x0"),
        (lambda x: (1 - x[0]) * 2 / 2, "1 - x0"),
        (lambda x: abs(x[1]), "-x1"),
        (lambda x: max(x), "x0"),
        (lambda x: 1 / (1 + (-x[0]).exp()), "1/(1 + exp(-x0))"),
    ],
)
def test_steps_that_are_none_are_left_out(operation: Callable[[Array], Any], expected: str) -> None:
    """x = (3, −2): zeros and ones of the code's own disappear, the rest is kept."""
    formed = operation(recorded("x", [3, -2], Recorder())).formed
    text = sympy.sympify(expected, {f"x{k}": sympy.Symbol(f"x[{k}]") for k in range(2)})
    assert sympy.simplify(as_sympy(formed) - text) == 0


def test_a_turned_comparison_decides() -> None:
    """relu's branch is found by turning the comparison round; a sum has none."""
    demo = demonstration("relu")
    (choice,) = demo.deciding("y", (1,))
    assert (choice.left.value, choice.sign, choice.right.value) == (-3, "<", 0)
    assert demonstration("conv2d").deciding("y", (0, 0, 0, 0)) == []


def test_the_window_of_a_maximum() -> None:
    """Exactly what it reads, for each stride, padding and dilation."""
    demo = demonstration("max_pool2d", "5x5 kernel 2 stride 2 padding 1 dilation 2")
    y = demo.results["y"]
    for index in np.ndindex(y.shape):
        rows, columns = ([p for p in (2 * at - 1, 2 * at + 1) if 0 <= p < 5] for at in index[2:])
        expected = {(0, 0, u, v) for u in rows for v in columns}
        assert {leaf.index for leaf in demo.reads("y", index)} == expected
