"""Cases of weighted_pool2d and gaussian_pool2d."""

from __future__ import annotations

from typing import Any

from parity.cases.case import WEIGHTED_VALUES, Case, Draw, Given, Shape, Source

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
    **options: Any,
) -> Case:
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    options = {"kernel_size": kernel_size, "sigma": sigma, **options}
    return Case("gaussian_pool2d", name, {"x": source}, options, upstream, documents)


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


def _image(rows: Any) -> Given:
    """One sample of one channel."""
    return Given(((rows,),))


FEATURE_MAP = _image(((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4)))

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

CASES = WEIGHTED + GAUSSIAN + WORKED
