"""The largest and the smallest along an axis, sums along it, steps: gradients that select."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.by_element import Definition, Elementwise
from parity.models.plain.linear_maps import Linear
from parity.models.plain.moving_elements import Moved
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

X = {"x": ("self", same)}


def first_along(find: Callable[..., Any]) -> Callable[[Given], Understood]:
    """max and min along an axis: the first of several gets the whole gradient."""

    def understand(given: Given) -> Understood:
        x, dim, keep = given["self"], given["dim"], given["keepdim"]
        places = np.expand_dims(find(x, axis=dim), dim) if x.ndim else None

        def move(array: Array) -> Array:
            if places is None:
                return array
            found = np.take_along_axis(array, places, dim)
            return found if keep else np.squeeze(found, dim)

        return Understood(Moved("max_along", {"x": x}, lambda arrays: move(arrays[0])), X)

    return understand


def shared_along(extreme: Callable[..., Any]) -> Callable[[Given], Understood]:
    """amax and amin, and max and min of all: those alike share the gradient."""

    def understand(given: Given) -> Understood:
        x, dim, keep = given["self"], given.get("dim"), bool(given.get("keepdim"))
        axes = tuple(range(x.ndim)) if dim is None or dim == [] else tuple(np.atleast_1d(dim))
        wide = x == extreme(x, axis=axes, keepdims=True)
        shares = wide / wide.sum(axis=axes, keepdims=True)

        def back(dy: Array, array: Array) -> tuple[Array, ...]:
            return (shares * (dy if keep else np.expand_dims(dy, axes)),)

        def apply(array: Array) -> Array:
            return np.asarray(extreme(x.astype(np.float64), axis=axes, keepdims=keep))

        many = bool(np.any(shares[wide] != 1))
        return Understood(Linear("amax", {"x": x}, apply, back, 1, (2.0 if many else 1.0,)), X)

    return understand


def cumsum(given: Given) -> Understood:
    """Sums of the first, of the first two, …"""
    x, dim = given["self"], given["dim"]

    def back(dy: Array, array: Array) -> tuple[Array, ...]:
        return (np.flip(np.cumsum(np.flip(dy, dim), dim), dim),)

    n = x.shape[dim] if x.ndim else 1
    return Understood(
        Linear("cumsum", {"x": x}, lambda array: np.cumsum(array, dim), back, n, (n,)), X
    )


def step(name: str, code: Callable[[Array], Array]) -> Callable[[Given], Understood]:
    """Constant between its jumps: its gradient is 0."""
    definition = Definition(code, lambda x: (0.0 * np.sign(x),), (0.0, 0.0))

    def understand(given: Given) -> Understood:
        x = given["self"]
        return Understood(Elementwise(name, {"x": x}, definition, x.dtype.name), X)

    return understand


def rounded(given: Given) -> Understood:
    """To the nearest whole number, even at a tie."""
    if given.get("decimals"):
        raise NotUnderstoodError("rounding to decimals")
    return step("round", np.round)(given)


RULES = {
    "max": Rule(lambda given: _of_all_or_along(given, np.max, np.argmax)),
    "min": Rule(lambda given: _of_all_or_along(given, np.min, np.argmin)),
    "amax": Rule(shared_along(np.max)),
    "amin": Rule(shared_along(np.min)),
    "cumsum": Rule(cumsum, shapes=True),
    "sign": Rule(step("sign", np.sign)),
    "floor": Rule(step("floor", np.floor)),
    "ceil": Rule(step("ceil", np.ceil)),
    "round": Rule(rounded),
    "trunc": Rule(step("trunc", np.trunc)),
}


def _of_all_or_along(
    given: Given, extreme: Callable[..., Any], find: Callable[..., Any]
) -> Understood:
    return (shared_along(extreme) if given.get("dim") is None else first_along(find))(given)
