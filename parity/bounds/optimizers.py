"""Bounds of steps of optimisers; how far both sides may be apart behind a step of a free run.

Each function gives what one side may be off by, from what its own arrays may be off already
(nothing, unless both sides run free) and from its roundings. M is the sum of |terms|; u, η, γ_K as
in `parity.bounds.arithmetic`. A coefficient is rounded to the dtype, 1 − τ before that in float64.

    sgd    g' = g + λW: 3 roundings of a term (λ, product, sum); v' = μv + (1 − τ)g': 4 more;
           g' + μv': 3 more; W − α·(…): 3 more: γ_K·M, K their sum as far as the options need them.
    adam   m' may be formed as m + (1 − β₁)(g' − m), from which |m| + (1 − β₁)(|g'| + |m|) follows
           below 1 − β₁ = ½, else g' − β₁(g' − m); v' is a sum of numbers ≥ 0: 6 roundings each.
           √v̂: off/(√v + √(v − off)), at most √off; D = √v̂/√(1 − β₂ᵗ) + ε, 6 roundings;
           |m̂/D̂ − m/D| ≤ (off_m + |m|·off_D/D)/max(D − off_D, ε); α/(1 − β₁ᵗ) times that.

1 − βᵗ is formed in float64, where βᵗ is off by 4·2⁻⁵³·βᵗ at most and the difference rounds once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.bounds.arithmetic import Arithmetic, Sides, gamma
from parity.bounds.bound import Arrays, Bound, Options, bounded, each_side
from parity.cases.case import Array

DOUBLE = 2.0**-53
Off = tuple[Array, Array]  # what a side may be off by, and the largest number behind each element
Step = Callable[[Arrays, Arrays, Options, Arithmetic], Off]


def sgd_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _bound(sgd_off, arrays, options, sides)


def adam_forward(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    return _bound(adam_off, arrays, options, sides)


def _bound(step: Step, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """Of both sides on the same arrays."""
    limits = each_side(lambda side: step(arrays, {}, options, side)[0], sides)
    return bounded(limits, step(arrays, {}, options, sides[0])[1], sides)


def drifted(function: str, arrays: Arrays, errors: Arrays, options: Options, sides: Sides) -> Array:
    """By how much the results of a step may differ: of refimpl from arrays that are off by the
    errors, and of torch from the arrays."""
    step = {"sgd_step": sgd_off, "adam_step": adam_off}[function]
    with np.errstate(all="ignore"):
        ours, theirs = step(arrays, errors, options, sides[0]), step(arrays, {}, options, sides[1])
        return np.asarray(ours[0] + theirs[0])


class _Given:
    """Arrays in float64, where NaN and ∞ are 0, and what they are off by."""

    def __init__(self, arrays: Arrays, errors: Arrays) -> None:
        self._arrays, self._errors = arrays, errors
        self._shape = arrays["value"].shape

    def number(self, name: str) -> Array:
        """The array, 0 where it is not given."""
        if name not in self._arrays:
            return np.zeros(self._shape)
        wide = self._arrays[name].astype(np.float64)
        return np.where(np.isfinite(wide), wide, 0.0)

    def error(self, name: str) -> Array:
        """What it may be off by."""
        return np.asarray(self._errors.get(name, np.zeros(self._shape)))

    def most(self, name: str) -> Array:
        """How large it may be."""
        return np.asarray(np.abs(self.number(name)) + self.error(name))


def _size(coefficient: Any, side: Arithmetic) -> float:
    """|c|, and so much more that γ of it also holds where c is rounded to a subnormal number."""
    size = abs(float(coefficient))
    return size + side.eta / side.u if size else 0.0


def sgd_off(arrays: Arrays, errors: Arrays, options: Options, side: Arithmetic) -> Off:
    """Of a step of gradient descent: the value and the velocity."""
    given = _Given(arrays, errors)
    rate, mu, decay = (
        _size(options.get(name, default), side)
        for name, default in (("learning_rate", 1e-3), ("momentum", 0), ("weight_decay", 0))
    )
    K = 3.0 * bool(decay)
    along = given.most("gradient") + decay * given.most("value")
    off = given.error("gradient") + decay * given.error("value")
    moved, off_moved = along, off
    if mu and "velocity" in arrays:
        K += 4
        taken = _size(1 - float(options.get("dampening", 0)), side)
        moved = mu * given.most("velocity") + taken * along
        off_moved = mu * given.error("velocity") + taken * off
        floor = (1 + taken) * 4 * side.eta
    else:
        floor = 4 * side.eta
    rounded = gamma(np.asarray(K), side.u) * moved + bool(K) * floor
    ahead, off_ahead = moved, off_moved
    if options.get("nesterov"):
        K += 3
        ahead, off_ahead = along + mu * moved, off + mu * off_moved
        floor = (1 + mu) * (floor + side.eta)
    stepped = given.most("value") + rate * ahead
    below = (1 + rate) * (floor + 3 * side.eta)
    of_value = gamma(np.asarray(K + 3), side.u) * stepped + below
    off_value = given.error("value") + rate * off_ahead
    largest = np.maximum(stepped, np.maximum(along, np.maximum(moved, ahead)))
    return (
        np.stack([off_value + of_value, off_moved + rounded]),
        np.stack([largest, np.maximum(along, moved)]),
    )


def adam_off(arrays: Arrays, errors: Arrays, options: Options, side: Arithmetic) -> Off:
    """Of a step of Adam: the value, its moments, and their maximum where there is one."""
    given, u, eta = _Given(arrays, errors), side.u, side.eta
    rate, decay = (
        _size(options.get(name, default), side)
        for name, default in (("learning_rate", 1e-3), ("weight_decay", 0))
    )
    eps, t = float(options.get("eps", 1e-8)), int(options.get("step", 1))
    beta_1, beta_2 = map(float, options.get("betas", (0.9, 0.999)))
    apart = bool(options.get("decoupled_weight_decay"))
    coupled = 0.0 if apart else decay

    sign = -1 if options.get("maximize") else 1
    along = sign * given.number("gradient") + coupled * given.number("value")
    terms = given.most("gradient") + coupled * given.most("value")
    off_along = given.error("gradient") + coupled * given.error("value")
    off_along = off_along + bool(coupled) * (_gamma(3, u) * terms + 3 * eta)
    slope = np.abs(along) + off_along

    first, most = _moment(given, "first_moment", along, beta_1), given.most("first_moment")
    below_half = 1 - beta_1 < 0.5
    lerp = most + (1 - beta_1) * (slope + most) if below_half else 2 * slope + most
    off_first = beta_1 * given.error("first_moment") + (1 - beta_1) * off_along
    off_first = off_first + _gamma(6, u) * lerp + 6 * eta

    second = _moment(given, "second_moment", along**2, beta_2)
    squares = beta_2 * given.most("second_moment") + (1 - beta_2) * slope**2
    off_square = off_along * (2 * np.abs(along) + off_along)
    off_second = beta_2 * given.error("second_moment") + (1 - beta_2) * off_square
    off_second = off_second + _gamma(6, u) * squares + 6 * eta
    rows, highest = [off_first, off_second], [lerp, np.maximum(squares, slope**2)]
    if options.get("amsgrad"):
        second = np.maximum(given.number("max_second_moment"), second)
        off_second = np.maximum(given.error("max_second_moment"), off_second)
        rows.append(off_second)
        highest.append(np.maximum(given.most("max_second_moment"), highest[1]))

    root = np.sqrt(1 - beta_2**t)
    off_root = _off_of_root(second, off_second) / root
    D = np.sqrt(second) / root + eps
    off_D = off_root + (_gamma(6, u) + _correction(beta_2, t)) * (D + off_root) + 4 * eta / root
    least = np.maximum(D - off_D, eps * (1 - 2 * u))
    quotient, off_quotient = np.abs(first) / D, (off_first + np.abs(first) * (off_D / D)) / least
    scale = rate / (1 - beta_1**t)
    share = _gamma(6, u) + _correction(beta_1, t)
    off_moved = scale * (off_quotient + share * (quotient + off_quotient))
    off_moved = off_moved + 2 * eta * (1 + scale) + 2 * eta / least
    moved = scale * (quotient + off_quotient) + off_moved

    kept, grown = given.most("value"), 1 + rate * decay if apart else 1.0
    off_kept = grown * given.error("value") + apart * (_gamma(4, u) * grown * kept + eta)
    off_value = off_kept + off_moved + _gamma(1, u) * (grown * kept + moved) + eta
    scaled = scale * (np.abs(first) + off_first)
    largest = np.maximum.reduce([grown * kept + moved, scaled, D + off_D, *highest])
    return _known(np.stack([off_value, *rows])), _known(np.stack([largest, *highest]))


def _known(numbers: Array) -> Array:
    """∞ for what is no number: a square beyond float64 divided by another."""
    return np.where(np.isnan(numbers), np.inf, numbers)


def _gamma(roundings: int, u: float) -> float:
    return float(gamma(np.asarray(float(roundings)), u))


def _moment(given: _Given, name: str, new: Array, beta: float) -> Array:
    """β · before + (1 − β) · new"""
    return np.asarray(beta * given.number(name) + (1 - beta) * new)


def _off_of_root(value: Array, off: Array) -> Array:
    """The most by which √ of a number that is off may be off itself."""
    by_slope = off / (np.sqrt(value) + np.sqrt(np.maximum(value - off, 0)))
    return np.asarray(np.fmin(np.sqrt(off), by_slope))


def _correction(beta: float, t: int) -> float:
    """The relative error of 1 − βᵗ in float64."""
    return DOUBLE * (4 * beta**t / (1 - beta**t) + 2)
