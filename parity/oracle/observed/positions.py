"""Where an operation stands: the path of its module, and the line of the user's code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any, NamedTuple

import torch
from torch.nn import Module
from torch.nn.modules import module as modules

# Files of these folders call operations for others.
OURS = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 2))
LIBRARIES = tuple(
    os.path.join(folder, "") for folder in (OURS, os.path.dirname(os.path.abspath(torch.__file__)))
)
STANDARD = os.path.join(os.path.dirname(os.__file__), "")
PACKAGES = os.path.join(STANDARD, "site-packages", "")
COMMANDS = tuple(f"{os.sep}{name}{os.sep}" for name in ("typer", "click"))


class Position(NamedTuple):
    """Where an operation stands."""

    module: str  # "layer1.0.conv2"
    line: str  # "models/resnet.py:81"


class Modules:
    """The modules that are being called now, by the paths that they have in the model."""

    def __init__(
        self,
        model: Module | None,
        entered: Callable[[Module, Any], None],
        left: Callable[[Module], None],
    ) -> None:
        self._entered, self._left = entered, left
        self._paths: dict[int, str] = {}
        self._known: list[Module] = []  # ids are theirs as long as they live
        self._stack: list[str] = []
        self._parameters: dict[int, str] = {}
        self.root = ""
        if model is not None:
            self._learn(model)

    @property
    def path(self) -> str:
        """Of the module that is called now; nothing outside of all."""
        return self._stack[-1] if self._stack else ""

    def _learn(self, model: Module) -> None:
        """The paths of a model; a second model's begin with its class."""
        name = type(model).__name__
        prefix = name if self.root else ""
        self.root = self.root or name
        self._known.append(model)
        for path, module in model.named_modules():
            within = ".".join(filter(None, (prefix, path)))
            self._paths.setdefault(id(module), within or name)
        for path, parameter in model.named_parameters():
            self._parameters.setdefault(id(parameter), ".".join(filter(None, (prefix, path))))

    def go_on(self, before: Modules) -> None:
        """Take the names that an earlier one has learnt."""
        self.root, self._known = before.root, before._known
        self._paths, self._parameters = before._paths, before._parameters

    def parameter(self, tensor: torch.Tensor) -> str:
        """What the model calls a parameter; nothing if it has none of that name."""
        return self._parameters.get(id(tensor), "")

    def _enter(self, module: Module, inputs: Any) -> None:
        if id(module) not in self._paths:
            self._learn(module)
        self._stack.append(self._paths[id(module)])
        self._entered(module, inputs)

    def _leave(self, module: Module, inputs: Any, output: Any) -> None:
        if self._stack:
            self._left(module)
            self._stack.pop()

    @contextmanager
    def followed(self) -> Iterator[None]:
        """Follow every call of a module."""
        before = modules.register_module_forward_pre_hook(self._enter)
        after = modules.register_module_forward_hook(self._leave, always_call=True)
        try:
            yield
        finally:
            before.remove()
            after.remove()


def line_of_user() -> str:
    """The innermost line that is neither torch's nor ours: "models/resnet.py:81"."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = _shown(frame.f_code.co_filename)
        if name:
            return f"{name}:{frame.f_lineno}"
        frame = frame.f_back
    return ""


@cache
def _shown(file: str) -> str:
    """The end of a path; nothing of files that call operations for others."""
    standard = file.startswith(STANDARD) and not file.startswith(PACKAGES)
    if standard or file.startswith((*LIBRARIES, "<frozen")) or any(c in file for c in COMMANDS):
        return ""
    return os.path.join(*file.split(os.sep)[-2:])
