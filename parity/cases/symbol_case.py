"""What a case of symbols is: the shapes and options at which a backward is differentiated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from parity.cases.case import Array, Shape


@dataclass(frozen=True)
class AnyNumber:
    """A parameter that may be any positive number.

    number: the one that it stands for where it is compared; None: it is compared with nothing.
    """

    name: str
    number: int | Fraction | None = None


@dataclass(frozen=True)
class SymbolCase:
    """Symbols of some shapes; an array that is written out is passed as it is.

    options: an `AnyNumber` among them becomes a symbol, too.
    ordered: the function compares, calls exp, log or tanh, or gives a single value (sympy takes
    arrays without axes for its own), so that its symbols stand for numbers, which decide the
    branches.
    """

    function: str
    name: str
    arrays: Mapping[str, Shape | Array]
    options: Mapping[str, Any] = field(default_factory=dict)
    ordered: bool = False

    @property
    def id(self) -> str:
        """`function[name]`"""
        return f"{self.function}[{self.name}]"


def sums(
    function: str, name: str, arrays: Mapping[str, Shape | Array], **options: Any
) -> SymbolCase:
    """Of a function that forms sums of products."""
    return SymbolCase(function, name, arrays, options)


def branching(
    function: str, name: str, arrays: Mapping[str, Shape | Array], **options: Any
) -> SymbolCase:
    """Of any other function."""
    return SymbolCase(function, name, arrays, options, ordered=True)
