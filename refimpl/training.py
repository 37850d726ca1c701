"""Gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from refimpl.elements import Array, parameter, zeros
from refimpl.losses import cross_entropy, cross_entropy_backward
from refimpl.networks import NetworkGrads, Sequential
from refimpl.shapes import check_arrays, check_known, check_number, check_same_shape


def descend(value: Array, gradient: Array, learning_rate: Any) -> Array:
    """One step of gradient descent, W − α · ∂J/∂W.

    Shapes: value and gradient alike.
    Raises: ValueError if the shapes differ.
    Source: D0.14.

    >>> descend(np.array([1.0, 2.0]), np.array([10.0, -10.0]), 0.5)
    array([-4.,  7.])
    """
    value, gradient = check_arrays("descend", value=value, gradient=gradient)
    check_number("descend", "learning_rate", learning_rate, value)
    check_same_shape("descend", "value", value, "gradient", gradient)
    stepped: Array = value - parameter(learning_rate, like=value) * gradient
    return stepped


class Step(NamedTuple):
    """The activations and the loss before a step of training, and its gradients."""

    activations: list[Array]
    loss: Array
    dlogits: Array
    grads: NetworkGrads


def loss_and_grads(network: Sequential, x: Array, target: Array) -> Step:
    """Forward, `cross_entropy`, backward: the loss of a batch and all its gradients.

    Shapes: x (N, …), target as in `cross_entropy`.
    Source: D0.14, D2.29.

    >>> from refimpl import Linear
    >>> network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    >>> loss_and_grads(network, np.array([[3.0]]), np.array([1])).grads.dparameters["fc"]["bias"]
    array([ 0.5, -0.5])
    """
    activations = network.activations(x)
    loss = cross_entropy(activations[-1], target)
    dlogits = cross_entropy_backward(zeros((), like=loss) + 1, activations[-1], target)
    return Step(activations, loss, dlogits, network.backward(dlogits, activations))


def update(
    network: Sequential, dparameters: Mapping[str, Mapping[str, Array]], learning_rate: Any
) -> None:
    """`descend` on every parameter of every layer.

    Wˡ ← Wˡ − α ∂J/∂Wˡ,  bˡ ← bˡ − α ∂J/∂bˡ

    Shapes: each gradient as its parameter.
    Raises: ValueError for a layer that is not there or a gradient of another shape.
    Source: D0.14.

    >>> from refimpl import Linear
    >>> layer = Linear(np.zeros((1, 1)), np.zeros(1))
    >>> update(Sequential({"fc": layer}), {"fc": {"bias": np.array([2.0])}}, 0.5)
    >>> layer.parameters["bias"]
    array([-1.])
    """
    for name, gradients in dparameters.items():
        check_known("update", "layer", name, network.layers)
        parameters = network.layers[name].parameters
        for key, gradient in gradients.items():
            parameters[key] = descend(parameters[key], gradient, learning_rate)


def train(
    network: Sequential, batches: Iterable[tuple[Array, Array]], learning_rate: Any
) -> Iterator[Step]:
    """Gradient descent, one step for each batch (x, target); yields each `Step` as it is done.

    Shapes: x (N, …), target as in `cross_entropy`; N may differ from batch to batch.
    Source: D0.14.

    >>> from refimpl import Linear
    >>> network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    >>> batch = np.array([[3.0]]), np.array([1])
    >>> [round(float(step.loss), 3) for step in train(network, [batch, batch], 1.0)]
    [0.693, 0.0]
    """
    for x, target in batches:
        step = loss_and_grads(network, x, target)
        update(network, step.grads.dparameters, learning_rate)
        yield step
