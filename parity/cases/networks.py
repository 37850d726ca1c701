"""The networks that are run end to end, as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from parity.cases.case import FLOATS, Array, generator
from parity.cases.digits import batches
from refimpl import (
    Conv2d,
    Flatten,
    Layer,
    LeakyReLU,
    Linear,
    MaxPool2d,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    lenet,
)
from refimpl.networks import uniform


@dataclass(frozen=True)
class NetworkCase:
    """A network and its batches: the first is compared tensor by tensor, all are trained on."""

    name: str
    build: Callable[[np.random.Generator], Sequential]
    batches: Callable[[int, np.random.Generator], list[tuple[Array, Array]]]
    documents: tuple[str, ...]
    steps: int = 0  # of gradient descent; 0: no training
    learning_rate: float = 0.0
    dtypes: tuple[str, ...] = FLOATS

    def network(self, dtype: str, seed: int) -> Sequential:
        """The network with its initial parameters in a dtype."""
        network = self.build(generator(seed, self.name, "parameters"))
        for layer in network.layers.values():
            layer.parameters = {k: p.astype(dtype) for k, p in layer.parameters.items()}
        return network

    def data(self, dtype: str, seed: int) -> list[tuple[Array, Array]]:
        """The batches (x, class indices) in a dtype: one for each step, at least one."""
        drawn = self.batches(max(1, self.steps), generator(seed, self.name, "batches"))
        return [(x.astype(dtype), target) for x, target in drawn]


def _small(activation: Layer) -> Callable[[np.random.Generator], Sequential]:
    """conv 3@3×2, stride (2, 1) → activation → max 2×3, overlapping → dense 4."""

    def build(rng: np.random.Generator) -> Sequential:
        return Sequential(
            {
                "conv": Conv2d(
                    uniform(rng, (3, 2, 3, 2), 1), rng.normal(size=3) / 10, stride=(2, 1), padding=1
                ),
                "activation": activation,
                "pool": MaxPool2d((2, 3), stride=(1, 2)),
                "flatten": Flatten(),
                "output": Linear(uniform(rng, (4, 3 * 4 * 4), 1), rng.normal(size=4) / 10),
            }
        )

    return build


def _random(steps: int, rng: np.random.Generator) -> list[tuple[Array, Array]]:
    """Batches of five random images of two channels, and their classes."""
    return [(rng.normal(size=(5, 2, 9, 8)), rng.integers(0, 4, 5)) for _ in range(steps)]


NETWORKS = {
    case.name: case
    for case in (
        NetworkCase(
            "lenet",
            lenet,
            batches,
            documents=("D0.9", "D0.14", "D2.11", "D2.29"),
            steps=50,
            learning_rate=0.5,
        ),
        *(
            NetworkCase(f"small_{name}", _small(layer), _random, documents=("D0.9", "D2.29"))
            for name, layer in {
                "relu": ReLU(),
                "leaky_relu": LeakyReLU(0.1),
                "sigmoid": Sigmoid(),
                "tanh": Tanh(),
            }.items()
        ),
    )
}
