"""Mistakes in correlation, true convolution and the convolution layer of D1."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import last_place_alone, slightly_too_large
from refimpl import (
    CorrelationGrads,
    SharedConv2dGrads,
    convolve2d,
    convolve2d_backward,
    correlate2d,
    correlate2d_backward,
    shared_conv2d,
    shared_conv2d_backward,
)
from refimpl.correlation import rot180
from refimpl.elements import zeros

# --- loops that assign where they should add ----------------------------------------------


def of_last_window(dy: Array, a: Array, kernel: Array, before: tuple[int, int]) -> Array:
    """dy · kernel of the last window, row by row, that reads each element of a: (…, H, W).

    before: how many zeros stand in front of a.
    """
    axes = zip(a.shape[-2:], before, dy.shape[-2:], strict=True)
    last = [(np.arange(n) + p, np.minimum(np.arange(n) + p, m - 1)) for n, p, m in axes]
    (u, h), (v, w) = last
    each: Array = dy[..., h[:, None], w] * kernel[(u - h)[:, None], v - w]
    return each


def in_front(kernel: Array, mode: str, turned: bool) -> tuple[int, int]:
    """The zeros in front of a, for each mode."""
    rows, columns = kernel.shape
    odd = 0 if turned else 1
    each = {
        "full": (rows - 1, columns - 1),
        "same": ((rows - odd) // 2, (columns - odd) // 2),
        "valid": (0, 0),
    }
    return each[mode]


def kernel_is_larger(a: Array, kernel: Array, mode: str) -> bool:
    """Whether a slides inside the kernel."""
    return mode == "valid" and any(k > n for k, n in zip(kernel.shape, a.shape[-2:], strict=True))


def last_matrix(a: Array) -> Array:
    """The last matrix of a batch; a matrix itself, or what holds none, as it is."""
    return a[(-1,) * (a.ndim - 2)] if a.size else a


# --- matrices -----------------------------------------------------------------------------


@mistake(
    "rot180",
    "turned upside down only",
    "turning by 180° is one flip",
    "D1.25",
    "D4.7",
)
def rot180_one_flip(a: Array) -> Array:
    return a[..., ::-1, :]


@mistake(
    "rot180_backward",
    "the gradient is not turned back",
    "turning does not change a gradient, only where a number stands",
    "D1.25",
    "D4.7",
)
def rot180_not_turned_back(dy: Array, a: Array) -> Array:
    return dy.copy()


@mistake(
    "correlate2d",
    "the kernel is turned: a convolution",
    "correlation and convolution are the same",
    "D4.1",
    "D4.9",
)
def correlate_turns_the_kernel(a: Array, kernel: Array, mode: str = "full") -> Array:
    return convolve2d(a, kernel, mode)


@mistake(
    "correlate2d_backward",
    "da: the kernel is not turned",
    "backward, the same kernel slides over dy",
    "D4.7",
    "D4.11",
)
def correlate_da_not_turned(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    wrong = correlate2d_backward(dy, a, rot180(kernel), mode).da
    return correlate2d_backward(dy, a, kernel, mode)._replace(da=wrong)


@mistake(
    "correlate2d_backward",
    "da: the narrow ⊗ that D4.11 prints; what it does not reach is 0",
    "rot180(∂f/∂Y) ⊗ W as it stands, without the frame of zeros",
    "D4.11",
)
def correlate_da_narrow(dy: Array, a: Array, kernel: Array, mode: str = "full") -> CorrelationGrads:
    right = correlate2d_backward(dy, a, kernel, mode)
    (rows, columns), (H, W) = kernel.shape, a.shape[-2:]
    inside = (..., slice(rows - 1, H - rows + 1), slice(columns - 1, W - columns + 1))
    wrong = zeros(a.shape, like=a)
    wrong[inside] = right.da[inside]
    return right._replace(da=wrong)


@mistake(
    "correlate2d_backward",
    "dkernel: dy is turned before it slides over a",
    "backward everything is turned",
    "D4.10",
)
def correlate_dkernel_upstream_turned(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    wrong = correlate2d_backward(rot180(dy), a, kernel, mode).dkernel
    return correlate2d_backward(dy, a, kernel, mode)._replace(dkernel=wrong)


@mistake(
    "correlate2d_backward",
    "da: where windows overlap, the last one overwrites the others (= for +=)",
    "each element belongs to one window",
    "D4.11",
)
def correlate_overlaps_overwritten(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    right = correlate2d_backward(dy, a, kernel, mode)
    if kernel_is_larger(a, kernel, mode):
        return right
    return right._replace(da=of_last_window(dy, a, kernel, in_front(kernel, mode, turned=False)))


@mistake(
    "correlate2d_backward",
    "dkernel: only the last place of dy counts (= for +=)",
    "the loop over the places assigns",
    "D4.10",
)
def correlate_dkernel_of_last_place(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    wrong = correlate2d_backward(last_place_alone(dy, 2), a, kernel, mode).dkernel
    return correlate2d_backward(dy, a, kernel, mode)._replace(dkernel=wrong)


@mistake(
    "correlate2d_backward",
    "dkernel: only the last matrix of the batch counts (= for +=)",
    "the loop over the batch assigns",
    "D4.10",
)
def correlate_dkernel_of_last_matrix(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    last = correlate2d_backward(last_matrix(dy), last_matrix(a), kernel, mode)
    return correlate2d_backward(dy, a, kernel, mode)._replace(dkernel=last.dkernel)


@mistake(
    "convolve2d",
    "X(i + m, j + n) for X(i − m, j − n): the correlation, as D4.2 prints it",
    "the formula that is printed for the convolution",
    "D4.2",
    "D1.14",
)
def convolve_does_not_turn(a: Array, kernel: Array, mode: str = "full") -> Array:
    return correlate2d(a, kernel, mode)


@mistake(
    "convolve2d_backward",
    "da: the kernel is turned as in the forward pass",
    "backward is forward once more",
    "D1.27",
    "D1.34",
)
def convolve_da_turned_again(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    wrong = convolve2d_backward(dy, a, rot180(kernel), mode).da
    return convolve2d_backward(dy, a, kernel, mode)._replace(da=wrong)


@mistake(
    "convolve2d_backward",
    "dkernel: is not turned back: ∂E/∂θ₁₁ = δ₁₁ o₁₁",
    "the kernel was turned once, so its gradient is already in place",
    "D1.24",
    "D1.34",
)
def convolve_dkernel_not_turned_back(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    right = convolve2d_backward(dy, a, kernel, mode)
    return right._replace(dkernel=rot180(right.dkernel))


@mistake(
    "convolve2d_backward",
    "da: where windows overlap, the last one overwrites the others (= for +=)",
    "each element belongs to one window",
    "D1.27",
)
def convolve_overlaps_overwritten(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    right = convolve2d_backward(dy, a, kernel, mode)
    if kernel_is_larger(a, kernel, mode):
        return right
    before = in_front(kernel, mode, turned=True)
    return right._replace(da=of_last_window(dy, a, rot180(kernel), before))


@mistake(
    "convolve2d_backward",
    "dkernel: only the last place of dy counts (= for +=)",
    "the loop over the places assigns",
    "D1.24",
)
def convolve_dkernel_of_last_place(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    wrong = convolve2d_backward(last_place_alone(dy, 2), a, kernel, mode).dkernel
    return convolve2d_backward(dy, a, kernel, mode)._replace(dkernel=wrong)


@mistake(
    "convolve2d_backward",
    "dkernel: only the last matrix of the batch counts (= for +=)",
    "the loop over the batch assigns",
    "D1.24",
)
def convolve_dkernel_of_last_matrix(
    dy: Array, a: Array, kernel: Array, mode: str = "full"
) -> CorrelationGrads:
    last = convolve2d_backward(last_matrix(dy), last_matrix(a), kernel, mode)
    return convolve2d_backward(dy, a, kernel, mode)._replace(dkernel=last.dkernel)


# --- the layer of D1 ----------------------------------------------------------------------


@mistake(
    "shared_conv2d",
    "the kernel is not turned",
    "what torch calls a convolution",
    "D1.13",
    "D1.16",
)
def shared_kernel_not_turned(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return shared_conv2d(x, rot180(weight), bias)


@mistake(
    "shared_conv2d",
    "the input maps are averaged instead of added up",
    "one kernel serves all maps, so it sees their mean",
    "D1.16",
)
def shared_maps_averaged(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return shared_conv2d(x / np.asarray(max(x.shape[1], 1), x.dtype), weight, bias)


@mistake(
    "shared_conv2d_backward",
    "dx: is multiplied by O_q', the layer's own input, as D1.27 prints it",
    "∘ O_q' stands for φ'",
    "D1.27",
)
def shared_dx_times_input(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    right = shared_conv2d_backward(dy, x, weight)
    return right._replace(dx=right.dx * x)


@mistake(
    "shared_conv2d_backward",
    "dx: is shared by the input maps: each gets an equal part",
    "what was added up is divided on the way back",
    "D1.27",
)
def shared_dx_divided(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    right = shared_conv2d_backward(dy, x, weight)
    return right._replace(dx=right.dx / np.asarray(max(x.shape[1], 1), x.dtype))


@mistake(
    "shared_conv2d_backward",
    "dweight: the outer rot180 is left out",
    "one turn is enough",
    "D1.25",
)
def shared_dweight_turned_once(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    right = shared_conv2d_backward(dy, x, weight)
    return right._replace(dweight=rot180(right.dweight))


@mistake(
    "shared_conv2d_backward",
    "dweight: reads the first input map only",
    "a kernel belongs to one map",
    "D1.25",
)
def shared_dweight_of_first_map(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    wrong: Any = shared_conv2d_backward(dy, x[:, :1], weight).dweight
    return shared_conv2d_backward(dy, x, weight)._replace(dweight=wrong)


@mistake(
    "shared_conv2d_backward",
    "dbias: the mean of Δ instead of its sum",
    "one bias, so one typical residual",
    "D1.26",
)
def shared_dbias_averaged(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    right = shared_conv2d_backward(dy, x, weight)
    counted = np.asarray(max(dy.size // dy.shape[1], 1), dy.dtype)
    return right._replace(dbias=right.dbias / counted)


@mistake(
    "shared_conv2d_backward",
    "dx: each step of the loops over windows and filters assigns (= for +=): the last one stands",
    "each pixel belongs to one window",
    "D1.27",
)
def shared_overlaps_overwritten(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    right = shared_conv2d_backward(dy, x, weight)
    one = of_last_window(dy[:, -1:], x[:, :1], rot180(weight[-1]), (0, 0))
    return right._replace(dx=one.repeat(x.shape[1], axis=1))


@mistake(
    "shared_conv2d_backward",
    "dweight: only the last window of the last sample counts (= for +=)",
    "the loop over the windows assigns",
    "D1.25",
)
def shared_dweight_of_last_window(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    last = last_place_alone(dy, 2)[len(dy) - 1 :]
    wrong = shared_conv2d_backward(last, x[len(x) - 1 :], weight).dweight
    return shared_conv2d_backward(dy, x, weight)._replace(dweight=wrong)


@mistake(
    "shared_conv2d_backward",
    "dbias: only the last place of the last sample counts (= for +=)",
    "the loop over Δ assigns",
    "D1.26",
)
def shared_dbias_of_last_place(dy: Array, x: Array, weight: Array) -> SharedConv2dGrads:
    last = last_place_alone(dy, 2)[len(dy) - 1 :].sum(axis=(0, 2, 3))
    return shared_conv2d_backward(dy, x, weight)._replace(dbias=last)


slightly_too_large("correlate2d", "convolve2d", "rot180", "shared_conv2d")
