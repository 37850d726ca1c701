"""Whatever torch raises, said in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
