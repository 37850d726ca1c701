"""A candidate's tensor beside the exact value: right, or wrong in which way and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from parity.candidates.plain_formulas import limit_of_plain
from parity.candidates.reference import Expected, shape_of
from parity.candidates.said import Misshapen
from parity.candidates.wire import Unsendable
from parity.cases.case import Array

RIGHT, WRONG = "right", "wrong"
# What may be wrong about a tensor, in the order in which it is asked.
RAISED, MISSING, TYPE, SHAPE, DTYPE, NOT_FINITE, UNDRAWN, VALUES = (
    "raised",
    "missing",
    "type",
    "shape",
    "dtype",
    "not finite",
    "undrawn",
    "values",
)


@dataclass(frozen=True)
class Judged:
    """One tensor of one problem.

    aspect: what is wrong, "" if nothing is. said: in words, with the values on both sides left
    out. ratio: the largest error over its limit. roundings: the largest error in roundings of
    Σ|terms|. values_hold: whether the numbers are right where only their shape is not. lost: how
    many right elements have lost digits by a textbook formula, beyond the limit.
    """

    tensor: str
    aspect: str = ""
    said: str = ""
    ratio: float = 0.0
    roundings: float = 0.0
    wrong: Array | None = None  # where, of a tensor in the right shape
    given: Array | None = None  # the candidate's numbers
    values_hold: bool = True
    lost: int = 0

    @property
    def verdict(self) -> str:
        return WRONG if self.aspect else RIGHT


def judge(expected: Expected, tensor: str, value: Any) -> Judged:
    """Whether a value that a candidate gave for a tensor is right."""
    shape = shape_of(expected.problem, tensor)
    if isinstance(value, Misshapen):
        said = f"{tensor} has shape {value.value.shape}, not {value.wanted}"
        said += _repeated(expected, tensor, value.value, shape)
        return Judged(tensor, SHAPE, said, given=value.value, values_hold=False)
    if value is None:
        return Judged(tensor, MISSING, f"{tensor} is missing", values_hold=False)
    given = _numbers(value)
    if given is None:
        said = f"{tensor} is {_called(value)}, no numbers"
        said += ": return the array itself" if isinstance(value, Mapping) else ""
        return Judged(tensor, TYPE, said, values_hold=False)
    if given.shape != shape:
        holds = (
            given.size == int(np.prod(shape))
            and not _of_values(expected, tensor, given.reshape(shape)).aspect
        )
        said = f"{tensor} has shape {given.shape}, not {shape}"
        if holds:
            said += "; its numbers are right"
        return Judged(tensor, SHAPE, said, given=given, values_hold=holds)
    return _of_values(expected, tensor, given)


def _repeated(expected: Expected, tensor: str, given: Array, shape: tuple[int, ...]) -> str:
    """What to say of a gradient in the shape of dy that is right once it is summed over the axes
    along which its argument was repeated by broadcasting; "" of any other."""
    if tensor == "y" or given.shape != expected.problem.dy.shape or given.dtype.kind != "f":
        return ""
    wanted = (*(1,) * (given.ndim - len(shape)), *shape)
    if len(wanted) != given.ndim or any(
        n not in (1, size) for n, size in zip(wanted, given.shape, strict=True)
    ):
        return ""
    axes = tuple(axis for axis, n in enumerate(wanted) if n == 1)
    if _of_values(expected, tensor, np.asarray(given.sum(axis=axes)).reshape(shape)).aspect:
        return ""
    return f"; summed over the axes along which {tensor[1:]} was repeated it is right"


def _of_values(expected: Expected, tensor: str, given: Array) -> Judged:
    """Element by element; numbers of a narrower type have that type's limits."""
    dtype = expected.problem.dy.dtype
    narrow = _is_narrow(given, dtype)
    errors = errors_of(expected, tensor, given)
    beyond = errors.ratios > 1
    wrong = beyond & ~_plain(expected, tensor, errors) if beyond.any() else beyond
    found = Judged(
        tensor,
        ratio=float(np.max(errors.ratios, initial=0.0)),
        roundings=float(np.max(errors.roundings, initial=0.0)),
        wrong=wrong.reshape(given.shape),
        given=given,
        lost=int(np.count_nonzero(beyond & ~wrong)),
    )
    return _worded(found, narrow, dtype)


def _plain(expected: Expected, tensor: str, errors: Errors) -> Array:
    """Where an element is as near as a textbook formula comes, though one that keeps its digits
    comes nearer; nowhere if nothing is rounded there."""
    plain, limit = limit_of_plain(expected.problem, tensor), expected.limits[tensor].reshape(-1)
    if plain is None:
        return np.zeros(errors.ratios.shape, bool)
    with np.errstate(all="ignore"):
        return np.asarray((limit > 0) & (errors.ratios * limit <= plain.reshape(-1)))


class Errors(NamedTuple):
    """Of each element in a row how far off it is, over what it may be, in roundings, in ULP."""

    ratios: Array
    roundings: Array
    ulp: Array


def errors_of(expected: Expected, tensor: str, given: Array) -> Errors:
    """A tensor of the right shape beside the exact values."""
    dtype = expected.problem.dy.dtype
    unit = float(np.finfo(dtype).eps) / 2
    limit = expected.limits[tensor].reshape(-1)
    terms = expected.terms[tensor].reshape(-1)
    if _is_narrow(given, dtype):
        limit = limit + 2 * float(np.finfo(given.dtype).eps) * terms
    truth = expected.truths[tensor]
    with np.errstate(all="ignore"):
        ulp = truth.errors(given.astype(np.float64))
        error = ulp * truth.ulp
        # Counted in the spacing of numbers beside an exact 0, an error overflows.
        error = np.where(np.isinf(ulp), truth.distances(given), error)
        error = np.where(np.isnan(error), np.inf, error)
        ratios = np.where(error == 0, 0.0, error / limit)
        counted = np.where(terms > 0, error / (unit * terms), 0.0)
    return Errors(ratios, counted, ulp)


def _is_narrow(given: Array, dtype: np.dtype[Any]) -> bool:
    return given.dtype.kind == "f" and given.dtype.itemsize < dtype.itemsize


def _worded(found: Judged, narrow: bool, dtype: np.dtype[Any]) -> Judged:
    """What is wrong about the numbers, in words."""
    assert found.wrong is not None
    assert found.given is not None
    tensor, count, size = found.tensor, int(found.wrong.sum()), found.wrong.size
    if count:
        odd = int(np.count_nonzero(~np.isfinite(found.given)))
        where = f"{count} of {size} elements" if count < size else f"all {size} elements"
        where = "its one element" if size == 1 else where
        if odd:
            said = f"{tensor} holds NaN or ∞ in {odd} of {size} elements"
            return replace(found, aspect=NOT_FINITE, said=said, values_hold=False)
        return replace(
            found, aspect=VALUES, said=f"{tensor} is wrong in {where}", values_hold=False
        )
    if narrow:
        said = f"{tensor} is {found.given.dtype} where the arguments are {dtype}: digits are lost"
        return replace(found, aspect=DTYPE, said=said)
    if found.given.dtype.kind not in "f":
        said = f"{tensor} holds {found.given.dtype}, not {dtype}"
        return replace(found, aspect=DTYPE, said=said)
    return found


def _numbers(value: Any) -> Array | None:
    """Numbers as an array, whatever holds them; None where there are none."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "fiub" else None


def _called(value: Any) -> str:
    """A value's type, for a sentence.

    >>> _called("text"), _called({}), _called(Unsendable("generator"))
    ('a str', 'a dict', 'a generator')
    """
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}"
    return f"a {value.type if isinstance(value, Unsendable) else type(value).__name__}"
