"""Losses."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from parity.witnesses.definitions.activations import shares
from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import exp, fractions, real, reals


def cross_entropy(dy: Any, logits: Any, target: Any, reduction: str = "mean") -> dict[str, Any]:
    axis = min(1, logits.ndim - 1)
    o, log_o = shares(logits, axis)
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
