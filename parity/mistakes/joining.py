"""Mistakes where branches meet: in Inception blocks."""

from __future__ import annotations

import numpy as np

from parity.cases.case import Array
from parity.mistakes.mistake import mistake
from parity.mistakes.slips import slightly_too_large
from refimpl import concatenate, concatenate_backward

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


slightly_too_large("concatenate")
