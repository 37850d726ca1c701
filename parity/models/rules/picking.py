"""Sorting, the largest few, medians: gradients that go where the indices say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from parity.cases.case import Array
from parity.models.plain.forward_only import ForwardOnly
from parity.models.plain.moving_elements import Moved
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

X = {"x": ("self", same)}


def picked(wanted: Callable[[Given, Array], Array], name: str) -> Rule:
    """Values that are picked along an axis, and the indices that they were picked by.

    Where several are alike torch may pick any: y must be what its own indices point at, and in
    value what is wanted.
    """

    def understand(given: Given) -> Understood:
        x, axis = given["self"], _axis(given)
        chosen = given.operation.after["chosen"].array()
        keep = bool(given.get("keepdim") if "keepdim" in given.operation.arguments else True)
        places = chosen if keep or not x.ndim else np.expand_dims(chosen, axis)
        if x.size and np.any((places < 0) | (places >= (x.shape[axis] if x.ndim else 1))):
            raise NotUnderstoodError(f"{name} with indices outside its axis")

        def move(array: Array) -> Array:
            if not array.ndim:
                return array
            found = np.take_along_axis(array, places, axis)
            return found if keep else np.squeeze(found, axis)

        also = {}
        if given.operation.outputs and given.operation.outputs[0] is not None:
            order = ForwardOnly(name, [x], lambda x: wanted(given, x))
            also = {"order": (given.operation.outputs[0].array(), order)}
        reference = Moved(name, {"x": x}, lambda arrays: move(arrays[0]))
        return Understood(reference, X, also=also)

    return Rule(understand, chosen=True)


def _axis(given: Given) -> int:
    axis = given.get("dim")
    return -1 if axis is None else int(axis)


def _in_order(x: Array, axis: int, descending: bool = False) -> Array:
    """Sorted, NaN above all."""
    found = np.sort(x, axis=axis) if x.ndim else x
    return np.flip(found, axis) if descending and x.ndim else found


def _sorted(given: Given, x: Array) -> Array:
    return _in_order(x, _axis(given), bool(given["descending"]))


def _largest(given: Given, x: Array) -> Array:
    """The first k of the order asked for."""
    axis = _axis(given)
    if not given["sorted"]:
        raise NotUnderstoodError("topk in no order")
    return _in_order(x, axis, given["largest"]).take(range(given["k"]), axis) if x.ndim else x


def _at(place: Callable[[Given, int], int]) -> Callable[[Given, Array], Array]:
    """One of the sorted, by its place."""

    def wanted(given: Given, x: Array) -> Array:
        if not x.ndim:
            return x
        axis = _axis(given)
        found = _in_order(x, axis).take(place(given, x.shape[axis]), axis)
        found = (
            np.where(np.isnan(x).any(axis), np.nan, found) if "k" not in _names(given) else found
        )
        return np.expand_dims(found, axis) if given["keepdim"] else found

    return wanted


def _names(given: Given) -> set[str]:
    return set(given.operation.arguments)


def _running(extreme: np.ufunc) -> Callable[[Given, Array], Array]:
    """The largest of the first, of the first two, …"""
    return lambda given, x: extreme.accumulate(x, _axis(given)) if x.ndim else x


def median(given: Given) -> Understood:
    """Of all: the lower of the two in the middle."""
    if given.get("dim") is not None:
        return picked(_at(lambda given, n: (n - 1) // 2), "median").understand(given)
    x = given["self"]
    if np.isnan(x).any():
        raise NotUnderstoodError("a median of NaN")
    flat = x.reshape(-1)
    middle = np.sort(flat)[(x.size - 1) // 2]
    alike = np.flatnonzero(flat == middle)
    if len(alike) > 1:
        raise NotUnderstoodError("a median that several elements have")
    return Understood(
        Moved("median", {"x": x}, lambda arrays: np.asarray(arrays[0].reshape(-1)[alike[0]])), X
    )


RULES = {
    "sort": picked(_sorted, "sort"),
    "topk": picked(_largest, "topk"),
    "kthvalue": picked(_at(lambda given, n: given["k"] - 1), "kthvalue"),
    "median": Rule(median, chosen=True),
    "cummax": picked(_running(np.maximum), "cummax"),
    "cummin": picked(_running(np.minimum), "cummin"),
}
