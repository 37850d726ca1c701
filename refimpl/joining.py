"""Where branches meet: the stacked maps of an Inception block."""

from __future__ import annotations

import numpy as np

from refimpl.checks import (
    check_arrays,
    check_gradient,
    check_separate,
    check_stackable,
)
from refimpl.elements import Array
from refimpl.unlike_torch import OUT, unlike_torch


@unlike_torch(tensors="give the maps one by one", dim="maps are joined along axis 1", out=OUT)
def concatenate(*maps: Array) -> Array:
    """Feature maps stacked along the depth, as at the end of an Inception block.

    y[n, c_1 + … + c_{k−1} + c, …] = maps[k][n, c, …]

    Shapes: maps[k] (N, C_k, …) -> (N, Σ C_k, …).
    Raises: ValueError if there are none or they differ in anything but their channels, TypeError
    if they are given as one list.
    Source: D4.18; Szegedy et al. 2015, "Going deeper with convolutions".

    >>> concatenate(np.array([[1.0]]), np.array([[2.0, 3.0]]))
    array([[1., 2., 3.]])
    """
    check_separate("concatenate", maps)
    given = check_arrays("concatenate", **_named(maps)) if maps else []
    check_stackable("concatenate", given)
    return np.concatenate(given, axis=1)


def concatenate_backward(dy: Array, *maps: Array) -> tuple[Array, ...]:
    """Gradients of a loss L through `concatenate`, given dy = ∂L/∂y: each map gets its channels.

    Shapes: dy as the forward's value, maps as there -> one gradient for each map.
    Raises: ValueError as `concatenate` does, or if dy has another shape.
    Source: D4.18.

    >>> concatenate_backward(np.array([[5.0, 6.0, 7.0]]), np.array([[1.0]]), np.array([[2.0, 3.0]]))
    (array([[5.]]), array([[6., 7.]]))
    """
    where = "concatenate_backward"
    check_separate(where, maps)
    dy, *given = check_arrays(where, dy=dy, **_named(maps))
    check_stackable(where, given)
    channels = [m.shape[1] for m in given]
    check_gradient(where, dy, (given[0].shape[0], sum(channels), *given[0].shape[2:]))
    return tuple(part.copy() for part in np.split(dy, np.cumsum(channels)[:-1], axis=1))


def _named(maps: tuple[Array, ...]) -> dict[str, Array]:
    return {f"maps[{k}]": m for k, m in enumerate(maps)}
