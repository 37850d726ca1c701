"""D2.29 as printed: the whole backward pass, from the loss back to the image.

Two convolutions, each with ReLU and max pooling by 2×2, two fully connected layers with ReLU,
and the output with softmax and the loss −log(O_t).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from parity.documents.printed import d2_dense, d2_pooling
from parity.documents.printed.d2_networks import downsampled
from parity.documents.printed.d2_softmax import loss_by_prediction, softmax, softmax_loss
from parity.documents.printed.d2_terms import correlate
from parity.documents.printed.notation import Array, build

CONVOLUTIONS, DENSE = (1, 2), (3, 4)
OUTPUT = 5


def forward(image: Array, p: Mapping[str, Array]) -> dict[str, Array]:
    """Every Z (before the activation) and A (behind the layer) by the number of its layer.

    P is what a convolution's ReLU gives, before the pooling.
    """
    values = {"A0": image}
    for n in CONVOLUTIONS:
        values[f"Z{n}"] = convolved(values[f"A{n - 1}"], p[f"W{n}"], p[f"B{n}"][0])
        values[f"P{n}"] = activated(values[f"Z{n}"])
        values[f"A{n}"] = downsampled(values[f"P{n}"])
    values["A2"] = values["A2"].ravel()
    for n in (*DENSE, OUTPUT):
        values[f"Z{n}"] = d2_dense.forward(values[f"A{n - 1}"], p[f"W{n}"], p[f"B{n}"])
        values[f"A{n}"] = softmax(values["Z5"]) if n == OUTPUT else activated(values[f"Z{n}"])
    return values


def convolved(A: Array, W: Array, b: Any) -> Array:
    """A ⊗ W, and b added to each element (D2.23)."""
    Z = correlate(A, W)
    return build(Z.shape, lambda i, j: Z[i - 1, j - 1] + b)


def activated(Z: Array) -> Array:
    """ReLU of every element."""
    return build(Z.shape, lambda *place: d2_dense.relu(Z[tuple(i - 1 for i in place)]))


def loss(image: Array, p: Mapping[str, Array], t: int) -> Any:
    """Step 1: the softmax loss."""
    return softmax_loss(forward(image, p)["A5"], t)


def backward(image: Array, p: Mapping[str, Array], t: int) -> dict[str, Array]:
    """Every gradient, in the order of steps 2 … 6: each needs only those before it."""
    v = forward(image, p)
    D = {"A5": loss_by_prediction(v["A5"], t)}  # 2: the predictions
    D["Z5"] = output_before_the_activation(D["A5"], v["A5"], t)  # 3
    for n in (OUTPUT, *reversed(DENSE)):  # 4: weights and neurons of the dense layers
        D[f"W{n}"] = d2_dense.gradient_of_weights(D[f"Z{n}"], v[f"A{n - 1}"])
        D[f"B{n}"] = d2_dense.gradient_of_biases(D[f"Z{n}"])
        D[f"A{n - 1}"] = d2_dense.gradient_of_neurons(D[f"Z{n}"], p[f"W{n}"])
        if n - 1 in DENSE:
            D[f"Z{n - 1}"] = before_the_activation(D[f"A{n - 1}"], v[f"Z{n - 1}"])
    D["A2"] = D["A2"].reshape(v["P2"].shape[0] // 2, -1)
    for n in reversed(CONVOLUTIONS):
        D[f"P{n}"] = d2_pooling.max_pooling(D[f"A{n}"], v[f"P{n}"])  # 5: before the pooling
        D[f"Z{n}"] = before_the_activation(D[f"P{n}"], v[f"Z{n}"])
        D[f"W{n}"] = correlate(v[f"A{n - 1}"], D[f"Z{n}"])  # 6: kernel, bias, what came in
        D[f"B{n}"] = np.array([D[f"Z{n}"].sum()], dtype=object)
        turned = p[f"W{n}"][::-1, ::-1]
        D[f"A{n - 1}"] = correlate(framed(D[f"Z{n}"], turned.shape), turned)
    return D


def output_before_the_activation(DO: Array, O: Array, t: int) -> Array:  # noqa: E741
    """dL/dO_t · dO_t/dz_i: O_t − 1 for i = t, O_i for the others."""
    return build(
        O.shape,
        lambda i: DO[t] * (O[t] - O[t] ** 2) if i - 1 == t else DO[t] * (-O[t] * O[i - 1]),
    )


def before_the_activation(DA: Array, Z: Array) -> Array:
    """DZ = DA where Z ≥ 0, 0 where Z < 0."""

    def element(*place: int) -> Any:
        index = tuple(i - 1 for i in place)
        return DA[index] * d2_dense.slope(Z[index])

    return build(Z.shape, element)


def framed(DZ: Array, kernel: tuple[int, ...]) -> Array:
    """DZ in a frame of zeros, one less than the kernel's size on every side."""
    (H, W), (h, w) = DZ.shape, kernel
    frame = np.zeros((H + 2 * h - 2, W + 2 * w - 2), dtype=object)
    frame[h - 1 : h - 1 + H, w - 1 : w - 1 + W] = DZ
    return frame
