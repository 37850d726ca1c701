"""The line to a framework: its adapter in an interpreter of its own, asked case by case."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from inspect import Parameter
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from parity.candidates import wire
from parity.candidates.failures import Failure
from parity.candidates.process import Child, Limits
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.diagnosis.call import defaults_of
from parity.witnesses.problem import Problem

SECONDS = 90.0  # that one library may take, its import included
UNLIMITED = 36_000.0
MEMORY_MB = 16_384
RESTARTS = 3  # of a process that crashed
SHARED = ("sum", "cumprod", "absolute", "maximum")  # probes of what refimpl has no function for
LONGEST = 160  # characters of what a library raises


@dataclass(frozen=True)
class About:
    """What an adapter says of its library."""

    library: str
    version: str
    dtypes: tuple[str, ...]
    gradients: bool
    note: str
    python: str
    numpy: str


@dataclass(frozen=True)
class Answer:
    """What a library gave for one case: tensors, or why there are none."""

    tensors: Mapping[str, Array] = field(default_factory=dict)
    missing: str = ""
    raised: str = ""
    crashed: str = ""


class PeerLine:
    """One library while it is asked. `ended` is why nothing more can be asked, "" while it can."""

    def __init__(self, adapter: Path, python: str, folder: Path, seconds: float = SECONDS) -> None:
        self.adapter, self.python, self.folder = adapter, python, folder
        self.seconds = self.seconds_left = seconds
        self.ended, self.crashes = "", 0
        self._child: Child | None = None

    def __enter__(self) -> PeerLine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close()

    def about(self) -> About | None:
        """The library and its version; None where it cannot be asked, which `ended` says."""
        reply = self._asked(wire.call("about"))
        if isinstance(reply, Failure):
            self.ended = self.ended or self._said(reply)
            return None
        message, arrays = reply
        found = wire.decode(message["value"], arrays)
        try:
            return self._about(found)
        except (KeyError, TypeError, AttributeError):
            said = f"{self.adapter.name}: about() gives {found!r:.80}, no library with a version"
            self.ended = said
            return None

    def _about(self, found: Mapping[str, Any]) -> About:
        assert self._child is not None
        return About(
            str(found["library"]),
            str(found["version"]),
            tuple(map(str, found["dtypes"])),
            bool(found["gradients"]),
            str(found.get("note", "")),
            str(self._child.about.get("python", "")),
            str(self._child.about.get("numpy", "")),
        )

    def answer(self, problem: Problem, wanted: Sequence[str], every_option: bool = True) -> Answer:
        """What the library gives for a problem.

        wanted: what it is differentiated by. every_option: refimpl's defaults are said, too, so
        that the library's own do not matter.
        """
        options = {**(options_of(problem.function) if every_option else {}), **problem.options}
        args = problem.function, dict(problem.arrays), spoken(options), problem.dy, list(wanted)
        reply = self._asked(wire.call("answer", args))
        if not isinstance(reply, Failure):
            message, found = reply
            return read(wire.decode(message["value"], found))
        if reply.kind == "raised":
            return Answer(raised=of_library(reply.said))
        if self.ended:
            return Answer()
        return Answer(crashed=of_library(reply.said))

    # --- the process --------------------------------------------------------------------------

    def _asked(self, request: wire.Request) -> Any:
        """The reply; after a crash the next request starts the process anew."""
        if self.ended:
            return Failure("timeout", self.ended)
        begun = time.perf_counter()
        child = self._child or self._started()
        if isinstance(child, Failure):
            return child
        reply = child.ask({**request[0], "watch": False}, request[1])
        self.seconds_left -= time.perf_counter() - begun
        if isinstance(reply, Failure) and reply.kind != "raised":
            self._after(reply)
        return reply

    def _started(self) -> Child | Failure:
        """A process with the adapter loaded, or why there is none."""
        limits = Limits(max(self.seconds_left, 0.1), MEMORY_MB)
        child = self._child = Child(limits, self.python, self.folder)
        loaded = child.ask(*wire.load(str(self.adapter), ["about", "answer"]))
        if not isinstance(loaded, Failure):
            return child
        self.ended = self._said(loaded)
        self._close()
        return loaded

    def _after(self, failure: Failure) -> None:
        """A process that ended: a crash is one case's, a limit ends all."""
        self._close()
        if failure.kind in ("crashed", "left") and self.crashes < RESTARTS:
            self.crashes += 1
            return
        self.ended = self._said(failure)

    def _said(self, failure: Failure) -> str:
        if failure.kind == "timeout":
            return f"stopped after {self.seconds:g} s"
        said = failure.said.replace("--python ", "").replace(" cannot run a candidate", "")
        said = said.replace(f"{self.adapter} cannot be imported", f"{self.adapter} cannot run")
        return said.replace(str(self.adapter), self.adapter.name)

    def _close(self) -> None:
        if self._child is not None:
            self._child.__exit__(None, None, None)
            self._child = None


def options_of(function: str) -> dict[str, Any]:
    """The defaults of refimpl's options; of what only probes ask, none.

    >>> options_of("leaky_relu"), options_of("absolute")
    ({'negative_slope': 0.01}, {})
    """
    if function in SHARED:
        return {}
    arrays = {*FUNCTIONS[function].inputs, *FUNCTIONS[function].by_name}
    found = defaults_of(function).items()
    return {name: v for name, v in found if v is not Parameter.empty and name not in arrays}


def spoken(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as an adapter is given them: None is left out, a stride of None is the window's.

    >>> spoken({"kernel_size": 2, "stride": None, "divisor_override": None})
    {'kernel_size': 2, 'stride': 2}
    """
    if "kernel_size" in options and options.get("stride") is None:
        options = {**options, "stride": options["kernel_size"]}
    return {name: value for name, value in options.items() if value is not None}


def read(found: Any) -> Answer:
    """An adapter's answer; what is none is the adapter's error.

    >>> read({"missing": "no dilation"}).missing
    'no dilation'
    """
    if not isinstance(found, dict):
        return Answer(raised=f"the adapter gives {type(found).__name__}, no dict of tensors")
    if "missing" in found:
        return Answer(missing=str(found["missing"]))
    tensors = {}
    for name, value in found.items():
        array = value if isinstance(value, np.ndarray | np.generic | int | float) else None
        if array is None or np.asarray(array).dtype.kind not in "fiub":
            return Answer(raised=f"the adapter gives {name} as {value!r:.60}, no numbers")
        tensors[str(name)] = np.asarray(array)
    return Answer(tensors)


def of_library(said: str) -> str:
    """What a library raises, without our names for it, colours and addresses in memory.

    >>> of_library("answer raises ValueError: no such mode (line 12: `y = f(x)`)")
    'raises ValueError: no such mode'
    >>> of_library("answer raises TypeError: \\x1b[1m<f at 0x7f39>\\x1b[0m")
    'raises TypeError: <f>'
    """
    said = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", said)
    said = re.sub(r" at 0x[0-9a-fA-F]+", "", said)
    said = re.sub(r" \((cell \d+, )?line \d+(: `.*`)?\)$", "", said.removeprefix("answer "))
    return said if len(said) <= LONGEST else f"{said[: LONGEST - 1]}…"
