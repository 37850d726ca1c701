"""The networks that the documents describe, and ResNet-18, with seeded initial weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import NamedTuple

import numpy as np

from refimpl.checks import check_choice, check_ints, check_room, entries
from refimpl.elements import Array
from refimpl.layers import (
    Add,
    AvgPool2d,
    BatchNorm,
    Concatenate,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Layer,
    Linear,
    LocalResponseNorm,
    MaxPool2d,
    ReLU,
    Sigmoid,
)
from refimpl.network_checks import check_keys, check_layer_class, check_least
from refimpl.networks import Network, Sequential, listed


def uniform(rng: np.random.Generator, shape: tuple[int, ...], gain: float) -> Array:
    """Weights uniform in ±gain·√(6/(fan_in + fan_out)).

    Shapes: (C_out, C_in, *K) or (features_out, features_in).
    Source: D2.11, which leaves the initial weights open; Glorot & Bengio 2010, "Understanding
    the difficulty of training deep feedforward neural networks"; their gain for tanh is 1, for
    sigmoid 4.

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

    >>> network = lenet(np.random.default_rng(0))
    >>> network.forward(np.zeros((2, 1, 32, 32))).shape
    (2, 10)
    >>> repr(network).splitlines()[0]
    '<Sequential of 12 layers, 61706 parameters'
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


def he_normal(rng: np.random.Generator, shape: tuple[int, ...], fan: str = "in") -> Array:
    """Weights from the normal distribution with variance 2/fan_in: activations keep their size.

    fan="out": variance 2/fan_out, with which gradients keep theirs on the way back.

    Shapes: (C_out, C_in, *K) or (features_out, features_in).
    Raises: ValueError for another fan.
    Source: D2.13, which leaves the initial weights open; He et al. 2015, "Delving deep into
    rectifiers".

    >>> bool(abs(he_normal(np.random.default_rng(0), (50, 200)).std() - 0.1) < 0.01)
    True
    """
    check_choice("he_normal", "fan", fan, ("in", "out"))
    terms = prod(shape[1:]) if fan == "in" else shape[0] * prod(shape[2:])
    weights: Array = rng.standard_normal(shape) * np.sqrt(2 / terms)
    return weights


def _conv(
    rng: np.random.Generator, c_out: int, c_in: int, k: int, stride: int = 1, padding: int = 0
) -> Conv2d:
    return Conv2d(he_normal(rng, (c_out, c_in, k, k)), np.zeros(c_out), stride, padding)


def _dense(rng: np.random.Generator, outputs: int, inputs: int) -> Linear:
    return Linear(he_normal(rng, (outputs, inputs)), np.zeros(outputs))


def _response() -> LocalResponseNorm:
    """AlexNet's; its α is not divided by n, `local_response_norm`'s is."""
    return LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)


def alexnet(rng: np.random.Generator, mask: Array | None = None, lrn: bool = False) -> Sequential:
    """AlexNet: five convolutions, three max poolings, dense 4096 and 4096, 1000 outputs, ReLU.

    conv1 96@11×11/4 → max 3×3/2 → conv2 256@5×5 → max → conv3 384@3×3 → conv4 384@3×3
    → conv5 256@3×3 → max → 4096 → dropout → 4096 → 1000, ReLU behind all but the last

    Shapes: (N, 3, 227, 227) -> logits (N, 1000). mask: (N, 4096), which of the first dense
    layer's values the dropout keeps; without it all are kept, as in use. lrn: the paper's local
    response normalisation (n = 5, α = 10⁻⁴, β = 0.75, k = 2) behind the first two ReLU, too.
    Source: D2.13; sizes, strides and channels from Krizhevsky et al. 2012, "ImageNet
    classification with deep convolutional neural networks", on one device (no groups); initial
    weights `he_normal`.

    >>> network = alexnet(np.random.default_rng(0))  # 62 million weights: some seconds
    >>> network.layers["fc1"].parameters["weight"].shape
    (4096, 9216)
    """
    return Sequential(
        {
            "conv1": _conv(rng, 96, 3, 11, stride=4),
            "relu1": ReLU(),
            **({"norm1": _response()} if lrn else {}),
            "pool1": MaxPool2d(3, stride=2),
            "conv2": _conv(rng, 256, 96, 5, padding=2),
            "relu2": ReLU(),
            **({"norm2": _response()} if lrn else {}),
            "pool2": MaxPool2d(3, stride=2),
            "conv3": _conv(rng, 384, 256, 3, padding=1),
            "relu3": ReLU(),
            "conv4": _conv(rng, 384, 384, 3, padding=1),
            "relu4": ReLU(),
            "conv5": _conv(rng, 256, 384, 3, padding=1),
            "relu5": ReLU(),
            "pool5": MaxPool2d(3, stride=2),
            "flatten": Flatten(),
            "fc1": _dense(rng, 4096, 256 * 6 * 6),
            "relu6": ReLU(),
            "dropout": Dropout(mask),
            "fc2": _dense(rng, 4096, 4096),
            "relu7": ReLU(),
            "output": _dense(rng, 1000, 4096),
        }
    )


def mlp(
    rng: np.random.Generator,
    sizes: Sequence[int],
    hidden: type[Layer] = Sigmoid,
    output: type[Layer] | None = None,
) -> Sequential:
    """Multi-layer perceptron: f(x) = act(Θx + b), layer by layer.

    Shapes: (N, sizes[0]) -> (N, sizes[-1]). hidden: the activation behind every layer but the
    last; output: that behind the last, none for logits.
    Source: D1.3, D1.20; initial weights `uniform`, biases from the same interval.

    >>> list(mlp(np.random.default_rng(0), (2, 3, 1), output=Sigmoid).layers)
    ['fc1', 'act1', 'fc2', 'act2']
    """
    widths = check_ints("mlp", "sizes", sizes, len(entries(sizes, 1)), 1)
    check_least("mlp", "sizes", widths, 2)
    for inputs, outputs in pairwise(widths):
        check_room("mlp", f"sizes {sizes!r}", (outputs, inputs + 1), 8)
    check_layer_class("mlp", "hidden", hidden, Layer)
    if output is not None:
        check_layer_class("mlp", "output", output, Layer)
    layers: dict[str, Layer] = {}
    for number, (inputs, outputs) in enumerate(pairwise(widths), start=1):
        weights = uniform(rng, (outputs, inputs + 1), 1)  # the last column is the bias
        layers[f"fc{number}"] = Linear(weights[:, :-1], weights[:, -1])
        activation = output if number == len(widths) - 1 else hidden
        if activation is not None:
            layers[f"act{number}"] = activation()
    return Sequential(layers)


# --- blocks -------------------------------------------------------------------------------


class Block(NamedTuple):
    """A part of a network: its layers, and which layers they take (`Network.inputs`)."""

    layers: dict[str, Layer]
    inputs: dict[str, tuple[str, ...]]

    def __repr__(self) -> str:
        return f"<{listed('Block', self.layers, self.inputs)}>"


def residual_block(
    rng: np.random.Generator, name: str, source: str, c_in: int, c_out: int, stride: int = 1
) -> Block:
    """Residual block: h = x + f(θ, x), f two 3×3 convolutions; ReLU behind the sum.

    Where the depth or the size changes, x goes through a 1×1 convolution of the same stride.

    Shapes: the output of layer `source`, (N, c_in, H, W) -> (N, c_out, ⌈H/stride⌉, ⌈W/stride⌉).
    Source: D4.16; He et al. 2016, "Deep residual learning for image recognition", without its
    batch normalisation.

    >>> block = residual_block(np.random.default_rng(0), "block1", "x", 4, 4)
    >>> block.inputs["block1.add"]
    ('x', 'block1.conv2')
    >>> block
    <Block of 5 layers, 296 parameters
      block1.conv1  Conv2d 4 -> 4, kernel 3x3, padding 1, 148 parameters
      block1.relu1  ReLU
      block1.conv2  Conv2d 4 -> 4, kernel 3x3, padding 1, 148 parameters
      block1.add    Add; takes x, block1.conv2
      block1.relu2  ReLU>
    """
    layers: dict[str, Layer] = {
        f"{name}.conv1": _conv(rng, c_out, c_in, 3, stride, padding=1),
        f"{name}.relu1": ReLU(),
        f"{name}.conv2": _conv(rng, c_out, c_out, 3, padding=1),
    }
    inputs: dict[str, tuple[str, ...]] = {f"{name}.conv1": (source,)}
    shortcut = source
    if stride != 1 or c_in != c_out:
        shortcut = f"{name}.shortcut"
        layers[shortcut] = _conv(rng, c_out, c_in, 1, stride)
        inputs[shortcut] = (source,)
    layers |= {f"{name}.add": Add(), f"{name}.relu2": ReLU()}
    inputs[f"{name}.add"] = (shortcut, f"{name}.conv2")
    return Block(layers, inputs)


def inception_block(
    rng: np.random.Generator, name: str, source: str, c_in: int, maps: Mapping[str, int]
) -> Block:
    """Inception block: 1×1, 3×3 and 5×5 kernels and a pooling side by side, maps stacked.

    A 1×1 convolution reduces the depth before the 3×3 and the 5×5 kernels and behind the pooling.

    Shapes: the output of layer `source`, (N, c_in, H, W) -> (N, C, H, W). maps: how many each
    convolution makes, by the keys "1×1", "3×3 reduce", "3×3", "5×5 reduce", "5×5", "pool";
    C is the sum of "1×1", "3×3", "5×5" and "pool".
    Source: D4.18; the pooling branch from Szegedy et al. 2015, "Going deeper with convolutions".

    >>> maps = {"1×1": 2, "3×3 reduce": 1, "3×3": 3, "5×5 reduce": 1, "5×5": 4, "pool": 1}
    >>> list(inception_block(np.random.default_rng(0), "mix", "x", 5, maps).layers)[-1]
    'mix.stack'
    """
    needed = ("1×1", "3×3 reduce", "3×3", "5×5 reduce", "5×5", "pool")
    check_keys("inception_block", "maps", maps, needed)
    layers: dict[str, Layer] = {f"{name}.1×1": _conv(rng, maps["1×1"], c_in, 1)}
    layers[f"{name}.1×1 relu"] = ReLU()
    inputs: dict[str, tuple[str, ...]] = {f"{name}.1×1": (source,)}
    for size in (3, 5):
        reduced = f"{name}.{size}×{size} reduce"
        layers[reduced] = _conv(rng, maps[f"{size}×{size} reduce"], c_in, 1)
        inputs[reduced] = (source,)
        layers[f"{reduced} relu"] = ReLU()
        layers[f"{name}.{size}×{size}"] = _conv(
            rng,
            maps[f"{size}×{size}"],
            maps[f"{size}×{size} reduce"],
            size,
            padding=size // 2,
        )
        layers[f"{name}.{size}×{size} relu"] = ReLU()
    layers[f"{name}.max"] = MaxPool2d(3, stride=1, padding=1)
    inputs[f"{name}.max"] = (source,)
    layers[f"{name}.pool"] = _conv(rng, maps["pool"], c_in, 1)
    layers[f"{name}.pool relu"] = ReLU()
    layers[f"{name}.stack"] = Concatenate()
    inputs[f"{name}.stack"] = tuple(
        f"{name}.{branch} relu" for branch in ("1×1", "3×3", "5×5", "pool")
    )
    return Block(layers, inputs)


def residual_network(rng: np.random.Generator) -> Network:
    """A small residual network: one block with the plain shortcut, one with a projection.

    Shapes: (N, 3, 11, 9) -> logits (N, 5).
    Source: D4.16.

    >>> residual_network(np.random.default_rng(0)).forward(np.zeros((2, 3, 11, 9))).shape
    (2, 5)
    """
    plain = residual_block(rng, "block1", "relu", 4, 4)
    projected = residual_block(rng, "block2", "block1.relu2", 4, 6, stride=2)
    return Network(
        {
            "conv": _conv(rng, 4, 3, 3, padding=1),
            "relu": ReLU(),
            **plain.layers,
            **projected.layers,
            "flatten": Flatten(),
            "output": _dense(rng, 5, 6 * 6 * 5),
        },
        {**plain.inputs, **projected.inputs},
    )


def inception_network(rng: np.random.Generator) -> Network:
    """A small network of one Inception block, on the input itself, and a dense layer.

    Shapes: (N, 6, 7, 8) -> logits (N, 4).
    Source: D4.18.

    >>> inception_network(np.random.default_rng(0)).forward(np.zeros((2, 6, 7, 8))).shape
    (2, 4)
    """
    maps = {"1×1": 2, "3×3 reduce": 3, "3×3": 4, "5×5 reduce": 2, "5×5": 3, "pool": 1}
    block = inception_block(rng, "mix", "x", 6, maps)
    return Network(
        {**block.layers, "flatten": Flatten(), "output": _dense(rng, 4, 10 * 7 * 8)},
        block.inputs,
    )


# --- ResNet -------------------------------------------------------------------------------


def _plain_conv(
    rng: np.random.Generator, c_out: int, c_in: int, k: int, stride: int = 1, padding: int = 0
) -> Conv2d:
    """Without a bias: the normalisation behind it has one."""
    weight = he_normal(rng, (c_out, c_in, k, k), fan="out")
    return Conv2d(weight, stride=stride, padding=padding)


def _norm(channels: int, training: bool) -> BatchNorm:
    one, zero = np.ones(channels), np.zeros(channels)
    return BatchNorm(one, zero, zero.copy(), one.copy(), training=training)


def basic_block(
    rng: np.random.Generator,
    name: str,
    source: str,
    c_in: int,
    c_out: int,
    stride: int = 1,
    training: bool = True,
) -> Block:
    """ResNet's basic block: h = x + f(θ, x), f two 3×3 convolutions with batch normalisation.

    ReLU stands between the two and behind the sum. Where the depth or the size changes, x goes
    through a 1×1 convolution of the same stride and a batch normalisation.

    Shapes: the output of layer `source`, (N, c_in, H, W) -> (N, c_out, ⌈H/stride⌉, ⌈W/stride⌉).
    training: normalise by the batch's own statistics, not by the running ones.
    Source: D4.16; He et al. 2016, "Deep residual learning for image recognition"; names of the
    parameters as in torchvision; initial weights `he_normal` by fan_out, of the normalisation 1
    and 0.

    >>> block = basic_block(np.random.default_rng(0), "layer2.0", "x", 4, 6, stride=2)
    >>> block.inputs["layer2.0.add"]
    ('layer2.0.downsample.1', 'layer2.0.bn2')
    >>> block.layers["layer2.0.downsample.0"]
    <Conv2d 4 -> 6, kernel 1x1, stride 2, 24 parameters>
    """
    layers: dict[str, Layer] = {
        f"{name}.conv1": _plain_conv(rng, c_out, c_in, 3, stride, padding=1),
        f"{name}.bn1": _norm(c_out, training),
        f"{name}.relu1": ReLU(),
        f"{name}.conv2": _plain_conv(rng, c_out, c_out, 3, padding=1),
        f"{name}.bn2": _norm(c_out, training),
    }
    inputs: dict[str, tuple[str, ...]] = {f"{name}.conv1": (source,)}
    shortcut = source
    if stride != 1 or c_in != c_out:
        projection, shortcut = f"{name}.downsample.0", f"{name}.downsample.1"
        layers[projection] = _plain_conv(rng, c_out, c_in, 1, stride)
        layers[shortcut] = _norm(c_out, training)
        inputs[projection] = (source,)
    layers |= {f"{name}.add": Add(), f"{name}.relu2": ReLU()}
    inputs[f"{name}.add"] = (shortcut, f"{name}.bn2")
    return Block(layers, inputs)


def resnet18(rng: np.random.Generator, training: bool = True) -> Network:
    """ResNet-18: a 7×7 convolution, eight basic blocks, the mean of each map, 1000 outputs.

    conv1 64@7×7/2 → batch norm → ReLU → max 3×3/2 → two blocks each of 64, 128/2, 256/2, 512/2 maps
    → mean of each map → 1000

    Shapes: (N, 3, 224, 224) -> logits (N, 1000); other sizes, too. training: every normalisation
    by the batch's own statistics; without it by the running ones, 0 and 1 to begin with.
    Source: D4.16; He et al. 2016, "Deep residual learning for image recognition", table 1; the
    names of layers and parameters, and their initial weights, as in torchvision: convolutions
    `he_normal` by fan_out, normalisations 1 and 0, the dense layer uniform in ±1/√fan_in.

    >>> network = resnet18(np.random.default_rng(0), training=False)
    >>> network.forward(np.zeros((1, 3, 32, 32))).shape
    (1, 1000)
    >>> repr(network).splitlines()[0]
    '<Network of 69 layers, 11689512 parameters'
    """
    layers: dict[str, Layer] = {
        "conv1": _plain_conv(rng, 64, 3, 7, stride=2, padding=3),
        "bn1": _norm(64, training),
        "relu": ReLU(),
        "maxpool": MaxPool2d(3, stride=2, padding=1),
    }
    inputs: dict[str, tuple[str, ...]] = {}
    depth = 64
    for stage, c_out in enumerate((64, 128, 256, 512), start=1):
        for place in range(2):
            stride = 2 if stage > 1 and place == 0 else 1
            name, source = f"layer{stage}.{place}", list(layers)[-1]
            block = basic_block(rng, name, source, depth, c_out, stride, training)
            layers |= block.layers
            inputs |= block.inputs
            depth = c_out
    layers |= {"avgpool": GlobalAvgPool(), "flatten": Flatten(), "fc": _as_torch(rng, 1000, depth)}
    return Network(layers, inputs)


def _as_torch(rng: np.random.Generator, outputs: int, inputs: int) -> Linear:
    """A dense layer as torch begins with it: weight and bias uniform in ±1/√fan_in."""
    limit = 1 / np.sqrt(inputs)
    weight = rng.uniform(-limit, limit, (outputs, inputs))
    return Linear(weight, rng.uniform(-limit, limit, outputs))
