"""Whatever torch raises, said in one line; and gradients where the caller wants none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import ParamSpec, TypeVar

import torch

P = ParamSpec("P")
R = TypeVar("R")


class TorchError(RuntimeError):
    """torch raised something, or returned what cannot be compared; said in one line."""


@contextmanager
def asked(where: str = "") -> Iterator[None]:
    """Say of whatever is raised inside that torch raised it.

    where: the layer of a network.
    """
    try:
        yield
    except Exception as error:
        said = f"torch raised {type(error).__name__}: {' '.join(str(error).split())}"
        raise TorchError(f"{where}: {said}" if where else said) from error


@contextmanager
def with_graph() -> Iterator[None]:
    """Let torch record what it does, also within a caller's no_grad or inference_mode."""
    with torch.inference_mode(False), torch.enable_grad():
        yield


def recording(function: Callable[P, R]) -> Callable[P, R]:
    """A function in whose body torch records what it does (`with_graph`)."""

    @wraps(function)
    def recorded(*args: P.args, **kwargs: P.kwargs) -> R:
        if torch.is_grad_enabled() and not torch.is_inference_mode_enabled():
            return function(*args, **kwargs)  # as it mostly is
        with with_graph():
            return function(*args, **kwargs)

    return recorded
