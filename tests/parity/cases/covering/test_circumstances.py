"""What a run must have met at least once, whatever its seed: one line for each circumstance."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from parity.cases.case import FLOATS, Case, Classes, Draw, Shape
from parity.cases.functions import FUNCTIONS
from parity.results.settings import DEFAULT_SEED
from parity.suite.tasks import select

CONVOLUTIONS = ("conv1d", "conv2d", "conv3d")
MAXIMA = ("max_pool1d", "max_pool2d", "max_pool3d")
AVERAGES = ("avg_pool1d", "avg_pool2d", "avg_pool3d")
POOLINGS = (*MAXIMA, *AVERAGES)
LOSSES = ("cross_entropy", "softmax", "log_softmax")
VIEWS = ("reversed", "strided", "transposed")
WITH_DY = tuple(
    name
    for name, function in FUNCTIONS.items()
    if function.inputs and name not in ("squared_error", "log_likelihood", "perceptron_loss")
)
Holds = Callable[[Case], bool]


def all_cases(seed: int) -> list[Case]:
    """Of a run without options, each once."""
    tasks = select([], None, FLOATS, seed=seed)
    return list({task.id: task.case for task in tasks if task.case}.values())  # type: ignore[misc]


@pytest.fixture(scope="module", params=[DEFAULT_SEED, 3])
def cases(request: pytest.FixtureRequest) -> list[Case]:
    return all_cases(request.param)


# --- what a case has ----------------------------------------------------------------------


def shape(case: Case, name: str = "x") -> Shape:
    return getattr(case.arrays[name], "shape", ())


def first(case: Case) -> Shape:
    return shape(case, next(iter(case.arrays)))


def size(axis: int, least: int, most: int = 10**9) -> Holds:
    """Of the first array along an axis."""
    return lambda case: len(first(case)) > 1 and least <= first(case)[axis] <= most


def padding(name: str) -> Holds:
    return lambda case: case.options.get("padding") == name


def asymmetric(case: Case) -> bool:
    padding = case.options.get("padding")
    pairs = padding if isinstance(padding, tuple) else ()
    return any(isinstance(p, tuple) and p[0] != p[1] for p in pairs)


def above(case: Case, name: str, plain: int) -> bool:
    """An option beyond its plain value along some axis."""
    value = case.options.get(name, plain)
    entries = value if isinstance(value, tuple) else (value,)
    return any(isinstance(e, tuple) or (isinstance(e, int) and e > plain) for e in entries)


def padded(case: Case) -> bool:
    return above(case, "padding", 0) or case.options.get("padding") in ("same", "full")


def viewed(case: Case) -> bool:
    return any(getattr(source, "layout", "") in VIEWS for source in case.arrays.values())


def kernel(case: Case) -> Shape:
    return shape(case, "weight")[2:]


def values(*kinds: str) -> Holds:
    return lambda case: any(
        isinstance(source, Draw) and source.values in kinds for source in case.arrays.values()
    )


def on(*options: str) -> Holds:
    return lambda case: all(case.options.get(name) for name in options)


def both(*held: Holds) -> Holds:
    return lambda case: all(holds(case) for holds in held)


def groups(case: Case) -> bool:
    return case.options.get("groups", 1) > 1


def dilated(case: Case) -> bool:
    return above(case, "dilation", 1)


def strided(case: Case) -> bool:
    return above(case, "stride", 1)


def blocks(case: Case) -> bool:
    return case.block_bytes is not None


def uncounted(case: Case) -> bool:
    return case.options.get("count_include_pad") is False


def square(sizes: Shape) -> bool:
    return len(sizes) > 1 and len(set(sizes)) == 1 and sizes[0] > 1


def stride_one(case: Case) -> bool:
    return case.options.get("stride") == 1


CIRCUMSTANCES: dict[str, tuple[tuple[str, ...], Holds]] = {
    "groups, padding asymmetric": (CONVOLUTIONS, both(groups, asymmetric)),
    "groups, dilation": (CONVOLUTIONS, both(groups, dilated)),
    "groups, dilation, stride": (CONVOLUTIONS, both(groups, dilated, strided)),
    "groups, same": (CONVOLUTIONS, both(groups, padding("same"))),
    "groups, full": (CONVOLUTIONS, both(groups, padding("full"))),
    "groups, small blocks": (CONVOLUTIONS, both(groups, blocks)),
    "small blocks, padding": (CONVOLUTIONS, both(blocks, padded)),
    "small blocks, dilation": (CONVOLUTIONS, both(blocks, dilated)),
    "small blocks, stride": (CONVOLUTIONS, both(blocks, strided)),
    "views, dilation": ((*CONVOLUTIONS, *MAXIMA), both(viewed, dilated)),
    "dy a view, groups": (CONVOLUTIONS, both(groups, lambda c: c.dy_layout in VIEWS)),
    "dilation 4": (CONVOLUTIONS, lambda c: above(c, "dilation", 3)),
    "equal kernel axes": (("conv2d", "conv3d"), lambda c: square(kernel(c))),
    "unequal kernel axes": (("conv2d", "conv3d"), lambda c: len(set(kernel(c))) > 1),
    "equal sides": (("conv2d", "conv3d"), lambda c: square(shape(c)[2:])),
    "divisor, padding, ceil_mode": (
        ("avg_pool2d", "avg_pool3d"),
        both(on("divisor_override", "ceil_mode"), padded),
    ),
    "padding not counted, ceil_mode": (AVERAGES, both(uncounted, on("ceil_mode"))),
    "dilation, ceil_mode": (MAXIMA, both(dilated, on("ceil_mode"))),
    "dilation, padding": (MAXIMA, both(dilated, padded)),
    "several NaN, stride 1": (MAXIMA, both(values("nans"), stride_one)),
    "near ties": ((*MAXIMA, "downsample"), values("near_ties")),
    "small blocks of maps": ((*POOLINGS, "downsample"), blocks),
    "small blocks, ceil_mode": (POOLINGS, both(blocks, on("ceil_mode"))),
    "real blocks of maps": (
        ("max_pool2d", "avg_pool2d"),
        both(size(-1, 201), lambda case: not blocks(case)),
    ),
    "four samples": ((*CONVOLUTIONS, *POOLINGS, "weighted_pool2d"), size(0, 4, 4)),
    "five samples": ((*CONVOLUTIONS, *POOLINGS, "weighted_pool2d"), size(0, 5, 5)),
    "five channels": ((*POOLINGS, "weighted_pool2d"), size(1, 5, 5)),
    "sides above 40": (
        (*CONVOLUTIONS, *POOLINGS, "weighted_pool2d", "downsample", "rot180"),
        lambda c: max(first(c)[2:], default=0) > 40,
    ),
    "more than 1000 classes": (LOSSES, lambda c: max(first(c), default=0) > 1000),
    "indices of 32 bits": (
        ("cross_entropy",),
        lambda c: getattr(c.arrays["target"], "dtype", "") == "int32",
    ),
    "more than four maps": (("concatenate",), lambda c: len(c.arrays) > 4),
    "features from 1000 on": (("linear",), size(-1, 1001)),
    "square weight": (("linear",), lambda c: square(shape(c, "weight"))),
    "near the target": (("squared_error",), values("near_marks")),
    "tails beside ordinary numbers": (
        ("sigmoid", "tanh", "binary_cross_entropy_with_logits", "log_likelihood", *LOSSES),
        values("tails"),
    ),
    "five axes": (("relu", "add", "softmax", "dropout", "flatten"), lambda c: len(first(c)) == 5),
    "six axes": (("relu", "add", "dropout", "flatten"), lambda c: len(first(c)) == 6),
    "dy a view": (WITH_DY, lambda c: c.dy_layout in VIEWS),
    "dy transposed beside contiguous arrays": (
        ("conv2d", "linear", "max_pool2d", "relu", "cross_entropy"),
        lambda c: c.dy_layout == "transposed" and not viewed(c),
    ),
}


@pytest.mark.parametrize("name", CIRCUMSTANCES)
def test_a_run_meets(name: str, cases: list[Case]) -> None:
    """Of each function a case, listed or generated."""
    functions, holds = CIRCUMSTANCES[name]
    met = {case.function for case in cases if case.function in functions and holds(case)}
    assert set(functions) - met == set()


def test_a_circumstance_that_is_missing_is_noticed(cases: list[Case]) -> None:
    """Without its generated cases max_pool2d has no near ties."""
    functions, holds = CIRCUMSTANCES["near ties"]
    rest = [c for c in cases if c.function != "max_pool2d" or not c.name.startswith("pairs")]
    met = {c.function for c in rest if c.function in functions and holds(c)}
    assert "max_pool2d" not in met


def test_class_indices_have_the_dtype_said() -> None:
    """And stay below the number of classes."""
    kinds: set[Any] = {
        source.dtype
        for case in all_cases(5)
        for source in case.arrays.values()
        if isinstance(source, Classes)
    }
    assert kinds == {"int64", "int32", "int16", "uint8"}
