"""Exact values, and how far each side is off: against rationals and 500 bits, by other code."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import frexp, prod
from typing import Any

import numpy as np
import pytest
from exact import exact, real
from flint import arb

import refimpl
from parity.cases.case import Array, Case, Draw, case_arrays, draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses import truth
from parity.witnesses.balls import Ball, Undecided, exact_arbs, precision
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem
from parity.witnesses.truth import (
    FAR_TIGHTER,
    NotApplicable,
    Truth,
    exact_values,
    formula,
    second_opinion,
    truth_of,
    truths,
)

RNG = np.random.default_rng(1)


def problem(
    function: str,
    dtype: str,
    values: str = "normal",
    options: Mapping[str, Any] | None = None,
    seed: int = 5,
    **shapes: tuple[int, ...],
) -> Problem:
    """A small problem on random numbers of a kind."""
    rng, options = np.random.default_rng(seed), options or {}
    arrays = {name: draw(Draw(shape, values), dtype, rng) for name, shape in shapes.items()}
    y = FUNCTIONS[function].forward(arrays, options)
    return Problem(function, arrays, options, draw(Draw(y.shape), dtype, rng).reshape(y.shape))


def number(value: Any) -> Any:
    """A Fraction or an mpmath number, as an mpmath number."""
    return real.mpf(value.numerator) / value.denominator if isinstance(value, Fraction) else +value


def off_in_ulp(value: Any, exact: Any, dtype: str) -> Any:
    """|value − exact| in the spacing of the dtype at the exact value, rounded; in 500 bits."""
    info = np.finfo(dtype)
    rounded = float(np.dtype(dtype).type(float(abs(number(exact)))))
    exponent = frexp(rounded)[1] if rounded else info.minexp
    last = max(exponent - 1 - info.nmant, info.minexp - info.nmant)
    return abs(real.mpf(float(value)) - number(exact)) / real.mpf(2) ** last


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
    found = exact_values(asked, list(floats))
    for tensor, values_ in floats.items():
        one = found[tensor]
        assert one.decided.all()
        errors = one.errors(values_)
        for k, value in enumerate(values_.flat):
            if not one.judges[k]:
                continue
            other = off_in_ulp(value, np.asarray(by_definition[tensor]).flat[k], dtype)
            assert abs(real.mpf(errors[k]) - other) <= 1e-9 + 1e-9 * other


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
    """1 − tanh²(120) is 1e-104: at 200 bits nothing of it is left, later it is known."""
    asked = Problem("tanh", {"x": np.array([120.0])}, {}, np.array([1.0]))
    with precision(200):
        rough = truth_of(formula(asked, ["dx"])["dx"], "float64")
    assert not rough.decided.any()
    fine = exact_values(asked, ["dx"])["dx"]
    assert fine.decided.all()
    assert fine.radius[0] < FAR_TIGHTER
    assert fine.nearest[0] == pytest.approx(4 * np.exp(-240.0), rel=1e-12)


def test_what_no_precision_decides_is_not_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 200 bits only, the same element stays undecided and is counted."""
    monkeypatch.setattr(truth, "PRECISIONS", (200,))
    asked = Problem("tanh", {"x": np.array([120.0, 0.5])}, {}, np.array([1.0, 1.0]))
    found = exact_values(asked, ["dx"])["dx"]
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
    assert exact_values(asked, ["y"])["y"].decided.all()
    assert len(tried) == 3
    monkeypatch.setattr(refimpl, "relu", stubborn(99))
    found = truths(asked, ["y"], RNG)["y"]
    assert found == "no exact value: Undecided: overlap"


# --- what runs on plain arbs --------------------------------------------------------------


class Incomparable:
    """A number with arithmetic and no order at all; which number it is does not matter."""

    def _with(self, other: Any) -> Any:
        known = isinstance(other, Incomparable) or np.isscalar(other)
        return Incomparable() if known else NotImplemented

    __add__ = __sub__ = __mul__ = __truediv__ = _with
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = _with

    def __neg__(self) -> Any:
        return Incomparable()

    tanh = __neg__

    def _compared(self, *_: object) -> Any:
        raise AssertionError("compared")

    __lt__ = __le__ = __gt__ = __ge__ = __eq__ = __ne__ = __abs__ = __bool__ = _compared
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


@pytest.mark.parametrize("function", ["relu", "max_pool2d", "sigmoid", "perceptron_loss"])
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


# --- inputs without an exact value, samples -----------------------------------------------


def test_not_applicable() -> None:
    """NaN and ∞ have no exact arithmetic, the mean loss of no samples no value."""
    for odd in (np.nan, np.inf):
        asked = Problem("relu", {"x": np.array([1.0, odd])}, {}, np.ones(2))
        with pytest.raises(NotApplicable):
            truths(asked, ["y"], RNG)
        assert second_opinion(asked, "y", (0,)) is None
    nothing = {"logits": np.zeros((0, 3)), "target": np.zeros(0, np.int64)}
    with pytest.raises(NotApplicable):
        truths(Problem("cross_entropy", nothing, {}, np.array(1.0)), ["y"], RNG)


@pytest.mark.parametrize(
    ("function", "options", "shapes"),
    [
        ("conv2d", {"padding": 1}, {"x": (2, 3, 9, 8), "weight": (4, 3, 3, 2), "bias": (4,)}),
        ("linear", {}, {"x": (9, 7), "weight": (11, 7), "bias": (11,)}),
        ("max_pool2d", {"kernel_size": 2}, {"x": (4, 5, 6, 4)}),
        ("sigmoid", {}, {"x": (20, 9)}),
        ("softmax", {}, {"x": (7, 6)}),
    ],
)
def test_a_sample_has_the_values_of_the_whole(
    function: str, options: dict[str, Any], shapes: dict[str, Any]
) -> None:
    """Where the budget is too small, some elements, with the same exact values."""
    asked = problem(function, "float64", options=options, **shapes)
    tensors = ["y", *(f"d{name}" for name in asked.arrays)]
    whole = truths(asked, tensors, RNG)
    for tensor, part in truths(asked, tensors, RNG, budget=1).items():
        full = whole[tensor]
        assert isinstance(part, Truth)
        assert isinstance(full, Truth)
        assert part.elements == full.elements
        if function == "softmax":
            assert len(part.places) == part.elements  # nothing smaller holds an element of it
        else:
            assert len(part.places) < part.elements or part.elements <= 16
        for name in ("nearest", "ulp"):
            assert np.array_equal(getattr(part, name), getattr(full, name)[part.places])
        np.testing.assert_allclose(part.rest, full.rest[part.places], rtol=1e-12)


# --- who is right -------------------------------------------------------------------------


def test_a_second_opinion_knows_a_wrong_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definition does not follow refimpl where its formula is changed."""
    asked = problem("linear", "float64", x=(3, 4), weight=(2, 4))
    right = second_opinion(asked, "y", (1, 1))
    assert right is not None
    assert right.defined
    assert right.formula_agrees
    linear = refimpl.linear
    monkeypatch.setattr(refimpl, "linear", lambda *arrays: linear(*arrays) * 2)
    changed = second_opinion(asked, "y", (1, 1))
    assert changed is not None
    assert not changed.formula_agrees
    assert changed.truth.nearest == right.truth.nearest


@pytest.mark.parametrize(("budget", "verdict"), [(250_000, False), (40_000, None)])
def test_a_mistake_that_no_piece_shows(
    monkeypatch: pytest.MonkeyPatch, budget: int, verdict: bool | None
) -> None:
    """The piece has no padding: the whole formula is asked, or nothing is said of it."""
    monkeypatch.setattr(truth, "BUDGET", budget)
    shapes = {"x": (2, 3, 17, 16), "weight": (4, 3, 3, 3)}
    asked = problem("conv2d", "float64", options={"padding": ((2, 0), (0, 2))}, **shapes)
    assert 40_000 < cost(asked) < 250_000
    crop = refimpl.convolution.crop
    monkeypatch.setattr(
        refimpl.convolution, "crop", lambda padded, pairs: crop(padded, [p[::-1] for p in pairs])
    )
    found = second_opinion(asked, "dx", (0, 1, 5, 6))
    assert found is not None
    assert found.formula_agrees is verdict


def test_without_a_definition_the_formula_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the opinion says so; a function that raises has none."""

    def unknown(*_: object) -> Any:
        raise KeyError("no such function")

    monkeypatch.setattr(truth, "exact", unknown)
    asked = problem("linear", "float64", x=(3, 4), weight=(2, 4))
    found = second_opinion(asked, "dweight", (1, 2))
    assert found is not None
    assert not found.defined
    monkeypatch.setattr(refimpl, "linear_backward", unknown)
    assert second_opinion(asked, "dweight", (1, 2)) is None


def test_a_large_problem_is_cut_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The definition loops over a piece; of what has none it is not asked at all."""
    asked = problem("conv2d", "float64", x=(2, 3, 9, 8), weight=(4, 3, 3, 2))
    whole = second_opinion(asked, "dx", (1, 2, 3, 4))
    monkeypatch.setattr(truth, "DEFINITION_BUDGET", 0)
    piece = second_opinion(asked, "dx", (1, 2, 3, 4))
    assert whole is not None
    assert piece is not None
    assert piece.defined
    assert piece.truth.nearest == whole.truth.nearest
    softmax = problem("softmax", "float64", x=(3, 4))
    assert second_opinion(softmax, "y", (0, 0)) is None
