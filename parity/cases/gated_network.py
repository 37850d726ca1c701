"""A network with a gate of each map: squeeze and excitation, means over axes, products, a bias."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.cases.network_case import NetworkCase, described
from refimpl import (
    Add,
    Conv2d,
    Linear,
    Mean,
    Multiply,
    Network,
    ReLU,
    Sigmoid,
    uniform,
)

ARCHITECTURE = {
    "conv": described("conv2d", padding=1),
    "relu": described("relu"),
    "squeeze": described("mean", axis=(2, 3), keepdims=True),
    "fewer": described("conv2d"),
    "relu2": described("relu"),
    "more": described("conv2d"),
    "gate": described("sigmoid"),
    "scale": described("multiply", "relu", "gate"),
    "shift": described("add", "scale", "squeeze"),
    "pool": described("mean", axis=(-1, -2)),
    "output": described("linear"),
}


def _network(rng: np.random.Generator) -> Network:
    """conv 6@3×2 → ReLU → each map times its gate, plus its mean → means → dense 4.

    Source: Hu et al. 2018, "Squeeze-and-excitation networks": the gate is σ of two dense layers
    on the maps' means.
    """
    return Network(
        {
            "conv": Conv2d(uniform(rng, (6, 2, 3, 2), 1), rng.normal(size=6) / 10, padding=1),
            "relu": ReLU(),
            "squeeze": Mean((2, 3), keepdims=True),
            "fewer": Conv2d(uniform(rng, (3, 6, 1, 1), 1), rng.normal(size=3)),
            "relu2": ReLU(),
            "more": Conv2d(uniform(rng, (6, 3, 1, 1), 1), rng.normal(size=6)),
            "gate": Sigmoid(),
            "scale": Multiply(),
            "shift": Add(),
            "pool": Mean((-1, -2)),
            "output": Linear(uniform(rng, (4, 6), 1), rng.normal(size=4) / 10),
        },
        {"scale": ("relu", "gate"), "shift": ("scale", "squeeze")},
    )


def _images(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    return [(rng.normal(size=(5, 2, 7, 4)), rng.integers(0, 4, 5)) for _ in range(steps)]


GATED = NetworkCase(
    "gated",
    _network,
    ARCHITECTURE,
    _images,
    documents=("D0.9", "D2.29"),
    steps=4,
    learning_rate=0.1,
)
