"""Evidence on D2's second part: activations, the pipeline, LeNet, AlexNet, sizes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise, product
from typing import Any, cast

import numpy as np
import sympy

import refimpl
from parity.bounds.arithmetic import sides
from parity.cases.case import Array
from parity.documents.asking import (
    backward_bounds,
    distinct,
    floats,
    forward_bound,
    integers,
    layer,
    rationals,
    torch_forward,
    value,
)
from parity.documents.evidence import COUNTING, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d2_networks as printed
from parity.documents.printed.notation import build

FLOAT64 = sides("float64")
SLOPE = 0.1
LAYERS = {
    "relu": refimpl.ReLU(),
    "leaky_relu": refimpl.LeakyReLU(SLOPE),
    "sigmoid": refimpl.Sigmoid(),
}


@evidence("D2.9")
def activations(evidence: Evidence) -> None:
    """ReLU, Leaky ReLU with slope 0.1 and sigmoid are torch's."""
    half = Fraction(1, 2)
    x = np.append(distinct("D2.9 x", 7), [0, half, -half])
    for name, formula, options in (
        ("relu", printed.relu, {}),
        ("leaky_relu", printed.leaky_relu, {"negative_slope": SLOPE}),
        ("sigmoid", printed.sigmoid, {}),
    ):
        exact = build(x.shape, lambda i, formula=formula: formula(sympy.Rational(x[i - 1])))
        limit = forward_bound(name, {"x": floats(x)}, options, FLOAT64).limit
        if name == "leaky_relu":  # 0.1 is no float64: half a unit in its last place
            limit = limit + np.abs(floats(x)) * np.spacing(SLOPE) / 2
        evidence.printed(TORCH, name, exact, value(name, {"x": x}, options), limit)
        ours = getattr(refimpl, name)(floats(x), **options)
        evidence.implemented(SYMPY, name, ours, exact, limit)
        slopes(evidence, name, x, options)


def slopes(evidence: Evidence, name: str, x: Array, options: Mapping[str, Any]) -> None:
    """The backward of the same activation, from random gradients, beside torch's."""
    dy = integers(f"D2.9 d{name}", *x.shape)
    arrays = {"x": floats(x)}
    limit = backward_bounds(name, floats(dy), arrays, options, FLOAT64)["x"].limit
    ours = getattr(refimpl, f"{name}_backward")(floats(dy), floats(x), **options)
    right = layer(name, dy, {"x": x}, options).gradients["x"]
    evidence.implemented(TORCH, f"{name}_backward", ours, right, limit)
    ours = LAYERS[name].backward(floats(dy), floats(x)).dx
    evidence.implemented(TORCH, f"{type(LAYERS[name]).__name__}", ours, right, limit)


# --- the pipeline -------------------------------------------------------------------------


@evidence("D2.10")
def pipeline(evidence: Evidence) -> None:
    """Convolution, ReLU, maximum of 2×2, twice: with one kernel each, and with several."""
    image = integers("D2.10 image", 1, 1, 14, 18)
    alone = [integers(f"D2.10 {k}", 1, 1, 3, 3, low=-2, high=2) for k in ("1st", "2nd")]
    found = chain(image, alone)
    kernels = [k[0, 0] for k in alone]
    evidence.printed(TORCH, "one kernel", printed.pipeline(image[0, 0], kernels), found[0, 0])
    several = [integers("D2.10 1st", 2, 1, 3, 3), integers("D2.10 2nd", 4, 2, 3, 3)]
    found = chain(image, several)
    maps = np.array(printed.pipeline_of_many(image[0, 0], several), dtype=object)
    evidence.printed(TORCH, "several kernels", maps, found[0])
    layers: dict[str, refimpl.Layer] = {}
    for number, weight in enumerate(several):
        layers[f"conv{number}"] = refimpl.Conv2d(weight, weight[:, 0, 0, 0] * 0)
        layers[f"relu{number}"] = refimpl.ReLU()
        layers[f"pool{number}"] = refimpl.MaxPool2d(2)
    evidence.implemented(TORCH, "Sequential", refimpl.Sequential(layers).forward(image), found)


def chain(x: Array, kernels: list[Array]) -> Array:
    """torch's own layers, one after another."""
    for weight in kernels:
        x = value("conv2d", {"x": x, "weight": weight})
        x = value("max_pool2d", {"x": value("relu", {"x": x})}, {"kernel_size": 2})
    return x


# --- sizes --------------------------------------------------------------------------------


@evidence("D2.12")
def sizes(evidence: Evidence) -> None:
    """Every input of 1 … 8, kernel that fits, stride of 1 … 4: the windows of torch."""
    for padding in ("valid", "same"):
        formula, windows, ours, convolved = [], [], [], []
        for W, w, stride in product(range(1, 9), range(1, 9), range(1, 5)):
            if w > W:
                continue
            formula.append(
                printed.valid(W, w, stride) if padding == "valid" else printed.same(W, stride)
            )
            arrays = {"x": np.ones((1, 1, W)), "weight": np.ones((1, 1, w))}
            options = {"stride": stride, "padding": padding}
            windows.append(torch_forward("conv1d", arrays, options).size)
            ours.append(refimpl.conv_output_size(W, w, stride, padding))
            row, kernel = np.ones((1, 1, 1, W)), np.ones((1, 1, 1, w))
            convolved.append(refimpl.conv2d(row, kernel, stride=(1, stride), padding=padding).size)
        evidence.printed(TORCH, padding, formula, windows)
        evidence.implemented(TORCH, f"conv_output_size, {padding}", ours, windows)
        evidence.implemented(TORCH, f"conv2d, {padding}", convolved, windows)
    pairs = list(product(range(1, 9), range(1, 5)))
    # "same" starts a window at every stride-th place of the input.
    starts = [len(range(0, W, stride)) for W, stride in pairs]
    evidence.printed(COUNTING, "same", [printed.same(W, s) for W, s in pairs], starts)
    triples = [(W, w, s) for W, s in pairs for w in range(1, W + 1)]
    # "valid" keeps those of the windows that end inside.
    inside = [sum(start + w <= W for start in range(0, W, s)) for W, w, s in triples]
    evidence.printed(COUNTING, "valid", [printed.valid(*triple) for triple in triples], inside)
    ours = [refimpl.pool_output_size(*triple) for triple in triples]
    evidence.implemented(COUNTING, "pool_output_size", ours, inside)


# --- networks -----------------------------------------------------------------------------

KINDS = {
    "conv2d": "conv",
    "avg_pool2d": "average",
    "max_pool2d": "maximum",
    "linear": "full",
}


def described(network: refimpl.Sequential) -> tuple[str, ...]:
    """A network's layers in the slides' words; activations, dropout and flattening left out."""
    words = []
    for given in network.layers.values():
        kind = KINDS.get(given.function)
        if kind == "conv":
            words.append(f"conv {given.parameters['weight'].shape[2]}")
        elif kind == "full":
            words.append(f"full {given.parameters['weight'].shape[0]}")
        elif kind:
            words.append(kind)
    return (*words[:-1], "output")


def kinds(network: refimpl.Sequential) -> Counter[str]:
    """How many layers of each kind a network has; the last of the dense ones is the output."""
    return Counter(word.split()[0] for word in described(network))


def functions(network: refimpl.Sequential) -> set[str]:
    """Which functions a network's layers apply."""
    return {given.function for given in network.layers.values()}


def size_behind(words: tuple[str, ...], size: int, windows: Mapping[str, Any]) -> list[int]:
    """The sizes of the maps that torch finds behind each convolution and pooling."""
    x, sizes = np.zeros((1, 1, size, size)), []
    for word in words:
        kind, _, kernel = word.partition(" ")
        if kind == "conv":
            weight = np.zeros((1, 1, int(kernel), int(kernel)))
            x = torch_forward("conv2d", {"x": x, "weight": weight}, windows[word])
        elif kind in ("average", "maximum"):
            x = torch_forward(f"{kind[:3].replace('ave', 'avg')}_pool2d", {"x": x}, windows[kind])
        else:
            break
        sizes.append(x.shape[2])
    return sizes


def parameters(network: refimpl.Sequential) -> int:
    """Weights and biases of all layers."""
    return sum(p.size for given in network.layers.values() for p in given.parameters.values())


@evidence("D2.11")
def lenet(evidence: Evidence) -> None:
    """The layers fit together on 32×32; 120 and 84 neurons are LeNet-5's, of 1998, not 1989's."""
    network = refimpl.lenet(np.random.default_rng(2))
    counts = [kinds(network)[kind] for kind in printed.LENET_COUNTS]
    evidence.printed(COUNTING, "layers of each kind", [*printed.LENET_COUNTS.values()], counts)
    evidence.implemented(COUNTING, "lenet's layers", described(network), printed.LENET)
    wanted = {"conv2d", "avg_pool2d", "linear", "sigmoid", "flatten"}
    evidence.implemented(COUNTING, "lenet's functions", sorted(functions(network)), sorted(wanted))
    windows = {"conv 5": {"padding": "valid"}, "average": {"kernel_size": 2}}
    size, by_formula = 32, []
    for word in printed.LENET[:4]:
        size = printed.valid(size, 5, 1) if word == "conv 5" else printed.valid(size, 2, 2)
        by_formula.append(size)
    evidence.printed(TORCH, "sizes", by_formula, size_behind(printed.LENET, 32, windows))
    # C1, C3 with all maps connected, C5, F6, output; with LeNet-5's table C3 has 1516.
    dense = [int(word.split()[1]) for word in printed.LENET if word.startswith("full")]
    into, out_of = zip(*pairwise([400, *dense, 10]), strict=True)
    full = [(before + 1) * neurons for before, neurons in zip(into, out_of, strict=True)]
    counted = [6 * 26, 16 * 151, *full]
    evidence.implemented(COUNTING, "lenet's parameters", parameters(network), sum(counted))
    trainable_pooling, with_table = 2 * 6 + 2 * 16, 1516
    lenet5 = counted[0] + with_table + trainable_pooling + counted[2] + counted[3]
    evidence.corrected(COUNTING, "120 and 84 in LeNet-5: published parameters", lenet5, 60_000)
    of_1989 = parameters_of_1989(30)
    evidence.refuted(COUNTING, "120 and 84 in 1989", parameters_of_1989(*dense), of_1989)
    evidence.implemented(COUNTING, "published in 1989", of_1989, 9760)
    evidence.false_at(
        "the network of 1989 (LeCun et al., Backpropagation applied to handwritten zip code "
        "recognition, Neural Computation 1) has one hidden dense layer of 30, "
        f"{of_1989} parameters and no pooling"
    )


def parameters_of_1989(*hidden: int) -> int:
    """Of LeCun et al. 1989: 12 maps 8×8, 12 maps 4×4 of 8 maps each, hidden and 10 neurons.

    Kernels 5×5 with stride 2 and a bias for every neuron; no pooling. One hidden layer, of 30.
    """
    first = refimpl.conv_parameters(1, 12, (5, 5)).weights
    first += refimpl.local_parameters((16, 16), 5, 2, "same", channels_out=12).biases
    second = refimpl.conv_parameters(8, 12, (5, 5)).weights
    second += refimpl.local_parameters((8, 8), 5, 2, "same", channels_out=12).biases
    dense = pairwise([12 * 4 * 4, *hidden, 10])
    return int(first + second + sum(refimpl.dense_parameters(*sizes).total for sizes in dense))


@evidence("D2.13")
def alexnet(evidence: Evidence) -> None:
    """The layers fit together on 227×227; a random mask drops half of the nodes on average."""
    windows = {
        "conv 11": {"stride": 4, "padding": "valid"},
        "conv 5": {"padding": "same"},
        "conv 3": {"padding": "same"},
        "maximum": {"kernel_size": 3, "stride": 2},
    }
    size, by_formula = 227, []
    for word in printed.ALEXNET[:8]:
        if word == "maximum":
            size = printed.valid(size, 3, 2)
        else:
            size = printed.valid(size, 11, 4) if word == "conv 11" else printed.same(size, 1)
        by_formula.append(size)
    evidence.printed(TORCH, "sizes", by_formula, size_behind(printed.ALEXNET, 227, windows))
    network = refimpl.alexnet(cast(np.random.Generator, NoNumbers()))
    counts = [kinds(network)[kind] for kind in printed.ALEXNET_COUNTS]
    evidence.printed(COUNTING, "layers of each kind", [*printed.ALEXNET_COUNTS.values()], counts)
    evidence.implemented(COUNTING, "alexnet's layers", described(network), printed.ALEXNET)
    used = {"conv2d", "max_pool2d", "linear", "relu", "dropout", "flatten"}
    evidence.implemented(COUNTING, "alexnet's functions", sorted(functions(network)), sorted(used))
    names = list(network.layers)
    place = [names.index(name) for name in ("fc1", "dropout", "fc2")]
    evidence.implemented(COUNTING, "dropout between the two", place, sorted(place))
    half_of_the_nodes(evidence)


class NoNumbers:
    """Gives an initialisation that shapes the weights and draws no numbers: 62 million of them."""

    def __init__(self, shape: tuple[int, ...] = ()) -> None:
        self.shape = shape

    def standard_normal(self, shape: tuple[int, ...]) -> NoNumbers:
        """What a generator calls its random numbers."""
        return NoNumbers(shape)

    def __mul__(self, scale: float) -> Array:
        return np.broadcast_to(np.float64(0), self.shape)


def half_of_the_nodes(evidence: Evidence) -> None:
    """Over all 64 choices among 6 nodes each is dropped in half of them."""
    choices = np.array(list(product((False, True), repeat=6)))
    h = distinct("D2.13 h", 6)
    left = np.array([printed.dropped(h, chosen) for chosen in choices])
    evidence.printed(COUNTING, "dropped, of 64", np.full(6, 32), np.sum(left == 0, axis=0))
    ours = [refimpl.dropout(h, ~chosen, p=0) for chosen in choices]
    evidence.implemented(COUNTING, "dropout without its division", np.array(ours), left)
    dy = integers("D2.13 dh", 6)
    ours = [refimpl.dropout_backward(dy, h, ~chosen, p=0) for chosen in choices]
    kept = np.where(choices, 0, dy)
    evidence.implemented(COUNTING, "dropout_backward", np.array(ours), kept)
    ours = [refimpl.dropout(h, ~chosen) for chosen in choices]
    evidence.implemented(COUNTING, "dropout, on average", sum(ours), 64 * rationals(h))
