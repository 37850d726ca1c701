"""Where the windows of convolutions and poolings stand."""

from __future__ import annotations

from itertools import product
from math import ceil, prod
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


def adaptive_spans(size: int, output: int | None) -> list[range]:
    """Along one axis, the places of each window of an adaptive pooling: ⌊·⌋ to ⌈·⌉.

    >>> adaptive_spans(5, 3), adaptive_spans(2, None)
    ([range(0, 2), range(1, 4), range(3, 5)], [range(0, 1), range(1, 2)])
    """
    count = size if output is None else output
    return [range(i * size // count, ceil((i + 1) * size / count)) for i in range(count)]


def _adaptive(x: Place, options: Options) -> list[list[range]]:
    """For each axis the places of each window; of a pooling of whole maps one."""
    outputs = each(options.get("output_size", 1), len(x) - 2)
    return [adaptive_spans(n, output) for n, output in zip(x[2:], outputs, strict=True)]


def is_adaptive(options: Options) -> bool:
    """Whether a pooling has no window of its own: its output says how large they are."""
    return not {"kernel_size", "size"} & set(options)


def window_of(x: Place, options: Options) -> tuple[int, ...]:
    """The sides of the largest window of a pooling.

    >>> window_of((1, 1, 5, 6), {"kernel_size": 2}), window_of((1, 1, 5, 6), {"output_size": 3})
    ((2, 2), (3, 2))
    """
    if is_adaptive(options):
        return tuple(max(map(len, spans), default=0) for spans in _adaptive(x, options))
    return each(options.get("size", options.get("kernel_size")), len(x) - 2)


def most_terms(x: Place, options: Options) -> int:
    """No sum of a pooling has more terms: the places of a window, the windows of a place.

    >>> most_terms((1, 1, 5, 6), {"kernel_size": 2}), most_terms((1, 1, 2), {"output_size": 5})
    (4, 3)
    """
    places = prod(window_of(x, options))
    if not is_adaptive(options):
        return places
    axes = zip(x[2:], _adaptive(x, options), strict=True)
    return max(places, prod(max(sum(u in s for s in spans) for u in range(n)) for n, spans in axes))


def pool_windows(x: Place, options: Options) -> tuple[Place, list[tuple[Place, Any]]]:
    """The spatial output and for each of its places all places of the window, padding included."""
    axes = len(x) - 2
    if is_adaptive(options):
        every = _adaptive(x, options)
        output = tuple(map(len, every))
        return output, [
            (h, list(product(*(spans[i] for spans, i in zip(every, h, strict=True)))))
            for h in np.ndindex(*output)
        ]
    kernel = each(options["kernel_size"], axes)
    stride = each(options.get("stride") or kernel, axes)
    padding, dilation = (
        each(options.get("padding", 0), axes),
        each(options.get("dilation", 1), axes),
    )
    counts = []
    for n, k, s, p, d in zip(x[2:], kernel, stride, padding, dilation, strict=True):
        room = n + 2 * p - d * (k - 1) - 1
        count = (ceil(room / s) if options.get("ceil_mode") else room // s) + 1
        if options.get("ceil_mode") and (count - 1) * s >= n + p:
            count -= 1  # the last window would start behind the input
        counts.append(count)
    found = []
    for h in np.ndindex(*counts):
        rows = [
            [o * s - p + i * d for i in range(k)]
            for o, k, s, p, d in zip(h, kernel, stride, padding, dilation, strict=True)
        ]
        found.append((h, list(product(*rows))))
    return tuple(counts), found
