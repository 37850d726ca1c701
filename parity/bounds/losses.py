"""Bounds of mse_loss, squared_error and perceptron_loss."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import (
    Arrays,
    Bound,
    Options,
    exact_bound,
    is_exact,
    magnitudes,
    rounded_sum,
)
from parity.bounds.softmax import is_mean, reduced
from parity.cases.case import Array


def mse_loss_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """d² of each element: a difference, which counts twice, and a square; then the reduction."""
    squares = _difference(arrays) ** 2

    def of_element(side: Arithmetic) -> Array:
        return np.asarray(gamma(np.asarray(3.0), side.u) * squares + side.eta)

    return reduced(of_element, squares, options, sides)


def mse_loss_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy/n · 2d, or 2/n · d · dy as torch has it: four roundings.

    dy/n and 2d/n may underflow by η, which the other factor then multiplies.
    """
    difference, scale = np.abs(_difference(arrays)), magnitudes({"dy": dy})["dy"]
    count = max(1, difference.size) if is_mean(options) else 1
    magnitude = 2 * scale * difference / count
    # What may overflow before it is divided or multiplied by less than 1.
    largest = np.maximum(2 * np.maximum(scale, difference), 2 * scale * difference / count)
    bound = rounded_sum(magnitude, np.full(difference.shape, 4.0), sides, largest)
    underflow = sum(side.eta for side in sides) * (2 * difference + scale)
    return {"output": replace(bound, limit=bound.limit + np.where(bound.overflow, 0, underflow))}


def squared_error_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """½ Σ d²: a difference, a square and a halving in each of the summed terms."""
    difference = _difference(arrays)
    total = np.sum(difference**2)
    terms = difference.size

    def shape(side: Arithmetic) -> float:
        return side.roundings_of_sum(terms) + 3

    return rounded_sum(total / 2, np.asarray(terms + 3.0), sides, total, shape=shape)


def squared_error_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """A difference and two products; torch halves dy first, which may underflow by η."""
    difference = np.abs(_difference(arrays))
    scale = magnitudes({"dy": dy})["dy"]
    # torch doubles the difference first: that, too, may overflow.
    largest = np.maximum(scale, 2) * difference
    bound = rounded_sum(scale * difference, np.full(difference.shape, 3.0), sides, largest)
    underflow = sum(side.eta for side in sides) * 2 * difference
    return {"output": replace(bound, limit=bound.limit + np.where(bound.overflow, 0, underflow))}


def _difference(arrays: Arrays) -> Array:
    output, target = (a.astype(np.float64) for a in arrays.values())
    difference: Array = np.where(np.isfinite(output) & np.isfinite(target), target - output, 0)
    return difference


def perceptron_loss_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """Σ max(0, −t·s): −t·s is exact, and the sum has one addition less than terms."""
    score = np.where(np.isfinite(arrays["score"]), arrays["score"], 0).astype(np.float64)
    magnitude = np.asarray(np.sum(np.maximum(-arrays["target"] * score, 0)))
    if score.size < 2 or is_exact({"score": arrays["score"]}, magnitude, sides):
        return exact_bound(())
    terms = score.size

    def shape(side: Arithmetic) -> float:
        return side.roundings_of_sum(terms)

    return rounded_sum(magnitude, np.asarray(terms - 1.0), sides, shape=shape)


def perceptron_loss_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy, its sign turned or not, or 0."""
    return {"score": exact_bound(arrays["score"].shape)}
