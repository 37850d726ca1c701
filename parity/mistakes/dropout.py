"""Mistakes in dropout."""

from __future__ import annotations

from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import dropout, dropout_backward
from refimpl.elements import parameter


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


slightly_too_large("dropout")
