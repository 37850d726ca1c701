"""From refimpl's layout to the candidate's and back: the only place where axes are moved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, TypeAlias

import numpy as np

from parity.candidates.said import Misshapen
from parity.candidates.styles.rearranged import one_as_parts, parts_as_one
from parity.candidates.styles.style import CHW, D1, DN, HW, HWC, NC, NHWC, D
from parity.cases.case import Array, Shape
from parity.witnesses.problem import Problem

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
TRANSPOSED = ("conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
ONE_KERNEL_A_MAP = ("weighted_pool2d", "shared_conv2d")  # their weights have no axis of inputs
MAX_POOLINGS = ("max_pool1d", "max_pool2d", "max_pool3d")
AVERAGE_POOLINGS = ("avg_pool1d", "avg_pool2d", "avg_pool3d")
OF_MAPS = (
    *(*CONVOLUTIONS, *ONE_KERNEL_A_MAP, *MAX_POOLINGS, *AVERAGE_POOLINGS),
    *("gaussian_pool2d", "pad"),
)


@dataclass(frozen=True)
class Move:
    """One array's way to the candidate: its axes in another order, then another shape.

    order: which axis of refimpl's array stands at each place; (): as they are.
    shape: what the candidate's array has; None: that of the ordered axes.
    """

    order: tuple[int, ...] = ()
    shape: Shape | None = None

    def there(self, array: Array) -> Array:
        """An array as the candidate wants it.

        >>> Move((0, 2, 3, 1)).there(np.zeros((2, 3, 4, 5))).shape
        (2, 4, 5, 3)
        """
        ordered = array.transpose(self.order) if self.order else array
        return ordered if self.shape is None else ordered.reshape(self.shape)

    def back(self, value: Any, like: Array) -> Any:
        """A value of the candidate's in refimpl's layout; like: an array of the right shape.

        >>> Move((1, 0)).back(np.zeros((3, 2)), like=np.zeros((2, 3))).shape
        (2, 3)
        >>> Move((1, 0)).back(np.zeros((2, 3)), like=np.zeros((2, 3))).wanted
        (3, 2)
        """
        ordered = like.transpose(self.order) if self.order else like
        wanted = ordered.shape if self.shape is None else self.shape
        if wanted == () and like.ndim and isinstance(value, np.generic | float | int):
            value = np.asarray(value)
        if not isinstance(value, np.ndarray):
            return value
        if value.shape != wanted:
            return Misshapen(value, wanted)
        theirs = value.reshape(ordered.shape)
        return theirs.transpose(np.argsort(self.order)) if self.order else theirs


Moves: TypeAlias = Mapping[str, Move]
AS_IT_IS = Move()


def channels_last(maps: Array) -> Move:
    """(N, C, *sizes) -> (N, *sizes, C)"""
    return Move((0, *range(2, maps.ndim), 1)) if maps.ndim > 2 else AS_IT_IS


def kernels_last(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (*K, C_in, C_out)"""
    return Move((*range(2, weight.ndim), 1, 0))


def turned(weight: Array) -> Move:
    """(features_out, features_in) -> (features_in, features_out)"""
    return Move((1, 0))


def without_batch(move: Move, array: Array) -> Move:
    """The same way for one sample, whose first axis is left out.

    >>> without_batch(AS_IT_IS, np.zeros((1, 2, 3))).there(np.zeros((1, 2, 3))).shape
    (2, 3)
    """
    return Move(move.order, move.there(array).shape[1:])


def moves(problem: Problem, layout: str) -> dict[str, Move]:
    """How the arrays and the value y of a problem get to a candidate of a layout."""
    if layout == D:
        return of_one_vector(problem)
    if layout in (DN, D1):
        return of_columns(problem)
    if layout == NC:
        return {"y": Move((), problem.dy.shape[:2])}
    if problem.function not in OF_MAPS:
        return of_one_flattened(problem) if layout == CHW else {}
    if layout == HW:
        return of_one_map(problem)
    found = of_maps(problem) if layout in (NHWC, HWC) else {}
    if layout in (CHW, HWC):
        for name, array in (("x", problem.arrays["x"]), ("y", problem.dy)):
            found[name] = without_batch(found.get(name, AS_IT_IS), array)
    return found


def of_maps(problem: Problem) -> dict[str, Move]:
    """Channels last, in the weights, too."""
    found = {"x": channels_last(problem.arrays["x"]), "y": channels_last(problem.dy)}
    if problem.function in CONVOLUTIONS:
        found["weight"] = kernels_last(problem.arrays["weight"])
    if problem.function in ONE_KERNEL_A_MAP:
        found["weight"] = Move((1, 2, 0))
    return found


def of_one_map(problem: Problem) -> dict[str, Move]:
    """(1, 1, *sizes) -> (*sizes), the same of the weight; its bias is a number."""
    axes = {"weight": 1 if problem.function in ONE_KERNEL_A_MAP else 2}
    arrays = {**problem.arrays, "y": problem.dy}
    return {
        name: Move((), () if array.ndim == 1 else array.shape[axes.get(name, 2) :])
        for name, array in arrays.items()
    }


def of_one_vector(problem: Problem) -> dict[str, Move]:
    """(1, features) -> (features,), a target (1,) -> one number."""
    arrays = {**problem.arrays, "y": problem.dy}
    kept = ("weight", "bias")
    return {
        name: without_batch(AS_IT_IS, array)
        for name, array in arrays.items()
        if name not in kept and array.ndim
    }


def of_columns(problem: Problem) -> dict[str, Move]:
    """(N, features) -> (features, N), a bias (features,) -> (features, 1)"""
    found = {"x": Move((1, 0)), "y": Move((1, 0))}
    if "bias" in problem.arrays:
        found["bias"] = Move((), (problem.arrays["bias"].size, 1))
    return found


def of_one_flattened(problem: Problem) -> dict[str, Move]:
    """(1, C, H, W) -> (C, H, W), flattened (1, C·H·W) -> (C·H·W,)"""
    if problem.function != "flatten":
        return {}
    return {
        "x": without_batch(AS_IT_IS, problem.arrays["x"]),
        "y": without_batch(AS_IT_IS, problem.dy),
    }


# --- weights as layers hold them ----------------------------------------------------------


def outputs_last(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (C_in, *K, C_out)"""
    return Move((*range(1, weight.ndim), 0))


def inputs_first(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (C_in, C_out, *K)"""
    return Move((1, 0, *range(2, weight.ndim)))


def inputs_last(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (C_out, *K, C_in)"""
    return Move((0, *range(2, weight.ndim), 1))


def kernels_first(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (*K, C_out, C_in)"""
    return Move((*range(2, weight.ndim), 0, 1))


def rows(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (C_out, C_in·K)"""
    return Move((), (len(weight), prod(weight.shape[1:])))


def columns(weight: Array) -> Move:
    """(C_out, C_in, *K) -> (C_in·K, C_out)"""
    return Move((*range(1, weight.ndim), 0), (prod(weight.shape[1:]), len(weight)))


def window_alone(weight: Array) -> Move:
    """(1, 1, *K) -> (*K)"""
    return Move((), weight.shape[2:])


WAYS: tuple[Callable[[Array], Move], ...] = (
    *(lambda weight: AS_IT_IS, kernels_last, inputs_first, inputs_last, outputs_last),
    *(kernels_first, rows, columns),
)


def way_of(weight: Array, shape: Shape) -> Callable[[Array], Move] | None:
    """How weights get into an array of that shape; weight: one whose sizes all differ.

    >>> way_of(np.zeros((5, 3)), (3, 5)).__doc__
    '(C_out, C_in, *K) -> (*K, C_in, C_out)'
    """
    fits = (way for way in WAYS if way(weight).there(weight).shape == shape)
    return next(fits, None)


def shape_behind(way: Callable[[Array], Move], shape: Shape, kernel: Shape) -> Shape | None:
    """The shape of weights that lie in an array of that shape by that way; None if none do.

    kernel: the sizes of the kernel, as far as they are known, for weights in rows or columns.

    >>> shape_behind(kernels_last, (3, 2, 4, 5), ()), shape_behind(rows, (5, 12), (2, 2))
    ((5, 4, 3, 2), (5, 3, 2, 2))
    """
    if way in (rows, columns):
        outputs, inside = shape[:: 1 if way is rows else -1] if len(shape) == 2 else (0, 0)
        size = prod(kernel)
        return (
            (outputs, inside // size, *kernel) if kernel and inside and inside % size == 0 else None
        )
    if way is window_alone:
        return (1, 1, *shape)
    order = way(np.zeros(range(1, len(shape) + 1))).order or tuple(range(len(shape)))
    return tuple(shape[place] for place in np.argsort(order)) if len(shape) > 1 else None


def as_vector(bias: Array, shape: Shape) -> Move | None:
    """How a bias (C,) gets into an array of that shape, (1, C) or (C, 1, 1), if it does."""
    one_axis = bias.size in (*shape, 1) and prod(shape) == bias.size
    return Move((), shape) if one_axis else None


# --- the arrays of a problem --------------------------------------------------------------


def theirs(problem: Problem, ways: Moves) -> dict[str, Any]:
    """The arrays of a problem, and dy, as the candidate wants them; of several parts a list."""
    given = {name: ways.get(name, AS_IT_IS).there(array) for name, array in problem.arrays.items()}
    return {**given, "dy": one_as_parts(problem, ways.get("y", AS_IT_IS).there(problem.dy))}


def ours(problem: Problem, ways: Moves, found: Mapping[str, Any]) -> dict[str, Any]:
    """What the candidate gave by the names of tensors, in refimpl's layout."""
    like = {"y": problem.dy, **{f"d{name}": array for name, array in problem.arrays.items()}}
    if "y" in found:
        found = {**found, "y": parts_as_one(problem, found["y"])}
    return {
        tensor: ways.get("y" if tensor == "y" else tensor[1:], AS_IT_IS).back(value, like[tensor])
        for tensor, value in found.items()
        if tensor in like
    }
