"""What refimpl builds: blocks of any sizes, perceptrons of any depth, and their initial weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise, product

import numpy as np

import refimpl
from parity.cases.case import Array, generator
from parity.cases.network_case import NetworkCase
from parity.results.settings import Settings
from parity.witnesses.properties.apart import apart
from parity.witnesses.properties.initial import LIKE_NORMAL, LIKE_UNIFORM, moments, uniform_limit
from refimpl import Block, Conv2d, Layer, Linear, Network, ReLU, Sigmoid, Softmax, Tanh

BEFORE = "before"  # the layer behind which blocks stand
SIZES = (9, 8)  # of the maps that blocks are given
MAPS = {"1×1": 2, "3×3 reduce": 4, "3×3": 3, "5×5 reduce": 5, "5×5": 1, "pool": 6}
WIDTHS = ((60, 50, 40, 30), (45, 55), (35, 65, 25))
GAINS = {"conv1": 4, "conv2": 4, "fc1": 4, "fc2": 4, "output": 1}  # of LeNet


def built_as_promised(case: NetworkCase, dtype: str, settings: Settings) -> Iterator[str]:
    """What the function behind a network promises of other sizes, too."""
    ask = BUILDERS.get(case.name)
    if ask is not None:
        yield from ask(generator(settings.seed, case.name, "built"))


def _lenet(rng: np.random.Generator) -> Iterator[str]:
    """Glorot's uniform weights, of gain 4 behind which a sigmoid stands; no biases."""
    network = refimpl.lenet(rng)
    for name, gain in GAINS.items():
        weight, bias = network.layers[name].parameters.values()
        yield from _uniform(f"lenet {name} weight", weight, uniform_limit(weight.shape, gain))
        yield from apart(f"lenet {name}", {"bias": bias}, {"bias": np.zeros(len(weight))})


def _perceptrons(rng: np.random.Generator) -> Iterator[str]:
    """A dense layer for each two widths, activations behind, weights and biases uniform."""
    for widths, hidden, output in zip(
        WIDTHS, (Sigmoid, Tanh, ReLU), (None, Sigmoid, Softmax), strict=True
    ):
        network = refimpl.mlp(rng, widths, hidden, output)
        said = f"mlp of {widths}"
        kinds = [kind for _ in widths[1:] for kind in (Linear, hidden)][:-1]
        found = [type(layer) for layer in network.layers.values()]
        if found != [*kinds, *([output] if output else [])]:
            yield f"{said} has {', '.join(kind.__name__ for kind in found)}"
            continue
        denses = [layer for layer in network.layers.values() if isinstance(layer, Linear)]
        for layer, (inputs, outputs) in zip(denses, pairwise(widths), strict=True):
            limit = uniform_limit((outputs, inputs + 1), 1)
            weight, bias = layer.parameters["weight"], layer.parameters["bias"]
            yield from _uniform(f"{said}, a weight", weight, limit)
            yield from _uniform(f"{said}, a bias", bias, limit)


def _residual_blocks(rng: np.random.Generator) -> Iterator[str]:
    """Every depth and stride, alike or not: x goes through a convolution where it has to."""
    for c_out, stride in product((4, 6), (1, 2, 3)):
        block = refimpl.residual_block(rng, "b", BEFORE, 4, c_out, stride)
        yield from _he_normal(f"residual_block 4, {c_out}, {stride}", block)
        given = rng.normal(size=(2, 4, *SIZES))
        x = refimpl.tanh(given)
        layers = block.layers
        inner = refimpl.relu(_convolved(layers["b.conv1"], x, stride, 1))
        shortcut = x
        if stride != 1 or c_out != 4:
            shortcut = _convolved(layers["b.shortcut"], x, stride)
        y = refimpl.relu(refimpl.add(shortcut, _convolved(layers["b.conv2"], inner, 1, 1)))
        yield from _forward(f"residual_block 4, {c_out}, {stride}", block, given, y)


def _basic_blocks(rng: np.random.Generator) -> Iterator[str]:
    """The same of ResNet's, normalised by the batch or by what was before it."""
    for c_out, stride, training in product((4, 6), (1, 2, 3), (True, False)):
        said = f"basic_block 4, {c_out}, {stride}, training {training}"
        block = refimpl.basic_block(rng, "b", BEFORE, 4, c_out, stride, training)
        yield from _by_fan_out(said, block)
        given = rng.normal(size=(2, 4, *SIZES))
        x, layers = refimpl.tanh(given), block.layers

        def normalised(
            name: str,
            source: Array,
            stride: int,
            padding: int,
            layers: Mapping[str, Layer] = layers,
            training: bool = training,
        ) -> Array:
            z = refimpl.conv2d(source, layers[name].parameters["weight"], None, stride, padding)
            zero, one = np.zeros(z.shape[1]), np.ones(z.shape[1])
            return refimpl.batch_norm(z, zero, one, training=training)

        inner = refimpl.relu(normalised("b.conv1", x, stride, 1))
        shortcut = x
        if stride != 1 or c_out != 4:
            shortcut = normalised("b.downsample.0", x, stride, 0)
        y = refimpl.relu(refimpl.add(shortcut, normalised("b.conv2", inner, 1, 1)))
        yield from _forward(said, block, given, y)


def _inception_block(rng: np.random.Generator) -> Iterator[str]:
    """Branches of different depths, in the order 1×1, 3×3, 5×5, pooling."""
    block = refimpl.inception_block(rng, "b", BEFORE, 3, MAPS)
    yield from _he_normal("inception_block", block)
    given = rng.normal(size=(2, 3, *SIZES))
    x = refimpl.tanh(given)

    def branch(name: str, source: Array, padding: int = 0) -> Array:
        return refimpl.relu(_convolved(block.layers[f"b.{name}"], source, 1, padding))

    y = refimpl.concatenate(
        branch("1×1", x),
        branch("3×3", branch("3×3 reduce", x), 1),
        branch("5×5", branch("5×5 reduce", x), 2),
        branch("pool", refimpl.max_pool2d(x, 3, 1, 1)),
    )
    yield from _forward("inception_block", block, given, y)


BUILDERS: Mapping[str, Callable[[np.random.Generator], Iterator[str]]] = {
    "lenet": _lenet,
    "xor": _perceptrons,
    "residual": _residual_blocks,
    "small_resnet": _basic_blocks,
    "inception": _inception_block,
}


def _convolved(layer: Layer, x: Array, stride: int, padding: int = 0) -> Array:
    p = layer.parameters
    return refimpl.conv2d(x, p["weight"], p["bias"], stride, padding)


def _forward(said: str, block: Block, given: Array, y: Array) -> Iterator[str]:
    """Behind a layer, so that a block which takes the network's input is another one."""
    network = Network({BEFORE: Tanh(), **block.layers}, block.inputs)
    yield from apart(said, {"y": network.forward(given)}, {"y": y})


def _he_normal(said: str, block: Block) -> Iterator[str]:
    """He's normal weights; no biases."""
    for name, layer in block.layers.items():
        if layer.parameters:
            weight, bias = layer.parameters.values()
            deviation = float(np.sqrt(2 / weight[0].size))
            yield from moments(f"{said}, {name} weight", weight, deviation, LIKE_NORMAL)
            yield from apart(f"{said}, {name}", {"bias": bias}, {"bias": np.zeros(len(weight))})


def _by_fan_out(said: str, block: Block) -> Iterator[str]:
    """He's normal weights by fan_out, no biases; normalisations begin with 1 and 0."""
    for name, layer in block.layers.items():
        if isinstance(layer, Conv2d):
            (weight,) = layer.parameters.values()
            deviation = float(np.sqrt(2 / weight[:, 0].size))
            yield from moments(f"{said}, {name} weight", weight, deviation, LIKE_NORMAL)
        elif layer.parameters:
            given = {**layer.parameters, **layer.constants}
            one, zero = np.ones_like(given["weight"]), np.zeros_like(given["weight"])
            wanted = {"weight": one, "bias": zero, "running_mean": zero, "running_var": one}
            yield from apart(f"{said}, {name}", given, wanted)


def _uniform(said: str, drawn: Array, limit: float) -> Iterator[str]:
    yield from moments(said, drawn, limit / np.sqrt(3), LIKE_UNIFORM)
    if np.abs(drawn).max() > limit:
        yield f"{said}: the largest is {np.abs(drawn).max():.4g}, limit {limit:.4g}"
