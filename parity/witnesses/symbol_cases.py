"""The shapes and options at which every backward is compared with sympy's derivative."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sympy

from parity.cases.case import Array, Shape
from parity.cases.functions import FUNCTIONS
from parity.witnesses.symbols import Branched


@dataclass(frozen=True)
class SymbolCase:
    """Symbols of some shapes; an array that is written out is passed as it is.

    ordered: the function compares, calls exp, log or tanh, or gives a single value (sympy takes
    arrays without axes for its own), so that its symbols stand for numbers, which decide the
    branches.
    """

    function: str
    name: str
    arrays: Mapping[str, Shape | Array]
    options: Mapping[str, Any] = field(default_factory=dict)
    ordered: bool = False

    @property
    def id(self) -> str:
        """`function[name]`"""
        return f"{self.function}[{self.name}]"


def _sums(
    function: str, name: str, arrays: Mapping[str, Shape | Array], **options: Any
) -> SymbolCase:
    """Of a function that forms sums of products."""
    return SymbolCase(function, name, arrays, options)


def _branching(
    function: str, name: str, arrays: Mapping[str, Shape | Array], **options: Any
) -> SymbolCase:
    """Of any other function."""
    return SymbolCase(function, name, arrays, options, ordered=True)


def _any(name: str, number: Any) -> Branched:
    """A parameter that may be any number of the same sign."""
    return Branched(sympy.Symbol(name, positive=True), number)


WEIGHTED = (
    _sums(
        "conv1d",
        "all options",
        {"x": (2, 4, 7), "weight": (4, 2, 2), "bias": (4,)},
        stride=2,
        padding=((1, 0),),
        dilation=2,
        groups=2,
    ),
    _sums("conv2d", "plain", {"x": (2, 2, 3, 4), "weight": (3, 2, 2, 1), "bias": (3,)}),
    _sums(
        "conv2d",
        "all options",
        {"x": (1, 4, 4, 5), "weight": (2, 2, 2, 3), "bias": (2,)},
        stride=(1, 2),
        padding=((1, 0), (0, 1)),
        dilation=(2, 1),
        groups=2,
    ),
    _sums(
        "conv3d",
        "all options",
        {"x": (1, 2, 2, 3, 5), "weight": (2, 1, 1, 2, 3), "bias": (2,)},
        stride=(1, 1, 2),
        padding=((0, 0), (1, 0), (0, 1)),
        dilation=(1, 2, 1),
        groups=2,
    ),
    *(
        _sums(function, name, {"a": a, "kernel": kernel}, mode=mode)
        for function in ("correlate2d", "convolve2d")
        for name, a, kernel, mode in (
            ("full", (2, 3), (2, 4), "full"),
            ("same", (2, 3, 4), (2, 3), "same"),
            ("valid", (2, 3, 4), (2, 3), "valid"),
            ("valid, the kernel is larger", (2, 1, 2), (3, 4), "valid"),
        )
    ),
    _sums("rot180", "batch", {"a": (2, 3, 4)}),
    _sums("shared_conv2d", "plain", {"x": (2, 3, 3, 4), "weight": (2, 2, 3), "bias": (2,)}),
    _sums(
        "weighted_pool2d",
        "overlap",
        {"x": (2, 3, 3, 5), "weight": (3, 2, 3), "bias": (3,)},
        stride=(1, 2),
    ),
    _sums("linear", "two leading axes", {"x": (2, 1, 3), "weight": (4, 3), "bias": (4,)}),
)

POOLING = (
    _branching("max_pool1d", "overlap", {"x": (2, 3, 7)}, kernel_size=3, stride=2, padding=1),
    _branching(
        "max_pool2d",
        "all options",
        {"x": (2, 1, 4, 6)},
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=(1, 0),
        dilation=(1, 2),
        ceil_mode=True,
    ),
    _branching("max_pool3d", "overlap", {"x": (1, 2, 2, 3, 4)}, kernel_size=2, stride=1),
    _sums(
        "avg_pool1d",
        "overlap",
        {"x": (2, 3, 6)},
        kernel_size=3,
        stride=2,
        padding=1,
        ceil_mode=True,
        count_include_pad=False,
    ),
    _sums(
        "avg_pool2d",
        "all options",
        {"x": (2, 3, 4, 5)},
        kernel_size=(3, 2),
        stride=(2, 1),
        padding=(1, 0),
        ceil_mode=True,
        count_include_pad=False,
    ),
    _sums("avg_pool2d", "divisor 5", {"x": (1, 2, 3, 4)}, kernel_size=2, divisor_override=5),
    _sums("avg_pool3d", "overlap", {"x": (1, 2, 2, 3, 4)}, kernel_size=2, stride=1, padding=1),
    _branching(
        "gaussian_pool2d",
        "any sigma",
        {"x": (1, 2, 4, 3)},
        kernel_size=(3, 2),
        sigma=_any("sigma", 1),
        stride=1,
    ),
    *(
        _branching(
            "downsample", f"{how}, {edge}", {"x": (1, 2, 3, 5)}, size=(2, 3), how=how, edge=edge
        )
        for how in ("max", "mean")
        for edge in ("zero_pad", "drop")
    ),
)

OTHERS = (
    _sums("flatten", "maps", {"x": (2, 3, 2, 2)}),
    _sums("add", "maps", {"x": (2, 3), "branch": (2, 3)}),
    _sums("concatenate", "three", {"a": (2, 1, 2), "b": (2, 3, 2), "c": (2, 2, 2)}),
    _sums(
        "dropout",
        "any p",
        {"x": (2, 3), "mask": np.array([[1, 0, 1], [0, 1, 1]])},
        p=sympy.Symbol("p", positive=True),
    ),
    _branching("relu", "both signs", {"x": (2, 3)}),
    _branching(
        "leaky_relu",
        "both signs, any slope",
        {"x": (2, 3)},
        negative_slope=_any("slope", sympy.Rational(1, 10)),
    ),
    *(_branching(name, "both signs", {"x": (2, 3)}) for name in ("sigmoid", "tanh", "sign")),
    *(
        _branching(name, f"axis {axis}", {"x": (2, 3)}, axis=axis)
        for name in ("softmax", "log_softmax")
        for axis in (0, 1)
    ),
)

LOSSES = (
    *(
        _branching(
            "cross_entropy",
            f"indices, {reduction}",
            {"logits": (2, 3), "target": np.array([2, 0])},
            reduction=reduction,
        )
        for reduction in ("mean", "sum")
    ),
    _branching(
        "cross_entropy",
        "any targets, places",
        {"logits": (1, 3, 2), "target": (1, 3, 2)},
        reduction="none",
    ),
    *(
        _branching(
            "binary_cross_entropy_with_logits",
            reduction,
            {"logits": (2, 3), "target": (2, 3)},
            reduction=reduction,
        )
        for reduction in ("mean", "sum", "none")
    ),
    _branching("log_likelihood", "any targets", {"logits": (2, 3), "target": (2, 3)}),
    _branching(
        "perceptron_loss",
        "both sides of the hyperplane",
        {"score": (2, 3), "target": np.array([[1, -1, 1], [-1, 1, -1]])},
    ),
    _branching("squared_error", "any targets", {"output": (2, 3), "target": (2, 3)}),
)

CASES = WEIGHTED + POOLING + OTHERS + LOSSES
SYMBOLIC = {
    name: tuple(case for case in CASES if case.function == name)
    for name, function in FUNCTIONS.items()
    if function.inputs
}
