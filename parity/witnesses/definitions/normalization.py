"""Normalisation by a batch, by a sample, by neighbouring channels."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Definition, Place, unpacked
from parity.witnesses.definitions.numbers import fractions, real, reals

_sqrt = np.frompyfunc(real.sqrt, 1, 1)


def by_name(evaluate: Callable[..., dict[str, Any]]) -> Definition:
    """A definition whose arrays have names, as options do."""
    return lambda dy, arrays, options: evaluate(dy, **arrays, **options)


def _mean(values: Any, over: Place) -> Any:
    """The sum divided by how many there are; the axes stay."""
    count = prod(values.shape[axis] for axis in over)
    return np.asarray(values.sum(axis=over, keepdims=True), object) / max(count, 1)


def _of_groups(
    dy: Any, x: Any, over: Place, weight: Any, bias: Any, shared: Place, eps: float
) -> dict[str, Any]:
    """x̂ = (x − μ)/σ; ∂x̂_i/∂x_j = ((1 if i = j) − 1/K − x̂_i·x̂_j/K)/σ, summed over i.

    dy, x, weight, bias: alike, cut so that the axes `over` are normalised together; shared: the
    axes along which a weight is the same.
    """
    mean = _mean(x, over)
    deviation = _sqrt(_mean((x - mean) ** 2, over) + real.mpf(float(eps)))
    normalised = (x - mean) / deviation
    g = dy * weight
    towards = g - _mean(g, over) - normalised * _mean(g * normalised, over)
    return {
        "y": weight * normalised + bias,
        "dx": towards / deviation,
        "dweight": (dy * normalised).sum(axis=shared),
        "dbias": dy.sum(axis=shared),
    }


def _beside(array: Any, otherwise: float, affine: Place, shape: Place) -> Any:
    """A weight or a bias as an array like x."""
    given = np.full(affine, otherwise) if array is None else np.asarray(array).reshape(affine)
    return np.asarray(np.broadcast_to(reals(given), shape), object)


def batch_norm(
    dy: Any,
    x: Any,
    running_mean: Any = None,
    running_var: Any = None,
    weight: Any = None,
    bias: Any = None,
    training: bool = False,
    momentum: None = None,
    eps: float = 1e-5,
) -> dict[str, Any]:
    over, affine = (0, *range(2, x.ndim)), (x.shape[1], *(1,) * (x.ndim - 2))
    w, b = (_beside(a, v, affine, x.shape) for a, v in ((weight, 1), (bias, 0)))
    if training:
        return _of_groups(reals(dy), reals(x), over, w, b, over, eps)
    mean, var = (_beside(a, 0, affine, x.shape) for a in (running_mean, running_var))
    deviation = _sqrt(var + real.mpf(float(eps)))
    normalised = (reals(x) - mean) / deviation
    return {
        "y": w * normalised + b,
        "dx": reals(dy) * w / deviation,
        "dweight": (reals(dy) * normalised).sum(axis=over),
        "dbias": reals(dy).sum(axis=over),
    }


def running_statistics(
    dy: Any, x: Any, running_mean: Any, running_var: Any, momentum: float = 0.1
) -> dict[str, Any]:
    """1 − momentum is a float64 number, as in torch."""
    exact, over = fractions(x), (0, *range(2, x.ndim))
    count = prod(x.shape[axis] for axis in over)
    if not count:
        return {"y": np.stack([fractions(running_mean), fractions(running_var)])}
    mean = exact.sum(axis=over, keepdims=True) / count
    var = ((exact - mean) ** 2).sum(axis=over) / (count - 1)
    kept, taken = Fraction(1 - momentum), Fraction(momentum)
    pairs = ((running_mean, mean.reshape(-1)), (running_var, var))
    return {"y": np.stack([kept * fractions(old) + taken * new for old, new in pairs])}


def layer_norm(
    dy: Any, x: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> dict[str, Any]:
    last = tuple(normalized_shape) if np.ndim(normalized_shape) else (normalized_shape,)
    first = x.ndim - len(last)
    over, shared = tuple(range(first, x.ndim)), tuple(range(first))
    w, b = (_beside(a, v, last, x.shape) for a, v in ((weight, 1), (bias, 0)))
    return _of_groups(reals(dy), reals(x), over, w, b, shared, eps)


def group_norm(
    dy: Any, x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> dict[str, Any]:
    """A group's channels are an axis of their own."""
    N, C, *places = x.shape
    cut = (N, num_groups, C // num_groups, *places)
    affine, over = (C, *(1,) * len(places)), tuple(range(2, len(cut)))
    w, b = (_beside(a, v, affine, x.shape).reshape(cut) for a, v in ((weight, 1), (bias, 0)))
    shared = (0, *range(3, len(cut)))
    upstream, values = (reals(array).reshape(cut) for array in (dy, x))
    found = _of_groups(upstream, values, over, w, b, shared, eps)
    return {
        **{name: found[name].reshape(x.shape) for name in ("y", "dx")},
        **{name: np.asarray(found[name]).reshape(C) for name in ("dweight", "dbias")},
    }


def local_response_norm(
    dy: Any, x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> dict[str, Any]:
    """Channel by channel; each takes part in the sums of all that have it as a neighbour."""
    values, upstream = reals(x), reals(dy)
    a, b, start = (real.mpf(float(number)) for number in (alpha, beta, k))
    power = np.frompyfunc(lambda d: real.power(d, -b), 1, 1)
    C = x.shape[1]
    neighbours = [range(max(0, c - size // 2), min(C, c + (size - 1) // 2 + 1)) for c in range(C)]
    y, dx = reals(np.zeros(x.shape)), reals(np.zeros(x.shape))
    for c in range(C):
        d = start + a / size * sum(values[:, j] ** 2 for j in neighbours[c])
        y[:, c] = values[:, c] * power(d)
        dx[:, c] += upstream[:, c] * power(d)
        share = upstream[:, c] * values[:, c] * power(d) / d
        for j in neighbours[c]:
            dx[:, j] -= 2 * b * a / size * values[:, j] * share
    return {"y": y, "dx": dx}


DEFINITIONS: dict[str, Definition] = {
    "batch_norm": by_name(batch_norm),
    "running_statistics": by_name(running_statistics),
    "layer_norm": by_name(layer_norm),
    "group_norm": by_name(group_norm),
    "local_response_norm": unpacked(local_response_norm),
}
