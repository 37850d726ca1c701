"""Evidence on D0: the backward pass of each layer (§10 to §14)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.absent import if_found
from parity.documents.asking import (
    autograd,
    derivative,
    distinct,
    expanded,
    integers,
    layer,
    rationals,
    value,
)
from parity.documents.evidence import SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d0_backward as printed
from parity.documents.printed import d0_forward
from parity.documents.printed.d0_network import affine
from parity.documents.printed.notation import tanh
from parity.witnesses.symbols import symbols

# --- §10: the fully connected network -----------------------------------------------------

Function = Callable[[Array], Array]


def deep(sigma: Function) -> Callable[..., Array]:
    """a⁴ of a network of three fully connected layers, from its parameters."""

    def forward(x: Array, **p: Array) -> Array:
        a = x
        for index in (2, 3, 4):
            a = sigma(affine(p[f"W{index}"], a, p[f"b{index}"]))
        return a

    return forward


def deep_gradients(
    dJ_da: Array, x: Array, sigma: Function, sigma_derivative: Function, **p: Array
) -> dict[str, Array]:
    """Every gradient by the four printed formulas."""
    a, z = [x], [x]
    for index in (2, 3, 4):
        z.append(affine(p[f"W{index}"], a[-1], p[f"b{index}"]))
        a.append(sigma(z[-1]))
    delta = printed.output_delta(dJ_da, sigma_derivative(z[3]))
    found = {}
    for index in (4, 3, 2):
        found[f"W{index}"] = printed.weight_gradient(delta, a[index - 2])
        found[f"b{index}"] = printed.bias_gradient(delta)
        if index > 2:
            delta = printed.hidden_delta(p[f"W{index}"], delta, sigma_derivative(z[index - 2]))
    return found


def square(z: Array) -> Array:
    """An activation whose values and derivatives are exact: z²."""
    return z * z


def square_derivative(z: Array) -> Array:
    """2z."""
    return 2 * z


def cube(z: Array) -> Array:
    """Another, without ties between z and −z: z³."""
    return z * z * z


def cube_derivative(z: Array) -> Array:
    """3z²."""
    return 3 * z * z


def tanh_of(z: Array) -> Array:
    """tanh, element by element."""
    return np.array([tanh(v) for v in z], object)


def tanh_derivative(z: Array) -> Array:
    """1 − tanh²."""
    return 1 - tanh_of(z) ** 2


@evidence("D0.10")
def fully_connected(evidence: Evidence) -> None:
    """δᴸ, δˡ and both gradients through three layers; J by any ∂J/∂aᴸ."""
    x, dJ = integers("D0.10 x", 3, low=-2, high=2), integers("D0.10 dJ", 4)
    p = {
        name: integers(f"D0.10 {name}", *shape, low=-1, high=2)
        for name, shape in parameters(3, 6, 5, 4).items()
    }
    for label, sigma, slope in (
        ("ReLU", d0_forward.relu, printed.relu_derivative),
        ("z²", square, square_derivative),
    ):
        right = autograd(deep(sigma), dJ, x=x, **p).gradients
        found = deep_gradients(dJ, x, sigma, slope, **p)
        for name in p:
            evidence.printed(TORCH, f"{label}: ∂J/∂{name}", found[name], right[name])
    ours = by_refimpl(dJ, x, p)
    right = autograd(deep(d0_forward.relu), dJ, x=x, **p).gradients
    for name in p:
        evidence.implemented(TORCH, f"∂J/∂{name}", ours[name], right[name])
    p = {name: symbols(name, *shape) for name, shape in parameters(1, 1, 2, 1).items()}
    x, dJ = symbols("x", 1), symbols("g", 1)
    J = dJ[0] * deep(tanh_of)(x, **p)[0]
    found = deep_gradients(dJ, x, tanh_of, tanh_derivative, **p)
    for name, array in p.items():
        evidence.printed(SYMPY, f"tanh: ∂J/∂{name}", found[name], derivative(J, array))


def parameters(*sizes: int) -> dict[str, tuple[int, ...]]:
    """The shapes of W2, b2, W3, …"""
    shapes: dict[str, tuple[int, ...]] = {}
    for index, (before, after) in enumerate(pairwise(sizes), start=2):
        shapes[f"W{index}"], shapes[f"b{index}"] = (after, before), (after,)
    return shapes


def by_refimpl(dJ: Array, x: Array, p: dict[str, Array]) -> dict[str, Array]:
    """The same gradients by refimpl, a batch of one sample, ReLU."""
    a, z = [x[None]], []
    for index in (2, 3, 4):
        z.append(refimpl.linear(a[-1], p[f"W{index}"], p[f"b{index}"]))
        a.append(refimpl.relu(z[-1]))
    dy, found = dJ[None], {}
    for index in (4, 3, 2):
        delta = refimpl.relu_backward(dy, z[index - 2])
        grads = refimpl.linear_backward(delta, a[index - 2], p[f"W{index}"])
        found[f"W{index}"], found[f"b{index}"], dy = grads.dweight, grads.dbias, grads.dx
    return found


# --- §11, §12: pooling --------------------------------------------------------------------

POOLINGS = {"MAX": "max_pool2d", "Average": "avg_pool2d"}


@evidence("D0.11")
def before_pooling(evidence: Evidence) -> None:
    """upsample(δ) ⊙ σ'(z) behind ReLU and behind z³, and the article's example."""
    for k, H, V in ((2, 4, 6), (3, 9, 6)):
        z = distinct(f"D0.11 {k} z", H, V)
        delta = k**2 * integers(f"D0.11 {k} δ", H // k, V // k)
        for how, function in POOLINGS.items():
            right, a = behind_relu(function, delta, z, k)
            slopes = printed.relu_derivative(z)
            found = if_found(printed.delta_before_pooling)(delta, k, how, a, slopes)
            evidence.printed(TORCH, f"{how} {k}×{k} behind ReLU", found, right)
            name = {"MAX": "max", "Average": "mean"}[how]
            back = if_found(refimpl.upsample)(delta[None, None], a[None, None], k, name)
            ours = if_found(refimpl.relu_backward)(back, z[None, None])[0, 0]
            evidence.implemented(TORCH, f"upsample, {name}", ours, right)
            found = printed.delta_before_pooling(delta, k, how, cube(z), cube_derivative(z))
            right = autograd(pooled(cube, k, how), delta, z=z).gradients["z"]
            evidence.printed(TORCH, f"{how} {k}×{k} behind z³", found, right)
    pooling_along_other_axes(evidence)
    delta, a = rationals([[2, 8], [4, 6]]), rationals(MAXIMA)
    for how, function in POOLINGS.items():
        arrays = {"x": a[None, None]}
        right = layer(function, delta[None, None], arrays, {"kernel_size": 2}).gradients["x"][0, 0]
        example = rationals(EXAMPLE[how])
        evidence.printed(TORCH, f"{how}: example", example, right)
        evidence.printed(TORCH, f"{how}: upsample", printed.upsample(delta, 2, how, a), right)


# The article's example: where the maxima were, and what becomes of 2, 8, 4, 6.
MAXIMA = ((1, 0, 0, 0), (0, 0, 0, 1), (0, 1, 0, 0), (0, 0, 1, 0))
EXAMPLE = {
    "MAX": ((2, 0, 0, 0), (0, 0, 0, 8), (0, 4, 0, 0), (0, 0, 6, 0)),
    "Average": ((0.5, 0.5, 2, 2), (0.5, 0.5, 2, 2), (1, 1, 1.5, 1.5), (1, 1, 1.5, 1.5)),
}


def pooled(sigma: Function, k: int, how: str) -> Callable[..., Array]:
    """pool(σ(z))."""
    return lambda z: d0_forward.pool(sigma(z), k, how)


def behind_relu(function: str, delta: Array, z: Array, k: int) -> tuple[Array, Array]:
    """∂J/∂z of torch's pooling behind torch's ReLU, and the ReLU's output."""
    z = z[None, None]
    a = value("relu", {"x": z})
    back = layer(function, delta[None, None], {"x": a}, {"kernel_size": k}).gradients["x"]
    return layer("relu", back, {"x": z}).gradients["x"][0, 0], a[0, 0]


def pooling_along_other_axes(evidence: Evidence) -> None:
    """The gradients of the poolings of vectors, maps and volumes."""
    for axes, shape in ((1, (8,)), (2, (4, 6)), (3, (4, 2, 6))):
        x = distinct(f"D0.11 {axes} axes", 2, 3, *shape)
        delta = 2**axes * integers(f"D0.11 {axes} δ", 2, 3, *(n // 2 for n in shape))
        for name in POOLINGS.values():
            function = name.replace("2d", f"{axes}d")
            right = layer(function, delta, {"x": x}, {"kernel_size": 2}).gradients["x"]
            ours = getattr(refimpl, f"{function}_backward")(delta, x, 2)
            evidence.implemented(TORCH, f"{function}_backward", ours, right)


@evidence("D0.17")
def pooling_has_no_activation(evidence: Evidence) -> None:
    """A pooling behind a pooling: σ'(z) is 1; a pooling layer has nothing that learns."""
    z, delta = distinct("D0.17 z", 8, 12), 16 * integers("D0.17 δ", 2, 3)
    for first, second in (("MAX", "Average"), ("Average", "MAX")):
        inner = value(POOLINGS[first], {"x": z[None, None]}, {"kernel_size": 2})[0, 0]
        slopes = if_found(printed.no_activation)(inner)
        found = if_found(printed.delta_before_pooling)(delta, 2, second, inner, slopes)
        found = if_found(printed.upsample)(found, 2, first, z)
        right = autograd(twice(first, second), delta, z=z).gradients["z"]
        evidence.printed(TORCH, f"{second} behind {first}", found, right)
        ours, x = delta[None, None], z[None, None]
        for how, before in ((second, inner[None, None]), (first, x)):
            ours = if_found(getattr(refimpl, f"{POOLINGS[how]}_backward"))(ours, before, 2)
        evidence.implemented(TORCH, f"{second} behind {first}", ours[0, 0], right)
    for pooling in (refimpl.MaxPool2d(2), refimpl.AvgPool2d(2)):
        evidence.implemented(TORCH, "a pooling layer's parameters", len(pooling.parameters), 0)


def twice(first: str, second: str) -> Callable[..., Array]:
    """One 2×2 pooling behind another."""
    return lambda z: d0_forward.pool(d0_forward.pool(z, 2, first), 2, second)


# --- §13, §14: convolution ----------------------------------------------------------------


@evidence("D0.12")
def before_convolution(evidence: Evidence) -> None:
    """δ ∗ rot180(W) ⊙ σ'(z), on numbers behind ReLU and term by term."""
    z, W = distinct("D0.12 z", 5, 6), integers("D0.12 W", 3, 2)
    delta = integers("D0.12 δ", 3, 5)
    found = printed.delta_before_convolution(delta, W, printed.relu_derivative(z))
    x = z[None, None]
    arrays = {"x": value("relu", {"x": x}), "weight": W[None, None]}
    back = layer("conv2d", delta[None, None], arrays).gradients["x"]
    right = layer("relu", back, {"x": x}).gradients["x"][0, 0]
    evidence.printed(TORCH, "behind ReLU", found, right)
    backward = if_found(refimpl.conv2d_backward)
    ours = backward(delta[None, None], arrays["x"], arrays["weight"]).dx
    ours = if_found(refimpl.relu_backward)(ours, x)[0, 0]
    evidence.implemented(TORCH, "relu_backward(conv2d_backward)", ours, right)

    for found_by_us, right_there, function in along_other_axes("D0.12"):
        dx = right_there["x"]
        evidence.implemented(TORCH, f"{function} dx", found_by_us.dx, dx)

    a, w, d = symbols("a", 3, 3), symbols("w", 2, 2), symbols("d", 2, 2)
    one = np.full((3, 3), sympy.Integer(1), object)
    found = printed.delta_before_convolution(d, w, one)
    evidence.printed(
        SYMPY, "3×3, kernel 2×2", expanded(found), derivative(d0_forward.convolve(a, w), a, d)
    )
    ours = refimpl.conv2d_backward(d[None, None], a[None, None], w[None, None]).dx[0, 0]
    evidence.implemented(SYMPY, "conv2d_backward", expanded(ours), expanded(found))
    evidence.implemented(SYMPY, "rot180", refimpl.rot180(w), printed.rot180(w))


def along_other_axes(label: str) -> Iterator[tuple[Any, dict[str, Array], str]]:
    """Gradients by refimpl and by torch, of vectors and of volumes; several maps and samples."""
    for axes, sizes, kernel in ((1, (7,), (3,)), (3, (3, 5, 4), (2, 3, 2))):
        x = integers(f"{label} {axes} x", 2, 3, *sizes)
        W, b = integers(f"{label} {axes} W", 4, 3, *kernel), integers(f"{label} {axes} b", 4)
        places = (n - f + 1 for n, f in zip(sizes, kernel, strict=True))
        delta = integers(f"{label} {axes} δ", 2, 4, *places)
        right = layer(f"conv{axes}d", delta, {"x": x, "weight": W, "bias": b}).gradients
        function = f"conv{axes}d_backward"
        yield getattr(refimpl, function)(delta, x, W), right, function


@evidence("D0.13")
def to_kernel_and_bias(evidence: Evidence) -> None:
    """a ∗ δ and the sum of δ, on numbers and term by term."""
    a, W, b = integers("D0.13 a", 5, 6), integers("D0.13 W", 3, 2), integers("D0.13 b", 1)
    delta = integers("D0.13 δ", 3, 5)
    arrays = {"x": a[None, None], "weight": W[None, None], "bias": b}
    right = layer("conv2d", delta[None, None], arrays).gradients
    found = printed.kernel_gradient(a, delta)
    total = [printed.bias_gradient_of_kernel(delta)]
    evidence.printed(TORCH, "∂J/∂W", found, right["weight"][0, 0])
    evidence.printed(TORCH, "∂J/∂b", total, right["bias"])
    ours = refimpl.conv2d_backward(delta[None, None], arrays["x"], arrays["weight"])
    evidence.implemented(TORCH, "dweight", ours.dweight[0, 0], right["weight"][0, 0])
    evidence.implemented(TORCH, "dbias", ours.dbias, right["bias"])

    for found_by_us, right_there, function in along_other_axes("D0.13"):
        dweight, dbias = right_there["weight"], right_there["bias"]
        evidence.implemented(TORCH, f"{function} dweight", found_by_us.dweight, dweight)
        evidence.implemented(TORCH, f"{function} dbias", found_by_us.dbias, dbias)

    a, w, d = symbols("a", 4, 4), symbols("w", 3, 3), symbols("d", 2, 2)
    c = symbols("b", 1)
    z = d0_forward.convolve(a, w) + c[0]
    found = printed.kernel_gradient(a, d)
    evidence.printed(SYMPY, "4×4, kernel 3×3: ∂J/∂W", expanded(found), derivative(z, w, d))
    total = [printed.bias_gradient_of_kernel(d)]
    evidence.printed(SYMPY, "∂J/∂b", total, derivative(z, c, d))
    ours = refimpl.conv2d_backward(d[None, None], a[None, None], w[None, None])
    evidence.implemented(SYMPY, "dweight", expanded(ours.dweight[0, 0]), expanded(found))
