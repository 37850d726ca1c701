"""How tests put a mistake into refimpl."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import pytest


def plant(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, change: Callable[[Any], Any]
) -> None:
    """Let a function of a module or class give something else than it does."""
    right = getattr(owner, name)

    @wraps(right)  # with its signature, which says what the options' defaults are
    def planted(*args: Any, **options: Any) -> Any:
        return change(right(*args, **options))

    monkeypatch.setattr(owner, name, planted)


def raise_(error: BaseException) -> Any:
    """`raise` as an expression."""
    raise error
