"""Exact values of every compared function, from its definition: no line is shared with refimpl.

Sums of products are lists of *terms*, (place in y, place in x, place in the weight, factor), and
run on `Fraction`; the rest runs on mpmath numbers of 500 bits. Slow, and a second opinion: where
the two sides disagree, it says whether the formula of `refimpl` is the right one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import product
from math import ceil, prod
from typing import Any, NamedTuple

import mpmath
import numpy as np

Arrays = Mapping[str, Any]
Place = tuple[int, ...]
Evaluate = Callable[..., dict[str, Any]]

real = mpmath.MPContext()
real.prec = 500
BINARY = ("binary_cross_entropy_with_logits", "log_likelihood")
REAL = ("sigmoid", "tanh", "softmax", "log_softmax", "cross_entropy", *BINARY)


def fractions(numbers: Any) -> Any:
    """The same numbers as an object array of Fraction."""
    flat = [Fraction(float(v)) for v in np.asarray(numbers).flat]
    array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(np.shape(numbers))


def reals(numbers: Any) -> Any:
    """The same numbers as an object array of mpmath numbers."""
    return np.asarray(np.frompyfunc(lambda v: real.mpf(float(v)), 1, 1)(numbers), object)


# --- sums of products ---------------------------------------------------------------------


class Term(NamedTuple):
    """One product of a sum: factor · x[x] · weight[weight], added to y[y]."""

    y: Place
    x: Place
    weight: Place = ()
    factor: Fraction = Fraction(1)


def each(value: Any, axes: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * axes


def margins(padding: Any, sizes: Place, spans: Place, stride: Place) -> list[tuple[int, int]]:
    """(before, after) on each axis: "full" reaches every overlap, "same" gives ⌈H/s⌉ outputs."""
    if padding == "valid":
        return [(0, 0) for _ in sizes]
    if padding == "full":
        return [(span - 1, span - 1) for span in spans]
    if padding != "same":
        return [p if isinstance(p, tuple) else (p, p) for p in each(padding, len(sizes))]
    found = []
    for size, span, s in zip(sizes, spans, stride, strict=True):
        pads = 0
        while (size + pads - span) // s + 1 < ceil(size / s):
            pads += 1
        found.append((pads // 2, pads - pads // 2))
    return found


def conv_terms(x: Place, weight: Place, options: Mapping[str, Any]) -> tuple[Place, list[Term]]:
    """The shape of y and its terms, without the bias."""
    axes, groups = len(x) - 2, options.get("groups", 1)
    stride, dilation = each(options.get("stride", 1), axes), each(options.get("dilation", 1), axes)
    spans = tuple(d * (k - 1) + 1 for k, d in zip(weight[2:], dilation, strict=True))
    pads = margins(options.get("padding", 0), x[2:], spans, stride)
    output = tuple(
        (n + b + a - span) // s + 1
        for n, (b, a), span, s in zip(x[2:], pads, spans, stride, strict=True)
    )
    terms = []
    for h, i in product(np.ndindex(output), np.ndindex(weight[2:])):
        u = tuple(
            p * s + q * d - b
            for p, s, q, d, (b, _) in zip(h, stride, i, dilation, pads, strict=True)
        )
        if all(0 <= p < n for p, n in zip(u, x[2:], strict=True)):
            for n, o, c in np.ndindex(x[0], weight[0], weight[1]):
                channel = o // (weight[0] // groups) * weight[1] + c
                terms.append(Term((n, o, *h), (n, channel, *u), (o, c, *i)))
    return (x[0], weight[0], *output), terms


def pool_windows(x: Place, options: Mapping[str, Any]) -> tuple[Place, list[tuple[Place, Any]]]:
    """The spatial output and for each of its places all places of the window, padding included."""
    axes = len(x) - 2
    kernel = each(options["kernel_size"], axes)
    stride = each(options.get("stride") or kernel, axes)
    padding, dilation = (
        each(options.get("padding", 0), axes),
        each(options.get("dilation", 1), axes),
    )
    output = []
    for n, k, s, p, d in zip(x[2:], kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        count = (ceil(room / s) if options.get("ceil_mode") else room // s) + 1
        if options.get("ceil_mode") and (count - 1) * s >= n + p:
            count -= 1  # the last window would start behind the input
        output.append(count)
    found = []
    for h in np.ndindex(*output):
        rows = [
            [o * s - p + i * d for i in range(k)]
            for o, k, s, p, d in zip(h, kernel, stride, padding, dilation, strict=True)
        ]
        found.append((h, list(product(*rows))))
    return tuple(output), found


def avg_pool_terms(x: Place, options: Mapping[str, Any]) -> tuple[Place, list[Term]]:
    output, found = pool_windows(x, options)
    padding = each(options.get("padding", 0), len(x) - 2)
    counted = padding if options.get("count_include_pad", True) else (0,) * len(padding)
    terms = []
    for h, places in found:
        inside = [u for u in places if all(0 <= p < n for p, n in zip(u, x[2:], strict=True))]
        counts = [
            u
            for u in places
            if all(-m <= p < n + m for p, n, m in zip(u, x[2:], counted, strict=True))
        ]
        factor = Fraction(1, options.get("divisor_override") or len(counts))
        for n, c in np.ndindex(*x[:2]):
            terms += [Term((n, c, *h), (n, c, *u), (), factor) for u in inside]
    return (*x[:2], *output), terms


def linear_terms(x: Place, weight: Place) -> tuple[Place, list[Term]]:
    terms = [
        Term((*n, k), (*n, j), (k, j)) for n in np.ndindex(x[:-1]) for k, j in np.ndindex(weight)
    ]
    return (*x[:-1], weight[0]), terms


def correlation_terms(
    a: Place, kernel: Place, mode: str = "full", turned: bool = False
) -> tuple[Place, list[Term]]:
    """A convolution: Σ a[p]·kernel[q] over p + q = place; a correlation: with the turned kernel.

    "full" has every place, "same" the middle of them, "valid" those where one lies in the other.
    """
    *batch, H, W = a
    (H_k, W_k), starts, output = kernel, [], []
    for n, k in ((H, H_k), (W, W_k)):
        middle = (k - 1) // 2 if turned else k - 1 - (k - 1) // 2
        starts.append({"full": 0, "same": middle, "valid": min(n, k) - 1}[mode])
        output.append({"full": n + k - 1, "same": n, "valid": abs(n - k) + 1}[mode])
    terms = []
    for b in np.ndindex(*batch):
        for (u, v), (i, j) in product(np.ndindex(H, W), np.ndindex(H_k, W_k)):
            place = (u + i - starts[0], v + j - starts[1])
            tap = (i, j) if turned else (H_k - 1 - i, W_k - 1 - j)
            if all(0 <= p < n for p, n in zip(place, output, strict=True)):
                terms.append(Term((*b, *place), (*b, u, v), tap))
    return (*batch, *output), terms


def shared_terms(x: Place, weight: Place) -> tuple[Place, list[Term]]:
    """Every map with the same kernel, turned."""
    N, C, H, W = x
    outputs, K_h, K_w = weight
    y = (N, outputs, H - K_h + 1, W - K_w + 1)
    terms = [
        Term((n, o, h, w), (n, c, h + K_h - 1 - i, w + K_w - 1 - j), (o, i, j))
        for (n, o, h, w), c, (i, j) in product(np.ndindex(*y), range(C), np.ndindex(K_h, K_w))
    ]
    return y, terms


def weighted_terms(x: Place, weight: Place, stride: Any = None) -> tuple[Place, list[Term]]:
    """The windows of each channel with that channel's weights."""
    kernel = weight[1:]
    output, found = pool_windows(x, {"kernel_size": kernel, "stride": stride})
    terms = [
        Term((n, c, *h), (n, c, *u), (c, *i))
        for n, c in np.ndindex(*x[:2])
        for h, places in found
        for u, i in zip(places, np.ndindex(*kernel), strict=True)
    ]
    return (*x[:2], *output), terms


def blocks(x: Place, options: Mapping[str, Any]) -> tuple[Place, list[tuple[Place, Any]]]:
    """Of downsample: the spatial output, and the places of each window, zeros included."""
    size = each(options["size"], 2)
    keeps = options.get("edge", "zero_pad") == "zero_pad"
    output = tuple(ceil(n / k) if keeps else n // k for n, k in zip(x[2:], size, strict=True))
    found = []
    for h in np.ndindex(*output):
        rows = [[o * k + i for i in range(k)] for o, k in zip(h, size, strict=True)]
        found.append((h, list(product(*rows))))
    return output, found


def is_inside(place: Place, x: Place) -> bool:
    return all(0 <= p < n for p, n in zip(place, x[2:], strict=True))


def mean_terms(x: Place, options: Mapping[str, Any]) -> tuple[Place, list[Term]]:
    output, found = blocks(x, options)
    terms = [
        Term((n, c, *h), (n, c, *u), (), Fraction(1, len(places)))
        for n, c in np.ndindex(*x[:2])
        for h, places in found
        for u in places
        if is_inside(u, x)
    ]
    return (*x[:2], *output), terms


def sum_terms(
    function: str, arrays: Arrays, options: Mapping[str, Any]
) -> tuple[Place, list[Term]]:
    """y's shape and the terms of a function that is a sum of products."""
    shapes = [array.shape for name, array in arrays.items() if name != "bias"]
    if function == "linear":
        return linear_terms(arrays["x"].shape, arrays["weight"].shape)
    if function in ("correlate2d", "convolve2d"):
        mode = options.get("mode", "full")
        return correlation_terms(shapes[0], shapes[1], mode, turned=function == "convolve2d")
    if function == "shared_conv2d":
        return shared_terms(*shapes)
    if function == "weighted_pool2d":
        return weighted_terms(*shapes, **options)
    if function == "downsample":
        return mean_terms(shapes[0], options)
    if function.startswith("conv"):
        return conv_terms(arrays["x"].shape, arrays["weight"].shape, options)
    return avg_pool_terms(arrays["x"].shape, options)


def _bias_axis(function: str) -> int:
    return -1 if function == "linear" else 1


class Sums(NamedTuple):
    """Tensors of a sum of products, by name: y, dx, dweight, dbias."""

    values: dict[str, Any]
    terms: dict[str, Any]  # K of each element


def sums(function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any]) -> Sums:
    """Value and gradients of a sum of products and how many terms each element has."""
    shape, terms = sum_terms(function, arrays, options)
    exact = {name: fractions(array) for name, array in {**arrays, "dy": dy}.items()}
    shapes = {"y": shape, **{f"d{name}": array.shape for name, array in arrays.items()}}
    values = {name: fractions(np.zeros(s)) for name, s in shapes.items()}
    counts = {name: np.zeros(s, int) for name, s in shapes.items()}
    first, second = ("a", "kernel") if "kernel" in arrays else ("x", "weight")
    for y, x, w, factor in terms:
        w_value = exact[second][w] if w else factor
        values["y"][y] += exact[first][x] * w_value
        values[f"d{first}"][x] += exact["dy"][y] * w_value
        counts["y"][y] += 1
        counts[f"d{first}"][x] += 1
        if w:
            values[f"d{second}"][w] += exact["dy"][y] * exact[first][x]
            counts[f"d{second}"][w] += 1
    if "bias" in arrays:
        axis = _bias_axis(function)
        for y in np.ndindex(shape):
            values["y"][y] += exact["bias"][y[axis]]
            values["dbias"][y[axis]] += exact["dy"][y]
            counts["y"][y] += 1
            counts["dbias"][y[axis]] += 1
    return Sums(values, counts)


# --- the other rational functions ---------------------------------------------------------


def max_pool(dy: Any, x: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The first maximum of each window, and dy given to it."""
    output, found = pool_windows(x.shape, options)
    y, dx = fractions(np.zeros((*x.shape[:2], *output))), fractions(np.zeros(x.shape))
    for h, places in found:
        inside = [u for u in places if all(0 <= p < n for p, n in zip(u, x.shape[2:], strict=True))]
        for n, c in np.ndindex(*x.shape[:2]):
            winner = inside[int(np.argmax([x[n, c, *u] for u in inside]))]  # the first of them
            y[n, c, *h] = Fraction(float(x[n, c, *winner]))
            dx[n, c, *winner] += Fraction(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


def downsampled_max(dy: Any, x: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The first maximum of each window, zeros of the padding included, and dy given to it."""
    output, found = blocks(x.shape, options)
    y, dx = fractions(np.zeros((*x.shape[:2], *output))), fractions(np.zeros(x.shape))
    for (h, places), (n, c) in product(found, np.ndindex(*x.shape[:2])):
        held = [float(x[n, c, *u]) if is_inside(u, x.shape) else 0.0 for u in places]
        winner = held.index(max(held))
        y[n, c, *h] = Fraction(held[winner])
        if is_inside(places[winner], x.shape):
            dx[n, c, *places[winner]] += Fraction(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


def turned(dy: Any, a: Any) -> dict[str, Any]:
    """Every place (h, w) of a matrix goes to (H − 1 − h, W − 1 − w)."""
    y, da = fractions(a), fractions(dy)
    for *b, h, w in np.ndindex(a.shape):
        there = (*b, a.shape[-2] - 1 - h, a.shape[-1] - 1 - w)
        y[there] = Fraction(float(a[*b, h, w]))
        da[*b, h, w] = Fraction(float(dy[there]))
    return {"y": y, "da": da}


def _either(where: Any, yes: Any, no: Any) -> Any:
    """Exact numbers chosen by a condition."""
    return np.where(where, np.asarray(yes, object), np.asarray(no, object))


def bent(dy: Any, x: Any, slope: Fraction) -> dict[str, Any]:
    """relu and leaky_relu."""
    factor = _either(np.asarray(x) > 0, Fraction(1), slope)
    return {"y": fractions(x) * factor, "dx": fractions(dy) * factor}


def sign(dy: Any, x: Any) -> dict[str, Any]:
    return {"y": fractions(np.where(x > 0, 1, np.where(x < 0, -1, 0))), "dx": fractions(0 * x)}


def dropout(dy: Any, x: Any, mask: Any, p: float = 0.5) -> dict[str, Any]:
    """1 − p is a float64 number, as in torch."""
    noise = fractions(mask) / Fraction(1 - p)
    return {"y": fractions(x) * noise, "dx": fractions(dy) * noise}


def perceptron_loss(dy: Any, score: Any, target: Any) -> dict[str, Any]:
    """The distances on the wrong side; each of them grows by −t."""
    distances = -fractions(target) * fractions(score)
    wrong = distances > 0
    return {
        "y": np.asarray(np.sum(_either(wrong, distances, Fraction(0)))),
        "dscore": _either(wrong, -fractions(target), Fraction(0)) * Fraction(float(dy)),
    }


def squared_error(dy: Any, output: Any, target: Any) -> dict[str, Any]:
    difference = fractions(output) - fractions(target)
    return {
        "y": np.asarray((difference**2).sum() / 2),
        "doutput": difference * Fraction(float(dy)),
    }


# --- Gaussian weights ---------------------------------------------------------------------


def gaussian_pool(dy: Any, x: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Σ g·x over each window, g = e^(−r²/(2σ²))/Σ e^(−r²/(2σ²)), σ as x's dtype holds it."""
    kernel, sigma = each(options["kernel_size"], 2), real.mpf(float(x.dtype.type(options["sigma"])))
    powers = {}
    for i in np.ndindex(*kernel):
        square = sum(
            (real.mpf(p) - real.mpf(k - 1) / 2) ** 2 for p, k in zip(i, kernel, strict=True)
        )
        powers[i] = real.exp(-square / (2 * sigma**2))
    total = sum(powers.values())
    output, found = pool_windows(x.shape, options)
    y, dx = reals(np.zeros((*x.shape[:2], *output))), reals(np.zeros(x.shape))
    for (h, places), (n, c) in product(found, np.ndindex(*x.shape[:2])):
        for u, power in zip(places, powers.values(), strict=True):
            y[n, c, *h] += power / total * real.mpf(float(x[n, c, *u]))
            dx[n, c, *u] += power / total * real.mpf(float(dy[n, c, *h]))
    return {"y": y, "dx": dx}


# --- joins --------------------------------------------------------------------------------


def add(dy: Any, x: Any, branch: Any) -> dict[str, Any]:
    return {"y": fractions(x) + fractions(branch), "dx": fractions(dy), "dbranch": fractions(dy)}


def concatenate(dy: Any, arrays: Arrays) -> dict[str, Any]:
    """Each element of each map has its own place behind the maps before it."""
    found = {f"d{name}": fractions(np.zeros(a.shape)) for name, a in arrays.items()}
    y = fractions(np.zeros(np.shape(dy)))
    before = 0
    for name, given in arrays.items():
        for n, c, *u in np.ndindex(*given.shape):
            y[n, before + c, *u] = Fraction(float(given[n, c, *u]))
            found[f"d{name}"][n, c, *u] = Fraction(float(dy[n, before + c, *u]))
        before += given.shape[1]
    return {"y": y, **found}


# --- exp, log, tanh -----------------------------------------------------------------------

_exp, _log = np.frompyfunc(real.exp, 1, 1), np.frompyfunc(real.log, 1, 1)
_tanh, _cosh = np.frompyfunc(real.tanh, 1, 1), np.frompyfunc(real.cosh, 1, 1)


def sigmoid(dy: Any, x: Any) -> dict[str, Any]:
    powers = _exp(-reals(x))
    return {"y": 1 / (1 + powers), "dx": reals(dy) / (1 + powers) / (1 + 1 / powers)}


def tanh(dy: Any, x: Any) -> dict[str, Any]:
    return {"y": _tanh(reals(x)), "dx": reals(dy) / _cosh(reals(x)) ** 2}


def _shares(x: Any, axis: int) -> tuple[Any, Any]:
    """softmax and log_softmax."""
    powers = _exp(reals(x))
    total = powers.sum(axis=axis, keepdims=True)
    return powers / total, reals(x) - _log(total)


def softmax(dy: Any, x: Any, axis: int = -1) -> dict[str, Any]:
    o, d = _shares(x, axis)[0], reals(dy)
    return {"y": o, "dx": o * (d - (d * o).sum(axis=axis, keepdims=True))}


def log_softmax(dy: Any, x: Any, axis: int = -1) -> dict[str, Any]:
    o, log_o = _shares(x, axis)
    return {"y": log_o, "dx": reals(dy) - o * reals(dy).sum(axis=axis, keepdims=True)}


def _sign(z: Any) -> Any:
    return np.frompyfunc(lambda v: Fraction((v > 0) - (v < 0)), 1, 1)(z)


def model(activation: Any, x: Any, weight: Any, bias: Any = 0) -> Any:
    """An activation of Θx + b, which is formed in fractions."""
    z = np.asarray(fractions(x) @ fractions(weight).T + fractions(bias))
    if activation is _sign:
        return np.asarray(_sign(z))
    return activation(np.frompyfunc(lambda v: real.mpf(v.numerator) / v.denominator, 1, 1)(z))


MODELS = {
    "perceptron": _sign,
    "logistic_regression": lambda z: 1 / (1 + _exp(-z)),
    "softmax_regression": lambda z: _exp(z) / _exp(z).sum(axis=-1, keepdims=True),
}


def binary_cross_entropy(
    dy: Any, logits: Any, target: Any, reduction: str = "mean"
) -> dict[str, Any]:
    """−t·log σ(z) − (1 − t)·log σ(−z), and its derivative −t·σ(−z) + (1 − t)·σ(z)."""
    z, t, log1p = reals(logits), reals(target), np.frompyfunc(real.log1p, 1, 1)
    losses = t * log1p(_exp(-z)) + (1 - t) * log1p(_exp(z))
    slopes = (1 - t) / (1 + _exp(-z)) - t / (1 + _exp(z))
    count = z.size if reduction == "mean" else 1
    y = losses if reduction == "none" else np.sum(losses) / count
    return {"y": np.asarray(y), "dlogits": reals(dy) / count * slopes}


def log_likelihood(dy: Any, logits: Any, target: Any) -> dict[str, Any]:
    loss = binary_cross_entropy(dy, logits, target, "sum")
    return {name: np.asarray(-value) for name, value in loss.items()}


def cross_entropy(dy: Any, logits: Any, target: Any, reduction: str = "mean") -> dict[str, Any]:
    axis = min(1, logits.ndim - 1)
    o, log_o = _shares(logits, axis)
    if target.dtype.kind in "iu":
        eye = np.moveaxis(np.eye(logits.shape[axis])[target], -1, axis)
        target = eye
    t = reals(target)
    losses = -(t * log_o).sum(axis=axis)
    count = losses.size if isinstance(losses, np.ndarray) else 1
    scale = reals(dy) / count if reduction == "mean" else reals(dy)
    scale = np.expand_dims(np.broadcast_to(scale, np.shape(losses)), axis)
    y = losses
    if reduction != "none":
        y = np.sum(losses) / (count if reduction == "mean" else 1)
    return {
        "y": np.asarray(y),
        "dlogits": scale * (o * t.sum(axis=axis, keepdims=True) - t),
    }


# --- all of them --------------------------------------------------------------------------


def exact(function: str, dy: Any, arrays: Arrays, options: Mapping[str, Any]) -> dict[str, Any]:
    """The exact value "y" and gradients "dx", … of any compared function."""
    given = list(arrays.values())
    if function in REAL:
        evaluate: Mapping[str, Evaluate] = {
            "sigmoid": sigmoid,
            "tanh": tanh,
            "softmax": softmax,
            "log_softmax": log_softmax,
            "cross_entropy": cross_entropy,
            "binary_cross_entropy_with_logits": binary_cross_entropy,
            "log_likelihood": log_likelihood,
        }
        return evaluate[function](dy, *given, **options)
    if function.startswith("max_pool"):
        return max_pool(dy, given[0], options)
    if function == "gaussian_pool2d":
        return gaussian_pool(dy, given[0], options)
    if function == "rot180":
        return turned(dy, given[0])
    if function == "downsample" and options.get("how", "max") == "max":
        return downsampled_max(dy, given[0], options)
    if function in ("relu", "leaky_relu"):
        slope = options.get("negative_slope", 0.01) if function == "leaky_relu" else 0
        return bent(dy, given[0], Fraction(float(given[0].dtype.type(slope))))
    if function in ("dsigmoid", "dtanh"):
        o = fractions(given[0])
        return {"y": o * (1 - o) if function == "dsigmoid" else 1 - o * o}
    if function in MODELS:
        return {"y": model(MODELS[function], **arrays)}
    if function in ("sign", "dropout", "perceptron_loss", "squared_error"):
        evaluate = {
            "sign": sign,
            "dropout": dropout,
            "perceptron_loss": perceptron_loss,
            "squared_error": squared_error,
        }
        return evaluate[function](dy, *given, **options)
    if function == "add":
        return add(dy, *given)
    if function == "sum":
        return {"y": sum(map(fractions, given))}
    if function == "concatenate":
        return concatenate(dy, arrays)
    if function == "flatten":
        x = given[0]
        return {
            "y": fractions(x).reshape(len(x), prod(x.shape[1:])),
            "dx": fractions(dy).reshape(x.shape),
        }
    return sums(function, dy, arrays, options).values
