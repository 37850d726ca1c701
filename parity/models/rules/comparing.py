"""Comparisons, logic, rounding, places: values without a derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.forward_only import ForwardOnly
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
}
