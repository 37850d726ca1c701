"""The evidence of every row; importing this registers all of it."""

from parity.documents.checks import (
    d0,
    d1_cnn,
    d2_backward,
    d2_convolution,
    d2_dense,
    d2_filters,
    d2_networks,
    d2_pooling,
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
    "d1_cnn",
    "d2_backward",
    "d2_convolution",
    "d2_dense",
    "d2_filters",
    "d2_networks",
    "d2_pooling",
    "d2_softmax",
    "d3",
    "d4_architecture",
    "d4_backward",
    "d4_convolution",
    "d4_derivatives",
    "d4_forward",
    "d4_networks",
]
