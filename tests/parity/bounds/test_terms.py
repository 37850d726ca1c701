"""K counted on one sample of one channel is that of the whole operation on ones."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
import pytest
from exact import DTYPES, random

from parity import oracle
from parity.bounds import rules
from parity.bounds.arithmetic import sides
from parity.bounds.bound import Bound
from parity.bounds.rules import backward_bounds, forward_bound, tensor_bounds
from parity.bounds.terms import RULES, forget_terms, terms_of, without_division
from parity.cases.catalogue import GOOD
from parity.cases.functions import FUNCTIONS
from parity.witnesses.definitions import adaptive_pooling
from parity.witnesses.definitions.adaptive_pooling import MEANS
from parity.witnesses.lattices import geometry

Shapes = Mapping[str, tuple[int, ...]]
Geometry = tuple[str, Shapes, Mapping[str, Any]]


def along_one_axis() -> list[Geometry]:
    """Every padding with strides, dilations and groups, and every edge of an average."""
    found: list[Geometry] = []
    for padding, stride, dilation, groups in product(
        (0, 2, "valid", "same", "full", ((1, 0),), ((0, 3),)), (1, 2, 5), (1, 3), (1, 3)
    ):
        shapes = {"x": (2, 6, 9), "weight": (9, 6 // groups, 3), "bias": (9,)}
        how = {"padding": padding, "stride": stride, "dilation": dilation, "groups": groups}
        found.append(("conv1d", shapes, how))
    for padding, stride, ceil_mode, include in product(
        (0, 1), (None, 1, 2, 4), *[(False, True)] * 2
    ):
        options = {"kernel_size": 3, "stride": stride, "padding": padding}
        how = {**options, "ceil_mode": ceil_mode, "count_include_pad": include}
        found.append(("avg_pool1d", {"x": (2, 4, 8)}, how))
        found.append(("avg_pool2d", {"x": (3, 2, 8, 5)}, {**how, "divisor_override": 7}))
        found.append(("avg_pool3d", {"x": (2, 3, 3, 8, 4)}, how))
    return found


SEVERAL_AXES: list[Geometry] = [
    (
        "conv2d",
        {"x": (2, 4, 5, 3), "weight": (6, 2, 3, 2)},
        {"stride": (2, 1), "padding": ((1, 0), (0, 2)), "groups": 2},
    ),
    ("conv2d", {"x": (0, 4, 5, 3), "weight": (6, 4, 3, 2), "bias": (6,)}, {"padding": [1, 2]}),
    (
        "conv3d",
        {"x": (2, 3, 3, 4, 5), "weight": (4, 3, 2, 3, 2), "bias": (4,)},
        {"padding": "same"},
    ),
    (
        "conv_transpose1d",
        {"x": (2, 6, 5), "weight": (6, 2, 3), "bias": (6,)},
        {"stride": 3, "padding": 1, "output_padding": 2, "groups": 3},
    ),
    (
        "conv_transpose2d",
        {"x": (2, 4, 5, 3), "weight": (4, 6, 3, 2)},
        {"stride": (2, 1), "padding": (1, 0), "dilation": (1, 2)},
    ),
    (
        "conv_transpose3d",
        {"x": (2, 3, 3, 2, 4), "weight": (3, 5, 2, 3, 2), "bias": (5,)},
        {"output_padding": 1, "stride": 2},
    ),
    ("adaptive_avg_pool1d", {"x": (2, 3, 7)}, {"output_size": 4}),
    ("adaptive_avg_pool2d", {"x": (2, 3, 7, 4)}, {"output_size": (3, 6)}),
    ("adaptive_avg_pool3d", {"x": (2, 3, 5, 2, 4)}, {"output_size": (None, 3, 1)}),
    ("global_avg_pool", {"x": (2, 3, 7, 4)}, {}),
    ("mean", {"x": (2, 3, 4)}, {"axis": (0, -1)}),
    ("mean", {"x": (2, 3, 4)}, {"axis": 1, "keepdims": True}),
    ("mean", {"x": (2, 3)}, {}),
    ("linear", {"x": (3, 7), "weight": (4, 7), "bias": (4,)}, {}),
    ("linear", {"x": (2, 3, 5, 7), "weight": (4, 7)}, {}),
    ("linear", {"x": (6,), "weight": (5, 6)}, {}),
    ("linear", {"x": (0, 7), "weight": (4, 7), "bias": (4,)}, {}),
    ("correlate2d", {"a": (2, 3, 5, 4), "kernel": (4, 3)}, {"mode": "same"}),
    ("correlate2d", {"a": (2, 3, 2), "kernel": (5, 4)}, {"mode": "valid"}),
    ("convolve2d", {"a": (5, 4), "kernel": (2, 6)}, {}),
    ("shared_conv2d", {"x": (2, 3, 5, 4), "weight": (4, 3, 2), "bias": (4,)}, {}),
    (
        "weighted_pool2d",
        {"x": (2, 3, 6, 5), "weight": (3, 2, 4), "bias": (3,)},
        {"stride": (3, 1)},
    ),
]
CATALOGUE = [case for case in GOOD if case.function in RULES]


def of_ones(function: str, shapes: Shapes, options: Mapping[str, Any]) -> dict[str, Any]:
    """The whole operation on ones, undivided: y, and each gradient by its input's name.

    The windows of an adaptive pooling have divisors of their own: there the definition counts.
    """
    if function in MEANS:
        (x,) = shapes.values()
        y, terms = adaptive_pooling.terms({"x": np.ones(x)}, options)
        found = {"y": np.zeros(y), "x": np.zeros(x)}
        for term in terms:
            found["y"][term.y] += 1
            found["x"][term.x] += 1
        return found
    ones = {name: np.ones(shape) for name, shape in shapes.items()}
    if function == "mean":
        return {"y": ones["x"].sum(**options), "x": ones["x"]}
    plain = function
    if function.startswith("avg_pool"):
        plain, ones, options = without_division(function, ones, options)
    dy = np.ones(oracle.forward(plain, ones, options).shape)
    found = oracle.gradients(plain, ones, options, dy, list(ones))
    counts = {"y": found.y, **found.gradients}
    return {n: k[:, :, 0] for n, k in counts.items()} if plain != function else counts


def counted(function: str, shapes: Shapes, options: Mapping[str, Any]) -> dict[str, Any]:
    terms = terms_of(function, shapes, options)
    return {"y": terms.value, **terms.gradients}


def same_counts(function: str, shapes: Shapes, options: Mapping[str, Any]) -> None:
    expected, found = of_ones(function, shapes, options), counted(function, shapes, options)
    assert list(found) == list(expected)
    for name, count in found.items():
        whole = np.broadcast_to(count, expected[name].shape)
        np.testing.assert_array_equal(whole, expected[name], name, strict=True)


@pytest.mark.parametrize("geometries", [along_one_axis(), SEVERAL_AXES])
def test_terms_are_those_of_the_whole_operation(geometries: list[Geometry]) -> None:
    """The value's and every gradient's, with every option that there is."""
    for function, shapes, options in geometries:
        same_counts(function, shapes, options)
    assert {function for function, *_ in (*along_one_axis(), *SEVERAL_AXES)} == set(RULES)


@pytest.mark.parametrize("function", RULES)
def test_terms_of_the_catalogue(function: str) -> None:
    """Of all geometries that a run meets, less the largest."""
    shapes_of = [geometry(case) for case in CATALOGUE if case.function == function]
    assert shapes_of
    for shape in shapes_of:
        if sum(np.prod(s) for s in shape.shapes.values()) < 20_000:
            same_counts(function, shape.shapes, shape.options)


def test_a_term_too_few_is_seen() -> None:
    """A padding of zeros adds no terms, a bias adds one."""
    shapes = {"x": (2, 3, 5), "weight": (4, 3, 3)}
    assert terms_of("conv1d", shapes, {"padding": 1}).value.ravel().tolist() == [6, 9, 9, 9, 6]
    biased = {**shapes, "bias": (4,)}
    assert terms_of("conv1d", biased, {}).value.ravel().tolist() == [10, 10, 10]
    assert terms_of("conv1d", biased, {}).gradients["bias"] == 6


def test_terms_are_small_and_counted_once() -> None:
    """One sample, one channel; the same object for the same geometry until it is forgotten."""
    shapes = {"x": (8, 3, 9, 7), "weight": (16, 3, 3, 2), "bias": (16,)}
    found = terms_of("conv2d", shapes, {"padding": [1, 1]})
    assert found.value.shape == (1, 1, 9, 8)
    assert {n: k.shape for n, k in found.gradients.items()} == {
        "x": (1, 1, 9, 7),
        "weight": (1, 1, 3, 2),
        "bias": (),
    }
    assert terms_of("conv2d", dict(shapes), {"padding": [1, 1]}) is found
    forget_terms()
    assert terms_of("conv2d", shapes, {"padding": [1, 1]}) is not found


# --- the value and the gradients together -------------------------------------------------

TOGETHER = [f.name for f in FUNCTIONS.values() if f.bound_rule in rules.BOTH]


def same_bound(found: Bound, expected: Bound) -> bool:
    """The same in every bit, NaN and ∞ included."""
    return (
        found.limit.tobytes() == expected.limit.tobytes()
        and found.overflow.tobytes() == expected.overflow.tobytes()
        and found.exact == expected.exact
    )


@pytest.mark.parametrize("tf32", [False, True])
@pytest.mark.parametrize("kind", ["normal", "largest", "integers"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("function", TOGETHER)
def test_bounds_together_are_the_bounds_alone(
    function: str, dtype: str, kind: str, tf32: bool
) -> None:
    """Bit by bit, of small cases of every function whose bounds share what they compute."""
    both = sides(dtype, tf32)
    of_function = [c for c in GOOD if c.function == function]
    shapes_of = [g for g in map(geometry, of_function) if np.prod(g.shapes[g.inputs[0]]) < 2000]
    assert shapes_of
    for g in shapes_of[:8]:
        arrays = {n: random(kind, s, dtype, 1, i) for i, (n, s) in enumerate(g.shapes.items())}
        with np.errstate(all="ignore"):
            shape = oracle.forward(function, arrays, g.options).shape
        dy = random(kind, shape, dtype, 2)
        value, gradients = tensor_bounds(function, dy, arrays, g.options, both)
        alone = backward_bounds(function, dy, arrays, g.options, both)
        assert same_bound(value, forward_bound(function, arrays, g.options, both))
        assert gradients.keys() == alone.keys()
        assert all(same_bound(gradients[name], alone[name]) for name in alone)


def test_the_most_terms_of_any_tensor() -> None:
    """Of this convolution it is dweight: 2 samples of 7×6 places."""
    shapes = {"x": (2, 3, 9, 8), "weight": (4, 3, 3, 3), "bias": (4,)}
    found = terms_of("conv2d", shapes, {})
    assert found.most == 2 * 7 * 6 == found.gradients["weight"].max()
    assert found.most > found.value.max() == 28
