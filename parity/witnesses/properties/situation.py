"""One case as the properties are asked about it: a call of a function, and another like it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

import refimpl
from parity import oracle
from parity.bounds.arithmetic import Sides
from parity.bounds.rules import backward_bounds, forward_bound
from parity.cases.case import Array, Case, Draw, Shape, case_arrays, draw, generator
from parity.cases.function import Function
from parity.cases.functions import FUNCTIONS

Tensors = dict[str, Array]  # y, dx, dweight, …


class Call(NamedTuple):
    """A function of refimpl, its arguments and an upstream gradient."""

    function: Function
    arrays: Mapping[str, Array]
    options: Mapping[str, Any]
    dy: Array

    def forward(self) -> Any:
        """What the function returns, as it is."""
        code = getattr(refimpl, self.function.name)
        return self.function.called(code, self.arrays, self.options)

    def values(self) -> dict[str, Any]:
        """What the function returns, as it is and by name: y, or several parts y[0], y[1], …"""
        if not self.function.several:
            return {"y": self.forward()}
        parts = getattr(refimpl, self.function.name)(*self.arrays.values(), **self.options)
        return {f"y[{p}]": part for p, part in enumerate(parts)}

    def backward(self) -> Any:
        """What the backward returns, as it is; nothing where the forward alone is there."""
        if not self.function.inputs:
            return ()
        code = getattr(refimpl, self.function.backward_name)
        return self.function.called(code, self.of_backward, self.options, self.dy)

    @property
    def of_backward(self) -> dict[str, Array]:
        """The arguments that the backward takes beside dy: all but the bias."""
        return {name: array for name, array in self.arrays.items() if name != "bias"}

    @property
    def gradient_names(self) -> tuple[str, ...]:
        """Of each gradient that comes back, dbias too, where no bias was given; of no number."""
        inputs = self.function.inputs
        if self.function.name == "concatenate":
            inputs = inputs[: len(self.arrays)]
        return tuple(f"d{name}" for name in inputs if name not in self.options)

    def tensors(self) -> Tensors:
        """The value and the gradients by their names."""
        return named(self, self.forward(), self.backward())

    def copied(self) -> Call:
        """The same with arrays of its own, which may be written to."""
        arrays = {name: array.copy() for name, array in self.arrays.items()}
        return self._replace(arrays=arrays, dy=self.dy.copy())


def parts_of(gradients: Any) -> tuple[Any, ...]:
    """The gradients that came back, one or several."""
    several = gradients if isinstance(gradients, tuple) else (gradients,)
    return tuple(part for part in several if part is not None)


def named(call: Call, y: Any, gradients: Any) -> Tensors:
    """What came back, as arrays by their names."""
    parts = zip(call.gradient_names, parts_of(gradients), strict=False)
    return {"y": np.asarray(y), **{name: np.asarray(part) for name, part in parts}}


class Trial:
    """A forward, and the backward behind it once it is asked for: what came back, as it is."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.values = call.values()

    @cached_property
    def gradients(self) -> Any:
        """What the backward returns."""
        return self.call.backward()

    def tensors(self) -> Tensors:
        """The value and the gradients by their names."""
        function, values = self.call.function, tuple(self.values.values())
        y = function.as_one(values) if function.several else values[0]
        return named(self.call, y, self.gradients)


@dataclass(frozen=True)
class Situation:
    """A case in a dtype; `other` has the same shapes and options, and other numbers."""

    case: Case
    dtype: str
    seed: int
    sides: Sides
    call: Call
    other: Call

    @cached_property
    def early(self) -> Tensors:
        """The gradients of the other numbers, before any forward."""
        found = named(self.other, (), self.other.backward())
        return {name: tensor.copy() for name, tensor in found.items() if name != "y"}

    @cached_property
    def trial(self) -> Trial:
        """The first forward, and a backward behind it, on copies of the arrays."""
        return Trial(self.call.copied())

    @cached_property
    def first(self) -> Tensors:
        """What the first forward and backward gave; copies, so that nothing can change them."""
        return {name: tensor.copy() for name, tensor in self.trial.tensors().items()}

    @property
    def bounded(self) -> Tensors:
        """Of these the ones that have a bound: no gradient of an argument that was left out."""
        return {
            name: tensor
            for name, tensor in self.first.items()
            if name == "y" or name.removeprefix("d") in self.call.arrays
        }

    def limit(self, name: str) -> Array:
        """How far two right answers may be apart in a tensor."""
        return self._value_limit if name == "y" else self._gradient_limits[name.removeprefix("d")]

    @cached_property
    def _value_limit(self) -> Array:
        call = self.call
        return forward_bound(call.function.name, call.arrays, call.options, self.sides).limit

    @cached_property
    def _gradient_limits(self) -> Tensors:
        """By the input's name."""
        call = self.call
        bounds = backward_bounds(call.function.name, call.dy, call.arrays, call.options, self.sides)
        return {name: bound.limit for name, bound in bounds.items()}

    def rng(self, *labels: str) -> np.random.Generator:
        """Random numbers of a property of its own."""
        return generator(self.seed, self.case.id, *labels)


def situation(case: Case, dtype: str, seed: int, sides: Sides, device: str = "cpu") -> Situation:
    """A case drawn twice. torch says the shape of y, so that refimpl has not yet been called."""
    first, second = (case_arrays(case, dtype, s) for s in (seed, seed + 1))
    shape = oracle.forward(case.function, first, case.options, device).shape
    call, other = (
        Call(
            FUNCTIONS[case.function],
            arrays,
            case.options,
            _upstream(case, shape, dtype, number),
        )
        for arrays, number in ((first, seed), (second, seed + 1))
    )
    return Situation(case, dtype, seed, sides, call.copied(), other.copied())


def _upstream(case: Case, shape: Shape, dtype: str, seed: int) -> Array:
    drawn = draw(Draw(shape, case.upstream), dtype, generator(seed, case.id, "dy"))
    return drawn.reshape(shape)
