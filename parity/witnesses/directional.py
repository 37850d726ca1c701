"""The derivative of a forward formula along a direction, and the hand-written backward along it.

A forward runs on dual numbers along a random direction v, which gives ẏ; its backward runs on
balls, which gives the gradients. Then

    Σ dy · ẏ = ⟨dx, v_x⟩ + ⟨dweight, v_w⟩ + …

has to hold exactly. torch is not asked, and no formula for a derivative stands on the left.

v is drawn from integers, `DIRECTIONS` for each element. If one element of a gradient is wrong, at
most one value of v there hides it whatever the other elements are: probability 1/DIRECTIONS. Where
the enclosures have a width, that holds for errors above `Sides.resolution`; the precision is raised
until that is small beside every element.

Where branches meet, the forward is differentiated towards v and towards −v. If the two agree (the
pieces of a softmax with two maxima join smoothly), they are judged. If not, there is a kink. v is
then drawn once for each value of an input and is 0 where that is 0, or at another kink of the
function: along such a direction ties stay ties and a zero stays a zero, so that maxima and ReLUs
have a derivative. What several tied elements get is seen as a sum, what a zero gets is not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import filterfalse
from operator import mul
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flint import arb

from parity.cases.case import Array, generator
from parity.results.judging import attempt, joined
from parity.results.verdicts import AGREES, INAPPLICABLE, OUTSIDE, UNDECIDED
from parity.witnesses.balls import Ball, Undecided, arb_of, exact_balls, precision
from parity.witnesses.duals import Dual, Kink, OneSided, constant_duals, duals, tangent_of
from parity.witnesses.lattices import NotExactError

DIRECTIONS = 1 << 40  # −2³⁹ … 2³⁹ − 1, for each element of a direction
FALSE_ACCEPT = -40.0  # log2 of 1/DIRECTIONS
FIRST, MOST = 220, 3240  # bits: v takes 40 of them
ONE_ELEMENT = arb(2) ** -20  # of the smallest element: an error of that size would be seen
LARGEST_ELEMENT = arb(2) ** -100  # of the largest one, where the smallest is out of reach
NO_FLOAT = arb(2) ** -1100  # no float64 is that small

SMOOTH = "where branches meet: they join smoothly"
KEPT = "at a kink: along directions that see ties as a sum and zeros not at all"
KEPT_STILL = "at a kink: along directions that see ties as a sum and kinks not at all"

Arrays: TypeAlias = dict[str, Array]
Direction: TypeAlias = Mapping[str, Array]  # v, for each input


class Question(NamedTuple):
    """A function with its backward at a point, and what it is differentiated by."""

    label: str  # of the random numbers
    seed: int
    arrays: Mapping[str, Array]  # every argument; integers are passed as they are
    inputs: tuple[str, ...]  # those it is differentiated by
    forward: Callable[[Arrays], Array]  # y, given the arguments
    backward: Callable[[Array, Arrays], Arrays]  # gradients by the name of the input, given dy
    upstream: Callable[[tuple[int, ...]], Array]  # dy for the shape of y
    exact: Callable[[Array], Array] = exact_balls  # the elements of the backward
    kinks: tuple[float, ...] = (0.0,)  # values of an input at which there may be no derivative


@dataclass(frozen=True)
class Sides:
    """Both enclosures of one directional derivative, and how large the gradient's elements are."""

    forward: Any
    backward: Any
    smallest: Any  # of the elements that are not 0
    largest: Any

    @property
    def apart(self) -> bool:
        """No number lies in both enclosures."""
        return not self.forward.overlaps(self.backward)

    @property
    def resolution(self) -> Any:
        """An error of one element that is larger is hidden by at most one value of v there."""
        return (self.forward.rad() + self.backward.rad()) * 4

    @property
    def sharp(self) -> bool:
        """An error of a millionth of any element would be seen, if it is not below all floats."""
        return bool(self.resolution <= self.smallest * ONE_ELEMENT or self.resolution < NO_FLOAT)

    @property
    def missing(self) -> int:
        """About so many bits more, and it would be sharp."""
        return (
            _log2(self.resolution) - max(_log2(self.smallest * ONE_ELEMENT), _log2(NO_FLOAT)) + 32
        )

    @property
    def usable(self) -> bool:
        """An error far smaller than the largest element would be seen."""
        return bool(self.resolution <= self.largest * LARGEST_ELEMENT)


class InapplicableError(Exception):
    """There is no derivative to compare."""


class RefutedError(Exception):
    """refimpl raised, or gave a gradient that is none."""


# --- the verdict --------------------------------------------------------------------------


def judged(question: Question) -> tuple[str, str]:
    """Verdict and note; the precision is raised until the enclosures are narrow enough."""
    why_not = unsuited(question)
    if why_not:
        return INAPPLICABLE, why_not
    bits = FIRST
    while True:
        wanted = 4 * bits
        try:
            with precision(bits):
                sides, said = both_sides(question)
        except Undecided as undecided:
            verdict, said = UNDECIDED, f"undecided at {bits} bits: {undecided}"
        except InapplicableError as error:
            return INAPPLICABLE, str(error)
        except RefutedError as error:
            return OUTSIDE, str(error)
        else:
            if sides.apart:
                return OUTSIDE, disagreement(sides.forward, sides.backward)
            if sides.sharp:
                return AGREES, said
            verdict, said = _not_sharp(sides, said)
            wanted = max(2 * bits, bits + sides.missing)
        if bits == MOST:
            return verdict, said
        bits = min(wanted, MOST)


def unsuited(question: Question) -> str:
    """Why there is nothing to differentiate, if so."""
    if not any(question.arrays[name].size for name in question.inputs):
        return "no elements"
    for name, array in question.arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return f"NaN or ∞: in {name}"
    return ""


def unsuited_upstream(dy: Array) -> str:
    """Why nothing follows from the gradient that comes from above, if so."""
    return "" if np.isfinite(dy).all() else "NaN or ∞: in dy"


def _not_sharp(sides: Sides, said: str) -> tuple[str, str]:
    """What is left to say where elements differ in size by more than the precision reaches."""
    coarse, largest = _log2(sides.resolution), _log2(sides.largest)
    seen = f"elements below 2^{coarse} are not seen (the largest are 2^{largest})"
    return AGREES if sides.usable else UNDECIDED, joined(said, seen)


def disagreement(forward: Any, backward: Any) -> str:
    """Both numbers, with as many digits as it takes to tell them apart.

    >>> disagreement(arb(12345678), arb(12345679))
    "the forward's own derivative along v is 1.2345678e+7, the backward gives 1.2345679e+7"
    """
    for digits in range(6, 60):
        a, b = (side.str(digits, radius=False) for side in (forward, backward))
        if a != b:
            break
    return f"the forward's own derivative along v is {a}, the backward gives {b}"


def _log2(ball: Any) -> int:
    """The exponent of a number's size, rounded up; of 0 that of the smallest float."""
    mantissa, exponent = arb_of(ball).abs_upper().mid().man_exp()
    return int(exponent) + int(mantissa).bit_length()


# --- both sides ---------------------------------------------------------------------------


def both_sides(question: Question) -> tuple[Sides, str]:
    """The derivative along v of either side, and what has to be said about it."""
    v = {
        name: random_direction(question, name, question.arrays[name].shape)
        for name in question.inputs
    }
    try:
        dy, way = _along(question, v, Dual)
    except Kink:
        return _at_kink(question, v)
    return _sides(question, dy, way, v), ""


def _at_kink(question: Question, v: Direction) -> tuple[Sides, str]:
    """The same where branches meet: from both sides, or along a direction that stays there."""
    dy, towards = _along(question, v, OneSided)
    _, back = _along(question, {name: -along for name, along in v.items()}, OneSided)
    if towards.overlaps(-back):
        return _sides(question, dy, towards, v), SMOOTH
    kept = {
        name: keeping_ties(question.arrays[name], along, question.kinks)
        for name, along in v.items()
    }
    try:
        dy, way = _along(question, kept, Dual)
    except Kink:
        raise InapplicableError("at a kink: there is no derivative") from None
    return _sides(question, dy, way, kept), KEPT if question.kinks == (0.0,) else KEPT_STILL


def _sides(question: Question, dy: Array, way: Any, v: Direction) -> Sides:
    if not way.is_finite():
        raise InapplicableError("the value is not finite")
    gradients = _backward(question, dy)
    elements = [g for of_input in gradients.values() for g in of_input]
    along = [k for name in gradients for k in v[name].ravel().tolist()]
    return Sides(way, _inner(elements, along), *_range(elements))


def random_direction(question: Question, name: str, shape: tuple[int, ...]) -> Array:
    """A direction of an input: integers −2³⁹ … 2³⁹ − 1."""
    rng = generator(question.seed, question.label, "direction", name)
    return rng.integers(-(DIRECTIONS // 2), DIRECTIONS // 2, shape)


def keeping_ties(array: Array, v: Array, kinks: tuple[float, ...] = (0.0,)) -> Array:
    """The same where equal elements go the same way, and those at a kink nowhere.

    >>> keeping_ties(np.array([2.0, 0.0, 2.0]), np.array([5, 6, 7]))
    array([5, 0, 5])
    """
    _, first, place = np.unique(array, return_index=True, return_inverse=True)
    still = np.isin(array, kinks)
    return np.where(still, 0, v.ravel()[first][place.reshape(array.shape)])


def _along(question: Question, v: Direction, make: type[Dual]) -> tuple[Array, Any]:
    """dy and Σ dy·ẏ along v."""
    arguments = {
        name: _arguments(array, v.get(name), make) for name, array in question.arrays.items()
    }
    y = asked(lambda: question.forward(arguments))
    dy = question.upstream(y.shape)
    why_not = unsuited_upstream(dy)
    if why_not:
        raise InapplicableError(why_not)
    return dy, _inner([tangent_of(value) for value in y.ravel().tolist()], dy.ravel().tolist())


def _arguments(array: Array, along: Array | None, make: type[Dual]) -> Array:
    """An argument as dual numbers; integers, which are indices, as they are."""
    if array.dtype.kind != "f":
        return array
    return constant_duals(array, make) if along is None else duals(array, along, make)


def _backward(question: Question, dy: Array) -> dict[str, list[Any]]:
    """The gradients' elements, in order."""
    arguments = {
        name: question.exact(array) if array.dtype.kind == "f" else array
        for name, array in question.arrays.items()
    }
    gradients = gradients_of(question, question.exact(dy), arguments)
    return {
        name: [g.arb if g.__class__ is Ball else arb_of(g) for g in gradient.ravel().tolist()]
        for name, gradient in gradients.items()
    }


def gradients_of(question: Question, dy: Array, arguments: Arrays) -> Arrays:
    """What the backward gives for each input.

    Raises: RefutedError if it raised, or gave something of another shape.
    """
    gradients = asked(lambda: question.backward(dy, arguments))
    for name in question.inputs:
        shape = question.arrays[name].shape
        if name not in gradients:
            raise RefutedError(f"the backward gives no d{name}")
        if gradients[name].shape != shape:
            given = gradients[name].shape
            raise RefutedError(
                f"the backward gives d{name} of shape {given}, but {name} is {shape}"
            )
    return {name: gradients[name] for name in question.inputs}


def asked(run: Callable[[], Any]) -> Any:
    """What refimpl gives; what it raises is refuted, but for what a witness raises itself."""

    def answered() -> Any:
        try:
            return run()
        except (Undecided, Kink, NotExactError) as said:
            return said

    answer = attempt(answered)
    if isinstance(answer, Undecided | Kink | NotExactError):
        raise answer
    if isinstance(answer, str):
        raise RefutedError(answer)
    return answer


def _inner(elements: list[Any], numbers: list[Any]) -> Any:
    """Σ elements · numbers."""
    return sum(map(mul, elements, numbers), arb(0))


def _range(elements: list[Any]) -> tuple[Any, Any]:
    """The size of the smallest element that is not 0, and of the largest; of nothing, 0 and 0."""
    lowest = filterfalse(arb.is_zero, map(arb.abs_lower, elements))
    return min(lowest, default=arb(0)), max(map(arb.abs_upper, elements), default=arb(0))
