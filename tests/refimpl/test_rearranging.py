"""What only moves: each element by its place, and there and back again."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from plain import ELEMENTS, assert_exact, blank, dot, draw, fractions

import refimpl
from refimpl import (
    channel_shuffle,
    channel_shuffle_backward,
    concatenate,
    concatenate_backward,
    flatten,
    flatten_backward,
    reshape,
    reshape_backward,
    slice_axis,
    slice_axis_backward,
    split,
    split_backward,
    transpose,
    transpose_backward,
)

every_elements = pytest.mark.parametrize("elements", ELEMENTS)
# By a function, shapes of x and options.
CALLS: dict[str, list[tuple[tuple[int, ...], dict[str, Any]]]] = {
    "transpose": [
        ((2, 3, 4), {"axes": (2, 0, 1)}),
        ((2, 3, 4), {"axes": (-1, 1, 0)}),
        ((2, 3), {}),
        ((), {}),
        ((0, 3), {"axes": (1, 0)}),
    ],
    "reshape": [
        ((2, 3, 4), {"shape": (4, -1)}),
        ((2, 3, 4), {"shape": 24}),
        ((), {"shape": (1, 1)}),
        ((0, 3), {"shape": (-1, 6)}),
    ],
    "channel_shuffle": [
        ((2, 6, 5), {"groups": 2}),
        ((2, 12), {"groups": 3}),
        ((1, 6, 2, 3), {"groups": 6}),
        ((2, 0, 3), {"groups": 4}),
    ],
    "slice_axis": [
        ((2, 7, 3), {"axis": 1, "start": 1, "step": 2}),
        ((2, 7), {"axis": -1, "start": -3, "stop": 9}),
        ((7,), {"axis": 0, "start": 5, "stop": 2}),
        ((2, 0), {"axis": 1}),
    ],
}
every_call = pytest.mark.parametrize(
    ("name", "shape", "options"), [(n, *call) for n, calls in CALLS.items() for call in calls]
)


def arrays_in(layout: str, array: Any) -> Any:
    """The same numbers, lying in another way."""
    if not array.ndim:
        return array
    return np.asfortranarray(array) if layout == "Fortran" else np.flip(np.flip(array).copy())


# --- one array in, one array out ----------------------------------------------------------


@every_call
def test_backward_is_the_derivative(
    rng: np.random.Generator, name: str, shape: Any, options: Any
) -> None:
    """⟨dy, y(u)⟩ = ⟨dx, u⟩ for every u, as y is linear: checked at each unit vector."""
    forward, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    x = draw(rng, shape)
    dy = draw(rng, forward(x, **options).shape)
    dx = backward(dy, x, **options)
    assert dx.shape == shape
    for place in np.ndindex(shape):
        unit = blank(shape)
        unit[place] += 1
        assert dot(dy, forward(unit, **options)) == dx[place]


@every_elements
@pytest.mark.parametrize("layout", ["Fortran", "reversed"])
@every_call
def test_layouts_and_memory(
    rng: np.random.Generator, name: str, shape: Any, options: Any, layout: str, elements: str
) -> None:
    """How x and dy lie in memory changes nothing; what comes back is in C order, and its own."""
    forward, backward = getattr(refimpl, name), getattr(refimpl, f"{name}_backward")
    x = draw(rng, shape, elements)
    y = forward(x, **options)
    dy = draw(rng, y.shape, elements)
    dx = backward(dy, x, **options)
    other_x, other_dy = arrays_in(layout, x), arrays_in(layout, dy)
    assert_exact(forward(other_x, **options), y, elements)
    assert_exact(backward(other_dy, other_x, **options), dx, elements)
    for result in (y, dx, forward(other_x, **options)):
        assert result.flags.c_contiguous
        assert result.flags.writeable
        assert not any(np.shares_memory(result, a) for a in (x, dy, other_x, other_dy))


@pytest.mark.parametrize("axes", list(permutations(range(3))), ids=str)
def test_transpose(rng: np.random.Generator, axes: tuple[int, ...]) -> None:
    """y[i_axes[0], i_axes[1], i_axes[2]] = x[i_0, i_1, i_2], for all orders of three axes."""
    x = draw(rng, (2, 3, 4))
    y = transpose(x, axes)
    for i in np.ndindex(x.shape):
        assert y[i[axes[0]], i[axes[1]], i[axes[2]]] == x[i]
    assert_exact(transpose_backward(y, x, axes), x, "fraction")


def test_the_inverse_of_three_axes_in_turn() -> None:
    """(2, 0, 1) is undone by (1, 2, 0), as the docstring says, and not by itself."""
    x = fractions(np.arange(24).reshape(2, 3, 4))
    assert_exact(transpose(transpose(x, (2, 0, 1)), (1, 2, 0)), x, "fraction")
    assert transpose(transpose(x, (2, 0, 1)), (2, 0, 1)).shape == (3, 4, 2)


def test_transpose_without_axes_is_that_of_numpy(rng: np.random.Generator) -> None:
    """The reverse order, in which a matrix is transposed."""
    x = draw(rng, (2, 3, 4))
    assert_exact(transpose(x), transpose(x, (2, 1, 0)), "fraction")


def test_reshape_counts_row_by_row(rng: np.random.Generator) -> None:
    """y[j_0, j_1] = x[i_0, i_1, i_2] where (i_0·3 + i_1)·4 + i_2 = j_0·6 + j_1."""
    x = draw(rng, (2, 3, 4))
    y = reshape(x, (4, -1))
    for i in np.ndindex(x.shape):
        assert y[divmod((i[0] * 3 + i[1]) * 4 + i[2], 6)] == x[i]


def test_flatten_is_a_reshape(rng: np.random.Generator) -> None:
    """To (N, -1), forward and backward."""
    x, dy = draw(rng, (2, 3, 4, 5)), draw(rng, (2, 60))
    assert_exact(reshape(x, (2, -1)), flatten(x), "fraction")
    assert_exact(reshape_backward(dy, x, (2, -1)), flatten_backward(dy, x), "fraction")


@pytest.mark.parametrize("groups", [1, 2, 3, 4, 6, 12])
def test_channel_shuffle(rng: np.random.Generator, groups: int) -> None:
    """Channel j of group i comes to place j·groups + i; C/groups groups lead back."""
    x = draw(rng, (2, 12, 5))
    y, each = channel_shuffle(x, groups), 12 // groups
    for i in range(groups):
        for j in range(each):
            assert_exact(y[:, j * groups + i], x[:, i * each + j], "fraction")
    assert_exact(channel_shuffle(y, each), x, "fraction")
    assert_exact(channel_shuffle_backward(y, x, groups), x, "fraction")


def test_a_shuffle_is_reshape_transpose_reshape(rng: np.random.Generator) -> None:
    """As ShuffleNet's authors write it."""
    x = draw(rng, (2, 6, 3, 5))
    apart = transpose(reshape(x, (2, 2, 3, 3, 5)), (0, 2, 1, 3, 4))
    assert_exact(channel_shuffle(x, 2), reshape(apart, x.shape), "fraction")


@pytest.mark.parametrize("start", [None, -9, -3, 0, 2, 7, 9])
@pytest.mark.parametrize("stop", [None, -9, -1, 0, 5, 7, 12])
@pytest.mark.parametrize("step", [1, 2, 3, 10])
def test_slice_axis(
    rng: np.random.Generator, start: int | None, stop: int | None, step: int
) -> None:
    """The places that Python's list has in such a slice; elsewhere the gradient is 0."""
    x = draw(rng, (2, 7, 3))
    taken = list(range(7))[start:stop:step]
    y = slice_axis(x, 1, start, stop, step)
    assert y.shape == (2, len(taken), 3)
    dy = draw(rng, y.shape)
    expected = blank(x.shape)
    for k, place in enumerate(taken):
        assert_exact(y[:, k], x[:, place], "fraction")
        expected[:, place] = dy[:, k]
    assert_exact(slice_axis_backward(dy, x, 1, start, stop, step), expected, "fraction")


# --- several parts ------------------------------------------------------------------------

SPLITS = {
    "three sizes": ((2, 6, 5), (1, 3, 2), 1, [1, 3, 2]),
    "one size": ((2, 6, 5), 3, 1, [3, 3]),
    "one size, less left": ((2, 7, 5), 3, 1, [3, 3, 1]),
    "one size above all": ((2, 3), 5, 1, [3]),
    "an empty part": ((5, 2), [2, 0, 3], 0, [2, 0, 3]),
    "from the end": ((2, 3, 6), (4, 2), -1, [4, 2]),
    "NumPy's integers": ((2, 6), np.array([5, 1]), np.int64(1), [5, 1]),
    "an empty axis": ((2, 0), 3, 1, [0]),
}


@every_elements
@pytest.mark.parametrize(("shape", "sizes", "axis", "lengths"), SPLITS.values(), ids=SPLITS)
def test_split(
    rng: np.random.Generator, shape: Any, sizes: Any, axis: int, lengths: list[int], elements: str
) -> None:
    """Part p begins where the parts before it end, in memory of its own; backward leads back."""
    x = draw(rng, shape, elements)
    parts = split(x, sizes, axis)
    assert type(parts) is tuple
    assert [part.shape[axis] for part in parts] == lengths
    before = 0
    for part, length in zip(parts, lengths, strict=True):
        expected = np.moveaxis(np.moveaxis(x, axis, 0)[before : before + length], 0, axis)
        assert_exact(part, expected, elements)
        assert not np.shares_memory(part, x)
        assert part.flags.c_contiguous
        before += length
    dx = split_backward(parts, x, sizes, axis)
    assert_exact(dx, x, elements)
    assert not any(np.shares_memory(dx, a) for a in (x, *parts))


def test_split_is_the_inverse_of_concatenate(rng: np.random.Generator) -> None:
    """And each one's backward is the other."""
    a, b = draw(rng, (2, 3, 5)), draw(rng, (2, 4, 5))
    y = concatenate(a, b)
    for part, expected in zip(split(y, (3, 4), axis=1), (a, b), strict=True):
        assert_exact(part, expected, "fraction")
    for part, expected in zip(split(y, (3, 4), axis=1), concatenate_backward(y, a, b), strict=True):
        assert_exact(part, expected, "fraction")
    assert_exact(split_backward([a, b], y, (3, 4), axis=1), y, "fraction")


@every_elements
def test_a_part_that_is_not_used_has_a_gradient_of_zeros(
    rng: np.random.Generator, elements: str
) -> None:
    """None stands for it; the others stay where they are."""
    x = draw(rng, (2, 6), elements)
    _, middle, _ = dy = split(draw(rng, (2, 6), elements), (1, 3, 2), axis=1)
    dx = split_backward([None, middle, None], x, (1, 3, 2), axis=1)
    assert_exact(dx, split_backward([dy[0] * 0, middle, dy[2] * 0], x, (1, 3, 2), 1), elements)
    assert_exact(dx[:, 1:4], middle, elements)
    assert_exact(split_backward([None] * 3, x, (1, 3, 2), axis=1), x * 0, elements)


def test_a_split_is_a_slice_for_each_part(rng: np.random.Generator) -> None:
    """So that a network has it as slices: their gradients add up to that of the split."""
    x, dy = draw(rng, (2, 7)), split(draw(rng, (2, 7)), (4, 3), axis=1)
    bounds = [{"axis": 1, "stop": 4}, {"axis": 1, "start": 4}]
    parts = [slice_axis(x, **options) for options in bounds]
    for part, expected in zip(parts, split(x, (4, 3), axis=1), strict=True):
        assert_exact(part, expected, "fraction")
    apart = [slice_axis_backward(d, x, **o) for d, o in zip(dy, bounds, strict=True)]
    assert_exact(apart[0] + apart[1], split_backward(dy, x, (4, 3), axis=1), "fraction")


# --- numbers ------------------------------------------------------------------------------


def test_signs_of_zeros_and_nan_stay() -> None:
    """Nothing is computed: −0, NaN and ∞ arrive as they are."""
    x = np.array([[-0.0, np.nan, np.inf, -np.inf]])
    moved = [
        transpose(x).ravel(),
        reshape(x, -1),
        channel_shuffle(channel_shuffle(x, 2), 2)[0],
        slice_axis(x, 1)[0],
        split(x, 4, axis=1)[0][0],
        slice_axis_backward(x, x, 1)[0],
        split_backward([x], x, 4, axis=1)[0],
    ]
    for found in moved:
        np.testing.assert_array_equal(found, x[0])
        assert np.signbit(found[0])


def test_integers_become_float64() -> None:
    """As everywhere in refimpl; beside exact numbers they become exact."""
    assert transpose(np.array([[1, 2]])).dtype == np.float64
    assert split(np.array([1, 2]), 1)[0].dtype == np.float64
    dx = split_backward([fractions([3]), None], np.array([1, 2]), 1)
    assert_exact(dx, fractions([3, 0]), "fraction")
