"""Where branches meet: maps stacked along the depth."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from plain import ELEMENTS, assert_exact, assert_same, dot, draw, fractions

from refimpl import concatenate, concatenate_backward

STACKS = {
    "one map": [(2, 3, 5, 4)],
    "two maps": [(2, 3, 5, 4), (2, 1, 5, 4)],
    "three volumes": [(2, 1, 3, 4, 5), (2, 4, 3, 4, 5), (2, 2, 3, 4, 5)],
    "four rows": [(3, 2), (3, 5), (3, 1), (3, 4)],
    "a map without channels": [(2, 3, 5), (2, 0, 5), (2, 4, 5)],
    "an empty batch": [(0, 3, 5), (0, 4, 5)],
}
every_elements = pytest.mark.parametrize("elements", ELEMENTS)
every_stack = pytest.mark.parametrize("shapes", STACKS.values(), ids=STACKS)


def share_memory(arrays: Any) -> bool:
    return any(np.shares_memory(a, b) for i, a in enumerate(arrays) for b in arrays[:i])


def stacked(maps: Any) -> Any:
    """D4.18 by its index: y[n, C_1 + … + C_{k−1} + c, …] = maps[k][n, c, …]."""
    depth = sum(m.shape[1] for m in maps)
    y = np.empty((maps[0].shape[0], depth, *maps[0].shape[2:]), object)
    before = 0
    for m in maps:
        for n, c, *u in np.ndindex(*m.shape):
            y[n, before + c, *u] = m[n, c, *u]
        before += m.shape[1]
    return y


@every_elements
@every_stack
def test_concatenate(rng: np.random.Generator, shapes: Any, elements: str) -> None:
    """D4.18: the maps behind each other along the depth, in the order they are given."""
    maps = [draw(rng, shape, elements) for shape in shapes]
    y = concatenate(*maps)
    assert_exact(y, stacked(maps), elements)
    assert not share_memory((y, *maps))


@every_elements
@every_stack
def test_concatenate_backward(rng: np.random.Generator, shapes: Any, elements: str) -> None:
    """Each map gets the gradient of its own channels, and stacked again they are dy."""
    maps = [draw(rng, shape, elements) for shape in shapes]
    dy = draw(rng, concatenate(*maps).shape, elements)
    grads = concatenate_backward(dy, *maps)
    assert isinstance(grads, tuple)
    assert [g.shape for g in grads] == shapes
    assert_exact(stacked(grads) if elements == "fraction" else concatenate(*grads), dy, elements)
    assert not share_memory((dy, *grads))


def test_concatenate_backward_is_the_derivative(rng: np.random.Generator) -> None:
    """⟨dy, y(m + u) − y(m)⟩ = Σ ⟨dm, u⟩, exactly, for a step of every map."""
    shapes = STACKS["three volumes"]
    maps, steps = ([draw(rng, shape) for shape in shapes] for _ in range(2))
    dy = draw(rng, concatenate(*maps).shape)
    moved = concatenate(*(m + u for m, u in zip(maps, steps, strict=True)))
    grads = concatenate_backward(dy, *maps)
    expected = sum(dot(g, u) for g, u in zip(grads, steps, strict=True))
    assert dot(dy, moved - concatenate(*maps)) == expected != 0


def test_the_order_of_the_maps_counts(rng: np.random.Generator) -> None:
    """Two maps of equal shape the other way round give another stack, and other gradients."""
    a, b, dy = draw(rng, (2, 3, 4)), draw(rng, (2, 3, 4)), draw(rng, (2, 6, 4))
    assert (concatenate(a, b) != concatenate(b, a)).any()
    first, second = concatenate_backward(dy, a, b)
    assert_same(first, dy[:, :3])
    assert_same(second, dy[:, 3:])


# --- dtypes -------------------------------------------------------------------------------


def test_integers_become_float64() -> None:
    """Integers are promoted as NumPy does, beside floats and alone."""
    one, half = np.array([[1]]), np.array([[0.5]])
    assert_exact(concatenate(one, one), [[1.0, 1.0]], "float64")
    assert_exact(concatenate(half, one), [[0.5, 1.0]], "float64")


def test_integers_beside_fractions_stay_exact() -> None:
    """Beside Fractions integers become Fractions, in dy's company too."""
    third, two = fractions([[Fraction(1, 3)]]), np.array([[2]])
    assert_exact(concatenate(two, third), [[2, Fraction(1, 3)]], "fraction")
    (grad,) = concatenate_backward(third, two)
    assert_exact(grad, third, "fraction")


@pytest.mark.parametrize("k", [1, 2, 3])
def test_two_dtypes_are_refused(k: int) -> None:
    """A float32 map beside float64 ones is refused wherever it stands, under its own name."""
    maps = [np.ones((1, 1), "float32" if j == k else "float64") for j in range(4)]
    says = f"is float64, but maps[{k}] is float32; give both the same dtype"
    with pytest.raises(TypeError) as info:
        concatenate(*maps)
    assert str(info.value) == f"concatenate: maps[0] {says}"
    with pytest.raises(TypeError) as info:
        concatenate_backward(np.ones((1, 4)), *maps)
    assert str(info.value) == f"concatenate_backward: dy {says}"


def test_nested_lists_are_arrays() -> None:
    """A map may be written as nested lists; a list of maps is another thing, and refused."""
    assert_same(concatenate([[1.0]], [[2.0, 3.0]]), [[1.0, 2.0, 3.0]])
    maps = [np.ones((1, 1)), np.ones((1, 1))]
    with pytest.raises(TypeError) as info:
        concatenate(maps)  # type: ignore[arg-type]
    assert str(info.value) == (
        "concatenate: each map must be an argument of its own, but maps[0] is a list of 2"
    )


def test_special_values_pass() -> None:
    """NaN, ∞ and −0 are moved as they are."""
    x = np.array([[np.nan, np.inf, -0.0]])
    y = concatenate(x, x)
    np.testing.assert_array_equal(y, np.hstack([x, x]))
    assert np.signbit(y[0, [2, 5]]).all()
