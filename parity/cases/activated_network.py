"""A network of the smooth activations and those made of pieces, with group and layer norm."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from refimpl import (
    ELU,
    GELU,
    AdaptiveMaxPool2d,
    Conv2d,
    Flatten,
    GroupNorm,
    Hardsigmoid,
    Hardswish,
    LayerNorm,
    Linear,
    PReLU,
    Sequential,
    SiLU,
    Softplus,
    uniform,
)

ARCHITECTURE = {
    "conv1": described("conv2d", padding=1),
    "group": described("group_norm", num_groups=2),
    "gelu": described("gelu"),
    "conv2": described("conv2d"),
    "silu": described("silu"),
    "hardswish": described("hardswish"),
    "prelu": described("prelu"),
    "pool": described("adaptive_max_pool2d", output_size=(3, 2)),
    "flatten": described("flatten"),
    "fc1": described("linear"),
    "layer": described("layer_norm", normalized_shape=(7,)),
    "elu": described("elu"),
    "gelu by tanh": described("gelu", approximate="tanh"),
    "softplus": described("softplus", beta=2.0),
    "fc2": described("linear"),
    "hardsigmoid": described("hardsigmoid"),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Sequential:
    """conv 6@3×2 → group norm → GELU → conv 5@2×3 → SiLU … → dense 7 → layer norm → ELU … → 4."""

    def affine(size: int) -> tuple[Array, Array]:
        return 1 + rng.normal(size=size) / 4, rng.normal(size=size) / 10

    return Sequential(
        {
            "conv1": Conv2d(uniform(rng, (6, 2, 3, 2), 1), padding=1),
            "group": GroupNorm(*affine(6), 2),
            "gelu": GELU(),
            "conv2": Conv2d(uniform(rng, (5, 6, 2, 3), 2), rng.normal(size=5) / 10),
            "silu": SiLU(),
            "hardswish": Hardswish(),
            "prelu": PReLU(rng.uniform(0.1, 0.5, 5)),
            "pool": AdaptiveMaxPool2d((3, 2)),
            "flatten": Flatten(),
            "fc1": Linear(uniform(rng, (7, 5 * 3 * 2), 1)),
            "layer": LayerNorm(*affine(7)),
            "elu": ELU(),
            "gelu by tanh": GELU("tanh"),
            "softplus": Softplus(2.0),
            "fc2": Linear(uniform(rng, (6, 7), 2), rng.normal(size=6) / 10),
            "hardsigmoid": Hardsigmoid(),
            "output": Linear(uniform(rng, (4, 6), 1), rng.normal(size=4) / 10),
        }
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Random images and their classes: the same at every step."""
    return [(rng.normal(size=(3, 2, 6, 5)), rng.integers(0, 4, 3))] * steps


ACTIVATED = NetworkCase(
    "activated", _network, ARCHITECTURE, _images, documents=(), steps=5, learning_rate=0.1
)
