"""Evidence on D1's prediction: convolution, pooling, rasterisation.

torch's own layers do not turn the kernel; where a true convolution is compared with one, the
kernel is turned first, and the row is true by that convention.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import sympy

import refimpl
from parity.cases.case import Array, generator
from parity.documents.asking import SEED, distinct, integers, layer, rationals, value
from parity.documents.evidence import COUNTING, SYMPY, TORCH, Evidence, evidence
from parity.documents.printed import d1_cnn as printed
from parity.documents.printed import d1_mlp
from parity.documents.printed.notation import build
from parity.witnesses.symbols import branched, expressions, symbols


def turned(kernel: Array) -> Array:
    """By 180°, what torch's convolution does not do."""
    other_way: Array = kernel[..., ::-1, ::-1]
    return other_way


def conv2d(X: Array, Theta: Array, **options: object) -> Array:
    """torch's convolution of one map with one kernel, as it stands."""
    y: Array = value("conv2d", {"x": X[None, None], "weight": Theta[None, None]}, options)[0, 0]
    return y


# --- convolution --------------------------------------------------------------------------


@evidence("D1.13")
def neurons(evidence: Evidence) -> None:
    """Four readings of the limits and indices that are not printed; two of them are right."""
    x, theta, b = distinct("D1.13 x", 5, 5), distinct("D1.13 θ", 3, 3), Fraction(7)
    right = conv2d(x, turned(theta)) + b
    evidence.under_convention(COUNTING, "neurons", 9, right.size)

    def nine(**reading: int) -> Array:
        return build(
            (3, 3),
            lambda u, v: printed.neuron(theta, x[u - 1 : u + 2, v - 1 : v + 2], b, **reading),
        )

    as_corners = nine(n=3, lower=1, theta_from=1, x_from=1)
    evidence.refuted(TORCH, "n = 3, i and j from 1", as_corners, right)
    evidence.refuted(TORCH, "n = 3, from 0", nine(n=3, lower=0, theta_from=0, x_from=0), right)
    last = nine(n=2, lower=0, theta_from=0, x_from=0)
    evidence.under_convention(TORCH, "n = 2, the last index, from 0", last, right)
    terms = len(printed.neuron_places(n=2, lower=0))
    evidence.under_convention(COUNTING, "n = 2, from 0: terms", terms, theta.size)
    mixed = nine(n=3, lower=0, theta_from=1, x_from=0)
    evidence.under_convention(TORCH, "n = 3, x from 0 and θ from 1", mixed, right)
    ours = refimpl.shared_conv2d(x[None, None], theta[None], rationals([b]))
    evidence.implemented(TORCH, "shared_conv2d", ours[0, 0], right)


@evidence("D1.14")
def convolution(evidence: Evidence) -> None:
    """Both sums from −∞; the nine neurons are the part of it that lies inside the image."""
    f, g = distinct("D1.14 f", 5, 4), distinct("D1.14 g", 2, 3)
    by_definition = build((6, 6), lambda i, j: printed.convolution(f, g, i - 1, j - 1))
    evidence.printed(
        TORCH, "f and g on 0, 1, …", by_definition, conv2d(f, turned(g), padding="full")
    )
    evidence.printed(SYMPY, "f and g on 0, 1, …", by_definition, product_of_polynomials(f, g))
    shifted = build(
        (6, 6), lambda i, j: printed.convolution(f, g, i - 3, j - 3, f_from=-2)
    )  # f on −2, −1, …
    evidence.printed(SYMPY, "f on −2, −1, …", shifted, product_of_polynomials(f, g))
    evidence.implemented(
        SYMPY, "convolve2d", refimpl.convolve2d(f, g), product_of_polynomials(f, g)
    )
    x, theta = distinct("D1.14 x", 5, 5), distinct("D1.14 θ", 3, 3)
    nine = build((3, 3), lambda u, v: printed.convolution(x, theta, u + 1, v + 1))
    evidence.printed(TORCH, "the nine neurons", nine, conv2d(x, turned(theta)))


def product_of_polynomials(f: Array, g: Array) -> Array:
    """The coefficients of Σ f(u,v) rᵘ sᵛ · Σ g(u,v) rᵘ sᵛ: the convolution, by another way."""
    r, s = sympy.symbols("r s")

    def polynomial(a: Array) -> sympy.Poly:
        terms = {place: sympy.Integer(int(a[place])) for place in np.ndindex(*a.shape)}
        return sympy.Poly(terms, r, s)

    both = polynomial(f) * polynomial(g)
    shape = (f.shape[0] + g.shape[0] - 1, f.shape[1] + g.shape[1] - 1)
    return build(shape, lambda i, j: both.coeff_monomial(r ** (i - 1) * s ** (j - 1)))


@evidence("D1.15")
def modes(evidence: Evidence) -> None:
    """valid: where every entry of the kernel meets one of the matrix; full: where any does."""
    for m, n, p, q in ((5, 5, 3, 3), (7, 4, 2, 3), (6, 5, 1, 4), (3, 8, 3, 2)):
        X, Theta = distinct(f"D1.15 X {m}{n}", m, n), distinct(f"D1.15 Θ {p}{q}", p, q)
        meetings = {
            (i, j): sum(1 for u in range(m) for v in range(n) if 0 <= i - u < p and 0 <= j - v < q)
            for i in range(-1, m + p + 1)
            for j in range(-1, n + q + 1)
        }
        every = extent([place for place, met in meetings.items() if met == p * q])
        some = extent([place for place, met in meetings.items() if met])
        what = f"{m}×{n} with {p}×{q}"
        evidence.printed(COUNTING, f"valid, {what}", printed.valid_size(m, n, p, q), every)
        evidence.printed(COUNTING, f"full, {what}", printed.full_size(m, n, p, q), some)
        valid, full = conv2d(X, turned(Theta)), conv2d(X, turned(Theta), padding="full")
        evidence.printed(TORCH, f"valid, {what}", printed.valid(X, Theta), valid)
        evidence.printed(TORCH, f"full, {what}", printed.full(X, Theta), full)
        for mode, right in (("valid", valid), ("full", full)):
            evidence.implemented(
                TORCH, f"{mode}, {what}", refimpl.convolve2d(X, Theta, mode), right
            )
            size = refimpl.conv_output_size((m, n), (p, q), padding=mode)
            evidence.implemented(TORCH, f"conv_output_size, {mode}", size, right.shape)


def extent(places: list[tuple[int, int]]) -> tuple[int, int]:
    """Rows and columns of a block of places."""
    rows, columns = {i for i, _ in places}, {j for _, j in places}
    return len(rows), len(columns)


@evidence("D1.16")
def conv_layer(evidence: Evidence) -> None:
    """One kernel for all maps, and turned: not torch's layer, but a special case of it."""
    X, Theta, b = distinct("D1.16 X", 3, 6, 5), distinct("D1.16 Θ", 2, 2, 3), integers("D1.16 b", 2)
    output = printed.conv_layer(X, Theta, b, d1_mlp.sign)

    def by_torch(Theta: Array) -> Array:
        weight = np.repeat(Theta[:, None], len(X), axis=1)
        return value("conv2d", {"x": X[None], "weight": weight, "bias": b})

    standing, right = by_torch(Theta), by_torch(turned(Theta))
    evidence.refuted(TORCH, "Θ_j as it stands", output, value("sign", {"x": standing})[0])
    evidence.under_convention(TORCH, "Θ_j turned", output, value("sign", {"x": right})[0])
    ours = refimpl.shared_conv2d(X[None], Theta, b)
    evidence.implemented(TORCH, "shared_conv2d", ours, right)
    swapped = refimpl.shared_conv2d(X[None, [2, 0, 1]], Theta, b)
    evidence.implemented(TORCH, "shared_conv2d, colours swapped", swapped, right)
    parameters = refimpl.shared_conv_parameters(2, (2, 3))
    evidence.implemented(COUNTING, "shared_conv_parameters", parameters, (Theta.size, b.size))


# --- downsampling -------------------------------------------------------------------------


@evidence("D1.17")
def four_kinds(evidence: Evidence) -> None:
    """Of 2×2 points: the maximum, the mean, the Gaussian mean (which is the mean), a learnt sum."""
    x = 4 * distinct("D1.17 x", 6, 4)
    maps = x[None, None]
    largest, mean = (
        value(name, {"x": maps}, {"kernel_size": 2})[0, 0] for name in ("max_pool2d", "avg_pool2d")
    )
    evidence.printed(TORCH, "maximum", printed.pooled(x, max), largest)
    evidence.printed(TORCH, "mean", printed.pooled(x, printed.mean), mean)
    evidence.implemented(TORCH, "max_pool2d", refimpl.max_pool2d(maps, 2)[0, 0], largest)
    evidence.implemented(TORCH, "avg_pool2d", refimpl.avg_pool2d(maps, 2)[0, 0], mean)
    for how, right in (("max", largest), ("mean", mean)):
        ours = refimpl.downsample(maps, 2, how)[0, 0]
        evidence.implemented(TORCH, f"downsample, {how}", ours, right)
    gaussian_kind(evidence, x, mean)
    weight, bias = distinct("D1.17 weight", 1, 2, 2), integers("D1.17 bias", 1)
    given = {"x": maps, "weight": weight[None], "bias": bias}
    dy = 4 * integers("D1.17 dy", 1, 1, 3, 2)
    learnt = layer("conv2d", dy, given, {"stride": 2})
    ours = printed.pooled(x, lambda points: sum(weight.ravel() * points, bias[0]))
    evidence.printed(TORCH, "a function of the four points", ours, learnt.y[0, 0])
    pooled = refimpl.weighted_pool2d(maps, weight, bias)
    evidence.implemented(TORCH, "weighted_pool2d", pooled, learnt.y)
    dx, dweight, dbias = refimpl.weighted_pool2d_backward(dy, maps, weight)
    for name, gradient in (("x", dx), ("weight", dweight[None]), ("bias", dbias)):
        found = learnt.gradients[name]
        evidence.implemented(TORCH, f"weighted_pool2d_backward d{name}", gradient, found)
    shared = layer("avg_pool2d", dy, {"x": maps}, {"kernel_size": 2}).gradients["x"]
    dx = refimpl.gaussian_pool2d_backward(dy.astype(float), maps.astype(float), 2, 3.0)
    evidence.implemented(TORCH, "gaussian_pool2d_backward of four", dx, shared)


def gaussian_kind(evidence: Evidence, x: Array, mean: Array) -> None:
    """The four points lie equally far from the centre; nine points do not."""
    for sigma in (Fraction(1, 2), Fraction(3)):
        four = build(
            (x.shape[0] // 2, x.shape[1] // 2),
            lambda i, j, s=sigma: printed.gaussian_mean(x[2 * i - 2 : 2 * i, 2 * j - 2 : 2 * j], s),
        )
        evidence.printed(SYMPY, f"Gaussian mean of four, σ = {sigma}", four, mean)
        ours = refimpl.gaussian_pool2d(x[None, None].astype(float), 2, float(sigma))[0, 0]
        evidence.implemented(SYMPY, f"gaussian_pool2d, σ = {sigma}", ours, mean)
    nine = symbols("x", 3, 3)
    exact = printed.gaussian_mean(nine, Fraction(2))
    pooled = refimpl.gaussian_pool2d(branched(nine, 1)[None, None], 3, Fraction(2))
    evidence.implemented(SYMPY, "gaussian_pool2d of nine", expressions(pooled)[0, 0, 0], [exact])


@evidence("D1.18")
def edges(evidence: Evidence) -> None:
    """Dropping is torch's default; keeping is not its ceil_mode, because the zeros take part."""
    x = -distinct("D1.18 x", 5, 7)
    x[4], x[:, 6] = -abs(x[4]), -abs(x[:, 6])
    maps = 4 * x[None, None]
    kinds = (("max", max, "max_pool2d"), ("mean", printed.mean, "avg_pool2d"))
    for how, f, function in kinds:
        kept = printed.pooled(printed.filled_edge(maps[0, 0]), f)
        dropped = printed.pooled(printed.without_edge(maps[0, 0]), f)
        default = value(function, {"x": maps}, {"kernel_size": 2})[0, 0]
        evidence.under_convention(TORCH, f"{how}, edge dropped", dropped, default)
        ceil = value(function, {"x": maps}, {"kernel_size": 2, "ceil_mode": True})[0, 0]
        evidence.refuted(TORCH, f"{how}, edge kept as by ceil_mode", kept, ceil)
        filled = np.zeros((1, 1, 6, 8), object)
        filled[..., :5, :7] = maps
        right = value(function, {"x": filled}, {"kernel_size": 2})[0, 0]
        evidence.under_convention(TORCH, f"{how}, edge filled with zeros", kept, right)
        for edge, expected in (("drop", default), ("zero_pad", right)):
            ours = refimpl.downsample(maps, 2, how, edge)[0, 0]
            evidence.implemented(TORCH, f"downsample, {how}, {edge}", ours, expected)


# --- rasterisation, MLP -------------------------------------------------------------------


@evidence("D1.19")
def rasterisation(evidence: Evidence) -> None:
    """Map by map, row by row, the last index fastest: torch's flatten."""
    X = distinct("D1.19 X", 3, 4, 5)
    found = value("flatten", {"x": X[None]})[0]
    evidence.printed(TORCH, "[x_111, x_112, … x_jmn]", printed.rasterised(X), found)
    evidence.implemented(TORCH, "flatten", refimpl.flatten(X[None])[0], found)
    j, m, n = X.shape
    places = {(1, 1, n): n, (1, 2, 1): n + 1, (1, m, n): m * n, (2, m, n): 2 * m * n}
    order = list(printed.raster_indices(j, m, n))
    counted = [order.index(index) + 1 for index in places]
    evidence.printed(COUNTING, "x_11n, x_121, x_1mn, x_2mn", list(places.values()), counted)


@evidence("D1.20")
def prediction(evidence: Evidence) -> None:
    """The vector is the input of the MLP's first layer."""
    X = integers("D1.20 X", 2, 3, 2)
    theta = [integers("D1.20 Θ", 4, 12), integers("D1.20 Θ'", 3, 4)]
    b = [integers("D1.20 b", 4), integers("D1.20 b'", 3)]
    by_torch, ours = value("flatten", {"x": X[None]}), refimpl.flatten(X[None])
    for weight, bias in zip(theta, b, strict=True):
        given = {"x": by_torch, "weight": weight, "bias": bias}
        by_torch = value("sign", {"x": value("linear", given)})
        ours = refimpl.perceptron(ours, weight, bias)
    output = d1_mlp.forward(list(zip(theta, b, strict=True)), printed.rasterised(X), d1_mlp.sign)
    evidence.printed(TORCH, "the MLP on the vector", output, by_torch[0])
    evidence.implemented(TORCH, "flatten, perceptron", ours[0], by_torch[0])
    network = refimpl.mlp(generator(SEED, "D1.20"), (12, 4, 3), hidden=refimpl.ReLU)
    right = value("flatten", {"x": X[None]})
    for number, (weight, bias) in enumerate(zip(theta, b, strict=True), start=1):
        network.layers[f"fc{number}"].parameters = {"weight": weight, "bias": bias}
        right = value("linear", {"x": right, "weight": weight, "bias": bias})
        right = value("relu", {"x": right}) if number == 1 else right
    ours = network.forward(refimpl.flatten(X[None]))
    evidence.implemented(TORCH, "flatten, mlp", ours, right)
