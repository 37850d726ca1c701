"""Fully connected layer, and the feature maps laid out as one vector."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import NamedTuple

from refimpl.checks import check_arrays, check_batch, check_gradient, check_linear, check_room
from refimpl.elements import Array
from refimpl.shapes import check_bias
from refimpl.sums import long_product, matmul, total
from refimpl.unlike_torch import unlike_torch

JOINED = "all axes behind that of the samples become one; reshape joins others"


class LinearGrads(NamedTuple):
    """∂L/∂(argument) for every argument of `linear`."""

    dx: Array
    dweight: Array
    dbias: Array


@unlike_torch()
def linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """Fully connected layer, y = W x + b for each sample.

    y[…,k] = bias[k] + Σ_j x[…,j] · weight[k,j]

    Shapes: x (…, features_in), weight (features_out, features_in), bias (features_out,)
    -> (…, features_out). D2 prints the weight the other way round, W_ijk from j to k.
    Raises: ValueError if the features disagree, TypeError for arrays that are not real numbers.
    Source: D0.8, D1.3, D1.4, D1.20, D2.20.

    >>> linear(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0], [5.0, 6.0]]), np.array([0.5, 0.0]))
    array([[11.5, 17. ]])
    """
    return weighted_sum("linear", x, weight, bias, matmul)


def linear_backward(dy: Array, x: Array, weight: Array) -> LinearGrads:
    """Gradients of a loss L through `linear`, given dy = ∂L/∂y.

    ∂L/∂bias[k]     = Σ_n dy[n,k]
    ∂L/∂weight[k,j] = Σ_n dy[n,k] · x[n,j]
    ∂L/∂x[n,j]      = Σ_k dy[n,k] · weight[k,j]      n runs over all axes but the last

    Shapes: dy (…, features_out), x (…, features_in), weight (features_out, features_in).
    Raises: ValueError if the sizes disagree.
    Source: D0.10, D1.5, D1.6, D1.7, D1.8, D1.9, D1.21, D1.31, D2.21, D2.22, D2.30.

    >>> grads = linear_backward(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]]), np.eye(2))
    >>> grads.dweight
    array([[3., 4.],
           [6., 8.]])
    """
    where = "linear_backward"
    dy, x, weight = check_arrays(where, dy=dy, x=x, weight=weight)
    check_linear(where, x, weight)
    check_gradient(where, dy, (*x.shape[:-1], len(weight)))
    samples = prod(x.shape[:-1])
    dy_rows, x_rows = dy.reshape(samples, len(weight)), x.reshape(samples, x.shape[-1])
    dweight = long_product(dy_rows.T, x_rows)
    return LinearGrads(matmul(dy, weight), dweight, total(dy_rows, axes=(0,)))


def weighted_sum(
    where: str,
    x: Array,
    weight: Array,
    bias: Array | None,
    product: Callable[[Array, Array], Array],
) -> Array:
    """`linear` for a function of another name, which its error texts begin with."""
    given = {} if bias is None else {"bias": bias}
    x, weight, *biases = check_arrays(where, x=x, weight=weight, **given)
    check_linear(where, x, weight)
    check_room(where, "the output", (*x.shape[:-1], len(weight)), x.itemsize)
    y = product(x, weight.T)
    for b in biases:
        check_bias(where, b, len(weight))
        y = y + b
    return y


@unlike_torch(start_dim=JOINED, end_dim=JOINED)
def flatten(x: Array) -> Array:
    """The feature maps of each sample as one vector, row by row, map by map (rasterisation).

    y[n, (c·H + h)·W + w] = x[n,c,h,w]

    Shapes: x (N, …) -> (N, product of the rest).
    Raises: ValueError for a single value, TypeError for arrays that are not real numbers.
    Source: D1.19, D1.20.

    >>> flatten(np.arange(4.0).reshape(1, 1, 2, 2))
    array([[0., 1., 2., 3.]])
    """
    (x,) = check_arrays("flatten", x=x)
    check_batch("flatten", x)
    return x.flatten().reshape(len(x), prod(x.shape[1:]))


def flatten_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `flatten`, given dy = ∂L/∂y: dy cut back into the maps.

    ∂L/∂x[n,c,h,w] = dy[n, (c·H + h)·W + w]

    Shapes: dy (N, product of the rest), x (N, …) -> the shape of x.
    Raises: ValueError if the sizes disagree.
    Source: D1.21, D1.22.

    >>> flatten_backward(np.array([[5.0, 6.0]]), np.zeros((1, 2, 1)))
    array([[[5.],
            [6.]]])
    """
    dy, x = check_arrays("flatten_backward", dy=dy, x=x)
    check_batch("flatten_backward", x)
    check_gradient("flatten_backward", dy, (len(x), prod(x.shape[1:])))
    return dy.flatten().reshape(x.shape)
