"""Where two tensors that should be the same are not, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from parity.cases.case import Array


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
    limits: Mapping[str, Array],
) -> Iterator[str]:
    """A sentence for each tensor that differs by more than a limit."""
    for name, other in others.items():
        if name in ours and ours[name].shape == other.shape:
            said = difference(ours[name], other)
            if said and _is_beyond(ours[name], other, limits[name]):
                yield f"{what}: {name} {_place_of_largest(ours[name], other, limits[name])}"
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


def _is_beyond(ours: Array, other: Array, limit: Array) -> bool:
    return not bool(np.all(_over(ours, other, limit) <= 0))


def _over(ours: Array, other: Array, limit: Array) -> Array:
    """By how much the difference is larger than its limit; NaN counts as ∞."""
    wide = np.abs(ours.astype(np.float64) - other.astype(np.float64))
    over: Array = np.where(ours == other, -1.0, wide - limit)
    return np.where(np.isnan(over), np.inf, over)


def _place_of_largest(ours: Array, other: Array, limit: Array) -> str:
    return _said(ours, other, np.unravel_index(np.argmax(_over(ours, other, limit)), ours.shape))


def _said(ours: Array, other: Array, index: tuple[np.intp, ...]) -> str:
    place = tuple(int(i) for i in index)
    return f"at {place} is {ours[index].item()!r}, else {other[index].item()!r}"
