"""Slips that any code can have: the last row left out, too few digits, slightly too large."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.mistakes.mistake import Mistake, add
from refimpl.elements import parameter, zero_of, zeros

SLIGHTLY = 1.0005


def in_float32(array: Array) -> Array:
    """Rounded to float32 and back; exact elements stay."""
    if array.dtype == object:
        return array
    return array.astype(np.float32).astype(array.dtype)


def last_row_left_out(array: Array) -> Array:
    """0 in the last row of the last axis but one."""
    wrong = array.copy()
    wrong[..., -1:, :] = zero_of(array)
    return wrong


def last_place_alone(dy: Array, axes: int) -> Array:
    """0 but at the last place of the last so many axes: what is left where a loop assigns."""
    left = zeros(dy.shape, like=dy)
    last: Any = (..., *(slice(-1, None),) * axes)
    left[last] = dy[last]
    return left


def too_large(backward: str, *arguments: Any, **options: Any) -> Any:
    """What the backward of this name gives, each gradient 0.05 % too large."""
    grads = getattr(refimpl, backward)(*arguments, **options)
    if not isinstance(grads, tuple):
        return scaled(grads)
    parts: list[Any] = [part if part is None else scaled(part) for part in grads]
    return type(grads)(*parts) if hasattr(grads, "_fields") else tuple(parts)


def scaled(gradient: Array) -> Array:
    """1.0005 times the gradient."""
    return np.asarray(gradient * parameter(SLIGHTLY, like=gradient), gradient.dtype)


def slightly_too_large(*functions: str) -> None:
    """Enter for each function that every gradient of it is 0.05 % too large."""
    for function in map(FUNCTIONS.__getitem__, functions):
        add(
            Mistake(
                f"slightly-too-large-{function.name}",
                function.backward_name,
                "every gradient is 0.05 % too large",
                "a small difference is rounding",
                function.documents,
                partial(too_large, function.backward_name),
            )
        )
