"""Cases of maximum and average pooling over one, two and three axes."""

from __future__ import annotations

from math import inf
from typing import Any

from parity.cases.case import Case, Draw, Given, Shape, Source


def _case(
    function: str,
    name: str,
    x: Shape | Source,
    kernel_size: Any,
    *,
    values: str = "normal",
    layout: str = "contiguous",
    upstream: str = "normal",
    documents: tuple[str, ...] = (),
    **options: Any,
) -> Case:
    """One case; a shape stands for a random array of the given values and layout."""
    source = Draw(x, values, layout) if isinstance(x, tuple) else x
    options = {"kernel_size": kernel_size, **options}
    return Case(function, name, {"x": source}, options, upstream, documents)


def _max1d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("max_pool1d", name, x, kernel_size, **more)


def _max2d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("max_pool2d", name, x, kernel_size, **more)


def _max3d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("max_pool3d", name, x, kernel_size, **more)


def _avg1d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("avg_pool1d", name, x, kernel_size, **more)


def _avg2d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("avg_pool2d", name, x, kernel_size, **more)


def _avg3d(name: str, x: Shape | Source, kernel_size: Any, **more: Any) -> Case:
    return _case("avg_pool3d", name, x, kernel_size, **more)


# --- sizes and options that both kinds share ----------------------------------------------

SHAPES: dict[int, Shape] = {1: (2, 3, 11), 2: (2, 3, 9, 8), 3: (2, 3, 7, 6, 5)}
KINDS = ("max", "avg")

SHARED = tuple(
    _case(f"{kind}_pool{n}d", name, (*lead, *SHAPES[n][2:]), 2, **options)
    for kind in KINDS
    for n in SHAPES
    for name, lead, options in (
        ("window 2 leaves pixels over", (2, 3), {}),
        ("one sample", (1, 3), {"stride": 3}),
        ("one channel", (2, 1), {"stride": 1}),
        ("empty batch", (0, 3), {"padding": 1}),
        ("window 2 ceil_mode", (2, 3), {"ceil_mode": True}),
    )
)

VIEWS = tuple(
    _case(f"{kind}_pool{n}d", f"{layout} views", SHAPES[n], 3, layout=layout, stride=2, padding=1)
    for kind in KINDS
    for n in SHAPES
    for layout in ("reversed", "strided", "transposed")
)

# Overlapping windows with padding: what is beside the numbers must not show.
FAMILIES = tuple(
    _case(
        f"{kind}_pool{n}d",
        name,
        SHAPES[n],
        3,
        values=values,
        upstream=upstream,
        stride=2,
        padding=1,
    )
    for kind in KINDS
    for n in SHAPES
    for name, values, upstream in (
        ("integers", "integers", "integers"),
        ("all negative beside padding", "negative", "normal"),
        ("special", "special", "normal"),
        ("minus infinity", "minus_inf", "normal"),
        ("largest", "largest", "largest"),
        ("subnormal", "subnormal", "subnormal"),
    )
)

# --- maximum ------------------------------------------------------------------------------

MAXIMUM = (
    _max1d("overlap", (2, 3, 10), 4, stride=2),
    _max1d("gaps", (2, 3, 13), 2, stride=5),
    _max1d("window is the input", (2, 3, 7), 7),
    _max1d("window 1", (2, 3, 5), 1),
    _max1d("padding 2", (2, 3, 9), 5, stride=2, padding=2),
    _max1d("dilation 3", (2, 3, 11), 3, stride=1, dilation=3),
    _max1d(
        "dilation padding ceil_mode", (2, 3, 10), 3, stride=2, padding=1, dilation=2, ceil_mode=True
    ),
    _max1d(
        "ceil_mode drops a window in the padding", (3, 4, 5), 2, stride=3, padding=1, ceil_mode=True
    ),
    _max1d("ties", (3, 4, 12), 4, values="ties", stride=2),
    _max1d("ties of zero and minus zero", (2, 3, 11), 3, values="negative_zero", stride=1),
    _max2d(
        "window 2×2", (2, 3, 8, 6), 2, documents=("D0.4", "D0.7", "D0.11", "D3.6", "D4.4", "D4.6")
    ),
    _max2d("overlap 3 stride 2", (2, 4, 9, 7), 3, stride=2, documents=("D2.13",)),
    _max2d("overlap on one axis", (2, 4, 9, 7), 3, stride=(3, 1)),
    _max2d("stride 1", (2, 4, 6, 7), (3, 2), stride=1),
    _max2d("gaps", (2, 3, 10, 11), 2, stride=(3, 4)),
    _max2d("window(4,2) stride(1,3)", (2, 3, 9, 8), (4, 2), stride=(1, 3)),
    _max2d("window is one row", (2, 3, 5, 8), (1, 4), stride=(2, 3)),
    _max2d("window is one column", (2, 3, 8, 5), (4, 1), stride=(3, 2)),
    _max2d("window 1", (2, 3, 5, 4), 1),
    _max2d("window 1 stride 2", (2, 3, 7, 6), 1, stride=2),
    _max2d("global", (2, 3, 6, 5), (6, 5)),
    _max2d("padding 1", (2, 4, 7, 6), 3, padding=1),
    _max2d("padding(1,2) window(2,5)", (2, 3, 7, 8), (2, 5), stride=2, padding=(1, 2)),
    _max2d("padding(0,1) stride 1", (2, 4, 6, 5), (2, 3), stride=1, padding=(0, 1)),
    _max2d("dilation 2", (2, 4, 9, 8), 3, stride=1, dilation=2),
    _max2d("dilation(1,3)", (2, 3, 7, 10), (4, 2), stride=2, dilation=(1, 3)),
    _max2d(
        "stride padding dilation",
        (2, 3, 11, 10),
        (4, 3),
        stride=(2, 3),
        padding=(2, 1),
        dilation=(1, 2),
    ),
    _max2d(
        "dilated windows begin two places in the padding",
        (2, 3, 6, 9),
        (4, 5),
        stride=1,
        padding=2,
        dilation=(2, 1),
    ),
    _max2d("ceil_mode hangs over", (2, 3, 8, 7), 3, stride=2, ceil_mode=True),
    _max2d("ceil_mode fits", (2, 4, 9, 7), 3, stride=2, ceil_mode=True),
    _max2d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _max2d(
        "ceil_mode padding dilation",
        (2, 3, 10, 9),
        (3, 2),
        stride=(3, 2),
        padding=1,
        dilation=(2, 3),
        ceil_mode=True,
    ),
    _max2d("window of 255 places", (1, 2, 18, 20), (15, 17), stride=2),
    _max2d("window of 256 places", (1, 2, 19, 18), 16, stride=(1, 2)),
    _max2d("ties", (2, 3, 9, 8), 3, values="ties", stride=2, upstream="integers"),
    _max2d("ties padding", (2, 4, 7, 8), 3, values="ties", stride=1, padding=1),
    _max2d("ties without overlap", (2, 4, 9, 6), 3, values="ties", documents=("D2.28",)),
    _max2d("all equal", (2, 3, 7, 8), (3, 2), values="zeros", stride=2),
    _max2d("ties of zero and minus zero", (2, 4, 8, 7), 3, values="negative_zero", stride=2),
    _max2d("tiny", (2, 3, 7, 8), 2, values="tiny", upstream="tiny", stride=1),
    _max2d("huge", (2, 3, 7, 8), 2, values="huge", upstream="huge", stride=1),
    _max2d("wide upstream", (2, 4, 7, 8), 3, upstream="wide", stride=1),
    _max2d("special upstream", (2, 4, 7, 8), 3, upstream="special", stride=1),
    _max2d("special, window 2×2", (3, 4, 8, 10), 2, values="special", documents=("D2.28",)),
    _max3d("window 2×3×1", (2, 4, 7, 6, 5), (2, 3, 1), documents=("D0.5",)),
    _max3d("overlap stride(1,2,3)", (2, 3, 5, 7, 8), (2, 3, 4), stride=(1, 2, 3)),
    _max3d("gaps", (2, 3, 7, 8, 9), (1, 2, 3), stride=(3, 4, 5)),
    _max3d("global", (2, 3, 6, 5, 4), (6, 5, 4)),
    _max3d("padding(0,1,2)", (2, 3, 6, 5, 7), (1, 2, 4), stride=2, padding=(0, 1, 2)),
    _max3d("dilation(1,2,3)", (2, 3, 5, 6, 8), (3, 2, 2), stride=1, dilation=(1, 2, 3)),
    _max3d(
        "stride padding dilation ceil_mode",
        (2, 3, 8, 7, 9),
        (3, 2, 4),
        stride=(2, 3, 1),
        padding=(1, 0, 2),
        dilation=(2, 1, 2),
        ceil_mode=True,
    ),
    _max3d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5, 8),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _max3d("ties", (2, 3, 5, 6, 7), (2, 3, 4), values="ties", stride=1),
)

# --- average ------------------------------------------------------------------------------

AVERAGE = (
    _avg1d("overlap", (2, 3, 10), 4, stride=3),
    _avg1d("gaps", (2, 3, 13), 2, stride=5),
    _avg1d("window is the input", (2, 3, 7), 7),
    _avg1d("window 1", (2, 3, 5), 1),
    _avg1d("padding 2", (2, 3, 9), 5, stride=2, padding=2),
    _avg1d("padding not counted", (2, 3, 9), 5, stride=2, padding=2, count_include_pad=False),
    _avg1d(
        "padding not counted ceil_mode",
        (2, 3, 10),
        4,
        stride=3,
        padding=2,
        count_include_pad=False,
        ceil_mode=True,
    ),
    _avg1d("ceil_mode padding", (2, 3, 10), 4, stride=3, padding=1, ceil_mode=True),
    _avg1d(
        "ceil_mode drops a window in the padding", (3, 4, 5), 2, stride=3, padding=1, ceil_mode=True
    ),
    _avg1d("wide", (2, 3, 40), 16, values="wide", stride=5),
    _avg2d(
        "window 2×2", (2, 3, 8, 6), 2, documents=("D0.4", "D0.7", "D0.11", "D2.11", "D2.28", "D3.6")
    ),
    _avg2d("overlap", (2, 4, 9, 7), 3, stride=2),
    _avg2d("overlap on one axis", (2, 4, 9, 7), 3, stride=(3, 1)),
    _avg2d("stride 1", (2, 4, 6, 7), (3, 2), stride=1),
    _avg2d("gaps", (2, 3, 10, 11), 2, stride=(3, 4)),
    _avg2d("window(4,2) stride(1,3)", (2, 3, 9, 8), (4, 2), stride=(1, 3)),
    _avg2d("window is one row", (2, 3, 5, 8), (1, 4), stride=(2, 3)),
    _avg2d("window is one column", (2, 3, 8, 5), (4, 1), stride=(3, 2)),
    _avg2d("window 1 stride 2", (2, 3, 7, 6), 1, stride=2),
    _avg2d("global", (2, 3, 6, 5), (6, 5)),
    _avg2d("padding 1", (2, 4, 7, 6), 3, padding=1),
    _avg2d("padding(1,2) window(2,5)", (2, 3, 7, 8), (2, 5), stride=2, padding=(1, 2)),
    _avg2d("padding not counted", (2, 4, 7, 6), 3, stride=2, padding=1, count_include_pad=False),
    _avg2d(
        "padding(2,1) not counted",
        (2, 3, 8, 7),
        (5, 2),
        stride=(1, 2),
        padding=(2, 1),
        count_include_pad=False,
    ),
    _avg2d("ceil_mode hangs over", (2, 3, 8, 7), 3, stride=2, ceil_mode=True),
    _avg2d("ceil_mode fits", (2, 4, 9, 7), 3, stride=2, ceil_mode=True),
    _avg2d("ceil_mode padding", (2, 3, 10, 9), 4, stride=3, padding=1, ceil_mode=True),
    _avg2d(
        "ceil_mode padding not counted",
        (2, 3, 10, 9),
        4,
        stride=3,
        padding=2,
        ceil_mode=True,
        count_include_pad=False,
    ),
    _avg2d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _avg2d("divisor 1 is a sum", (2, 3, 8, 7), (3, 2), stride=2, divisor_override=1),
    _avg2d("divisor 7", (2, 3, 8, 9), (3, 2), stride=(1, 2), divisor_override=7),
    _avg2d(
        "divisor 5 padding not counted",
        (2, 4, 8, 7),
        3,
        stride=2,
        padding=1,
        count_include_pad=False,
        divisor_override=5,
    ),
    _avg2d("divisor 3 ceil_mode", (2, 3, 8, 7), 3, stride=2, ceil_mode=True, divisor_override=3),
    _avg2d("window 16×16", (2, 3, 35, 33), 16, stride=(9, 8)),
    _avg2d("window 16×16, wide", (2, 3, 19, 18), 16, values="wide", upstream="wide", stride=1),
    _avg2d(
        "window 16×16, integers",
        (2, 3, 35, 33),
        16,
        values="integers",
        upstream="integers",
        stride=8,
        padding=8,
    ),
    _avg2d("huge", (2, 4, 7, 8), 3, values="huge", upstream="huge", stride=1),
    _avg2d("tiny", (2, 4, 7, 8), 3, values="tiny", upstream="tiny", stride=1),
    _avg2d("negative zero", (2, 4, 9, 8), 3, values="negative_zero", stride=2),
    _avg2d("special upstream", (2, 4, 7, 8), 3, upstream="special", stride=1),
    _avg3d("window 2×3×1", (2, 4, 7, 6, 5), (2, 3, 1), documents=("D0.5",)),
    _avg3d("overlap stride(1,2,3)", (2, 3, 5, 7, 8), (2, 3, 4), stride=(1, 2, 3)),
    _avg3d("gaps", (2, 3, 7, 8, 9), (1, 2, 3), stride=(3, 4, 5)),
    _avg3d("global", (2, 3, 6, 5, 4), (6, 5, 4)),
    _avg3d("padding(0,1,2)", (2, 3, 6, 5, 7), (1, 2, 4), stride=2, padding=(0, 1, 2)),
    _avg3d(
        "padding(0,1,2) not counted",
        (2, 3, 6, 5, 7),
        (1, 2, 4),
        stride=2,
        padding=(0, 1, 2),
        count_include_pad=False,
    ),
    _avg3d("ceil_mode padding", (2, 3, 8, 7, 6), 3, stride=2, padding=1, ceil_mode=True),
    _avg3d(
        "ceil_mode padding not counted",
        (2, 3, 8, 7, 9),
        (3, 4, 2),
        stride=(2, 3, 1),
        padding=(1, 2, 0),
        ceil_mode=True,
        count_include_pad=False,
    ),
    _avg3d(
        "ceil_mode drops windows in the padding",
        (3, 4, 2, 5, 8),
        2,
        stride=3,
        padding=1,
        ceil_mode=True,
    ),
    _avg3d("divisor 5", (2, 3, 6, 5, 7), (3, 2, 4), stride=(1, 2, 3), divisor_override=5),
)

# --- worked examples of the documents -----------------------------------------------------


def _image(rows: Any) -> Given:
    """One sample of one channel."""
    return Given(((rows,),))


FEATURE_MAP = _image(((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4)))

WORKED = (
    _max2d("4×4 to 2×2", FEATURE_MAP, 2, upstream="integers", documents=("D0.4", "D3.10")),
    _avg2d("4×4 to 2×2", FEATURE_MAP, 2, upstream="integers", documents=("D0.4", "D3.10")),
    _max2d(
        "a 2×2 window with its maximum twice", _image(((3, 1), (0, 3))), 2, documents=("D2.28",)
    ),
    _max2d("a 2×2 window of equal numbers", _image(((2, 2), (2, 2))), 2, documents=("D2.28",)),
    _avg2d("a quarter each", _image(((3, 1), (0, 3))), 2, documents=("D2.28", "D1.23")),
    _max2d(
        "a window of minus infinity",
        _image(((-inf, -inf, 1.0), (-inf, -inf, 2.0))),
        2,
        stride=1,
    ),
    _max2d("infinity on both sides", _image(((inf, -inf), (0.0, inf))), 2),
)

CASES = SHARED + VIEWS + FAMILIES + MAXIMUM + AVERAGE + WORKED
