"""One function in torch: its inputs may be laid out in any way, and stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from exact import random
from integer_arrays import integer_arrays

from parity import oracle
from parity.cases.case import LAYOUTS


def test_nothing_to_differentiate() -> None:
    """A function without differentiable inputs has a value and no gradients."""
    arrays = {"o": np.array([0.25, 0.5])}
    found = oracle.gradients("dsigmoid", arrays, {}, np.ones(2), [])
    assert (found.y.tolist(), found.gradients) == ([0.1875, 0.25], {})


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
