"""Mistakes in fully connected layers, in the rasterisation, and their gradients."""

from __future__ import annotations

from math import prod

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import in_float32, slightly_too_large
from refimpl import LinearGrads, flatten, linear, linear_backward
from refimpl.elements import zero_of, zeros

# --- linear -------------------------------------------------------------------------------


def reshaped_transpose(weight: Array) -> Array:
    """What `reshape` makes of a matrix in the place of its transpose."""
    return weight.reshape(weight.shape[::-1])


@mistake(
    "linear",
    "the weight is reshaped to (in, out) where its transpose is needed",
    "reshape and transpose are the same",
    "D0.8",
    "D2.20",
)
def linear_reshape_for_transpose(x: Array, weight: Array, bias: Array | None = None) -> Array:
    y = x @ reshaped_transpose(weight)
    return y if bias is None else y + bias


@mistake(
    "linear",
    "the bias is added once for each input",
    "the bias stands inside the sum",
    "D1.4",
    "D2.20",
)
def linear_bias_in_the_sum(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(x, weight, None if bias is None else bias * np.asarray(x.shape[-1], x.dtype))


@mistake(
    "linear",
    "the bias is subtracted",
    "a bias is a threshold, which the sum has to exceed",
    "D1.2",
    "D2.20",
)
def linear_bias_subtracted(x: Array, weight: Array, bias: Array | None = None) -> Array:
    return linear(x, weight, None if bias is None else -bias)


@mistake(
    "linear_backward",
    "dx: the weight is used without being transposed, reshaped until it fits",
    "the same matrix leads back",
    "D0.10",
    "D1.9",
    "D2.21",
)
def linear_dx_not_transposed(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    return right._replace(dx=dy @ reshaped_transpose(weight).T)


@mistake(
    "linear_backward",
    "dx: the forward's value takes the place of its gradient: A = B · C for dA = B · dC",
    "D3.8's example, which has lost the d",
    "D3.8",
)
def linear_value_for_gradient(dy: Array, x: Array, weight: Array) -> LinearGrads:
    return linear_backward(linear(x, weight), x, weight)


@mistake(
    "linear_backward",
    "dx: the sum goes on from the last sample's: nothing sets it to 0",
    "the loop of D2.22, which begins with +=",
    "D2.22",
)
def linear_dx_not_reset(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    rows = right.dx.reshape(prod(x.shape[:-1]), x.shape[-1])
    return right._replace(dx=np.add.accumulate(rows, axis=0).reshape(x.shape))


@mistake(
    "linear_backward",
    "dx: the sum begins at output 1 where the outputs begin at 0",
    "the ranges of D2.18 and D2.21, which count from 0 and from 1",
    "D2.30",
)
def linear_dx_counts_from_one(dy: Array, x: Array, weight: Array) -> LinearGrads:
    return linear_backward(dy, x, weight)._replace(dx=dy[..., 1:] @ weight[:-1])


@mistake(
    "linear_backward",
    "dx: only the first output sends its gradient back",
    "each node has one successor",
    "D1.6",
    "D2.21",
)
def linear_dx_of_one_output(dy: Array, x: Array, weight: Array) -> LinearGrads:
    return linear_backward(dy, x, weight)._replace(dx=dy[..., :1] @ weight[:1])


@mistake(
    "linear_backward",
    "dweight: comes out transposed, reshaped until it fits",
    "x and dy in either order",
    "D0.10",
    "D1.9",
    "D2.21",
)
def linear_dweight_transposed(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    return right._replace(dweight=right.dweight.T.reshape(weight.shape))


@mistake(
    "linear_backward",
    "dweight: only the last sample of the batch counts (= for +=)",
    "DW = DZ · A, as D2.22 assigns it for one sample",
    "D0.14",
    "D2.22",
)
def linear_dweight_of_last_sample(dy: Array, x: Array, weight: Array) -> LinearGrads:
    samples = prod(x.shape[:-1])
    d, a = dy.reshape(samples, len(weight)), x.reshape(samples, x.shape[-1])
    wrong = d[samples - 1 :].T @ a[samples - 1 :]
    return linear_backward(dy, x, weight)._replace(dweight=wrong)


@mistake(
    "linear_backward",
    "dweight: is divided by the number of samples, which the loss has done already",
    "a batch has a mean gradient",
    "D0.14",
)
def linear_dweight_averaged(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    samples = np.asarray(max(prod(x.shape[:-1]), 1), x.dtype)
    return right._replace(dweight=right.dweight / samples)


@mistake(
    "linear_backward",
    "dbias: the mean over the batch instead of the sum",
    "one bias, so one typical gradient",
    "D0.14",
    "D2.21",
)
def linear_dbias_averaged(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    samples = np.asarray(max(prod(x.shape[:-1]), 1), x.dtype)
    return right._replace(dbias=right.dbias / samples)


@mistake(
    "linear_backward",
    "dbias: is 1 for every output",
    "∂n/∂b = 1 is the whole gradient",
    "D1.5",
    "D1.8",
)
def linear_dbias_is_one(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    return right._replace(dbias=zeros(right.dbias.shape, like=dy) + 1)


@mistake(
    "linear_backward",
    "dweight: passes through float32, although the arrays are float64",
    "the precision of the intermediate results does not matter",
    "D2.21",
)
def linear_dweight_in_float32(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    return right._replace(dweight=in_float32(right.dweight))


@mistake(
    "linear_backward",
    "all gradients have the opposite sign",
    "the minus of the descent is part of the gradient",
    "D0.14",
    "D1.9",
)
def linear_gradients_negated(dy: Array, x: Array, weight: Array) -> LinearGrads:
    return LinearGrads(*(-gradient for gradient in linear_backward(dy, x, weight)))


@mistake(
    "linear_backward",
    "dbias: sums over the outputs instead of the samples, cut or filled up to fit",
    "axis 1 for axis 0",
    "D2.21",
)
def linear_dbias_over_wrong_axis(dy: Array, x: Array, weight: Array) -> LinearGrads:
    right = linear_backward(dy, x, weight)
    sums = dy.reshape(prod(dy.shape[:-1]), len(weight)).sum(axis=1)[: len(weight)]
    wrong = right.dbias * zero_of(dy)
    wrong[: len(sums)] = sums
    return right._replace(dbias=wrong)


# --- flatten ------------------------------------------------------------------------------


@mistake(
    "flatten",
    "each map is read column by column",
    "any order will do",
    "D1.19",
)
def flatten_by_columns(x: Array) -> Array:
    return flatten(x.swapaxes(-1, -2) if x.ndim > 3 else x)


@mistake(
    "flatten",
    "pixel by pixel, the channels of each side by side",
    "the order of height × width × channels",
    "D1.19",
)
def flatten_channels_last(x: Array) -> Array:
    return flatten(np.moveaxis(x, 1, -1) if x.ndim > 2 else x)


@mistake(
    "flatten_backward",
    "the vector is cut back into maps column by column",
    "any order will do",
    "D1.22",
)
def flatten_backward_by_columns(dy: Array, x: Array) -> Array:
    if x.ndim < 4:
        return dy.reshape(x.shape)
    return dy.reshape(x.swapaxes(-1, -2).shape).swapaxes(-1, -2)


@mistake(
    "flatten_backward",
    "only the first place gets its gradient: φ' is taken as the unit vector (1, 0, …, 0)",
    "D1.21's word for the derivative of the identity",
    "D1.21",
)
def flatten_backward_unit_vector(dy: Array, x: Array) -> Array:
    unit = (np.arange(dy.shape[1]) == 0).astype(dy.dtype)
    return np.asarray(dy * unit).reshape(x.shape)


slightly_too_large("linear", "flatten")
