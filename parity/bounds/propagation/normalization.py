"""Drift through batch, layer and group normalisation, and local response normalisation.

Where x moves by e, d = x − μ moves by F = e + mean e at most and 1/√(v + eps) by a share ρ of
itself (`parity.bounds.normalization.moves`), so that x̂ moves by χ = s·((1 + ρ)·F + ρ·|d|); what is
made of x̂ follows as in its rounding. d of local response normalisation moves by
Δ = |α|/size·Σ (2|x|·e + e²), and d^(−β) by (d/(d − Δ))^|β| − 1 of itself.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from parity.bounds import response
from parity.bounds.bound import Arrays, Options
from parity.bounds.normalization import MOVED, Exact, exact_of, moves
from parity.bounds.propagation.error import Accumulated, double
from parity.cases.case import Array


class _Drift(NamedTuple):
    """What moves: χ, ρ, the weight and its error, as views of x."""

    exact: Exact
    normalised: Array
    root: Array
    weight: Array
    of_weight: Array


def _drift(function: str, arrays: Arrays, errors: Arrays, options: Options) -> _Drift:
    exact = exact_of(function, arrays, options)
    of_center, of_root = moves(exact, errors["x"])
    moved = exact.s * ((1 + of_root) * of_center + of_root * exact.d)
    of_weight = np.zeros(exact.weight.shape)
    if "weight" in arrays:
        of_weight = exact.layout.beside(errors["weight"])
    return _Drift(exact, moved, of_root, exact.weight, of_weight)


def normalised_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """w·x̂ + b"""
    drift = _drift(function, arrays, errors, options)
    layout = drift.exact.layout
    moved = (drift.weight + drift.of_weight) * drift.normalised
    moved = moved + drift.of_weight * drift.exact.normalised
    if "bias" in arrays:
        moved = moved + layout.beside(errors["bias"])
    return Accumulated(np.asarray(moved).reshape(layout.shape))


def normalised_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """s·(g − mean g − x̂·mean g·x̂), and the sums of dy·x̂ and of dy."""
    drift = _drift(function, arrays, errors, options)
    exact, chi, layout = drift.exact, drift.normalised, drift.exact.layout
    d, of_dy = double(dy).reshape(layout.view), errors["dy"].reshape(layout.view)
    g = drift.weight * d
    of_g = (drift.weight + drift.of_weight) * of_dy + drift.of_weight * d
    moved, whole = of_g, g
    if exact.own:
        mean, normalised = layout.mean, exact.normalised
        Q, of_Q = mean(g * normalised), mean((g + of_g) * chi + of_g * normalised)
        moved = of_g + mean(of_g) + chi * (Q + of_Q) + normalised * of_Q
        whole = g + mean(g) + normalised * Q
    dx = exact.s * ((1 + drift.root) * moved + drift.root * whole)
    found = {"x": Accumulated(np.asarray(dx).reshape(layout.shape))}
    if "weight" in arrays:
        of_products = (d + of_dy) * chi + of_dy * exact.normalised
        found["weight"] = Accumulated(layout.over_samples(of_products))
    if "bias" in arrays:
        found["bias"] = Accumulated(layout.over_samples(of_dy))
    return found


def as_moved(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """The arrays, and beside them by how much they may be others."""
    named = {MOVED + name: errors[name] for name in ("x", "weight", "bias") if name in arrays}
    return {**arrays, **named}


# --- local response normalisation ---------------------------------------------------------


class _Response(NamedTuple):
    """d^(−β), d, by which share each may move, and how large x may become."""

    exact: response.Exact
    power: Array
    root: Array
    largest: Array


def _response(arrays: Arrays, errors: Arrays, options: Options) -> _Response:
    exact = response.exact_of(arrays, options)
    x, e = exact.x, errors["x"]
    around = exact.size // 2, (exact.size - 1) // 2
    moved = abs(exact.alpha) / exact.size * response.over_neighbours(e * (2 * x + e), *around)
    d = np.abs(exact.d)
    share = np.where(moved < d, d / np.maximum(d - moved, np.finfo(np.float64).tiny), np.inf)
    return _Response(exact, share ** abs(exact.beta) - 1, share, x + e)


def response_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """x·d^(−β)"""
    found = _response(arrays, errors, options)
    moved = found.largest * (1 + found.power) - found.exact.x
    return Accumulated(np.asarray(found.exact.power * moved))


def response_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy·d^(−β), and what goes through the neighbours' d."""
    found = _response(arrays, errors, options)
    exact, d = found.exact, double(dy)
    largest = d + errors["dy"]
    around = (exact.size - 1) // 2, exact.size // 2
    grown = 1 + found.power
    straight = exact.power * (largest * grown - d)
    share = exact.power / np.abs(exact.d)
    now = response.over_neighbours(share * d * exact.x, *around)
    then = response.over_neighbours(share * largest * found.largest * grown * found.root, *around)
    factor = 2 * abs(exact.beta * exact.alpha) / exact.size
    through = factor * (found.largest * then - exact.x * now)
    return {"x": Accumulated(np.asarray(straight + through))}
