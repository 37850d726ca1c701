"""A problem in blocks: as many samples, or outputs of a dense layer, as memory holds at hand.

Of a block some tensors are complete: y and dx of its samples. Others, as dweight, are the sum of
what all blocks give.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from parity.cases.case import Array
from parity.cases.function import ELEMENT, MAP, WINDOW
from parity.witnesses.pieces import cut_of, shape_of
from parity.witnesses.problem import SUM, Problem

BLOCK = 1 << 18  # elements of the largest array of a block
# Beside those that pieces are cut from.
PER_SAMPLE = {"shared_conv2d", "flatten", "concatenate", "channel_shuffle"}
PARAMETERS = {"weight", "bias", "kernel"}


class Block(NamedTuple):
    """A part of a problem, and where the whole has its complete tensors' first element."""

    problem: Problem
    offsets: dict[str, tuple[int, ...]]  # by tensor

    def places(self, tensor: str, whole: tuple[int, ...]) -> Array | slice:
        """Where the whole tensor has the elements of this block's (flat)."""
        shape, offset = shape_of(self.problem, tensor), self.offsets[tensor]
        if not shape:
            return slice(0, 1)
        if shape[1:] == whole[1:]:
            start = offset[0] * prod(whole[1:])
            return slice(start, start + prod(shape))
        inside = np.indices(shape).reshape(len(shape), -1)
        moved = tuple(i + o for i, o in zip(inside, offset, strict=True))
        return np.ravel_multi_index(moved, whole)

    def place(self, tensor: str, inside: tuple[int, ...]) -> tuple[int, ...]:
        """Where the whole has an element of a tensor; of a sum of blocks, at the same place."""
        offset = self.offsets.get(tensor, (0,) * len(inside))
        return tuple(i + o for i, o in zip(inside, offset, strict=True))


def blocks(problem: Problem) -> Iterator[Block]:
    """The problem, part by part; as a whole where it has no parts."""
    if problem.function == "linear" and problem.arrays["x"].ndim == 2:
        return _of_outputs(problem)
    if _is_per_sample(problem) and problem.dy.ndim and problem.dy.size:
        return _of_samples(problem)
    return iter([Block(problem, {t: (0,) * len(shape_of(problem, t)) for t in _all(problem)})])


def _is_per_sample(problem: Problem) -> bool:
    if problem.function == SUM or problem.function in PER_SAMPLE:
        return True
    return cut_of(problem) in (WINDOW, MAP, ELEMENT)


def _all(problem: Problem) -> list[str]:
    return ["y", *(f"d{name}" for name in problem.arrays)]


def _of_samples(problem: Problem) -> Iterator[Block]:
    samples = len(problem.dy)
    largest = max(a.size for n, a in (*problem.arrays.items(), ("dy", problem.dy)) if _is_data(n))
    step = max(1, BLOCK * samples // max(1, largest))
    for start in range(0, samples, step):
        part = slice(start, start + step)
        arrays = {n: a[part] if _is_data(n) else a for n, a in problem.arrays.items()}
        block = problem._replace(arrays=arrays, dy=problem.dy[part])
        complete = ["y", *(f"d{name}" for name in arrays if _is_data(name))]
        offsets = {t: (start, *(0 for _ in shape_of(block, t)[1:])) for t in complete}
        yield Block(block, offsets)


def _is_data(name: str) -> bool:
    return name not in PARAMETERS


def _of_outputs(problem: Problem) -> Iterator[Block]:
    """Rows of the weights: nothing of their size is held beside them."""
    weight = problem.arrays["weight"]
    step = max(1, BLOCK // max(1, weight.shape[1], len(problem.dy)))
    for start in range(0, max(1, len(weight)), step):
        rows = slice(start, start + step)
        arrays = {n: a if n == "x" else a[rows] for n, a in problem.arrays.items()}
        block = problem._replace(arrays=arrays, dy=problem.dy[:, rows])
        offsets: dict[str, tuple[int, ...]] = {"y": (0, start), "dweight": (start, 0)}
        yield Block(block, {**offsets, "dbias": (start,)})
