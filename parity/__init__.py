"""Comparison of `refimpl` with torch.autograd under error bounds derived from the arithmetic.

`parity.exact` gives the exact value of every element of a function; all else is the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parity.witnesses.exact.alone import ExactTensor, exact

__all__ = ["ExactTensor", "exact"]


def __getattr__(name: str) -> Any:
    """Public names, imported when they are asked for: `parity --help` needs no arithmetic."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from parity.witnesses.exact import alone

    return getattr(alone, name)
