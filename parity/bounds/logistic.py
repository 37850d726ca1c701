"""Bounds of binary_cross_entropy_with_logits and log_likelihood.

Both are made of S = log(1 + e^(−|z|)). c is the relative error of exp and log1p; log1p is
concave and 0 at 0, so it does not enlarge the relative error of its argument:

    ŵ = e^(−|z|)(1 + ε) ± φ     |ε| ≤ c, φ: what exp loses where its result is subnormal
    Ŝ = S(1 + θ) ± φ(1 + θ)     |θ| ≤ (1 + c)² − 1

Targets are probabilities: t and 1 − t are at least 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side, magnitudes
from parity.bounds.elementary import exact_sigmoid, floor_of, sigmoid_relative
from parity.bounds.softmax import is_mean, reduced
from parity.cases.case import Array

SUM = {"reduction": "sum"}


class Exact(NamedTuple):
    """What the bounds are written in, in float64; z is 0 where it is NaN or ∞."""

    z: Array
    t: Array
    tail: Array  # S

    @property
    def loss(self) -> Array:
        """l = t·max(−z, 0) + (1 − t)·max(z, 0) + S; every term is at least 0."""
        z, t = self.z, self.t
        return np.asarray(t * np.maximum(-z, 0) + (1 - t) * np.maximum(z, 0) + self.tail)


def _exact(arrays: Arrays) -> Exact:
    logits = arrays["logits"]
    z = np.where(np.isfinite(logits), logits, 0).astype(np.float64)
    return Exact(z, arrays["target"].astype(np.float64), np.log1p(np.exp(-np.abs(z))))


def _tail_error(exact: Exact, side: Arithmetic) -> Array:
    """θ·S + φ(1 + θ): an exp of a subnormal result is off by as many η as it is by ULP."""
    theta, lost = (1 + side.elementary) ** 2 - 1, side.elementary / (2 * side.u) + 1
    return np.asarray(theta * exact.tail + (1 + theta) * lost * side.eta)


# --- forward ------------------------------------------------------------------------------


def binary_cross_entropy_forward(
    function: str, arrays: Arrays, options: Options, sides: Sides
) -> Bound:
    """refimpl adds the terms of l, all at least 0, and so keeps the digits of their sum: four
    roundings of l. torch takes (1 − t)·z − (min(z, 0) − S), which may cancel.

    Either way 1 − t, a product, and two sums of terms that are together at most M are rounded.
    Others take max(z, 0) − t·z + S, where l is the rounded sum of (1 − t)·max(z, 0) and S but for
    the rounding of t·z, which cancels where z > 0: u·t·z more, unless t is 0 or 1.
    """
    exact = _exact(arrays)
    parts = (1 - exact.t) * np.abs(exact.z), np.maximum(-exact.z, 0), exact.tail  # of M
    cancelled = np.where(exact.t < 1, exact.t * np.maximum(exact.z, 0), 0)

    def of_side(side: Arithmetic) -> Array:
        roundings, tail = gamma(np.asarray(4), side.u), _tail_error(exact, side)
        if side.keeps_digits:
            rounded = roundings * exact.loss
        else:  # M itself, of no side a result, may exceed the largest number
            rounded = sum(roundings * part for part in parts)
            rounded = rounded + gamma(np.asarray(2), side.u) * cancelled
        return np.asarray(rounded + (1 + roundings) * (tail + 2 * side.eta))

    return reduced(of_side, exact.loss, options, sides)


def log_likelihood_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """t·log σ(z) + (1 − t)·log σ(−z): four roundings of terms that are all at most 0.

    log σ(z) = min(z, 0) − S is one; 1 − t, the product, their sum are the others.
    """
    exact = _exact(arrays)

    def of_side(side: Arithmetic) -> Array:
        roundings, tail = gamma(np.asarray(4), side.u), _tail_error(exact, side)
        return np.asarray(roundings * exact.loss + (1 + roundings) * (tail + 2 * side.eta))

    return reduced(of_side, exact.loss, SUM, sides)


# --- backward -----------------------------------------------------------------------------


def binary_cross_entropy_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·(σ(z) − t), with dy/N for dy in a mean."""
    scale: Any = magnitudes({"dy": dy})["dy"]
    exact = _exact(arrays)
    scale = scale / exact.z.size if is_mean(options) and exact.z.size else scale
    return {"logits": _gradient(scale, exact, sides)}


def log_likelihood_backward(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """dy·(t − σ(z)); torch differentiates both logarithms: dy·t·σ(−z) − dy·(1 − t)·σ(z)."""
    return {"logits": _gradient(magnitudes({"dy": dy})["dy"], _exact(arrays), sides)}


def _gradient(scale: Array, exact: Exact, sides: Sides) -> Bound:
    """scale·(t − σ(z)), from a rounded σ(z) or from σ(z) and a rounded σ(−z).

    A side that keeps its digits has (1 − t)·σ(z) and t·σ(−z) as its terms, which for a target of
    0 or 1 is one alone.

    torch's derivative of log σ is z/(1 + z) with z = e^(−|x|), or 1 less that, at least a half:
    the relative error of a sigmoid. Rounded are 1 − t, two products and a difference; of the mean
    of (1 − t)·σ(z) − t·σ(−z) a reciprocal of N and its product, too. Of torch's two products each
    may underflow twice.
    """
    up, down = exact_sigmoid(exact.z), exact_sigmoid(-exact.z)
    parts, kept = up + exact.t * down, (1 - exact.t) * up + exact.t * down

    def of_side(side: Arithmetic) -> Array:
        roundings, relative = gamma(np.asarray(6), side.u), sigmoid_relative(side)
        terms = kept if side.keeps_digits else parts
        off = (relative * (1 + roundings) + roundings) * terms
        return np.asarray(scale * (off + floor_of(terms, side)) + (4 + scale) * side.eta)

    return bounded(each_side(of_side, sides), scale * parts, sides, scale * parts)
