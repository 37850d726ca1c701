"""refimpl on integer slices, certified by torch: every element, and whose formula is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from exact import exact
from problems import check_errors, problem, tensors_of

import refimpl
from parity import oracle
from parity.bounds.arithmetic import sides
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.oracle import torch_functions
from parity.results.closeness import Closeness
from parity.results.comparison import compare
from parity.results.verdicts import OUTSIDE
from parity.witnesses.closeness import exact_witness
from parity.witnesses.exact import on_slices, partition
from parity.witnesses.exact.accumulation import ImpossibleError
from parity.witnesses.exact.on_slices import Dispute, OnSlices, kind_of
from parity.witnesses.exact.slices import UnfitError
from parity.witnesses.exact.truth import Truth
from parity.witnesses.problem import SUM, Problem

IMAGE, KERNEL = (3, 4, 7, 6), (6, 2, 3, 2)
KINDS: dict[str, tuple[str, dict[str, Any], dict[str, tuple[int, ...]]]] = {
    "conv1d": ("conv1d", {"padding": 2}, {"x": (3, 2, 9), "weight": (4, 2, 5), "bias": (4,)}),
    "conv2d": (
        "conv2d",
        {"stride": 2, "padding": 1, "groups": 2},
        {"x": IMAGE, "weight": KERNEL, "bias": (6,)},
    ),
    "conv3d": ("conv3d", {}, {"x": (2, 3, 4, 5, 6), "weight": (4, 3, 2, 1, 3), "bias": (4,)}),
    "without bias": ("conv2d", {"dilation": 2}, {"x": IMAGE, "weight": (5, 4, 3, 2)}),
    "shared": ("shared_conv2d", {}, {"x": IMAGE, "weight": (5, 3, 2), "bias": (5,)}),
    "correlation": ("correlate2d", {"mode": "same"}, {"a": (2, 6, 5), "kernel": (3, 2)}),
    "convolution": ("convolve2d", {"mode": "full"}, {"a": (7, 5), "kernel": (3, 4)}),
    "linear": ("linear", {}, {"x": (5, 7), "weight": (4, 7), "bias": (4,)}),
    "linear, more axes": ("linear", {}, {"x": (2, 3, 7), "weight": (4, 7), "bias": (4,)}),
    "linear, one axis": ("linear", {}, {"x": (7,), "weight": (4, 7)}),
    "weighted": ("weighted_pool2d", {}, {"x": (2, 3, 6, 8), "weight": (3, 2, 3), "bias": (3,)}),
    "average": (
        "avg_pool2d",
        {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False},
        {"x": IMAGE},
    ),
    "average, ceil": ("avg_pool1d", {"kernel_size": 4, "ceil_mode": True}, {"x": (2, 3, 11)}),
    "average, 3 axes": ("avg_pool3d", {"kernel_size": (2, 3, 2)}, {"x": (2, 3, 4, 6, 5)}),
    "maximum": ("max_pool2d", {"kernel_size": 3, "stride": 1, "padding": 1}, {"x": IMAGE}),
    "maximum, 1 axis": ("max_pool1d", {"kernel_size": 3, "stride": 2}, {"x": (2, 3, 11)}),
    "maximum, 3 axes": ("max_pool3d", {"kernel_size": 2}, {"x": (2, 3, 4, 6, 5)}),
    "downsample": ("downsample", {"size": 2, "how": "mean"}, {"x": (2, 3, 5, 7)}),
    "downsample, maximum": ("downsample", {"size": (3, 2)}, {"x": (2, 3, 5, 7)}),
    "transposed, 1 axis": (
        "conv_transpose1d",
        {"stride": 3, "padding": 1, "output_padding": 2},
        {"x": (3, 2, 5), "weight": (2, 4, 5), "bias": (4,)},
    ),
    "transposed": (
        "conv_transpose2d",
        {"stride": 2, "dilation": (1, 2), "groups": 2},
        {"x": (2, 4, 3, 5), "weight": (4, 3, 3, 2), "bias": (6,)},
    ),
    "transposed, 3 axes": (
        "conv_transpose3d",
        {"padding": 1},
        {"x": (2, 3, 4, 2, 3), "weight": (3, 4, 2, 3, 1)},
    ),
    "adaptive average, 1 axis": ("adaptive_avg_pool1d", {"output_size": 4}, {"x": (2, 3, 11)}),
    "adaptive average": ("adaptive_avg_pool2d", {"output_size": (4, 3)}, {"x": IMAGE}),
    "adaptive average, 3 axes": (
        "adaptive_avg_pool3d",
        {"output_size": (None, 4, 7)},
        {"x": (2, 3, 4, 6, 5)},
    ),
    "average of maps": ("global_avg_pool", {}, {"x": IMAGE}),
    "adaptive maximum, 1 axis": ("adaptive_max_pool1d", {"output_size": 4}, {"x": (2, 3, 11)}),
    "adaptive maximum": ("adaptive_max_pool2d", {"output_size": (4, 3)}, {"x": IMAGE}),
    "adaptive maximum, 3 axes": ("adaptive_max_pool3d", {"output_size": 3}, {"x": (2, 3, 4, 6, 5)}),
    "maximum of maps": ("global_max_pool", {}, {"x": IMAGE}),
    "zeros around": ("pad", {"padding": ((1, 2), (3, 0))}, {"x": IMAGE}),
    "a value around": ("pad", {"padding": ((1, -2), (3, 0)), "value": 0.1}, {"x": IMAGE}),
    **{
        f"padding, {mode}": ("pad", {"padding": ((1, 2), (3, 0)), "mode": mode}, {"x": IMAGE})
        for mode in ("reflect", "replicate", "circular")
    },
    "a reflected frame": (
        "conv2d",
        {"padding": ((1, 2), (2, 0)), "padding_mode": "reflect"},
        {"x": IMAGE, "weight": (5, 4, 3, 2)},
    ),
    "flatten": ("flatten", {}, {"x": IMAGE}),
    "rot180": ("rot180", {}, {"a": (2, 5, 6)}),
    "add": ("add", {}, {"x": (4, 5), "other": (4, 5)}),
    "add, repeated": ("add", {}, {"x": (7, 4, 5), "other": (4, 1)}),
    "mean": ("mean", {"axis": (0, -1)}, {"x": (3, 4, 5)}),
    "mean of all": ("mean", {"keepdims": True}, {"x": (3, 7)}),
    "concatenate": ("concatenate", {}, {"a": (2, 3, 4, 5), "b": (2, 1, 4, 5)}),
    "transpose": ("transpose", {"axes": (1, -1, 0)}, {"x": (2, 3, 4)}),
    "reshape": ("reshape", {"shape": (4, -1)}, {"x": (2, 3, 6)}),
    "shuffle": ("channel_shuffle", {"groups": 3}, {"x": (2, 6, 5)}),
    "slice": ("slice_axis", {"axis": 1, "start": 1, "step": 2}, {"x": (3, 7, 2)}),
    "split": ("split", {"sizes": (2, 5), "axis": 1}, {"x": (3, 7, 2)}),
}


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    with oracle.single_threaded():
        yield


def found_by_slices(asked: Problem) -> dict[str, list[Truth]]:
    """What slices give of all tensors, part by part."""
    tensors = ["y", *(f"d{name}" for name in FUNCTIONS[asked.function].inputs)]
    wanted = [t for t in tensors if t == "y" or t[1:] in asked.arrays]
    found: dict[str, list[Truth]] = {tensor: [] for tensor in wanted}
    for tensor, truth in OnSlices(asked).of(wanted):
        assert isinstance(truth, Truth)
        found[tensor].append(truth)
    return found


def check(asked: Problem) -> None:
    """Every element of every tensor, beside fractions."""
    right = exact(asked.function, asked.dy, asked.arrays, asked.options)
    floats = tensors_of(asked)
    for tensor, parts in found_by_slices(asked).items():
        values = np.asarray(right[tensor], object)
        places = np.concatenate([part.flat_places() for part in parts])
        assert sorted(places.tolist()) == list(range(values.size))
        for part in parts:
            assert part.elements == values.size
            assert part.decided.all()
            check_errors(part, floats[tensor], values, asked.dy.dtype.name)


# --- every element ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("values", ["normal", "saturated", "tiny"])
@pytest.mark.parametrize("kind", KINDS)
def test_errors_are_those_of_fractions(kind: str, values: str, dtype: str) -> None:
    """As many ULP as by the definition in fractions, wherever slices fit."""
    function, options, shapes = KINDS[kind]
    asked = problem(function, dtype, values, options, **shapes)
    try:
        check(asked)
    except UnfitError:
        assert (values, dtype) == ("tiny", "float64")


@pytest.mark.parametrize(
    "kind",
    [
        *("conv2d", "linear", "average", "maximum", "flatten", "add", "concatenate"),
        *("a value around", "padding, reflect"),
    ],
)
def test_blocks_give_the_same(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sample by sample, or output by output: every element, with the same exact value."""
    function, options, shapes = KINDS[kind]
    asked = problem(function, "float64", "normal", options, **shapes)
    monkeypatch.setattr(partition, "BLOCK", 1)
    count = len(asked.arrays["weight"]) if kind == "linear" else len(asked.dy)
    assert len(list(partition.blocks(asked))) == count
    check(asked)


def test_a_sum_of_gradients() -> None:
    """What several layers send back, added up."""
    rng = np.random.default_rng(2)
    parts = {str(k): rng.normal(size=(3, 5)) * 10.0**k for k in range(3)}
    asked = Problem(SUM, parts, {}, np.zeros((3, 5)))
    total = parts["0"] + parts["1"] + parts["2"]
    ((tensor, truth),) = OnSlices(asked).of(["y"])
    assert tensor == "y"
    assert isinstance(truth, Truth)
    assert np.all(truth.errors(total) <= 1.5)
    assert np.any(truth.errors(total) > 0)


def test_functions_that_slices_are_for() -> None:
    """What is linear in its factors, piece by piece; exponentials and squares are not."""
    asked = {
        name: Problem(name, {k: np.zeros(1) for k in (*function.inputs, "x")}, {}, np.zeros(1))
        for name, function in FUNCTIONS.items()
    }
    by_them = {name for name, given in asked.items() if kind_of(given)}
    assert by_them == {function for function, _, _ in KINDS.values()}


# --- what must be refused -----------------------------------------------------------------


@pytest.mark.parametrize("more", [1, 2])
def test_slices_that_are_too_wide_are_refused(monkeypatch: pytest.MonkeyPatch, more: int) -> None:
    """Planted: wider than K allows. Nothing inexact is called exact."""
    right = on_slices.bits_of_products
    monkeypatch.setattr(on_slices, "bits_of_products", lambda terms: right(terms) + more)
    # Full slices, so that one bit more is one too many: K = 2^13.
    x = np.full((1, 2**13), 2.0**23 - 1)
    asked = Problem("linear", {"x": x, "weight": x.copy()}, {}, np.full((1, 1), 2.0**23 - 1))
    with pytest.raises(UnfitError, match="too wide for exact sums"):
        list(OnSlices(asked).of(["y"]))


def test_numbers_too_far_apart() -> None:
    """Data over 600 orders of magnitude, or a bias that lies far from the products."""
    x = np.array([[1e300, 5e-324]])
    weight = np.array([[1.0, 1.0]])
    asked = Problem("linear", {"x": x, "weight": weight}, {}, np.ones((1, 1)))
    with pytest.raises(UnfitError, match="sizes from"):
        list(OnSlices(asked).of(["y"]))
    biased = {"x": weight, "weight": weight, "bias": np.array([1e-300])}
    with pytest.raises(UnfitError, match="a bias in units of"):
        list(OnSlices(Problem("linear", biased, {}, np.ones((1, 1)))).of(["y"]))


# --- whose formula is wrong ---------------------------------------------------------------


def judged(asked: Problem, tensor: str, ours: Array, theirs: Array) -> tuple[Closeness, float]:
    """What the exact witness says of a tensor, and error/bound of the comparison with torch."""
    function, arrays, options, dy = asked
    both = sides(dy.dtype.name)
    bounds = {"y": forward_bound(function, arrays, options, both)}
    gradients = backward_bounds(function, dy, arrays, options, both)
    bounds |= {f"d{name}": bound for name, bound in gradients.items()}
    pair = (ours, theirs)
    rng = np.random.default_rng(1)
    witness = exact_witness(asked, {tensor: bounds[tensor]}, {tensor: pair}, rng)
    assert witness is not None
    comparison = compare(ours, theirs, bounds[tensor])
    assert comparison.verdict != OUTSIDE
    found = witness.examine(tensor, pair, comparison)
    return found, comparison.worst_ratio


def forgotten(right: Callable[..., Any]) -> Callable[..., Any]:
    """A dense layer that leaves out its last feature."""
    return lambda x, weight, *bias: right(x[..., :-1], weight[:, :-1], *bias)


def swapped(right: Callable[..., Any]) -> Callable[..., Any]:
    """A backward that exchanges two samples of dy: dweight pairs them with the wrong x."""

    def backward(dy: Array, x: Array, weight: Array) -> Any:
        other = dy.copy()
        other[[0, 1]] = dy[[1, 0]]
        return right(dy, x, weight)._replace(dweight=right(other, x, weight).dweight)

    return backward


def divided(right: Callable[..., Any]) -> Callable[..., Any]:
    """A bias gradient that is divided by N + 1 after it was multiplied by N."""

    def backward(dy: Array, x: Array, weight: Array) -> Any:
        grads = right(dy, x, weight)
        return grads._replace(dbias=grads.dbias * len(x) / (len(x) + 1))

    return backward


@pytest.mark.parametrize(
    ("name", "plant", "tensor", "shapes"),
    [
        ("linear", forgotten, "y", {"x": (2, 20_000), "weight": (3, 20_000)}),
        (
            "linear_backward",
            swapped,
            "dweight",
            {"x": (20_000, 2), "weight": (3, 2)},
        ),
        (
            "linear_backward",
            divided,
            "dbias",
            {"x": (20_000, 2), "weight": (3, 2), "bias": (3,)},
        ),
    ],
)
def test_a_mistake_below_the_bound_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    plant: Callable[..., Any],
    tensor: str,
    shapes: dict[str, tuple[int, ...]],
) -> None:
    """Planted in refimpl, smaller than K·u·Σ|terms| in float32: torch's integers differ."""
    asked = problem("linear", "float32", **shapes)
    right = tensors_of(asked)
    theirs = right[tensor]
    found, _ = judged(asked, tensor, right[tensor], theirs)
    assert not found.refuted
    monkeypatch.setattr(refimpl, name, plant(getattr(refimpl, name)))
    found, ratio = judged(asked, tensor, tensors_of(asked)[tensor], theirs)
    assert 0 < ratio <= 1
    assert found.refuted
    assert "on integers that nothing rounds refimpl gives" in found.note


def test_swapped_axes_below_the_bound_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel of 20,480 taps that is almost symmetric, transposed: in float32 no bound sees it."""
    asked = problem("conv2d", "float32", x=(2, 20, 32, 33), weight=(1, 20, 32, 32))
    weight = asked.arrays["weight"]
    symmetric = (weight + weight.swapaxes(2, 3)) / 2
    weight[:] = symmetric + weight * np.float32(2.0**-12)
    theirs = tensors_of(asked)["y"]
    assert not judged(asked, "y", theirs, theirs)[0].refuted
    right = refimpl.conv2d
    monkeypatch.setattr(refimpl, "conv2d", lambda x, weight: right(x, weight.swapaxes(2, 3)))
    found, ratio = judged(asked, "y", tensors_of(asked)["y"], theirs)
    assert 0 < ratio <= 1
    assert found.refuted
    assert "on integers that nothing rounds refimpl gives" in found.note


def test_the_definition_says_whose_formula_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl's where it was changed, torch's where that was."""
    asked = problem("linear", "float32", x=(3, 300), weight=(4, 300))
    y = tensors_of(asked)["y"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refimpl, "linear", forgotten(refimpl.linear))
        assert judged(asked, "y", y, y)[0].note.endswith("refimpl’s formula is wrong")
    right = torch_functions.FUNCTIONS["linear"]
    monkeypatch.setitem(
        torch_functions.FUNCTIONS, "linear", lambda *a, **options: right(*a, **options) * 2
    )
    assert judged(asked, "y", y, y)[0].note.endswith("torch’s formula is wrong")


def exchanged(right: Callable[..., Any]) -> Callable[..., Any]:
    """A convolution that exchanges two samples."""

    def conv2d(x: Array, weight: Array, **options: Any) -> Array:
        y = np.array(right(x, weight, **options))
        y[[1, 2]] = y[[2, 1]]
        return y

    return conv2d


@pytest.mark.parametrize("outlier", [1.0, 1e8, 1e12])
def test_no_outlier_hides_the_others(monkeypatch: pytest.MonkeyPatch, outlier: float) -> None:
    """Beside a huge number the others are 0 in the leading slice: torch gets random integers."""
    asked = problem("conv2d", "float32", x=(3, 2, 6, 6), weight=(2, 2, 3, 3))
    asked.arrays["x"][0, 0, 0, 0] = outlier
    monkeypatch.setattr(refimpl, "conv2d", exchanged(refimpl.conv2d))
    said = dict(OnSlices(asked).of(["y"]))["y"]
    assert isinstance(said, Dispute)
    assert said.place[0] in (1, 2)


def test_a_small_bias_is_not_hidden_by_a_large_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The smaller one forgotten."""
    right = refimpl.linear
    monkeypatch.setattr(
        refimpl, "linear", lambda x, w, b=None: right(x, w, None if b is None else b * (b > 1e6))
    )
    arrays = {"x": np.ones((1, 2)), "weight": np.ones((2, 2)), "bias": np.array([1e9, 1.0])}
    said = dict(OnSlices(Problem("linear", arrays, {}, np.ones((1, 2)))).of(["y"]))["y"]
    assert isinstance(said, Dispute)


def test_wrong_arithmetic_is_not_torchs_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    """refimpl's formula is right on balls, its floats are not."""
    asked = problem("linear", "float32", x=(3, 300), weight=(4, 300))
    y = tensors_of(asked)["y"]
    right = refimpl.linear

    def rounded(*arrays: Array) -> Array:
        found = right(*arrays)
        return found if found.dtype == object else found * (1 + 2.0**-40)

    monkeypatch.setattr(refimpl, "linear", rounded)
    assert judged(asked, "y", y, y)[0].note.endswith(": refimpl’s arithmetic is wrong")


def test_a_dispute_names_the_place_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of blocks, too: the last sample is another one."""
    asked = problem("conv2d", "float64", x=(3, 2, 5, 4), weight=(4, 2, 3, 2))
    right = torch_functions.FUNCTIONS["conv2d"]

    def odd(x: Any, *arguments: Any, **options: Any) -> Any:
        y = right(x, *arguments, **options)
        return y + (np.array_equal(x.detach().numpy(), last))

    monkeypatch.setattr(partition, "BLOCK", 1)
    *_, block = partition.blocks(asked)
    plan = on_slices.plan_of(asked, block.problem)
    last = on_slices.cut(block.problem.arrays["x"], plan.bits, plan.exponents["x"]).parts[0]
    monkeypatch.setitem(torch_functions.FUNCTIONS, "conv2d", odd)
    said = dict(OnSlices(asked).of(["y"]))["y"]
    assert isinstance(said, Dispute)
    assert said.place == (2, 0, 0, 0)
    assert said.torch == said.refimpl + 1


def test_no_integers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A formula that gives fractions where only later slices show it is no exact value."""
    asked = problem("linear", "float64", x=(3, 5), weight=(4, 5))
    right, calls = refimpl.linear, []

    def halved(*arrays: Array) -> Array:
        calls.append(1)
        return right(*arrays) / (1 if len(calls) < 4 else 3)

    monkeypatch.setattr(refimpl, "linear", halved)
    with pytest.raises(ImpossibleError, match="on integers refimpl gives no integers"):
        list(OnSlices(asked).of(["y"]))
