"""Evidence on D2's connections of neurons, and on the kernels that they share."""

from __future__ import annotations

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import distinct, integers, torch_gradients, value
from parity.documents.evidence import COUNTING, TORCH, Evidence, evidence
from parity.documents.printed import d2_connections as printed


@evidence("D2.7")
def connections(evidence: Evidence) -> None:
    """On 1024×1024 a neuron of a 3×3 convolution sees 9 pixels, a dense one all 1 048 576."""
    x, kernel = np.ones((1, 1, 1024, 1024)), np.arange(1.0, 10.0).reshape(1, 1, 3, 3)
    one = np.zeros((1, 1, 1022, 1022))
    one[0, 0, 500, 300] = 2  # a neuron's upstream gradient; the others have none
    convolving = torch_gradients("conv2d", {"x": x, "weight": kernel}, one, ["x"])
    seen = np.count_nonzero(convolving.gradients["x"])
    evidence.printed(TORCH, "convolution", printed.connected_when_convolving(kernel), seen)
    flat, weights = x.reshape(1, -1), np.full((1, x.size), 3.0)
    dense = torch_gradients("linear", {"x": flat, "weight": weights}, np.ones((1, 1)), ["x"])
    all_seen = np.count_nonzero(dense.gradients["x"])
    evidence.printed(TORCH, "dense", printed.connected_when_dense(1024, 1024), all_seen)
    evidence.number("connections", "9", seen)
    evidence.number("1024·1024 in millions", "1", sympy.Rational(1024 * 1024, 10**6))
    counts = refimpl.local_connections((1024, 1024), 3), refimpl.dense_connections(1024 * 1024, 1)
    evidence.implemented(TORCH, "local_connections", counts[0], seen * 1022 * 1022)
    evidence.implemented(TORCH, "dense_connections", counts[1], all_seen)
    field = refimpl.receptive_field([((3, 3),)]).size
    evidence.implemented(TORCH, "receptive_field", np.prod(field), seen)
    no_neighbourhood(evidence)


def no_neighbourhood(evidence: Evidence) -> None:
    """Pixels put elsewhere, and their weights with them: a dense neuron cannot tell."""
    x, weights = distinct("D2.7 x", 1, 12), integers("D2.7 weights", 1, 12)
    elsewhere = np.argsort(integers("D2.7 order", 12, low=-999, high=999))
    moved = value("linear", {"x": x[:, elsewhere], "weight": weights[:, elsewhere]})
    evidence.printed(
        TORCH, "a dense neuron ignores places", printed.dense_neuron(x[0], weights[0]), moved[0, 0]
    )


@evidence("D2.31")
def savings(evidence: Evidence) -> None:
    """Fewer weights and fewer products than with full connections; sharing saves only weights."""
    size, behind = 1024, 1022
    pairs_in_windows = np.lib.stride_tricks.sliding_window_view(
        np.broadcast_to(np.int8(0), (size, size)), (3, 3)
    ).size
    all_pairs = size**2 * behind**2
    kernel = np.ones((3, 3))
    found = {
        "parameters": kernel.size < all_pairs,
        "operations": pairs_in_windows < all_pairs,
    }
    evidence.printed(COUNTING, "fewer", list(printed.FEWER.items()), list(found.items()))
    dense = refimpl.dense_connections(size**2, behind**2)
    evidence.implemented(COUNTING, "dense_connections", dense, all_pairs)
    dense = refimpl.dense_parameters(size**2, behind**2).weights
    evidence.implemented(COUNTING, "dense_parameters", dense, all_pairs)
    local = refimpl.local_connections((size, size), 3)
    evidence.implemented(COUNTING, "products, shared or not", local, pairs_in_windows)
    unshared = refimpl.local_parameters((size, size), 3).weights
    evidence.implemented(COUNTING, "weights, not shared", unshared, pairs_in_windows)
    shared = refimpl.conv_parameters(1, 1, (3, 3)).weights
    evidence.implemented(COUNTING, "weights, shared", shared, kernel.size)


@evidence("D2.32")
def shared_and_local(evidence: Evidence) -> None:
    """True of a layer of one map and of a kernel smaller than its input; else each is false."""
    for maps, keep in ((1, evidence.under_convention), (2, evidence.refuted)):
        uses = uses_of_weights(maps)
        claimed = if_found(np.full)(uses.shape, printed.neurons_that_use_a_weight(maps, 5, 4))
        keep(TORCH, f"neurons that use each weight, maps: {maps}", claimed, uses)
        weights = refimpl.conv_parameters(1, maps, (3, 3)).weights
        evidence.implemented(COUNTING, f"conv_parameters, maps: {maps}", weights, uses.size)
    for kernel, keep in (((3, 3), evidence.under_convention), ((7, 6), evidence.refuted)):
        everything = printed.is_connected_with_all(kernel, (7, 6))
        what = f"connected with all of 7×6, kernel {kernel[0]}×{kernel[1]}"
        keep(TORCH, what, everything, pixels_of_the_first(kernel) == 7 * 6)
    ours = refimpl.dense_parameters(7 * 6, 5 * 4).weights
    evidence.implemented(COUNTING, "dense_parameters", ours, np.ones((7 * 6, 5 * 4)).size)


def uses_of_weights(maps: int) -> Array:
    """How many neurons of a layer on 7×6 use each weight of its 3×3 kernels."""
    ones = {"x": np.ones((1, 1, 7, 6)), "weight": np.ones((maps, 1, 3, 3))}
    neurons = np.ones((1, maps, 5, 4))
    uses: Array = torch_gradients("conv2d", ones, neurons, ["weight"]).gradients["weight"]
    return uses


def pixels_of_the_first(kernel: tuple[int, int]) -> int:
    """With how many pixels of 7×6 the first neuron behind a kernel is connected."""
    ones = {"x": np.ones((1, 1, 7, 6)), "weight": np.ones((1, 1, *kernel))}
    first = np.zeros((1, 1, 8 - kernel[0], 7 - kernel[1]))
    first[..., 0, 0] = 1
    seen = torch_gradients("conv2d", ones, first, ["x"]).gradients["x"]
    return if_found(int)(np.count_nonzero(seen))
