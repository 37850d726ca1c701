"""The power of the suite: which cases and which witnesses refuse each known mistake."""

from __future__ import annotations

from parity.power.sight import Sight
from parity.power.suite import MistakeRow, Power, power, select, steps
from parity.power.witnesses import WITNESSES

__all__ = ["WITNESSES", "MistakeRow", "Power", "Sight", "power", "select", "steps"]
