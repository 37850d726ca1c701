"""D3's formulas as printed: pooling and the backward pass (§2, §3)."""

from __future__ import annotations

import numpy as np

from parity.documents.printed.notation import Array, build, total


def regions(x: Array, i: int, j: int) -> list[tuple[int, int]]:
    """D3.6: the places of the 2×2 window (i, j), counted from 1, stride 2."""
    return [(2 * (i - 1) + u, 2 * (j - 1) + v) for u in range(2) for v in range(2)]


def max_pooling(x: Array) -> Array:
    """D3.6: filter size 2, stride 2, the maximum."""
    h, w = x.shape
    return build((h // 2, w // 2), lambda i, j: max(x[place] for place in regions(x, i, j)))


def mean_pooling(x: Array) -> Array:
    """D3.6: filter size 2, stride 2, the mean."""
    h, w = x.shape
    return build((h // 2, w // 2), lambda i, j: total(x[p] for p in regions(x, i, j)) / 4)


# --- the chain rule -----------------------------------------------------------------------


def dw(dout: Array, x: Array) -> Array:
    """D3.8: dw = dout * x."""
    return dout * x


def example_backward(B: Array, C: Array) -> Array:
    """D3.8: forward A * B = C, backward A = B * C."""
    return B * C


# --- the gradient of a filter -------------------------------------------------------------


def first_term(x: Array, dout: Array) -> Array:
    """D3.9: x[0,0,:3,:3] * dout[0,0,0]."""
    term: Array = x[0, 0, :3, :3] * dout[0, 0, 0]
    return term


def second_term(x: Array, dout: Array) -> Array:
    """D3.9: x[0,0,:3,2:5] * dout[0,0,1]."""
    term: Array = x[0, 0, :3, 2:5] * dout[0, 0, 1]
    return term


def third_term(x: Array, dout: Array) -> Array:
    """D3.9: x[0,0,6:9,6:9] * dout[0,3,3]."""
    term: Array = x[0, 0, 6:9, 6:9] * dout[0, 3, 3]
    return term


def dw_00(x: Array, dout: Array) -> Array:
    """D3.9: dw[0,0,:,:] = the three terms; x padded, dout of one image (f, h, w)."""
    return first_term(x, dout) + second_term(x, dout) + third_term(x, dout)


# --- pooling ------------------------------------------------------------------------------


def max_pooling_backward(dout: Array, x: Array) -> Array:
    """D3.10: the value, as it was, where the maximum is; 0 elsewhere."""
    back = np.full(x.shape, 0, dtype=object)
    for i, j in np.ndindex(*dout.shape):
        back[max(regions(x, i + 1, j + 1), key=lambda place: x[place])] = dout[i, j]
    return back


def mean_pooling_backward(dout: Array, x: Array) -> Array:
    """D3.10: the value that arrives is shared equally by the layer before."""
    back = np.full(x.shape, 0, dtype=object)
    for i, j in np.ndindex(*dout.shape):
        for place in regions(x, i + 1, j + 1):
            back[place] = dout[i, j] / 4
    return back
