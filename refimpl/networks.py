"""Layers joined to a network: a graph, or a chain."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from refimpl.elements import Array
from refimpl.layers import Layer, counted, described, parameters_of
from refimpl.network_checks import (
    check_count,
    check_known,
    check_layer,
    check_named,
    check_not_called,
    check_not_listed,
    check_sources,
    check_used,
)

INPUT = "x"  # what a network calls its own input


class NetworkGrads(NamedTuple):
    """∂L/∂(input of each layer), ∂L/∂parameters, ∂L/∂(output of each layer), by its name.

    dx[name] is an array; of a layer with several inputs a tuple of arrays. doutputs also has
    "x", the input of the network: where several layers take one output, their parts are summed.
    """

    dx: dict[str, Any]
    dparameters: dict[str, dict[str, Array]]
    doutputs: dict[str, Array]


class Network:
    """Layers that take the outputs of others.

    layers: by name, each behind those it takes. inputs: for a layer the names of the layers
    that it takes, "x" for the network's own input; without an entry it takes the layer before.
    The output is that of the last layer.
    Raises: TypeError for what is no layer, ValueError for a source that does not stand before its
    layer, for another number of inputs than the layer takes, for an output that no layer takes,
    and for a layer called "x".
    Source: D0.9, D4.16, D4.18.

    >>> from refimpl.layers import Add, Linear
    >>> layers = {"fc": Linear(np.array([[2.0]]), np.array([1.0])), "add": Add()}
    >>> residual = Network(layers, {"add": ("x", "fc")})  # h = x + f(x)
    >>> residual.forward(np.array([[10.0]]))
    array([[31.]])
    >>> residual
    <Network of 2 layers, 2 parameters
      fc   Linear 1 -> 1, 2 parameters
      add  Add; takes x, fc>
    """

    def __init__(
        self, layers: Mapping[str, Layer], inputs: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        where = type(self).__name__
        given = {} if inputs is None else inputs
        check_named(where, "layers", layers, '{"act": ReLU()}')
        check_named(where, "inputs", given, '{"add": ("x", "fc")}')
        check_not_called(where, INPUT, layers)
        for name in given:
            check_known(where, "layer", name, layers)
        self.layers = dict(layers)
        self.inputs: dict[str, tuple[str, ...]] = {}
        names = [INPUT, *self.layers]
        for position, name in enumerate(self.layers):
            sources = given.get(name, (names[position],))
            check_sources(where, name, sources, names[: position + 1])
            check_layer(where, name, self.layers[name], Layer, sources)
            self.inputs[name] = tuple(sources)
        check_used(where, names, (s for sources in self.inputs.values() for s in sources))

    def __repr__(self) -> str:
        return f"<{listed(type(self).__name__, self.layers, self.inputs)}>"

    def astype(self, dtype: Any) -> None:
        """Turn the parameters of every layer into a dtype; they are float64 to begin with.

        Constants that hold floats, such as running statistics, too.

        >>> from refimpl.layers import Linear
        >>> network = Sequential({"fc": Linear(np.array([[2.0]]), np.array([1.0]))})
        >>> network.astype(np.float32)
        >>> network.forward(np.array([[0.5]], np.float32)).dtype
        dtype('float32')
        """
        for layer in self.layers.values():
            layer.parameters = {key: p.astype(dtype) for key, p in layer.parameters.items()}
            layer.constants = {
                key: np.asarray(c, dtype) if np.asarray(c).dtype.kind == "f" else c
                for key, c in layer.constants.items()
            }

    def forward(self, x: Array) -> Array:
        """The output of the last layer."""
        return self.activations(x)[-1]

    def activations(self, x: Array) -> list[Array]:
        """x and the output of every layer, in order: a⁰, a¹, … aᴸ (D0.9)."""
        outputs = {INPUT: x}
        for name, layer in self.layers.items():
            outputs[name] = layer.forward(*(outputs[source] for source in self.inputs[name]))
        return list(outputs.values())

    def backward(self, dy: Array, activations: list[Array]) -> NetworkGrads:
        """Every gradient, given ∂L/∂output and what `activations` gave (D0.14, D2.29)."""
        where = f"{type(self).__name__}.backward"
        check_count(where, "activations", activations, len(self.layers) + 1)
        values = dict(zip((INPUT, *self.layers), activations, strict=True))
        parts: dict[str, list[Array]] = {name: [] for name in values}
        parts[list(values)[-1]].append(dy)
        grads = NetworkGrads({}, {}, {})
        for name, layer in reversed(self.layers.items()):
            sources = self.inputs[name]
            grads.doutputs[name] = sum_of_parts(parts[name])
            dx, dparameters = layer.backward(
                grads.doutputs[name], *(values[source] for source in sources)
            )
            grads.dx[name] = dx
            grads.dparameters[name] = dparameters
            for source, part in zip(sources, as_tuple(dx), strict=True):
                parts[source].append(part)
        grads.doutputs[INPUT] = sum_of_parts(parts[INPUT])
        return grads


def listed(kind: str, layers: Mapping[str, Layer], inputs: Mapping[str, Sequence[str]]) -> str:
    """What a network or a part of it is made of: a line for each layer, and what it takes.

    Without an entry in inputs, and where that is the layer before, nothing is said.
    """
    parameters = sum(map(parameters_of, layers.values()))
    lines = [
        ", ".join(
            [f"{kind} of {len(layers)} layer{'s' * (len(layers) != 1)}", *counted(parameters)]
        )
    ]
    width = max(map(len, layers), default=0)
    before = INPUT
    for name, layer in layers.items():
        sources = tuple(inputs.get(name, (before,)))
        taken = "" if sources == (before,) else f"; takes {', '.join(sources)}"
        lines.append(f"  {name:{width}}  {described(layer)}{taken}")
        before = name
    return "\n".join(lines)


def sum_of_parts(parts: Sequence[Array]) -> Array:
    """∂L/∂(an output) that several layers take: the sum of what comes back from each.

    Shapes: all alike.
    Source: the chain rule; D1.6.

    >>> sum_of_parts([np.array([1.0]), np.array([2.0])])
    array([3.])
    """
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def as_tuple(dx: Any) -> tuple[Array, ...]:
    """The gradients of a layer's inputs, of one input as well.

    >>> as_tuple(np.array([1.0]))
    (array([1.]),)
    """
    return dx if isinstance(dx, tuple) else (dx,)


class Sequential(Network):
    """Layers in a row: the output of each is the input of the next.

    layers: by name, or one after the other, which are then called "0", "1", …, as in torch.
    Raises: TypeError for what is no layer, ValueError for a layer of several inputs.
    Source: D2.10, D2.29.

    >>> from refimpl.layers import Linear, Sigmoid
    >>> network = Sequential({"fc": Linear(np.array([[2.0]]), np.array([1.0])), "act": Sigmoid()})
    >>> network.forward(np.array([[-0.5]]))
    array([[0.5]])
    >>> network
    <Sequential of 2 layers, 2 parameters
      fc   Linear 1 -> 1, 2 parameters
      act  Sigmoid>
    >>> Sequential(Linear(np.array([[2.0]]), np.array([1.0])), Sigmoid())
    <Sequential of 2 layers, 2 parameters
      0  Linear 1 -> 1, 2 parameters
      1  Sigmoid>
    """

    def __init__(self, *layers: Layer | Mapping[str, Layer]) -> None:
        super().__init__(_by_name(type(self).__name__, layers))


def _by_name(where: str, layers: tuple[Any, ...]) -> Mapping[str, Layer]:
    """One mapping as it is, layers by their place."""
    if len(layers) == 1 and isinstance(layers[0], Mapping):
        return layers[0]
    for layer in layers:
        check_not_listed(where, layer)
    return {str(place): layer for place, layer in enumerate(layers)}
