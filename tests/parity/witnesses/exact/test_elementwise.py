"""Functions of one element in double-double, beside their definitions in 1200 bits."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from exact import exact
from problems import check_errors, problem, tensors_of

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact import elementwise as module
from parity.witnesses.exact.elementwise import RULES, by_definition
from parity.witnesses.exact.truth import FAR_TIGHTER, Truth
from parity.witnesses.problem import Problem

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "leaky_relu": [{}, {"negative_slope": 0.1}],
    "hardtanh": [{}, {"min_val": -0.1, "max_val": 0.3}],
    "dropout": [{"p": 0.375}],  # 1 − p is a float64 number
}
ON_BALLS = {"softplus", "gelu"}  # no formula in double-double
CASES = [(f, options) for f in RULES for options in OPTIONS.get(f, [{}])]


def asked(function: str, dtype: str, values: str, options: dict[str, Any]) -> Problem:
    name = "o" if function.startswith("d") and function != "dropout" else "x"
    if function != "dropout":
        return problem(function, dtype, values, options, **{name: (7, 11)})
    given = problem("relu", dtype, values, x=(7, 11))
    mask = np.random.default_rng(3).random((7, 11)) < 0.7
    return given._replace(function=function, arrays={**given.arrays, "mask": mask}, options=options)


def wanted(asked: Problem) -> list[str]:
    return list(RULES[asked.function])


def joined(asked: Problem) -> dict[str, Truth]:
    """Whole tensors: small problems have one part."""
    return dict(by_definition(asked, wanted(asked)))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("values", ["normal", "wide", "saturated"])
@pytest.mark.parametrize(("function", "options"), CASES)
def test_errors_are_those_of_the_definitions(
    function: str, options: dict[str, Any], values: str, dtype: str
) -> None:
    """refimpl's floats are as many ULP off, wherever double-double decides."""
    given = asked(function, dtype, values, options)
    right = exact(function, given.dy, given.arrays, options)
    floats = tensors_of(given)
    for tensor, truth in joined(given).items():
        if function in ON_BALLS:
            assert not truth.decided.any()
            continue
        assert truth.decided.mean() > (0.5 if values != "normal" else 0.99)
        assert np.all(truth.radius[truth.decided] < FAR_TIGHTER)
        check_errors(truth, floats[tensor], np.asarray(right[tensor]), dtype)


def test_every_function_of_one_element_is_here() -> None:
    """But for the sum of two, which is done in integers."""
    assert {f.name for f in FUNCTIONS.values() if f.pieces == "element"} - {"add"} == set(RULES)
    for name, rules in RULES.items():
        assert set(rules) == {"y", *(f"d{i}" for i in FUNCTIONS[name].inputs)}


def test_a_wrong_definition_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison can fail: a derivative that is 2⁻⁴⁰ too large."""
    given = asked("sigmoid", "float64", "normal", {})
    right = np.asarray(exact("sigmoid", given.dy, given.arrays, {})["dx"])
    rule = RULES["sigmoid"]["dx"]

    def wrong(*arguments: Any) -> Any:
        found = rule(*arguments)
        return found._replace(hi=found.hi * (1 + 2.0**-40))

    monkeypatch.setitem(RULES, "sigmoid", {"dx": wrong})
    with pytest.raises(AssertionError):
        check_errors(joined(given)["dx"], tensors_of(given)["dx"], right, "float64")


@pytest.mark.parametrize(
    ("x", "dy"), [(400.0, 1.0), (1e-200, 1.0), (0.5, 1e-200), (0.5, 1e200), (-350.0, 1.0)]
)
def test_numbers_out_of_range_stay_open(x: float, dy: float) -> None:
    """Near the ends of float64 nothing is said; of the others beside them it is."""
    arrays = {"x": np.array([0.25, x])}
    given = Problem("tanh", arrays, {}, np.array([1.0, dy]))
    assert joined(given)["dx"].decided.tolist() == [True, False]


@pytest.mark.parametrize("slope", [1e302, 1e-303])
def test_extreme_slopes_stay_open(slope: float) -> None:
    """Where the product's error would be lost."""
    given = Problem("leaky_relu", {"x": np.array([-1e-10])}, {"negative_slope": slope}, np.ones(1))
    assert not joined(given)["y"].decided.any()


def test_selections_are_exact_everywhere() -> None:
    """Whatever the numbers: the smallest and the largest."""
    x = np.array([5e-324, -5e-324, 1.7e308, 0.0])
    given = Problem("relu", {"x": x}, {}, x[::-1].copy())
    for truth in joined(given).values():
        assert truth.decided.all()
        assert not truth.radius.any()
    assert joined(given)["y"].nearest.tolist() == [5e-324, 0, 1.7e308, 0]


def test_what_a_dropout_keeps_is_not_rounded_before() -> None:
    """1 − 0.3 is no float64 number: the exact quotient is that of the exact difference."""
    given = Problem("dropout", {"x": np.ones(1), "mask": np.ones(1)}, {"p": 0.3}, np.ones(1))
    right = np.array([1 / (1 - Fraction(0.3))], object)
    check_errors(joined(given)["y"], np.array([1 / 0.7]), right, "float64")


def test_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Part by part the same as at once."""
    given = asked("tanh", "float64", "normal", {})
    whole = joined(given)["y"]
    monkeypatch.setattr(module, "PART", 10)
    parts = [truth for _, truth in by_definition(given, ["y"])]
    assert len(parts) == 8
    for name in ("nearest", "rest", "ulp", "radius"):
        columns: list[Array] = [getattr(part, name) for part in parts]
        assert np.array_equal(np.concatenate(columns), getattr(whole, name))
    assert np.concatenate([part.flat_places() for part in parts]).tolist() == list(range(77))
    assert {part.elements for part in parts} == {77}
