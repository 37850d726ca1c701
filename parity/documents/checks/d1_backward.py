"""Evidence on D1's parameter estimation: the residual on its way back through the layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array
from parity.documents.asking import autograd, derivative, distinct, integers, layer, rationals
from parity.documents.checks.d1_cnn import turned
from parity.documents.checks.d1_depth import whole
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
from parity.documents.printed import d1_backward as printed
from parity.documents.printed import d1_cnn, d1_mlp
from parity.documents.printed.d1_mlp import each
from parity.documents.printed.notation import build
from parity.witnesses.symbols import symbols


def shared(Theta: Array, maps: int) -> Array:
    """The weight of torch's convolution that has one kernel for all maps, as it stands."""
    return np.repeat(Theta[:, None], maps, axis=1)


# --- MLP and rasterisation ----------------------------------------------------------------


@evidence("D1.21")
def through_the_mlp(evidence: Evidence) -> None:
    """The formula is right; the derivative of the identity is no unit vector, but all ones."""
    theta, delta = distinct("D1.21 Θ", 3, 5), integers("D1.21 δ", 3, low=1)
    x = integers("D1.21 x", 1, 5)
    found = layer("linear", delta[None], {"x": x, "weight": theta}).gradients["x"]
    back = printed.delta_r(theta, delta.reshape(-1, 1))
    evidence.printed(TORCH, "Θ_sᵀ δ_s", back[:, 0], found[0])
    ours = refimpl.linear_backward(delta[None], x, theta)
    evidence.implemented(TORCH, "linear_backward", ours.dx, found)
    n = symbols("n", 2)
    slope = build(n.shape, lambda i: sympy.diff(n[i - 1], n[i - 1]))  # of the identity
    length = sympy.sqrt(sum(s**2 for s in slope))
    evidence.refuted(SYMPY, "length of φ'(n_r)", 1, length)
    evidence.corrected(SYMPY, "φ'(n_r)", [1, 1], slope)
    unit, residual = printed.unit_vector(2), np.array([1, 1], object)
    turned_into, gradient = unit * residual, slope * residual
    evidence.refuted(SYMPY, "a residual times a unit vector", turned_into, residual)
    evidence.corrected(SYMPY, "a residual times φ'(n_r)", gradient, residual)
    evidence.false_at(
        f"two nodes: φ'(n_r) = {slope.tolist()}, of length {length}; a vector of length 1, such as "
        f"{unit.tolist()}, would turn the residual {residual.tolist()} into "
        f"{turned_into.tolist()}, where the gradient is {gradient.tolist()}"
    )


@evidence("D1.22")
def cut_back(evidence: Evidence) -> None:
    """The vector cut back into maps: torch's gradient through flatten."""
    x, delta = distinct("D1.22 x", 1, 3, 4, 2), distinct("D1.22 δ", 24)
    found = layer("flatten", delta[None], {"x": x}).gradients["x"]
    evidence.printed(TORCH, "Δ_1 … Δ_q", printed.cut_back(delta, 3, 4, 2), found[0])
    ours = refimpl.flatten_backward(delta[None], x)
    evidence.implemented(TORCH, "flatten_backward", ours, found)


# --- pooling ------------------------------------------------------------------------------


@evidence("D1.23")
def upsampling(evidence: Evidence) -> None:
    """Mean: shared equally, as printed. Max: copied to all four places, which is false."""
    x, dy = distinct("D1.23 x", 1, 1, 4, 6), 4 * integers("D1.23 dy", 1, 1, 2, 3)
    mean = layer("avg_pool2d", dy, {"x": x}, {"kernel_size": 2}).gradients["x"]
    evidence.printed(TORCH, "mean pooling shares", printed.upsample_mean(dy[0, 0]), mean[0, 0])

    def right(x: Array, dy: Array) -> Array:
        return layer("max_pool2d", dy, {"x": x}, {"kernel_size": 2}).gradients["x"]

    found = right(x, dy)
    evidence.refuted(TORCH, "max pooling copies", printed.upsample_max(dy[0, 0]), found[0, 0])
    behind_an_activation(evidence, 2 * x, dy)
    ours = refimpl.max_pool2d_backward(dy, x, 2)
    evidence.implemented(RATIONALS, "max_pool2d_backward", ours, only_the_maximum(x, dy))
    ours = refimpl.avg_pool2d_backward(dy, x, 2)
    evidence.implemented(TORCH, "avg_pool2d_backward", ours, mean)
    for how, expected in (("max", found), ("mean", mean)):
        ours = refimpl.upsample(dy, x, 2, how)
        evidence.implemented(TORCH, f"upsample, {how}", ours, expected)
    (x, dy), copied, expected = smallest(
        without_ties(),
        lambda x, dy: printed.upsample_max(dy[0, 0]),
        lambda x, dy: right(x, dy)[0, 0],
    )
    evidence.false_at(
        f"window {x[0, 0].tolist()}, residual {dy[0, 0].tolist()}: copied "
        f"{copied.tolist()}, but the gradient is {whole(expected)}"
    )


def behind_an_activation(evidence: Evidence, N: Array, dy: Array) -> None:
    """The correction for the maximum, with φ'(N_p); for the mean it is D1.33's."""
    found = autograd(lambda N: d1_cnn.pooled(each(phi, N), max), dy[0, 0], N=N[0, 0])
    ours = (only_the_maximum(each(phi, N), dy) * each(dphi, N))[0, 0]
    evidence.corrected(TORCH, "only the maximum gets it, times φ'", ours, found.gradients["N"])


def only_the_maximum(x: Array, dy: Array) -> Array:
    """The place of the maximum gets the residual, the other three get 0."""
    dx = np.zeros(x.shape, dtype=object)
    for n, c, i, j in np.ndindex(*dy.shape):
        window = x[n, c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        u, v = np.unravel_index(np.argmax(window), window.shape)
        dx[n, c, 2 * i + u, 2 * j + v] = dy[n, c, i, j]
    return dx


def without_ties() -> Iterator[tuple[Array, ...]]:
    """A window of four different numbers, and a residual."""
    for x, dy in small_integers((1, 1, 2, 2), (1, 1, 1, 1), most=3):
        if len(set(x.flat)) == x.size:
            yield x, dy


@evidence("D1.33")
def residual_of_the_convolution(evidence: Evidence) -> None:
    """upsample(Δ_q) is ∂E/∂O_p; the residual ∂E/∂N_p has φ'(N_p) beside it."""
    N, dy = distinct("D1.33 N", 1, 4, 6), 4 * integers("D1.33 dy", 1, 2, 3, low=1)
    found = autograd(lambda N: pools(each(phi, N)), dy, N=N).gradients["N"][0]
    copied = printed.upsample_mean(dy[0])
    evidence.refuted(TORCH, "upsample(Δ_q)", copied, found)
    evidence.corrected(TORCH, "upsample(Δ_q) ∘ φ'(N_p)", copied * dphi(N[0]), found)
    ours = refimpl.upsample(dy[None], N[None], 2, "mean")[0, 0] * dphi(N[0])
    evidence.implemented(TORCH, "upsample, times φ'(N_p)", ours, found)
    through_a_network(evidence)
    N, dy = rationals(np.zeros((1, 2, 2))), rationals([[[16]]])
    found = autograd(lambda N: pools(each(d1_mlp.sigmoid, N)), dy, N=N).gradients["N"][0]
    ours = refimpl.sigmoid_backward(
        refimpl.upsample(dy[None], N[None], 2, "mean").astype(float), np.zeros((1, 1, 2, 2))
    )
    evidence.implemented(TORCH, "upsample, sigmoid_backward", ours[0, 0], found)
    evidence.false_at(
        f"mean pooling of the sigmoid of N_p = {whole(N[0])}, residual "
        f"{whole(dy[0])}: {whole(printed.upsample_mean(dy[0]))}, but the gradient is "
        f"{whole(found)}"
    )


def phi(n: Any) -> Any:
    """An activation that keeps integers exact, and even ones apart."""
    return n * n + n


def dphi(n: Any) -> Any:
    """Its derivative."""
    return 2 * n + 1


def pools(maps: Array) -> Array:
    """Mean pooling of every map, 2×2."""
    means = [d1_cnn.pooled(x, d1_cnn.mean) for x in maps]
    return build((len(maps), *means[0].shape), lambda p, i, j: means[p - 1][i - 1, j - 1])


def through_a_network(evidence: Evidence) -> None:
    """Convolution, pooling, rasterisation, MLP: every printed step backwards, with φ'(N_p)."""
    X, Theta = 2 * integers("D1.33 X", 2, 5, 7), integers("D1.33 Θ", 3, 2, 2)
    b, Theta_s = 2 * integers("D1.33 b", 3), integers("D1.33 Θ_s", 2, 18)
    t = integers("D1.33 t", 2)

    def output(Theta: Array, b: Array) -> Array:
        maps = d1_cnn.conv_layer(X.astype(int), Theta, b, phi)
        vector = d1_cnn.rasterised(pools(maps))
        return d1_mlp.net_input(Theta_s.astype(int), vector, t.astype(int) * 0)

    N = d1_cnn.conv_layer(X, Theta, b, lambda n: n)
    y = output(Theta, b)
    delta_r = printed.delta_r(Theta_s, (y - t).reshape(-1, 1))[:, 0]
    Delta_q = printed.cut_back(delta_r, 3, 2, 3)
    Delta_p = [printed.upsample_mean(D) * dphi(n) for D, n in zip(Delta_q, N, strict=True)]
    found = autograd(output, y - t, Theta=Theta, b=b).gradients
    kernels = np.array([printed.dtheta(X, D) for D in Delta_p])
    evidence.corrected(TORCH, "∂E/∂Θ of a network", kernels, found["Theta"])
    evidence.corrected(TORCH, "∂E/∂b of a network", list(map(printed.db, Delta_p)), found["b"])


# --- convolution --------------------------------------------------------------------------


@evidence("D1.24")
def first_neuron(evidence: Evidence) -> None:
    """The share of the first neuron in the gradient of a turned kernel of 2×2."""
    o, Theta, dy = distinct("D1.24 o", 3, 4), distinct("D1.24 Θ", 2, 2), integers("D1.24 δ", 2, 3)
    first = dy * 0
    first[0, 0] = 5

    def found(Theta: Array) -> Array:
        given = {"x": o[None, None], "weight": Theta[None, None]}
        dweight: Array = layer("conv2d", first[None, None], given).gradients["weight"][0, 0]
        return dweight

    four = printed.first_neuron(first, o)
    evidence.refuted(TORCH, "Θ as it stands", four, found(Theta))
    evidence.under_convention(TORCH, "Θ turned", four, turned(found(turned(Theta))))
    o, Theta, delta = symbols("o", 3, 3), symbols("theta", 2, 2), symbols("delta", 2, 2)
    four = printed.first_neuron(delta, o)
    n_11 = d1_cnn.valid(o, Theta)[0, 0]
    evidence.under_convention(SYMPY, "∂(δ_11 n_11)/∂Θ", four, derivative(delta[0, 0] * n_11, Theta))
    ours = refimpl.convolve2d(o, Theta, "valid")
    evidence.implemented(SYMPY, "convolve2d", ours, d1_cnn.valid(o, Theta))
    only_first = delta * [[1, 0], [0, 0]]
    dTheta = refimpl.convolve2d_backward(only_first, o, Theta, "valid").dkernel
    evidence.implemented(SYMPY, "convolve2d_backward", dTheta, four)


@evidence("D1.34")
def region_of_the_first_weight(evidence: Evidence) -> None:
    """θ_11 of a turned kernel reads the lower right corner, and place meets place there."""
    for m, n, p, q in ((4, 5, 2, 2), (5, 7, 3, 2)):
        o, Theta = distinct(f"D1.34 o {m}", m, n), distinct(f"D1.34 Θ {p}", p, q)
        dy = distinct(f"D1.34 δ {p}", m - p + 1, n - q + 1)
        given = {"x": o[None, None], "weight": Theta[None, None]}
        found = layer("conv2d", dy[None, None], given).gradients["weight"][0, 0]
        what, ours = f"{m}×{n} with {p}×{q}", printed.dtheta_11(dy, o)
        evidence.refuted(TORCH, f"Θ as it stands, {what}", ours, found[0, 0])
        by_forward = autograd(
            lambda Theta, o=o: d1_cnn.valid(o.astype(int), Theta), dy, Theta=Theta
        )
        right = by_forward.gradients["Theta"]
        evidence.under_convention(TORCH, f"Θ turned, {what}", ours, turned(found)[0, 0])
        evidence.under_convention(TORCH, f"the forward as printed, {what}", ours, right[0, 0])
        dTheta = refimpl.convolve2d_backward(dy, o, Theta, "valid").dkernel
        evidence.implemented(TORCH, f"convolve2d_backward, {what}", dTheta, right)


def example() -> tuple[Array, Array, Array]:
    """Two kernels on three maps: O_q, Θ and the residuals Δ."""
    return (
        distinct("D1.25 O", 3, 5, 4),
        distinct("D1.25 Θ", 2, 2, 3),
        distinct("D1.25 Δ", 2, 4, 2),
    )


def by_torch(O_q: Array, Theta: Array, Delta: Array) -> dict[str, Array]:
    """torch's gradients of its own layer: of x, of Θ (summed over the maps), of b."""
    given = {
        "x": O_q[None],
        "weight": shared(Theta, len(O_q)),
        "bias": rationals(np.arange(len(Theta))),
    }
    found = layer("conv2d", Delta[None], given).gradients
    slices = found["weight"]
    return {"x": found["x"][0], "slices": slices, "Theta": slices.sum(axis=1), "b": found["bias"]}


def by_forward(O_q: Array, Theta: Array, Delta: Array) -> dict[str, Array]:
    """torch.autograd through the printed layer in front of its activation."""
    b = rationals(np.arange(len(Theta)))
    return autograd(
        lambda O_q, Theta, b: d1_cnn.conv_layer(O_q, Theta, b, lambda n: n),
        Delta,
        O_q=O_q,
        Theta=Theta,
        b=b,
    ).gradients


@evidence("D1.25")
def kernels(evidence: Evidence) -> None:
    """Both turns are right for a turned kernel that serves all maps."""
    O_q, Theta, Delta = example()
    ours = np.array([printed.dtheta(O_q, Delta_p) for Delta_p in Delta])
    evidence.refuted(TORCH, "Θ as it stands", ours, by_torch(O_q, Theta, Delta)["Theta"])
    right = turned(by_torch(O_q, turned(Theta), Delta)["Theta"])
    evidence.under_convention(TORCH, "Θ turned", ours, right)
    found = by_forward(O_q, Theta, Delta)["Theta"]
    evidence.under_convention(TORCH, "the forward as printed", ours, found)
    one_slice = d1_cnn.valid(O_q[1], printed.rot180(Delta[0]))
    slices = by_torch(O_q, Theta, Delta)["slices"]
    evidence.under_convention(TORCH, "O_q' ∗_v rot180(Δ_p)", one_slice, slices[0, 1])
    backward = refimpl.shared_conv2d_backward(Delta[None], O_q[None], Theta)
    evidence.implemented(TORCH, "shared_conv2d_backward", backward.dweight, right)
    spelt_out = refimpl.rot180(
        refimpl.convolve2d(O_q.sum(axis=0), refimpl.rot180(Delta[0]), "valid")
    )
    evidence.implemented(TORCH, "rot180, convolve2d", spelt_out, right[0])
    back = autograd(printed.rot180, Delta[1], A=Delta[0]).gradients["A"]
    ours = refimpl.rot180_backward(Delta[1], Delta[0])
    evidence.implemented(TORCH, "rot180_backward", ours, back)


@evidence("D1.26")
def biases(evidence: Evidence) -> None:
    """The sum of a map's residuals."""
    O_q, Theta, Delta = example()
    ours = [printed.db(Delta_p) for Delta_p in Delta]
    evidence.printed(TORCH, "torch's layer", ours, by_torch(O_q, Theta, Delta)["b"])
    evidence.printed(TORCH, "the forward as printed", ours, by_forward(O_q, Theta, Delta)["b"])
    backward = refimpl.shared_conv2d_backward(Delta[None], O_q[None], Theta)
    right = by_torch(O_q, Theta, Delta)["b"]
    evidence.implemented(TORCH, "shared_conv2d_backward", backward.dbias, right)
    separate = refimpl.conv2d_backward(Delta[None], O_q[None], shared(Theta, len(O_q)))
    evidence.implemented(TORCH, "conv2d_backward", separate.dbias, right)


@evidence("D1.27")
def maps(evidence: Evidence) -> None:
    """The full convolution with the turned kernels is right, the factor O_{q'} is not."""
    O_q, Theta, Delta = example()
    found = by_forward(O_q, Theta, Delta)["O_q"]
    evidence.refuted(
        TORCH, "with O_q'", np.array([printed.delta_q(Delta, Theta, o) for o in O_q]), found
    )
    summed = printed.sum_over_kernels(Delta, Theta)
    evidence.corrected(TORCH, "without, the forward as printed", np.array([summed] * 3), found)
    right = by_torch(O_q, turned(Theta), Delta)["x"]
    evidence.corrected(TORCH, "without, torch's layer, Θ turned", np.array([summed] * 3), right)
    backward = refimpl.shared_conv2d_backward(Delta[None], O_q[None], Theta)
    evidence.implemented(TORCH, "shared_conv2d_backward", backward.dx[0], right)
    spelt_out = sum(
        refimpl.convolve2d(D, refimpl.rot180(T), "full") for D, T in zip(Delta, Theta, strict=True)
    )
    evidence.implemented(TORCH, "convolve2d, rot180", spelt_out, right[0])
    (D, T, o), with_o, expected = smallest(
        small_integers((1, 1, 1), (1, 1, 1), (1, 1)),
        printed.delta_q,
        lambda D, T, o: by_forward(rationals(o)[None], rationals(T), rationals(D))["O_q"][0],
    )
    evidence.false_at(
        f"Δ_p = {D[0].tolist()}, Θ_p = {T[0].tolist()}, O_q' = {o.tolist()}: "
        f"{with_o.tolist()}, but the gradient is {whole(expected)}"
    )


@evidence("D1.35")
def readers_of_a_pixel(evidence: Evidence) -> None:
    """A pixel away from the edge has an influence on four neurons of a 2×2 kernel."""
    count = printed.neurons_reading((5, 6), (2, 2))
    evidence.printed(COUNTING, "neurons behind a pixel", 4, count[2, 3])
    ones = {"x": rationals(np.ones((1, 1, 5, 6))), "weight": rationals(np.ones((1, 1, 2, 2)))}
    found = layer("conv2d", rationals(np.ones((1, 1, 4, 5))), ones).gradients["x"][0, 0]
    evidence.printed(TORCH, "neurons behind every pixel", count, found)
    full = d1_cnn.full(rationals(np.ones((4, 5))), rationals(np.ones((2, 2))))
    evidence.printed(COUNTING, "a full convolution reaches as many", full, count)
    evidence.implemented(COUNTING, "window_counts", refimpl.window_counts((5, 6), (2, 2)), count)
