"""What the catalogue knows of weighted_pool2d and gaussian_pool2d."""

from __future__ import annotations

from math import inf, nan
from typing import Any

from parity.cases.case import FLOATS, WEIGHTED_VALUES, BadCase, Case, Draw, Given, Shape, Source
from parity.cases.dice import Arguments, Dice, Maker
from parity.cases.drawing import affine, each, pooled, told, window_of
from parity.cases.function import AFFINE, MAP, Function, sum_of_products
from parity.cases.pooling import FEATURE_MAP
from parity.cases.symbol_case import AnyNumber, SymbolCase, branching, sums
from parity.cases.texts import LAST, NO_BATCH, POOLED2, X1, X2, Texts, Valid

GROUP = "pooling"

ROWS: tuple[Function, ...] = (
    sum_of_products("weighted_pool2d", AFFINE, "D0.11", "D1.17", pieces=MAP),
    Function(
        "gaussian_pool2d",
        ("x",),
        ("D0.11", "D1.17"),
        elementary=True,
        rounded=("sigma",),
        pieces=MAP,
    ),
)

# --- trainable pooling --------------------------------------------------------------------


def _weighted(
    name: str,
    x: Shape | Source,
    weight: Shape | Source,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    bias: bool = True,
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    arrays: dict[str, Source] = {
        key: Draw(array, values, layout) if isinstance(array, tuple) else array
        for key, array in {"x": x, "weight": weight}.items()
    }
    if bias:
        kernels = arrays["weight"]
        channels = len(kernels.values) if isinstance(kernels, Given) else kernels.shape[0]
        arrays["bias"] = Draw((channels,), values, layout)
    return Case("weighted_pool2d", name, arrays, options, upstream, documents)


WEIGHTED = (
    _weighted("plain", (2, 5, 9, 8), (5, 3, 2), documents=("D1.17",)),
    _weighted("without bias", (2, 5, 9, 8), (5, 2, 3), bias=False),
    _weighted("one sample", (1, 5, 9, 8), (5, 2, 4), stride=3),
    _weighted("one channel", (2, 1, 9, 8), (1, 2, 4)),
    _weighted("one number", (1, 1, 1, 1), (1, 1, 1)),
    _weighted("empty batch", (0, 5, 9, 8), (5, 3, 2)),
    _weighted("pixels left over", (2, 4, 8, 7), (4, 3, 2)),
    _weighted("overlap", (2, 5, 9, 7), (5, 4, 3), stride=2),
    _weighted("overlap on one axis", (2, 5, 9, 7), (5, 2, 4), stride=(3, 1)),
    _weighted("one entry for both axes", (2, 5, 9, 8), (5, 4, 3), stride=(2,)),
    _weighted("gaps", (2, 5, 10, 11), (5, 1, 2), stride=(3, 4)),
    _weighted("stride 1", (2, 4, 6, 7), (4, 3, 2), stride=1),
    _weighted("window is one row", (2, 3, 5, 8), (3, 1, 4), stride=(2, 3)),
    _weighted("window is one column", (2, 3, 8, 5), (3, 4, 1), stride=(3, 2)),
    _weighted("window 1", (2, 3, 5, 4), (3, 1, 1)),
    _weighted("global", (2, 3, 6, 5), (3, 6, 5)),
    _weighted("K is 240", (2, 3, 35, 33), (3, 16, 15), stride=(9, 8)),
    _weighted(
        "K is 240, wide", (2, 3, 19, 18), (3, 16, 15), values="wide", upstream="wide", stride=1
    ),
    _weighted("zero weight", (2, 5, 9, 8), Draw((5, 3, 2), "zeros")),
    _weighted("special upstream", (2, 4, 7, 8), (4, 3, 2), upstream="special", stride=1),
    _weighted("special weight", (2, 4, 8, 7), Draw((4, 3, 2), "special"), stride=1),
    *(
        _weighted(f"{layout} views", (2, 5, 9, 8), (5, 3, 4), layout=layout, stride=2)
        for layout in ("reversed", "strided", "transposed")
    ),
    *(
        _weighted(
            name, Draw((2, 5, 9, 8), values), Draw((5, 3, 4), weights), upstream=upstream, stride=2
        )
        for name, values, weights, upstream in WEIGHTED_VALUES
    ),
)

# --- Gaussian pooling ---------------------------------------------------------------------


def _gaussian(
    name: str,
    x: Shape | Source,
    kernel_size: Any,
    sigma: float,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    dtypes: tuple[str, ...] = FLOATS,
    **options: Any,
) -> Case:
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    options = {"kernel_size": kernel_size, "sigma": sigma, **options}
    return Case("gaussian_pool2d", name, {"x": source}, options, upstream, documents, dtypes)


GAUSSIAN = (
    _gaussian("window 2×2", (2, 3, 8, 6), 2, 1.0, documents=("D1.17",)),
    _gaussian("window 3×3", (2, 4, 9, 7), 3, 0.8, documents=("D1.17", "D2.5")),
    _gaussian("one sample", (1, 3, 9, 8), (3, 2), 1.1),
    _gaussian("one channel", (2, 1, 9, 8), (2, 5), 1.1),
    _gaussian("empty batch", (0, 3, 9, 8), 3, 1.0),
    _gaussian("odd and even", (2, 3, 9, 8), (5, 4), 1.3, stride=1),
    _gaussian("overlap", (2, 4, 9, 7), 3, 0.7, stride=2),
    _gaussian("overlap on one axis", (2, 4, 9, 7), (4, 3), 0.9, stride=(1, 3)),
    _gaussian("gaps", (2, 3, 10, 11), 2, 0.6, stride=(3, 4)),
    _gaussian("pixels left over", (2, 3, 8, 7), (3, 5), 2.0),
    _gaussian("window is one row", (2, 3, 5, 8), (1, 4), 0.5, stride=(2, 3)),
    _gaussian("window is one column", (2, 3, 8, 5), (4, 1), 0.5, stride=(3, 2)),
    _gaussian("window 1", (2, 3, 5, 4), 1, 0.5),
    _gaussian("global", (2, 3, 6, 5), (6, 5), 1.7),
    _gaussian("sigma 0.1", (2, 3, 9, 8), (4, 3), 0.1, stride=1),
    _gaussian("sigma 0.02, weights that underflow", (2, 3, 9, 8), (4, 3), 0.02, stride=1),
    _gaussian("sigma 10⁻⁶, the nearest places alone", (2, 3, 9, 8), (4, 3), 1e-6, stride=1),
    _gaussian("sigma 100, nearly the mean", (2, 3, 9, 8), (4, 3), 100.0, stride=1),
    # σ² is beyond the dtype's numbers: in a 3×2 window one place is nearest, or two.
    *(
        _gaussian(f"sigma {sigma}, whose square no number holds", (2, 3, 9, 8), (3, 2), sigma)
        for sigma in (1e-25, 1e25)
    ),
    *(
        _gaussian(
            f"sigma {sigma}, whose square no number holds",
            (2, 3, 9, 8),
            (2, 3),
            sigma,
            dtypes=("float64",),
        )
        for sigma in (1e-170, 1e170)
    ),
    _gaussian("an integer sigma", (2, 3, 9, 8), (4, 3), 2, stride=2),
    _gaussian("window 16×15", (2, 3, 35, 33), (16, 15), 3.0, stride=(9, 8)),
    _gaussian(
        "window 16×15, wide",
        (2, 3, 19, 18),
        (16, 15),
        4.5,
        values="wide",
        upstream="wide",
        stride=1,
    ),
    *(
        _gaussian(f"{layout} views", (2, 3, 9, 8), 3, 0.9, layout=layout, stride=2)
        for layout in ("reversed", "strided", "transposed")
    ),
    *(
        _gaussian(values, (2, 3, 9, 8), (3, 4), 0.75, values=values, upstream=values, stride=2)
        for values in ("integers", "ties", "wide", "huge", "tiny", "subnormal", "negative_zero")
    ),
    _gaussian(
        "largest", (2, 3, 9, 8), (3, 4), 0.75, values="largest", upstream="largest", stride=2
    ),
    _gaussian("special", (2, 3, 9, 8), (3, 4), 0.75, values="special", stride=2),
    _gaussian("special upstream", (2, 3, 9, 8), (3, 4), 0.75, upstream="special", stride=2),
    _gaussian("zero upstream", (2, 3, 9, 8), (3, 4), 0.75, upstream="zeros", stride=2),
)

# --- worked examples ----------------------------------------------------------------------


WORKED = (
    _weighted(
        "a function of four values",
        FEATURE_MAP,
        Given((((1, 2), (3, 4)),)),
        upstream="integers",
        documents=("D1.17",),
    ),
    _gaussian(
        "the mean of four values", FEATURE_MAP, 2, 1.5, upstream="integers", documents=("D1.17",)
    ),
    _gaussian(
        "a blurred feature map",
        FEATURE_MAP,
        3,
        1.0,
        stride=1,
        upstream="integers",
        documents=("D1.17", "D2.5"),
    ),
)

GOOD: tuple[Case, ...] = WEIGHTED + GAUSSIAN + WORKED

# --- bad arguments ------------------------------------------------------------------------

VALID: Valid = {
    "weighted_pool2d": {"x": X2, "weight": Draw((3, 2, 4)), "bias": Draw((3,))},
    "weighted_pool2d_backward": {"dy": Draw((2, 3, 3, 1)), "x": X2, "weight": Draw((3, 2, 4))},
    "gaussian_pool2d": {"x": X2, "kernel_size": 2, "sigma": 1.5},
    "gaussian_pool2d_backward": {"dy": POOLED2, "x": X2, "kernel_size": 2, "sigma": 1.5},
}
says = Texts(VALID)

BAD_WEIGHTED = (
    says.most("weighted_pool2d", "stride", 2**63),
    says.masked("weighted_pool2d_backward", "weight"),
    says.axes("weighted_pool2d", "a signal", "N, C, H, W", hint=NO_BATCH, x=X1),
    says.axes(
        "weighted_pool2d",
        "weights of a convolution",
        "C, K_h, K_w",
        "weight",
        weight=Draw((5, 3, 2, 4)),
    ),
    says.axes(
        "weighted_pool2d_backward",
        "one window",
        "C, K_h, K_w",
        "weight",
        hint="; give weight[None] for one channel",
        weight=Draw((2, 4)),
    ),
    says.sizes(
        "weighted_pool2d",
        "windows with their channels last",
        "3 channels",
        2,
        hint=f"{LAST}weight.transpose(2, 0, 1)",
        weight=Draw((2, 4, 3)),
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


BAD_GAUSSIAN = (
    says.axes("gaussian_pool2d", "no batch axis", "N, C, H, W", hint=NO_BATCH, x=Draw((3, 7, 6))),
    says.beyond("gaussian_pool2d", "sigma"),
    says.most("gaussian_pool2d_backward", "stride", 2**63),
    says.masked("gaussian_pool2d", "x"),
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

BAD: tuple[BadCase, ...] = BAD_WEIGHTED + BAD_GAUSSIAN

# --- symbols ------------------------------------------------------------------------------

SYMBOLIC: tuple[SymbolCase, ...] = (
    sums(
        "weighted_pool2d",
        "overlap",
        {"x": (2, 3, 3, 5), "weight": (3, 2, 3), "bias": (3,)},
        stride=(1, 2),
    ),
    branching(
        "gaussian_pool2d",
        "any sigma",
        {"x": (1, 2, 4, 3)},
        kernel_size=(3, 2),
        sigma=AnyNumber("sigma", 1),
        stride=1,
    ),
)

# --- random arguments ---------------------------------------------------------------------


def _random_weighted(dice: Dice) -> Arguments:
    """Arguments of weighted_pool2d."""
    window, stride, _ = window_of(dice, 2)
    channels, sizes = dice.size(1, 4), tuple(dice.size(k, k + 6) for k in window)
    options = told(dice, {"stride": stride}, stride=None)
    return affine(dice, (dice.batch(), channels, *sizes), (channels, *window), options)


def _random_gaussian(dice: Dice) -> Arguments:
    """Arguments of gaussian_pool2d: σ from a hundredth of a pixel to a hundred pixels."""
    window, stride, _ = window_of(dice, 2)
    sizes = tuple(dice.size(k, k + 6) for k in window)
    options = {"kernel_size": each(dice, window), "sigma": 10 ** dice.real(-2, 2), "stride": stride}
    x = (dice.batch(), dice.size(1, 4), *sizes)
    return pooled(dice, x, told(dice, options, stride=None))


RANDOM: dict[str, Maker] = {
    "weighted_pool2d": _random_weighted,
    "gaussian_pool2d": _random_gaussian,
}
