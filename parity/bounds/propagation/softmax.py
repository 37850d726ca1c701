"""Drift through softmax and cross-entropy.

p_i moves by at most p_i·(e^(2D) − 1), D the largest error along the axis.
"""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import Arrays, Options
from parity.bounds.propagation.error import Accumulated
from parity.bounds.softmax import Exact, exact_softmax, wanted
from parity.cases.case import Array


def _softmax_moved(arrays: Arrays, errors: Arrays, options: Options) -> tuple[Exact, Array, Array]:
    """softmax, how far each share may move, and how large it may become."""
    axis = options.get("axis", -1)
    exact = exact_softmax(arrays["x"], axis)
    widest = errors["x"].max(axis=axis, keepdims=True)
    largest = np.minimum(1, exact.p * np.exp(2 * widest))
    return exact, np.minimum(1, exact.p * np.expm1(2 * widest)), largest


def softmax_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """The most by which each share may move."""
    return Accumulated(_softmax_moved(arrays, errors, options)[1])


def softmax_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """p_i·(dy_i − Σ_j dy_j p_j): the share moves, dy moves, and so does their sum."""
    exact, moved, largest = _softmax_moved(arrays, errors, options)
    d, e = np.abs(dy.astype(np.float64)), errors["dy"]
    of_sum = exact.sum(largest * e + moved * d)
    return {"x": Accumulated(moved * (d + exact.sum(d * exact.p)) + largest * (e + of_sum))}


def softmax_growth(errors: Arrays) -> float:
    """As `growth`, with the largest error of all."""
    return float(np.exp(4 * np.max(errors["x"], initial=0)))


def cross_entropy_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """|∂l/∂z_c| = |p_c − t_c| ≤ p_c + t_c, with p at most p·e^(2D) within the error."""
    exact, target = exact_softmax(arrays["logits"], 1), wanted(arrays, options, 1).v
    largest = np.minimum(1, exact.p * np.exp(2 * _widest(errors)))
    per_sample = ((largest + target) * errors["logits"]).sum(axis=1)
    return Accumulated(np.asarray(per_sample.mean()))


def cross_entropy_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """p_c moves by at most p_c·(e^(2D) − 1), and never by more than 1."""
    exact = exact_softmax(arrays["logits"], 1)
    widest, target = _widest(errors), wanted(arrays, options, 1).v
    moved = np.minimum(1, exact.p * np.expm1(2 * widest))
    slope = np.minimum(1, exact.p * np.exp(2 * widest)) + target
    drift = moved * np.abs(dy) + slope * errors["dy"]
    return {"logits": Accumulated(drift / len(exact.p))}


def _widest(errors: Arrays) -> Array:
    """D, the largest error among each sample's logits."""
    return np.asarray(errors["logits"].max(axis=1, keepdims=True))


def cross_entropy_growth(errors: Arrays) -> float:
    """Shares, distances and log S in the rounding all grow by less than e^(4D)."""
    return float(np.exp(4 * _widest(errors).max()))
