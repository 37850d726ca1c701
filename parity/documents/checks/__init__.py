"""The evidence of every row; importing this registers all of it."""

from parity.documents.checks import (
    d0_backward,
    d0_forward,
    d0_network,
    d1_cnn,
    d2_softmax,
    d3_convolution,
    d3_gradients,
    d4_architecture,
    d4_backward,
    d4_convolution,
    d4_derivatives,
    d4_forward,
    d4_networks,
)

__all__ = [
    "d0_backward",
    "d0_forward",
    "d0_network",
    "d1_cnn",
    "d2_softmax",
    "d3_convolution",
    "d3_gradients",
    "d4_architecture",
    "d4_backward",
    "d4_convolution",
    "d4_derivatives",
    "d4_forward",
    "d4_networks",
]
