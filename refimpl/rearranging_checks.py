"""Checks of the arguments of what only moves elements, with every error text of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

import numpy as np

from refimpl.checks import check_axis, check_fits, check_most, is_integer
from refimpl.elements import Array

Shape: TypeAlias = tuple[int, ...]


# --- axes and shapes ----------------------------------------------------------------------


def check_permutation(where: str, x: Array, axes: Any) -> Shape:
    """The axes of x in the order that is asked for, none of them negative."""
    if axes is None:
        return tuple(range(x.ndim))[::-1]
    named = (axes,) if is_integer(axes) else axes
    if not _is_sequence(named):
        raise TypeError(f"{where}: axes must be an integer or a sequence of them, but is {axes!r}")
    given = tuple(int(axis) for axis in named)
    order = tuple(axis + x.ndim if axis < 0 else axis for axis in given)
    if sorted(order) != list(range(x.ndim)):
        raise ValueError(
            f"{where}: axes must name each of the {x.ndim} axes of x once, but is {given} "
            f"(x {x.shape}){_swapped(order, x.ndim)}"
        )
    return order


def _swapped(pair: Shape, ndim: int) -> str:
    """A hint where two axes of more are named, as torch.transpose takes them."""
    if len(pair) != 2 or len(set(pair)) != 2 or not all(0 <= axis < ndim for axis in pair):
        return ""
    a, b = pair
    order = list(range(ndim))
    order[a], order[b] = b, a
    return f"; to swap these two, give {tuple(order)}"


def check_new_shape(where: str, x: Array, shape: Any) -> Shape:
    """A shape with as many elements as x has; one size of -1 is worked out."""
    sizes = (shape,) if is_integer(shape) else shape
    if not _is_sequence(sizes):
        raise TypeError(
            f"{where}: shape must be an integer or a sequence of them, but is {shape!r}"
        )
    given = tuple(int(size) for size in sizes)
    known = tuple(size for size in given if size != -1)
    if min(known, default=0) < 0 or len(given) - len(known) > 1:
        raise ValueError(
            f"{where}: shape must have sizes of at least 0, of which one may be -1 to be worked "
            f"out, but is {given}"
        )
    if known == given:
        _check_as_many(where, x, given)
        return given
    if prod(known) == 0 and x.size == 0:
        raise ValueError(
            f"{where}: shape is {given}, where x {x.shape} has no elements: the -1 may be any "
            "size; give it"
        )
    if prod(known) == 0 or x.size % prod(known):
        raise ValueError(
            f"{where}: shape is {given}, but the {x.size} elements of x are no multiple of "
            f"{prod(known)} (x {x.shape})"
        )
    return tuple(x.size // prod(known) if size == -1 else size for size in given)


def _check_as_many(where: str, x: Array, shape: Shape) -> None:
    """Refuse a shape of more elements than x has, or fewer."""
    if prod(shape) != x.size:
        raise ValueError(
            f"{where}: shape is {shape}, {prod(shape)} elements, but x has {x.size} (x {x.shape}); "
            "one size may be -1 to be worked out"
        )


# --- parts along an axis ------------------------------------------------------------------


def check_slice(
    where: str, x: Array, axis: Any, start: Any, stop: Any, step: Any
) -> tuple[slice, ...]:
    """Which part of x is meant, as an index with one slice for each axis."""
    check_axis(where, "x", x, axis)
    for name, value in (("start", start), ("stop", stop)):
        if value is not None and not is_integer(value):
            raise TypeError(f"{where}: {name} must be an integer or None, but is {value!r}")
        check_fits(where, name, value, np.float64)
    if not is_integer(step):
        raise TypeError(f"{where}: step must be an integer, but is {step!r}")
    if step < 1:
        raise ValueError(
            f"{where}: step must be at least 1, but is {step}; np.flip(x, axis) gives the reverse "
            "order"
        )
    check_most(where, step=(step,))
    return _along(x, int(axis), slice(*slice(start, stop, step).indices(x.shape[axis])))


def check_parts(where: str, x: Array, sizes: Any, axis: Any) -> list[tuple[slice, ...]]:
    """Which parts of x are meant, each as an index."""
    check_axis(where, "x", x, axis)
    ends = [0]
    for size in _part_sizes(where, x, sizes, int(axis)):
        ends.append(ends[-1] + size)
    return [_along(x, int(axis), slice(start, stop)) for start, stop in pairwise(ends)]


def _part_sizes(where: str, x: Array, sizes: Any, axis: int) -> Shape:
    """The size of each part: those that are given, or one size as often as it goes."""
    length = x.shape[axis]
    if is_integer(sizes):
        size = int(sizes)
        if size < 1:
            raise ValueError(f"{where}: sizes must be at least 1 for every part, but is {size}")
        check_most(where, sizes=(size,))
        whole, rest = divmod(length, size)
        return (*(size,) * whole, *(rest,) * (rest > 0)) or (0,)
    if not _is_sequence(sizes):
        raise TypeError(
            f"{where}: sizes must be an integer or a sequence of them, but is {sizes!r}"
        )
    given = tuple(int(size) for size in sizes)
    if not given:
        raise ValueError(f"{where}: sizes must have at least one size, but is {given}")
    if min(given) < 0:
        raise ValueError(f"{where}: sizes must be at least 0, but is {given}")
    if sum(given) != length:
        raise ValueError(
            f"{where}: sizes must add up to the {length} of axis {axis} of x, but {given} add up "
            f"to {sum(given)} (x {x.shape}){_places(given, length)}"
        )
    return given


def _places(given: Shape, length: int) -> str:
    """A hint where the numbers ascend within the axis, as the places that np.split cuts at."""
    ends = (0, *given, length)
    if list(ends) != sorted(ends) or len(set(given)) < len(given):
        return ""
    sizes = tuple(b - a for a, b in pairwise(ends))
    return f"; if they are the places to cut at, as of np.split, give {sizes}"


def check_part_gradients(where: str, dy: Any, shapes: Sequence[Shape]) -> list[Any]:
    """One gradient for each part; refuse one array for all, and another number of them."""
    if not isinstance(dy, list | tuple):
        raise TypeError(
            f"{where}: dy must be a list of {len(shapes)} gradients, one for each part, None for a "
            f"part that is not used, but is {_what(dy)}"
        )
    if len(dy) != len(shapes):
        raise ValueError(
            f"{where}: dy must have one gradient for each of the {len(shapes)} parts, None for a "
            f"part that is not used, but has {len(dy)}"
        )
    return list(dy)


def check_part_gradient(where: str, k: int, dy: Array, shape: Shape) -> None:
    """Refuse a gradient that has not the shape of its part."""
    if dy.shape != shape:
        raise ValueError(f"{where}: dy[{k}] is {dy.shape}, but part {k} is {shape}")


# --- what a value is ----------------------------------------------------------------------


def _along(x: Array, axis: int, part: slice) -> tuple[slice, ...]:
    """The index of a part along one axis."""
    index = [slice(None)] * x.ndim
    index[axis] = part
    return tuple(index)


def _is_sequence(value: Any) -> bool:
    """Whether it is a list, a tuple or an array of integers along one axis."""
    if isinstance(value, np.ndarray):
        return value.ndim == 1 and (value.dtype.kind in "iu" or not value.size)
    return isinstance(value, list | tuple) and all(map(is_integer, value))


def _what(value: Any) -> str:
    """A value in an error text: of an array its shape."""
    return f"an array {value.shape}" if isinstance(value, np.ndarray) else repr(value)
