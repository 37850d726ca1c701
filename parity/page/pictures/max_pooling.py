"""Maximum pooling: which place won, and that the gradient goes back there alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from markupsafe import Markup

from parity.cases.case import Array
from parity.cases.pooling import FEATURE_MAP
from parity.page.bilingual import both
from parity.page.pictures.equations import Factor, Place, shown, sum_of_products
from parity.page.pictures.picture import Picture, Step, grid
from parity.page.pictures.windows import up_to, windows
from refimpl import max_pool2d_backward, max_pool2d_with_indices


def pooling(x: Array, dy: Array, kernel_size: int, stride: int) -> Iterator[Step]:
    """One step for each window: its maximum, and dx as far as the windows so far fill it."""
    y, winners = _maxima(x, kernel_size, stride)
    for number, (place, window) in enumerate(windows(dy.shape, kernel_size, stride), start=1):
        dx = max_pool2d_backward(up_to(number, dy)[None, None], x[None, None], kernel_size, stride)
        won = winners[place]
        yield Step(
            (
                grid("x", x, {"window": window, "here": [won]}),
                "→",
                grid("y", y, {"here": [place]}, known=number),
                grid("dy", dy, {"here": [place]}, chosen=True),
                "→",
                grid("dx", dx[0, 0], {"window": window, "here": [won]}),
            ),
            both(
                "The largest of {values} is {largest}; dy = {dy} goes to its place, row {h}, "
                "column {w}.",
                values=", ".join(shown(x[there]) for there in window),
                largest=shown(y[place]),
                h=won[0] + 1,
                w=won[1] + 1,
                dy=shown(dy[place]),
            ),
            (_so_far(dx[0, 0], dy, winners, won, number),),
        )


def _maxima(x: Array, kernel_size: int, stride: int) -> tuple[Array, dict[Place, Place]]:
    """y, and for each of its places the place of x that won."""
    y, indices = max_pool2d_with_indices(x[None, None], kernel_size, stride)
    places = {out: divmod(int(k), x.shape[1]) for out, k in np.ndenumerate(indices[0, 0])}
    return y[0, 0], places


def _so_far(dx: Array, dy: Array, winners: dict[Place, Place], won: Place, number: int) -> Markup:
    """dx at the place that won, as the sum of what the windows so far send there."""
    senders = [out for out in list(winners)[:number] if winners[out] == won]
    return sum_of_products(
        Factor("dx", won, dx[won]), [(Factor("dy", out, dy[out]),) for out in senders]
    )


def tie(x: Array, dy: Array) -> Step:
    """A window whose maximum stands at two places, under both conventions."""
    first, every = (
        max_pool2d_backward(dy[None, None], x[None, None], x.shape, ties=ties)[0, 0]
        for ties in ("first", "all")
    )
    largest = [place for place, value in np.ndenumerate(x) if value == x.max()]
    return Step(
        (
            grid("x", x, {"here": largest}),
            grid("dy", dy),
            "→",
            grid('dx, ties="first"', first, {"here": largest[:1]}),
            grid('dx, ties="all"', every, {"here": largest}),
        ),
        both(
            "{value} stands at {n} places. Raised together they raise the maximum only once.",
            value=shown(x.max()),
            n=len(largest),
        ),
    )


# --- the pictures -------------------------------------------------------------------------

PRINTED = np.array(FEATURE_MAP.values)[0, 0]  # D0.4
DIGITS = (-3, -2, -1, 1, 2, 3)
TIE = np.array([[1, 3], [3, 0]])


def pictures() -> Iterator[Picture]:
    """Windows side by side, windows that overlap, a tie."""
    rng = np.random.default_rng(7)
    no_two_alike = rng.permutation(35).reshape(5, 7)
    no_two_alike[2, 2] = 35  # in four windows
    yield Picture(
        "max-pooling",
        "Max pooling: the gradient goes to the winner",
        (
            "Each window gives its largest element. Backwards, what the documents call upsample "
            "puts dy at that element's place and 0 elsewhere; D1 copies it to all four places, "
            "which is right for the mean only.",
        ),
        ("max_pool2d", "max_pool2d_backward"),
        ("D0.4", "D0.11", "D1.23", "D2.28", "D4.6"),
        tuple(pooling(PRINTED, rng.choice(DIGITS, (2, 2)), 2, 2)),
    )
    yield Picture(
        "max-pooling-overlapping",
        "Max pooling with windows that overlap",
        (
            "With windows of 3×3 and a stride of 2, as in AlexNet, one element can win several "
            "windows: their gradients add up.",
        ),
        ("max_pool2d_backward",),
        ("D2.13", "D2.28"),
        tuple(pooling(no_two_alike, rng.choice(DIGITS, (2, 3)), 3, 2)),
    )
    yield Picture(
        "max-pooling-tie",
        "Max pooling: a tie",
        (
            "Where two elements are the largest, torch gives dy to the first of them, and refimpl "
            "does the same unless asked; D2's formula gives it to each.",
        ),
        ("max_pool2d_backward",),
        ("D1.23", "D2.28"),
        (tie(TIE, np.array([[5]])),),
    )
