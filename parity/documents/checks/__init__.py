"""The evidence of every row; importing this registers all of it."""

from parity.documents.checks import (
    d0,
    d1_backward,
    d1_cnn,
    d1_counts,
    d1_depth,
    d1_mlp,
    d1_perceptron,
    d1_softmax,
    d2_softmax,
    d3,
    d4_architecture,
    d4_backward,
    d4_convolution,
    d4_derivatives,
    d4_forward,
    d4_networks,
)

__all__ = [
    "d0",
    "d1_backward",
    "d1_cnn",
    "d1_counts",
    "d1_depth",
    "d1_mlp",
    "d1_perceptron",
    "d1_softmax",
    "d2_softmax",
    "d3",
    "d4_architecture",
    "d4_backward",
    "d4_convolution",
    "d4_derivatives",
    "d4_forward",
    "d4_networks",
]
