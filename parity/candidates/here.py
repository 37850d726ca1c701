"""A candidate in this process: a function or class of a notebook or a test, which is its owner's.

It is asked the same requests as one in a process of its own, without limits. What is random here
goes on as if nobody had asked.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parity.candidates import failures, wire
from parity.candidates.child.answering import Room
from parity.candidates.child.describing import described
from parity.candidates.child.watching import patched
from parity.candidates.failures import Failure

Reply = tuple[dict[str, Any], list[NDArray[Any]]]


class Unconfined:
    """No limits: this process is not the candidate's alone."""

    @contextmanager
    def around_candidate(self, seconds: float) -> Iterator[None]:
        yield


class Objects:
    """What a file would define, as it is there already."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.namespace = dict(named)

    def public(self) -> list[str]:
        return list(self.namespace)

    def find(self, dotted: str) -> Any:
        first, *rest = dotted.split(".")
        value = self.namespace[first]
        for name in rest:
            value = getattr(value, name)
        return value


class Here:
    """Objects of this process, asked as `Child` asks those of another."""

    def __init__(self, named: Mapping[str, Any]) -> None:
        self.room = Room(Unconfined())  # type: ignore[arg-type]
        self.room.loaded = Objects(named)  # type: ignore[assignment]
        # A notebook has an `input` of its own for each cell.
        self.room.before = tuple(one for one in patched() if one.startswith("builtins."))

    def loaded(self) -> dict[str, Any]:
        """What a reply to `load` says."""
        found = self.room.loaded
        assert found is not None
        return {
            "names": {name: described(value) for name, value in found.namespace.items()},
            "public": found.public(),
        }

    def ask(
        self, request: Mapping[str, Any], arrays: Sequence[NDArray[Any]] = ()
    ) -> Reply | Failure:
        """The reply to a request, or what was raised."""
        with _undisturbed():
            message, blobs = self.room.answer(dict(request), wire.blobs(arrays))
        error = message.get("error")
        if isinstance(error, dict):
            if error.get("type") == "KeyboardInterrupt":
                raise KeyboardInterrupt
            return failures.of_error(error, request, 0)
        return message, wire.unpacked(blobs)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave the random generators as they are: a candidate is asked from a state of its own."""
    of_numpy = np.random.get_state()  # noqa: NPY002 (a candidate may draw from it)
    of_python = random.getstate()
    torch = sys.modules.get("torch")
    of_torch = torch.get_rng_state() if torch is not None else None
    try:
        yield
    finally:
        np.random.set_state(of_numpy)  # noqa: NPY002
        random.setstate(of_python)
        if torch is not None:
            torch.set_rng_state(of_torch)
