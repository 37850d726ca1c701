"""What no planted mistake can change is computed once: torch's side, bounds, exact values."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import wraps
from hashlib import sha256
from types import ModuleType
from typing import Any

import numpy as np
import pytest

FOUND: dict[tuple[str, str, bytes], Any] = {}


def share(monkeypatch: pytest.MonkeyPatch, owner: ModuleType, *names: str) -> None:
    """Let functions of a module give again what they gave for equal arguments, in any test.

    Only functions that never come to what the tests plant. What they give is read-only, so
    that no test can spoil it for another.
    """
    for name in names:
        monkeypatch.setattr(owner, name, remembered(getattr(owner, name)))


def remembered(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, called once for each content of its arguments."""

    @wraps(function)
    def found(*arguments: Any, **options: Any) -> Any:
        content = sha256(pickle.dumps((arguments, options))).digest()
        key = (function.__module__, function.__qualname__, content)
        if key not in FOUND:
            FOUND[key] = function(*arguments, **options)
            make_read_only(FOUND[key])
        return FOUND[key]

    return found


def make_read_only(thing: Any) -> None:
    """All arrays in a result."""
    if isinstance(thing, np.ndarray):
        thing.setflags(write=False)
    elif isinstance(thing, Mapping):
        make_read_only(tuple(thing.values()))
    elif isinstance(thing, tuple | list):
        for part in thing:
            make_read_only(part)
    elif is_dataclass(thing):
        make_read_only(tuple(getattr(thing, field.name) for field in fields(thing)))
