"""Bounds of local response normalisation.

d = k + α/size·S, S = Σ x² over up to `size` channels; y = x·d^(−β). With c the relative error of a
power (NumPy's pow is SVML's, less than 4 ULP, or the C library's, 1; torch's SLEEF's, 1.0: see
`parity.bounds.arithmetic`) and n the roundings of S:

    d̂  = d(1 ± r)              r = γ_(n+5)·(|k| + |α|/size·S)/|d|
    d̂^(−β) = d^(−β)(1 ± π)     π = (1 − r)^(−|β|)·(1 + c)·(1 + u·|β·log d|) − 1
    ŷ  = y(1 ± ((1 + π)(1 + γ_2) − 1))

u·|β·log d| is for torch alone, which rounds β to the dtype. refimpl computes in float64 and rounds
to float32 at the end. The gradient is dy·d^(−β) − 2βα/size·x·Σ dy·x·d^(−β−1), in which torch, which
divides by d^β, has π four times and r twice.
"""

from __future__ import annotations

from math import ceil, log2
from typing import NamedTuple

import numpy as np

from parity.bounds.arithmetic import PAIRWISE, Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.normalization import MOVED
from parity.cases.case import Array

IN_FLOAT64 = 2.0**-29


class Exact(NamedTuple):
    """Magnitudes in float64."""

    x: Array
    sizes: Array  # |k| + |α|/size·S
    d: Array
    power: Array  # d^(−β)
    size: int
    alpha: float
    beta: float


def exact_of(arrays: Arrays, options: Options) -> Exact:
    """d and its power, where x is largest if it may move."""
    size = options["size"]
    alpha, beta, k = (
        float(options.get(n, v)) for n, v in (("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))
    )
    x = magnitudes({"x": arrays["x"]})["x"]
    S = over_neighbours(x * x, size // 2, (size - 1) // 2)
    d = k + alpha / size * S
    error = arrays.get(MOVED + "x", np.zeros(x.shape))
    largest = x + error
    S = over_neighbours(largest**2, size // 2, (size - 1) // 2)
    if MOVED + "x" in arrays:  # the least that d may be
        off = over_neighbours(error * (2 * x + error), size // 2, (size - 1) // 2)
        d = np.maximum(d - abs(alpha) / size * off, np.finfo(np.float64).tiny)
    return Exact(largest, abs(k) + abs(alpha) / size * S, d, d**-beta, size, alpha, beta)


def over_neighbours(x: Array, before: int, behind: int) -> Array:
    """Σ over so many channels before and behind."""
    C = x.shape[1]
    total = np.zeros(x.shape)
    for step in range(-min(before, C), min(behind, C) + 1):
        from_, to = max(0, -step), min(C, C - step)
        if from_ < to:
            total[:, from_:to] += x[:, from_ + step : to + step]
    return total


def _errors(exact: Exact, side: Arithmetic) -> tuple[float, Array, Array, float]:
    """u, r, π and the roundings of a sum over neighbours."""
    u, c = (2.0**-53, side.elementary * IN_FLOAT64) if side.widened else (side.u, side.elementary)
    size = exact.size
    n = min(size, PAIRWISE + ceil(log2(size))) if side.shaped else size
    floor = (size + 4) * side.eta
    relative = (gamma(np.asarray(n + 5.0), u) * exact.sizes + floor) / np.abs(exact.d)
    inside = np.minimum(relative, 1)
    of_power = -abs(exact.beta) * np.log1p(-inside) + np.log1p(c)
    if not side.shaped:
        of_power = of_power + u * np.abs(exact.beta * np.log(np.abs(exact.d)))
    return u, relative, np.where(relative < 1, np.expm1(of_power), np.inf), n


def forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """|y|·((1 + π)(1 + γ_2) − 1)"""
    exact = exact_of(arrays, options)
    y = exact.x * exact.power

    def of_side(side: Arithmetic) -> Array:
        u, _, off, _ = _errors(exact, side)
        return _last(y * (off * (1 + 3 * u) + 3 * u), y, side, exact)

    largest = np.maximum(np.maximum(exact.sizes * exact.size, exact.x), 1 / exact.power)
    return bounded(each_side(of_side, sides), largest, sides, y)


def _last(off: Array, value: Array, side: Arithmetic, exact: Exact) -> Array:
    """The last rounding of what was formed in float64; what underflows."""
    last = side.u * (value + off) if side.widened else 0.0
    return np.asarray(off + last + side.eta * (2 + exact.power) * (1 + exact.x))


def backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """What goes straight on, and what goes through the neighbours' d."""
    exact = exact_of(arrays, options)
    upstream = magnitudes({"dy": dy})["dy"]
    direct = upstream * exact.power
    shares = direct * exact.x / np.abs(exact.d)
    factor = 2 * abs(exact.beta * exact.alpha) / exact.size * exact.x
    around = (exact.size - 1) // 2, exact.size // 2
    terms = direct + factor * over_neighbours(shares, *around)

    def of_side(side: Arithmetic) -> Array:
        u, relative, off, n = _errors(exact, side)
        of_d = relative / np.maximum(1 - relative, u)
        times = 1 if side.shaped else 4
        of_share = np.expm1(
            times * np.log1p(off)
            + min(times, 2) * np.log1p(of_d)
            + np.log1p(gamma(np.asarray(n + 14.0), u))
        )
        floor = over_neighbours(side.eta * (1 + exact.power) ** 2 * (1 + exact.x), *around)
        neighbours = over_neighbours(shares * of_share, *around) + floor * (1 + 1 / np.abs(exact.d))
        straight = direct * (off * (1 + 4 * u) + 4 * u)
        whole = straight + factor * neighbours + 2 * u * (terms + straight + factor * neighbours)
        return _last(whole, terms, side, exact)

    powers = np.maximum(1 / exact.power**2, exact.sizes * exact.size)
    largest = np.maximum(np.maximum(powers, exact.x * upstream), terms)
    largest = np.maximum(largest, over_neighbours(exact.x * upstream, *around))
    return {"x": bounded(each_side(of_side, sides), largest, sides, terms)}
