"""A mutant put into the running process: the code of functions that are already imported."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from inspect import unwrap
from types import FunctionType, ModuleType
from typing import Any

import numpy as np
from mutators import Mutant


def plant(mutant: Mutant, module: ModuleType) -> None:
    """Let a module, and all who imported from it, have the mutant's code.

    Functions and methods stay the objects they are and take over the new code, so that every
    reference to them is to the mutant, also that of what wraps them. A constant is bound anew
    wherever its name stands for it, and so are the arrays and mappings of the module, which its
    functions may have made.
    """
    with mutant.mutated() as tree:
        code = compile(tree, str(module.__file__), "exec")
    changed: dict[str, Any] = {"__name__": module.__name__, "__package__": module.__package__}
    exec(code, changed)
    for name, made in changed.items():
        if isinstance(made, np.ndarray | Mapping) and name in vars(module) and name[0] != "_":
            _rebind(name, vars(module)[name], made)
    old, new = unwrap(vars(module)[mutant.top]), unwrap(changed[mutant.top])
    if isinstance(old, FunctionType):
        _take_over(old, new)
    elif isinstance(old, type):
        _take_over_class(old, new)
    else:
        _rebind(mutant.top, old, new)


def _take_over(old: FunctionType, new: FunctionType) -> None:
    old.__code__ = new.__code__
    old.__defaults__ = new.__defaults__
    old.__kwdefaults__ = new.__kwdefaults__


def _take_over_class(old: type, new: type) -> None:
    for name, value in vars(new).items():
        there = vars(old).get(name)
        if isinstance(there, FunctionType) and there.__closure__ and not value.__closure__:
            setattr(old, name, value)  # super() is no longer called
        elif isinstance(there, FunctionType):
            _take_over(there, value)
        elif isinstance(there, property):
            _take_over(there.fget, value.fget)  # type: ignore[arg-type]
        elif isinstance(there, staticmethod | classmethod):
            _take_over(there.__func__, value.__func__)  # type: ignore[arg-type]
        elif not name.startswith("__") and not hasattr(value, "__get__"):
            setattr(old, name, value)


def _rebind(name: str, old: Any, new: Any) -> None:
    for module in list(sys.modules.values()):
        if vars(module).get(name) is old:
            setattr(module, name, new)
