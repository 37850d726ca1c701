"""How a call of `parity` ends, for the tests of its commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Outcome(NamedTuple):
    """How a call ended and what it said."""

    code: int
    out: str
    err: str


Call = Callable[..., Outcome]
