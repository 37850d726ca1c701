"""Dropout, whose mask is given, beside its backward."""

from __future__ import annotations

from typing import Any

import numpy as np

from refimpl.checks import check_arrays, check_fraction, check_gradient, check_mask
from refimpl.elements import Array, parameter, zero_of
from refimpl.unlike_torch import INPLACE, unlike_torch


@unlike_torch(training="what is not trained drops nothing: leave the call out", inplace=INPLACE)
def dropout(x: Array, mask: Array, p: Any = 0.5) -> Array:
    """Dropout: nodes where the mask is 0 become 0, the others make up for them.

    y = x · mask / (1 − p)

    p is the probability with which a random mask holds a 0; the division, torch's, keeps the
    expected value of y at x. D2.13 sets half of the nodes to 0 and speaks of no division: p=0
    leaves it out, whatever the mask holds.

    Shapes: x any, mask alike: 0 and 1, or False and True. p from 0, less than 1. NaN and ∞ are
    not dropped: times 0 they are NaN, as in torch.
    Raises: ValueError for a mask of another shape or with other numbers, and for other p
    (torch: p = 1 gives zeros; here 1/(1 − p) has to exist).
    Source: D2.13; Srivastava et al. 2014, Journal of Machine Learning Research 15.

    >>> x, mask = np.array([1.0, 2.0, 3.0, 4.0]), np.array([True, False, False, True])
    >>> dropout(x, mask)
    array([2., 0., 0., 8.])
    >>> dropout(x, mask, p=0)
    array([1., 0., 0., 4.])
    """
    (x,) = check_arrays("dropout", x=x)
    return np.asarray(x * _noise("dropout", x, mask, p), x.dtype)


def dropout_backward(dy: Array, x: Array, mask: Array, p: Any = 0.5) -> Array:
    """Gradient of a loss L through `dropout`, given dy = ∂L/∂y.

    ∂L/∂x = dy · mask / (1 − p)

    Shapes: dy, x and mask alike.
    Raises: ValueError if the shapes differ, and as `dropout` does.
    Source: D2.13.

    >>> dropout_backward(np.array([3.0, 5.0]), np.array([1.0, 2.0]), np.array([1, 0]), p=0.25)
    array([4., 0.])
    """
    dy, x = check_arrays("dropout_backward", dy=dy, x=x)
    check_gradient("dropout_backward", dy, x.shape)
    return np.asarray(dy * _noise("dropout_backward", x, mask, p), x.dtype)


def _noise(where: str, x: Array, mask: Array, p: Any) -> Array:
    """mask / (1 − p) in the elements of x; torch, too, subtracts before it rounds to the dtype."""
    keeps = check_mask(where, x, mask)
    check_fraction(where, "p", p, x)
    zero = zero_of(x)
    noise: Array = np.where(keeps, zero + 1, zero) / parameter(1 - p, like=x)
    return noise
