"""What a network case is: refimpl's network, and once more, as data, what it is meant to be."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from parity.cases.case import FLOATS, Array, generator
from refimpl import Layer, Network


class Described(NamedTuple):
    """What a layer is meant to be. torch's side and the bounds are built from this.

    It is said once more here, independently of refimpl's layers, so that a layer which forgets
    one of its options, or takes the wrong input, has no twin in torch.
    """

    function: str
    options: Mapping[str, Any]
    inputs: tuple[str, ...] = ()  # the layers that it takes, "x" for the network's input


def described(function: str, *inputs: str, **options: Any) -> Described:
    """A layer's function, what it takes if not the layer before, and its options."""
    return Described(function, options, inputs)


def with_inputs(architecture: Mapping[str, Described]) -> dict[str, Described]:
    """The same, with the layer before as the input of those that name none.

    >>> with_inputs({"fc": described("linear")})["fc"].inputs
    ('x',)
    """
    before, filled = "x", {}
    for name, said in architecture.items():
        filled[name] = said if said.inputs else said._replace(inputs=(before,))
        before = name
    return filled


class Loss(NamedTuple):
    """The loss behind a network."""

    function: str
    options: Mapping[str, Any]


class Stepped(NamedTuple):
    """The optimiser of a training: as refimpl's `Optimizer` takes it, and what a step is meant
    to be."""

    name: str
    options: Mapping[str, Any]
    function: str
    said: Mapping[str, Any]  # the options of the function


class Model(NamedTuple):
    """refimpl's network, what it is meant to be, and the loss behind it."""

    network: Network
    architecture: Mapping[str, Described]
    loss: Loss

    def layers(self) -> Iterator[tuple[str, Layer, Described]]:
        """Name, refimpl's layer and its description, in order."""
        for name, said in self.architecture.items():
            yield name, self.network.layers[name], said


@dataclass(frozen=True)
class NetworkCase:
    """A network and its batches: the first is compared tensor by tensor, all are trained on.

    full: it takes long, so that a run without names leaves it out unless asked for `--full`.
    """

    name: str
    build: Callable[[np.random.Generator], Network]
    architecture: Mapping[str, Described]
    batches: Callable[[int, np.random.Generator], list[tuple[Array, Array]]]
    documents: tuple[str, ...]
    steps: int = 0  # of gradient descent; 0: no training
    learning_rate: float = 0.0
    dtypes: tuple[str, ...] = FLOATS
    loss: Loss = field(default_factory=lambda: Loss("cross_entropy", {}))
    full: bool = False
    optimizer: Stepped | None = None  # nothing: gradient descent alone

    def network(self, dtype: str, seed: int) -> Network:
        """refimpl's network with its initial parameters in a dtype."""
        network = self.build(generator(seed, self.name, "parameters"))
        network.astype(dtype)
        return network

    def model(self, dtype: str, seed: int) -> Model:
        """The same, beside its description."""
        return Model(self.network(dtype, seed), with_inputs(self.architecture), self.loss)

    def data(self, dtype: str, seed: int) -> list[tuple[Array, Array]]:
        """The batches in a dtype: one for each step, at least one. Class indices stay integers."""
        drawn = self.batches(max(1, self.steps), generator(seed, self.name, "batches"))
        return [
            (x.astype(dtype), target.astype(dtype) if target.dtype.kind == "f" else target)
            for x, target in drawn
        ]
