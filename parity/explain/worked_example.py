"""A worked example on a sheet: the arrays as grids, one element of each result step by step."""

from __future__ import annotations

import re
from collections.abc import Collection
from fractions import Fraction

import numpy as np

from parity.cases.case import Array
from parity.explain import output_sizes
from parity.explain.demonstration import Demonstration
from parity.explain.folding import beside
from parity.explain.formed import Index, Leaf
from parity.explain.grids import maps
from parity.explain.recording import elements
from parity.explain.shared_parts import size
from parity.explain.sheet import Sheet
from parity.explain.sizes_said import SizeError
from parity.explain.steps import Steps
from parity.explain.writing_out import named, number, place

MAXIMA = re.compile(r"max_pool|sample$")
FEW, SHORT = 6, 12  # elements that are all told, if their formulas are no longer than this
AT = re.compile(r"^(?:(?P<tensor>[a-z_0-9]+(?:\[\d+\])?)\[)?(?P<index>[\d,\s]*)\]?$")


def in_sizes(demo: Demonstration, sheet: Sheet) -> str:
    """The arguments by their sizes, and the options by their values.

    >>> from parity.explain.setting_up import demonstration
    >>> in_sizes(demonstration("max_pool2d"), Sheet("en", 79))
    'sizes x 1×1×4×4; kernel_size=2'
    >>> in_sizes(demonstration("squared_error_backward"), Sheet("en", 79))
    'sizes output 3, target 3; dy one number'
    >>> in_sizes(demonstration("adam_step"), Sheet("en", 79))
    'sizes value 2, gradient 2; learning_rate=0.5, betas=(0.5, 0.9375), eps=0'
    """
    sized = [
        f"{name} {'×'.join(map(str, array.shape))}"
        for name, array in demo.arguments.items()
        if array.ndim
    ]
    said = [sheet.said("sizes {sizes}", sizes=", ".join(sized))]
    for name, array in demo.arguments.items():
        if not array.ndim:
            said.append(sheet.said("{name} one number", name=name))
    options = ", ".join(f"{name}={_option(value)}" for name, value in demo.options.items())
    return sheet.said("; ").join((*said, *([options] if options else ())))


def _option(value: object) -> str:
    if isinstance(value, tuple) and value and all(isinstance(part, tuple) for part in value):
        return "×".join(":".join(map(str, pair)) for pair in value)  # as --size takes pairs
    if isinstance(value, tuple):
        is_size = all(isinstance(part, int) for part in value)
        return "×".join(map(str, value)) if is_size else f"({', '.join(map(_option, value))})"
    return number(value) if isinstance(value, Fraction) else str(value)


def asked_place(demo: Demonstration, at: str) -> tuple[str, Index]:
    """The tensor and index of `--at`: "0,0,1,1" or "dx[0,0,1,1]".

    Raises: SizeError for a tensor or place that is not there.
    """
    found = AT.match(at.strip())
    if not found:
        raise SizeError(f"--at must be a place like 0,0,1,1 or dx[0,0,1,1], but is {at!r}")
    tensor = found["tensor"] or next(iter(demo.results))
    if tensor not in demo.results:
        raise SizeError(f"--at: there is no {tensor}, but {', '.join(demo.results)}")
    shape = demo.results[tensor].shape
    index = tuple(int(part) for part in found["index"].replace(" ", "").split(",") if part)
    if len(index) != len(shape) or any(i >= n for i, n in zip(index, shape, strict=False)):
        last = place(tensor, tuple(n - 1 for n in shape))
        raise SizeError(
            f"--at: {place(tensor, index)} is not there: {tensor} is {shape}, its last place {last}"
        )
    return tensor, index


def chosen(demo: Demonstration, tensor: str) -> Index:
    """The element that most others flow into, the first of several."""
    array = demo.results[tensor]
    return max(np.ndindex(array.shape), key=lambda index: len(demo.used(tensor, index)))


class Example:
    """A demonstration on a sheet."""

    def __init__(self, sheet: Sheet, demo: Demonstration) -> None:
        self.sheet, self.demo = sheet, demo
        self.steps = Steps(sheet, demo)
        self.forward = demo.forward() if demo.is_backward else demo
        self.is_maximum = bool(MAXIMA.search(demo.function)) and demo.options.get("how") != "mean"

    def tell(self, at: str = "") -> None:
        """All of it: of each result one element, or the one that was asked for."""
        self.sheet.head("Example: {sizes}", sizes=in_sizes(self.demo, self.sheet))
        output_sizes.tell(self.sheet, self.demo)
        asked = [asked_place(self.demo, at)] if at else None
        for tensor, array in self.demo.results.items():
            if asked and asked[0][0] != tensor:
                continue
            if array.size:
                self._tensor(tensor, asked[0][1] if asked else None)
            else:
                self.sheet.text("{tensor} has no elements.", indent=2, tensor=tensor)

    def _tensor(self, tensor: str, asked: Index | None) -> None:
        """The arrays that flow into a result, the result, the steps to one element of it."""
        index = chosen(self.demo, tensor) if asked is None else asked
        told = [index] if asked else self._told(tensor, index)
        used = set(self.demo.used(tensor, index))
        if self.is_maximum and not self.demo.is_backward:
            used |= set(self.demo.reads("y", index))
        if len(told) == self.demo.results[tensor].size > 1:  # all of them: nothing to mark
            self._draw(tensor, None, ())
        else:
            self._draw(tensor, index, used)
        self.sheet.gap()
        for one in told:
            self._element(tensor, one)

    def _draw(self, tensor: str, index: Index | None, used: Collection[Leaf]) -> None:
        """The arguments with the elements that are used in brackets, and the result."""
        result = self.demo.results[tensor]
        blocks = []
        for name, array in self._shown(tensor):
            marked = {leaf.index for leaf in used if leaf.name == name}
            blocks += self._maps(name, array, marked)
        blocks += self._maps(tensor, self._values(result), set() if index is None else {index})
        self.sheet.gap()
        self.sheet.drawn(beside(blocks, self.sheet.width - 2))

    def _shown(self, tensor: str) -> list[tuple[str, Array]]:
        """The arguments that have to do with a result."""
        flows = {
            leaf.name
            for index in np.ndindex(self.demo.results[tensor].shape)
            for leaf in self.demo.used(tensor, index)
        }
        decides = {c.left.formed.name for c in self.demo.choices if isinstance(c.left.formed, Leaf)}
        first = next(iter(self.demo.results)) == tensor
        everything = not flows
        return [
            (name, array)
            for name, array in self.demo.arguments.items()
            if everything or name in flows or (first and (name in decides or array.dtype != object))
        ]

    def _values(self, result: Array) -> Array:
        shown = np.empty(result.shape, object)
        for index, element in elements(result):
            shown[index] = number(element.value, element.exact)
        return shown

    def _maps(self, name: str, array: Array, marked: Collection[Index]) -> list[list[str]]:
        return maps(name, array, self.sheet.width - 2, marked, self.sheet.colour)

    def _told(self, tensor: str, index: Index) -> list[Index]:
        """All elements of a few short formulas, or the one; of a maximum's gradient a 0, too."""
        array = self.demo.results[tensor]
        everything = list(np.ndindex(array.shape))
        short = all(size(element.formed) <= SHORT for _, element in elements(array))
        if self.is_maximum:
            others = [i for i in everything if not self.demo.used(tensor, i)]
            return [index, *others[: int(self.demo.is_backward)]]
        by_element = all(len(self.demo.used(tensor, i)) <= 2 for i in everything)
        return everything if len(everything) <= FEW and short and by_element else [index]

    def _element(self, tensor: str, index: Index) -> None:
        if self.is_maximum and not self.demo.is_backward:
            self._maximum(tensor, index)
        elif self.is_maximum:
            self._paths_of_maximum(tensor, index)
        else:
            self.steps.tell(tensor, index)

    # --- maxima -------------------------------------------------------------------------------

    def _maximum(self, tensor: str, index: Index) -> None:
        """The window and its largest element."""
        window = self.demo.reads("y", index)
        names = ", ".join(place(leaf.name, leaf.index) for leaf in window)
        values = ", ".join(number(self.demo.numbers[leaf]) for leaf in window)
        result = number(self.demo.element(tensor, index).value)
        if tensor == "y":
            self.sheet.raw(f"{place(tensor, index)} = max({names})", indent=2, hang=4)
            self.sheet.raw(f"= max({values}) = {result}", indent=4, hang=2)
        else:
            self.sheet.text(
                "{place} = {result}: the place of the maximum, counted row by row in its map",
                indent=2,
                place=place(tensor, index),
                result=result,
            )

    def _paths_of_maximum(self, tensor: str, index: Index) -> None:
        """Each dy that comes to an element, with the window that it was the maximum of."""
        self.steps.formula(tensor, index)
        mine = Leaf("x", index)
        paths = [leaf for leaf in self.demo.used(tensor, index) if leaf.name == "dy"]
        for leaf in sorted(paths, key=lambda leaf: leaf.index):
            self._window_of(mine, leaf.index)
        if not paths:
            self._lost(mine)

    def _window_of(self, mine: Leaf, index: Index) -> None:
        """The window whose dy comes to an element: it is the maximum, or one of several."""
        window = self.forward.reads("y", index)
        held = [self.demo.numbers[one] for one in window]
        said = {
            "dy": place("dy", index),
            "y": place("y", index),
            "values": ", ".join(map(number, held)),
            "mine": place("x", mine.index),
        }
        if held.count(max(held)) == 1:
            self.sheet.text(
                "{dy} comes here: the window of {y} holds {values}, and {mine} is its maximum",
                indent=4,
                **said,
            )
        elif self.demo.options.get("ties", "first") == "all":
            self.sheet.text(
                "{dy} comes here: the window of {y} holds {values}; {mine} is one of its maxima, "
                "and with ties=all each of them gets {dy}",
                indent=4,
                **said,
            )
        else:
            self.sheet.text(
                "{dy} comes here: the window of {y} holds {values}; of its equal maxima {mine} is "
                "the first",
                indent=4,
                **said,
            )

    def _lost(self, mine: Leaf) -> None:
        """Why no dy comes to an element: where its windows have their maximum."""
        name = place("x", mine.index)
        windows = self.forward.reached("y", mine)
        if not windows:
            self.sheet.text("no window covers {name}: no output depends on it", 4, name=name)
            return
        self.sheet.text("{mine} is the maximum of no window", indent=4, mine=name)
        for index in windows[:FEW]:
            self._largest(index)

    def _largest(self, index: Index) -> None:
        """The maximum of a window, or the zero beside the input that is larger."""
        said, value = place("y", index), self.forward.element("y", index).value
        equal = (at for at in self.forward.reads("y", index) if self.demo.numbers[at] == value)
        largest = next(equal, None)
        if largest is None:
            self.sheet.text(
                "the maximum of the window of {y} is a 0 of the padding", indent=6, y=said
            )
        else:
            self.sheet.text(
                "the maximum of the window of {y} is {largest} = {value}",
                indent=6,
                y=said,
                largest=named(largest),
                value=number(value),
            )
