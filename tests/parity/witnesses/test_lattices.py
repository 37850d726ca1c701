"""Sets of integers: exact at their largest, with every branch decided by the pattern."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from parity.bounds.sampling import is_maximum
from parity.cases.case import FLOATS, Case, Draw
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses import lattices
from parity.witnesses.integers import representatives
from parity.witnesses.lattices import (
    EXACT,
    EXACT_BELOW,
    Geometry,
    Lattice,
    NotExactError,
    covered,
    geometry,
    patterns,
    power_of_two,
    winners,
)

RNG = np.random.default_rng(3)
SHAPES = {case.id: geometry(case) for case in representatives(GOOD).values()}
FIRST = {shape.function: shape for shape in reversed(SHAPES.values())}
MAXIMA = [
    shape
    for shape in SHAPES.values()
    if shape.function.startswith("max_pool")
    or (shape.function == "downsample" and is_maximum(shape.options))
]
SUMS = [shape for shape in FIRST.values() if FUNCTIONS[shape.function].integers == "sums"]


def seven() -> np.random.Generator:
    return np.random.default_rng(7)


def test_every_function_that_sums_or_selects_is_asked() -> None:
    """What is left out divides by numbers of its own, needs exp, log, tanh or a root, or is
    compared forward alone; prelu's slope is a number of each channel."""
    left_out = [function for name, function in FUNCTIONS.items() if name not in EXACT]
    rational = [f for f in left_out if not f.elementary and f.inputs]
    others = [f.name for f in rational if f.bound != "normalization"]
    assert others == ["prelu", "hardsigmoid", "hardswish"]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SUMS, ids=lambda shape: shape.function)
def test_sums_stay_exact_at_the_largest_integers(shape: Geometry, dtype: str) -> None:
    """refimpl on Python's integers, all of one sign and as large as they get: below the limit."""
    (pattern,) = patterns(shape, dtype, seven())
    arrays = {name: lattice.largest().astype(object) for name, lattice in pattern.items()}
    dy = arrays.pop("dy")
    function = FUNCTIONS[shape.function]
    largest = [
        np.max(tensor)
        for name, tensor in function.tensors(dy, arrays, shape.options).items()
        if name != "indices"
    ]
    assert all(value < EXACT_BELOW[dtype] for value in largest)
    # And not far below it: the sets are as large as they can be.
    assert max(largest) > EXACT_BELOW[dtype] // 4


def test_sets_that_are_too_large_are_refused() -> None:
    """The condition is checked, not hoped for."""
    shape = FIRST["linear"]
    (pattern,) = patterns(shape, "float32", seven())
    lattices._check_exact(shape, pattern, 2**24)
    wide = {
        name: Lattice(s.base, 1, 4 * s.low, 4 * s.high) if name in ("x", "weight") else s
        for name, s in pattern.items()
    }
    with pytest.raises(NotExactError, match="past the exact 16777216"):
        lattices._check_exact(shape, wide, 2**24)


def test_no_integers_at_all_are_refused() -> None:
    """Where not even −1, 0, 1 are small enough."""
    with pytest.raises(NotExactError, match="no integers are small enough"):
        lattices._around_zero((2,), 0)
    shape = Geometry("max_pool1d", {"x": (1, 1, 100)}, {"kernel_size": 2})
    with pytest.raises(NotExactError, match="100 elements are too many"):
        lattices._maxima(shape, 100, seven())


@pytest.mark.parametrize("shape", MAXIMA[::7], ids=str)
def test_the_order_of_a_maximum_never_changes(shape: Geometry) -> None:
    """Whatever is drawn: the order of the pattern, no ties, never 0, exact in float32."""
    for pattern in patterns(shape, "float32", seven()):
        x = pattern["x"]
        order = np.argsort(x.base, axis=None)
        for _ in range(5):
            drawn = x.draw(RNG)
            assert np.all(np.diff(drawn.ravel()[order]) > 0)
            assert np.all(drawn != 0)
            assert np.array_equal(drawn.astype(np.float32).astype(np.int64), drawn)
        assert np.max(x.largest(), initial=0) < 2**24


def test_the_winners_are_the_places_of_the_maxima() -> None:
    """Counted by hand: windows of 3 from one place in the padding on, dilated by 2."""
    x = np.array([[[5, 1, 9, 2, 7, 3]]])
    options = {"kernel_size": 3, "stride": 1, "padding": 1, "dilation": 2}
    shape = Geometry("max_pool1d", {"x": x.shape}, options)
    # Windows: (-, 1, 2), (5, 9, 7), (1, 2, 3), (9, 7, -).
    assert winners(shape, {"x": Lattice(x)}) == {(2,), (1,), (0,)}
    options = {"size": (1, 4), "how": "max", "edge": "zero_pad"}
    shape = Geometry("downsample", {"x": (1, 1, 1, 6)}, options)
    # Windows: (5, 1, 9, 2), (7, 3, 0, 0).
    assert winners(shape, {"x": Lattice(x[None])}) == {(0, 2), (0, 0)}


def test_every_window_place_wins_where_windows_are_small() -> None:
    """Of windows of 3×3 all nine; what was not reached is said."""
    shape = geometry(Case("max_pool2d", "", {"x": Draw((2, 3, 9, 8))}, {"kernel_size": 3}))
    found = patterns(shape, "float32", seven())
    assert covered(shape, found) == "9 of 9 window places as the maximum"
    shape = geometry(Case("max_pool2d", "", {"x": Draw((1, 1, 9, 8))}, {"kernel_size": (9, 8)}))
    found = patterns(shape, "float32", seven())
    assert len(found) == lattices.MOST_ORDERS
    said = int(covered(shape, found).split()[0])
    assert 4 < said <= 8
    assert covered(shape, found).endswith("of 72 window places as the maximum")


@pytest.mark.parametrize("function", ["relu", "leaky_relu", "sign", "dropout", "perceptron_loss"])
def test_kinks_are_met_from_both_sides(function: str) -> None:
    """Two patterns: every element once positive, once negative, never 0; masks both ways."""
    shape = FIRST[function]
    one, other = patterns(shape, "float64", seven())
    name = shape.inputs[0]
    for _ in range(3):
        a, b = one[name].draw(RNG), other[name].draw(RNG)
        assert np.all(np.sign(a) * np.sign(b) == -1)
    if function == "dropout":
        assert np.all(one["mask"].draw(RNG) + other["mask"].draw(RNG) == 1)
        assert covered(shape, [one, other]) == "every element kept and dropped"
    else:
        assert covered(shape, [one, other]) == "both signs of every element"


@pytest.mark.parametrize("function", ["avg_pool1d", "avg_pool2d", "avg_pool3d", "downsample"])
def test_averages_have_no_remainder(function: str) -> None:
    """Every window's divisor divides what is drawn, whatever is cut off at the edges."""
    averages = [s for s in SHAPES.values() if s.function == function and s not in MAXIMA]
    for shape in averages:
        (pattern,) = patterns(shape, "float32", seven())
        arrays = {name: lattice.draw(RNG).astype(float) for name, lattice in pattern.items()}
        dy = arrays.pop("dy")
        for tensor in FUNCTIONS[function].tensors(dy, arrays, shape.options).values():
            assert np.array_equal(tensor, np.trunc(tensor))
            assert np.max(np.abs(tensor), initial=0) < 2**24


def test_divisors_are_those_of_the_edges() -> None:
    """Padding that is not counted: windows of 1, 2 and 3 places; a divisor given is the one."""
    shape = Geometry("avg_pool1d", {"x": (1, 1, 5)}, {"kernel_size": 3, "stride": 1, "padding": 1})
    assert lattices.divisors_multiple(shape) == 3
    not_counted = Geometry(
        "avg_pool1d", shape.shapes, {**shape.options, "count_include_pad": False}
    )
    assert lattices.divisors_multiple(not_counted) == 6
    given = Geometry("avg_pool2d", {"x": (1, 1, 5, 4)}, {"kernel_size": 2, "divisor_override": 7})
    assert lattices.divisors_multiple(given) == 7
    mean = Geometry("downsample", {"x": (1, 1, 5, 4)}, {"size": (2, 3), "how": "mean"})
    assert lattices.divisors_multiple(mean) == 6


def test_a_geometry_has_no_numbers() -> None:
    """Equal for two cases that differ in values alone; slopes and 1 − p become powers of 2."""
    keys = {
        geometry(Case("relu", name, {"x": Draw((2, 3), values)})).key
        for name, values in (("a", "normal"), ("b", "huge"))
    }
    assert len(keys) == 1
    assert geometry(Case("leaky_relu", "", {"x": Draw((2,))})).options == {
        "negative_slope": 2.0**-7
    }
    arrays = {"x": Draw((2,)), "mask": Draw((2,), "mask")}
    for given, used in ((0.3, 0.5), (0.75, 0.75), (0, 0)):
        assert geometry(Case("dropout", "", arrays, {"p": given})).options == {"p": used}


def test_powers_of_two() -> None:
    """The power next below, its sign kept."""
    for slope, expected in ((0.3, 0.25), (0.25, 0.25), (-3.0, -2.0), (0, 0.0), (1, 1.0)):
        assert power_of_two(slope) == expected


def test_draws_reach_both_ends_and_stay_between() -> None:
    """base + step·k, every k from low to high."""
    lattice = Lattice(np.full((500,), 100), np.int64(-3), -2, 2)
    assert lattice.size == 5
    assert set(lattice.draw(seven()).tolist()) == {94, 97, 100, 103, 106}
    assert set(lattice.largest().tolist()) == {106}


def test_the_bound_on_accepting_a_wrong_polynomial() -> None:
    """Of x·w − b over small sets no larger share of points is a zero than Σ d/|S| says."""
    from parity.witnesses.integers import acceptance

    sets = {"x": 2, "w": 1, "b": 3}
    pattern = {name: Lattice(np.zeros(1, int), 1, -m, m) for name, m in sets.items()}
    points = list(product(*(range(-m, m + 1) for m in sets.values())))
    for wrong in (
        lambda x, w, b: x * w - b,
        lambda x, w, b: x * w,
        lambda x, w, b: x * w * b,
        lambda x, w, b: (x - 2) * (w + 1) * (b - 3),
    ):
        zeros = sum(wrong(*point) == 0 for point in points)
        assert 0 < zeros / len(points) <= acceptance(pattern)
    assert acceptance(pattern) == 1 / 5 + 1 / 3 + 1 / 7
    assert acceptance(pattern, 2) == 2 * acceptance(pattern)
    assert acceptance({"mask": Lattice(np.ones(3, int))}) == 0
