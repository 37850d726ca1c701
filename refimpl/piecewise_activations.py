"""Activation functions made of straight or parabolic pieces: prelu, hardsigmoid, hardswish."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from refimpl.checks import check_arrays, check_gradient, check_slopes
from refimpl.elements import Array, choose, zero_of
from refimpl.sums import total, wide
from refimpl.unlike_torch import INPLACE, unlike_torch


class PReLUGrads(NamedTuple):
    """∂L/∂x and ∂L/∂weight of `prelu`."""

    dx: Array
    dweight: Array


@unlike_torch()
def prelu(x: Array, weight: Array) -> Array:
    """Leaky rectified linear unit with learnt slopes: y = x where x > 0, weight[c] · x elsewhere.

    Shapes: x (N, C, …) or any, weight (C,) or (1,): one slope for each channel, or for all.
    Raises: ValueError if weight has another shape.
    Source: beyond the documents. torch.nn.functional.prelu; He, Zhang, Ren & Sun 2015, "Delving
    deep into rectifiers", arXiv 1502.01852, eq. 1.

    >>> prelu(np.array([[-2.0, -2.0], [3.0, 3.0]]), np.array([0.5, 0.25]))
    array([[-1. , -0.5],
           [ 3. ,  3. ]])
    """
    x, weight = check_arrays("prelu", x=x, weight=weight)
    check_slopes("prelu", x, weight)
    return choose(x > 0, x, np.asarray(x * _along_channels(weight, x)))


def prelu_backward(dy: Array, x: Array, weight: Array) -> PReLUGrads:
    """Gradients of a loss L through `prelu`, given dy = ∂L/∂y.

    ∂L/∂x         = dy where x > 0, weight[c] · dy elsewhere (0 included, as in torch)
    ∂L/∂weight[c] = Σ dy · x over all elements of the channel with x ≤ 0; one weight: over all

    Shapes: dy and x alike, weight as in `prelu`.
    Raises: ValueError if the shapes disagree.
    Source: beyond the documents. He, Zhang, Ren & Sun 2015, eq. 2 and 3.

    >>> dy, x = np.array([[1.0, 10.0], [2.0, 20.0]]), np.array([[-3.0, 3.0], [-4.0, -5.0]])
    >>> dx, dweight = prelu_backward(dy, x, np.array([0.5, 0.25]))
    >>> dx, dweight
    (array([[ 0.5, 10. ],
           [ 1. ,  5. ]]), array([ -11., -100.]))
    """
    dy, x, weight = check_arrays("prelu_backward", dy=dy, x=x, weight=weight)
    check_gradient("prelu_backward", dy, x.shape)
    check_slopes("prelu_backward", x, weight)
    dx = choose(x > 0, dy, np.asarray(dy * _along_channels(weight, x)))
    product = np.asarray(wide(dy) * wide(x))
    share = choose(x > 0, zero_of(product), product)
    axes = [axis for axis in range(x.ndim) if axis != 1 or len(weight) == 1]
    dweight = np.asarray(total(share, axes)).reshape(weight.shape)
    return PReLUGrads(dx, dweight.astype(x.dtype, copy=False))


def _along_channels(weight: Array, x: Array) -> Array:
    """(C,) -> (C, 1, …), so that it is broadcast along the channels of x."""
    return weight.reshape(-1, *(1,) * max(x.ndim - 2, 0)) if x.ndim else weight.reshape(())


@unlike_torch(inplace=INPLACE)
def hardsigmoid(x: Array) -> Array:
    """Sigmoid made of straight lines: y = min(max(x + 3, 0), 6) / 6.

    Shapes: any. Keras's slope is 1/5 in versions before 3, here and in torch it is 1/6.
    Raises: TypeError for arrays that are not real numbers.
    Source: beyond the documents. torch.nn.functional.hardsigmoid; Howard et al. 2019, "Searching
    for MobileNetV3", arXiv 1905.02244, §5.2.

    >>> hardsigmoid(np.array([-4.0, 0.0, 1.5, 4.0]))
    array([0.  , 0.5 , 0.75, 1.  ])
    """
    (x,) = check_arrays("hardsigmoid", x=x)
    zero = zero_of(x)
    return choose(x <= -3, zero, choose(x >= 3, zero + 1, np.asarray((x + 3) / 6, x.dtype)))


def hardsigmoid_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `hardsigmoid`, given dy = ∂L/∂y.

    ∂L/∂x = dy / 6 where −3 < x < 3, 0 elsewhere (both kinks included, as in torch)

    Shapes: dy and x alike. 0 where x is NaN, as in torch.
    Raises: ValueError if the shapes differ.
    Source: beyond the documents. torch.nn.functional.hardsigmoid.

    >>> hardsigmoid_backward(np.array([12.0, 12.0, 12.0]), np.array([-3.0, 0.0, 4.0]))
    array([0., 2., 0.])
    """
    dy, x = check_arrays("hardsigmoid_backward", dy=dy, x=x)
    check_gradient("hardsigmoid_backward", dy, x.shape)
    return choose((x > -3) & (x < 3), np.asarray(dy / 6, x.dtype), zero_of(dy))


@unlike_torch(inplace=INPLACE)
def hardswish(x: Array) -> Array:
    """silu made of a parabola and straight lines: y = x · min(max(x + 3, 0), 6) / 6.

    Shapes: any. 0 at −∞, as for all x ≤ −3 (torch: NaN).
    Raises: TypeError for arrays that are not real numbers.
    Source: beyond the documents. torch.nn.functional.hardswish; Howard et al. 2019, "Searching for
    MobileNetV3", arXiv 1905.02244, §5.2.

    >>> hardswish(np.array([-4.0, -1.5, 1.0, 4.0]))
    array([ 0.        , -0.375     ,  0.66666667,  4.        ])
    """
    (x,) = check_arrays("hardswish", x=x)
    between = np.asarray(x * ((x + 3) / 6), x.dtype)
    return choose(x <= -3, zero_of(x), choose(x >= 3, x, between))


def hardswish_backward(dy: Array, x: Array) -> Array:
    """Gradient of a loss L through `hardswish`, given dy = ∂L/∂y.

    ∂L/∂x = dy · (2x + 3)/6 where −3 < x < 3; 0 where x ≤ −3, dy where x ≥ 3 (as in torch)

    Shapes: dy and x alike. Where x is NaN, so is ∂L/∂x (torch: NaN or dy, by the place in the
    array).
    Raises: ValueError if the shapes differ.
    Source: beyond the documents. torch.nn.functional.hardswish.

    >>> hardswish_backward(np.array([6.0, 6.0, 6.0, 6.0]), np.array([-3.0, -1.0, 1.0, 3.0]))
    array([0., 1., 5., 6.])
    """
    dy, x = check_arrays("hardswish_backward", dy=dy, x=x)
    check_gradient("hardswish_backward", dy, x.shape)
    between = np.asarray(dy * ((2 * x + 3) / 6), x.dtype)
    return choose(x <= -3, zero_of(dy), choose(x >= 3, dy, between))
