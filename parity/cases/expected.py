"""What a case is known to find: in which tensor, at which places, and what each side has there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
Places: TypeAlias = tuple[tuple[int, ...], ...]
Arrays: TypeAlias = Mapping[str, Array]


@dataclass(frozen=True)
class Expected:
    """One tensor in which torch does otherwise; everything else of the case is judged as ever.

    where: the places, or a key of `WHERE`. refimpl, torch: what each side has at every one of
    them, a number or a key of `VALUES`; torch may have several, of which it takes one by place.
    """

    tensor: str
    where: str | Places
    refimpl: float | str
    torch: float | str | tuple[float | str, ...]
    reason: str

    def mask(self, shape: tuple[int, ...], arrays: Arrays, dy: Array) -> Array:
        """Whether each element of the tensor is such a place."""
        if isinstance(self.where, str):
            return np.broadcast_to(WHERE[self.where](arrays, dy), shape)
        mask = np.zeros(shape, bool)
        for place in self.where:
            mask[place] = True
        return mask

    def of_torch(self) -> tuple[float | str, ...]:
        """All that torch may have at a place."""
        return self.torch if isinstance(self.torch, tuple) else (self.torch,)


def holds(value: float | str, tensor: Array, dy: Array) -> Array:
    """Whether each element of a tensor is a value: a number (NaN is NaN), or a key of `VALUES`."""
    wanted = VALUES[value](dy, tensor.ndim) if isinstance(value, str) else value
    if isinstance(wanted, float) and isnan(wanted):
        return np.isnan(tensor)
    return np.asarray(tensor == wanted)


def _target_of_infinite(arrays: Arrays, dy: Array) -> Array:
    classes = np.arange(arrays["logits"].shape[1])
    return np.asarray((classes == arrays["target"][:, None]) & np.isinf(dy)[:, None])


# Rules that say where, and what, whatever the seed is.
WHERE: dict[str, Callable[[Arrays, Array], Array]] = {
    "x is NaN": lambda arrays, dy: np.isnan(arrays["x"]),
    "x is ∞": lambda arrays, dy: np.isposinf(arrays["x"]),
    "x is −∞": lambda arrays, dy: np.isneginf(arrays["x"]),
    "logits are −∞ and the target is above 0": lambda arrays, dy: (
        np.isneginf(arrays["logits"]) & (arrays["target"] > 0)
    ),
    "the target's class, where dy is ±∞": _target_of_infinite,
}
VALUES: dict[str, Callable[[Array, int], Array]] = {
    "dy": lambda dy, axes: dy,
    "−dy": lambda dy, axes: -dy.reshape(dy.shape + (1,) * (axes - dy.ndim)),
}
