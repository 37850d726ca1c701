"""Where a gradient stops that could go on: what is detached or computed under no_grad, and used."""

from __future__ import annotations

from collections.abc import Callable

from parity.oracle.observed.operation import Key, Operation
from parity.oracle.observed.positions import Position

Tell = Callable[[str, Position], None]


class Branches:
    """Follows numbers without a history until an operation with a gradient takes them."""

    def __init__(self, tell: Tell) -> None:
        self.tell = tell
        self._cut: dict[Key, Operation] = {}  # what lies there, and who cut it off

    def hear(self, operation: Operation) -> None:
        """An operation was run: what it gives is new, or comes from what was cut off."""
        source = self._source(operation)
        for key in operation.given:
            if key is None:
                continue
            if source is not None:
                self._cut[key] = source
            else:
                self._cut.pop(key, None)

    def cut(self, operation: Operation) -> None:
        """No gradient will come back through an operation whose arguments want one."""
        for key, held in zip(operation.given, operation.outputs, strict=False):
            if key is not None and held is not None and held.dtype.startswith("float"):
                self._cut[key] = operation

    def joined(self, operation: Operation) -> None:
        """An operation has a gradient: does it take what was cut off?"""
        source = self._source(operation)
        if source is None:
            return
        how = "detach()" if source.name == "detach" else f"{source.name} under no_grad"
        self.tell(
            f"no gradient goes back through {how}, whose result {operation.name} takes "
            f"at {operation.position.line}",
            source.position,
        )

    def _source(self, operation: Operation) -> Operation | None:
        """Who cut off an argument that wants no gradient."""
        for name, key in operation.taken.items():
            if name not in operation.wanted and key in self._cut:
                return self._cut[key]
        return None
