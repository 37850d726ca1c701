"""`parity.exact`, as somebody uses it who wants nothing else."""

from __future__ import annotations

from functools import wraps
from typing import Any

import numpy as np
import pytest
from exact import exact as defined
from problems import off_in_ulp, problem, tensors_of

import parity
import refimpl
from parity.cases.case import Array

CASES: list[tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]] = [
    ("conv2d", {"padding": 1}, {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2), "bias": (4,)}),
    ("linear", {}, {"x": (2, 5), "weight": (3, 5), "bias": (3,)}),
    ("sigmoid", {}, {"x": (3, 4)}),
    ("softmax", {}, {"x": (3, 4)}),
    ("squared_error", {}, {"output": (3, 4), "target": (3, 4)}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "options", "shapes"), CASES)
def test_every_element_of_every_tensor(
    function: str, options: dict[str, Any], shapes: dict[str, Any], dtype: str
) -> None:
    """In the shape of the tensor, as many ULP off as by the definition."""
    asked = problem(function, dtype, options=options, **shapes)
    floats = tensors_of(asked)
    right = defined(function, asked.dy, asked.arrays, options)
    found = parity.exact(function, asked.arrays, asked.dy, **options)
    assert list(found) == list(floats)
    for tensor, values in floats.items():
        errors = found[tensor].errors(values)
        assert errors.shape == values.shape
        for place in np.ndindex(*values.shape):
            other = off_in_ulp(values[place], np.asarray(right[tensor], object)[place], dtype)
            assert errors[place] == pytest.approx(float(other), rel=1e-9, abs=1e-9)


def test_without_dy_the_value_alone() -> None:
    """Arguments in any order, by name."""
    arrays = {"weight": np.array([[1.0, 3.0]]), "x": np.array([[1e16, 1.0]])}
    found = parity.exact("linear", arrays)
    assert list(found) == ["y"]
    assert found["y"].errors(refimpl.linear(**arrays))[0, 0] == 0.5
    assert found["y"].note == ""


def test_numbers_far_apart() -> None:
    """Exact all the same, and the note says how."""
    arrays = {"weight": np.array([[1.0, 3.0]]), "x": np.array([[1e300, 5e-324]])}
    found = parity.exact("linear", arrays)["y"]
    assert found.nearest.tolist() == [[1e300]]
    assert found.note.startswith("on balls: sizes from ")


X, W = np.ones((2, 3)), np.ones((4, 3))
WRONG: dict[str, tuple[tuple[Any, ...], dict[str, Any], str]] = {
    "function": (("liner", {"x": X}), {}, "no function of refimpl .* called 'liner'"),
    "argument": (("linear", {"x": X, "w": W}), {}, "takes x, weight, bias, but not 'w'"),
    "network": (("lenet", {"x": X}), {}, "no function of refimpl .* called 'lenet'"),
    "missing": (("linear", {"x": X}), {}, "takes x, weight, bias, but weight is missing"),
    "no names": (("linear", [X, W]), {}, "give its arrays by these names"),
    "an array as option": (("linear", {"x": X}), {"weight": W}, "give weight of linear among"),
    "a bias as option": (("linear", {"x": X, "weight": W}), {"bias": W[:, 0]}, "among its arrays"),
    "dtypes": (("linear", {"x": X, "weight": W.astype("f4")}), {}, "x float64, weight float32"),
    "integers": (("relu", {"x": np.arange(3)}), {}, "but are x int64"),
    "no backward": (("dtanh", {"o": X}, X), {}, "dtanh has no backward in refimpl: leave dy out"),
    "dy": (("relu", {"x": X}, np.ones(3)), {}, r"dy is \(3,\) float64, but y is \(2, 3\) float64"),
    "NaN": (("relu", {"x": X * np.nan}), {}, "relu: NaN, ∞ and a loss of nothing have no exact"),
    "sizes": (("linear", {"x": X, "weight": W[:, :2]}), {}, "linear: x has 3 features"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_calls(name: str) -> None:
    """One sentence each."""
    arguments, options, said = WRONG[name]
    with pytest.raises(ValueError, match=said):
        parity.exact(*arguments, **options)


def test_several_maps() -> None:
    """concatenate takes any number: a, b, … up to four."""
    a, b = np.ones((1, 2, 3, 3)), np.full((1, 1, 3, 3), 2.0)
    found = parity.exact("concatenate", {"a": a, "b": b}, np.ones((1, 3, 3, 3)))
    assert list(found) == ["y", "da", "db"]
    assert np.array_equal(found["y"].nearest, refimpl.concatenate(a, b))


def test_numbers_of_numpy_as_options() -> None:
    """As refimpl takes them, and None for a bias that is not there."""
    x = np.arange(18.0).reshape(1, 1, 3, 6)
    for size, plain in ((np.int64(3), 3), (np.array([3, 2]), (3, 2)), ([3, 2], (3, 2))):
        found = parity.exact("avg_pool2d", {"x": x}, kernel_size=size)["y"]
        assert found.errors(refimpl.avg_pool2d(x, plain)).max() <= 1
    assert list(parity.exact("linear", {"x": X, "weight": W, "bias": None})) == ["y"]
    swapped = X.astype(">f8")
    assert parity.exact("relu", {"x": swapped})["y"].nearest.sum() == X.sum()


def test_within_no_grad() -> None:
    """Where the caller wants no gradients, and where NumPy raises what it else ignores."""
    import torch

    with torch.no_grad(), torch.inference_mode(), np.errstate(all="raise"):
        found = parity.exact("linear", {"x": X, "weight": W}, np.ones((2, 4)))
        assert found["dx"].nearest.tolist() == [[4.0] * 3] * 2
        parity.exact("sigmoid", {"x": np.array([-700.0])}, np.ones(1))


def test_values_of_another_shape() -> None:
    """Nothing is broadcast."""
    found = parity.exact("relu", {"x": X})["y"]
    with pytest.raises(ValueError, match=r"values have shape \(3,\), the exact ones \(2, 3\)"):
        found.errors(np.ones(3))
    with pytest.raises(ValueError, match="values must be real numbers, but are complex128"):
        found.errors(1j * X)


def test_a_wrong_formula_is_no_exact_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where refimpl and torch differ on integers, neither is called exact."""
    right = refimpl.linear

    @wraps(right)
    def doubled(*arrays: Array) -> Array:
        return right(*arrays) * 2

    monkeypatch.setattr(refimpl, "linear", doubled)
    with pytest.raises(ArithmeticError, match="linear: y: on integers that nothing rounds refimpl"):
        parity.exact("linear", {"x": X, "weight": W})


def test_other_names() -> None:
    """A name that is not public is none."""
    with pytest.raises(AttributeError, match="has no attribute 'exakt'"):
        _ = parity.exakt
