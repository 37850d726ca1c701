"""What a described network's tensors are called, and which layers take which output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.cases.network_case import Described, Loss

ACTIVATIONS = ("relu", "leaky_relu", "sigmoid", "tanh", "softmax")
SUM = "dsum"  # the gradient of an output that several layers take
RUNNING = "running"  # mean and variance that a batch normalisation in training leaves


class Tensor(NamedTuple):
    """One tensor of a network: its layer, the layer's function, its name in the reports."""

    layer: str
    function: str
    name: str


def output_name(function: str) -> str:
    """z before an activation, a behind it, y elsewhere."""
    return {"conv2d": "z", "linear": "z"}.get(function, "a" if function in ACTIVATIONS else "y")


def gradient_name(function: str, name: str = "x") -> str:
    """delta is ∂L/∂z, the gradient to the input of an activation."""
    return "delta" if function in ACTIVATIONS else f"d{name}"


def input_names(function: str, count: int) -> tuple[str, ...]:
    """What a function calls the outputs of other layers that it takes."""
    return FUNCTIONS[function].inputs[:count]


def consumers(architecture: Mapping[str, Described]) -> dict[str, list[tuple[str, int]]]:
    """For "x" and each layer: who takes its output, and as which of its inputs."""
    takers: dict[str, list[tuple[str, int]]] = {name: [] for name in ("x", *architecture)}
    for name, said in architecture.items():
        for position, source in enumerate(said.inputs):
            takers[source].append((name, position))
    return takers


def loss_arrays(loss: Loss, output: Array, target: Array) -> dict[str, Array]:
    """The arguments of a loss by their names."""
    return {FUNCTIONS[loss.function].inputs[0]: output, "target": target}


def loss_gradient_name(loss: Loss) -> str:
    """dlogits, or doutput."""
    return f"d{FUNCTIONS[loss.function].inputs[0]}"
