"""What a loss over classes is asked for: classes or probabilities; weighted, smoothed, left out."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from refimpl.checks import (
    check_arrays,
    check_class_indices,
    check_class_weights,
    check_ignored,
    check_logits,
    check_smoothing,
    is_class_indices,
)
from refimpl.elements import Array, parameter, zero_of
from refimpl.rows import rows_of
from refimpl.sums import total, wide


class Options(NamedTuple):
    """What changes the targets of `refimpl.cross_entropy`."""

    weight: Any
    ignore_index: int
    label_smoothing: Any


class ClassTargets(NamedTuple):
    """Rows of logits, one for each sample and place that counts, and what is wanted of each.

    zero: of the logits' elements, what a sample that is left out costs.

    Shapes: rows (R, K); wanted (R,), a class, or (R, K), how much each class counts; factor (R,),
    by which a loss is multiplied, or None; divisor: of the mean; kept (N·…,), which of all samples
    and places the rows are, or None for all.
    """

    rows: Array
    wanted: Array
    factor: Array | None
    divisor: int | Array
    kept: Array | None
    samples: tuple[int, ...]
    zero: Any = None

    def of_rows(self, each: Array) -> Array:
        """One number of each sample and place -> (R,), those of the rows."""
        flat = each.reshape(-1)
        return flat if self.kept is None else flat[self.kept]

    def of_all(self, of_rows: Array) -> Array:
        """(R, …) -> (N·…, …), 0 where a sample is left out."""
        if self.kept is None:
            return of_rows
        every = np.full((len(self.kept), *of_rows.shape[1:]), self.zero, of_rows.dtype)
        every[self.kept] = of_rows
        return every


def class_targets(where: str, logits: Array, target: Array, options: Options) -> ClassTargets:
    """Checked logits and targets, row by row, with what the options make of them.

    Row n of class t counts v_c = w_c · ((1 − ε) · [c = t] + ε/K) of class c, a row of probabilities
    w_c · ((1 − ε) · target_c + ε/K); the mean divides by Σ w[t] of the rows, or by their number.

    >>> logits, target = np.zeros((3, 2)), np.array([0, -100, 1])
    >>> class_targets("f", logits, target, Options(np.array([1.0, 3.0]), -100, 0.0)).divisor
    array(4.)
    """
    (logits,) = check_arrays(where, logits=logits)
    axis = check_logits(where, logits)
    indices = is_class_indices(where, logits, target)
    weight, smoothing = _checked(where, logits, axis, options)
    samples, rows = logits.shape[:axis] + logits.shape[axis + 1 :], rows_of(logits, axis)
    if not indices:
        logits, target = check_arrays(where, logits=logits, target=target)
        check_ignored(where, options.ignore_index)
        wanted = _weighted(_smoothed(rows_of(target, axis), smoothing), weight)
        return ClassTargets(rows, wanted, None, len(rows), None, samples)
    kept = check_class_indices(where, logits, target, axis, options.ignore_index)
    wanted, zero = target.reshape(-1), None
    if kept is not None:
        zero = zero_of(logits)
        kept = kept.reshape(-1)
        rows, wanted = rows[kept], wanted[kept]
    factor = None if weight is None else weight[wanted]
    divisor = len(rows) if factor is None else total(_wider(factor))
    if smoothing is not None:
        hot = np.zeros(rows.shape, rows.dtype)
        hot[np.arange(len(rows)), wanted] = 1
        wanted, factor = _weighted(_smoothed(hot, smoothing), weight), None
    return ClassTargets(rows, wanted, factor, divisor, kept, samples, zero)


def _checked(
    where: str, logits: Array, axis: int, options: Options
) -> tuple[Array | None, Any | None]:
    """The weight of each class, if there are any, and ε as an element of logits, if it is not 0."""
    weight = options.weight
    if weight is not None:
        logits, weight = check_arrays(where, logits=logits, weight=weight)
        check_class_weights(where, logits, weight, axis)
    check_smoothing(where, options.label_smoothing, logits)
    if options.label_smoothing == 0:
        return weight, None
    return weight, parameter(options.label_smoothing, like=logits)


def _smoothed(wanted: Array, smoothing: Any | None) -> Array:
    """(1 − ε) · target + ε/K"""
    if smoothing is None:
        return wanted
    smoothed: Array = np.asarray(wanted * (1 - smoothing) + smoothing / wanted.shape[1])
    return smoothed


def _weighted(wanted: Array, weight: Array | None) -> Array:
    """w_c · target_c"""
    return wanted if weight is None else np.asarray(wanted * weight)


def _wider(factor: Array) -> Array:
    """float16 in float64, whose sum may be larger than its largest number."""
    return wide(factor) if factor.dtype == np.float16 else factor
