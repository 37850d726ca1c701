"""A penalty on weights in the loss beside the optimiser's own weight decay."""

from __future__ import annotations

from collections.abc import Callable

from parity.oracle.observed.operation import Operation, OptimizerStep
from parity.oracle.observed.positions import Position

SQUARES = ("square", "linalg_vector_norm", "norm")


class Penalties:
    """Remembers the parameters that are squared in the forward."""

    def __init__(self, tell: Callable[[str, Position], None]) -> None:
        self.tell = tell
        self._squared: dict[str, Position] = {}

    def hear(self, operation: Operation) -> None:
        """Is a parameter squared here?"""
        names = set(operation.leaves.values())
        if not names or not _squares(operation):
            return
        for name in names:
            self._squared.setdefault(name, operation.position)

    def stepped(self, step: OptimizerStep) -> None:
        """Does an optimiser decay what is squared?"""
        decay = step.options.get("weight_decay", 0)
        both = [p.name for p in step.parameters if p.name in self._squared]
        if not decay or not both:
            return
        more = f" and {len(both) - 1} more" if len(both) > 1 else ""
        position = self._squared[both[0]]
        self.tell(
            f"{both[0]}{more} is squared in the loss, and {step.name} decays it by "
            f"weight_decay={decay:g} besides",
            Position(both[0], position.line),
        )


def _squares(operation: Operation) -> bool:
    if operation.stem == "pow":
        return operation.arguments.get("exponent") == 2
    if operation.stem == "mul":
        return operation.taken.get("self") == operation.taken.get("other")
    return operation.stem in SQUARES
