"""D0's algorithms as printed: the whole forward pass and the whole training (§8, §9, §15)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from parity.documents.printed.d0_backward import (
    bias_gradient,
    bias_gradient_of_kernel,
    delta_before_convolution,
    delta_before_pooling,
    hidden_delta,
    kernel_gradient,
    no_activation,
    relu_derivative,
    weight_gradient,
)
from parity.documents.printed.d0_forward import pool_layer, relu, sums_of_convolutions
from parity.documents.printed.notation import Array, build, exp, total


class Convolution(NamedTuple):
    """A convolution layer: K kernels of M matrices (K, M, F, F), b (K,)."""

    W: Array
    b: Array


class Pooling(NamedTuple):
    """A pooling layer: k×k regions, MAX or Average."""

    k: int
    how: str


class FullyConnected(NamedTuple):
    """A fully connected layer: W (outputs, inputs), b (outputs,)."""

    W: Array
    b: Array


Layer = Convolution | Pooling | FullyConnected


class Pass(NamedTuple):
    """z and a of every layer, the input's first; a pooling layer's z is its a."""

    z: list[Array]
    a: list[Array]


def affine(W: Array, a: Array, b: Array) -> Array:
    """D0.8: Wˡ aˡ⁻¹ + bˡ; maps are read out row by row, one after the other."""
    flat = a.ravel()
    return build(
        (len(W),), lambda j: total(W[j - 1, i] * flat[i] for i in range(len(flat))) + b[j - 1]
    )


def softmax(z: Array) -> Array:
    """D0.8: the output layer's activation."""
    return build(z.shape, lambda i: exp(z[i - 1]) / total(exp(v) for v in z))


def identity(z: Array) -> Array:
    """An output layer without activation."""
    return z


def forward(x: Array, layers: Sequence[Layer], output: Callable[[Array], Array] = softmax) -> Pass:
    """D0.9: for l = 2 … L − 1 by the layer's type; the output layer has softmax."""
    z, a = [x], [x]
    for layer in layers[:-1]:
        match layer:
            case Convolution(W, b):
                z.append(sums_of_convolutions(a[-1], W, b))
                a.append(relu(z[-1]))
            case Pooling(k, how):
                z.append(pool_layer(a[-1], k, how))
                a.append(z[-1])
            case FullyConnected(W, b):
                z.append(affine(W, a[-1], b))
                a.append(relu(z[-1]))
    last = layers[-1]
    assert isinstance(last, FullyConnected)
    z.append(affine(last.W, a[-1], last.b))
    a.append(output(z[-1]))
    return Pass(z, a)


def backward(delta: Array, layers: Sequence[Layer], done: Pass) -> list[tuple[Array, Array] | None]:
    """D0.14: δˡ for l = L − 1 … 2 by the type of the layer above; ∂J/∂W and ∂J/∂b of each layer."""
    gradients: list[tuple[Array, Array] | None] = []
    for index in reversed(range(len(layers))):
        layer, z, a = layers[index], done.z[index], done.a[index]
        gradients.append(gradients_of(layer, delta, a))
        if index > 0:
            plain = isinstance(layers[index - 1], Pooling)
            delta = delta_before(layer, delta, a, no_activation(z) if plain else relu_derivative(z))
    return gradients[::-1]


def delta_before(layer: Layer, delta: Array, a: Array, sigma_derivative: Array) -> Array:
    """D0.14: δ of the layer before, whose output is a."""
    match layer:
        case FullyConnected(W, _):
            return hidden_delta(W, delta, sigma_derivative.ravel()).reshape(a.shape)
        case Convolution(W, _):
            return np.stack(
                [
                    total(
                        delta_before_convolution(delta[o], kernel[k], sigma_derivative[k])
                        for o, kernel in enumerate(W)
                    )
                    for k in range(len(a))
                ]
            )
        case Pooling(k, how):
            parts = zip(delta, a, sigma_derivative, strict=True)
            return np.stack([delta_before_pooling(d, k, how, m, s) for d, m, s in parts])


def gradients_of(layer: Layer, delta: Array, a: Array) -> tuple[Array, Array] | None:
    """D0.14: ∂J/∂Wˡ and ∂J/∂bˡ from δˡ and aˡ⁻¹; a pooling layer has neither."""
    match layer:
        case FullyConnected():
            return weight_gradient(delta, a.ravel()), bias_gradient(delta)
        case Convolution():
            kernels = [[kernel_gradient(matrix, d) for matrix in a] for d in delta]
            return np.array(kernels, object), np.array(
                [bias_gradient_of_kernel(d) for d in delta], object
            )
        case Pooling():
            return None


class Trained(NamedTuple):
    """The layers, and how many iterations it took."""

    layers: list[Layer]
    iterations: int


def gradient_descent(
    samples: Sequence[tuple[Array, Array]],
    layers: Sequence[Layer],
    alpha: object,
    MAX: int,
    epsilon: object,
    delta_of_output: Callable[[Array, Array], Array],
    output: Callable[[Array], Array] = softmax,
) -> Trained:
    """D0.14: W ← W − α Σ_i ∂J_i/∂W, b ← b − α Σ_i ∂J_i/∂b over all samples, again and again.

    It ends when every change is smaller than ε, or after MAX iterations.
    """
    now = list(layers)
    for iteration in range(1, MAX + 1):
        found = []
        for x, y in samples:
            done = forward(x, now, output)
            found.append(backward(delta_of_output(done.a[-1], y), now, done))
        changes = [summed(parts) for parts in zip(*found, strict=True)]
        now = [updated(layer, change, alpha) for layer, change in zip(now, changes, strict=True)]
        moved = [alpha * v for c in changes if c for array in c for v in array.ravel()]
        if all(abs(v) < epsilon for v in moved):
            return Trained(now, iteration)
    return Trained(now, MAX)


def summed(parts: Sequence[tuple[Array, Array] | None]) -> tuple[Array, Array] | None:
    """Σ_{i=1}^m of ∂J_i/∂W and ∂J_i/∂b."""
    pairs = [pair for pair in parts if pair is not None]
    return (total(W for W, _ in pairs), total(b for _, b in pairs)) if pairs else None


def updated(layer: Layer, change: tuple[Array, Array] | None, alpha: object) -> Layer:
    """W − α·change, b − α·change."""
    if change is None or isinstance(layer, Pooling):
        return layer
    return layer._replace(W=layer.W - alpha * change[0], b=layer.b - alpha * change[1])
