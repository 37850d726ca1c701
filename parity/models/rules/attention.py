"""Attention as one operation, and the softmax that forgives rows of nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np

from parity.bounds.arithmetic import Arithmetic, gamma
from parity.cases.case import Array
from parity.models.plain.by_formula import Formula, Sized
from parity.models.references import NotUnderstoodError, OfRefimpl
from parity.models.rules.products import turned
from parity.models.understanding import Given, Rule, Understood, same

BLOCK = 32  # keys that are taken at once, at least, where not all are


class Weights(NamedTuple):
    """softmax(scores), and what each of its elements may be off by, relative to itself."""

    scores: Array
    weights: Array
    relative: Array


def _off(terms: float, side: Arithmetic) -> float:
    return float(gamma(np.asarray(terms), side.u))


@dataclass(frozen=True)
class _Attention:
    """softmax(q·kᵀ·scale + added)·v

    A score is off by γ of its terms' sizes, and rounded where the largest is taken off; that moves
    a weight by as much of itself, and all weights of its row by their mean. Sums are taken in
    blocks of keys, each of which turns what was there by an exponential of its own.
    """

    scale: float
    added: Array
    count: int  # keys

    @property
    def blocks(self) -> float:
        """As many at most."""
        return self.count / BLOCK + 2

    def weights(self, q: Array, k: Array) -> tuple[Array, Array]:
        scores = self.scale * (q @ turned(k)) + self.added
        terms = np.exp(scores - scores.max(-1, keepdims=True))
        return scores, np.asarray(terms / terms.sum(-1, keepdims=True))

    def known(self, side: Arithmetic, q: Array, k: Array) -> Weights:
        scores, found = self.weights(q, k)
        visible = np.where(np.isneginf(scores), 0.0, np.abs(scores))
        size = abs(self.scale) * (np.abs(q) @ turned(np.abs(k)))
        moved = _off(q.shape[-1] + 4, side) * (
            size + np.abs(np.where(np.isneginf(self.added), 0.0, self.added))
        )
        moved = moved + 3 * side.u * (visible + visible.max(-1, keepdims=True))
        turns = self.blocks * (side.elementary + 4 * side.u)
        relative = moved + turns + side.elementary + _off(self.count + 6, side)
        mean = np.sum(found * relative, -1, keepdims=True)
        return Weights(scores, found, 1.01 * (relative + mean))

    def of(self, q: Array, k: Array, v: Array) -> Sized:
        _, found = self.weights(q, k)
        return Sized(found @ v, found @ np.abs(v))

    def off(self, side: Arithmetic, q: Array, k: Array, v: Array) -> Array:
        _, found, relative = self.known(side, q, k)
        sums = _off(self.count + 6, side) * (found @ np.abs(v))
        return np.asarray((found * relative) @ np.abs(v) + sums + 4 * self.count * side.eta)

    def slopes(self, dy: Array, q: Array, k: Array, v: Array) -> tuple[Array, Array]:
        """∂L/∂scores, and its parts' sizes."""
        _, found = self.weights(q, k)
        reached, mean = dy @ turned(v), np.sum(dy * (found @ v), -1, keepdims=True)
        size = np.abs(dy) @ turned(np.abs(v)) + np.sum(
            np.abs(dy) * (found @ np.abs(v)), -1, keepdims=True
        )
        return np.asarray(found * (reached - mean)), np.asarray(found * size)

    def back(self, dy: Array, q: Array, k: Array, v: Array) -> Sequence[Sized]:
        (to_scores, size), (_, found) = self.slopes(dy, q, k, v), self.weights(q, k)
        return (
            Sized(self.scale * to_scores @ k, abs(self.scale) * size @ np.abs(k)),
            Sized(self.scale * turned(to_scores) @ q, abs(self.scale) * turned(size) @ np.abs(q)),
            Sized(turned(found) @ dy, turned(found) @ np.abs(dy)),
        )

    def off_back(
        self, side: Arithmetic, dy: Array, q: Array, k: Array, v: Array
    ) -> Sequence[Array]:
        """The weights are formed again, and the output is taken as it was given."""
        _, found, relative = self.known(side, q, k)
        _, size = self.slopes(dy, q, k, v)
        values = v.shape[-1]
        of_mean = np.sum(np.abs(dy) * self.off(side, q, k, v), -1, keepdims=True)
        moved = size * (2 * relative + _off(values + 8, side)) + found * of_mean
        sizes, tiny = self.back(dy, q, k, v), (self.count + q.shape[-2] + values) * 4 * side.eta
        to_q = abs(self.scale) * moved @ np.abs(k) + _off(self.count + 6, side) * sizes[0].size
        to_k = (
            abs(self.scale) * turned(moved) @ np.abs(q)
            + _off(q.shape[-2] + 6, side) * sizes[1].size
        )
        to_v = (
            turned(found * 2 * relative) @ np.abs(dy) + _off(q.shape[-2] + 6, side) * sizes[2].size
        )
        return to_q + tiny, to_k + tiny, to_v + tiny


def attention(given: Given) -> Understood:
    """softmax(q·kᵀ·scale + mask)·v"""
    q, k, v, mask = given["query"], given["key"], given["value"], given["attn_mask"]
    if given["dropout_p"]:
        raise NotUnderstoodError("attention with dropout")
    if given.get("return_debug_mask"):
        raise NotUnderstoodError("attention that returns its mask")
    if k.shape[:-2] != q.shape[:-2] or v.shape[:-2] != q.shape[:-2]:
        raise NotUnderstoodError("attention whose heads are shared")
    count = k.shape[-2]
    scale = 1 / sqrt(q.shape[-1]) if given["scale"] is None else float(given["scale"])
    added = _added(mask, bool(given["is_causal"]), q.shape[-2], count)
    if np.any(np.all(np.isneginf(np.broadcast_to(added, (*q.shape[:-1], count))), -1)):
        raise NotUnderstoodError("attention with a row that is masked as a whole")
    made, arrays = _Attention(scale, added, count), {"query": q, "key": k, "value": v}
    reference = Formula("attention", arrays, made.of, made.off, made.back, made.off_back)
    return Understood(reference, {name: (name, same) for name in arrays})


def _added(mask: Array | None, causal: bool, rows: int, columns: int) -> Array:
    """What is added to the scores: −∞ where a query may not look."""
    if causal:
        return np.where(np.tri(rows, columns, dtype=bool), 0.0, -np.inf)
    if mask is None:
        return np.zeros((rows, columns))
    if mask.dtype == bool:
        return np.where(mask, 0.0, -np.inf)
    return mask.astype(np.float64)


def safe_softmax(given: Given) -> Understood:
    """Softmax; where all of a row is −∞ torch gives 0."""
    x, axis = given["self"], given["dim"]
    if x.size and np.any(np.all(np.isneginf(x), axis)):
        raise NotUnderstoodError("a softmax of nothing but −∞")
    return Understood(OfRefimpl("softmax", {"x": x}, {"axis": axis}), {"x": ("self", same)})


RULES = {
    "_scaled_dot_product_flash_attention_for_cpu": Rule(attention),
    "_safe_softmax": Rule(safe_softmax),
}
