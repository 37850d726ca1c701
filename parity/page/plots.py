"""Small plots as data, for a template that writes them as SVG.

There are some fifty of them on a page. Matplotlib takes 0.3 s and 50 kB for each; as one path for
each series of numbers they are made at once and have 5 kB.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import isfinite, isnan, log10

ZERO = -1.2  # decades below the lowest: where 0 stands on a logarithmic axis


@dataclass(frozen=True)
class Axis:
    """From the lowest to the highest number, over so many pixels.

    >>> Axis(0, 4, 100).place(1), Axis(0, 4, 100, log=True).place(100)
    (25.0, 50.0)
    >>> Axis(0, 4, 100, log=True).place(0)
    -30.0
    """

    low: float  # decades of a logarithmic axis
    high: float
    pixels: float
    log: bool = False

    def place(self, number: float) -> float | None:
        """How many pixels from the lowest; None beyond the highest, and for NaN."""
        if self.log and number <= 0:
            number = self.low + ZERO
        elif self.log and isfinite(number):
            number = log10(number)
            number = max(number, self.low)
        if isnan(number) or number > self.high:
            return None
        return (number - self.low) / (self.high - self.low) * self.pixels


@dataclass
class Panel:
    """One frame of a plot: what is drawn in it, in pixels of the plot."""

    left: float
    top: float
    x: Axis
    y: Axis
    title: str = ""  # a name or a symbol
    paths: list[tuple[str, str]] = field(default_factory=list)  # the class, and SVG's d
    spans: list[tuple[float, float]] = field(default_factory=list)  # left end, width
    marks: list[tuple[float, float, str]] = field(default_factory=list)
    ticks: list[tuple[float, str]] = field(default_factory=list)  # of y
    names: list[tuple[float, str]] = field(default_factory=list)  # under the x axis
    upright: bool = False  # are these names
    divider: float | None = None

    @property
    def bottom(self) -> float:
        """Of the frame."""
        return self.top + self.y.pixels + (-ZERO * self._decade if self.y.log else 0)

    @property
    def right(self) -> float:
        """Of the frame."""
        return self.left + self.x.pixels

    @property
    def _decade(self) -> float:
        return self.y.pixels / (self.y.high - self.y.low)

    def at(self, x: float, y: float) -> tuple[float, float] | None:
        """Where a point stands; None outside the frame."""
        right, up = self.x.place(x), self.y.place(y)
        if right is None or up is None:
            return None
        return self.left + right, self.top + self.y.pixels - up

    def dashes(self, kind: str, x: Iterable[float], y: Iterable[float], width: float) -> None:
        """A dash of so many pixels at each point inside the frame."""
        found = [point for point in map(self.at, x, y) if point]
        parts = [f"M{left - width / 2:.4g} {top:.4g}h{width:.4g}" for left, top in found]
        self.paths.append((kind, "".join(parts)))

    def line(self, kind: str, x: Iterable[float], y: Iterable[float]) -> None:
        """A line through points, broken where one is outside the frame."""
        parts, broken = [], True
        for point in map(self.at, x, y):
            if point:
                parts.append(f"{'M' if broken else 'L'}{point[0]:.4g} {point[1]:.4g}")
            broken = point is None
        self.paths.append((kind, "".join(parts)))

    def tick(self, number: float, text: str) -> None:
        """A number beside the y axis."""
        if point := self.at(self.x.low, number):
            self.ticks.append((point[1], text))

    def mark(self, x: float, text: str) -> None:
        """A symbol at the top."""
        place = self.x.place(x)
        if place is not None:
            self.marks.append((self.left + place, self.top + 9, text))


@dataclass(frozen=True)
class Plot:
    """Panels, and what they show, said in English for those who do not see it."""

    width: float
    height: float
    panels: tuple[Panel, ...]
    label: str
    values: dict[str, str] = field(default_factory=dict)  # of the label


def power_of_ten(exponent: int) -> str:
    """As it is written.

    >>> power_of_ten(-12)
    '10⁻¹²'
    """
    return "10" + str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def decades(panel: Panel, step: int) -> None:
    """Ticks at powers of ten, and at 0."""
    panel.tick(0, "0")
    for exponent in range(int(panel.y.low), int(panel.y.high) + 1, step):
        panel.tick(10.0**exponent, power_of_ten(exponent))
