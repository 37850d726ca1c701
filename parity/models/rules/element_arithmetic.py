"""Arithmetic element by element, sums, means, extremes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.models.plain.by_element import Definition, Elementwise
from parity.models.plain.forward_only import ForwardOnly
from parity.models.plain.linear_maps import Linear
from parity.models.plain.spread import Spread
from parity.models.references import NotUnderstoodError
from parity.models.understanding import Given, Rule, Understood, same

ONE = np.ones(())


def arithmetic_of(name: str, given: Given, definition: Definition, *names: str) -> Understood:
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
    return lambda given: arithmetic_of(name, given, definition, "self")


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
        return arithmetic_of("add" if sign > 0 else "subtract", given, definition, "self", "other")

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
    return arithmetic_of("subtract", given, definition, "self", "other")


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


def two(name: str, definition: Definition, other: str = "other") -> Callable[[Given], Understood]:
    """A function of two elements, either of which may be a number."""
    return lambda given: arithmetic_of(name, given, definition, "self", other)


def divide(given: Given) -> Understood:
    """x / other, or that rounded to a whole number, which has no slope."""
    mode = given.get("rounding_mode")
    if mode == "floor":
        return jumping("divide", np.floor_divide, 2.0)(given)
    if mode == "trunc":
        dtype = given.dtype or "float64"
        return jumping("divide", lambda x, y: np.trunc((x / y).astype(dtype)), 0.0)(given)
    return two("divide", DIVIDE)(given)


def jumping(
    name: str, value: Callable[..., Array], roundings: float
) -> Callable[[Given], Understood]:
    """A function of two elements that is constant between its jumps.

    A number beside float32 has to be rounded first: a jump may lie between it and the rounded one.
    """
    none = np.zeros(())
    definition = Definition(value, lambda x, y: (none, none), (roundings, 0.0))
    return lambda given: arithmetic_of(name, rounded_numbers(given), definition, "self", "other")


def rounded_numbers(given: Given) -> Given:
    """The same with numbers as they are in the tensors' dtype."""
    dtype = np.dtype(given.dtype or "float64")
    arguments = {
        name: float(dtype.type(value)) if isinstance(value, float) else value
        for name, value in given.operation.arguments.items()
    }
    return given.with_arguments(arguments)


def power(given: Given) -> Understood:
    """xᵖ of a number p; whole powers may be products."""
    if isinstance(given["exponent"], np.ndarray) or "self" not in given.operation.taken:
        return two("power", POWER, "exponent")(given)
    exponent = float(given["exponent"])
    definition = Definition(
        lambda x: np.power(x, exponent),
        lambda x: (exponent * np.power(x, exponent - 1) if exponent else 0 * x,),
        (4.0 + min(abs(exponent), 8), 6.0 + min(abs(exponent), 8)),
        elementary=(2, 2),
    )
    return arithmetic_of("power", given, definition, "self")


def _power_slopes(x: Array, p: Array) -> Sequence[Array]:
    """torch sends nothing to x where p is 0, nor to p where x is 0 and p is not below it."""
    to_x: Array = np.where(p == 0, 0.0, p * np.power(x, p - 1))
    to_p = np.where((x == 0) & (p >= 0), 0.0, np.power(x, p) * np.log(x))
    return to_x, to_p


def _power_sizes(x: Array, p: Array) -> Sequence[Array]:
    """The exponent p − 1 is rounded, which moves the power by u·|p − 1|·|log x| of itself."""
    to_x, to_p = _power_slopes(x, p)
    turned = (np.abs(p) + 1) * np.log(np.where(x == 0, 1.0, np.abs(x)))
    return to_x * (1 + np.abs(turned)), to_p


POWER = Definition(np.power, _power_slopes, (2.0, 6.0), elementary=(2, 3), slopes=_power_sizes)


def _clamped_by_tensors(given: Given) -> Understood:
    """At a limit x gets the gradient; the upper limit wins where they are crossed."""
    names = [name for name in ("min", "max") if given.get(name) is not None]

    def limits(ends: Sequence[Array]) -> tuple[Array, Array]:
        known = dict(zip(names, ends, strict=True))
        return known.get("min", np.asarray(-np.inf)), known.get("max", np.asarray(np.inf))

    def value(x: Array, *ends: Array) -> Array:
        low, high = limits(ends)
        return np.asarray(np.minimum(np.maximum(x, low), high))

    def partials(x: Array, *ends: Array) -> Sequence[Array]:
        low, high = limits(ends)
        gone = {"min": (x < low) & (low < high), "max": (x > high) | (high < low)}
        return ((x >= low) & (x <= high), *(gone[name] for name in names))

    return arithmetic_of("clamp", given, Definition(value, partials, (0.0, 0.0)), "self", *names)


def clamp(given: Given) -> Understood:
    """min(max(x, low), high); at a limit the gradient passes."""
    low = -np.inf if given.get("min") is None else given["min"]
    high = np.inf if given.get("max") is None else given["max"]
    if isinstance(low, np.ndarray) or isinstance(high, np.ndarray):
        return _clamped_by_tensors(given)
    low, high = (float(np.dtype(given.dtype or "float64").type(limit)) for limit in (low, high))
    definition = Definition(
        lambda x: np.asarray(np.clip(x, low, high)),
        lambda x: (np.asarray((x >= low) & (x <= high)),),
        (0.0, 0.0),
    )
    return arithmetic_of("clamp", given, definition, "self")


def lerp(given: Given) -> Understood:
    """x + weight·(end − x), which torch forms from the nearer end."""
    definition = Definition(
        lambda x, end, weight: x + weight * (end - x),
        lambda x, end, weight: (1 - weight, weight, end - x),
        (5.0, 3.0),
        lambda x, end, weight: (1 + np.abs(weight)) * (np.abs(x) + np.abs(end)),
        slopes=lambda x, end, weight: (
            1 + np.abs(weight),
            np.abs(weight),
            np.abs(end) + np.abs(x),
        ),
    )
    return arithmetic_of("lerp", given, definition, "self", "end", "weight")


def addcmul(given: Given) -> Understood:
    """x + value·a·b"""
    factor = float(given["value"])
    definition = Definition(
        lambda x, a, b: x + factor * a * b,
        lambda x, a, b: (ONE, factor * b, factor * a),
        (5.0, 4.0),
        lambda x, a, b: np.abs(x) + np.abs(factor * a * b),
    )
    return arithmetic_of("addcmul", given, definition, "self", "tensor1", "tensor2")


def addcdiv(given: Given) -> Understood:
    """x + value·a / b"""
    factor = float(given["value"])
    definition = Definition(
        lambda x, a, b: x + factor * a / b,
        lambda x, a, b: (ONE, factor / b, -factor * a / (b * b)),
        (6.0, 8.0),
        lambda x, a, b: np.abs(x) + np.abs(factor * a / b),
    )
    return arithmetic_of("addcdiv", given, definition, "self", "tensor1", "tensor2")


def masked_fill(given: Given) -> Understood:
    mask = given["mask"]
    definition = Definition(
        lambda x, value: np.asarray(np.where(mask, value, x)),
        lambda x, value: (np.asarray(~mask), mask),
        (1.0, 0.0),
    )
    return arithmetic_of("masked_fill", given, definition, "self", "value")


def where(given: Given) -> Understood:
    condition = given["condition"]
    definition = Definition(
        lambda x, y: np.asarray(np.where(condition, x, y)),
        lambda x, y: (condition, ~condition),
        (0.0, 0.0),
    )
    return arithmetic_of("where", given, definition, "self", "other")


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
    "expm1": Definition(  # torch's slope is y + 1, whose digits go where y is near −1
        np.expm1,
        lambda x: (np.exp(x),),
        (1.0, 4.0),
        elementary=(1, 2),
        slopes=lambda x: (np.abs(np.expm1(x)) + 1,),
    ),
    "sin": Definition(np.sin, lambda x: (np.cos(x),), (1.0, 2.0), lambda x: ONE + 0 * x, (1, 1)),
    "cos": Definition(np.cos, lambda x: (-np.sin(x),), (1.0, 2.0), lambda x: ONE + 0 * x, (1, 1)),
}


# --- sums ---------------------------------------------------------------------------------


def axes_of(given: Given) -> tuple[int, ...]:
    x, dim = given["self"], given.get("dim")
    if dim is None or dim == []:
        return tuple(range(x.ndim))
    return tuple(axis % max(1, x.ndim) for axis in (dim if isinstance(dim, list) else [dim]))


def reduction(name: str, mean: bool) -> Callable[[Given], Understood]:
    """A sum, or a mean, over some axes."""

    def understand(given: Given) -> Understood:
        x, axes, keep = given["self"], axes_of(given), bool(given.get("keepdim"))
        if not given.dtype or x.dtype.kind != "f":
            return _sum_of_whole_numbers(name, x, axes, keep)
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


def _sum_of_whole_numbers(name: str, x: Array, axes: tuple[int, ...], keep: bool) -> Understood:
    def code(x: Array) -> Array:
        return np.asarray(np.sum(x, axis=axes, keepdims=keep, dtype=np.int64))

    return Understood(ForwardOnly(name, [x], code), {})


def spread(name: str, root: bool) -> Callable[[Given], Understood]:
    """A variance, or its root."""

    def understand(given: Given) -> Understood:
        x, axes = given["self"], axes_of(given)
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


RULES = {
    "var": Rule(spread("variance", root=False)),
    "std": Rule(spread("standard_deviation", root=True)),
    **{name: Rule(one(name, definition)) for name, definition in ONES.items()},
    "add": Rule(add(1), shapes=True),
    "sub": Rule(add(-1), shapes=True),
    "rsub": Rule(rsub, shapes=True),
    "mul": Rule(two("multiply", MULTIPLY)),
    "div": Rule(divide),
    "maximum": Rule(two("maximum", MAXIMUM)),
    "minimum": Rule(two("minimum", MINIMUM)),
    "pow": Rule(power),
    "lerp": Rule(lerp),
    "addcmul": Rule(addcmul),
    "addcdiv": Rule(addcdiv),
    "clamp": Rule(clamp),
    "clamp_min": Rule(clamp),
    "clamp_max": Rule(clamp),
    "masked_fill": Rule(masked_fill),
    "where": Rule(where),
    "sum": Rule(reduction("sum", mean=False), shapes=True),
    "mean": Rule(reduction("mean", mean=True), shapes=True),
}
