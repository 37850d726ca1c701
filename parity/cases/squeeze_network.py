"""A small network with a squeeze-and-excitation block: maps weighted by a gate of their own."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from refimpl import (
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    Multiply,
    Network,
    ReLU,
    Sigmoid,
    uniform,
)

ARCHITECTURE = {
    "conv": described("conv2d", padding=1),
    "relu": described("relu"),
    "squeeze": described("global_avg_pool"),
    "fc1": described("conv2d"),
    "relu of fc1": described("relu"),
    "fc2": described("conv2d"),
    "gate": described("sigmoid"),
    "scale": described("multiply", "relu", "gate"),
    "flatten": described("flatten"),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Network:
    """conv 6@3×2 → ReLU → each map by its gate: mean → dense 2 → ReLU → dense 6 → sigmoid; dense 4.

    The dense layers of the gate are 1×1 convolutions, as torchvision has them: their values keep
    the axes along which the gate is repeated. Hu et al. 2018, "Squeeze-and-excitation networks".
    """
    return Network(
        {
            "conv": Conv2d(uniform(rng, (6, 2, 3, 2), 1), padding=1),
            "relu": ReLU(),
            "squeeze": GlobalAvgPool(),
            "fc1": Conv2d(uniform(rng, (2, 6, 1, 1), 1), rng.normal(size=2)),
            "relu of fc1": ReLU(),
            "fc2": Conv2d(uniform(rng, (6, 2, 1, 1), 4), rng.normal(size=6)),
            "gate": Sigmoid(),
            "scale": Multiply(),
            "flatten": Flatten(),
            "output": Linear(uniform(rng, (4, 6 * 5 * 5), 1), rng.normal(size=4) / 10),
        },
        {"scale": ("relu", "gate")},
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Random images and their classes: the same at every step."""
    return [(rng.normal(size=(3, 2, 5, 4)), rng.integers(0, 4, 3))] * steps


SQUEEZE = NetworkCase(
    "squeeze_and_excitation",
    _network,
    ARCHITECTURE,
    _images,
    documents=(),
    steps=5,
    learning_rate=0.1,
)
