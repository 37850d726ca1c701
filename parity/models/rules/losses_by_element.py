"""Losses of each element: absolute, smooth, of probabilities, of margins."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from parity.cases.case import Array
from parity.models.plain.by_element import Definition, Elementwise
from parity.models.plain.reduced import Reduced
from parity.models.rules.element_arithmetic import ONE, arithmetic_of
from parity.models.rules.elementary_functions import sigmoid
from parity.models.understanding import Given, Understood

REDUCTIONS = ("none", "mean", "sum")  # as torch numbers them
LEAST_LOG = -100.0  # torch's binary cross entropy takes no logarithm below
LEAST = 1e-12  # nor does its gradient divide by less


def reduced(name: str, given: Given, definition: Definition, *names: str) -> Understood:
    """A loss of elements, and what torch's reduction makes of it."""
    known = arithmetic_of(name, given, definition, *names)
    assert isinstance(known.reference, Elementwise)
    reduction = REDUCTIONS[given["reduction"]]
    return Understood(Reduced(known.reference, reduction), known.sent)


def _difference(value: Definition) -> Definition:
    """A function of x − target, which is rounded once."""

    def partials(x: Array, target: Array) -> Sequence[Array]:
        (slope,) = value.partials(x - target)
        return slope, -slope

    return Definition(
        lambda x, target: value.value(x - target),
        partials,
        value.roundings,
        None if value.magnitude is None else lambda x, t: value.magnitude(x - t),  # type: ignore[misc]
    )


def smooth_l1_loss(given: Given) -> Understood:
    """d²/(2β) within β, |d| − β/2 beyond."""
    beta = float(given["beta"])
    definition = Definition(
        lambda d: np.where(np.abs(d) < beta, 0.5 * d * d / beta, np.abs(d) - 0.5 * beta),
        lambda d: (np.where(np.abs(d) < beta, d / beta, np.sign(d)),),
        (8.0, 6.0),
        lambda d: np.where(np.abs(d) < beta, 0.5 * d * d / beta, np.abs(d)),
    )
    return reduced("smooth_l1_loss", given, _difference(definition), "self", "target")


def huber_loss(given: Given) -> Understood:
    """d²/2 within δ, δ·(|d| − δ/2) beyond."""
    delta = float(given["delta"])
    definition = Definition(
        lambda d: np.where(np.abs(d) <= delta, 0.5 * d * d, delta * (np.abs(d) - 0.5 * delta)),
        lambda d: (np.clip(d, -delta, delta),),
        (8.0, 6.0),
        lambda d: np.where(np.abs(d) <= delta, 0.5 * d * d, delta * np.abs(d)),
    )
    return reduced("huber_loss", given, _difference(definition), "self", "target")


def squared_error(given: Given) -> Understood:
    """(x − target)², where the target wants a gradient, too."""
    definition = Definition(lambda d: d * d, lambda d: (2 * d,), (3.0, 4.0))
    return reduced("mse_loss", given, _difference(definition), "self", "target")


def binary_cross_entropy(given: Given) -> Understood:
    """−w·(t·log p + (1 − t)·log(1 − p)), no logarithm below −100."""

    def logs(p: Array) -> tuple[Array, Array]:
        return np.maximum(np.log(p), LEAST_LOG), np.maximum(np.log1p(-p), LEAST_LOG)

    def value(p: Array, t: Array, *w: Array) -> Array:
        hit, missed = logs(p)
        return np.asarray(-(t * hit + (1 - t) * missed) * (w[0] if w else 1.0))

    def size(p: Array, t: Array, *w: Array) -> Array:
        hit, missed = logs(p)
        terms = np.abs(t * hit) + np.abs((1 - t) * missed)
        return np.asarray(terms * (np.abs(w[0]) if w else 1.0))

    def partials(p: Array, t: Array, *w: Array) -> Sequence[Array]:
        weight = w[0] if w else ONE
        to_p = weight * (p - t) / np.maximum((1 - p) * p, LEAST)
        return to_p, weight * (np.log1p(-p) - np.log(p)), *([0 * ONE] if w else [])

    def slopes(p: Array, t: Array, *w: Array) -> Sequence[Array]:
        to_p, _, *rest = partials(p, t, *w)
        weight = np.abs(w[0]) if w else ONE
        return to_p, weight * (np.abs(np.log1p(-p)) + np.abs(np.log(p)) + 1), *rest

    definition = Definition(value, partials, (6.0, 8.0), size, (1, 1), slopes)
    names = ["self", "target", *(["weight"] if given["weight"] is not None else [])]
    return reduced("binary_cross_entropy", given, definition, *names)


def weighted_cross_entropy_with_logits(given: Given) -> Understood:
    """w·((1 − t)·x − (1 + (q − 1)·t)·log σ(x)), q the weight of what is positive."""
    named = {"w": "weight", "q": "pos_weight"}
    there = [ours for ours, theirs in named.items() if given[theirs] is not None]

    def weights(rest: Sequence[Array]) -> tuple[Array, Array]:
        known = dict(zip(there, rest, strict=True))
        return known.get("w", ONE), known.get("q", ONE)

    def value(x: Array, t: Array, *rest: Array) -> Array:
        w, q = weights(rest)
        return np.asarray(w * ((1 - t) * x + (1 + (q - 1) * t) * np.logaddexp(0, -x)))

    def size(x: Array, t: Array, *rest: Array) -> Array:
        w, q = map(np.abs, weights(rest))
        share = 1 + (q + 1) * np.abs(t)
        return np.asarray(w * ((1 + np.abs(t)) * np.abs(x) + share * np.logaddexp(0, -x)))

    def partials(x: Array, t: Array, *rest: Array) -> Sequence[Array]:
        w, q = weights(rest)
        to_x = w * ((q * t + 1 - t) * sigmoid(x) - q * t)
        to_t = w * (-x + (q - 1) * np.logaddexp(0, -x))
        return to_x, to_t, *(0 * ONE for _ in rest)

    def slopes(x: Array, t: Array, *rest: Array) -> Sequence[Array]:
        w, q = map(np.abs, weights(rest))
        to_x = w * ((q * np.abs(t) + 1 + np.abs(t)) * sigmoid(x) + q * np.abs(t))
        to_t = w * (np.abs(x) + (q + 1) * np.logaddexp(0, -x))
        return to_x, to_t, *(0 * ONE for _ in rest)

    definition = Definition(value, partials, (10.0, 12.0), size, (3, 3), slopes)
    names = ["self", "target", *(named[ours] for ours in there)]
    return reduced("binary_cross_entropy_with_logits", given, definition, *names)


def soft_margin_loss(given: Given) -> Understood:
    """log(1 + e^(−t·x))"""
    definition = Definition(
        lambda x, t: np.logaddexp(0, -t * x),
        lambda x, t: (-t * sigmoid(-t * x), -x * sigmoid(-t * x)),
        (5.0, 10.0),
        lambda x, t: np.logaddexp(0, -t * x) * (1 + np.abs(t * x)),
        (2, 3),
        lambda x, t: [
            size * sigmoid(-t * x) * (1 + np.abs(t * x)) for size in (np.abs(t), np.abs(x))
        ],
    )
    return reduced("soft_margin_loss", given, definition, "self", "target")
