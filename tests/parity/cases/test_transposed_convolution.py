"""In every case of the catalogue a transposed convolution is the dx of a convolution."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import refimpl
from parity.cases import transposed_convolution
from parity.cases.case import Array, Case, Draw, generator
from parity.cases.covering.every import pair_cases

SEED = 3
CASES = {
    case.id: case
    for case in (
        *transposed_convolution.GOOD,
        *(c for n in (1, 2, 3) for c in pair_cases(f"conv_transpose{n}d", SEED)),
    )
}


def whole(case: Case) -> tuple[Array, Array]:
    """x and weight of a case's shapes, of whole numbers: their sums are exact in any order."""
    sources = (case.arrays["x"], case.arrays["weight"])
    rng = generator(SEED, case.id)
    x, weight = (
        rng.integers(-9, 10, source.shape).astype(float)
        for source in sources
        if isinstance(source, Draw)
    )
    return x, weight


def dx_of_convolution(x: Array, weight: Array, y: Array, options: dict[str, Any]) -> Array:
    """∂L/∂y of the convolution of an image like y, given x for its dy.

    That convolution has windows of its own in what only the dilation leaves open behind: there
    its dy is 0.
    """
    n = x.ndim - 2
    options = {name: value for name, value in options.items() if name != "output_padding"}
    convolve, back = getattr(refimpl, f"conv{n}d"), getattr(refimpl, f"conv{n}d_backward")
    sizes = convolve(y, weight, **options).shape
    dy = np.pad(x, [(0, more - has) for more, has in zip(sizes, x.shape, strict=True)])
    dx: Array = back(dy, y, weight, **options).dx
    return dx


@pytest.mark.parametrize("name", CASES)
def test_it_is_the_dx_of_a_convolution(name: str) -> None:
    """conv_transpose(x, weight) = conv_backward(dy=x, …, weight).dx, number by number."""
    case = CASES[name]
    x, weight = whole(case)
    y = getattr(refimpl, case.function)(x, weight, **case.options)
    np.testing.assert_array_equal(y, dx_of_convolution(x, weight, y, dict(case.options)))


def test_another_padding_is_not() -> None:
    """The test above can fail."""
    x, weight = np.ones((1, 1, 4, 5)), np.ones((1, 1, 3, 3))
    y = refimpl.conv_transpose2d(x, weight, padding=1)
    assert not np.array_equal(y, dx_of_convolution(x, weight, y, {"padding": 2})[..., :4, :5])
