"""All known mistakes: each file enters its own in MISTAKES as it is imported."""

from __future__ import annotations

from parity.mistakes import (  # each file enters its own in MISTAKES
    activations,
    average_pooling,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    sampling,
    weighted_pooling,
)
from parity.mistakes.mistake import MISTAKES, Mistake, control

__all__ = ["MISTAKES", "Mistake", "control"]

_ = (
    activations,
    average_pooling,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    sampling,
    weighted_pooling,
)
