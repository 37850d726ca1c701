"""Two arrays element by element, one of them repeated along axes that the other alone has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from refimpl.checks import check_arrays, check_broadcast, check_gradient
from refimpl.elements import Array
from refimpl.sums import total


class MultiplyGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `multiply`."""

    dx: Array
    dother: Array


class SubtractGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `subtract`."""

    dx: Array
    dother: Array


class DivideGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `divide`."""

    dx: Array
    dother: Array


def multiply(x: Array, other: Array) -> Array:
    """The product of two arrays, element by element: a gate, or a factor for each map.

    y = x · other

    Shapes: any two that broadcast: counted from the last axis, sizes are equal or one of them is 1
    or missing; a single number goes with every shape.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.mul; Hu, Shen & Sun 2018, "Squeeze-and-excitation networks",
    arXiv 1709.01507.

    >>> multiply(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 0.5]))
    array([[10.,  1.],
           [30.,  2.]])
    """
    x, other = _pair("multiply", x, other)
    y: Array = np.asarray(x * other)
    return y


def multiply_backward(dy: Array, x: Array, other: Array) -> MultiplyGrads:
    """Gradients of a loss L through `multiply`, given dy = ∂L/∂y.

    ∂L/∂x = Σ dy · other,  ∂L/∂other = Σ dy · x, each summed over the axes along which it was
    repeated

    Shapes: dy as y; x and other as in `multiply` -> the shape of each.
    Raises: ValueError as `multiply` does, or if dy has another shape.
    Source: beyond the documents. torch.mul.

    >>> multiply_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array(10.0))
    MultiplyGrads(dx=array([10., 20.]), dother=array(11.))
    """
    dy, x, other = _upstream("multiply_backward", dy, x, other)
    return MultiplyGrads(summed_to(dy * other, x.shape), summed_to(dy * x, other.shape))


def subtract(x: Array, other: Array) -> Array:
    """The difference of two arrays, element by element.

    y = x − other

    Shapes: any two that broadcast, as in `multiply`.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.sub, without its alpha: give alpha · other.

    >>> subtract(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [2.0]]))
    array([[0., 1.],
           [1., 2.]])
    """
    x, other = _pair("subtract", x, other)
    y: Array = np.asarray(x - other)
    return y


def subtract_backward(dy: Array, x: Array, other: Array) -> SubtractGrads:
    """Gradients of a loss L through `subtract`, given dy = ∂L/∂y.

    ∂L/∂x = Σ dy,  ∂L/∂other = −Σ dy, each summed over the axes along which it was repeated

    Shapes: dy as y; x and other as in `subtract` -> the shape of each.
    Raises: ValueError as `subtract` does, or if dy has another shape.
    Source: beyond the documents. torch.sub.

    >>> subtract_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array(10.0))
    SubtractGrads(dx=array([1., 2.]), dother=array(-3.))
    """
    dy, x, other = _upstream("subtract_backward", dy, x, other)
    return SubtractGrads(summed_to(dy, x.shape), summed_to(-dy, other.shape))


def divide(x: Array, other: Array) -> Array:
    """The quotient of two arrays, element by element.

    y = x / other

    Shapes: any two that broadcast, as in `multiply`. Division by 0 gives ±∞, 0/0 NaN.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.div, without its rounding_mode: give np.floor or np.trunc
    of the quotient, whose gradient is 0.

    >>> divide(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array(4.0))
    array([[0.25, 0.5 ],
           [0.75, 1.  ]])
    """
    x, other = _pair("divide", x, other)
    y: Array = np.asarray(x / other)
    return y


def divide_backward(dy: Array, x: Array, other: Array) -> DivideGrads:
    """Gradients of a loss L through `divide`, given dy = ∂L/∂y.

    ∂L/∂x = Σ dy / other,  ∂L/∂other = −Σ dy · x / other², each summed over the axes along which it
    was repeated

    Shapes: dy as y; x and other as in `divide` -> the shape of each.
    Raises: ValueError as `divide` does, or if dy has another shape.
    Source: beyond the documents. torch.div.

    >>> divide_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array(2.0))
    DivideGrads(dx=array([0.5, 1. ]), dother=array(-2.75))
    """
    dy, x, other = _upstream("divide_backward", dy, x, other)
    slope = -dy * (x / other / other)  # other² may be too small, or too large, for a float
    return DivideGrads(summed_to(dy / other, x.shape), summed_to(slope, other.shape))


def summed_to(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Σ over the axes along which an array of this shape was repeated.

    Shapes: gradient, to which the shape broadcasts -> the shape.

    >>> summed_to(np.array([[1.0, 2.0], [3.0, 4.0]]), (2, 1))
    array([[3.],
           [7.]])
    """
    gradient = np.asarray(gradient)
    before = gradient.ndim - len(shape)
    axes = [
        axis
        for axis, size in enumerate(gradient.shape)
        if axis < before or shape[axis - before] != size
    ]
    if not axes:
        return gradient.copy()
    return np.asarray(total(gradient, axes)).reshape(shape)


def _pair(where: str, x: Array, other: Array) -> list[Array]:
    """Both arrays, which must broadcast."""
    arrays = check_arrays(where, x=x, other=other)
    check_broadcast(where, x=arrays[0].shape, other=arrays[1].shape)
    return arrays


def _upstream(where: str, dy: Array, x: Array, other: Array) -> list[Array]:
    """dy and both arrays; dy must have the shape of y."""
    dy, x, other = arrays = check_arrays(where, dy=dy, x=x, other=other)
    shape = check_broadcast(where, x=x.shape, other=other.shape)
    check_gradient(where, dy, shape)
    return arrays
