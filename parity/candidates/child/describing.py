"""What a candidate is: function, class or instance, and how it is called."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import numpy as np

from .libraries import is_torch

_ufunc = np.ufunc
BARE = "torch.nn.modules.module"  # where the constructor of a module is that has none of its own


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
        "made_of": "" if isinstance(value, type) or found == "function" else type(value).__name__,
        "signature": signature(value),
        "methods": {} if found == "function" else methods(value),
        "doc": _first_line(value),
        "library": "torch" if found == "function" and of_torch(value) else "",
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


def of_torch(function: Any) -> bool:
    """Whether a function is torch's, or its code or its annotations name torch and not NumPy.

    >>> of_torch(len), of_torch(described)
    (False, False)
    """
    modules = _modules_named(function, 2)
    return "torch" in modules and "numpy" not in modules


def _modules_named(function: Any, deep: int) -> set[str]:
    """Where a function and what its code and its annotations name come from: packages; deep: of
    functions of its own file that it calls, too."""
    function = inspect.unwrap(function)
    annotations = getattr(function, "__annotations__", {}).values()
    found = {_package(one) for one in (function, *annotations)}
    known = getattr(function, "__globals__", {})
    for name in getattr(getattr(function, "__code__", None), "co_names", ()):
        value = known.get(name)
        found.add(_package(value))
        if deep and inspect.isfunction(value) and value.__globals__ is known:
            found |= _modules_named(value, deep - 1)
    return found


def _package(value: Any) -> str:
    """The package of a module, of what one defines, or of an annotation that is a text."""
    if isinstance(value, str):
        names = value.replace("[", " ").replace("|", " ").split()
        home = next((name for name in names if "." in name), "")
    else:
        attribute = "__name__" if inspect.ismodule(value) else "__module__"
        home = getattr(value, attribute, None) or ""
    return str(home).partition(".")[0]


def signature(value: Any) -> list[list[Any]] | None:
    """Name, kind and whether there is a default of each parameter; None where Python cannot tell.

    A module of torch without a constructor of its own takes nothing, whatever that of torch says.

    >>> signature(3)
    """
    made_by = getattr(getattr(value, "__init__", None), "__module__", "")
    if isinstance(value, type) and is_torch(value, "nn.Module") and made_by == BARE:
        return []
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


def settings_of(owner: Any) -> list[tuple[str, Any]]:
    """Numbers, names and short lists of them among an object's attributes, by their names.

    Those of its class stand behind its own, those of modules inside a module of torch behind a dot.

    >>> class Pool:
    ...     size = 2
    >>> pool = Pool()
    >>> pool.param, pool.x = {"stride": (3, 1)}, np.ones(2)
    >>> settings_of(pool)
    [("param['stride']", [3, 1]), ('size', 2)]
    """
    inside = owner.named_modules() if is_torch(owner, "nn.Module") else [("", owner)]
    found = []
    for prefix, one in inside:
        own = dict(getattr(one, "__dict__", {}))
        of_class = {} if prefix or is_torch(one, "nn.Module") else vars(type(one))
        for name, value in {**of_class, **own}.items():
            entries = value.items() if isinstance(value, dict) else ()
            for where, part in [(name, value), *((f"{name}[{k!r}]", v) for k, v in entries)]:
                simple = _setting(part)
                if simple is not None and not name.startswith("__"):
                    found.append((f"{prefix}.{where}" if prefix else where, simple, name in own))
    return [(name, value) for name, value, _ in sorted(found, key=lambda entry: not entry[2])]


def _setting(value: Any) -> Any:
    """A number, a name, a short list of numbers or pairs; None for anything else."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (list, tuple)) and 0 < len(value) < 7:
        parts = [_setting(part) for part in value]
        known = all(new is not None or old is None for new, old in zip(parts, value))  # noqa: B905
        return parts if known and any(part is not None for part in parts) else None
    if isinstance(value, float) and value - value != 0:
        return None
    return value if type(value) in (bool, int, float, str) else None


def _first_line(value: Any) -> str:
    doc = getattr(value, "__doc__", None)
    own = value if isinstance(value, type) or inspect.isroutine(value) else type(value)
    return inspect.cleandoc(doc).split("\n")[0][:200] if isinstance(doc, str) and own else ""
