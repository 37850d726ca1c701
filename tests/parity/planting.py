"""How tests put a mistake into refimpl."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest


def plant(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, change: Callable[[Any], Any]
) -> None:
    """Let a function of a module or class give something else than it does."""
    right = getattr(owner, name)
    monkeypatch.setattr(owner, name, lambda *args, **options: change(right(*args, **options)))


def raise_(error: BaseException) -> Any:
    """`raise` as an expression."""
    raise error
