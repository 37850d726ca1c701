"""A tensor as it was when it was recorded: copied only when somebody is about to write to it."""

from __future__ import annotations

from collections.abc import Iterable
from weakref import WeakSet

import numpy as np
import torch
from torch import Tensor

from parity.cases.case import Array
from parity.oracle.arrays import recorded

ARRAYS = (torch.float32, torch.float64, torch.int64, torch.int32, torch.bool, torch.uint8)


class Held:
    """The numbers of a tensor at one time.

    They stay in the tensor's own memory until an operation is about to write there.
    """

    __slots__ = ("__weakref__", "overwritten", "tensor")

    def __init__(self, tensor: Tensor) -> None:
        self.tensor = tensor.detach()
        self.overwritten = ""  # the line that wrote to its memory afterwards

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def dtype(self) -> str:
        """As NumPy calls it; bfloat16 has no other name."""
        return str(self.tensor.dtype).removeprefix("torch.")

    @property
    def readable(self) -> bool:
        """Whether NumPy has such numbers."""
        strided = self.tensor.layout == torch.strided and not self.tensor.is_meta
        return strided and self.tensor.dtype in ARRAYS

    def array(self) -> Array:
        """The numbers, read-only."""
        return recorded(self.tensor)

    def copy(self, line: str = "") -> None:
        """Have memory of its own from now on. line: which writes to the old one."""
        self.tensor, self.overwritten = self.tensor.clone(), line


def blank(held: Held) -> Array:
    """An array of the same shape and dtype that takes no memory, for rules that read no more."""
    return np.broadcast_to(np.zeros((), held.dtype), held.shape)


class Memory:
    """What is held, by the memory that it lies in."""

    def __init__(self) -> None:
        self._at: dict[int, WeakSet[Held]] = {}

    def hold(self, tensor: Tensor) -> Held:
        """Keep the numbers that a tensor has now."""
        held = Held(tensor)
        self._at.setdefault(_address(tensor), WeakSet()).add(held)
        return held

    def about_to_write(self, tensors: Iterable[Tensor], line: str = "") -> None:
        """Copy what is held of the memory of these tensors."""
        for tensor in tensors:
            for held in self._at.pop(_address(tensor), ()):
                held.copy(line)

    def tidy(self) -> None:
        """Forget memory of which nothing is held any more."""
        self._at = {address: there for address, there in self._at.items() if there}


def _address(tensor: Tensor) -> int:
    """Where its memory is; sparse tensors and parameters to come have none of their own."""
    try:
        return tensor.untyped_storage().data_ptr()
    except (RuntimeError, ValueError):
        return -id(tensor)
