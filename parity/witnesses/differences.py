"""The derivative of a forward formula by central differences that are exact, at any size.

Along x + t·v_x, weight + t·v_weight, … a function that is linear in each of at most two arrays
that are perturbed (a convolution in x and weight, its bias beside them; an average in x; a
maximum as long as the order of x stays) is a polynomial of degree at most 2 in t. Then

    (f(t = 1) − f(t = −1))/2

is its derivative at t = 0 without any error. On integers so small that nothing is rounded,
`refimpl`'s own float64 gives both values and, from its backward, the gradients exactly, and

    Σ dy·(f(1) − f(−1))/2 = ⟨dx, v_x⟩ + ⟨dweight, v_weight⟩ + …

must hold as integers. torch's values are not asked, and no formula for a derivative stands on the
left.

Each repetition draws dy, all arrays and all v anew. Let P be the difference of the two sides, a
polynomial in all of these: of degree 1 in dy, 1 in all v together (each side is odd in v) and at
most 1 in each array. If P ≠ 0, it vanishes at most on a share

    p = 1/|S_dy| + max 1/|S_v| + Σ_a 1/|S_a|

of the points of the sets S (the lemma in `parity.witnesses.integers`: Schwartz 1980, DeMillo &
Lipton 1978, Zippel 1979). That share of the points hides a wrong backward from one repetition,
and r of them with probability p^r at most. As many are made as it takes for 2⁻⁴⁰.

How large the sets may be follows from the numbers of terms, counted by torch on ones. With K of
them at most in an element of any tensor, and every |element| ≤ M, sums of products keep

    K·(2M)² < 2⁵³ in f(±1),    K·M² < 2⁵³ in the gradients,    4K·M³ < 2⁶² in dy·f and dx·v:

a bias is at most M², a product's size. `check_exact` asks torch for op(|largest values|) on the
sets that were chosen, whatever chose them, and refuses what reaches a limit.

A function with branches is asked on patterns of `parity.witnesses.lattices` that fix every
branch; x keeps as much room to the edge of its set as v is long, so that x ± v takes the same
branches. That says nothing of a case's own ties and zeros: `parity.witnesses.derivative` decides
who is asked.

Assumed is, as with exact integers, that the code computes such polynomials: a mistake at certain
numbers alone is not excluded. Where the forward gives no integers or too large ones, it computes
something else, and nothing is said here; a gradient that is no integer is wrong.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil, lcm, log2, nan
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flint import arb, fmpq, fmpz

from parity import oracle
from parity.cases.case import Array, Shape, generator
from parity.cases.functions import FUNCTIONS
from parity.results.judging import joined
from parity.results.verdicts import AGREES, OUTSIDE
from parity.witnesses.balls import PRECISION, precision
from parity.witnesses.directional import (
    FALSE_ACCEPT,
    Arrays,
    Question,
    RefutedError,
    asked,
    disagreement,
    gradients_of,
)
from parity.witnesses.lattices import (
    BRANCHES,
    EXACT_BELOW,
    Geometry,
    Lattice,
    NotExactError,
    Pattern,
    covered,
    divisors,
    output_shape,
    patterns_below,
    terms_at_most,
    terms_of_sums,
    without_branch,
)

SUM_BELOW = EXACT_BELOW["float64"]
PRODUCT_BELOW = 2**62  # of an inner product: int64 holds its terms
FACTORS = {"weight", "kernel"}  # the second factor of a product
CHUNK = 1 << 15  # elements of an inner product at a time: they stay in the cache
HALF = 31  # bits
MAXIMA = ("maxima", "downsampled")  # rules of lattices

Number: TypeAlias = int | Fraction | float  # float: NaN alone


class Judgement(NamedTuple):
    """What a witness says of one case."""

    verdict: str
    note: str = ""
    false_accept: float | None = None


class Sets(NamedTuple):
    """What a repetition draws from."""

    arrays: Pattern  # every argument, and dy
    directions: Pattern  # v, for each input


def judged(question: Question, shape: Geometry) -> Judgement:
    """A function's backward against the exact differences of its forward.

    Raises: NotExactError where no sets are small enough, or the forward gives other numbers than
    sums of products are.
    """
    rng = generator(question.seed, question.label, "differences")
    found, branches = sets_of(shape, rng)
    for sets in found:
        check_exact(shape, sets)
    chance = max(acceptance(sets) for sets in found)
    repetitions = repetitions_for(chance)
    for sets in found:
        for _ in range(repetitions):
            try:
                said = refuted(question, sets, rng)
            except RefutedError as error:
                said = str(error)
            if said:
                return Judgement(OUTSIDE, said)
    each = f" on each of {len(found)} patterns" if found[1:] else ""
    told = filter(None, (f"{repetitions} repetitions{each}", branches, _sizes(found[0])))
    return Judgement(AGREES, f"exact differences: {', '.join(told)}", repetitions * log2(chance))


def acceptance(sets: Sets) -> float:
    """1/|S_dy| + Σ_a 1/|S_a| + max 1/|S_v|: how probably one repetition accepts what is wrong."""
    drawn = [s.size for s in sets.arrays.values() if s.base.size and s.size > 1]
    along = [s.size for s in sets.directions.values() if s.base.size]
    return sum(1 / size for size in drawn) + 1 / min(along)


def repetitions_for(chance: float) -> int:
    """So many that a wrong one passes with the probability that is promised, at most.

    >>> repetitions_for(2.0**-14), repetitions_for(2.0**-13)
    (3, 4)
    """
    if chance >= 1:
        raise NotExactError(
            f"sets are too small: a repetition accepts with probability {chance:.2g}"
        )
    return ceil(FALSE_ACCEPT / log2(chance))


def _sizes(sets: Sets) -> str:
    """|S| of the smallest and of the largest set."""
    sizes = [s.size for s in (*sets.arrays.values(), *sets.directions.values()) if s.size > 1]
    return f"|S| {' to '.join(dict.fromkeys((str(min(sizes)), str(max(sizes)))))}"


# --- the sets -----------------------------------------------------------------------------


def sets_of(shape: Geometry, rng: np.random.Generator) -> tuple[list[Sets], str]:
    """What repetitions draw from, on one pattern of branches after the other; and which these are.

    Raises: NotExactError where no integers are small enough.
    """
    if without_branch(shape):
        return [sets_of_one_size(shape)], ""
    unit, gain = _scale(shape)
    found = patterns_below(shape, 2**HALF // (unit * gain), rng)
    scaled = [{name: _times(unit, lattice) for name, lattice in p.items()} for p in found]
    return [with_room(pattern, shape.inputs) for pattern in scaled], covered(shape, found)


def has_patterns(shape: Geometry) -> bool:
    """Whether it is linear where its branches stay; a loss has none that sums could bound."""
    rule = FUNCTIONS[shape.function].integers
    return rule in BRANCHES and shape.function != "perceptron_loss"


def _scale(shape: Geometry) -> tuple[int, int]:
    """What x and dy are multiples of, so that a slope leaves integers; how far it enlarges them."""
    if shape.function == "dropout":
        return 1, round(1 / (1 - shape.options.get("p", 0.5)))
    slope = abs(shape.options.get("negative_slope", 0))
    return (round(1 / slope), 1) if 0 < slope < 1 else (1, max(1, round(slope)))


def _times(unit: int, lattice: Lattice) -> Lattice:
    fixed = lattice.size == 1
    return (
        lattice if fixed else replace(lattice, base=lattice.base * unit, step=lattice.step * unit)
    )


def with_room(pattern: Pattern, inputs: tuple[str, ...]) -> Sets:
    """The middle half of each set for the array, a quarter to both sides for v."""
    arrays, directions = dict(pattern), {}
    for name in inputs:
        lattice = pattern[name]
        base, step, low, high = lattice.base, lattice.step, lattice.low, lattice.high
        room = (high - low) // 4
        if room < 1:
            raise NotExactError(f"the sets of {name} have no room for a direction")
        arrays[name] = Lattice(base, step, low + room, high - room)
        directions[name] = Lattice(np.zeros_like(base), step, -room, room)
    return Sets(arrays, directions)


def sets_of_one_size(shape: Geometry) -> Sets:
    """−M … M for every array and every direction; of averages, multiples of all divisors.

    Raises: NotExactError where there are none.
    """
    dy_shape = output_shape(shape)
    step = lcm(*divisors(shape))
    products = bool(FACTORS & set(shape.shapes))
    most = largest_element(_most_terms(shape, dy_shape), products) // step
    if not most:
        raise NotExactError("no integers are small enough for exact differences")
    sets = {
        name: _around_zero(size, most, step)
        for name, size in {**shape.shapes, "dy": dy_shape}.items()
    }
    if "bias" in sets and products:
        sets["bias"] = _around_zero(shape.shapes["bias"], most**2)
    return Sets(sets, {name: sets[name] for name in shape.inputs})


def _most_terms(shape: Geometry, dy_shape: Shape) -> int:
    """The terms of any sum of the value or of a gradient; of averages, by the largest divisor."""
    if FUNCTIONS[shape.function].integers == "sums":
        return max(terms_of_sums(shape, dy_shape).values())
    ones = {name: np.ones(size) for name, size in shape.shapes.items()}
    sums = largest_sums(shape, ones, np.ones(dy_shape)).values()
    return ceil(max(float(terms.max(initial=1)) for terms in sums))


def largest_element(terms: int, products: bool) -> int:
    """M, where an element of a tensor has so many terms.

    >>> largest_element(400, products=True), largest_element(4, products=False)
    (142313, 759250124)
    """
    sums, inner = (SUM_BELOW - 1) // terms, (PRODUCT_BELOW - 1) // terms
    if products:
        return min(int(fmpz(sums // 4).isqrt()), int(fmpz(inner // 4).root(3)))
    return min(sums // 2, int(fmpz(inner // 2).isqrt()))


def _around_zero(shape: Shape, most: int, step: int = 1) -> Lattice:
    return Lattice(np.zeros(shape, np.int64), step, -most, most)


def largest_sums(shape: Geometry, largest: Arrays, dy: Array) -> dict[str, Array]:
    """Σ|terms| of the value and of each gradient at most, before any division.

    Of sums and averages op(|values|), by torch in float64; of a function with branches what an
    element and a gradient may become: one place may win as many windows as a window has places.
    """
    if without_branch(shape):
        result = oracle.gradients(shape.function, largest, shape.options, dy, shape.inputs)
        division = max(divisors(shape))
        sums = {"y": result.y, **result.gradients}
        return {name: magnitude * division for name, magnitude in sums.items()}
    (name,), (_, gain) = shape.inputs, _scale(shape)
    windows = terms_at_most(shape) if FUNCTIONS[shape.function].integers in MAXIMA else 1
    return {"y": largest[name] * gain, name: dy * (windows * gain)}


def check_exact(shape: Geometry, sets: Sets) -> None:
    """Refuse sets on which a sum may reach 2⁵³, or a term of an inner product 2⁶².

    Raises: NotExactError which of them.
    """
    largest = {name: lattice.largest().astype(np.float64) for name, lattice in sets.arrays.items()}
    dy = largest.pop("dy")
    v = {name: lattice.largest() for name, lattice in sets.directions.items()}
    reached = {name: array + v.get(name, 0) for name, array in largest.items()}
    for name, magnitudes in largest_sums(shape, reached, dy).items():
        most = magnitudes.max(initial=0.0)
        if not most < SUM_BELOW:
            raise NotExactError(f"sums of {name} reach {most:.0f}, past the exact {SUM_BELOW}")
        beside = np.max(dy if name == "y" else v[name], initial=0)
        if not most * beside < PRODUCT_BELOW:
            raise NotExactError(f"products of {name} reach {most * beside:.3g}, past 2⁶²")


# --- one repetition -----------------------------------------------------------------------


def refuted(question: Question, sets: Sets, rng: np.random.Generator) -> str:
    """What speaks against the backward at one point along one direction; or nothing.

    Raises: NotExactError where the forward gives no such integers; RefutedError where there is
    nothing to compare.
    """
    arrays = _floats(sets.arrays, rng)
    dy = arrays.pop("dy")
    v = _floats(sets.directions, rng)
    forward = inner(_difference(question, arrays, v, dy.shape), dy)
    gradients = gradients_of(question, dy, arrays)
    backward = {name: inner(gradients[name], v[name]) for name in v}
    if forward == sum(backward.values()):
        return ""
    blamed = [
        f"d{name}"
        for name, given in backward.items()
        if inner(_difference(question, arrays, {name: v[name]}, dy.shape), dy) != given
    ]
    with precision(PRECISION):
        said = disagreement(_ball(forward), _ball(sum(backward.values())))
    return joined(said, f"apart in {', '.join(blamed)}" if blamed else "")


def _floats(pattern: Pattern, rng: np.random.Generator) -> Arrays:
    """Integers as float64, read-only."""
    drawn = {name: lattice.draw(rng).astype(np.float64) for name, lattice in pattern.items()}
    for array in drawn.values():
        array.setflags(write=False)
    return drawn


def _difference(question: Question, arrays: Arrays, v: Arrays, shape: Shape) -> Array:
    """(f(1) − f(−1))/2 along v."""

    def at(t: int) -> Array:
        moved = {
            name: array + t * v[name] if name in v else array for name, array in arrays.items()
        }
        y: Array = asked(lambda: question.forward(moved))
        if y.shape != shape:
            raise NotExactError(f"the forward gives y of shape {y.shape}, torch {shape}")
        if _integers(y) is None or not np.abs(y).max(initial=0) < SUM_BELOW:
            raise NotExactError("the forward gives no integers, or too large ones")
        return y

    return (at(1) - at(-1)) / 2  # the difference is even: nothing is rounded


def inner(a: Array, b: Array) -> Number:
    """Σ a·b exactly; b are integers, and so are a where nothing is wrong.

    >>> inner(np.array([2.0**52, -3.0]), np.array([5.0, 1.0])) - 5 * 2**52
    -3
    >>> inner(np.array([0.5, 2.0**60]), np.array([3.0, 1024.0])) - 2**70
    Fraction(3, 2)
    """
    left, right = a.ravel(), b.ravel()
    starts = range(0, left.size, CHUNK)
    return sum((_inner(left[k : k + CHUNK], right[k : k + CHUNK]) for k in starts), 0)


def _inner(a: Array, b: Array) -> Number:
    if not np.isfinite(a).all():
        return nan
    whole = _integers(a)
    if whole is None or not float(np.abs(a).max()) * float(np.abs(b).max()) < PRODUCT_BELOW:
        return sum((Fraction(x) * int(y) for x, y in zip(a.tolist(), b.tolist(), strict=True)), 0)
    products = whole * b.astype(np.int64)
    high, low = products >> HALF, products & ((1 << HALF) - 1)
    return (int(high.sum()) << HALF) + int(low.sum())


def _integers(array: Array) -> Array | None:
    """The same numbers in 64 bits, or None where one is no integer."""
    with np.errstate(invalid="ignore"):
        whole = array.astype(np.int64)
    return whole if np.array_equal(whole, array) else None


def _ball(number: Number) -> Any:
    if isinstance(number, float):
        return arb(number)
    return arb(fmpq(number.numerator, number.denominator))
