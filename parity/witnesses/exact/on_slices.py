"""Exact values of sums of products, averages, maxima and moves: refimpl's own code on slices.

`refimpl` runs on the slices of its arguments (`parity.witnesses.exact.slices`), pair by pair, and
every integer that it gives is exact; `parity.witnesses.exact.accumulation` adds them up. That
proves what its arithmetic should have given, not that its formula is right: a wrong formula is its
own exact value. So torch gets the leading slices, too, in float64, and has to give the same
integers, element by element. Where it does not, there is a `Dispute`, and the definitions decide.

| function | its tensors are linear in |
|---|---|
| sums of products | y in x and in weight, dx in dy and weight, dweight in dy and x, dbias in dy |
| averages | y in x, dx in dy; slices are multiplied by a common multiple of all divisors |
| maxima | dx in dy, given x; y is selected from x |
| moves, sums | y in all arguments at once, gradients in dy |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
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
from parity.witnesses.lattices import Geometry, divisors_multiple
from parity.witnesses.pieces import shape_of
from parity.witnesses.problem import SUM, Problem
from refimpl.networks import sum_of_parts

PRODUCTS, AVERAGES, MAXIMA, MOVES = "products", "averages", "maxima", "moves"


class Dispute(NamedTuple):
    """On the leading slices, integers that nothing rounds, refimpl and torch differ."""

    place: tuple[int, ...]
    refimpl: float
    torch: float

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


def by_slices(problem: Problem, tensors: Iterable[str]) -> Iterator[Found]:
    """The exact values of tensors, block by block, or where refimpl and torch dispute.

    Raises: UnfitError where numbers are too far apart, or results too small, for slices.
    """
    wanted, dtype = list(tensors), problem.dy.dtype.name
    plan: Plan | None = None
    summed: dict[str, Digits] = {}
    disputed: dict[str, Dispute] = {}
    for block in blocks(problem):
        plan = plan or plan_of(problem, block.problem)  # no later block is larger than the first
        found = _Run(block, plan, summed).run(wanted)
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
            yield tensor, digits.truth(dtype, (slice(0, size), size), plan.scale if plan else 1)
    yield from disputed.items()


class Plan(NamedTuple):
    """How the arrays of a problem are cut."""

    kind: str
    bits: int
    scale: int  # of the slices of an average
    exponents: Mapping[str, int]


def plan_of(problem: Problem, block: Problem) -> Plan:
    """The plan for a problem whose largest block is this."""
    kind = kind_of(problem)
    scale = _scale(block, kind)
    return Plan(kind, _bits(block, kind, scale), scale, _exponents(problem, kind))


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
    one_map = (1, 1, *problem.arrays["x"].shape[2:])
    return divisors_multiple(Geometry(problem.function, {"x": one_map}, problem.options))


def _bits(problem: Problem, kind: str, scale: int) -> int:
    """How wide slices may be."""
    if kind == PRODUCTS:
        return bits_of_products(_terms(problem))
    if kind == MOVES:
        return bits_of_sums(len(problem.arrays))
    size = problem.options.get("size", problem.options.get("kernel_size"))
    window = prod(size) if isinstance(size, tuple | list) else size ** (problem.dy.ndim - 2)
    return bits_of_sums(window * scale)


def _terms(problem: Problem) -> int:
    """The most products that an element of any tensor is the sum of, counted by torch."""
    shapes = {name: array.shape for name, array in problem.arrays.items()}
    return terms_of(problem.function, shapes, problem.options).most


class _Run:
    """One block: every product of slices that its tensors need."""

    def __init__(self, block: Block, plan: Plan, summed: dict[str, Digits]) -> None:
        self.block, self.problem, self.plan, self.summed = block, block.problem, plan, summed
        self.complete: dict[str, Digits | Array] = {}
        self.disputed: dict[str, Dispute] = {}

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
            lead = {first: a.parts[0], second: b.parts[0]}
            self._certify_forward({**lead, "bias": bias.parts[0]} if bias else lead)
            for i, x in enumerate(a.parts):
                for j, w in enumerate(b.parts):
                    self._add("y", i + j, self._forward({first: x, second: w}), a.unit + b.unit)
            if bias:
                self._add_bias(lead, bias, a.unit + b.unit)
        if gradients:
            self._gradients(gradients, (first, a), (second, b), bias)

    def _gradients(
        self,
        gradients: list[str],
        first: tuple[str, Slices],
        second: tuple[str, Slices],
        bias: Slices | None,
    ) -> None:
        """A backward gives both gradients of its pair: dx of dy and weight, dweight of dy and x."""
        (one, a), (other, b), dy = first, second, self._cut("dy")
        self._within(dy, a)
        self._within(dy, b)
        zero = {"bias": np.zeros(self.problem.arrays["bias"].shape)} if bias else {}
        for i, upstream in enumerate(dy.parts):
            for k in range(max(len(a.parts), len(b.parts))):
                x, w = (s.parts[min(k, len(s.parts) - 1)] for s in (a, b))
                found = self._backward(upstream, {one: x, other: w, **zero})
                if i == k == 0:
                    self._certify_backward(upstream, {one: x, other: w, **zero}, found, gradients)
                if k < len(b.parts):
                    self._add(f"d{one}", i + k, found[one], dy.unit + b.unit, gradients)
                if k < len(a.parts):
                    self._add(f"d{other}", i + k, found[other], dy.unit + a.unit, gradients)
                if k == 0 and bias:
                    self._add("dbias", i, found["bias"], dy.unit, gradients)

    def _add_bias(self, lead: dict[str, Array], bias: Slices, unit: int) -> None:
        """What refimpl makes of a bias beside zeros, on the grid of the products."""
        zeros = {name: np.zeros_like(part) for name, part in lead.items()}
        bits = self.plan.bits
        first = (unit - bias.unit) // bits  # the level at which slices of the bias begin
        if abs(first) > 2 * MOST:
            raise UnfitError(f"a bias in units of 2^{bias.unit}, products of 2^{unit}")
        parts = on_grid(self.problem.arrays["bias"], unit - first * bits, bits, MOST + 1)
        for level, part in enumerate(parts, start=first):
            self._add("y", level, self._forward({**zeros, "bias": part}), unit)

    # --- functions of one factor ----------------------------------------------------------

    def _linear(self, value: bool, gradients: list[str]) -> None:
        arrays = {name: array.astype(np.float64) for name, array in self.problem.arrays.items()}
        if value and self.plan.kind == MAXIMA:
            # A maximum is one of the numbers that it is given: nothing is rounded.
            self.complete["y"] = self._forward(arrays)
            self._certify_forward(arrays)
        elif value:
            self._moved()
        if gradients:
            dy = self._cut("dy")
            for level, upstream in enumerate(dy.parts):
                scaled = upstream * self.plan.scale
                found = self._backward(scaled, arrays)
                if level == 0:
                    self._certify_backward(scaled, arrays, found, gradients)
                for name, integers in found.items():
                    self._add(f"d{name}", level, integers, dy.unit, gradients)

    def _moved(self) -> None:
        """y on the slices of all arguments, which begin at one exponent."""
        cuts = {name: self._cut(name) for name in self.problem.arrays}
        unit = next(iter(cuts.values())).unit
        for level in range(max(len(slices.parts) for slices in cuts.values())):
            arrays = {name: self._level(slices, level) for name, slices in cuts.items()}
            if level == 0:
                self._certify_forward(arrays)
            self._add("y", level, self._forward(arrays), unit)

    def _level(self, slices: Slices, level: int) -> Array:
        """A slice, times what an average is divided by; zeros where there is none any more."""
        if level < len(slices.parts):
            return slices.parts[level] * self.plan.scale
        return np.zeros_like(slices.parts[0])

    # --- refimpl, and torch beside it -----------------------------------------------------

    def _cut(self, name: str) -> Slices:
        array = self.problem.dy if name == "dy" else self.problem.arrays[name]
        return cut(array, self.plan.bits, self.plan.exponents[name])

    def _within(self, a: Slices, b: Slices) -> None:
        """Refuse slices whose products could add up to more than float64 holds exactly."""
        if _terms(self.problem) * a.largest * b.largest > 1 << SIGNIFICAND:
            raise UnfitError("slices are too wide for exact sums")

    def _forward(self, arrays: dict[str, Array]) -> Array:
        if self.problem.function == SUM:
            return np.asarray(sum_of_parts(list(arrays.values())))
        return FUNCTIONS[self.problem.function].forward(arrays, self.problem.options)

    def _backward(self, dy: Array, arrays: dict[str, Array]) -> dict[str, Array]:
        return FUNCTIONS[self.problem.function].backward(dy, arrays, self.problem.options)

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
        kept.setdefault(tensor, Digits(self.plan.bits, unit)).add(level, integers)

    def _certify_forward(self, arrays: dict[str, Array]) -> None:
        if self.problem.function == SUM:
            theirs = np.sum([part.astype(np.int64) for part in arrays.values()], axis=0)
            self._certify("y", self._forward(arrays), theirs)
            return
        theirs = oracle.forward(self.problem.function, arrays, self.problem.options)
        self._certify("y", self._forward(arrays), theirs)

    def _certify_backward(
        self,
        dy: Array,
        arrays: dict[str, Array],
        ours: Mapping[str, Array],
        gradients: list[str],
    ) -> None:
        names = [tensor[1:] for tensor in gradients]
        function, options = self.problem.function, self.problem.options
        theirs = oracle.gradients(function, arrays, options, dy, names).gradients
        for name in names:
            self._certify(f"d{name}", ours[name], theirs[name])

    def _certify(self, tensor: str, ours: Array, theirs: Array) -> None:
        if ours.shape == theirs.shape and np.array_equal(ours, theirs):
            return
        apart = np.argwhere(ours != theirs)[0] if ours.shape == theirs.shape else []
        place = tuple(map(int, apart))
        at = [float(np.asarray(side)[place]) if place else np.nan for side in (ours, theirs)]
        self.disputed[tensor] = Dispute(self.block.place(tensor, place), *at)
