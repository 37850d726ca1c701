"""Where the windows of convolutions and poolings stand."""

from __future__ import annotations

from itertools import product
from math import ceil
from typing import Any

import numpy as np

from parity.witnesses.definitions.definition import Options, Place


def each(value: Any, axes: int) -> tuple[Any, ...]:
    """One value for all axes, or one for each; a single entry stands for all.

    >>> each(2, 3), each((2,), 3), each([1, 2], 2)
    ((2, 2, 2), (2, 2, 2), (1, 2))
    """
    values = tuple(value) if isinstance(value, tuple | list) else (value,)
    return values * axes if len(values) == 1 else values


def is_inside(place: Place, x: Place) -> bool:
    """Whether a place of a window is one of the input's, not of its padding."""
    return all(0 <= p < n for p, n in zip(place, x[2:], strict=True))


def margins(padding: Any, sizes: Place, spans: Place, stride: Place) -> list[tuple[int, int]]:
    """(before, after) on each axis: "full" reaches every overlap, "same" gives ⌈H/s⌉ outputs."""
    if padding == "valid":
        return [(0, 0) for _ in sizes]
    if padding == "full":
        return [(span - 1, span - 1) for span in spans]
    if padding != "same":
        return [p if isinstance(p, tuple) else (p, p) for p in each(padding, len(sizes))]
    found = []
    for size, span, s in zip(sizes, spans, stride, strict=True):
        pads = 0
        while (size + pads - span) // s + 1 < ceil(size / s):
            pads += 1
        found.append((pads // 2, pads - pads // 2))
    return found


def pool_windows(x: Place, options: Options) -> tuple[Place, list[tuple[Place, Any]]]:
    """The spatial output and for each of its places all places of the window, padding included."""
    axes = len(x) - 2
    kernel = each(options["kernel_size"], axes)
    stride = each(options.get("stride") or kernel, axes)
    padding, dilation = (
        each(options.get("padding", 0), axes),
        each(options.get("dilation", 1), axes),
    )
    output = []
    for n, k, s, p, d in zip(x[2:], kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        count = (ceil(room / s) if options.get("ceil_mode") else room // s) + 1
        if options.get("ceil_mode") and (count - 1) * s >= n + p:
            count -= 1  # the last window would start behind the input
        output.append(count)
    found = []
    for h in np.ndindex(*output):
        rows = [
            [o * s - p + i * d for i in range(k)]
            for o, k, s, p, d in zip(h, kernel, stride, padding, dilation, strict=True)
        ]
        found.append((h, list(product(*rows))))
    return tuple(output), found
