"""A candidate as somebody writes it, and the process that it runs in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from textwrap import dedent
from typing import Any

import numpy as np
import pytest

from parity.candidates import wire
from parity.candidates.failures import Failure
from parity.candidates.process import Child, Limits, Reply

ROOMY = Limits()
HEAD = "import os, sys, time\nimport numpy as np\n\n"


class Bench:
    """A loaded candidate: its functions are called by name."""

    def __init__(self, child: Child, loaded: Reply | Failure) -> None:
        self.child, self.loaded = child, loaded

    @property
    def names(self) -> dict[str, Any]:
        assert not isinstance(self.loaded, Failure), self.loaded
        found: dict[str, Any] = self.loaded[0]["names"]
        return found

    def reply(self, target: str, *args: Any, **how: Any) -> Reply:
        """What comes back from a call."""
        found = self.child.ask(*wire.call(target, args, **how))
        assert not isinstance(found, Failure), found
        return found

    def value(self, target: str, *args: Any, **how: Any) -> Any:
        """The value of a call."""
        message, arrays = self.reply(target, *args, **how)
        return wire.decode(message["value"], arrays)

    def failure(self, target: str, *args: Any, **how: Any) -> Failure:
        """Why there is none."""
        found = self.child.ask(*wire.call(target, args, **how))
        assert isinstance(found, Failure), found
        return found


Load = Callable[..., Bench]


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Load]:
    """Write a file, start a process unless there is one, and load it."""
    with ExitStack() as stack:

        def loaded(
            text: str,
            *names: str,
            limits: Limits = ROOMY,
            file: str = "mine.py",
            everything: bool = False,
            child: Child | None = None,
            **how: Any,
        ) -> Bench:
            path = tmp_path / file
            path.parent.mkdir(exist_ok=True)
            path.write_text(text if file.endswith(".ipynb") else HEAD + dedent(text))
            child = child or stack.enter_context(Child(limits, folder=tmp_path, **how))
            return Bench(child, child.ask(*wire.load(file, names, everything)))

        yield loaded


@pytest.fixture
def x() -> np.ndarray[Any, Any]:
    """An argument."""
    return np.random.default_rng(14).standard_normal((2, 3, 4))
