"""Exact values of sums of products, averages, maxima and moves: refimpl's own code on slices.

`refimpl` runs on the slices of its arguments (`parity.witnesses.exact.slices`), pair by pair, and
every integer that it gives is exact; `parity.witnesses.exact.accumulation` adds them up. That
proves what its arithmetic should have given, not that its formula is right: a wrong formula is its
own exact value. So torch gets the leading slices, too, in float64, and has to give the same
integers, element by element; where a mean multiplies by a rounded reciprocal, but for that
(`parity.witnesses.reciprocals`), and its integers are the nearest. Where a leading slice is 0,
because a number is far below the largest, it is a random integer instead: nothing may hide there.
Where the two differ, there is a `Dispute`, and the definitions decide.

| function | its tensors are linear in |
|---|---|
| sums of products | y in x and in weight, dx in dy and weight, dweight in dy and x, dbias in dy |
| averages | y in x, dx in dy; slices are multiplied by a common multiple of all divisors |
| maxima | dx in dy, given x; y is selected from x |
| moves, sums | y in all arguments at once, gradients in dy; beside a frame's value y is selected |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from functools import cached_property
from math import prod
from typing import Any, NamedTuple

import numpy as np

from parity import oracle
from parity.bounds import sampling
from parity.bounds.terms import terms_of
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS
from parity.witnesses.exact.accumulation import Digits
from parity.witnesses.exact.partition import Block, blocks
from parity.witnesses.exact.slices import (
    MOST,
    SIGNIFICAND,
    Slices,
    UnfitError,
    bits_of_products,
    bits_of_sums,
    cut,
    exponent_of,
    on_grid,
)
from parity.witnesses.exact.truth import Truth, truth_near
from parity.witnesses.lattices import Geometry, divisors_multiple, terms_at_most
from parity.witnesses.pieces import shape_of
from parity.witnesses.problem import SUM, Problem
from parity.witnesses.reciprocals import means_of
from refimpl.networks import sum_of_parts

SEED = 20261129  # of the integers that stand where a leading slice is 0
PRODUCTS, AVERAGES, MAXIMA, MOVES = "products", "averages", "maxima", "moves"


class Dispute(NamedTuple):
    """On integers that nothing rounds refimpl and torch differ.

    asked, inside: those integers, and where in them.
    """

    place: tuple[int, ...]
    refimpl: float
    torch: float
    asked: Problem
    inside: tuple[int, ...]

    def __str__(self) -> str:
        return (
            f"on integers that nothing rounds refimpl gives {self.refimpl:.17g} at {self.place}, "
            f"torch {self.torch:.17g}"
        )


Found = tuple[str, Truth | Dispute]


def kind_of(problem: Problem) -> str:
    """Which of the rows above a function stands in; nothing for the others."""
    if problem.function == SUM:
        return MOVES
    rule = FUNCTIONS[problem.function].integers
    if rule == "sums":
        return PRODUCTS if {"weight", "kernel"} & set(problem.arrays) else MOVES
    if rule == "downsampled":
        return MAXIMA if sampling.is_maximum(problem.options) else AVERAGES
    return {"averages": AVERAGES, "maxima": MAXIMA}.get(rule, "")


class OnSlices:
    """A problem whose arrays are cut once, for the value and then for the gradients."""

    def __init__(self, problem: Problem) -> None:
        if problem.options.get("value"):  # of a frame: both sides round it first
            function, dtype = FUNCTIONS[problem.function], problem.dy.dtype.name
            problem = problem._replace(options=function.options_in(problem.options, dtype))
        self.problem = problem
        self._plan: Plan | None = None
        self._cuts: dict[str, Slices] = {}  # of a problem of one block

    def of(self, tensors: Iterable[str]) -> Iterator[Found]:
        """The exact values of tensors, block by block, or where refimpl and torch dispute.

        Raises: UnfitError where numbers are too far apart, or results too small, for slices.
        """
        wanted, problem, dtype = list(tensors), self.problem, self.problem.dy.dtype.name
        summed: dict[str, Digits] = {}
        disputed: dict[str, Dispute] = {}
        for block in blocks(problem):
            plan = self._planned(block.problem)
            found = _Run(block, plan, summed, self._cuts_of(block.problem)).run(wanted)
            disputed = {**found.disputed, **disputed}
            for tensor, value in found.complete.items():
                if tensor not in disputed:
                    whole = shape_of(problem, tensor)
                    where = (block.places(tensor, whole), prod(whole))
                    if isinstance(value, Digits):
                        yield tensor, value.truth(dtype, where, plan.scale)
                    else:
                        nothing = np.zeros(value.shape)
                        yield tensor, truth_near(value, nothing, nothing, dtype, where)
        for tensor, digits in summed.items():
            if tensor not in disputed:
                size = prod(shape_of(problem, tensor))
                yield tensor, digits.truth(dtype, (slice(0, size), size), plan.scale)
        yield from disputed.items()

    def _planned(self, block: Problem) -> Plan:
        """The plan of the first block; no later one is larger."""
        self._plan = self._plan or plan_of(self.problem, block)
        return self._plan

    def _cuts_of(self, block: Problem) -> dict[str, Slices]:
        """Where a block's slices are kept: beside those of many blocks there is no room."""
        return self._cuts if block.dy.size == self.problem.dy.size else {}


class Plan(NamedTuple):
    """How the arrays of a problem are cut."""

    kind: str
    bits: int
    scale: int  # of the slices of an average
    exponents: Mapping[str, int]
    terms: int  # of sums of products: the most that an element is the sum of


def plan_of(problem: Problem, block: Problem) -> Plan:
    """The plan for a problem whose largest block is this."""
    kind = kind_of(problem)
    scale, terms = _scale(block, kind), _terms(block) if kind == PRODUCTS else 0
    bits = bits_of_products(terms) if kind == PRODUCTS else _bits(block, kind, scale)
    return Plan(kind, bits, scale, _exponents(problem, kind), terms)


def _exponents(problem: Problem, kind: str) -> dict[str, int]:
    """Where the slices of each array begin; of arrays that are added up, at one place."""
    given = {**problem.arrays, "dy": problem.dy}
    if kind == MOVES:
        together = exponent_of(list(problem.arrays.values()))
        return {**dict.fromkeys(problem.arrays, together), "dy": exponent_of([problem.dy])}
    return {name: exponent_of([array]) for name, array in given.items()}


def _scale(problem: Problem, kind: str) -> int:
    """What the slices of an average are multiplied by, so that every division comes out even."""
    if kind != AVERAGES or not problem.dy.size:
        return 1
    x = problem.arrays["x"].shape
    sizes = x if problem.function == "mean" else (1, 1, *x[2:])
    return divisors_multiple(Geometry(problem.function, {"x": sizes}, problem.options))


def _bits(problem: Problem, kind: str, scale: int) -> int:
    """How wide slices may be where nothing is multiplied."""
    if kind == MOVES:
        repetitions = (problem.dy.size // max(1, a.size) for a in problem.arrays.values())
        return bits_of_sums(max(len(problem.arrays), *repetitions))
    shapes = {"x": problem.arrays["x"].shape}
    window = terms_at_most(Geometry(problem.function, shapes, problem.options))
    # By a rounded reciprocal a mean is off by γ_(window + 1) of at most this: by less than ½.
    spare = 2 * (window + 1) if scale & (scale - 1) else 1
    return bits_of_sums(window * scale * spare)


def _terms(problem: Problem) -> int:
    """The most products that an element of any tensor is the sum of, counted by torch."""
    shapes = {name: array.shape for name, array in problem.arrays.items()}
    return terms_of(problem.function, shapes, problem.options).most


class _Run:
    """One block: every product of slices that its tensors need."""

    def __init__(
        self, block: Block, plan: Plan, summed: dict[str, Digits], cuts: dict[str, Slices]
    ) -> None:
        self.block, self.problem, self.plan = block, block.problem, plan
        self.summed, self.cuts = summed, cuts
        self.complete: dict[str, Digits | Array] = {}
        self.disputed: dict[str, Dispute] = {}

    @cached_property
    def dice(self) -> np.random.Generator:
        """For what a leading slice lacks."""
        return np.random.default_rng(SEED)

    def run(self, wanted: list[str]) -> _Run:
        gradients = [tensor for tensor in wanted if tensor != "y"]
        run = self._products if self.plan.kind == PRODUCTS else self._linear
        run("y" in wanted, gradients)
        return self

    # --- sums of products -----------------------------------------------------------------

    def _products(self, value: bool, gradients: list[str]) -> None:
        first, second = ("a", "kernel") if "kernel" in self.problem.arrays else ("x", "weight")
        a, b = self._cut(first), self._cut(second)
        bias = self._cut("bias") if "bias" in self.problem.arrays else None
        if value:
            self._within(a, b)
            factors = {first: a, second: b}
            shown = self._shown({**factors, "bias": bias} if bias else factors)
            lead = self._certify_forward(shown)
            known = not bias and a.whole and b.whole
            for i, x in a.occupied:
                for j, w in b.occupied:
                    again = not (known and i == j == 0)
                    y = self._forward({first: x, second: w}) if again else lead
                    self._add("y", i + j, y, a.unit + b.unit)
            if bias:
                self._add_bias({first: a.parts[0], second: b.parts[0]}, bias, a.unit + b.unit)
        if gradients:
            self._gradients(gradients, (first, a), (second, b))

    def _gradients(
        self, gradients: list[str], first: tuple[str, Slices], second: tuple[str, Slices]
    ) -> None:
        """A backward gives both gradients of its pair: dx of dy and weight, dweight of dy and x."""
        (one, a), (other, b), dy = first, second, self._cut("dy")
        self._within(dy, a)
        self._within(dy, b)
        bias = self.problem.arrays.get("bias")
        zero = {"bias": np.zeros(bias.shape)} if bias is not None else {}
        shown = self._shown({one: a, other: b, "dy": dy})
        is_lead = a.whole and b.whole and dy.whole
        lead = self._certify_backward(shown.pop("dy"), {**shown, **zero}, gradients)
        # An array whose slices only an unwanted gradient needs takes part with its first.
        xs = a.occupied[: None if f"d{other}" in gradients else 1]
        ws = b.occupied[: None if f"d{one}" in gradients else 1]
        for i, upstream in dy.occupied:
            for k in range(max(len(xs), len(ws))):
                (p, x), (q, w) = (parts[min(k, len(parts) - 1)] for parts in (xs, ws))
                known = is_lead and i == k == 0
                found = lead if known else self._backward(upstream, {one: x, other: w, **zero})
                if k < len(ws):
                    self._add(f"d{one}", i + q, found[one], dy.unit + b.unit, gradients)
                if k < len(xs):
                    self._add(f"d{other}", i + p, found[other], dy.unit + a.unit, gradients)
                if k == 0 and zero:
                    self._add("dbias", i, found["bias"], dy.unit, gradients)

    def _add_bias(self, lead: dict[str, Array], bias: Slices, unit: int) -> None:
        """What refimpl makes of a bias beside zeros, on the grid of the products."""
        zeros = {name: np.zeros_like(part) for name, part in lead.items()}
        bits = self.plan.bits
        first = (unit - bias.unit) // bits  # the level at which slices of the bias begin
        if abs(first) > MOST:
            raise UnfitError(f"a bias in units of 2^{bias.unit}, products of 2^{unit}")
        parts = on_grid(self.problem.arrays["bias"], unit - first * bits, bits, MOST + 1)
        for level, part in enumerate(parts, start=first):
            if part.any():
                self._add("y", level, self._forward({**zeros, "bias": part}), unit)

    # --- functions of one factor ----------------------------------------------------------

    def _linear(self, value: bool, gradients: list[str]) -> None:
        arrays = {name: array.astype(np.float64) for name, array in self.problem.arrays.items()}
        if value and (self.plan.kind == MAXIMA or self.problem.options.get("value")):
            # A maximum is one of the numbers that it is given, and so is what fills a frame:
            # nothing is rounded.
            self.complete["y"] = self._certify_forward(arrays)
        elif value:
            self._moved()
        if gradients:
            dy = self._cut("dy")
            shown = self._shown({"dy": dy})["dy"]
            lead = self._certify_backward(shown, arrays, gradients)
            for level, part in dy.occupied:
                known = level == 0 and dy.whole
                found = lead if known else self._backward(part * self.plan.scale, arrays)
                for name, integers in found.items():
                    self._add(f"d{name}", level, integers, dy.unit, gradients)

    def _moved(self) -> None:
        """y on the slices of all arguments, which begin at one exponent."""
        cuts = {name: self._cut(name) for name in self.problem.arrays}
        unit = next(iter(cuts.values())).unit
        lead = self._certify_forward(self._shown(cuts))
        known = all(slices.whole for slices in cuts.values())
        for level in range(max(len(slices.parts) for slices in cuts.values())):
            arrays = {name: self._level(slices, level) for name, slices in cuts.items()}
            y = lead if known and level == 0 else self._forward(arrays)
            self._add("y", level, y, unit)

    def _level(self, slices: Slices, level: int) -> Array:
        """A slice, times what an average is divided by; zeros where there is none any more."""
        if level < len(slices.parts):
            return slices.parts[level] * self.plan.scale
        return np.zeros_like(slices.parts[0])

    # --- refimpl, and torch beside it -----------------------------------------------------

    def _cut(self, name: str) -> Slices:
        if name not in self.cuts:
            array = self.problem.dy if name == "dy" else self.problem.arrays[name]
            self.cuts[name] = cut(array, self.plan.bits, self.plan.exponents[name])
        return self.cuts[name]

    def _within(self, a: Slices, b: Slices) -> None:
        """Refuse slices whose products could add up to more than float64 holds exactly."""
        if self.plan.terms * a.largest * b.largest > 1 << SIGNIFICAND:
            raise UnfitError("slices are too wide for exact sums")

    def _forward(self, arrays: dict[str, Array]) -> Array:
        if self.problem.function == SUM:
            return np.asarray(sum_of_parts(list(arrays.values())))
        return FUNCTIONS[self.problem.function].forward(arrays, self.problem.options)

    def _backward(self, dy: Array, arrays: dict[str, Array]) -> dict[str, Array]:
        return FUNCTIONS[self.problem.function].backward(dy, arrays, self.problem.options)

    def _whole(self, integers: Array) -> Array:
        """What a mean's reciprocal rounded, as the integer that it stands for."""
        return np.rint(integers) if self.plan.kind == AVERAGES else integers

    def _add(
        self,
        tensor: str,
        level: int,
        integers: Array,
        unit: int,
        wanted: list[str] | None = None,
    ) -> None:
        """A sum of products of a tensor that is asked for and not in dispute."""
        if tensor in self.disputed or (wanted is not None and tensor not in wanted):
            return
        kept: MutableMapping[str, Any] = (
            self.complete if tensor in self.block.offsets else self.summed
        )
        kept.setdefault(tensor, Digits(self.plan.bits, unit)).add(level, self._whole(integers))

    # --- what torch says of it ------------------------------------------------------------

    def _shown(self, cuts: Mapping[str, Slices]) -> dict[str, Array]:
        """Leading slices, with random integers in place of zeros."""
        shown = {}
        for name, slices in cuts.items():
            lead, most = slices.parts[0], 1 << (slices.bits - 1)
            if not slices.whole:
                size = self.dice.integers(1, most, lead.shape).astype(np.float64)
                signs = self.dice.integers(0, 2, lead.shape) * 2 - 1
                lead = np.where(lead == 0, size * signs, lead)
            shown[name] = lead * self.plan.scale if self.plan.scale > 1 else lead
        return shown

    def _certify_forward(self, arrays: dict[str, Array]) -> Array:
        """What refimpl gives, once torch was asked as well."""
        asked = self.problem._replace(arrays=arrays, dy=np.zeros(self.problem.dy.shape))
        if self.problem.function == SUM:
            theirs = np.sum([part.astype(np.int64) for part in arrays.values()], axis=0)
        else:
            theirs = oracle.forward(self.problem.function, arrays, self.problem.options)
        ours = self._forward(arrays)
        self._certify("y", ours, theirs, asked)
        return ours

    def _certify_backward(
        self, dy: Array, arrays: dict[str, Array], gradients: list[str]
    ) -> dict[str, Array]:
        """What refimpl gives, once torch was asked as well."""
        names = [tensor[1:] for tensor in gradients]
        function, options = self.problem.function, self.problem.options
        ours = self._backward(dy, arrays)
        theirs = oracle.gradients(function, arrays, options, dy, names).gradients
        for name in names:
            asked = self.problem._replace(arrays=arrays, dy=dy)
            self._certify(f"d{name}", ours[name], theirs[name], asked)
        return ours

    def _certify(self, tensor: str, ours: Array, theirs: Array, asked: Problem) -> None:
        if np.array_equal(ours, theirs) or self._only_rounded(tensor, ours, theirs, asked):
            return
        same = ours.shape == theirs.shape
        place = tuple(map(int, np.argwhere(ours != theirs)[0])) if same else ()
        a, b = (float(side[place]) if same else np.nan for side in (ours, theirs))
        self.disputed[tensor] = Dispute(self.block.place(tensor, place), a, b, asked, place)

    def _only_rounded(self, tensor: str, ours: Array, theirs: Array, asked: Problem) -> bool:
        """Whether a mean differs by no more than the rounding of a reciprocal."""
        if self.plan.kind != AVERAGES:
            return False
        shapes = {name: array.shape for name, array in asked.arrays.items()}
        means = means_of(Geometry(asked.function, shapes, asked.options), "float64")
        return bool(means and means.only_rounded(tensor, ours, theirs, asked.arrays, asked.dy))
