"""The formula that the code computes for a size, in symbols with indices from 1, as on paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from parity.explain.demonstration import Demonstration
from parity.explain.folding import beside
from parity.explain.formed import Formed, Index, Leaf
from parity.explain.shared_parts import shortened
from parity.explain.sheet import Sheet
from parity.explain.steps import Steps
from parity.explain.worked_example import MAXIMA, asked_place, in_sizes
from parity.explain.writing_out import written

MOST = 16  # elements whose formulas are written
LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# The letters of D2's convolution; other functions keep their names.
OF_CONVOLUTION = {
    "x": "A", "weight": "W", "bias": "b", "y": "Z", "dy": "DZ",
    "dx": "DA", "dweight": "DW", "dbias": "Db",
}  # fmt: skip
CONVOLUTION = re.compile(r"conv\dd")


@dataclass(frozen=True)
class Symbols:
    """How elements are called: by a letter or name, axes of size 1 in front left out."""

    letters: Mapping[str, str]
    shapes: Mapping[str, tuple[int, ...]]

    def said(self, leaf: Leaf) -> str:
        """An element: A₁₁, or A₁,₁₂ where a size has two digits.

        >>> Symbols({"x": "A"}, {"x": (1, 1, 4, 4)}).said(Leaf("x", (0, 0, 0, 1)))
        'A₁₂'
        """
        shape = self.shapes.get(leaf.name, ())
        kept = [k for k in range(len(shape)) if any(n > 1 for n in shape[: k + 1])]
        joint = "," if any(n > 9 for n in shape) else ""
        index = joint.join(str(leaf.index[k] + 1) for k in kept)
        return self.letters.get(leaf.name, leaf.name) + index.translate(LOWERED)


class Formulas:
    """All formulas of a demonstration in symbols."""

    def __init__(self, sheet: Sheet, demo: Demonstration) -> None:
        self.sheet, self.demo = sheet, demo
        shapes = {n: a.shape for n, a in (*demo.arguments.items(), *demo.results.items())}
        if "x" in shapes:
            shapes["o"] = shapes["x"]  # of o = softmax(x)
        is_convolution = bool(CONVOLUTION.match(demo.function))
        self.symbols = Symbols(OF_CONVOLUTION if is_convolution else {}, shapes)
        self.joint = "" if is_convolution else "·"
        self.order = sorted(demo.arguments, key=lambda name: name == "dy")
        self.steps = Steps(sheet, demo)
        self._told: set[str] = set()  # what letters stand for

    def tell(self, at: str = "") -> None:
        """Each element of each result, or the one that was asked for."""
        self.sheet.head("What the code computes, {sizes}", sizes=in_sizes(self.demo, self.sheet))
        asked = asked_place(self.demo, at) if at else None
        self._letters()
        for tensor, array in self.demo.results.items():
            if asked and asked[0] != tensor:
                continue
            self.sheet.gap()
            places = [asked[1]] if asked else list(np.ndindex(array.shape))
            for index in places[:MOST]:
                self._element(tensor, index)
            if len(places) > MOST:
                self.sheet.text(
                    "… {n} more; --at {tensor}[…] shows one",
                    indent=2,
                    n=len(places) - MOST,
                    tensor=tensor,
                )

    def _letters(self) -> None:
        """Which letter stands for which array, and where the elements are."""
        names = [n for n in (*self.demo.arguments, *self.demo.results) if n in self.symbols.letters]
        if names:
            listed = ", ".join(f"{self.symbols.letters[name]} = {name}" for name in names)
            self.sheet.raw(listed, indent=2)
        blocks = []
        for name, array in self.demo.arguments.items():
            if array.dtype == object and 1 < array.size <= MOST * 2:
                blocks += self._maps(name, array.shape)
        self.sheet.gap()
        self.sheet.drawn(beside(blocks, self.sheet.width - 2))

    def _maps(self, name: str, shape: tuple[int, ...]) -> list[list[str]]:
        """The symbols of an array where they stand."""
        lead = shape[:-2] if len(shape) > 2 else ()
        blocks = []
        for front in np.ndindex(lead):
            rows = [
                " ".join(self.symbols.said(Leaf(name, (*front, *row, w))) for w in range(shape[-1]))
                for row in np.ndindex(shape[len(lead) : -1])
            ]
            blocks.append(rows)
        return blocks

    def _element(self, tensor: str, index: Index) -> None:
        name = self.symbols.said(Leaf(tensor, index))
        is_maximum = MAXIMA.search(self.demo.function) and self.demo.options.get("how") != "mean"
        if is_maximum and tensor == "y":
            window = ", ".join(map(self.symbols.said, self.demo.reads("y", index)))
            self.sheet.raw(f"{name} = max({window})", indent=2, hang=4)
            return
        short, parts = shortened(self.demo.element(tensor, index).formed, self.steps.known)
        self.sheet.raw(f"{name} = {self._written(short)}", indent=2, hang=4)
        for leaf, part in parts:
            said = f"{self.symbols.said(leaf)} = {self._written(part)}"
            if said not in self._told:
                self.sheet.raw(said, indent=6, hang=4)
            self._told.add(said)

    def _written(self, formed: Formed) -> str:
        return written(formed, self.symbols.said, self.order, self.joint)
