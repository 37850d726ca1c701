"""Gradient descent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from refimpl import linear_models, losses
from refimpl.checks import (
    check_arrays,
    check_choice,
    check_int,
    check_not_negative,
    check_number,
    check_same_shape,
)
from refimpl.elements import Array, parameter, zeros
from refimpl.network_checks import check_known, check_pair
from refimpl.networks import Network, NetworkGrads
from refimpl.optimizing import Optimizer


class Loss(NamedTuple):
    """A loss that a network can be trained on: where it stands, what sums it over the batch."""

    module: ModuleType
    summed: Mapping[str, Any]  # options


LOSSES: Mapping[str, Loss] = {
    "cross_entropy": Loss(losses, {"reduction": "sum"}),
    "squared_error": Loss(losses, {}),
    "mse_loss": Loss(losses, {"reduction": "sum"}),
    "binary_cross_entropy_with_logits": Loss(losses, {"reduction": "sum"}),
    "perceptron_loss": Loss(linear_models, {}),
}


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
    doutput: Array  # ∂L/∂(output of the network): logits, or probabilities
    grads: NetworkGrads


def loss_and_grads(
    network: Network, x: Array, target: Array, loss: str = "cross_entropy", **options: Any
) -> Step:
    """Forward, loss, backward: the loss of a batch and all its gradients.

    Shapes: x (N, …), target as the loss takes it. loss: a name of `LOSSES`; options are its own,
    for example reduction="sum".
    Raises: ValueError for an unknown loss.
    Source: D0.14, D1.7, D2.29.

    >>> from refimpl import Linear, Sequential
    >>> network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    >>> loss_and_grads(network, np.array([[3.0]]), np.array([1])).grads.dparameters["fc"]["bias"]
    array([ 0.5, -0.5])
    """
    check_choice("loss_and_grads", "loss", loss, tuple(LOSSES))
    activations = network.activations(x)
    value = getattr(LOSSES[loss].module, loss)(activations[-1], target, **options)
    one = zeros((), like=value) + 1
    backward = getattr(LOSSES[loss].module, f"{loss}_backward")
    doutput = backward(one, activations[-1], target, **options)
    return Step(activations, value, doutput, network.backward(doutput, activations))


def update(
    network: Network,
    dparameters: Mapping[str, Mapping[str, Array]],
    learning_rate: Any,
    optimizer: Optimizer | None = None,
) -> None:
    """`descend` on every parameter of every layer, or a step of an optimiser.

    Wˡ ← Wˡ − α ∂J/∂Wˡ,  bˡ ← bˡ − α ∂J/∂bˡ

    Shapes: each gradient as its parameter.
    Raises: ValueError for a layer that is not there or a gradient of another shape.
    Source: D0.14.

    >>> from refimpl import Linear, Sequential
    >>> layer = Linear(np.zeros((1, 1)), np.zeros(1))
    >>> update(Sequential({"fc": layer}), {"fc": {"bias": np.array([2.0])}}, 0.5)
    >>> layer.parameters["bias"]
    array([-1.])
    """
    for name, gradients in dparameters.items():
        check_known("update", "layer", name, network.layers)
        parameters = network.layers[name].parameters
        for key, gradient in gradients.items():
            check_known("update", f"parameter of {name!r}", key, parameters)
            given = parameters[key], gradient, learning_rate
            parameters[key] = optimizer.step(name, key, *given) if optimizer else descend(*given)


def train(
    network: Network,
    batches: Iterable[tuple[Array, Array]],
    learning_rate: Any,
    loss: str = "cross_entropy",
    optimizer: Optimizer | None = None,
    **options: Any,
) -> Iterator[Step]:
    """Gradient descent, one step for each batch (x, target); yields each `Step` as it is done.

    optimizer: one that steps otherwise, for this training alone; it is written to.

    Shapes: x (N, …), target as the loss takes it; N may differ from batch to batch. loss and
    options as in `loss_and_grads`.
    Source: D0.14.

    >>> from refimpl import Linear, Sequential
    >>> network = Sequential({"fc": Linear(np.zeros((2, 1)), np.zeros(2))})
    >>> batch = np.array([[3.0]]), np.array([1])
    >>> [round(float(step.loss), 3) for step in train(network, [batch, batch], 1.0)]
    [0.693, 0.0]
    """
    for batch in batches:
        check_pair("train", "batches", batch)
        x, target = batch
        step = loss_and_grads(network, x, target, loss, **options)
        update(network, step.grads.dparameters, learning_rate, optimizer)
        yield step


class Descent(NamedTuple):
    """How a gradient descent ended: the loss before each iteration, and whether it converged."""

    losses: list[Array]
    converged: bool


def gradient_descent(
    network: Network,
    x: Array,
    target: Array,
    learning_rate: Any,
    tolerance: Any,
    max_iterations: int,
    loss: str = "cross_entropy",
    **options: Any,
) -> Descent:
    """Gradient descent on one batch until the change is small or the iterations run out.

    Wˡ ← Wˡ − α Σ_i ∂J_i/∂Wˡ,  bˡ ← bˡ − α Σ_i ∂J_i/∂bˡ
    It has converged once every element of every parameter changes by less than the tolerance ε.

    The gradients are sums over the batch: reduction="sum" where the loss has a reduction and
    options do not say otherwise.

    Shapes: x (N, …), target as the loss takes it. max_iterations: at least 0.
    Raises: ValueError for an unknown loss and for a tolerance below 0, TypeError for
    a tolerance or learning rate that is no number.
    Source: D0.14.

    >>> from refimpl import Linear, Sequential
    >>> network = Sequential({"fc": Linear(np.array([[1.0]]), np.array([0.0]))})
    >>> x, target = np.array([[1.0], [2.0]]), np.array([[3.0], [5.0]])
    >>> end = gradient_descent(network, x, target, 0.25, 1e-6, 1000, "squared_error")
    >>> end.converged, network.layers["fc"].parameters["weight"].round(4)
    (True, array([[2.]]))
    """
    where = "gradient_descent"
    check_int(where, "max_iterations", max_iterations, 0)
    check_number(where, "learning_rate", learning_rate, np.asarray(x))
    check_number(where, "tolerance", tolerance, np.asarray(x))
    check_not_negative(where, "tolerance", tolerance)
    check_choice(where, "loss", loss, tuple(LOSSES))
    options = {**LOSSES[loss].summed, **options}
    values: list[Array] = []
    for _ in range(max_iterations):
        before = _parameters(network)
        step = next(train(network, [(x, target)], learning_rate, loss, **options))
        values.append(step.loss)
        changes = (abs(b - a) for a, b in zip(before, _parameters(network), strict=True))
        if all(np.all(change < parameter(tolerance, like=change)) for change in changes):
            return Descent(values, True)
    return Descent(values, False)


def _parameters(network: Network) -> list[Array]:
    return [p for layer in network.layers.values() for p in layer.parameters.values()]
