"""Two arrays element by element, one of them repeated along axes that the other alone has."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from refimpl.checks import check_arrays, check_broadcast, check_gradient
from refimpl.elements import Array
from refimpl.sums import total
from refimpl.unlike_torch import OUT, unlike_torch


class AddGrads(NamedTuple):
    """∂L/∂(argument) for both arguments of `add`."""

    dx: Array
    dother: Array


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


@unlike_torch(alpha="give alpha · other", out=OUT)
def add(x: Array, other: Array) -> Array:
    """The sum of two arrays, element by element: x and what a residual block adds to it, a bias.

    y = x + other; at the end of a residual block h = x + f(θ, x), where other = f(θ, x)

    Shapes: any two that broadcast: counted from the last axis, sizes are equal or one of them is 1
    or missing; a single number goes with every shape.
    Raises: ValueError for shapes that do not.
    Source: D4.16; He et al. 2016, "Deep residual learning for image recognition". torch.add,
    without its alpha: give alpha · other.

    >>> add(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, -2.0]))
    array([[11.,  0.],
           [13.,  2.]])
    """
    x, other = pair("add", x=x, other=other)
    y: Array = np.asarray(x + other)
    return y


def add_backward(dy: Array, x: Array, other: Array) -> AddGrads:
    """Gradients of a loss L through `add`, given dy = ∂L/∂y: both get all of it.

    ∂L/∂x = Σ dy,  ∂L/∂other = Σ dy, each summed over the axes along which it was repeated; of two
    alike ∂L/∂x = dy, ∂L/∂other = dy

    Shapes: dy as y; x and other as in `add` -> the shape of each.
    Raises: ValueError as `add` does, or if dy has another shape.
    Source: D4.16. torch.add.

    >>> add_backward(np.array([1.0, 2.0]), np.array([3.0, 4.0]), np.array(10.0))
    AddGrads(dx=array([1., 2.]), dother=array(3.))
    """
    dy, x, other = upstream("add_backward", dy, x=x, other=other)
    return AddGrads(summed_to(dy, x.shape), summed_to(dy, other.shape))


@unlike_torch(out=OUT)
def multiply(x: Array, other: Array) -> Array:
    """The product of two arrays, element by element: a gate, or a factor for each map.

    y = x · other

    Shapes: any two that broadcast, as in `add`.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.mul; Hu, Shen & Sun 2018, "Squeeze-and-excitation networks",
    arXiv 1709.01507.

    >>> multiply(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 0.5]))
    array([[10.,  1.],
           [30.,  2.]])
    """
    x, other = pair("multiply", x=x, other=other)
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
    dy, x, other = upstream("multiply_backward", dy, x=x, other=other)
    return MultiplyGrads(summed_to(dy * other, x.shape), summed_to(dy * x, other.shape))


@unlike_torch(alpha="give alpha · other", out=OUT)
def subtract(x: Array, other: Array) -> Array:
    """The difference of two arrays, element by element.

    y = x − other

    Shapes: any two that broadcast, as in `add`.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.sub, without its alpha: give alpha · other.

    >>> subtract(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0], [2.0]]))
    array([[0., 1.],
           [1., 2.]])
    """
    x, other = pair("subtract", x=x, other=other)
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
    dy, x, other = upstream("subtract_backward", dy, x=x, other=other)
    return SubtractGrads(summed_to(dy, x.shape), summed_to(-dy, other.shape))


@unlike_torch(rounding_mode="round the quotient, by np.trunc or np.floor", out=OUT)
def divide(x: Array, other: Array) -> Array:
    """The quotient of two arrays, element by element.

    y = x / other

    Shapes: any two that broadcast, as in `add`. Division by 0 gives ±∞, 0/0 NaN.
    Raises: ValueError for shapes that do not.
    Source: beyond the documents. torch.div, without its rounding_mode: give np.floor or np.trunc
    of the quotient, whose gradient is 0.

    >>> divide(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array(4.0))
    array([[0.25, 0.5 ],
           [0.75, 1.  ]])
    """
    x, other = pair("divide", x=x, other=other)
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
    dy, x, other = upstream("divide_backward", dy, x=x, other=other)
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


def pair(where: str, **arrays: Array) -> list[Array]:
    """Two arrays, which must broadcast.

    >>> [array.shape for array in pair("add", x=np.zeros((2, 3)), other=np.array([1, 2, 3]))]
    [(2, 3), (3,)]
    """
    given = check_arrays(where, **arrays)
    check_broadcast(where, **{n: a.shape for n, a in zip(arrays, given, strict=True)})
    return given


def upstream(where: str, dy: Array, **arrays: Array) -> list[Array]:
    """dy and two arrays; dy must have the shape of what they broadcast to.

    >>> [array.shape for array in upstream("add", np.ones(3), x=np.ones(3), other=np.ones(1))]
    [(3,), (3,), (1,)]
    """
    dy, *given = check_arrays(where, dy=dy, **arrays)
    shape = check_broadcast(where, **{n: a.shape for n, a in zip(arrays, given, strict=True)})
    check_gradient(where, dy, shape)
    return [dy, *given]
