"""Padding along one, two and three axes: what stands behind what is written out along each axis."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Arrays, Definition, Options, Place
from parity.witnesses.definitions.numbers import fractions
from parity.witnesses.definitions.windows import each

Places = list[int | None]  # of x, for each place of y; None: the value


def _constant(places: Places, before: int, after: int) -> Places:
    framed = [None] * before + places + [None] * after
    return framed[max(0, -before) : len(framed) - max(0, -after)]


def _reflect(places: Places, before: int, after: int) -> Places:
    """The border is the mirror."""
    return places[1 : before + 1][::-1] + places + places[::-1][1 : after + 1]


def _replicate(places: Places, before: int, after: int) -> Places:
    return places[:1] * before + places + places[-1:] * after


def _circular(places: Places, before: int, after: int) -> Places:
    return places[len(places) - before :] + places + places[:after]


MODES: dict[str, Callable[[Places, int, int], Places]] = {
    "constant": _constant,
    "reflect": _reflect,
    "replicate": _replicate,
    "circular": _circular,
}


def filled(place: Place, sizes: Place, mode: str) -> Place:
    """The place of x that fills a place of a frame around it; of zeros, the place itself.

    >>> filled((-1, 2), (3, 2), "reflect"), filled((-1, 2), (3, 2), "zeros")
    ((1, 0), (-1, 2))
    """
    if mode == "zeros":
        return place
    found = []
    for u, size in zip(place, sizes, strict=True):
        before, after = max(0, -u), max(0, u - size + 1)
        found.append(MODES[mode](list(range(size)), before, after)[u + before])
    return tuple(v for v in found if v is not None)


def pad(dy: Any, arrays: Arrays, options: Options) -> dict[str, Any]:
    """Each place of y has its place of x, or the value; dy goes back to where it came from."""
    x = arrays["x"]
    along = MODES[options.get("mode", "constant")]
    every = [
        along(list(range(size)), *each(pair, 2))
        for size, pair in zip(x.shape[2:], each(options["padding"], x.ndim - 2), strict=True)
    ]
    value = Fraction(float(x.dtype.type(options.get("value", 0))))  # as x's dtype holds it
    y, dx = fractions(np.zeros(np.shape(dy))), fractions(np.zeros(x.shape))
    for n, c in np.ndindex(*x.shape[:2]):
        for u in product(*map(range, map(len, every))):
            v = [places[i] for places, i in zip(every, u, strict=True)]
            if None in v:
                y[n, c, *u] = value
            else:
                y[n, c, *u] = Fraction(float(x[n, c, *v]))
                dx[n, c, *v] += Fraction(float(dy[n, c, *u]))
    return {"y": y, "dx": dx}


DEFINITIONS: dict[str, Definition] = {"pad": pad}
