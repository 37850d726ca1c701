"""The table of drifts, and the accumulated bound made of drift and rounding.

Both sides run free, so their inputs already differ. `errors` holds, for each input, the most by
which the two sides may differ there; the centre is torch's value. The accumulated bound is the
*drift*, the most by which exact results of two such inputs may differ, plus the rounding of
both sides at the worst of these inputs.

Where an error interval holds both branches of a function (a kink), the two branch values form
an interval that enters the drift; kinks are counted.
"""

from __future__ import annotations

import numpy as np

from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.activations import (
    bent_backward,
    bent_forward,
    left_of_zero,
    saturated,
    smooth_backward,
    smooth_forward,
)
from parity.bounds.propagation.bends import (
    at_the_kink,
    bending_backward,
    bending_forward,
    growth,
)
from parity.bounds.propagation.broadcasting import multiply_backward, multiply_forward
from parity.bounds.propagation.error import Accumulated, Rule, added, centre, widened
from parity.bounds.propagation.kinked import (
    all_below,
    between_the_kinks,
    hardsigmoid_backward,
    hardsigmoid_forward,
    hardswish_backward,
    hardswish_forward,
    prelu_backward,
    prelu_forward,
)
from parity.bounds.propagation.kinked import growth as near_kink
from parity.bounds.propagation.losses import (
    binary_backward,
    binary_forward,
    certain_logits,
    farthest,
    most_wrong,
    mse_backward,
    mse_forward,
    negative_logits,
    perceptron_backward,
    perceptron_forward,
    squared_error_backward,
    squared_error_forward,
    tail_growth,
)
from parity.bounds.propagation.max_pooling import max_pool_backward, max_pool_forward
from parity.bounds.propagation.multilinear import (
    dropout_backward,
    dropout_forward,
    join_backward,
    join_forward,
    linear_backward,
    linear_forward,
    pad_forward,
    wide_x,
)
from parity.bounds.propagation.normalization import (
    as_moved,
    normalised_backward,
    normalised_forward,
    response_backward,
    response_forward,
)
from parity.bounds.propagation.softmax import (
    cross_entropy_backward,
    cross_entropy_forward,
    cross_entropy_growth,
    softmax_backward,
    softmax_forward,
    softmax_growth,
)
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array


def forward_error(
    function: str, arrays: Arrays, errors: Arrays, options: Options, sides: Sides
) -> Accumulated:
    """The accumulated bound of a function's value."""
    rule = RULES[function]
    with np.errstate(all="ignore"):
        drift = rule.forward(function, arrays, errors, options)
        rounding = forward_bound(function, rule.worst(arrays, errors), options, sides).limit
        return added(drift, _grown(rounding, rule.growth(errors)))


def backward_errors(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options, sides: Sides
) -> dict[str, Accumulated]:
    """The accumulated bound of each gradient; `errors` also holds that of "dy"."""
    rule = RULES[function]
    with np.errstate(all="ignore"):
        drifts = rule.backward(function, dy, arrays, errors, options)
        wide_dy = widened({"dy": dy}, errors)["dy"]
        worst = (rule.worst_backward or rule.worst)(arrays, errors)
        bounds = backward_bounds(function, wide_dy, worst, options, sides)
        growth = rule.growth(errors)
        return {
            name: added(drift, _grown(bounds[name].limit, growth)) for name, drift in drifts.items()
        }


def _grown(rounding: Array, growth: float) -> Array:
    return rounding if growth == 1 else rounding * growth


RULES: dict[str, Rule] = {
    "conv2d": Rule(linear_forward, linear_backward, widened),
    "linear": Rule(linear_forward, linear_backward, widened),
    "conv_transpose2d": Rule(linear_forward, linear_backward, widened),
    "avg_pool2d": Rule(linear_forward, linear_backward, widened),
    "adaptive_avg_pool2d": Rule(linear_forward, linear_backward, widened),
    "global_avg_pool": Rule(linear_forward, linear_backward, widened),
    "mean": Rule(linear_forward, linear_backward, widened),
    "flatten": Rule(linear_forward, linear_backward, widened),
    "pad": Rule(pad_forward, join_backward, centre),
    "add": Rule(join_forward, join_backward, widened),
    "multiply": Rule(multiply_forward, multiply_backward, widened),
    "concatenate": Rule(join_forward, join_backward, centre),
    "transpose": Rule(join_forward, join_backward, centre),
    "reshape": Rule(join_forward, join_backward, centre),
    "channel_shuffle": Rule(join_forward, join_backward, centre),
    "slice_axis": Rule(join_forward, join_backward, centre),
    "relu": Rule(bent_forward, bent_backward, centre),
    "leaky_relu": Rule(bent_forward, bent_backward, left_of_zero),
    "sigmoid": Rule(smooth_forward, smooth_backward, saturated),
    "tanh": Rule(smooth_forward, smooth_backward, saturated),
    "softplus": Rule(bending_forward, bending_backward, widened, growth),
    "silu": Rule(bending_forward, bending_backward, widened, growth),
    "gelu": Rule(bending_forward, bending_backward, widened, growth),
    "elu": Rule(bending_forward, bending_backward, left_of_zero, worst_backward=at_the_kink),
    "prelu": Rule(prelu_forward, prelu_backward, all_below),
    "hardsigmoid": Rule(hardsigmoid_forward, hardsigmoid_backward, between_the_kinks, near_kink),
    "hardswish": Rule(hardswish_forward, hardswish_backward, widened, near_kink, between_the_kinks),
    "dropout": Rule(dropout_forward, dropout_backward, wide_x),
    "batch_norm": Rule(normalised_forward, normalised_backward, as_moved),
    "layer_norm": Rule(normalised_forward, normalised_backward, as_moved),
    "group_norm": Rule(normalised_forward, normalised_backward, as_moved),
    "local_response_norm": Rule(response_forward, response_backward, as_moved),
    "max_pool2d": Rule(max_pool_forward, max_pool_backward, centre),
    "adaptive_max_pool2d": Rule(max_pool_forward, max_pool_backward, centre),
    "global_max_pool": Rule(max_pool_forward, max_pool_backward, centre),
    "softmax": Rule(softmax_forward, softmax_backward, centre, softmax_growth),
    "cross_entropy": Rule(
        cross_entropy_forward, cross_entropy_backward, centre, cross_entropy_growth
    ),
    "binary_cross_entropy_with_logits": Rule(
        binary_forward, binary_backward, negative_logits, tail_growth, certain_logits
    ),
    "perceptron_loss": Rule(perceptron_forward, perceptron_backward, most_wrong),
    "mse_loss": Rule(mse_forward, mse_backward, farthest),
    "squared_error": Rule(squared_error_forward, squared_error_backward, farthest),
}
