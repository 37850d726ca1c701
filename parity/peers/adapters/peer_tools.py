"""What adapters share: options that a library has not, sides of a padding, axes. NumPy alone.

A script for other people's interpreters, Python ≥ 3.9, which lies beside the adapters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


class Missing(Exception):  # noqa: N818 (it is no error: the library has no such thing)
    """The library has no such function or option; its text goes on behind "jax: "."""


def answered(
    functions: Mapping[str, Callable[..., Any]],
    compute: Callable[..., Mapping[str, Any]],
    function: str,
    arrays: Mapping[str, Any],
    options: Mapping[str, Any],
    dy: Any,
    wanted: Sequence[str],
    missing: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The tensors that `compute` gives, or what is missing.

    compute: takes the library's function, arrays, options, dy and the names of what it is to be
    differentiated by. missing: sentences on functions that the library has not.
    """
    if function not in functions:
        return {"missing": (missing or {}).get(function, "no such function")}
    try:
        return dict(compute(functions[function], dict(arrays), dict(options), dy, list(wanted)))
    except Missing as why:
        return {"missing": str(why)}


def need(options: dict[str, Any], **usual: Any) -> None:
    """Take options away that the library has not; Missing if one is other than usual.

    >>> options = {"stride": 2, "groups": 1}
    >>> need(options, groups=1)
    >>> options
    {'stride': 2}
    """
    for name, value in usual.items():
        given = options.pop(name, value)
        if given != value and each(given, 1) != each(value, 1):
            raise Missing(f"no {name} {given!r}")


def without(said: str, **arrays: Any) -> None:
    """Missing if one of these arrays is given; `said` has {} for its name.

    >>> without("softmax has no {}", weight=None)
    """
    for name, array in arrays.items():
        if array is not None:
            raise Missing(said.format(name))


def each(value: Any, n: int) -> tuple[Any, ...]:
    """One value for all axes, or one for each.

    >>> each(2, 3), each((2,), 3), each([1, 2], 2)
    ((2, 2, 2), (2, 2, 2), (1, 2))
    """
    values = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    return values * n if len(values) == 1 else values


def pairs(padding: Any, n: int, spans: Sequence[int] = ()) -> list[tuple[int, int]]:
    """Padding in numbers as what stands before and behind each axis; "full" takes the spans
    d·(k − 1).

    >>> pairs((1, (0, 2)), 2), pairs("valid", 1), pairs("full", 2, (2, 1))
    ([(1, 1), (0, 2)], [(0, 0)], [(2, 2), (1, 1)])
    """
    if padding == "valid":
        return [(0, 0)] * n
    if padding == "full":
        return [(span, span) for span in spans]
    if isinstance(padding, str):
        raise Missing(f"no padding {padding!r}")
    return [tuple(each(entry, 2)) for entry in each(padding, n)]  # type: ignore[misc]


def spans(weight: Any, dilation: Any) -> list[int]:
    """d·(k − 1) along each axis of a window."""
    kernel = np.shape(weight)[2:]
    return [d * (k - 1) for k, d in zip(kernel, each(dilation, len(kernel)))]  # noqa: B905


def channels_last(x: Any) -> Any:
    """(N, C, …) -> (N, …, C)"""
    return np.moveaxis(np.asarray(x), 1, -1)


def channels_first(x: Any) -> Any:
    """(N, …, C) -> (N, C, …)"""
    return np.moveaxis(np.asarray(x), -1, 1)
