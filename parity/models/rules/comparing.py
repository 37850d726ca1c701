"""Comparisons, logic, rounding, places: values without a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.forward_only import ForwardOnly
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood


def of(name: str, code: Callable[..., Array], *arguments: str) -> Rule:
    """NumPy code on some arguments, tensors or numbers."""

    def understand(given: Given) -> Understood:
        arrays = [_as_torch(given[n], given) for n in arguments]
        return Understood(ForwardOnly(name, arrays, code), {})

    return Rule(understand)


def _as_torch(value: Any, given: Given) -> Array:
    """A number beside a float32 tensor is compared as float32."""
    if isinstance(value, np.ndarray):
        return value
    dtype = given.dtype
    return np.asarray(value, dtype) if dtype and not isinstance(value, bool) else np.asarray(value)


def place_of(name: str, code: Callable[..., Any]) -> Rule:
    """Where the largest or smallest element is, the first of several."""

    def understand(given: Given) -> Understood:
        dim, keep = given["dim"], given["keepdim"]
        where = ForwardOnly(name, [given["self"]], lambda x: code(x, axis=dim, keepdims=keep))
        return Understood(where, {})

    return Rule(understand)


def whether(name: str, code: Callable[..., Any]) -> Rule:
    """all, any: of everything, or along axes."""

    def understand(given: Given) -> Understood:
        dim, keep = given.get("dim"), bool(given.get("keepdim"))
        axes = tuple(dim) if isinstance(dim, list) else dim
        return Understood(
            ForwardOnly(name, [given["self"]], lambda x: code(x, axis=axes, keepdims=keep)), {}
        )

    return Rule(understand)


def _nonzero(given: Given) -> Understood:
    return Understood(ForwardOnly("nonzero", [given["self"]], np.argwhere), {})


def _count_nonzero(given: Given) -> Understood:
    dim = given.get("dim")
    axes = tuple(dim) if isinstance(dim, list) else dim
    x = [given["self"]]
    return Understood(ForwardOnly("count", x, lambda x: np.count_nonzero(x, axis=axes)), {})


def _bincount(given: Given) -> Understood:
    if given["weights"] is not None:
        raise NotUnderstoodError("bincount with weights")
    least = given["minlength"]
    x = [given["self"]]
    return Understood(ForwardOnly("count", x, lambda x: np.bincount(x, minlength=least)), {})


def _unique(given: Given) -> Understood:
    if given["return_inverse"] or given["return_counts"]:
        raise NotUnderstoodError("unique with places or counts")
    return Understood(ForwardOnly("unique", [given["self"]], np.unique), {})


def among(values: str, sorted_ones: str) -> Callable[[Given], Understood]:
    """Where each value stands among sorted ones, before those alike or behind them."""

    def understand(given: Given) -> Understood:
        ones = given[sorted_ones]
        if ones.ndim != 1 or given.get("sorter") is not None:
            raise NotUnderstoodError("a search in several rows")
        side: Any = given.get("side") or ("right" if given["right"] else "left")
        arrays = [ones, given[values]]

        def code(ones: Array, values: Array) -> Array:
            return np.asarray(np.searchsorted(ones, values, side=side))

        return Understood(ForwardOnly("search", arrays, code), {})

    return understand


def _isin(given: Given) -> Understood:
    invert = given["invert"]
    arrays = [given["elements"], given["test_elements"]]
    return Understood(ForwardOnly("isin", arrays, lambda a, b: np.isin(a, b, invert=invert)), {})


def _repeat_interleave(given: Given) -> Understood:
    """The number of each element, as often as it is repeated."""
    code = lambda n: np.repeat(np.arange(n.size), n)  # noqa: E731
    return Understood(ForwardOnly("repeat", [given["repeats"]], code), {})


def shift(code: Callable[..., Array]) -> Rule:
    """Bits moved by a number of places."""
    return of("shift", code, "self", "other")


TWO = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
    "logical_xor": np.logical_xor,
    "bitwise_and": np.bitwise_and,
    "bitwise_or": np.bitwise_or,
    "bitwise_xor": np.bitwise_xor,
}
ONE = {
    "logical_not": np.logical_not,
    "bitwise_not": np.invert,
    "isnan": np.isnan,
    "isinf": np.isinf,
}
RULES = {
    **{name: of(name, code, "self", "other") for name, code in TWO.items()},
    **{name: of(name, code, "self") for name, code in ONE.items()},
    "argmax": place_of("argmax", np.argmax),
    "argmin": place_of("argmin", np.argmin),
    "all": whether("all", np.all),
    "any": whether("any", np.any),
    "nonzero": Rule(_nonzero),
    "count_nonzero": Rule(_count_nonzero),
    "bincount": Rule(_bincount),
    "_unique2": Rule(_unique),
    "searchsorted": Rule(among("self", "sorted_sequence")),
    "bucketize": Rule(among("self", "boundaries")),
    "isin": Rule(_isin),
    "repeat_interleave": Rule(_repeat_interleave),
    "__lshift__": shift(np.left_shift),
    "__rshift__": shift(np.right_shift),
    "bitwise_left_shift": shift(np.left_shift),
    "bitwise_right_shift": shift(np.right_shift),
}
