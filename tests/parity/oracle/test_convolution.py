"""Convolutions in torch: every padding rule, those that torch does not have, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from exact import random, sums
from integer_arrays import integer_arrays

from parity import oracle

CONVOLUTIONS: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 2)}, {"padding": "full"}),
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 2)}, {"padding": ((2, 1),)}),
    ("conv1d", {"x": (2, 3, 8), "weight": (4, 3, 2)}, {"padding": "same", "stride": 3}),
    ("conv1d", {"x": (2, 3, 7), "weight": (4, 3, 3)}, {"padding": "same", "dilation": 2}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": "full", "stride": (2, 1)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": ((0, 2), (1, 0))}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": (2, 1)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": ((1, 1), 0)}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 3, 2)}, {"padding": "valid", "stride": 2}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 4, 2)}, {"padding": "same"}),
    ("conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 4, 2)}, {"padding": "same", "stride": (2, 3)}),
    (
        "conv2d",
        {"x": (1, 4, 6, 5), "weight": (2, 2, 3, 2)},
        {"padding": "full", "dilation": (1, 2), "groups": 2},
    ),
    ("conv3d", {"x": (1, 2, 3, 2, 4), "weight": (3, 2, 2, 1, 3)}, {"padding": "full"}),
    (
        "conv3d",
        {"x": (1, 2, 3, 2, 4), "weight": (3, 2, 2, 1, 3)},
        {"padding": ((1, 0), (0, 0), (0, 2)), "stride": (1, 2, 1)},
    ),
    ("conv3d", {"x": (1, 2, 3, 2, 5), "weight": (3, 2, 2, 1, 3)}, {"padding": "same", "stride": 2}),
]


@pytest.mark.parametrize(("function", "shapes", "options"), CONVOLUTIONS)
@pytest.mark.parametrize("biased", [True, False], ids=["bias", "no bias"])
def test_convolutions_follow_their_definition(
    function: str, shapes: Mapping[str, Any], options: Mapping[str, Any], biased: bool
) -> None:
    """Every padding rule gives the sums of its definition, and so do the gradients."""
    shapes = {**shapes, "bias": shapes["weight"][:1]} if biased else shapes
    arrays = integer_arrays(shapes)
    y = oracle.forward(function, arrays, options)
    dy = random("integers", y.shape, "float64", 2)
    truth = sums(function, dy, arrays, options).values
    np.testing.assert_array_equal(y, truth["y"].astype(float))
    found = oracle.gradients(function, arrays, options, dy, list(arrays))
    np.testing.assert_array_equal(found.y, truth["y"].astype(float))
    assert set(found.gradients) == set(arrays)
    for name, gradient in found.gradients.items():
        np.testing.assert_array_equal(gradient, truth[f"d{name}"].astype(float))


@pytest.mark.parametrize(("size", "kernel", "stride"), [(8, 2, 3), (7, 3, 2), (5, 4, 1), (5, 1, 3)])
def test_same_gives_one_output_for_each_stride(size: int, kernel: int, stride: int) -> None:
    """ "same" has ⌈size/stride⌉ outputs, also where the kernel is smaller than the stride."""
    arrays = integer_arrays({"x": (1, 1, size), "weight": (1, 1, kernel)})
    y = oracle.forward("conv1d", arrays, {"padding": "same", "stride": stride})
    assert y.shape[2] == -(-size // stride)
