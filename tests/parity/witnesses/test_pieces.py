"""A small problem has the same element as the large one that it was cut from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, Case, Draw, Given, case_arrays, draw, generator
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.pieces import (
    SAMPLE,
    Piece,
    cost,
    piece_with,
    sample,
    shape_of,
)
from parity.witnesses.problem import Problem


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small tensors are slower on several threads."""
    with oracle.single_threaded():
        yield


CUT = tuple(f.name for f in FUNCTIONS.values() if f.pieces)


def integers(case: Case) -> Case:
    """The same case with small integers: no order of summation changes a sum of them.

    Powers of these are ∞, and have no logarithm: their numbers stay.
    """
    if case.function == "power":
        return case
    arrays = {
        name: replace(source, values="integers")
        if isinstance(source, Draw) and name != "mask"
        else source
        for name, source in case.arrays.items()
    }
    return replace(case, arrays=arrays)


def problem_of(case: Case) -> Problem:
    arrays = case_arrays(case, "float64", 3)
    shape = oracle.forward(case.function, arrays, case.options).shape
    dy = draw(Draw(shape, "integers"), "float64", generator(3, "dy")).reshape(shape)
    return Problem(case.function, arrays, case.options, dy)


def tensors(problem: Problem) -> dict[str, Array]:
    """All tensors in float64, by torch."""
    function, arrays, options, dy = problem
    wanted = [name for name in FUNCTIONS[function].inputs if name in arrays]
    result = oracle.gradients(function, arrays, options, dy, wanted)
    return {"y": result.y, **{f"d{n}": g for n, g in result.gradients.items()}}


def limits(problem: Problem) -> dict[str, Array]:
    """How far apart the same element may lie, summed in two orders."""
    function, arrays, options, dy = problem
    both = sides("float64")
    backward = backward_bounds(function, dy, arrays, options, both)
    forward = forward_bound(function, arrays, options, both)
    return {"y": forward.limit, **{f"d{name}": bound.limit for name, bound in backward.items()}}


CASES = [
    case
    for case in map(integers, GOOD)
    if case.function in CUT
    and "blocks" not in case.name
    and all(isinstance(source, Draw | Given) for source in case.arrays.values())
    and all(np.isfinite(array).all() for array in case_arrays(case, "float64", 3).values())
]


def same(piece: Piece, tensor: str, whole: Array, limit: Array | None = None) -> bool:
    found = tensors(piece.problem)[tensor].reshape(-1)[piece.here]
    expected = whole.reshape(-1)[piece.there]
    alike = (found == expected) | (np.isnan(found) & np.isnan(expected))
    with np.errstate(invalid="ignore"):
        apart = np.where(alike, 0, np.abs(found - expected))
    return bool(np.all(apart <= (0 if limit is None else limit.reshape(-1)[piece.there])))


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_piece_has_the_element(case: Case) -> None:
    """The last and a random place of every tensor of every case."""
    problem = problem_of(case)
    rng, limit = np.random.default_rng(5), limits(problem)
    for tensor, whole in tensors(problem).items():
        if not whole.size:
            continue
        for flat in (whole.size - 1, int(rng.integers(whole.size))):
            place = tuple(map(int, np.unravel_index(flat, whole.shape)))
            piece = piece_with(problem, tensor, place)
            if piece is None:
                copied = ("dx",) if case.options.get("padding_mode", "zeros") != "zeros" else ()
                shared = ("dweight", "dbias") if case.function == "weighted_pool2d" else ()
                assert tensor in (*copied, *shared)
                continue
            assert flat in piece.there
            assert same(piece, tensor, whole, np.broadcast_to(limit[tensor], whole.shape))
            assert cost(piece.problem) <= cost(problem) * 2


def test_a_piece_of_another_place_is_noticed() -> None:
    """The comparison above refuses the neighbour's window."""
    case = next(case for case in CASES if case.id == "conv2d[plain]")
    problem = problem_of(case)
    for tensor, whole in tensors(problem).items():
        piece = piece_with(problem, tensor, (0,) * whole.ndim)
        assert piece is not None
        assert not same(piece._replace(there=piece.there + 1), tensor, whole)


def big(function: str, options: dict[str, Any], **shapes: tuple[int, ...]) -> Problem:
    rng = np.random.default_rng(7)
    arrays = {name: rng.integers(-4, 5, shape) * 1.0 for name, shape in shapes.items()}
    y = oracle.forward(function, arrays, options)
    return Problem(function, arrays, options, rng.integers(-4, 5, y.shape) * 1.0)


BIG = (
    big("conv2d", {"stride": 2, "padding": "full"}, x=(2, 3, 9, 8), weight=(5, 3, 3, 2), bias=(5,)),
    big("linear", {}, x=(2, 3, 40), weight=(30, 40), bias=(30,)),
    big("relu", {}, x=(50, 7)),
    big("max_pool2d", {"kernel_size": 2}, x=(4, 5, 6, 7)),
)


@pytest.mark.parametrize("problem", BIG, ids=[problem.function for problem in BIG])
def test_samples(problem: Problem) -> None:
    """Random elements, each of them once, as many as the budget allows."""
    for tensor, whole in tensors(problem).items():
        pieces = sample(problem, tensor, cost(problem) // 4, np.random.default_rng(2))
        assert pieces is not None
        assert all(same(piece, tensor, whole) for piece in pieces)
        places = np.concatenate([piece.there for piece in pieces])
        assert len(np.unique(places)) == len(places) <= whole.size
        if problem.function in ("conv2d", "linear"):
            assert len(places) == min(SAMPLE, whole.size)
        else:
            assert whole.size / 8 < len(places) <= whole.size / 4 + 1


def test_no_sample() -> None:
    """Functions whose elements depend on more than a piece have none."""
    problem = big("softmax", {}, x=(3, 4))
    assert piece_with(problem, "y", (0, 0)) is None
    assert sample(problem, "y", 1, np.random.default_rng(1)) is None
    pooling = big("weighted_pool2d", {}, x=(2, 3, 4, 5), weight=(3, 2, 2))
    assert sample(pooling, "dweight", 1, np.random.default_rng(1)) is None
    assert shape_of(pooling, "dweight") == (3, 2, 2)
