"""Invalid arguments of weighted_pool2d, gaussian_pool2d, downsample and upsample."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from parity.cases import bad_texts as says
from parity.cases.bad_texts import X1, X2
from parity.cases.case import BadCase, Draw, Given

WEIGHTED = (
    says.axes("weighted_pool2d", "a signal", "N, C, H, W", x=X1),
    says.axes(
        "weighted_pool2d",
        "weights of a convolution",
        "C, K_h, K_w",
        "weight",
        weight=Draw((5, 3, 2, 4)),
    ),
    says.axes(
        "weighted_pool2d_backward", "one window", "C, K_h, K_w", "weight", weight=Draw((2, 4))
    ),
    says.sizes("weighted_pool2d", "channels disagree", "3 channels", 5, weight=Draw((5, 2, 4))),
    says.sizes(
        "weighted_pool2d_backward", "channels disagree", "3 channels", 1, weight=Draw((1, 2, 4))
    ),
    says.value_error(
        "weighted_pool2d",
        "an empty window",
        "the kernel must not be empty (weight (3, 2, 0))",
        weight=Draw((3, 2, 0)),
    ),
    says.value_error(
        "weighted_pool2d",
        "nothing to pool",
        "x is empty along W, there is nothing to pool",
        x=Draw((2, 3, 7, 0)),
    ),
    says.span(
        "weighted_pool2d", "large window", 8, "H", "7 (7 and 0 of padding)", weight=Draw((3, 8, 4))
    ),
    says.least("weighted_pool2d", "stride 0", "stride", 1, 0),
    says.least("weighted_pool2d_backward", "negative stride", "stride", 1, (1, -2)),
    says.count("weighted_pool2d", "three strides", "stride", 2, (1, 2, 3)),
    says.integer("weighted_pool2d", "stride 2.5", "stride", 2, 2.5),
    says.bias("weighted_pool2d", "bias too long", 3, Draw((4,))),
    says.not_real("weighted_pool2d", "complex weight", "weight", "complex128"),
    says.mixed("weighted_pool2d", "x", "bias", float32="bias"),
    says.mixed("weighted_pool2d_backward", "dy", "x", float32="x"),
    says.dy("weighted_pool2d_backward", "dy of stride 1", "(2, 3, 3, 1)", dy=Draw((2, 3, 6, 3))),
    says.dy("weighted_pool2d_backward", "dy of another stride", "(2, 3, 6, 2)", stride=(1, 2)),
)


def _sigma(function: str, value: Any, x: str = "float64") -> BadCase:
    """A width that is not positive, or not in the dtype of x."""
    message = f"sigma must be positive and finite in {x}, but is {value!r}"
    dtypes = {"x": x, "dy": x}
    return says.value_error(function, f"sigma {value!r}", message, sigma=value, dtypes=dtypes)


GAUSSIAN = (
    says.axes("gaussian_pool2d", "no batch axis", "N, C, H, W", x=Draw((3, 7, 6))),
    says.least("gaussian_pool2d", "window 0", "kernel_size", 1, 0),
    says.integer("gaussian_pool2d", "window None", "kernel_size", 2, None),
    says.count("gaussian_pool2d", "three windows", "kernel_size", 2, (2, 3, 2)),
    says.span("gaussian_pool2d", "large window", 7, "W", "6 (6 and 0 of padding)", kernel_size=7),
    says.least("gaussian_pool2d_backward", "stride 0", "stride", 1, 0),
    _sigma("gaussian_pool2d", 0),
    _sigma("gaussian_pool2d", -1.5),
    _sigma("gaussian_pool2d", inf),
    _sigma("gaussian_pool2d_backward", nan),
    _sigma("gaussian_pool2d_backward", 1e-60, "float32"),
    says.number("gaussian_pool2d", "sigma as text", "sigma", "1"),
    says.number("gaussian_pool2d", "sigma None", "sigma", None),
    says.number("gaussian_pool2d_backward", "a sigma for each axis", "sigma", (1.0, 2.0)),
    says.not_real("gaussian_pool2d", "complex x", "x", "complex128"),
    says.mixed("gaussian_pool2d_backward", "dy", "x", float32="dy"),
    says.dy("gaussian_pool2d_backward", "dy of stride 2", "(2, 3, 6, 5)", stride=1),
)

HOWS, EDGES = "'max', 'mean'", "'zero_pad', 'drop'"

SAMPLING = (
    *(
        case
        for function in ("downsample", "upsample")
        for case in (
            says.axes(function, "no channel axis", "N, C, H, W", x=Draw((2, 7, 6))),
            says.least(function, "size 0", "size", 1, (2, 0)),
            says.count(function, "three sizes", "size", 2, (2, 2, 2)),
            says.integer(function, "size 2.0", "size", 2, 2.0),
            says.choice(function, "unknown pooling", "how", HOWS, "median"),
            says.choice(function, "unknown edge", "edge", EDGES, "reflect"),
            says.choice(function, "edge None", "edge", EDGES, None),
            says.value_error(
                function,
                "nothing to pool",
                "x is empty along H, there is nothing to pool",
                x=Draw((2, 3, 0, 6)),
            ),
        )
    ),
    says.value_error(
        "downsample",
        "no whole window",
        "the window spans 7 along W, but the padded input has only 6 (6 and 0 of padding)",
        size=7,
        edge="drop",
    ),
    says.value_error(
        "upsample",
        "no whole window",
        "the window spans 8 along H, but the padded input has only 7 (7 and 0 of padding)",
        size=(8, 2),
        edge="drop",
    ),
    says.not_real("downsample", "boolean x", "x", "bool", x=Given((((True, False),),))),
    says.mixed("upsample", "dy", "x", float32="dy"),
    says.dy("upsample", "dy of the dropped edge", "(2, 3, 4, 3)", dy=Draw((2, 3, 3, 3))),
    says.dy("upsample", "dy of the kept edge", "(2, 3, 3, 3)", edge="drop"),
    says.dy("upsample", "dy of the input's shape", "(2, 3, 4, 3)", dy=X2),
)

CASES: tuple[BadCase, ...] = WEIGHTED + GAUSSIAN + SAMPLING
