"""What a wrong candidate looks like: the diagnosis of its outcomes."""

from __future__ import annotations

from collections.abc import Sequence

from parity.candidates.examine import Ask, Outcome
from parity.candidates.said import Said


def causes(found: Sequence[Outcome], ask: Ask, part: str) -> tuple[Said, ...]:
    return ()
