"""Evidence on D1's counts: parameters and sizes on the way from the MLP to the CNN."""

from __future__ import annotations

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array, generator
from parity.documents.absent import if_found
from parity.documents.asking import SEED, distinct, integers, layer, rationals, torch_forward
from parity.documents.evidence import COUNTING, TORCH, Evidence, evidence
from parity.documents.printed import d1_counts as printed

IMAGE = (printed.IMAGE, printed.IMAGE)


@evidence("D1.11")
def parameters(evidence: Evidence) -> None:
    """Parameters of a dense, a local and a shared layer on the same image, counted."""
    side, weights = printed.neurons_along_a_side(), printed.dense_weights()
    evidence.number("weights of 1000 hidden nodes on 1000×1000", "1000000000", weights)
    evidence.number("their biases", "1000", biases_of_dense())
    evidence.number("weights of one neuron", "100", pixels_of_one_neuron())
    evidence.number("neurons along a side", "991", side)
    orders = sympy.log(sympy.Rational(weights, printed.local_weights()), 10)
    evidence.number("orders of magnitude from dense to local", "1", orders)
    shared_weights, shared_biases = parameters_of_convolution()
    evidence.number("shared weights", "100", shared_weights)
    evidence.number("their bias", "1", shared_biases)
    evidence.printed(TORCH, "feature map", (side, side), feature_map().shape[2:])
    ours = refimpl.conv_output_size(IMAGE, printed.KERNEL)
    evidence.implemented(COUNTING, "conv_output_size", ours, (side, side))
    dense = refimpl.dense_parameters(printed.IMAGE**2, printed.HIDDEN)
    evidence.implemented(COUNTING, "dense_parameters", dense, (weights, printed.HIDDEN))
    local = refimpl.local_parameters(IMAGE, printed.KERNEL)
    evidence.implemented(
        COUNTING, "local_parameters", local, (printed.local_weights(), side * side)
    )
    shared = refimpl.conv_parameters(1, 1, (printed.KERNEL, printed.KERNEL))
    evidence.implemented(TORCH, "conv_parameters", shared, (shared_weights, shared_biases))
    small = refimpl.dense_parameters(2 * 3, printed.HIDDEN)
    evidence.implemented(TORCH, "dense_parameters, biases", small.biases, biases_of_dense())
    field = refimpl.receptive_field([((printed.KERNEL, printed.KERNEL),)])
    evidence.implemented(COUNTING, "receptive_field", field.size, (printed.KERNEL,) * 2)


def pixels_of_one_neuron() -> int:
    """How many pixels of a small image torch's gradient of one output reaches."""
    x, weight = distinct("D1.11 image", 1, 1, 13, 14), distinct("D1.11 kernel", 1, 1, 10, 10)
    one = rationals(np.zeros((1, 1, 4, 5)))
    one[0, 0, 1, 3] = 1
    dx = layer("conv2d", one, {"x": x, "weight": weight}).gradients["x"]
    return if_found(int)((dx != 0).sum())


def parameters_of_convolution() -> tuple[int, int]:
    """Weights and biases of one kernel that torch's gradient moves, all neurons taken together."""
    x, weight = integers("D1.11 image", 1, 1, 13, 14, low=1), integers("D1.11 w", 1, 1, 10, 10)
    dy = integers("D1.11 dy", 1, 1, 4, 5, low=1)
    given = {"x": x, "weight": weight, "bias": integers("D1.11 b", 1)}
    found = layer("conv2d", dy, given).gradients
    weights, biases = ((found[name] != 0).sum() for name in ("weight", "bias"))
    return if_found(int)(weights), if_found(int)(biases)


def biases_of_dense() -> int:
    """Biases of the hidden nodes that torch's gradient moves; on 2×3 pixels, which is no matter."""
    nodes = printed.HIDDEN
    dy = integers("D1.11 dense dy", 1, nodes, low=1)
    given = {
        "x": integers("D1.11 pixels", 1, 6),
        "weight": integers("D1.11 dense", nodes, 6),
        "bias": integers("D1.11 biases", nodes),
    }
    return if_found(int)((layer("linear", dy, given).gradients["bias"] != 0).sum())


@evidence("D1.12")
def sizes(evidence: Evidence) -> None:
    """496 is what the rule that keeps the edge gives; torch drops it unless told otherwise."""
    maps = feature_map()
    dropped, kept = (pooled(maps, ceil_mode=mode).shape[2:] for mode in (False, True))
    printed_ = (496, 496)
    evidence.under_convention(TORCH, "feature map", (991, 991), maps.shape[2:])
    evidence.refuted(TORCH, "pooled, the edge dropped", printed_, dropped)
    evidence.under_convention(TORCH, "pooled, the edge kept", printed_, kept)
    count = printed.pooled_side(keep=True)
    evidence.under_convention(COUNTING, "squares, the edge kept", printed_, (count, count))
    downsample = if_found(refimpl.downsample)
    ours = downsample(maps, printed.POOL).shape[2:]
    evidence.implemented(TORCH, "downsample", ours, kept)
    evidence.implemented(
        TORCH,
        "downsample, drop",
        downsample(maps, printed.POOL, edge="drop").shape[2:],
        dropped,
    )
    for ceil_mode, right in ((False, dropped), (True, kept)):
        size = refimpl.pool_output_size((991, 991), printed.POOL, ceil_mode=ceil_mode)
        evidence.implemented(TORCH, f"pool_output_size, ceil_mode {ceil_mode}", size, right)


@evidence("D1.36")
def solved(evidence: Evidence) -> None:
    """A hidden layer behind the pooling has more weights than what the article calls too many."""
    weights, too_many = printed.dense_weights_behind_the_pooling(), printed.local_weights()
    evidence.refuted(COUNTING, "no layer has as many", True, weights < too_many)
    vector = torch_forward("flatten", {"x": pooled(feature_map(), ceil_mode=True)})
    inputs = vector.shape[1]
    evidence.corrected(TORCH, "1000 · 496²", weights, printed.HIDDEN * inputs)
    ours = if_found(refimpl.dense_parameters)(inputs, printed.HIDDEN)
    evidence.implemented(COUNTING, "dense_parameters", ours.weights, weights)
    nodes = fewest_nodes(inputs, too_many)
    evidence.corrected(COUNTING, "h · 496² ≥ 991² · 100 for h ≥ 400", 400, nodes)
    evidence.false_at(
        f"{nodes} hidden nodes on the 496×496 points of one pooled map have {nodes * inputs} "
        f"weights, more than the {too_many} that are too many; 1000 nodes have {weights}"
    )


@if_found
def fewest_nodes(inputs: int, too_many: int) -> int:
    """How many hidden nodes on these inputs have too many weights."""
    return next(nodes for nodes in range(1, printed.HIDDEN) if nodes * inputs >= too_many)


def feature_map() -> Array:
    """torch's convolution of an image of 1000×1000 with one kernel of 10×10."""
    rng = generator(SEED, "D1.11")
    x, weight = rng.integers(0, 256, (1, 1, *IMAGE)), rng.integers(-3, 4, (1, 1, 10, 10))
    return torch_forward("conv2d", {"x": x.astype("f4"), "weight": weight.astype("f4")})


def pooled(maps: Array, ceil_mode: bool) -> Array:
    options = {"kernel_size": printed.POOL, "ceil_mode": ceil_mode}
    return torch_forward("max_pool2d", {"x": maps}, options)
