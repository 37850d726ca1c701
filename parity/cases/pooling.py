"""What the cases of maximum and average pooling share: sizes, options and values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.cases.case import Case, Draw, Given, Shape, Source
from parity.cases.texts import POOLED1, POOLED2, POOLED3, X1, X2, X3, Valid

SHAPES: dict[int, Shape] = {1: (2, 3, 11), 2: (2, 3, 9, 8), 3: (2, 3, 7, 6, 5)}


def pool_case(
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


def of_both(kind: str) -> tuple[Case, ...]:
    """Sizes, options, views and values on which the maximum ("max") and the mean ("avg") run."""
    sizes = tuple(
        pool_case(f"{kind}_pool{n}d", name, (*lead, *SHAPES[n][2:]), 2, **options)
        for n in SHAPES
        for name, lead, options in (
            ("window 2 leaves pixels over", (2, 3), {}),
            ("one sample", (1, 3), {"stride": 3}),
            ("one channel", (2, 1), {"stride": 1}),
            ("empty batch", (0, 3), {"padding": 1}),
            ("window 2 ceil_mode", (2, 3), {"ceil_mode": True}),
        )
    )
    views = tuple(
        pool_case(
            f"{kind}_pool{n}d", f"{layout} views", SHAPES[n], 3, layout=layout, stride=2, padding=1
        )
        for n in SHAPES
        for layout in ("reversed", "strided", "transposed")
    )
    # Overlapping windows with padding: what is beside the numbers must not show.
    families = tuple(
        pool_case(
            f"{kind}_pool{n}d",
            name,
            SHAPES[n],
            3,
            values=values,
            upstream=upstream,
            stride=2,
            padding=1,
        )
        for n in SHAPES
        for name, values, upstream in (
            ("integers", "integers", "integers"),
            ("all negative beside padding", "negative", "normal"),
            ("special", "special", "normal"),
            ("near ties", "near_ties", "normal"),
            ("minus infinity", "minus_inf", "normal"),
            ("largest", "largest", "largest"),
            ("subnormal", "subnormal", "subnormal"),
        )
    )
    return sizes + views + families


def valid_of(kind: str) -> Valid:
    """The arguments that the bad cases of a kind start from."""
    arrays: Mapping[int, tuple[Draw, Draw]] = {1: (X1, POOLED1), 2: (X2, POOLED2), 3: (X3, POOLED3)}
    forward = {f"{kind}_pool{n}d": {"x": x, "kernel_size": 2} for n, (x, _) in arrays.items()}
    backward = {
        f"{kind}_pool{n}d_backward": {"dy": dy, "x": x, "kernel_size": 2}
        for n, (x, dy) in arrays.items()
    }
    return {**forward, **backward}


def image(rows: Any) -> Given:
    """One sample of one channel."""
    return Given(((rows,),))


FEATURE_MAP = image(((1, 1, 2, 4), (5, 6, 7, 8), (3, 2, 1, 0), (1, 2, 3, 4)))
