"""Average pooling: every place of a window gets an equal share of the gradient."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from parity.cases.case import Array
from parity.cases.pooling import FEATURE_MAP
from parity.page.bilingual import both
from parity.page.pictures.equations import Factor, shown, sum_of_products
from parity.page.pictures.picture import Picture, Step, grid
from parity.page.pictures.windows import up_to, windows
from refimpl import avg_pool2d, avg_pool2d_backward


def pooling(x: Array, dy: Array, kernel_size: int) -> Iterator[Step]:
    """One step for each of the windows side by side: its mean, and dx as far as they fill it."""
    y = avg_pool2d(x[None, None], kernel_size)[0, 0]
    n = kernel_size**2
    for number, (place, window) in enumerate(windows(dy.shape, kernel_size, kernel_size), 1):
        dx = avg_pool2d_backward(up_to(number, dy)[None, None], x[None, None], kernel_size)[0, 0]
        elements = [(Factor("x", there, x[there]),) for there in window]
        yield Step(
            (
                grid("x", x, {"window": window}),
                "→",
                grid("y", y, {"here": [place]}, known=number),
                grid("dy", dy, {"here": [place]}, chosen=True),
                "→",
                grid("dx", dx, {"window": window}),
            ),
            both("The mean of {n} elements: each gets {dy}/{n} back.", n=n, dy=shown(dy[place])),
            (
                sum_of_products(Factor("y", place, y[place]), elements, n),
                sum_of_products(
                    Factor("dx", window[0], dx[window[0]]), [(Factor("dy", place, dy[place]),)], n
                ),
            ),
        )


def shares(x: Array, dy: Array, kernel_size: int) -> Iterator[Step]:
    """One step for each element of dx: the windows, one place apart, that hold it."""
    dx = avg_pool2d_backward(dy[None, None], x[None, None], kernel_size, 1)[0, 0]
    held = list(windows(dy.shape, kernel_size, 1))
    for number, place in enumerate(np.ndindex(dx.shape), start=1):
        holders = [out for out, window in held if place in window]
        yield Step(
            (
                grid("dy", dy, {"window": holders}),
                "→",
                grid("dx", dx, {"here": [place]}, known=number, chosen=True),
            ),
            both(
                "Windows that hold input row {h}, column {w}: {n}.",
                h=place[0] + 1,
                w=place[1] + 1,
                n=len(holders),
            ),
            (
                sum_of_products(
                    Factor("dx", place, dx[place]),
                    [(Factor("dy", out, dy[out]),) for out in holders],
                    kernel_size**2,
                ),
            ),
        )


# --- the pictures -------------------------------------------------------------------------

PRINTED = np.array(FEATURE_MAP.values, np.float64)[0, 0]  # D0.4


def pictures() -> Iterator[Picture]:
    """Windows side by side, and windows that overlap."""
    rng = np.random.default_rng(11)
    yield Picture(
        "average-pooling",
        "Average pooling: equal shares",
        (
            "Each window gives its mean. Backwards upsample deals dy out: each of the n elements "
            "of a window gets dy/n.",
        ),
        ("avg_pool2d", "avg_pool2d_backward"),
        ("D0.4", "D0.11", "D1.23", "D1.33", "D2.28", "D3.10"),
        tuple(pooling(PRINTED, rng.choice([-8.0, -4, 4, 8], (2, 2)), 2)),
    )
    yield Picture(
        "average-pooling-overlapping",
        "Average pooling with windows that overlap",
        (
            "With windows of 2×2 and a stride of 1 an element lies in up to four windows; its "
            "shares add up.",
        ),
        ("avg_pool2d_backward",),
        ("D2.28",),
        tuple(shares(np.zeros((3, 4)), rng.choice([-8.0, -4, 4, 8, 12], (2, 3)), 2)),
    )
