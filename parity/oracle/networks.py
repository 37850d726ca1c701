"""A graph of layers in torch, and what autograd finds behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from parity.cases.case import Array
from parity.oracle.arrays import CONTIGUOUS, laid_out, recorded, to_array, to_tensor
from parity.oracle.called import value_of
from parity.oracle.calling import asked, recording
from parity.oracle.layer import Calls
from parity.oracle.torch_functions import FUNCTIONS


@dataclass(frozen=True)
class NetworkLayer:
    """A layer for torch: function, whose outputs it takes, parameters, constants, options."""

    function: str
    inputs: tuple[str, ...]
    parameters: Mapping[str, Array]
    constants: Mapping[str, Array]
    options: Mapping[str, Any]


@dataclass(frozen=True)
class NetworkResult:
    """A network's forward and backward in torch, all by the layer's name."""

    inputs: dict[str, tuple[Array, ...]]
    outputs: dict[str, Array]
    dinputs: dict[str, tuple[Array, ...]]  # ∂L/∂(input of the layer), this layer's part alone
    doutputs: dict[str, Array]  # ∂L/∂(output of the layer), and of "x", the network's input
    dparameters: dict[str, dict[str, Array]]
    loss: Array


@recording
def network(
    layers: Mapping[str, NetworkLayer],
    x: Array,
    target: Array,
    loss: str = "cross_entropy",
    loss_options: Mapping[str, Any] | None = None,
    device: str = "cpu",
    layout: str = CONTIGUOUS,
) -> NetworkResult:
    """Run a graph of layers and a loss, and everything autograd finds behind it.

    Without a loss, target is the upstream gradient: L = Σ output · target.
    """
    parameters = {
        name: {
            key: laid_out(to_tensor(p, device), layout).requires_grad_()
            for key, p in layer.parameters.items()
        }
        for name, layer in layers.items()
    }
    values = {"x": laid_out(to_tensor(x, device), layout).requires_grad_()}
    taken: dict[str, tuple[Tensor, ...]] = {}
    for name, layer in layers.items():
        # A view for each layer that takes a value: its gradient is that layer's part alone.
        taken[name] = tuple(values[source].view_as(values[source]) for source in layer.inputs)
        constants = {key: to_tensor(c, device) for key, c in layer.constants.items()}
        with asked(name):
            values[name] = _output(layer, taken[name], {**parameters[name], **constants})
    output = list(values.values())[-1]
    goal = to_tensor(target, device)
    with asked(loss):
        total = (
            FUNCTIONS[loss](output, goal, **(loss_options or {})) if loss else (output * goal).sum()
        )
    edges = [tensor for tensors in taken.values() for tensor in tensors]
    leaves = [p for layer in parameters.values() for p in layer.values()]
    with asked():
        found = torch.autograd.grad(total, [*values.values(), *edges, *leaves])
    grads = map(recorded, found)
    return NetworkResult(
        doutputs={name: next(grads) for name in values},
        dinputs={name: tuple(next(grads) for _ in taken[name]) for name in layers},
        dparameters={n: {key: next(grads) for key in ps} for n, ps in parameters.items()},
        inputs={name: tuple(map(recorded, taken[name])) for name in layers},
        outputs={name: recorded(values[name]) for name in layers},
        loss=to_array(total),
    )


def _output(layer: NetworkLayer, taken: tuple[Tensor, ...], others: Mapping[str, Tensor]) -> Tensor:
    """A layer's output; several inputs have no names."""
    if len(taken) > 1:
        return FUNCTIONS[layer.function](*taken, *others.values(), **layer.options)
    return value_of(layer.function, {"x": taken[0], **others}, layer.options)


def network_calls(layers: Mapping[str, NetworkLayer], x: Array, target: Array, loss: str) -> Calls:
    """A network and its loss, and autograd to x and every parameter: for timing."""
    inputs, answers = to_tensor(x, "cpu").requires_grad_(), to_tensor(target, "cpu")
    parameters = {
        name: {key: to_tensor(p, "cpu").requires_grad_() for key, p in layer.parameters.items()}
        for name, layer in layers.items()
    }
    constants = {
        name: {key: to_tensor(c, "cpu") for key, c in layer.constants.items()}
        for name, layer in layers.items()
    }

    def value() -> Tensor:
        values = {"x": inputs}
        for name, layer in layers.items():
            taken = tuple(values[source] for source in layer.inputs)
            values[name] = _output(layer, taken, {**parameters[name], **constants[name]})
        return FUNCTIONS[loss](values[name], answers)

    def forward() -> Tensor:
        with torch.no_grad():
            return value()

    leaves = [inputs, *(p for layer in parameters.values() for p in layer.values())]
    return Calls(forward, lambda: torch.autograd.grad(value(), leaves))


def descend(value: Array, gradient: Array, learning_rate: float, device: str = "cpu") -> Array:
    """What torch.optim.SGD does in a step; the class itself takes a second to import."""
    return to_array(
        to_tensor(value, device).add_(to_tensor(gradient, device), alpha=-learning_rate)
    )
