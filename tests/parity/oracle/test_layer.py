"""One function in torch: its inputs may be laid out in any way, and stay as they are."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from exact import random
from integer_arrays import integer_arrays

from parity import oracle
from parity.cases.case import LAYOUTS


def test_nothing_to_differentiate() -> None:
    """A function without differentiable inputs has a value and no gradients."""
    arrays = {"o": np.array([0.25, 0.5])}
    found = oracle.gradients("dsigmoid", arrays, {}, np.ones(2), [])
    assert (found.y.tolist(), found.gradients) == ([0.1875, 0.25], {})


def test_gradients_are_those_of_autograd() -> None:
    """The engine of torch is handed dy as torch.autograd.grad hands it."""
    arrays = {"x": np.array([[2.0, -1.0, 0.5]]), "weight": np.array([[1.0, 4.0, -2.0]])}
    dy = np.array([[-0.25]])
    found = oracle.gradients("linear", arrays, {}, dy, ["x", "weight"]).gradients
    x, weight = (torch.tensor(a, requires_grad=True) for a in arrays.values())
    y = torch.nn.functional.linear(x, weight)
    wanted = torch.autograd.grad(y, (x, weight), torch.tensor(dy))
    for gradient, right in zip(found.values(), wanted, strict=True):
        np.testing.assert_array_equal(gradient, right.numpy())


def test_a_dy_of_another_shape() -> None:
    """It is refused, not spread over y."""
    x = {"x": np.ones((2, 3))}
    with pytest.raises(ValueError, match=r"torch returned \(2, 3\) for y, but dy is \(1, 3\)"):
        oracle.gradients("relu", x, {}, np.ones((1, 3)), ["x"])


BACKWARDS = """
import sys
import numpy as np
from parity import oracle
x = np.ones(3, np.float32)
assert oracle.gradients("relu", {"x": x}, {}, 2 * x, ["x"]).gradients["x"].tolist() == [2, 2, 2]
assert oracle.in_half("relu", {"x": x}, {}, x, ["x"], "float16").gradients["x"].sum() == 3
print("sympy" in sys.modules)
"""


def test_a_backward_loads_no_sympy() -> None:
    """It would take half a second in each process, where torch.autograd.grad compares shapes."""
    command = [sys.executable, "-c", BACKWARDS]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"


LAYOUT_CASES: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
    "conv2d": ({"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2), "bias": (4,)}, {"padding": "full"}),
    "max_pool2d": ({"x": (2, 3, 5, 4)}, {"kernel_size": 2}),
    "linear": ({"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    "flatten": ({"x": (2, 3, 4)}, {}),
    "add": ({"x": (2, 3, 4), "other": (2, 3, 4)}, {}),
    "concatenate": ({"a": (2, 3, 4), "b": (2, 1, 4)}, {}),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("function", LAYOUT_CASES)
def test_views_give_what_copies_give(function: str, layout: str) -> None:
    """Reversed, strided and transposed inputs give the same numbers as plain ones."""
    shapes, options = LAYOUT_CASES[function]
    plain = integer_arrays(shapes)
    views = {name: LAYOUTS[layout](array) for name, array in plain.items()}
    y = oracle.forward(function, plain, options)
    np.testing.assert_array_equal(oracle.forward(function, views, options), y)
    dy = random("integers", y.shape, "float64", 3)
    expected = oracle.gradients(function, plain, options, dy, list(plain))
    found = oracle.gradients(function, views, options, LAYOUTS[layout](dy), list(views))
    for name, gradient in expected.gradients.items():
        np.testing.assert_array_equal(found.gradients[name], gradient)


@pytest.mark.parametrize("function", ["relu", "conv2d", "flatten", "add", "concatenate"])
def test_inputs_are_not_changed_nor_shared(function: str) -> None:
    """torch works on its own memory: inputs stay, and may be read-only; results are no views."""
    shapes, options = LAYOUT_CASES.get(function, ({"x": (3, 5)}, {}))
    arrays = integer_arrays(shapes)
    before = {name: array.copy() for name, array in arrays.items()}
    for array in arrays.values():
        array.setflags(write=False)
    y = oracle.forward(function, arrays, options)
    dy = random("integers", y.shape, "float64", 4)
    dy.setflags(write=False)
    found = oracle.gradients(function, arrays, options, dy, list(arrays))
    for name, array in arrays.items():
        np.testing.assert_array_equal(array, before[name])
        assert not np.shares_memory(found.gradients[name], dy)
        assert not np.shares_memory(found.y, array)


WITHOUT_GRAPH: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("conv1d", {"x": (3, 4, 9), "weight": (2, 2, 3)}, {"groups": 2, "stride": 2}),
    ("conv2d", {"x": (2, 3, 7, 6), "weight": (4, 3, 3, 2), "bias": (4,)}, {"padding": (2, 1)}),
    ("conv2d", {"x": (2, 3, 7, 6), "weight": (4, 3, 3, 2)}, {"padding": ((1, 0), (0, 2))}),
    ("conv3d", {"x": (2, 3, 4, 7, 6), "weight": (5, 3, 2, 3, 1)}, {"dilation": (1, 2, 3)}),
    ("linear", {"x": (3, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("linear", {"x": (3, 4, 5), "weight": (2, 5)}, {}),
    ("linear", {"x": (5,), "weight": (2, 5), "bias": (2,)}, {}),
    ("linear", {"x": (3, 0), "weight": (2, 0), "bias": (2,)}, {}),
    ("linear", {"x": (0, 5), "weight": (2, 5), "bias": (2,)}, {}),
    ("avg_pool2d", {"x": (2, 3, 8, 7)}, {"kernel_size": (3, 2), "padding": 1, "ceil_mode": True}),
    ("avg_pool2d", {"x": (2, 3, 8, 7)}, {"kernel_size": 3, "divisor_override": 5}),
    ("avg_pool3d", {"x": (2, 3, 4, 7, 6)}, {"kernel_size": 2, "stride": (1, 2, 3)}),
    ("max_pool2d", {"x": (2, 3, 8, 7)}, {"kernel_size": 2}),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("function", "shapes", "options"), WITHOUT_GRAPH)
def test_without_autograd_the_same_bits(
    function: str, shapes: Mapping[str, Any], options: Mapping[str, Any], dtype: str
) -> None:
    """Of some gradients or of all; what has no known backward goes to autograd."""
    arrays = {name: random("normal", s, dtype, k) for k, (name, s) in enumerate(shapes.items())}
    y = oracle.forward(function, arrays, options)
    dy = random("normal", y.shape, dtype, 9)
    expected = oracle.gradients(function, arrays, options, dy, list(arrays))
    found = oracle.evaluated(function, arrays, options, dy, list(arrays))
    np.testing.assert_array_equal(found.y, y, strict=True)
    alone = oracle.gradients_alone(function, arrays, options, dy, list(arrays))
    for name, gradient in expected.gradients.items():
        some = oracle.gradients_alone(function, arrays, options, dy, [name])
        for same in (found.gradients[name], alone[name], some[name]):
            np.testing.assert_array_equal(same, gradient, strict=True)


def test_without_autograd_another_dy_is_refused() -> None:
    """A dy that only broadcasts to y."""
    arrays = integer_arrays({"x": (3, 5), "weight": (2, 5)})
    with pytest.raises(ValueError, match=r"torch returned \(3, 2\) for y, but dy is \(1, 2\)"):
        oracle.evaluated("linear", arrays, {}, np.ones((1, 2)), ["x"])
