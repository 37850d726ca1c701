"""The witness of exact integers: where nothing is rounded, both sides must be equal as numbers.

refimpl and torch get random integers so small that every partial sum is exact in the dtype
(`parity.witnesses.lattices`), and every element of the value and of all gradients must agree,
with several torch threads and memory layouts. That is a certificate, not a tolerance: on a
pattern that decides all branches, each element is a polynomial of degree at most d_a in the
elements of array a; if the polynomials of the two sides differ, they agree at a random point with
probability at most p = Σ_a d_a/|S_a|, and r times with p^r.

The bound: let P ≠ 0 be the difference, with variables x_1, x_2, …; d_1 its degree in x_1, d_2 the
degree in x_2 of the coefficient of x_1^d_1, and so on. P has at most Π|S_i|·Σ d_i/|S_i| zeros in
S_1 × S_2 × …. The d_i are the exponents of one monomial, so those of one array's elements add up
to the degree in that array at most. Here that is 1 in each array, of a squared error 2.

Assumed is that the code tested computes such a polynomial on the patterns covered: a mistake
that occurs only at certain numbers, or only on other patterns, is not excluded. What depends on
torch's threads and layout is met by the repetitions that use them alone.

A mean may be a sum times a rounded reciprocal, which is as right as a division and not exact:
`parity.witnesses.reciprocals` says how far off it may be, and what integers then still prove. Such
a row says `within`, not `identical`.

Source: Schwartz, Fast probabilistic algorithms for verification of polynomial identities, 1980
(lemma 1); DeMillo & Lipton 1978; Zippel 1979.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import ceil, log2
from typing import NamedTuple

import numpy as np

from parity import oracle
from parity.cases.case import Array, Case, generator
from parity.cases.functions import FUNCTIONS
from parity.results.findings import Findings
from parity.results.judging import attempt, joined, shapes_apart
from parity.results.rows import WitnessRow
from parity.results.settings import Settings
from parity.results.verdicts import BLIND, IDENTICAL, INTEGERS, OUTSIDE, WITHIN
from parity.witnesses.lattices import (
    EXACT,
    Geometry,
    NotExactError,
    Pattern,
    covered,
    geometry,
    patterns,
)
from parity.witnesses.object_arrays import of_objects
from parity.witnesses.pieces import cost
from parity.witnesses.problem import Problem
from parity.witnesses.reciprocals import SHARE, Means, means_of

BITS = 60  # the probability that something wrong passes is at most 2⁻⁶⁰
FEWEST = 3  # repetitions: one for each manner of torch
ON_FRACTIONS = 3_000_000  # products of a forward: some seconds
DEGREES = {
    "squared_error": 2,
    "mse_loss": 2,
}  # of each tensor, in each array, on one pattern; of others 1


class Manner(NamedTuple):
    """How torch computes at a repetition."""

    threads: int
    layout: str

    def __str__(self) -> str:
        return f"{self.threads} thread{'s' if self.threads > 1 else ''}, {self.layout}"


# Two threads on busy cores wait for each other and take long: once for each dtype.
MANNERS = {
    "float32": (
        Manner(1, oracle.CONTIGUOUS),
        Manner(2, oracle.CHANNELS_LAST),
        Manner(1, oracle.CHANNELS_LAST),
    ),
    "float64": (
        Manner(1, oracle.CHANNELS_LAST),
        Manner(2, oracle.CONTIGUOUS),
        Manner(1, oracle.CONTIGUOUS),
    ),
}


def manner(dtype: str, pattern: int, repetition: int) -> Manner:
    """How torch computes: each way once, then with one thread in both layouts."""
    if pattern == 0 and repetition < len(MANNERS[dtype]):
        return MANNERS[dtype][repetition]
    return Manner(1, oracle.LAYOUTS[repetition % 2])


class Drawn(NamedTuple):
    """The integers of one repetition."""

    arrays: dict[str, Array]
    dy: Array


def check_integers(case: Case, dtype: str, settings: Settings) -> Findings:
    """The geometry of a case on exact integers, forward and backward."""
    shape = geometry(case)
    rng = generator(settings.seed, case.id, INTEGERS)
    try:
        found = patterns(shape, dtype, rng, settings.tf32)
        chance = acceptance(found[0], DEGREES.get(shape.function, 1))
        repetitions = repetitions_for(chance)
    except NotExactError as error:
        return Findings(witnesses=[_row(case, dtype, BLIND, None, {}, str(error))])
    means = means_of(shape, dtype)
    judged = compare_repeatedly(shape, found, dtype, rng, settings.device, chance, means)
    if judged.said:
        row = _row(case, dtype, OUTSIDE, None, judged.tensors, judged.said)
        return Findings(witnesses=[row])
    if judged.rounded:
        chance += SHARE
        repetitions = repetitions_for(chance)
    false_accept = repetitions * log2(chance) if chance else None
    note = joined(
        f"{repetitions} repetitions" + (f" on each of {len(found)} patterns" if found[1:] else ""),
        covered(shape, found),
        _sets(found[0]),
        _changed(case, shape),
        _reciprocals(means) if judged.rounded else "",
    )
    verdict = WITHIN if judged.rounded else IDENTICAL
    row = _row(case, dtype, verdict, false_accept, judged.tensors, note)
    return Findings(witnesses=[row])


def _reciprocals(means: Means | None) -> str:
    """What a mean by rounded reciprocals leaves unsaid."""
    if means is None:
        return ""
    return (
        "the mean is a sum times a rounded reciprocal, and rounded as that is; a coefficient off "
        f"by less than {means.wrong:.1e} of the largest is not excluded"
    )


def acceptance(pattern: Pattern, degree: int = 1) -> float:
    """Σ_a d_a/|S_a|: how probably one repetition accepts what is wrong, at most."""
    drawn = (s for s in pattern.values() if s.base.size and s.size > 1)
    return sum(degree / lattice.size for lattice in drawn)


def repetitions_for(chance: float) -> int:
    """So many that p^r ≤ 2⁻⁶⁰, and one at least for each manner of torch.

    >>> repetitions_for(2.0**-7), repetitions_for(2.0**-30)
    (9, 3)
    """
    if not chance:
        return FEWEST
    if chance >= 1:
        raise NotExactError(
            f"sets are too small: a repetition accepts with probability {chance:.2g}"
        )
    return max(FEWEST, ceil(BITS / -log2(chance)))


def draw(pattern: Pattern, dtype: str, rng: np.random.Generator) -> Drawn:
    """Integers in the dtype, read-only."""
    arrays = {name: lattice.draw(rng).astype(dtype) for name, lattice in pattern.items()}
    for array in arrays.values():
        array.setflags(write=False)
    dy = arrays.pop("dy")
    return Drawn(arrays, dy)


# --- one repetition -----------------------------------------------------------------------


def compare_repeatedly(
    shape: Geometry,
    found: Sequence[Pattern],
    dtype: str,
    rng: np.random.Generator,
    device: str,
    chance: float,
    means: Means | None = None,
) -> Judged:
    """All repetitions on all patterns, up to the first in which something is wrong.

    chance: of a repetition to accept what is wrong; larger where a mean was rounded.
    """
    judged = Judged({})
    for number, pattern in enumerate(found):
        repetition = 0
        while repetition < repetitions_for(chance + SHARE * judged.rounded):
            how = manner(dtype, number, repetition)
            drawn = draw(pattern, dtype, rng)
            judged = compare_once(shape, drawn, how, device, means, judged.rounded)
            if judged.said:
                where = f"pattern {number + 1}, repetition {repetition + 1}, torch with {how}"
                return judged._replace(said=joined(judged.said, where))
            repetition += 1
    if judged.rounded:  # a constant is not seen beside large numbers: of zeros the mean is 0
        zeros = Drawn({n: np.zeros_like(a) for n, a in drawn.arrays.items()}, 0 * drawn.dy)
        judged = compare_once(shape, zeros, how, device)._replace(rounded=True)
        return judged._replace(said=joined(judged.said, "of zeros" if judged.said else ""))
    return judged


class Judged(NamedTuple):
    """What a repetition found: torch's tensors, in words the first element that is wrong."""

    tensors: Mapping[str, Array]
    said: str = ""
    rounded: bool = False  # a mean was rounded as a reciprocal is, now or before


def compare_once(
    shape: Geometry,
    drawn: Drawn,
    how: Manner,
    device: str,
    means: Means | None = None,
    rounded: bool = False,
) -> Judged:
    """Every tensor of both sides, which must be equal, or rounded as a reciprocal is."""
    with oracle.threads(how.threads):
        theirs = torch_tensors(shape, drawn, device, how.layout)
    function = FUNCTIONS[shape.function]
    ours = attempt(lambda: function.tensors(drawn.dy, drawn.arrays, shape.options))
    if isinstance(ours, str):
        y = attempt(lambda: function.forward(drawn.arrays, shape.options))
        return Judged(theirs, shapes_apart("y", y, theirs["y"]) or ours)
    for name, expected in theirs.items():
        if first_difference(ours[name], expected) is None:
            continue
        said = difference(name, ours[name], expected, judges_of(name, shape, drawn, device))
        if means and means.only_rounded(name, ours[name], expected, *drawn):
            rounded = True
        else:
            return Judged(theirs, said)
    return Judged(theirs, rounded=rounded)


def torch_tensors(shape: Geometry, drawn: Drawn, device: str, layout: str) -> dict[str, Array]:
    """The value, the gradients and, of maxima, the indices."""
    arguments = (shape.function, drawn.arrays, shape.options)
    result = oracle.gradients(*arguments, drawn.dy, shape.inputs, device, layout)
    named = {f"d{name}": gradient for name, gradient in result.gradients.items()}
    if FUNCTIONS[shape.function].has_indices:
        indices = f"{shape.function}_with_indices"
        named["indices"] = oracle.forward(indices, *arguments[1:], device, layout).astype(float)
    return {"y": result.y, **named}


def first_difference(ours: Array, theirs: Array) -> tuple[int, ...] | None:
    """The first element that is not equal as a number; () where shape or dtype differ.

    >>> first_difference(np.array([-0.0, 1.0]), np.array([0.0, 1.0]))
    >>> first_difference(np.array([[0.0, 1.0]]), np.array([[0.0, 2.0]]))
    (0, 1)
    """
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        return ()
    if np.array_equal(ours, theirs):
        return None
    place = int(np.argmax(~(ours == theirs)))
    return tuple(int(i) for i in np.unravel_index(place, ours.shape))


class Judges(NamedTuple):
    """What decides who is off, asked only where the two sides differ."""

    exact: Callable[[], Array]  # refimpl's formula on Fractions
    double: Callable[[], Array]  # torch in float64, one thread
    products: int = 0  # of a forward: of many, Fractions would take minutes


def judges_of(name: str, shape: Geometry, drawn: Drawn, device: str) -> Judges:
    """The judges of one tensor."""

    def exact() -> Array:
        function = FUNCTIONS[shape.function]
        kind = int if function.integers == "sums" else Fraction  # nothing divides
        arrays = {key: exactly(array, kind) for key, array in drawn.arrays.items()}
        return function.tensors(exactly(drawn.dy, kind), arrays, shape.options)[name]

    def double() -> Array:
        arrays = {key: array.astype(np.float64) for key, array in drawn.arrays.items()}
        wide = Drawn(arrays, drawn.dy.astype(np.float64))
        with oracle.threads(1):
            return torch_tensors(shape, wide, device, oracle.CONTIGUOUS)[name]

    problem = Problem(shape.function, drawn.arrays, shape.options, drawn.dy)
    return Judges(exact, double, cost(problem))


def difference(name: str, ours: Array, theirs: Array, judges: Judges) -> str:
    """The first place where two tensors differ, both values, and who is off; or nothing."""
    index = first_difference(ours, theirs)
    if index is None:
        return ""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        here, there = (f"{side.dtype} {side.shape}" for side in (ours, theirs))
        return f"{name}: refimpl gives {here}, torch {there}"
    values = f"refimpl {ours[index]:.17g}, torch {theirs[index]:.17g}"
    return f"{name} at {index}: {values}; {_off(index, ours, theirs, judges)}"


def _off(index: tuple[int, ...], ours: Array, theirs: Array, judges: Judges) -> str:
    values = float(ours[index]), float(theirs[index])
    if judges.products > ON_FRACTIONS:
        double = Fraction(float(judges.double()[index]))
        return f"{_those_off(double, *values)}: torch gives {double} in float64"
    exact = attempt(lambda: Fraction(judges.exact()[index]))
    if isinstance(exact, str):
        return f"who is off is not decided ({exact})"
    return who(exact, Fraction(float(judges.double()[index])), *values)


def who(exact: Fraction, double: Fraction, ours: float, theirs: float) -> str:
    """Which side is off, by refimpl's formula without rounding and by torch in float64.

    >>> who(Fraction(7), Fraction(7), 7.0, 8.0)
    'torch is off: both formulas give 7'
    >>> who(Fraction(7), Fraction(7), 8.0, 7.0)
    'refimpl is off: both formulas give 7'
    """
    if exact != double:
        return (
            f"the formulas differ: refimpl's gives {exact} on Fractions, torch {double} in float64"
        )
    return f"{_those_off(exact, ours, theirs)}: both formulas give {exact}"


def _those_off(right: Fraction, ours: float, theirs: float) -> str:
    off = [name for name, value in (("refimpl", ours), ("torch", theirs)) if value != right]
    return f"{' and '.join(off)} {'are' if off[1:] else 'is'} off"


def exactly(array: Array, kind: type[int | Fraction] = Fraction) -> Array:
    """The same integers as objects of an exact kind, which take longer the more they can do."""
    return of_objects(map(kind, array.ravel().tolist()), array.shape)


# --- rows ---------------------------------------------------------------------------------


def _row(
    case: Case,
    dtype: str,
    verdict: str,
    false_accept: float | None,
    tensors: Mapping[str, Array],
    note: str,
) -> WitnessRow:
    return WitnessRow(
        case=case.id,
        function=case.function,
        network="",
        dtype=dtype,
        witness=INTEGERS,
        tensors=" ".join(tensors),
        elements=sum(array.size for array in tensors.values()),
        verdict=verdict,
        false_accept=false_accept,
        note=note,
    )


def _sets(pattern: Pattern) -> str:
    """|S| of each array."""
    sizes = {name: lattice.size for name, lattice in pattern.items() if lattice.size > 1}
    return "|S| " + ", ".join(f"{name} {size}" for name, size in sizes.items())


def _changed(case: Case, shape: Geometry) -> str:
    """The options that are not the case's."""
    changed = {k: v for k, v in shape.options.items() if case.options.get(k) != v}
    return ", ".join(f"{name} {value:g}" for name, value in changed.items())


def representatives(cases: Sequence[Case]) -> dict[str, Case]:
    """The first case of each geometry, by its id; of functions that are exact on integers."""
    firsts: dict[str, Case] = {}
    for case in cases:
        if case.function in EXACT:
            firsts.setdefault(geometry(case).key, case)
    return {case.id: case for case in firsts.values()}
