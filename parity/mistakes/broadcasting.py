"""Mistakes where two arrays meet element by element, and one is repeated."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import (
    AddGrads,
    DivideGrads,
    MultiplyGrads,
    SubtractGrads,
    add_backward,
    divide,
    divide_backward,
    multiply_backward,
    subtract,
    subtract_backward,
)
from refimpl.broadcasting import summed_to
from refimpl.elements import parameter, zeros

REPEATED = "a factor that is used several times has a gradient for each use"
AVERAGED = "what is repeated shares the gradient"


def last_of(gradient: Array, shape: tuple[int, ...]) -> Array:
    """What comes back at the last repetition alone: where a loop assigns."""
    before = gradient.ndim - len(shape)
    gradient = (
        gradient[(-1,) * before]
        if all(gradient.shape[:before])
        else gradient.sum(axis=tuple(range(before)))
    )
    axes = [a for a, size in enumerate(shape) if gradient.shape[a] != size]
    for axis in axes:
        gradient = gradient.take([-1], axis) if gradient.shape[axis] else summed_to(gradient, shape)
    return np.asarray(gradient).copy()


def summed_elsewhere(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Σ over as many axes, the first ones of the same sizes turned to the end: refilled."""
    if gradient.shape == shape:
        return gradient.copy()
    turned = np.moveaxis(gradient, 0, -1).reshape(gradient.shape)
    return summed_to(turned, shape)


def averaged(summed: Array, dy: Array) -> Array:
    """The mean over the repetitions in the place of their sum."""
    share = summed.size / max(dy.size, 1)
    return np.asarray(summed * parameter(min(share, 1.0), like=summed), summed.dtype)


# --- add ----------------------------------------------------------------------------------


@mistake("add", "x is left out: h = f(θ, x)", "the branch is the layer", "D4.16")
def add_skip_left_out(x: Array, other: Array) -> Array:
    return np.broadcast_to(other, np.broadcast_shapes(x.shape, other.shape)).copy()


@mistake("add", "the mean of both instead of the sum", "so that nothing grows", "D4.16")
def add_halved(x: Array, other: Array) -> Array:
    return np.asarray((x + other) / 2)


@mistake(
    "add_backward",
    "nothing goes back along the skip connection",
    "x has no weights, so it needs no gradient",
    "D4.16",
)
def add_skip_gradient_missing(dy: Array, x: Array, other: Array) -> AddGrads:
    right = add_backward(dy, x, other)
    return right._replace(dx=zeros(x.shape, like=dy))


@mistake(
    "add_backward",
    "dy is shared: each side gets a half",
    "what was added up is divided on the way back",
    "D4.16",
)
def add_gradient_halved(dy: Array, x: Array, other: Array) -> AddGrads:
    return add_backward(np.asarray(dy / 2), x, other)


@mistake(
    "add_backward",
    "what was repeated gets the gradient of the last repetition alone",
    "a bias that is used several times has a gradient for each use",
    "D4.16",
)
def add_repetitions_not_summed(dy: Array, x: Array, other: Array) -> AddGrads:
    return AddGrads(last_of(dy, x.shape), last_of(dy, other.shape))


@mistake(
    "add_backward",
    "what was repeated gets the mean of the gradients, not their sum",
    AVERAGED,
    "D4.16",
)
def add_repetitions_averaged(dy: Array, x: Array, other: Array) -> AddGrads:
    right = add_backward(dy, x, other)
    return AddGrads(averaged(right.dx, dy), averaged(right.dother, dy))


@mistake(
    "add_backward",
    "the gradient is summed over another axis than the repeated one, and its numbers refilled",
    "reshape brings a gradient into its shape",
    "D4.16",
)
def add_summed_over_another_axis(dy: Array, x: Array, other: Array) -> AddGrads:
    return AddGrads(summed_elsewhere(dy, x.shape), summed_elsewhere(dy, other.shape))


# --- multiply -----------------------------------------------------------------------------


@mistake("multiply", "the sum instead of the product", "a gate is added")
def multiply_adds(x: Array, other: Array) -> Array:
    return np.asarray(x + other)


@mistake(
    "multiply_backward",
    "the gradient of what was repeated is not summed: the last repetition alone",
    REPEATED,
)
def multiply_repetitions_not_summed(dy: Array, x: Array, other: Array) -> MultiplyGrads:
    return MultiplyGrads(last_of(dy * other, x.shape), last_of(dy * x, other.shape))


@mistake(
    "multiply_backward",
    "the gradient of what was repeated is averaged, not summed",
    AVERAGED,
)
def multiply_repetitions_averaged(dy: Array, x: Array, other: Array) -> MultiplyGrads:
    right = multiply_backward(dy, x, other)
    return MultiplyGrads(averaged(right.dx, dy), averaged(right.dother, dy))


@mistake("multiply_backward", "dy alone: the other factor is left out", "as of a sum")
def multiply_factor_left_out(dy: Array, x: Array, other: Array) -> MultiplyGrads:
    return MultiplyGrads(*subtract_backward(dy, x, -other))


@mistake(
    "multiply_backward",
    "each side gets its own factor, not the other's",
    "∂(x · w)/∂x is x",
)
def multiply_own_factor(dy: Array, x: Array, other: Array) -> MultiplyGrads:
    dx, dother = np.broadcast_to(x, dy.shape), np.broadcast_to(other, dy.shape)
    return MultiplyGrads(summed_to(dy * dx, x.shape), summed_to(dy * dother, other.shape))


# --- subtract -----------------------------------------------------------------------------


@mistake("subtract", "other − x: the sides change places", "the order does not matter")
def subtract_swapped(x: Array, other: Array) -> Array:
    return subtract(other, x)


@mistake("subtract_backward", "both sides get dy: the minus is left out", "as of a sum")
def subtract_minus_left_out(dy: Array, x: Array, other: Array) -> SubtractGrads:
    right = subtract_backward(dy, x, other)
    return SubtractGrads(right.dx, -right.dother)


@mistake(
    "subtract_backward",
    "what was repeated gets the gradient of the last repetition alone",
    REPEATED,
)
def subtract_repetitions_not_summed(dy: Array, x: Array, other: Array) -> SubtractGrads:
    return SubtractGrads(last_of(dy, x.shape), last_of(-dy, other.shape))


@mistake(
    "subtract_backward",
    "what was repeated gets the mean of the gradients, not their sum",
    AVERAGED,
)
def subtract_repetitions_averaged(dy: Array, x: Array, other: Array) -> SubtractGrads:
    right = subtract_backward(dy, x, other)
    return SubtractGrads(averaged(right.dx, dy), averaged(right.dother, dy))


# --- divide -------------------------------------------------------------------------------


@mistake(
    "divide", "other / x: numerator and denominator change places", "the order does not matter"
)
def divide_swapped(x: Array, other: Array) -> Array:
    return divide(other, x)


@mistake("divide_backward", "the sign of the denominator's gradient is left out", "(1/v)′ is 1/v²")
def divide_sign_left_out(dy: Array, x: Array, other: Array) -> DivideGrads:
    right = divide_backward(dy, x, other)
    return DivideGrads(right.dx, -right.dother)


@mistake(
    "divide_backward",
    "the denominator's gradient is divided by it once, not twice",
    "a quotient is divided by its denominator",
)
def divide_not_squared(dy: Array, x: Array, other: Array) -> DivideGrads:
    right = divide_backward(dy, x, other)
    return DivideGrads(right.dx, summed_to(-dy * (x / other), other.shape))


@mistake(
    "divide_backward",
    "the numerator is left out of the denominator's gradient",
    "(1/v)′ is −1/v²",
)
def divide_numerator_left_out(dy: Array, x: Array, other: Array) -> DivideGrads:
    right = divide_backward(dy, x, other)
    return DivideGrads(right.dx, summed_to(-dy / other / other, other.shape))


@mistake(
    "divide_backward",
    "the gradient of a repeated side is that of its last repetition",
    REPEATED,
)
def divide_repetitions_not_summed(dy: Array, x: Array, other: Array) -> DivideGrads:
    return DivideGrads(
        last_of(dy / other, x.shape), last_of(-dy * (x / other / other), other.shape)
    )


slightly_too_large("add", "multiply", "subtract", "divide")
