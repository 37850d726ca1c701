"""A function with small arguments: what refimpl computes of them, and how.

The function runs on recorded elements, so that each result brings the formula that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from inspect import signature
from typing import Any

import refimpl
from parity.cases.case import Array
from parity.cases.functions import FUNCTIONS, forward_of
from parity.explain.formed import Index, Leaf, leaves
from parity.explain.recording import Choice, Recorded, Recorder, as_recorded, elements, recorded

HUGE = Fraction(10**6)  # larger than any element of a demonstration
SAME = Fraction(1, 10**40)  # apart: two values of which 60 digits are known
MOST_CHOICES = 300  # comparisons that are turned round one by one


@dataclass(frozen=True)
class Demonstration:
    """Arguments by their names, dy first in a backward; options by keyword.

    Arrays of integers and booleans (classes, masks) stay as they are; those of objects are
    computed with.
    """

    function: str
    arguments: Mapping[str, Array]
    options: Mapping[str, Any] = field(default_factory=dict)
    code: Callable[..., Any] | None = None  # in the function's place: a wrong version of it

    @property
    def numbers(self) -> dict[Leaf, Fraction]:
        """The value of each element that is computed with."""
        found = {}
        for name, array in self.arguments.items():
            if array.dtype == object:
                for index, number in elements(array):
                    found[Leaf(name, index)] = Fraction(number)
        return found

    @property
    def is_backward(self) -> bool:
        """Whether it computes gradients of a dy."""
        return "dy" in self.arguments

    def run(self, recorder: Recorder | None = None) -> dict[str, Array]:
        """What the function gives, by name: "y", or "dx", "dweight", …"""
        recorder = recorder or Recorder()
        given = {
            name: recorded(name, array, recorder) if array.dtype == object else array
            for name, array in self.arguments.items()
        }
        code = self.code or getattr(refimpl, self.function)
        row = FUNCTIONS.get(forward_of(self.function))
        result = (
            row.called(code, given, self.options) if row else code(*given.values(), **self.options)
        )
        return {name: as_recorded(array, recorder) for name, array in self._named(result).items()}

    def _named(self, result: Any) -> dict[str, Any]:
        """The results by their names."""
        if hasattr(result, "_asdict"):
            return dict(result._asdict())
        inputs = [name for name in self.arguments if name not in ("dy", "target", "mask")]
        if self.is_backward:
            several = result if isinstance(result, tuple) else (result,)
            return {f"d{name}": part for name, part in zip(inputs, several, strict=False)}
        if isinstance(result, tuple):
            return dict(zip(("y", "indices"), result, strict=True))
        return {"y": result}

    @cached_property
    def results(self) -> dict[str, Array]:
        """What refimpl gives, as recorded elements."""
        return self.run()

    @cached_property
    def choices(self) -> list[Choice]:
        """The comparisons that refimpl makes on the way."""
        recorder = Recorder()
        self.run(recorder)
        return recorder.choices

    def element(self, tensor: str, index: Index) -> Recorded:
        """One element of a result."""
        found: Recorded = self.results[tensor][index]
        return found

    def reads(self, tensor: str, index: Index) -> list[Leaf]:
        """The elements that a result would follow if they were huge: the window of a maximum."""
        mine = self.element(tensor, index).value
        return [
            leaf
            for leaf in self.numbers
            if leaf.name != "dy" and self._with(leaf, HUGE).element(tensor, index).value != mine
        ]

    def reached(self, tensor: str, leaf: Leaf) -> list[Index]:
        """The places of a result that would follow an element if it were huge: its windows."""
        before, after = self.results[tensor], self._with(leaf, HUGE).results[tensor]
        return [i for i, element in elements(after) if element.value != before[i].value]

    def _with(self, leaf: Leaf, value: Fraction) -> Demonstration:
        """The same with another value of one element."""
        changed = self.arguments[leaf.name].copy()
        changed[leaf.index] = value
        return replace(self, arguments={**self.arguments, leaf.name: changed})

    @cached_property
    def _turned(self) -> list[tuple[Choice, dict[str, Array]]]:
        """Each comparison, and the results if it had come out the other way."""
        found = []
        for k, choice in enumerate(self.choices[:MOST_CHOICES]):
            try:
                found.append((choice, self.run(Recorder(turned=k))))
            except (ValueError, ArithmeticError):
                continue  # a check of the arguments: no step of the formula
        return found

    def deciding(self, tensor: str, index: Index) -> list[Choice]:
        """The comparisons by which an element would be another, had they come out otherwise."""
        mine = self.element(tensor, index)
        return [
            choice
            for choice, results in self._turned
            if abs(results[tensor][index].value - mine.value) > SAME
        ]

    def forward(self) -> Demonstration:
        """The forward of a backward, with the same arguments."""
        name = forward_of(self.function)
        known = signature(getattr(refimpl, name)).parameters
        options = {key: value for key, value in self.options.items() if key in known}
        arrays = {key: array for key, array in self.arguments.items() if key != "dy"}
        return Demonstration(name, arrays, options)

    def used(self, tensor: str, index: Index) -> set[Leaf]:
        """The elements in the formula of a result."""
        return set(leaves(self.element(tensor, index).formed))
