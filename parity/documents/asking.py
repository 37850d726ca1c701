"""The judges that evidence calls: torch.autograd, exact rationals, sympy.

torch is imported by the first call that asks it; where an audit leaves it out, these calls give
what is absent (`parity.documents.absent`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import sympy

from parity.bounds import elementary, logistic, softmax
from parity.bounds.arithmetic import Sides
from parity.bounds.bound import Arrays, Bound, Options
from parity.cases.case import Array, generator
from parity.documents.absent import asks_torch, if_found

if TYPE_CHECKING:
    from parity.oracle import Result

SEED = 20261121


class Judged(NamedTuple):
    """A value and the gradients to the inputs, ∂(Σ dy·y)/∂input, by the input's name."""

    y: Array
    gradients: dict[str, Array]


# --- inputs -------------------------------------------------------------------------------


def integers(label: str, *shape: int, low: int = -6, high: int = 6) -> Array:
    """Random integers low … high as exact rationals; the same for the same label.

    >>> integers("D0.1 x", 2, 2).shape
    (2, 2)
    """
    drawn = generator(SEED, label).integers(low, high + 1, shape)
    return rationals(drawn)


def distinct(label: str, *shape: int) -> Array:
    """Random integers of both signs that all differ and are not 0: no ties, no kinks."""
    count = int(np.prod(shape, dtype=int))
    numbers = np.arange(-(count // 2) - 1, count - count // 2)
    numbers = numbers[numbers != 0][:count]
    return rationals(generator(SEED, label).permutation(numbers).reshape(shape))


@if_found
def rationals(array: Any) -> Array:
    """The exact values of numbers, as Fractions."""
    given = np.asarray(array)
    return np.array([Fraction(v) for v in given.ravel().tolist()], object).reshape(given.shape)


def right_hand(formula: Callable[[Array], Any], dy: Array, x: Array) -> Array:
    """Σ dy·(right-hand partial derivatives) of a function with kinks at integers only.

    An exact difference quotient, each element of x moved alone by ½: for x of integers, and a
    function that is linear in each element between an integer and the next.

    >>> right_hand(lambda x: np.array([max(x)]), np.array([7]), np.array([2, 2, 1])).tolist()
    [Fraction(7, 1), Fraction(7, 1), Fraction(0, 1)]
    """
    half, y = Fraction(1, 2), np.asarray(formula(x), dtype=object)
    found = np.empty(x.shape, object)
    for index in np.ndindex(*x.shape):
        moved = x.astype(object)
        moved[index] += half
        quotients = (np.asarray(formula(moved), dtype=object) - y) / half
        found[index] = (dy * quotients).sum()
    return found


# --- torch.autograd -----------------------------------------------------------------------


@asks_torch
def autograd(formula: Callable[..., Any], dy: Array | None, **arrays: Array) -> Judged:
    """torch.autograd through a printed forward formula, element by element in float64.

    The formula gets object arrays of torch scalars; sums and products of small integers are
    exact. Without dy, the value only.
    """
    from parity import oracle

    given = {name: floats(array) for name, array in arrays.items()}
    upstream = None if dy is None else floats(dy)
    found = oracle.differentiate(formula, given, upstream)
    return Judged(rationals(found.y), {n: rationals(g) for n, g in found.gradients.items()})


@asks_torch
def layer(
    function: str, dy: Array, arrays: Mapping[str, Array], options: Mapping[str, Any] | None = None
) -> Judged:
    """torch.autograd through torch's own layer (`parity list` names the functions), in float64.

    Exact on small integers for everything but exp, log and divisions. Arrays that are not
    differentiated (class indices, a mask) are integers and stay as they are.
    """
    given = {n: a if a.dtype.kind in "iub" else floats(a) for n, a in arrays.items()}
    wanted = [name for name, array in given.items() if array.dtype.kind == "f"]
    found = torch_gradients(function, given, floats(dy), wanted, options)
    return Judged(rationals(found.y), {n: rationals(g) for n, g in found.gradients.items()})


@asks_torch
def value(
    function: str, arrays: Mapping[str, Array], options: Mapping[str, Any] | None = None
) -> Array:
    """torch's own forward of a layer, in float64, as exact rationals."""
    given = {n: a if a.dtype.kind in "iub" else floats(a) for n, a in arrays.items()}
    return rationals(torch_forward(function, given, options))


@if_found
def floats(array: Any) -> Array:
    """The same numbers as float64; refuses numbers that float64 does not have."""
    given = np.asarray(array)
    converted = given.astype(np.float64)
    for number, converted_number in zip(given.ravel(), converted.ravel(), strict=True):
        if Fraction(number) != Fraction(float(converted_number)):
            raise ValueError(f"{number} is not a float64")
    return converted


@asks_torch
def torch_forward(
    function: str, arrays: Mapping[str, Array], options: Mapping[str, Any] | None = None
) -> Array:
    """torch's own forward of a layer, in the arrays' dtype and not as rationals."""
    from parity import oracle

    return oracle.forward(function, arrays, options or {})


@asks_torch
def torch_gradients(
    function: str,
    arrays: Mapping[str, Array],
    dy: Array,
    wanted: Sequence[str],
    options: Mapping[str, Any] | None = None,
) -> Result:
    """torch's value of a layer and its gradients to the inputs wanted, in the arrays' dtype."""
    from parity import oracle

    return oracle.gradients(function, arrays, options or {}, dy, wanted)


# --- how far two right answers may be apart -----------------------------------------------

# The bounds that formulas give; those of the other functions are computed by torch.
BY_FORMULA = {
    "sigmoid": (elementary.sigmoid_forward, elementary.sigmoid_backward),
    "tanh": (elementary.tanh_forward, elementary.tanh_backward),
    "softmax": (softmax.softmax_forward, softmax.softmax_backward),
    "log_softmax": (softmax.log_softmax_forward, softmax.log_softmax_backward),
    "cross_entropy": (softmax.cross_entropy_forward, softmax.cross_entropy_backward),
    "binary_cross_entropy_with_logits": (
        logistic.binary_cross_entropy_forward,
        logistic.binary_cross_entropy_backward,
    ),
}


@if_found
def forward_bound(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    """The bound for a function's value: `parity.bounds.rules`, without torch where it can be."""
    if function not in BY_FORMULA:
        return _forward_by_torch(function, arrays, options, sides)
    with np.errstate(all="ignore"):
        return BY_FORMULA[function][0](function, arrays, options, sides)


@if_found
def backward_bounds(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    """The bound for each of a function's gradients, likewise."""
    if function not in BY_FORMULA:
        return _backward_by_torch(function, dy, arrays, options, sides)
    with np.errstate(all="ignore"):
        return BY_FORMULA[function][1](function, dy, arrays, options, sides)


@asks_torch
def _forward_by_torch(function: str, arrays: Arrays, options: Options, sides: Sides) -> Bound:
    from parity.bounds.rules import forward_bound

    return forward_bound(function, arrays, options, sides)


@asks_torch
def _backward_by_torch(
    function: str, dy: Array, arrays: Arrays, options: Options, sides: Sides
) -> dict[str, Bound]:
    from parity.bounds.rules import backward_bounds

    return backward_bounds(function, dy, arrays, options, sides)


# --- sympy --------------------------------------------------------------------------------


def expanded(array: Any) -> Array:
    """Every element multiplied out."""
    given = np.asarray(array, dtype=object)
    return np.array([sympy.expand(v) for v in given.ravel()], object).reshape(given.shape)


def derivative(y: Any, x: Array, dy: Any = None) -> Array:
    """∂(Σ dy·y)/∂x by sympy, for an array x of symbols; dy of ones is a scalar y's.

    >>> from parity.witnesses.symbols import symbols
    >>> a = symbols("a", 2)
    >>> derivative(a[0] * a[1] ** 2, a)
    array([a2**2, 2*a1*a2], dtype=object)
    """
    values = np.asarray(y, dtype=object)
    if dy is None and values.size != 1:
        raise ValueError(f"dy is needed for y of shape {values.shape}")
    upstream = np.ones(values.shape, int) if dy is None else np.asarray(dy, dtype=object)
    total = sum((d * v for d, v in zip(upstream.flat, values.flat, strict=True)), sympy.Integer(0))
    found = [sympy.diff(total, symbol) for symbol in x.ravel()]
    return np.array(found, object).reshape(x.shape)
