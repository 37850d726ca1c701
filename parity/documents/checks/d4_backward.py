"""Evidence on D4's three backward rules: through pooling, through convolution, to W and b."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.documents.absent import if_found
from parity.documents.asking import (
    autograd,
    derivative,
    distinct,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.checks.d4_convolution import as_integers
from parity.documents.evidence import (
    COUNTING,
    RATIONALS,
    SYMPY,
    TORCH,
    Evidence,
    evidence,
    small_integers,
    smallest,
)
from parity.documents.printed import d4_backward as printed
from parity.documents.printed import d4_convolution as forward
from parity.witnesses.symbols import symbols

sigma = np.vectorize(sympy.Function("sigma"), otypes=[object])  # any activation
sigma_prime = np.vectorize(lambda z: sympy.diff(sympy.Function("sigma")(z), z), otypes=[object])


@if_found
def relu_prime(z: Array) -> Array:
    """1 where z > 0, else 0."""
    return rationals((z > 0).astype(int))


# --- 1. through a pooling layer -----------------------------------------------------------


@evidence("D4.6")
def through_pooling(evidence: Evidence) -> None:
    """upsample as worded; its product with σ'(z^L) has no meaning, with σ'(z^{l−1}) it is δ."""
    size = (2, 5)
    z, delta = distinct("D4.6 z", 6, 20), 10 * integers("D4.6 delta", 3, 4)
    for name, how, kernel_function in (
        ("max_pool2d", "max", max),
        ("avg_pool2d", "mean", forward.average),
    ):
        right = layer(name, delta[None, None], {"x": z[None, None]}, {"kernel_size": size})
        upsampled = upsampled_as_printed(how, delta, z, size)
        evidence.printed(TORCH, f"upsample, {how}", upsampled, right.gradients["x"][0, 0])
        ours = refimpl.upsample(delta[None, None], z[None, None], size, how)
        evidence.implemented(TORCH, f"upsample, {how}", ours, right.gradients["x"])
        a = forward.relu(z)
        z_L = forward.pool(a, size, kernel_function)
        right_delta = autograd(
            lambda z, f=kernel_function: forward.pool(forward.relu(z), size, f), delta, z=z
        ).gradients["z"]
        upsampled = upsampled_as_printed(how, delta, a, size)
        found = printed.delta_through_pooling(upsampled, relu_prime(z_L))
        evidence.refuted(TORCH, f"⊙ σ'(z^L), {how}", found, right_delta)
        corrected = printed.delta_through_pooling(upsampled, relu_prime(z))
        evidence.corrected(TORCH, f"⊙ σ'(z^(l−1)), {how}", corrected, right_delta)
        backward = getattr(refimpl, f"{name}_backward")(delta[None, None], a[None, None], size)
        ours = refimpl.relu_backward(backward, z[None, None])
        evidence.implemented(TORCH, f"{name}_backward, relu_backward", ours[0, 0], right_delta)
    x, d = symbols("z", 4, 6), symbols("d", 2, 2)
    pooled = forward.pool(sigma(x), (2, 3), forward.average)
    right_delta = derivative(pooled, x, d)
    corrected = printed.delta_through_pooling(printed.upsample_average(d, (2, 3)), sigma_prime(x))
    evidence.corrected(SYMPY, "average, any σ", corrected, right_delta)
    itself = np.eye(d.size, dtype=int)  # a pooling layer's own ∂a^L/∂z^L: it has no activation
    found = printed.delta_by_transposed_jacobian(itself, d.ravel())
    evidence.refuted(SYMPY, "(∂a^L/∂z^L)ᵀ ∂J/∂a^L", found, right_delta.ravel())
    a = symbols("a", 4, 6)
    dJ_da = derivative(forward.pool(a, (2, 3), forward.average), a, d).ravel()
    corrected = printed.delta_by_transposed_jacobian(np.diag(sigma_prime(x).ravel()), dJ_da)
    evidence.corrected(SYMPY, "(∂a^(l−1)/∂z^(l−1))ᵀ ∂J/∂a^(l−1)", corrected, right_delta.ravel())
    upsampled, pooled = printed.upsample_average(np.array([[1]]), (1, 2)), np.array([[1]])
    if printed.delta_through_pooling(upsampled, pooled) is printed.UNDEFINED:
        evidence.false_at(
            f"a map of {times(upsampled.shape)} pooled to {times(pooled.shape)}: upsample(δ^L) has "
            f"size {times(upsampled.shape)}, σ'(z^L) of the pooling layer {times(pooled.shape)}"
        )


def upsampled_as_printed(how: str, delta: Array, a: Array, size: tuple[int, int]) -> Array:
    """D4.6 ① or ②."""
    if how == "max":
        return printed.upsample_max(delta, a, size)
    return printed.upsample_average(delta, size)


def times(shape: tuple[int, ...]) -> str:
    """A size as the notes write it.

    >>> times((1, 2))
    '1×2'
    """
    return "×".join(map(str, shape))


# --- 2. through a convolution layer -------------------------------------------------------


def layer_input(z: Array, W: Array, b: Array) -> Array:
    """z^l = σ(z^{l−1}) * W^l + b^l, σ = ReLU."""
    sums: Array = forward.slide(forward.relu(z), W) + b
    return sums


@evidence("D4.7")
def through_convolution(evidence: Evidence) -> None:
    """Neither order of the layers makes the indices right; the turned kernel is right."""
    z, W, b = integers("D4.7 z", 5, 8), integers("D4.7 W", 2, 3), integers("D4.7 b", 1, 1)
    z[z == 0] = 7  # no kinks
    delta = integers("D4.7 delta", 4, 6)
    judged = autograd(layer_input, delta, z=z, W=W, b=b)
    z_L, right = judged.y, judged.gradients["z"]
    a = value("relu", {"x": z})
    from_front = if_found(forward.slide)(a, W) + b[0, 0]
    evidence.corrected(TORCH, "z^L, L+1 in front of L", from_front, z_L)
    from_itself = if_found(layer_input)(z_L, W, b)
    evidence.refuted(TORCH, "z^L from σ(z^L)", from_itself, z_L)
    found = if_found(printed.delta_through_convolution)(delta, W, relu_prime(z_L))
    evidence.refuted(TORCH, "⊙ σ'(z^L)", found, right)
    evidence.printed(RATIONALS, "upside down, left to right", printed.rot180(W), W[::-1][:, ::-1])
    w, d = symbols("w", 2, 3), symbols("d", 2, 3)
    turned = derivative(printed.rot180(w), w, d)
    evidence.implemented(SYMPY, "rot180_backward", refimpl.rot180_backward(d, w), turned)
    corrected = printed.delta_through_convolution(delta, W, relu_prime(z))
    evidence.corrected(TORCH, "⊙ σ'(z^(l−1))", corrected, right)
    by_jacobian(evidence)
    ours = refimpl.correlate2d(delta, refimpl.rot180(W), "full")
    evidence.implemented(TORCH, "correlate2d, rot180", refimpl.relu_backward(ours, z), right)
    backward = if_found(refimpl.conv2d_backward)
    dx = backward(delta[None, None], a[None, None], W[None, None]).dx[0, 0]
    ours = if_found(refimpl.relu_backward)(dx, z)
    evidence.implemented(TORCH, "conv2d_backward", ours, right)
    (z, W, b, delta), wrong, right = smallest(
        ((-z, *others) for z, *others in small_integers(*[(1, 1)] * 4) if z.all()),
        lambda z, W, b, d: printed.delta_through_convolution(
            d, W, relu_prime(layer_input(z, W, b))
        ),
        lambda z, W, b, d: autograd(layer_input, d, z=z, W=W, b=b).gradients["z"],
    )
    evidence.false_at(
        f"one neuron a layer, σ = ReLU, z^(l−1) = {z.item()}, W {W.item()}, b {b.item()}, so that "
        f"z^l = {if_found(layer_input)(z, W, b).item()}, δ^l = {delta.item()}: "
        f"printed {as_integers(wrong)}, but the gradient is {as_integers(right)}"
    )


def by_jacobian(evidence: Evidence) -> None:
    """The first two formulas, any σ; L+1 behind L, since ∂z^{L+1}/∂z^L has no other meaning."""
    z, W, d = symbols("z", 2, 4), symbols("W", 2, 3), symbols("d", 2)
    z_next = forward.slide(sigma(z), W).ravel()
    jacobian = np.array([[sympy.diff(y, x) for x in z.ravel()] for y in z_next], object)
    delta = derivative(z_next, z, d).ravel()  # of layer L, for δ^{L+1} = d
    found = printed.delta_by_jacobian(jacobian, delta)
    evidence.refuted(SYMPY, "δ^(L+1) = (∂z^(L+1)/∂z^L) δ^L", found, d)
    found = printed.delta_by_transposed_jacobian(jacobian, delta)
    evidence.refuted(SYMPY, "δ^(L+1) = (∂z^(L+1)/∂z^L)ᵀ δ^L", found, d)
    corrected = printed.delta_by_transposed_jacobian(jacobian, d)
    evidence.corrected(SYMPY, "δ^(l−1) = (∂z^l/∂z^(l−1))ᵀ δ^l", corrected, delta)
    corrected = printed.delta_through_convolution(d.reshape(1, 2), W, sigma_prime(z))
    evidence.corrected(SYMPY, "turned kernel, any σ", corrected.ravel(), delta)


# --- 3. the gradients of W and b ----------------------------------------------------------


@if_found
def next_activation(z: Array, W: Array) -> Array:
    """a^{l+1} of ReLU, from z^l."""
    return forward.relu(forward.slide(forward.relu(z), W))


@evidence("D4.8")
def to_the_parameters(evidence: Evidence) -> None:
    """True where a^{L+1} is the activation in front of layer L; D4.5 counts the other way."""
    a, W, b = integers("D4.8 a", 9, 7), integers("D4.8 W", 2, 4), integers("D4.8 b", 1)
    delta = integers("D4.8 delta", 8, 4)
    arrays = {"x": a[None, None], "weight": W[None, None], "bias": b}
    right = layer("conv2d", delta[None, None], arrays)
    dW = right.gradients["weight"][0, 0]
    z_L = right.y[0, 0]
    behind = next_activation(z_L, integers("D4.8 W2", 3, 1))
    for add, order, neighbour in (
        (evidence.refuted, "behind", behind),
        (evidence.under_convention, "in front of", a),
    ):
        z = if_found(forward.slide)(neighbour, W) + b[0]
        add(TORCH, f"z^L, L+1 {order} L", z, z_L)
        add(TORCH, f"∂J/∂W, L+1 {order} L", if_found(printed.weight_gradient)(neighbour, delta), dW)
    dbias = right.gradients["bias"][0]
    evidence.under_convention(TORCH, "∂J/∂b", printed.bias_gradient(delta), dbias)
    pools = [FUNCTIONS[f"{how}_pool{n}d"].inputs for how, n in product(("max", "avg"), (1, 2, 3))]
    neither = [("x",)] * len(pools)  # differentiated by its input alone
    evidence.under_convention(COUNTING, "a pooling has neither W nor b", neither, pools)
    ours = refimpl.conv2d_backward(delta[None, None], a[None, None], W[None, None])
    evidence.implemented(TORCH, "conv2d_backward dweight", ours.dweight[0, 0], dW)
    evidence.implemented(TORCH, "conv2d_backward dbias", ours.dbias, right.gradients["bias"])
    row_a, row_W, row_delta = a[None, :1], W[None, :1], delta[None, :1]
    dW = layer("conv1d", row_delta, {"x": row_a, "weight": row_W}).gradients["weight"]
    of_a_row = refimpl.conv1d_backward(row_delta, row_a, row_W)
    evidence.implemented(TORCH, "conv1d_backward", of_a_row.dweight, dW)
    pooling: tuple[Any, ...] = (refimpl.MaxPool2d(2), refimpl.AvgPool2d(2))
    found = [len(p.parameters) for p in pooling]
    evidence.implemented(COUNTING, "parameters of MaxPool2d, AvgPool2d", found, [0, 0])
