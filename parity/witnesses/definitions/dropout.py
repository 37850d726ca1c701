"""Dropout with a given mask."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from parity.witnesses.definitions.definition import Definition, unpacked
from parity.witnesses.definitions.numbers import fractions


def dropout(dy: Any, x: Any, mask: Any, p: float = 0.5) -> dict[str, Any]:
    """1 − p is a float64 number, as in torch."""
    noise = fractions(mask) / Fraction(1 - p)
    return {"y": fractions(x) * noise, "dx": fractions(dy) * noise}


DEFINITIONS: dict[str, Definition] = {"dropout": unpacked(dropout)}
