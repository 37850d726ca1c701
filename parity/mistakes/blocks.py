"""Mistakes in dropout and where branches meet: residual and Inception blocks."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from refimpl import AddGrads, concatenate, concatenate_backward, dropout, dropout_backward
from refimpl.elements import parameter, zeros

# --- dropout ------------------------------------------------------------------------------


@mistake(
    "dropout",
    "what is kept is not divided by 1 − p",
    "dropping is all there is to it",
    "D2.13",
)
def dropout_without_scale(x: Array, mask: Array, p: Any = 0.5) -> Array:
    return dropout(x, mask, 0)


@mistake(
    "dropout",
    "what is kept is divided by p instead of 1 − p",
    "p is the probability to keep a node",
    "D2.13",
)
def dropout_divided_by_p(x: Array, mask: Array, p: Any = 0.5) -> Array:
    return dropout(x, mask, 1 - p if p > 0 else 0)


@mistake(
    "dropout",
    "what is kept is multiplied by 1 − p",
    "the rule for the test, which older dropout has",
    "D2.13",
)
def dropout_multiplied(x: Array, mask: Array, p: Any = 0.5) -> Array:
    return np.asarray(dropout(x, mask, 0) * parameter(1 - p, like=x), x.dtype)


@mistake(
    "dropout",
    "the mask says what is dropped, not what is kept",
    "1 stands for dropped",
    "D2.13",
)
def dropout_mask_inverted(x: Array, mask: Array, p: Any = 0.5) -> Array:
    return dropout(x, mask == 0, p)


@mistake(
    "dropout_backward",
    "the scale 1/(1 − p) is forgotten",
    "the scale is for the forward pass",
    "D2.13",
)
def dropout_gradient_without_scale(dy: Array, x: Array, mask: Array, p: Any = 0.5) -> Array:
    return dropout_backward(dy, x, mask, 0)


@mistake(
    "dropout_backward",
    "the mask is forgotten",
    "nodes that are dropped learn all the same",
    "D2.13",
)
def dropout_gradient_without_mask(dy: Array, x: Array, mask: Array, p: Any = 0.5) -> Array:
    return dropout_backward(dy, x, np.ones(x.shape, bool), p)


@mistake(
    "dropout_backward",
    "a new mask is drawn",
    "dropout is random, backward, too",
    "D2.13",
)
def dropout_another_mask(dy: Array, x: Array, mask: Array, p: Any = 0.5) -> Array:
    other = np.random.default_rng(x.size).integers(0, 2, x.shape)
    return dropout_backward(dy, x, other, p)


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
