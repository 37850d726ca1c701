"""Arithmetic element by element, sums, means, extremes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.by_element import Definition, Elementwise
from parity.models.plain.linear_maps import Linear
from parity.models.plain.spread import Spread
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

ONE = np.ones(())


def _reference(name: str, given: Given, definition: Definition, *names: str) -> Understood:
    """Numbers among the arguments are rounded to the tensors' dtype."""
    outputs = [held.dtype for held in given.operation.outputs if held is not None]
    dtype = given.dtype or (outputs or ["int64"])[0]
    arrays = {f"x{k + 1}" if k else "x": _array(given[n]) for k, n in enumerate(names)}
    sent = {ours: (theirs, same) for ours, theirs in zip(arrays, names, strict=True)}
    tensors = {ours for ours, array in arrays.items() if array.dtype == dtype}
    reference = Elementwise(name, arrays, definition, dtype)
    return Understood(reference, {n: s for n, s in sent.items() if n in tensors})


def _array(value: Any) -> Array:
    """A number is an array that has no gradient: of a type that no tensor here has."""
    return value if isinstance(value, np.ndarray) else np.asarray(value, np.longdouble)


def one(name: str, definition: Definition) -> Callable[[Given], Understood]:
    """A function of one element."""
    return lambda given: _reference(name, given, definition, "self")


def add(sign: int) -> Callable[[Given], Understood]:
    """x + alpha·other, or x − alpha·other: the factor costs a rounding, unless it is 1."""

    def understand(given: Given) -> Understood:
        factor = sign * float(given["alpha"])
        extra = 0.0 if abs(factor) == 1 else 2.0
        definition = Definition(
            lambda x, other: x + factor * other,
            lambda x, other: (ONE, factor * ONE),
            (2.0 + extra, extra),
            lambda x, other: np.abs(x) + np.abs(factor * other),
        )
        return _reference("add" if sign > 0 else "subtract", given, definition, "self", "other")

    return understand


def rsub(given: Given) -> Understood:
    """other − alpha·x"""
    factor = float(given["alpha"])
    extra = 0.0 if abs(factor) == 1 else 2.0
    definition = Definition(
        lambda x, other: other - factor * x,
        lambda x, other: (np.asarray(-factor * ONE), ONE),
        (2.0 + extra, extra),
        lambda x, other: np.abs(other) + np.abs(factor * x),
    )
    return _reference("subtract", given, definition, "self", "other")


# A number that is no float32 is rounded; a quotient may be a product with a reciprocal.
MULTIPLY = Definition(lambda x, y: x * y, lambda x, y: (y, x), (2.0, 2.0))
DIVIDE = Definition(lambda x, y: x / y, lambda x, y: (1 / y, -x / (y * y)), (3.0, 5.0))
MAXIMUM = Definition(
    np.maximum,
    lambda x, y: ((x > y) + 0.5 * (x == y), (y > x) + 0.5 * (x == y)),
    (0.0, 0.0),
)
MINIMUM = Definition(
    np.minimum,
    lambda x, y: ((x < y) + 0.5 * (x == y), (y < x) + 0.5 * (x == y)),
    (0.0, 0.0),
)


def two(name: str, definition: Definition) -> Callable[[Given], Understood]:
    """A function of two elements, either of which may be a number."""
    return lambda given: _reference(name, given, definition, "self", "other")


def divide(given: Given) -> Understood:
    if given.get("rounding_mode"):
        raise NotUnderstoodError("division that is rounded")
    return two("divide", DIVIDE)(given)


def power(given: Given) -> Understood:
    """xᵖ of a number p; whole powers may be products."""
    exponent = float(given["exponent"])
    definition = Definition(
        lambda x: np.power(x, exponent),
        lambda x: (exponent * np.power(x, exponent - 1) if exponent else 0 * x,),
        (4.0 + min(abs(exponent), 8), 6.0 + min(abs(exponent), 8)),
        elementary=(2, 2),
    )
    return _reference("power", given, definition, "self")


def clamp(given: Given) -> Understood:
    """min(max(x, low), high); at a limit the gradient passes."""
    low = -np.inf if given.get("min") is None else given["min"]
    high = np.inf if given.get("max") is None else given["max"]
    if isinstance(low, np.ndarray) or isinstance(high, np.ndarray):
        raise NotUnderstoodError("clamp between tensors")
    low, high = (float(np.dtype(given.dtype or "float64").type(limit)) for limit in (low, high))
    definition = Definition(
        lambda x: np.asarray(np.clip(x, low, high)),
        lambda x: (np.asarray((x >= low) & (x <= high)),),
        (0.0, 0.0),
    )
    return _reference("clamp", given, definition, "self")


def masked_fill(given: Given) -> Understood:
    mask, value = given["mask"], given["value"]
    if isinstance(value, np.ndarray) and value.ndim:
        raise NotUnderstoodError("masked_fill with a tensor")
    number = float(value)
    definition = Definition(
        lambda x: np.where(mask, number, x), lambda x: (np.asarray(~mask),), (1.0, 0.0)
    )
    return _reference("masked_fill", given, definition, "self")


def where(given: Given) -> Understood:
    condition = given["condition"]
    definition = Definition(
        lambda x, y: np.asarray(np.where(condition, x, y)),
        lambda x, y: (condition, ~condition),
        (0.0, 0.0),
    )
    return _reference("where", given, definition, "self", "other")


def _d_sqrt(x: Array) -> Array:
    return np.asarray(0.5 / np.sqrt(x))


ONES = {
    "neg": Definition(np.negative, lambda x: (-ONE,), (0.0, 0.0)),
    "abs": Definition(np.abs, lambda x: (np.sign(x),), (0.0, 0.0)),
    "sqrt": Definition(np.sqrt, lambda x: (_d_sqrt(x),), (1.0, 4.0)),
    "rsqrt": Definition(
        lambda x: 1 / np.sqrt(x), lambda x: (-0.5 / (x * np.sqrt(x)),), (3.0, 14.0)
    ),
    "reciprocal": Definition(lambda x: 1 / x, lambda x: (-1 / (x * x),), (1.0, 5.0)),
    "log": Definition(np.log, lambda x: (1 / x,), (1.0, 2.0), elementary=(1, 0)),
    "log1p": Definition(np.log1p, lambda x: (1 / (1 + x),), (1.0, 3.0), elementary=(1, 0)),
    "expm1": Definition(
        np.expm1, lambda x: (np.exp(x),), (1.0, 4.0), lambda x: np.abs(np.expm1(x)), (1, 2)
    ),
    "sin": Definition(np.sin, lambda x: (np.cos(x),), (1.0, 2.0), lambda x: ONE + 0 * x, (1, 1)),
    "cos": Definition(np.cos, lambda x: (-np.sin(x),), (1.0, 2.0), lambda x: ONE + 0 * x, (1, 1)),
}


# --- sums ---------------------------------------------------------------------------------


def _axes(given: Given) -> tuple[int, ...]:
    x, dim = given["self"], given.get("dim")
    if dim is None or dim == []:
        return tuple(range(x.ndim))
    return tuple(axis % max(1, x.ndim) for axis in (dim if isinstance(dim, list) else [dim]))


def reduction(name: str, mean: bool) -> Callable[[Given], Understood]:
    """A sum, or a mean, over some axes."""

    def understand(given: Given) -> Understood:
        x, axes, keep = given["self"], _axes(given), bool(given.get("keepdim"))
        if not given.dtype:
            raise NotUnderstoodError("whole numbers")
        axes = axes if x.ndim else ()
        count = int(np.prod([x.shape[axis] for axis in axes]))
        share = 1 / count if mean and count else 1.0

        def back(dy: Array, x: Array) -> tuple[Array, ...]:
            wide = dy if keep else np.expand_dims(dy, axes)
            return (np.broadcast_to(wide * share, x.shape),)

        reference = Linear(
            name,
            {"x": x},
            lambda x: np.asarray(np.sum(x, axis=axes, keepdims=keep) * share),
            back,
            max(1, count),
            (1,),
            2.0 if mean else 0.0,
        )
        return Understood(reference, {"x": ("self", same)})

    return understand


def spread(name: str, root: bool) -> Callable[[Given], Understood]:
    """A variance, or its root."""

    def understand(given: Given) -> Understood:
        x, axes = given["self"], _axes(given)
        correction = given["correction"] if given["correction"] is not None else 1
        count = int(np.prod([x.shape[axis] for axis in axes]))
        divisor = float(max(0, count - correction))
        if not divisor:
            raise NotUnderstoodError(f"{name} of no more numbers than its correction")
        keep = bool(given["keepdim"])
        return Understood(
            Spread(name, {"x": x}, axes, keep, centred=True, root=root, divisor=divisor),
            {"x": ("self", same)},
        )

    return understand


def euclidean(given: Given) -> Understood:
    """The root of the sum of squares."""
    if given["ord"] != 2 or given.get("dtype") is not None:
        raise NotUnderstoodError("a norm that is not the Euclidean one")
    keep = bool(given["keepdim"])
    return Understood(
        Spread("norm", {"x": given["self"]}, _axes(given), keep, False, True, 1.0),
        {"x": ("self", same)},
    )


RULES = {
    "var": Rule(spread("variance", root=False)),
    "std": Rule(spread("standard_deviation", root=True)),
    "linalg_vector_norm": Rule(euclidean),
    **{name: Rule(one(name, definition)) for name, definition in ONES.items()},
    "add": Rule(add(1), shapes=True),
    "sub": Rule(add(-1), shapes=True),
    "rsub": Rule(rsub, shapes=True),
    "mul": Rule(two("multiply", MULTIPLY)),
    "div": Rule(divide),
    "maximum": Rule(two("maximum", MAXIMUM)),
    "minimum": Rule(two("minimum", MINIMUM)),
    "pow": Rule(power),
    "clamp": Rule(clamp),
    "clamp_min": Rule(clamp),
    "clamp_max": Rule(clamp),
    "masked_fill": Rule(masked_fill),
    "where": Rule(where),
    "sum": Rule(reduction("sum", mean=False), shapes=True),
    "mean": Rule(reduction("mean", mean=True), shapes=True),
}
