"""What a candidate does on the side: changes its arguments, hands them back, changes NumPy."""

from __future__ import annotations

import builtins
from typing import Any, Iterator  # noqa: UP035 (Python 3.8)

import numpy as np

from .sending import is_scalar, plain

_may_share_memory, _ndarray = np.may_share_memory, np.ndarray
_tobytes, _shape_of, _dtype_of = (
    _ndarray.tobytes,
    _ndarray.shape.__get__,
    _ndarray.dtype.__get__,
)
_MODULES = {"numpy": np, "numpy.linalg": np.linalg, "builtins": builtins}
_AS_THEY_WERE = {
    (module, name): value
    for module, owner in _MODULES.items()
    for name, value in vars(owner).items()
    if callable(value) and not name.startswith("_")
}


def patched() -> list[str]:
    """The functions of NumPy and of Python itself that are no longer what they were.

    >>> patched()
    []
    """
    return [
        f"{module}.{name}"
        for (module, name), value in _AS_THEY_WERE.items()
        if vars(_MODULES[module]).get(name) is not value
    ]


def arrays_in(value: object, path: str) -> Iterator[tuple[str, Any]]:
    """The arrays in a value, each with its path, as plain arrays in the same memory.

    >>> [path for path, _ in arrays_in([3, {"w": np.zeros(2)}], "args")]
    ["args[1]['w']"]
    """
    if isinstance(value, (list, tuple)):
        for n, item in enumerate(value):
            yield from arrays_in(item, f"{path}[{n}]")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from arrays_in(item, f"{path}[{key!r}]")
    elif not is_scalar(value):
        found = plain(value)
        if found is not None:
            yield path, found


class Watch:
    """The arguments of a call as they were before it.

    >>> x = np.zeros(2)
    >>> watch = Watch([x], {})
    >>> x += 1
    >>> watch.changed(), watch.shared([("value", x[:1])])
    (['args[0]'], [['value', 'args[0]']])
    """

    def __init__(self, args: list[Any], kwargs: dict[str, Any]) -> None:
        self.arrays = [*arrays_in(args, "args"), *arrays_in(kwargs, "kwargs")]
        self.before = [_numbers(array) for _, array in self.arrays]

    def changed(self) -> list[str]:
        """Where an argument is not what it was."""
        return [
            path
            for (path, array), before in zip(self.arrays, self.before)  # noqa: B905
            if _numbers(array) != before
        ]

    def shared(self, values: list[tuple[str, Any]]) -> list[list[str]]:
        """Which arrays of a result lie in the memory of an argument."""
        return [
            [where, path]
            for where, value in values
            for path, array in self.arrays
            if _may_share_memory(value, array)
        ]


def _numbers(array: Any) -> tuple[Any, ...]:
    """Bit by bit, so that NaN is NaN."""
    return _shape_of(array), _dtype_of(array).str, _tobytes(array)
