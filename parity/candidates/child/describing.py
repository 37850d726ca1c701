"""What a candidate is: function, class or instance, and how it is called."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

from .libraries import is_torch

_ufunc = np.ufunc


def described(value: Any) -> dict[str, Any]:
    """As the parent is told.

    >>> def conv(x, stride=1): "Slides."
    >>> described(conv)["signature"]
    [['x', 'POSITIONAL_OR_KEYWORD', False], ['stride', 'POSITIONAL_OR_KEYWORD', True]]
    >>> described(conv)["kind"], described(conv)["doc"]
    ('function', 'Slides.')
    """
    found = kind(value)
    return {
        "kind": found,
        "is_class": isinstance(value, type),
        "signature": signature(value),
        "methods": {} if found == "function" else methods(value),
        "doc": _first_line(value),
    }


def kind(value: Any) -> str:
    """One of function, class, instance, torch module, torch function.

    >>> kind(len), kind(dict), kind({}), kind(np.add)
    ('function', 'class', 'instance', 'function')
    """
    if is_torch(value, "nn.Module"):
        return "torch module"
    if is_torch(value, "autograd.Function"):
        return "torch function"
    if isinstance(value, type):
        return "class"
    wraps = callable(value) and hasattr(value, "__wrapped__")  # jax.jit and its like
    is_function = inspect.isroutine(value) or isinstance(value, (functools.partial, _ufunc))
    return "function" if is_function or wraps else "instance"


def signature(value: Any) -> list[list[Any]] | None:
    """Name, kind and whether there is a default of each parameter; None where Python cannot tell.

    >>> signature(3)
    """
    try:
        parameters = inspect.signature(value).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, p.kind.name, p.default is not p.empty] for p in parameters]


def methods(value: Any) -> dict[str, Any]:
    """The signature of each public method: of an instance without `self`.

    A module of torch has a hundred that are not its author's.
    """
    found = {}
    for name in ("forward", "backward") if kind(value).startswith("torch") else dir(value):
        if not hasattr(value, name):
            continue
        if not name.startswith("_") and inspect.isroutine(inspect.getattr_static(value, name)):
            found[name] = signature(getattr(value, name, None))
    return found


def _first_line(value: Any) -> str:
    doc = getattr(value, "__doc__", None)
    own = value if isinstance(value, type) or inspect.isroutine(value) else type(value)
    return inspect.cleandoc(doc).split("\n")[0][:200] if isinstance(doc, str) and own else ""
