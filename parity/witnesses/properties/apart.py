"""Where two tensors that should be the same are not, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from parity.cases.case import Array

Limit = Array | float


def apart(what: str, ours: Mapping[str, Array], others: Mapping[str, Array]) -> Iterator[str]:
    """A sentence for each tensor that differs in a bit."""
    for name, other in others.items():
        if name not in ours:
            yield f"{what}: there is no {name}"
        elif said := difference(ours[name], other):
            yield f"{what}: {name} {said}"


def beyond(
    what: str,
    ours: Mapping[str, Array],
    others: Mapping[str, Array],
    limit_of: Callable[[str], Limit],
) -> Iterator[str]:
    """A sentence for each tensor that differs by more than its limit.

    limit_of: asked of a tensor that differs in a bit, and of no other: a bound takes its time.
    """
    for name, other in others.items():
        if name in ours and ours[name].shape == other.shape:
            if not difference(ours[name], other):
                continue
            over = _over(ours[name], other, limit_of(name))
            if np.any(over > 0):
                yield f"{what}: {name} {_said(ours[name], other, _largest(over))}"
        else:
            yield from apart(what, ours, {name: other})


def difference(ours: Array, other: Array) -> str:
    """How two arrays differ: dtype, shape, or the first element that is not the same bits."""
    if ours.dtype != other.dtype:
        return f"has dtype {ours.dtype}, else {other.dtype}"
    if ours.shape != other.shape:
        return f"has shape {ours.shape}, else {other.shape}"
    if ours.tobytes() == other.tobytes():
        return ""
    unlike = ours != other
    if ours.dtype.kind == "f":
        unlike |= np.signbit(ours) != np.signbit(other)
        unlike &= ~(np.isnan(ours) & np.isnan(other))
    if not unlike.any():
        return ""
    return _said(ours, other, np.unravel_index(np.argmax(unlike), ours.shape))


def _over(ours: Array, other: Array, limit: Limit) -> Array:
    """By how much the difference is larger than its limit; NaN counts as ∞."""
    wide = np.abs(ours.astype(np.float64) - other.astype(np.float64))
    over: Array = np.where(ours == other, -1.0, wide - limit)
    return np.where(np.isnan(over), np.inf, over)


def _largest(over: Array) -> tuple[np.intp, ...]:
    return np.unravel_index(np.argmax(over), over.shape)


def _said(ours: Array, other: Array, index: tuple[np.intp, ...]) -> str:
    place = tuple(int(i) for i in index)
    return f"at {place} is {ours[index].item()!r}, else {other[index].item()!r}"
