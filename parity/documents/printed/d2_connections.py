"""D2's first part as printed: with what a neuron is connected, and who shares a kernel."""

from __future__ import annotations

from typing import Any

from parity.documents.printed.notation import Array, total


# D2.7: how many neurons of the layer before one neuron is connected with.
def connected_when_convolving(kernel: Array) -> int:
    """Only those in the window: as many as the kernel has entries, 9 for 3×3."""
    return kernel.size


def connected_when_dense(height: int, width: int) -> int:
    """All of them."""
    return height * width


def dense_neuron(pixels: Array, weights: Array) -> Any:
    """A neuron that is connected with every pixel, each connection with a weight of its own."""
    return total(x * w for x, w in zip(pixels, weights, strict=True))


# D2.31: 1024×1024, a convolution instead of full connections: what there is less of.
FEWER = {"parameters": True, "operations": True}


# D2.32
def neurons_that_use_a_weight(maps: int, height: int, width: int) -> int:
    """All neurons of a layer: they share the kernel."""
    return maps * height * width


def is_connected_with_all(kernel: tuple[int, int], image: tuple[int, int]) -> bool:
    """Never: the neurons of convolutional layers are connected locally, whatever the sizes."""
    return False
