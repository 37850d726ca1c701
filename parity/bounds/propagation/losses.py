"""Drift through mse_loss, squared_error, binary cross-entropy and the perceptron's loss."""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import OUTWARD, Arrays, Options
from parity.bounds.elementary import exact_sigmoid
from parity.bounds.propagation.error import Accumulated, double, widened
from parity.bounds.softmax import is_mean
from parity.cases.case import Array


def mse_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """(d + e)² − d² = 2·d·e + e² in each term, d = y − t; summed, or their mean."""
    difference, error = np.abs(_residual(arrays)), errors["output"]
    moved = np.sum(2 * difference * error + error**2)
    return Accumulated(np.asarray(moved / _terms(arrays, options)))


def mse_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """2·dy·(y − t), of the mean over n: y moves, and dy does."""
    difference, error = np.abs(_residual(arrays)), errors["output"]
    drift = double(dy) * error + errors["dy"] * (difference + error)
    return {"output": Accumulated(2 * drift / _terms(arrays, options))}


def _terms(arrays: Arrays, options: Options) -> int:
    """n, of the mean."""
    return max(1, arrays["output"].size) if is_mean(options) else 1


def squared_error_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """½((d + e)² − d²) = d·e + ½e² in each term, d = y − t."""
    difference, error = np.abs(_residual(arrays)), errors["output"]
    return Accumulated(np.asarray(np.sum(difference * error + error**2 / 2)))


def squared_error_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy·(y − t): y moves, and dy does."""
    difference, error = np.abs(_residual(arrays)), errors["output"]
    drift = np.abs(dy.astype(np.float64)) * error + errors["dy"] * (difference + error)
    return {"output": Accumulated(drift)}


def _residual(arrays: Arrays) -> Array:
    residual: Array = arrays["output"].astype(np.float64) - arrays["target"]
    return residual


def farthest(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """The output as far from its target as the errors allow: rounding is worst there."""
    output, target = arrays["output"], arrays["target"].astype(np.float64)
    residual = _residual(arrays)
    away = np.where(residual < 0, -1.0, 1.0)
    farthest = target + away * (np.abs(residual) + errors["output"]) * OUTWARD
    return {"output": farthest.astype(output.dtype), "target": arrays["target"]}


def _binary_slope(arrays: Arrays, errors: Arrays) -> tuple[Array, Array]:
    """|σ(z) − t| and the most by which it may move: |σ'| ≤ ¼."""
    slope = np.abs(exact_sigmoid(arrays["logits"]) - arrays["target"])
    return slope, np.minimum(1, errors["logits"] / 4)


def binary_forward(function: str, arrays: Arrays, errors: Arrays, options: Options) -> Accumulated:
    """|∂l/∂z| = |σ(z) − t| ≤ 1."""
    slope, moved = _binary_slope(arrays, errors)
    return Accumulated(np.asarray(np.mean(np.minimum(1, slope + moved) * errors["logits"])))


def binary_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """dy·(σ(z) − t)/N"""
    slope, moved = _binary_slope(arrays, errors)
    drift = moved * np.abs(dy.astype(np.float64)) + (slope + moved) * errors["dy"]
    return {"logits": Accumulated(drift / slope.size)}


def negative_logits(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """max(−z, 0) and (1 − t)·|z| are largest at −(|z| + e)."""
    return {**arrays, "logits": -widened({"x": arrays["logits"]}, {"x": errors["logits"]})["x"]}


def tail_growth(errors: Arrays) -> float:
    """S = log(1 + e^(−|z|)) falls by less than e^(2D) from any point to that one."""
    return float(np.exp(2 * np.max(errors["logits"], initial=0)))


def certain_logits(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """σ + t·(1 − σ), what the gradient's rounding is relative to, is largest where σ = 1."""
    return {**arrays, "logits": np.full_like(arrays["logits"], 1000)}


def _wrong_side(arrays: Arrays, errors: Arrays) -> tuple[Array, Array]:
    """−t·s, positive on the wrong side, and where its interval holds 0."""
    margin = -(arrays["target"] * arrays["score"].astype(np.float64))
    return margin, ~(np.abs(margin) > errors["score"]) & ~(errors["score"] == 0)


def perceptron_forward(
    function: str, arrays: Arrays, errors: Arrays, options: Options
) -> Accumulated:
    """max(0, −t·s) moves where −t·s may be positive."""
    margin, kinks = _wrong_side(arrays, errors)
    moved = np.where(kinks | (margin > 0), errors["score"], 0)
    return Accumulated(np.asarray(np.sum(moved)), int(kinks.sum()))


def perceptron_backward(
    function: str, dy: Array, arrays: Arrays, errors: Arrays, options: Options
) -> dict[str, Accumulated]:
    """−t·dy on the wrong side, 0 on the other; at a kink either."""
    margin, kinks = _wrong_side(arrays, errors)
    either = np.abs(dy.astype(np.float64)) + errors["dy"]
    certain = np.where(margin > 0, errors["dy"], 0)
    return {"score": Accumulated(np.where(kinks, either, certain), int(kinks.sum()))}


def most_wrong(arrays: Arrays, errors: Arrays) -> dict[str, Array]:
    """Every score as far on the wrong side as the errors allow: the sum is rounded most there."""
    score, target = arrays["score"], arrays["target"]
    moved = score.astype(np.float64) - target * errors["score"]
    outward = np.where(moved * target < 0, OUTWARD, 1 / OUTWARD)
    exact = errors["score"] == 0
    return {"score": np.where(exact, score, moved * outward).astype(score.dtype), "target": target}
