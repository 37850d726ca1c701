"""All known mistakes: each file enters its own as it is imported."""

from __future__ import annotations

from parity.mistakes import (  # each file enters its own in MISTAKES or LOSING_DIGITS
    activations,
    adaptive_pooling,
    average_pooling,
    broadcasting,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    normalization,
    optimizers,
    padding,
    piecewise_activations,
    powers,
    rearranging,
    reductions,
    sampling,
    smooth_activations,
    transposed_convolution,
    weighted_pooling,
)
from parity.mistakes.mistake import LOSING_DIGITS, MISTAKES, Mistake, control

__all__ = ["EVERY", "LOSING_DIGITS", "MISTAKES", "Mistake", "control"]

_ = (
    activations,
    adaptive_pooling,
    average_pooling,
    broadcasting,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    normalization,
    optimizers,
    padding,
    piecewise_activations,
    rearranging,
    powers,
    reductions,
    sampling,
    smooth_activations,
    transposed_convolution,
    weighted_pooling,
)

EVERY = {**MISTAKES, **LOSING_DIGITS}
