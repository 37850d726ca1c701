"""Mistakes where branches meet: in residual and Inception blocks."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import AddGrads, concatenate, concatenate_backward
from refimpl.elements import zeros

# --- residual block -----------------------------------------------------------------------


@mistake("add", "x is left out: h = f(θ, x)", "the branch is the layer", "D4.16")
def add_skip_left_out(x: Array, branch: Array) -> Array:
    return branch.copy()


@mistake("add", "the mean of both instead of the sum", "so that nothing grows", "D4.16")
def add_halved(x: Array, branch: Array) -> Array:
    return np.asarray((x + branch) / 2, x.dtype)


@mistake(
    "add_backward",
    "nothing goes back along the skip connection",
    "x has no weights, so it needs no gradient",
    "D4.16",
)
def add_skip_gradient_missing(dy: Array, x: Array, branch: Array) -> AddGrads:
    return AddGrads(zeros(x.shape, like=dy), dy.copy())


@mistake(
    "add_backward",
    "dy is shared: each side gets a half",
    "what was added up is divided on the way back",
    "D4.16",
)
def add_gradient_halved(dy: Array, x: Array, branch: Array) -> AddGrads:
    half = np.asarray(dy / 2, dy.dtype)
    return AddGrads(half, half.copy())


# --- Inception block ----------------------------------------------------------------------


@mistake(
    "concatenate",
    "the maps are stacked in the reverse order",
    "the order of the branches does not matter",
    "D4.18",
)
def concatenate_reversed(*maps: Array) -> Array:
    return concatenate(*maps[::-1])


@mistake(
    "concatenate",
    "the last two branches change places",
    "the order of the branches does not matter",
    "D4.18",
)
def concatenate_last_two_swapped(*maps: Array) -> Array:
    return concatenate(*maps[:-2], *maps[-2:][::-1])


@mistake(
    "concatenate_backward",
    "the channels are dealt out from the end",
    "the order of the branches does not matter",
    "D4.18",
)
def concatenate_gradient_reversed(dy: Array, *maps: Array) -> tuple[Array, ...]:
    return concatenate_backward(dy, *maps[::-1])[::-1]


@mistake(
    "concatenate_backward",
    "each branch's gradient is divided by the number of branches",
    "the branches share the gradient",
    "D4.18",
)
def concatenate_gradient_shared(dy: Array, *maps: Array) -> tuple[Array, ...]:
    parts = concatenate_backward(dy, *maps)
    return tuple(np.asarray(part / len(maps), part.dtype) for part in parts)


slightly_too_large("add", "concatenate")
