"""A chain of layers, and the networks that the documents describe."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from refimpl.elements import Array
from refimpl.layers import AvgPool2d, Conv2d, Flatten, Layer, Linear, Sigmoid
from refimpl.shapes import check_count, check_named


class NetworkGrads(NamedTuple):
    """∂L/∂(input of each layer), and ∂L/∂parameters of each layer, by the layer's name."""

    dx: dict[str, Array]
    dparameters: dict[str, dict[str, Array]]


class Sequential:
    """Layers in a row: the output of each is the input of the next.

    >>> network = Sequential({"fc": Linear(np.array([[2.0]]), np.array([1.0])), "act": Sigmoid()})
    >>> network.forward(np.array([[-0.5]]))
    array([[0.5]])
    """

    def __init__(self, layers: Mapping[str, Layer]) -> None:
        check_named("Sequential", "layers", layers)
        self.layers = dict(layers)

    def forward(self, x: Array) -> Array:
        """The output of the last layer."""
        return self.activations(x)[-1]

    def activations(self, x: Array) -> list[Array]:
        """x and the output of every layer, in order: a⁰, a¹, … aᴸ (D0.9)."""
        outputs = [x]
        for layer in self.layers.values():
            outputs.append(layer.forward(outputs[-1]))
        return outputs

    def backward(self, dy: Array, activations: list[Array]) -> NetworkGrads:
        """Every gradient, given ∂L/∂output and what `activations` gave (D0.14, D2.29)."""
        check_count("Sequential.backward", "activations", activations, len(self.layers) + 1)
        grads = NetworkGrads({}, {})
        for (name, layer), x in zip(
            reversed(self.layers.items()), reversed(activations[:-1]), strict=True
        ):
            dy, dparameters = layer.backward(dy, x)
            grads.dx[name] = dy
            grads.dparameters[name] = dparameters
        return grads


def uniform(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> Array:
    """Weights uniform in ±gain·√(6/(fan_in + fan_out)).

    Shapes: (C_out, C_in, *K) or (features_out, features_in).
    Source: Glorot & Bengio 2010, "Understanding the difficulty of training deep feedforward
    neural networks"; their gain for tanh is 1, for sigmoid 4.

    >>> uniform(np.random.default_rng(0), (2, 4), 1.0).shape
    (2, 4)
    """
    field = prod(shape[2:])
    limit = gain * np.sqrt(6 / ((shape[0] + shape[1]) * field))
    return rng.uniform(-limit, limit, shape)


def lenet(rng: np.random.Generator) -> Sequential:
    """LeNet: two 5×5 convolutions, two average poolings, dense 120 and 84, ten outputs, sigmoid.

    conv1 6@5×5 → sigmoid → mean 2×2 → conv2 16@5×5 → sigmoid → mean 2×2 → 120 → 84 → 10

    Shapes: (N, 1, 32, 32) -> logits (N, 10). The loss is `cross_entropy`.
    Source: D2.11; 32×32, 6 and 16 maps from LeCun et al. 1998, "Gradient-based learning applied
    to document recognition"; initial weights `uniform` with the gain 4 for sigmoid.

    >>> lenet(np.random.default_rng(0)).forward(np.zeros((2, 1, 32, 32))).shape
    (2, 10)
    """

    def conv(c_out: int, c_in: int) -> Conv2d:
        return Conv2d(uniform(rng, (c_out, c_in, 5, 5), 4), np.zeros(c_out))

    def dense(outputs: int, inputs: int, gain: float = 4) -> Linear:
        return Linear(uniform(rng, (outputs, inputs), gain), np.zeros(outputs))

    return Sequential(
        {
            "conv1": conv(6, 1),
            "sigmoid1": Sigmoid(),
            "pool1": AvgPool2d(2),
            "conv2": conv(16, 6),
            "sigmoid2": Sigmoid(),
            "pool2": AvgPool2d(2),
            "flatten": Flatten(),
            "fc1": dense(120, 16 * 5 * 5),
            "sigmoid3": Sigmoid(),
            "fc2": dense(84, 120),
            "sigmoid4": Sigmoid(),
            "output": dense(10, 84, gain=1),
        }
    )
