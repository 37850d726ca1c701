"""What stands for torch's findings where an audit leaves torch out.

No number takes their place. Whatever is computed from an absent finding is absent, too, and a
check of it is left out and counted; what needs the finding itself (a branch, a loop, NumPy)
ends in `AbsentError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")

MARK = "‹torch was not asked›"  # what a text shows of it
_left_out = ContextVar("torch is left out", default=False)


class AbsentError(Exception):
    """A finding of torch is needed, but torch is left out."""


class Absent:
    """A finding that nobody was asked for.

    >>> (ABSENT.gradients["x"][0, 0] + 1).shape, 2 * ABSENT
    (‹torch was not asked›, ‹torch was not asked›)
    >>> len(ABSENT)
    Traceback (most recent call last):
    parity.documents.absent.AbsentError: torch decides how to go on here, but it is left out
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment] # == gives no truth value

    def __repr__(self) -> str:
        return MARK

    def __format__(self, _: str) -> str:
        return MARK

    def __getattr__(self, name: str) -> Absent:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def _absent(self, *_: Any, **__: Any) -> Absent:
        return self

    def _needed(self, *_: Any, **__: Any) -> NoReturn:
        raise AbsentError("torch decides how to go on here, but it is left out")

    __getitem__ = __call__ = __array_ufunc__ = __array_function__ = _absent
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = _absent
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = _absent
    __pow__ = __rpow__ = __matmul__ = __rmatmul__ = _absent
    __neg__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = _absent
    __eq__ = __ne__ = _absent  # type: ignore[assignment]
    __bool__ = __iter__ = __len__ = __int__ = __float__ = __index__ = __array__ = _needed


ABSENT: Any = Absent()


@contextmanager
def torch_left_out() -> Iterator[None]:
    """Ask torch for nothing, and do not import it, meanwhile."""
    before = _left_out.set(True)
    try:
        yield
    finally:
        _left_out.reset(before)


def asks_torch(find: Callable[P, T]) -> Callable[P, T]:
    """A function that asks torch: absent where torch is left out."""

    @wraps(find)
    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        if _left_out.get():
            return ABSENT  # type: ignore[no-any-return]
        return find(*args, **kwargs)

    return asked


def if_found(work_out: Callable[P, T]) -> Callable[P, T]:
    """A function that goes on from findings: absent where one of its arguments is.

    >>> if_found(len)([1, 2]), if_found(len)(ABSENT)
    (2, ‹torch was not asked›)
    """

    @wraps(work_out)
    def worked_out(*args: P.args, **kwargs: P.kwargs) -> T:
        if any(map(is_absent, (*args, *kwargs.values()))):
            return ABSENT  # type: ignore[no-any-return]
        return work_out(*args, **kwargs)

    return worked_out


def is_left_out() -> bool:
    """Whether torch is left out at the moment."""
    return _left_out.get()


def is_absent(value: Any) -> bool:
    """Whether a value is absent, or an array, a list, a tuple or a dict has something absent in it.

    >>> is_absent([1, (2, ABSENT)]), is_absent([1, 2])
    (True, False)
    """
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(isinstance(v, Absent) for v in value.flat)
    if isinstance(value, dict):
        return is_absent(list(value.values()))
    if isinstance(value, list | tuple):
        return any(map(is_absent, value))
    return isinstance(value, Absent)
