"""refimpl's formula on balls, and how far floats are off: against rationals and 1200 bits."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np
import pytest
from exact import exact
from flint import arb
from problems import check_errors, problem

import refimpl
from parity.cases.case import Array, Case, Draw, case_arrays
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.balls import Ball, Undecided, exact_arbs, precision
from parity.witnesses.exact import formula as module
from parity.witnesses.exact.formula import by_balls, formula
from parity.witnesses.exact.truth import FAR_TIGHTER, truth_of
from parity.witnesses.exact.values import attempted
from parity.witnesses.problem import Problem

# --- errors -------------------------------------------------------------------------------

SMALL = [
    ("conv2d", {"stride": 2, "padding": 1}, {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}),
    ("linear", {}, {"x": (3, 7), "weight": (4, 7), "bias": (4,)}),
    ("avg_pool2d", {"kernel_size": 3, "stride": 2}, {"x": (2, 3, 7, 6)}),
    ("leaky_relu", {}, {"x": (4, 5)}),
    ("leaky_relu", {"negative_slope": 0.1}, {"x": (4, 5)}),
    ("max_pool2d", {"kernel_size": (3, 2), "stride": 1}, {"x": (2, 3, 6, 5)}),
    ("gaussian_pool2d", {"kernel_size": 3, "sigma": 0.7}, {"x": (2, 3, 7, 6)}),
    ("sigmoid", {}, {"x": (5, 4)}),
    ("tanh", {}, {"x": (5, 4)}),
    ("softmax", {}, {"x": (3, 6)}),
    ("log_softmax", {"axis": 0}, {"x": (3, 6)}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("values", ["normal", "wide", "tiny", "saturated"])
@pytest.mark.parametrize(("function", "options", "shapes"), SMALL)
def test_errors_are_those_of_other_exact_arithmetic(
    function: str, options: dict[str, Any], shapes: dict[str, Any], values: str, dtype: str
) -> None:
    """refimpl's floats are as many ULP off the enclosure as off Fractions and mpmath numbers."""
    asked = problem(function, dtype, values, options, **shapes)
    with np.errstate(all="ignore"):
        floats = {"y": FUNCTIONS[function].forward(asked.arrays, options)}
        gradients = FUNCTIONS[function].backward(asked.dy, asked.arrays, options)
    floats |= {f"d{name}": gradient for name, gradient in gradients.items()}
    by_definition = exact(function, asked.dy, asked.arrays, options)
    found = by_balls(asked, list(floats))
    for tensor, values_ in floats.items():
        assert found[tensor].decided.all()
        check_errors(found[tensor], values_, np.asarray(by_definition[tensor]), dtype)


def test_a_wrong_float_is_as_far_off_as_it_is() -> None:
    """The measure can fail: a number three steps away is three ULP off, NaN infinitely many."""
    third = truth_of(np.array([Ball(arb(1) / 3)], object), "float32")
    nearest = np.float32(1 / 3)
    (near,) = third.errors(np.array([nearest]))
    assert 0 < near < 0.5
    away = nearest
    for _ in range(3):
        away = np.nextafter(away, np.float32(1))
    assert third.errors(np.array([away]))[0] == pytest.approx(3 + near) or third.errors(
        np.array([away])
    )[0] == pytest.approx(3 - near)
    assert third.errors(np.array([np.nan], np.float32)) == np.inf


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("power", [0, -100, -148, -598, -1020, -1070])
def test_what_is_left_of_a_ball_is_known_at_every_size(power: int, dtype: str) -> None:
    """Also where float64 holds no digit of it, beside numbers of the usual size."""
    with precision(200):
        balls = [arb(1) / arb(3) * arb(2) ** power, -arb(5) / arb(7), arb(0.25)]
        truth = truth_of(np.array(balls, object), dtype)
    numbers = [Fraction(1, 3) * Fraction(2) ** power, Fraction(-5, 7), Fraction(1, 4)]
    for k, number in enumerate(numbers):
        left = number - Fraction(float(truth.nearest[k]))
        in_ulp = left / Fraction(float(truth.ulp[k]))
        assert abs(in_ulp - Fraction(float(truth.rest[k]))) <= Fraction(float(truth.radius[k]))
    assert truth.decided.all()
    assert truth.rest[2] == truth.radius[2] == 0.0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_unit_is_the_dtypes_spacing(dtype: str) -> None:
    """At subnormal numbers and 0 it is the smallest number; past the largest nothing is judged."""
    info = np.finfo(dtype)
    eta, largest = float(info.smallest_subnormal), float(info.max)
    exact = np.array(
        [arb(eta) * 3 / 4, arb(0), arb(largest) * 2, arb(largest), arb(1), arb(eta) * 1000], object
    )
    found = truth_of(exact, dtype)
    assert list(found.judges) == [True, True, False, True, True, True]
    errors = found.errors(np.array([0, 2 * eta, largest, largest, 1, 1001 * eta], dtype))
    assert list(errors[[0, 1, 3, 4, 5]]) == [0.75, 2, 0, 0, 1]


# --- precision ----------------------------------------------------------------------------


def test_the_precision_is_raised_until_the_enclosure_is_tight() -> None:
    """o₁ − o₁² is 1e-104: at 200 bits nothing of it is left, later it is known."""
    asked = Problem("softmax", {"x": np.array([240.0, 0.0])}, {}, np.array([1.0, 0.0]))
    with precision(200):
        rough = truth_of(formula(asked, ["dx"])["dx"], "float64")
    assert list(rough.decided) == [False, True]
    fine = by_balls(asked, ["dx"])["dx"]
    assert fine.decided.all()
    assert fine.radius[0] < FAR_TIGHTER
    assert fine.nearest[0] == pytest.approx(np.exp(-240.0), rel=1e-12)


def test_what_no_precision_decides_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 200 bits only, the same element stays undecided and is counted."""
    monkeypatch.setattr(module, "PRECISIONS", (200,))
    asked = Problem("softmax", {"x": np.array([240.0, 0.0])}, {}, np.array([1.0, 0.0]))
    found = by_balls(asked, ["dx"])["dx"]
    assert list(found.judges) == [False, True]


def test_an_undecided_comparison_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raised at low precision it is tried at the next; raised to the end it is said."""
    asked = problem("relu", "float64", x=(3, 4))
    tried: list[int] = []
    right = refimpl.relu

    def stubborn(until: int) -> Callable[[Array], Array]:
        def relu(x: Array) -> Array:
            tried.append(len(tried))
            if len(tried) < until:
                raise Undecided("overlap")
            return right(x)

        return relu

    monkeypatch.setattr(refimpl, "relu", stubborn(3))
    assert by_balls(asked, ["y"])["y"].decided.all()
    assert len(tried) == 3
    monkeypatch.setattr(refimpl, "relu", stubborn(99))
    found = attempted(asked, ["y"])["y"]
    assert found == "no exact value: Undecided: overlap"


# --- what runs on plain arbs --------------------------------------------------------------


class Incomparable:
    """A number with arithmetic, a size and no order at all; which number it is does not matter."""

    def _with(self, other: Any) -> Any:
        known = isinstance(other, Incomparable) or np.isscalar(other)
        return Incomparable() if known else NotImplemented

    __add__ = __sub__ = __mul__ = __truediv__ = _with
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = _with

    def __neg__(self) -> Any:
        return Incomparable()

    exp = log = sqrt = tanh = erfc = expm1 = pi = __abs__ = __neg__

    def _compared(self, *_: object) -> Any:
        raise AssertionError("compared")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __bool__ = _compared
    __hash__ = None  # type: ignore[assignment]


def incomparable(array: Array) -> Array:
    made = np.empty(array.size, object)
    made[:] = [Incomparable() for _ in range(array.size)]
    return made.reshape(array.shape)


def ordinary(function: str) -> list[Case]:
    """The cases of a function on a few random numbers."""
    found = []
    for case in GOOD:
        sources = list(case.arrays.values())
        if case.function == function and all(isinstance(s, Draw) for s in sources):
            arrays = case_arrays(case, "float64", 1)
            sizes = [array.size for array in arrays.values()]
            small = max(sizes) < 600 and prod(sizes) < 60_000
            if case.options.get("reduction", "") == "mean" and not all(sizes):
                continue  # which has no exact value
            if small and all(np.isfinite(array).all() for array in arrays.values()):
                found.append(case)
    return found


def on_incomparables(case: Case) -> None:
    """Forward and backward of a case on numbers without an order."""
    arrays = case_arrays(case, "float64", 1)
    with np.errstate(all="ignore"):
        y = FUNCTIONS[case.function].forward(arrays, case.options)
    given = {n: a if n == "mask" else incomparable(a) for n, a in arrays.items()}
    options = {n: Fraction(v) if n == "p" else v for n, v in case.options.items()}
    FUNCTIONS[case.function].forward(given, options)
    FUNCTIONS[case.function].backward(incomparable(np.ones(y.shape)), given, options)


@pytest.mark.parametrize("function", [f.name for f in FUNCTIONS.values() if not f.ordered])
def test_functions_on_plain_arbs_compare_nothing(function: str) -> None:
    """They run on numbers whose every comparison raises, in all their cases."""
    cases = ordinary(function)
    assert cases
    for case in cases:
        on_incomparables(case)


@pytest.mark.parametrize("function", ["relu", "max_pool2d", "softmax", "perceptron_loss"])
def test_the_others_do_compare(function: str) -> None:
    """So the test above can fail."""
    with pytest.raises((AssertionError, TypeError)):
        on_incomparables(ordinary(function)[0])


def test_plain_arbs_and_balls_give_the_same() -> None:
    """Ordered or not, the values are the same."""
    asked = problem("conv2d", "float64", x=(2, 3, 5, 4), weight=(4, 3, 3, 2))
    with precision(200):
        plain = truth_of(formula(asked, ["dweight"])["dweight"], "float64")
        whole = exact_arbs(asked.arrays["x"])
    assert plain.decided.all()
    assert not any(isinstance(value, Ball) for value in whole.flat)
