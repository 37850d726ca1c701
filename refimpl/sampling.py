"""Downsampling as D1 describes it, with its two rules for the edge, and upsampling."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from refimpl.average_pooling import avg_pool2d, avg_pool2d_backward
from refimpl.checks import (
    Ints,
    check_arrays,
    check_axes,
    check_choice,
    check_gradient,
    check_ints,
    check_room,
)
from refimpl.elements import Array
from refimpl.max_pooling import max_pool2d, max_pool2d_backward
from refimpl.shapes import Pair, PoolGeometry, pool_geometry
from refimpl.windows import crop, pad

Pooling = Callable[..., Array]

FORWARD: dict[str, Pooling] = {"max": max_pool2d, "mean": avg_pool2d}
BACKWARD: dict[str, Pooling] = {"max": max_pool2d_backward, "mean": avg_pool2d_backward}


def downsample(x: Array, size: Ints, how: str = "max", edge: str = "zero_pad") -> Array:
    """Windows side by side, each one becomes its maximum or its mean.

    y[n,c,h,w] = max_ij or (1/(K_h·K_w)) Σ_ij of x[n, c, h·K_h + i, w·K_w + j]

    Shapes: x (N, C, H, W), size K or (K_h, K_w) -> (N, C, ⌈H/K_h⌉, ⌈W/K_w⌉), with edge "drop"
    (N, C, ⌊H/K_h⌋, ⌊W/K_w⌋).
    edge: "zero_pad" fills the end of each axis with zeros up to a multiple of the size. They
    take part: where all of x in a window at the edge is negative, the maximum is 0, and a mean
    divides by the whole window. "drop" leaves out what is left over.
    how: "max" or "mean".
    Raises: ValueError if there is nothing to pool or, with "drop", no whole window; TypeError
    for arrays that are not real numbers.
    Source: D1.12, D1.17, D1.18, D1.30.
    Plain: parity/witnesses/definitions/sampling.py.

    >>> x = np.array([[[[1.0, 2.0, -3.0], [4.0, 3.0, -5.0]]]])
    >>> downsample(x, 2)
    array([[[[4., 0.]]]])
    >>> downsample(x, 2, "mean"), downsample(x, 2, edge="drop")
    (array([[[[ 2.5, -2. ]]]]), array([[[[4.]]]]))
    """
    (x,) = check_arrays("downsample", x=x)
    padded, _, geometry = _padded("downsample", x, size, how, edge)
    return FORWARD[how](padded, geometry.kernel)


def upsample(dy: Array, x: Array, size: Ints, how: str = "max", edge: str = "zero_pad") -> Array:
    """Gradient of a loss L through `downsample`, given dy = ∂L/∂y, which D1 calls Δ_q.

    max:  ∂L/∂x[n,c,u,v] = dy[n,c,h,w] where (u, v) is the first maximum of its window (h, w),
          0 elsewhere; what goes to a zero of the padding is lost
    mean: ∂L/∂x[n,c,u,v] = dy[n,c,h,w]/(K_h·K_w) for every (u, v) of the window (h, w)

    Places that "drop" leaves out get 0. For the maximum D1 words this as a copy to all four
    places; the gradient is the copy to the one that was the maximum.

    Shapes: dy (N, C, H_out, W_out), x (N, C, H, W) -> (N, C, H, W).
    Raises: ValueError if the sizes disagree, for example dy of the other rule for the edge.
    Source: D0.11, D1.23 (corrected), D1.30, D1.33, D4.6.
    Plain: parity/witnesses/definitions/sampling.py.

    >>> x = np.array([[[[1.0, 2.0, -3.0], [4.0, 3.0, -5.0]]]])
    >>> upsample(np.array([[[[8.0, 4.0]]]]), x, 2)
    array([[[[0., 0., 0.], [8., 0., 0.]]]])
    >>> upsample(np.array([[[[8.0, 4.0]]]]), x, 2, "mean")
    array([[[[2., 2., 1.], [2., 2., 1.]]]])
    """
    dy, x = check_arrays("upsample", dy=dy, x=x)
    padded, padding, geometry = _padded("upsample", x, size, how, edge)
    check_gradient("upsample", dy, (*x.shape[:2], *geometry.output), channels=True)
    dpadded = BACKWARD[how](dy, padded, geometry.kernel)
    return np.ascontiguousarray(crop(dpadded, padding))


def _padded(
    where: str, x: Array, size: Ints, how: str, edge: str
) -> tuple[Array, list[Pair], PoolGeometry]:
    """Check the arguments; x with its zeros, how many (before, after) each axis, the windows."""
    check_axes(where, "x", x, ("N", "C", "H", "W"))
    window = check_ints(where, "size", size, 2, 1)
    check_choice(where, "how", how, tuple(FORWARD))
    check_choice(where, "edge", edge, ("zero_pad", "drop"))
    fills = edge == "zero_pad"
    padding = [(0, -n % k if fills else 0) for n, k in zip(x.shape[2:], window, strict=True)]
    whole = (n + after for n, (_, after) in zip(x.shape[2:], padding, strict=True))
    check_room(where, f"size {size!r}", (*x.shape[:2], *whole), x.itemsize)
    padded = pad(x, padding)
    return padded, padding, pool_geometry(where, 2, padded, window, None, 0, 1, False)
