"""Whatever torch raises, said in one line; and gradients where the caller wants none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


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
