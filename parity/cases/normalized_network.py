"""A network with every kind of normalisation: batch, in use, group, neighbours, layer."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from refimpl import (
    BatchNorm,
    Conv2d,
    Flatten,
    GroupNorm,
    LayerNorm,
    Linear,
    LocalResponseNorm,
    ReLU,
    Sequential,
    uniform,
)

ARCHITECTURE = {
    "conv": described("conv2d", padding=1),
    "relu": described("relu"),
    "batch": described("batch_norm", training=True),
    "group": described("group_norm", num_groups=3, eps=0.01),
    "response": described("local_response_norm", size=3, alpha=0.5, beta=0.75, k=2.0),
    "in use": described("batch_norm", eps=0.01),
    "flatten": described("flatten"),
    "fc": described("linear"),
    "layer": described("layer_norm", normalized_shape=(8,), eps=0.001),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Sequential:
    """Weights of the normalisations around 1, biases around 0."""

    def affine(size: int) -> tuple[Array, Array]:
        return 1 + rng.normal(size=size) / 4, rng.normal(size=size) / 10

    return Sequential(
        {
            "conv": Conv2d(uniform(rng, (6, 2, 3, 2), 1), rng.normal(size=6) / 10, padding=1),
            "relu": ReLU(),
            "batch": BatchNorm(*affine(6), training=True),
            "group": GroupNorm(*affine(6), 3, eps=0.01),
            "response": LocalResponseNorm(3, alpha=0.5, beta=0.75, k=2.0),
            "in use": BatchNorm(*affine(6), rng.normal(size=6), rng.uniform(0.5, 2, 6), eps=0.01),
            "flatten": Flatten(),
            "fc": Linear(uniform(rng, (8, 6 * 5 * 5), 1), rng.normal(size=8) / 10),
            "layer": LayerNorm(*affine(8), eps=0.001),
            "output": Linear(uniform(rng, (4, 8), 1), rng.normal(size=4) / 10),
        }
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(5, 2, 5, 4)), rng.integers(0, 4, 5)) for _ in range(steps)]


NORMALIZED = NetworkCase(
    "normalized",
    _network,
    ARCHITECTURE,
    _images,
    documents=("D0.9", "D2.29"),
    steps=10,
    learning_rate=0.05,
)
