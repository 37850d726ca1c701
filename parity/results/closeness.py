"""Both sides of one tensor beside its exact values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from parity.cases.case import Array
from parity.results.comparison import Comparison
from parity.results.resolution import Resolution


class LostDigits(NamedTuple):
    """The element of a tensor at which torch has lost the most digits that refimpl keeps.

    Pairs are of refimpl and of torch. ratio: torch's error over refimpl's, or over ½ ULP where
    refimpl's is smaller.
    """

    place: int  # flat
    exact: float
    ulp: tuple[float, float]
    roundings: tuple[float, float]
    ratio: float
    tensor: str = ""  # y, dx, …, whatever the report calls it
    arguments: str = ""  # in words


@dataclass(frozen=True)
class Closeness:
    """Both sides beside the exact values of a tensor; errors are the largest.

    ULP: units in the last place. Roundings: u·Σ|terms|, u the unit roundoff; 1 is one rounding,
    whatever cancels in the sum.
    """

    refimpl_ulp: float | None = None
    torch_ulp: float | None = None
    refimpl_roundings: float | None = None
    torch_roundings: float | None = None
    closer: str = ""  # the side with the smaller largest error, or "equal"
    truth_radius: float | None = None
    exact_elements: int | None = None
    note: str = ""
    refuted: bool = False  # a side is further off than its own bound, or no exact value came out
    sampled: bool = False  # not all elements were asked
    unfit: bool = False  # numbers that don't fit the faster arithmetics
    seen: Resolution | None = None  # of refimpl's own bound; None where nothing was judged
    lost: LostDigits | None = None  # by torch
    exact_value: float | None = None  # of the element with the largest error/bound


def closeness(refimpl_ulp: float, torch_ulp: float, radius: float, elements: int) -> Closeness:
    """The columns, with the name of the side that is closer."""
    return Closeness(
        refimpl_ulp,
        torch_ulp,
        closer=closer(refimpl_ulp, torch_ulp),
        truth_radius=radius,
        exact_elements=elements,
    )


def closer(refimpl_ulp: float, torch_ulp: float) -> str:
    """The side with the smaller error, or "equal"."""
    if refimpl_ulp == torch_ulp:
        return "equal"
    return "refimpl" if refimpl_ulp < torch_ulp else "torch"


class ElementsBeside(NamedTuple):
    """Exact values of some elements, and each side's error there; NaN where there is none.

    Pairs are of refimpl and of torch. outside: where a side is beyond its own bound.
    """

    exact: Array
    ulp: tuple[Array, Array]
    roundings: tuple[Array, Array]
    outside: Array


class ExactWitness(Protocol):
    """Who knows the exact values of one problem: `parity.witnesses.closeness.Exact`."""

    def examine(self, tensor: str, pair: tuple[Array, Array], comparison: Comparison) -> Closeness:
        """Both sides of a tensor beside its exact values."""
        ...

    def elements(
        self, tensor: str, pair: tuple[Array, Array], places: Array
    ) -> ElementsBeside | None:
        """Both sides of some elements, at flat places; None where there is no exact value."""
        ...
