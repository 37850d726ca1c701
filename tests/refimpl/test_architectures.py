"""The documents' networks and blocks: sizes, weights, and each against its functions."""

from math import prod
from typing import Any, cast

import numpy as np
import pytest
from plain import assert_same, draw

import refimpl
from refimpl import (
    LeakyReLU,
    Linear,
    Network,
    ReLU,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    alexnet,
    he_normal,
    inception_block,
    inception_network,
    mlp,
    residual_block,
    residual_network,
    uniform,
)

Array = Any


def learnt(network: Network) -> dict[str, int]:
    """How many numbers each layer learns, those without any left out."""
    counts = {
        name: sum(p.size for p in layer.parameters.values())
        for name, layer in network.layers.items()
    }
    return {name: count for name, count in counts.items() if count}


# --- he_normal ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(300, 400), (60, 50, 5, 4), (40, 30, 3, 5, 2)], ids=str)
def test_he_normal(rng: np.random.Generator, shape: Any) -> None:
    """He et al. 2015: mean 0 and variance 2/fan_in, and the shape of a normal distribution."""
    weights, std = he_normal(rng, shape), (2 / prod(shape[1:])) ** 0.5
    n = prod(shape)  # standard errors: of a mean σ/√n, of a σ σ/√(2n); both checked to 5 of them
    assert weights.shape == shape
    assert abs(weights.mean()) < 5 * std / n**0.5
    assert abs(weights.std() - std) < 5 * std / (2 * n) ** 0.5
    assert 0.67 < (abs(weights) < std).mean() < 0.70
    assert abs(weights).max() > 3.5 * std


def test_he_normal_keeps_activations_their_size(rng: np.random.Generator) -> None:
    """Through twenty ReLU layers the mean square stays near 1; half the variance loses it."""
    for scale, low, high in ((1, 0.2, 5), (0.5**0.5, 0, 1e-4)):
        a = rng.normal(size=(20, 500))
        for _ in range(20):
            a = refimpl.relu(refimpl.linear(a, scale * he_normal(rng, (500, 500))))
        assert low < 2 * (a**2).mean() < high


# --- AlexNet ------------------------------------------------------------------------------


class Unscaled:
    """Zeros that take no room, whatever they are multiplied by."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.zeros = np.broadcast_to(np.float64(0), shape)

    def __mul__(self, scale: float) -> Array:
        return self.zeros


class NoRandomness:
    """Stands for a generator where only the shapes of the weights matter."""

    standard_normal = Unscaled


def test_alexnet_layer_by_layer() -> None:
    """D2.13, Krizhevsky et al.: each layer's kind, weight or window, stride and padding."""
    mask = np.ones((2, 4096), bool)
    layers = alexnet(cast(Any, NoRandomness()), mask).layers
    described = []
    for layer in layers.values():
        weight, options = layer.parameters.get("weight"), layer.options
        size = options.get("kernel_size") if weight is None else weight.shape
        place = (options.get("stride"), options.get("padding"))
        described.append((layer.function, *((size, *place) if size else ())))
    assert dict(zip(layers, described, strict=True)) == {
        "conv1": ("conv2d", (96, 3, 11, 11), 4, 0),
        "pool1": ("max_pool2d", 3, 2, 0),
        "conv2": ("conv2d", (256, 96, 5, 5), 1, 2),
        "pool2": ("max_pool2d", 3, 2, 0),
        "conv3": ("conv2d", (384, 256, 3, 3), 1, 1),
        "conv4": ("conv2d", (384, 384, 3, 3), 1, 1),
        "conv5": ("conv2d", (256, 384, 3, 3), 1, 1),
        "pool5": ("max_pool2d", 3, 2, 0),
        "flatten": ("flatten",),
        "fc1": ("linear", (4096, 9216), None, None),
        "dropout": ("dropout",),
        "fc2": ("linear", (4096, 4096), None, None),
        "output": ("linear", (1000, 4096), None, None),
        **{f"relu{n}": ("relu",) for n in range(1, 8)},
    }
    names = "conv1 relu1 pool1 conv2 relu2 pool2 conv3 relu3 conv4 relu4 conv5 relu5 pool5 flatten"
    assert " ".join(layers) == f"{names} fc1 relu6 dropout fc2 relu7 output"
    assert layers["dropout"].constants == {"mask": mask}
    assert alexnet(cast(Any, NoRandomness())).layers["dropout"].constants == {}
    for layer in layers.values():
        if layer.parameters:
            bias, weight = layer.parameters["bias"], layer.parameters["weight"]
            assert_same(bias, np.zeros(len(weight)))


@pytest.fixture(scope="module")
def network() -> Sequential:
    """Built once: 62 million weights take seconds and half a gigabyte."""
    return alexnet(np.random.default_rng(1))


@pytest.fixture(scope="module")
def activations(network: Sequential) -> dict[str, Array]:
    """What a random image becomes, layer by layer."""
    x = np.random.default_rng(2).normal(size=(1, 3, 227, 227))
    return dict(zip(("x", *network.layers), network.activations(x), strict=True))


def test_alexnet_layers(network: Sequential) -> None:
    """D2.13: five convolutions, three max poolings, two dense layers and the output, ReLU.

    Dropout stands between the two dense layers.
    """
    conv, pool = ["conv2d", "relu"], ["max_pool2d"]
    expected = [*(conv + pool) * 2, *conv * 3, *pool, "flatten"]
    expected += ["linear", "relu", "dropout", "linear", "relu", "linear"]
    assert [layer.function for layer in network.layers.values()] == expected
    kernels = [
        layer.parameters["weight"].shape[2:]
        for layer in network.layers.values()
        if layer.function == "conv2d"
    ]
    assert kernels == [(11, 11), (5, 5), (3, 3), (3, 3), (3, 3)]
    pools = [la.options for la in network.layers.values() if la.function == "max_pool2d"]
    assert {(o["kernel_size"], o["stride"], o["padding"]) for o in pools} == {(3, 2, 0)}


def test_alexnet_shapes(activations: dict[str, Array]) -> None:
    """227 → 55 → 27 → 27 → 13 → 13 → 13 → 13 → 6, then 9216 → 4096 → 4096 → 1000."""
    sizes = {
        "x": (3, 227, 227),
        **dict.fromkeys(("conv1", "relu1"), (96, 55, 55)),
        "pool1": (96, 27, 27),
        **dict.fromkeys(("conv2", "relu2"), (256, 27, 27)),
        "pool2": (256, 13, 13),
        **dict.fromkeys(("conv3", "relu3", "conv4", "relu4"), (384, 13, 13)),
        **dict.fromkeys(("conv5", "relu5"), (256, 13, 13)),
        "pool5": (256, 6, 6),
        "flatten": (9216,),
        **dict.fromkeys(("fc1", "relu6", "dropout", "fc2", "relu7"), (4096,)),
        "output": (1000,),
    }
    assert {name: a.shape[1:] for name, a in activations.items()} == sizes


def test_alexnet_parameters(network: Sequential) -> None:
    """62 378 344 numbers to learn; each layer's is (K·K·C_in + 1)·C_out."""
    expected = {
        "conv1": (11 * 11 * 3 + 1) * 96,
        "conv2": (5 * 5 * 96 + 1) * 256,
        "conv3": (3 * 3 * 256 + 1) * 384,
        "conv4": (3 * 3 * 384 + 1) * 384,
        "conv5": (3 * 3 * 384 + 1) * 256,
        "fc1": (6 * 6 * 256 + 1) * 4096,
        "fc2": (4096 + 1) * 4096,
        "output": (4096 + 1) * 1000,
    }
    assert learnt(network) == expected
    assert sum(expected.values()) == 62_378_344


def test_alexnet_keeps_activations_their_size(activations: dict[str, Array]) -> None:
    """A random image neither dies out nor explodes on its way through eight layers.

    Convolution and ReLU keep the mean square; a maximum of nine numbers raises it, three times.
    """
    size = {name: (a**2).mean() ** 0.5 for name, a in activations.items()}
    assert 0.5 < min(size.values()) <= max(size.values()) < 8
    for before, behind in (("x", "relu1"), ("pool2", "relu5"), ("pool5", "relu7")):
        assert 0.7 < size[behind] / size[before] < 1.4


def test_alexnet_is_reproducible(network: Sequential) -> None:
    """One seed, one network: the first and last weights drawn are the same again."""
    rng = np.random.default_rng(1)
    assert_same(network.layers["conv1"].parameters["weight"], he_normal(rng, (96, 3, 11, 11)))
    for shape in ((256, 96, 5, 5), (384, 256, 3, 3), (384, 384, 3, 3), (256, 384, 3, 3)):
        he_normal(rng, shape)
    first_row = he_normal(rng, (4096, 9216))[0]
    np.testing.assert_array_equal(network.layers["fc1"].parameters["weight"][0], first_row)
    for layer in network.layers.values():
        assert not any(p.any() for key, p in layer.parameters.items() if key == "bias")


def test_alexnet_drops_by_its_mask(network: Sequential, activations: dict[str, Array]) -> None:
    """Without a mask the dense layer's values pass; the mask given is the dropout's."""
    assert network.layers["dropout"].constants == {}
    assert_same(activations["dropout"], activations["relu6"])
    layer = refimpl.Dropout(np.random.default_rng(3).random((1, 4096)) < 1 / 2)
    dropped = layer.forward(activations["relu6"])
    assert_same(dropped, 2 * activations["relu6"] * layer.constants["mask"])


# --- mlp ----------------------------------------------------------------------------------


def test_mlp_shapes(rng: np.random.Generator) -> None:
    """D1.3: Θ is n×m for m inputs and n nodes, one bias for each node."""
    network = mlp(rng, (5, 4, 3, 2))
    shapes = {
        name: {key: p.shape for key, p in layer.parameters.items()}
        for name, layer in network.layers.items()
        if layer.parameters
    }
    assert shapes == {
        "fc1": {"weight": (4, 5), "bias": (4,)},
        "fc2": {"weight": (3, 4), "bias": (3,)},
        "fc3": {"weight": (2, 3), "bias": (2,)},
    }
    assert network.forward(np.zeros((7, 5))).shape == (7, 2)


@pytest.mark.parametrize(
    ("hidden", "output", "functions"),
    [
        (Sigmoid, None, ["linear", "sigmoid", "linear", "sigmoid", "linear"]),
        (Tanh, Sigmoid, ["linear", "tanh", "linear", "tanh", "linear", "sigmoid"]),
        (LeakyReLU, Softmax, ["linear", "leaky_relu", "linear", "leaky_relu", "linear", "softmax"]),
    ],
)
def test_mlp_layers(rng: np.random.Generator, hidden: Any, output: Any, functions: Any) -> None:
    """The hidden activation behind all but the last layer, that of the output behind the last."""
    network = mlp(rng, (3, 4, 5, 2), hidden=hidden, output=output)
    assert [layer.function for layer in network.layers.values()] == functions


def test_mlp_by_the_functions(rng: np.random.Generator) -> None:
    """f(x) = act(Θx + b), layer by layer."""
    network = mlp(rng, (3, 4, 2), hidden=Tanh, output=Sigmoid)
    x = draw(rng, (5, 3), "float64")
    hidden = refimpl.tanh(refimpl.linear(x, **network.layers["fc1"].parameters))
    expected = refimpl.sigmoid(refimpl.linear(hidden, **network.layers["fc2"].parameters))
    assert_same(network.forward(x), expected)


def test_mlp_weights(rng: np.random.Generator) -> None:
    """Weights and biases lie within ±√(6/(inputs + 1 + outputs)), and reach nearly that far."""
    layer = mlp(rng, (400, 300)).layers["fc1"]
    limit = (6 / 701) ** 0.5
    for key, spread in (("weight", 0.99), ("bias", 0.95)):
        parameter = layer.parameters[key]
        assert spread * limit < parameter.max() <= limit
        assert spread * limit < -parameter.min() <= limit


def test_mlp_weights_are_one_draw() -> None:
    """Θ and b of a layer are one draw, b its last column: no number stands in both."""
    layer = mlp(np.random.default_rng(1), (5, 4)).layers["fc1"]
    drawn = uniform(np.random.default_rng(1), (4, 6), 1)
    both = np.column_stack([layer.parameters["weight"], layer.parameters["bias"]])
    assert_same(both, drawn)


# --- residual block -----------------------------------------------------------------------


def branch(network: Network, name: str, x: Array, stride: int) -> Array:
    """f(θ, x): two 3×3 convolutions with a ReLU between them."""
    p = {key: layer.parameters for key, layer in network.layers.items()}
    z = refimpl.conv2d(x, **p[f"{name}.conv1"], stride=stride, padding=1)
    return refimpl.conv2d(refimpl.relu(z), **p[f"{name}.conv2"], padding=1)


def test_residual_block_with_the_plain_shortcut(rng: np.random.Generator) -> None:
    """D4.16: h = x + f(θ, x), with a ReLU behind it; x itself is what is added."""
    block = residual_block(rng, "b", "x", 3, 3)
    assert list(block.layers) == ["b.conv1", "b.relu1", "b.conv2", "b.add", "b.relu2"]
    assert block.inputs == {"b.conv1": ("x",), "b.add": ("x", "b.conv2")}
    network, x = Network(*block), rng.normal(size=(2, 3, 6, 5))
    h = x + branch(network, "b", x, 1)
    assert_same(network.forward(x), np.maximum(h, 0))
    assert (h < 0).any()


@pytest.mark.parametrize(
    ("c_out", "stride", "shape"),
    [(4, 1, (2, 4, 7, 6)), (3, 2, (2, 3, 4, 3)), (5, 2, (2, 5, 4, 3)), (4, 3, (2, 4, 3, 2))],
)
def test_residual_block_with_a_projection(
    rng: np.random.Generator, c_out: int, stride: int, shape: Any
) -> None:
    """Where depth or size change, x goes through a 1×1 convolution of the same stride."""
    network = Network(*residual_block(rng, "b", "x", 3, c_out, stride))
    shortcut = network.layers["b.shortcut"].parameters
    assert shortcut["weight"].shape == (c_out, 3, 1, 1)
    x = rng.normal(size=(2, 3, 7, 6))
    h = refimpl.conv2d(x, **shortcut, stride=stride) + branch(network, "b", x, stride)
    assert h.shape == shape
    assert_same(network.forward(x), np.maximum(h, 0))


def test_residual_network(rng: np.random.Generator) -> None:
    """Its first block has the plain shortcut, its second a projection; 11×9 becomes 6×5."""
    network = residual_network(rng)
    assert network.inputs["block1.add"] == ("relu", "block1.conv2")
    assert network.inputs["block2.add"] == ("block2.shortcut", "block2.conv2")
    assert network.inputs["block2.shortcut"] == ("block1.relu2",)
    x = rng.normal(size=(2, 3, 11, 9))
    a = dict(zip(("x", *network.layers), network.activations(x), strict=True))
    assert a["block1.relu2"].shape == (2, 4, 11, 9)
    assert a["block2.relu2"].shape == (2, 6, 6, 5)
    h = np.maximum(a["relu"] + branch(network, "block1", a["relu"], 1), 0)
    assert_same(a["block1.relu2"], h)
    assert a["output"].shape == (2, 5)


# --- Inception block ----------------------------------------------------------------------

MAPS = {"1×1": 2, "3×3 reduce": 3, "3×3": 4, "5×5 reduce": 1, "5×5": 5, "pool": 6}


def test_inception_block_by_hand(rng: np.random.Generator) -> None:
    """D4.18: 1×1, 3×3 and 5×5 kernels and a pooling side by side, stacked in this order."""
    block = inception_block(rng, "mix", "x", 7, MAPS)
    network, x = Network(*block), rng.normal(size=(2, 7, 6, 5))
    p = {name.removeprefix("mix."): layer.parameters for name, layer in block.layers.items()}

    def conv(a: Array, name: str, padding: int = 0) -> Array:
        return refimpl.relu(refimpl.conv2d(a, **p[name], padding=padding))

    branches = {
        "1×1": conv(x, "1×1"),
        "3×3": conv(conv(x, "3×3 reduce"), "3×3", 1),
        "5×5": conv(conv(x, "5×5 reduce"), "5×5", 2),
        "pool": conv(refimpl.max_pool2d(x, 3, 1, 1), "pool"),
    }
    assert {name: b.shape for name, b in branches.items()} == {
        name: (2, MAPS[name], 6, 5) for name in ("1×1", "3×3", "5×5", "pool")
    }
    y = network.forward(x)
    assert y.shape == (2, 2 + 4 + 5 + 6, 6, 5)
    assert_same(y, np.concatenate(list(branches.values()), axis=1))


def test_inception_kernels(rng: np.random.Generator) -> None:
    """1×1 kernels reduce the depth before the larger ones and behind the pooling."""
    layers = inception_block(rng, "mix", "x", 7, MAPS).layers
    shapes = {
        name.removeprefix("mix."): layer.parameters["weight"].shape
        for name, layer in layers.items()
        if layer.parameters
    }
    assert shapes == {
        "1×1": (2, 7, 1, 1),
        "3×3 reduce": (3, 7, 1, 1),
        "3×3": (4, 3, 3, 3),
        "5×5 reduce": (1, 7, 1, 1),
        "5×5": (5, 1, 5, 5),
        "pool": (6, 7, 1, 1),
    }


def test_inception_network(rng: np.random.Generator) -> None:
    """One block of 2 + 4 + 3 + 1 maps on the input itself, then a dense layer."""
    network = inception_network(rng)
    x = rng.normal(size=(2, 6, 7, 8))
    a = dict(zip(("x", *network.layers), network.activations(x), strict=True))
    assert a["mix.stack"].shape == (2, 10, 7, 8)
    assert a["output"].shape == (2, 4)
    takers = [name for name, sources in network.inputs.items() if "x" in sources]
    assert takers == ["mix.1×1", "mix.3×3 reduce", "mix.5×5 reduce", "mix.max"]
    maps = {
        name: len(layer.parameters["bias"])
        for name, layer in network.layers.items()
        if layer.parameters
    }
    assert maps == {
        "mix.1×1": 2,
        "mix.3×3 reduce": 3,
        "mix.3×3": 4,
        "mix.5×5 reduce": 2,
        "mix.5×5": 3,
        "mix.pool": 1,
        "output": 4,
    }


# --- all of them --------------------------------------------------------------------------

BUILT = {
    "mlp": lambda rng: mlp(rng, (3, 4, 2)),
    "residual": residual_network,
    "inception": inception_network,
}


@pytest.mark.parametrize("name", BUILT)
def test_one_seed_one_network(name: str) -> None:
    """The same seed gives every weight again, another one gives none of them."""
    one, same, other = (BUILT[name](np.random.default_rng(seed)).layers for seed in (1, 1, 2))
    for layer in one:
        for key, weight in one[layer].parameters.items():
            assert_same(same[layer].parameters[key], weight)
            if weight.any():
                assert (other[layer].parameters[key] != weight).all()


@pytest.mark.parametrize("name", ["residual", "inception"])
def test_biases_start_at_zero_and_weights_keep_the_size(name: str) -> None:
    """Weights are `he_normal`: random images come out with activations of order 1."""
    network = BUILT[name](np.random.default_rng(5))
    shape = (20, 3, 11, 9) if name == "residual" else (20, 6, 7, 8)
    x = np.random.default_rng(6).normal(size=shape)
    for layer, a in zip(network.layers, network.activations(x)[1:], strict=True):
        assert 0.2 < (a**2).mean() ** 0.5 < 5, layer
        assert not network.layers[layer].parameters.get("bias", np.zeros(1)).any()


def test_layers_are_not_shared() -> None:
    """Two blocks of one network learn apart: no layer and no array stands in it twice."""
    layers = residual_network(np.random.default_rng(0)).layers.values()
    assert len({id(layer) for layer in layers}) == len(layers)
    arrays = [p for layer in layers for p in layer.parameters.values()]
    assert not any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])
    assert {type(layer) for layer in layers} >= {Linear, ReLU}
