"""What the diagnosis says of wrong numbers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Cause:
    """One explanation, in a sentence for a learner.

    text: says what is wrong, not what would be right. kind: one of `KINDS`. mistakes: names in
    `parity.mistakes`. tensor: the one it speaks of; "" for all. certain: a known mistake gives
    every number that was found, wrong and right, in several cases, and no other does.
    answer: the formula and where it is printed; nobody shows it who keeps answers back.
    """

    text: str
    kind: str
    mistakes: tuple[str, ...] = ()
    tensor: str = ""
    certain: bool = False
    answer: str = ""

    @property
    def is_where(self) -> bool:
        """Whether it says in which cases or places the numbers are wrong, not what was done."""
        return self.kind in WHERE


WHERE = ("only where", "places")

# Best first.
KINDS = (
    "known mistake",
    "two known mistakes",
    "exchanged",
    "taken",
    "wrong variable",
    "epsilon",
    "added",
    "factor",
    "transposed",
    "flipped",
    "shifted",
    "part",
    "precision",
    "linearity",
    "only where",
    "places",
)
