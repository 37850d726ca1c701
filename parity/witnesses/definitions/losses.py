"""Losses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.activations import shares
from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import exp, fractions, real, reals


def cross_entropy(
    dy: Any,
    logits: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: Any = 0,
) -> dict[str, Any]:
    """−Σ_c w_c q_c log o_c with q = (1 − ε) target + ε/K; over Σ w of the classes, or over N."""
    axis = min(1, logits.ndim - 1)
    K = logits.shape[axis]
    places = logits.shape[:axis] + logits.shape[axis + 1 :]
    w = reals(np.ones(K) if weight is None else weight)
    smoothing = real.mpf(float(label_smoothing))
    is_ignored = target == ignore_index if target.dtype.kind in "iu" else np.zeros(places, bool)
    ignored = np.expand_dims(is_ignored, axis)
    o, log_o = shares(np.where(ignored, np.zeros(()), logits), axis)
    if target.dtype.kind in "iu":
        known = np.where(is_ignored, 0, target).astype(int)
        hot = np.moveaxis(np.eye(K)[known], -1, axis)
        divisor = sum((w[k] for k in known[~np.asarray(is_ignored)].flat), start=real.mpf(0))
    else:
        hot, divisor = target, real.mpf(int(np.prod(places)))
    by_class = w.reshape(-1, *(1,) * (logits.ndim - axis - 1))
    v = (reals(hot) * (1 - smoothing) + smoothing / K) * by_class
    v = np.where(ignored, real.mpf(0), v)
    losses = -(v * log_o).sum(axis=axis)
    scale = reals(dy) / divisor if reduction == "mean" else reals(dy)
    scale = np.expand_dims(np.broadcast_to(scale, np.shape(losses)), axis)
    y = losses
    if reduction != "none":
        y = np.sum(losses) / (divisor if reduction == "mean" else 1)
    gradient = scale * (o * v.sum(axis=axis, keepdims=True) - v)
    return {"y": np.asarray(y), "dlogits": np.where(ignored, real.mpf(0), gradient)}


def binary_cross_entropy(
    dy: Any, logits: Any, target: Any, reduction: str = "mean"
) -> dict[str, Any]:
    """−t·log σ(z) − (1 − t)·log σ(−z), and its derivative −t·σ(−z) + (1 − t)·σ(z)."""
    z, t, log1p = reals(logits), reals(target), np.frompyfunc(real.log1p, 1, 1)
    losses = t * log1p(exp(-z)) + (1 - t) * log1p(exp(z))
    slopes = (1 - t) / (1 + exp(-z)) - t / (1 + exp(z))
    count = z.size if reduction == "mean" else 1
    y = losses if reduction == "none" else np.sum(losses) / count
    return {"y": np.asarray(y), "dlogits": reals(dy) / count * slopes}


def mse_loss(dy: Any, output: Any, target: Any, reduction: str = "mean") -> dict[str, Any]:
    difference = fractions(output) - fractions(target)
    losses = np.asarray(difference**2)
    count = losses.size if reduction == "mean" else 1
    y = losses if reduction == "none" else np.asarray(np.sum(losses) / Fraction(count))
    return {"y": y, "doutput": 2 * difference * fractions(dy) / Fraction(count)}


def squared_error(dy: Any, output: Any, target: Any) -> dict[str, Any]:
    difference = fractions(output) - fractions(target)
    return {
        "y": np.asarray(np.sum(difference**2) / 2),
        "doutput": difference * Fraction(float(dy)),
    }


DEFINITIONS: dict[str, Definition] = {
    "cross_entropy": unpacked(cross_entropy),
    "binary_cross_entropy_with_logits": unpacked(binary_cross_entropy),
    "mse_loss": unpacked(mse_loss),
    "squared_error": unpacked(squared_error),
}
