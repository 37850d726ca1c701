"""AlexNet at full size, on the photograph and its mirror image."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from parity.cases.photograph import images
from refimpl import Sequential, alexnet

ARCHITECTURE = {
    "conv1": described("conv2d", stride=4),
    "relu1": described("relu"),
    "pool1": described("max_pool2d", kernel_size=3, stride=2),
    "conv2": described("conv2d", padding=2),
    "relu2": described("relu"),
    "pool2": described("max_pool2d", kernel_size=3, stride=2),
    "conv3": described("conv2d", padding=1),
    "relu3": described("relu"),
    "conv4": described("conv2d", padding=1),
    "relu4": described("relu"),
    "conv5": described("conv2d", padding=1),
    "relu5": described("relu"),
    "pool5": described("max_pool2d", kernel_size=3, stride=2),
    "flatten": described("flatten"),
    "fc1": described("linear"),
    "relu6": described("relu"),
    "dropout": described("dropout", p=0.5),
    "fc2": described("linear"),
    "relu7": described("relu"),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Sequential:
    """Half of the first dense layer's values are dropped, at random but seeded."""
    return alexnet(rng, rng.random((2, 4096)) < 1 / 2)


def _batches(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(images("float64"), rng.integers(0, 1000, 2)) for _ in range(steps)]


ALEXNET = NetworkCase(
    "alexnet", _network, ARCHITECTURE, _batches, documents=("D2.13", "D2.29"), full=True
)
