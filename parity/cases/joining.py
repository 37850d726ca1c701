"""Cases of add and concatenate."""

from __future__ import annotations

from itertools import cycle
from typing import Any

from parity.cases.case import LAYOUTS, Case, Draw, Given, Shape, Source

VALUES = (
    ("integers", "integers"),
    ("wide", "wide"),
    ("huge", "huge"),
    ("largest", "normal"),
    ("tiny", "tiny"),
    ("subnormal", "subnormal"),
    ("negative_zero", "negative_zero"),
    ("zeros", "normal"),
    ("special", "special"),
)  # of the inputs and of the upstream gradient


def _add(
    name: str,
    shape: Shape,
    values: tuple[str, str] = ("normal", "normal"),
    layouts: tuple[str, str] = ("contiguous", "contiguous"),
    **more: Any,
) -> Case:
    """One case: values and layouts of x and of the branch."""
    arrays = {
        key: Draw(shape, kind, layout)
        for key, kind, layout in zip(("x", "branch"), values, layouts, strict=True)
    }
    return Case("add", name, arrays, **more)


ADD = (
    _add("maps", (2, 3, 4, 5), documents=("D4.16",)),
    _add("vectors", (3, 4)),
    _add("signals", (3, 4, 5)),
    _add("volumes", (2, 3, 4, 5, 6)),
    _add("a row", (7,)),
    _add("a single value", ()),
    _add("one number", (1, 1, 1, 1)),
    _add("empty batch", (0, 3, 4, 5)),
    _add("no maps", (2, 0, 4, 5)),
    _add("branch of zeros", (2, 3, 5, 4), ("normal", "zeros"), documents=("D4.16",)),
    _add("branch far larger", (2, 3, 5, 4), ("normal", "huge")),
    _add("branch far smaller", (2, 3, 5, 4), ("wide", "tiny")),
    _add("branch past the largest", (2, 3, 5, 4), ("largest", "largest")),
    *(
        _add(values.replace("_", " "), (2, 3, 5, 4), (values, values), upstream=upstream)
        for values, upstream in VALUES
    ),
    *(_add(f"{layout} views", (2, 4, 3, 5), layouts=(layout, layout)) for layout in LAYOUTS),
    _add("reversed beside transposed", (2, 4, 3, 5), layouts=("reversed", "transposed")),
    Case(  # h = x + f(θ, x)
        "add",
        "x and what a residual block adds to it",
        {"x": Given(((1, -2, 3), (40, 50, -60))), "branch": Given(((7, 2, -1), (-2, 5, 8)))},
        upstream="integers",
        documents=("D4.16",),
    ),
)


def _concatenate(
    name: str,
    *shapes: Shape,
    values: tuple[str, ...] = ("normal",),
    layouts: tuple[str, ...] = ("contiguous",),
    **more: Any,
) -> Case:
    """One case: the maps' shapes; values and layouts are theirs in turn."""
    arrays: dict[str, Source] = {
        key: Draw(shape, kind, layout)
        for key, shape, kind, layout in zip(
            "abcd", shapes, cycle(values), cycle(layouts), strict=False
        )
    }
    return Case("concatenate", name, arrays, **more)


CONCATENATE = (
    _concatenate(
        "four maps, as in an Inception block",
        (2, 1, 6, 7),
        (2, 4, 6, 7),
        (2, 3, 6, 7),
        (2, 5, 6, 7),
        documents=("D4.18",),
    ),
    _concatenate("three maps", (2, 4, 5, 6), (2, 1, 5, 6), (2, 3, 5, 6)),
    _concatenate("two maps", (3, 4, 5, 6), (3, 2, 5, 6)),
    _concatenate("one map", (2, 3, 4, 5)),
    _concatenate("four maps of one depth", *[(2, 3, 4, 5)] * 4),
    _concatenate("vectors", (3, 4), (3, 2)),
    _concatenate("signals", (2, 3, 5), (2, 4, 5), (2, 1, 5)),
    _concatenate("volumes", (2, 3, 4, 5, 6), (2, 1, 4, 5, 6)),
    _concatenate("one number of each", (1, 1, 1, 1), (1, 1, 1, 1)),
    _concatenate("empty batch", (0, 3, 4, 5), (0, 2, 4, 5)),
    _concatenate("a map without channels", (2, 3, 4, 5), (2, 0, 4, 5), (2, 1, 4, 5)),
    _concatenate("no channels at all", (2, 0, 4, 5), (2, 0, 4, 5)),
    _concatenate("no pixels", (2, 3, 0, 5), (2, 4, 0, 5)),
    *(
        _concatenate(
            values.replace("_", " "),
            (2, 4, 5, 3),
            (2, 1, 5, 3),
            (2, 6, 5, 3),
            values=(values,),
            upstream=upstream,
        )
        for values, upstream in VALUES
    ),
    _concatenate(
        "each map of its own size of numbers",
        *[(2, 3, 5, 4)] * 4,
        values=("huge", "subnormal", "integers", "negative_zero"),
        upstream="wide",
    ),
    *(
        _concatenate(f"{layout} views", (2, 4, 3, 5), (2, 6, 3, 5), layouts=(layout,))
        for layout in LAYOUTS
    ),
    _concatenate("each map of its own layout", *[(2, 6, 3, 5)] * 4, layouts=tuple(LAYOUTS)),
    Case(  # the maps of one pixel and of four pixels, depth behind depth
        "concatenate",
        "maps behind each other along the depth",
        {
            "a": Given(((((1, 2), (3, 4)),),)),
            "b": Given(((((50, 60), (70, 80)), ((-5, -6), (-7, -8))),)),
        },
        upstream="integers",
        documents=("D4.18",),
    ),
)

CASES = ADD + CONCATENATE
