"""How often a quantity lies in which power of two, as a small drawing of bars.

Drawn by a template: two bars for each bin, some forty drawings a page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

BAR, HEIGHT = 11, 60  # of the drawing's units


@dataclass(frozen=True)
class Bar:
    """One bar: of which series, where, how high, and how many it counts."""

    series: str
    x: float
    height: float
    count: int


@dataclass(frozen=True)
class Distribution:
    """Bars above the labels of their bins."""

    bars: tuple[Bar, ...]
    labels: tuple[str, ...]
    step: float  # from bin to bin
    width: float
    most: int  # how many the highest bar counts


def distribution(
    series: dict[str, pd.Series[float]], edges: Sequence[float], labels: Sequence[str]
) -> Distribution:
    """Counts of every series between edges, of which the last is ∞: left-open, 0 by itself.

    >>> numbers = pd.Series([0.0, 0.5, 0.5, 3.0])
    >>> found = distribution({"a": numbers}, (0, 1, 2), ("0", "1", "2", ">"))
    >>> [bar.count for bar in found.bars]
    [1, 2, 0, 1]
    """
    counts = {name: _counted(column.dropna().to_numpy(), edges) for name, column in series.items()}
    most = max((int(count.max()) for count in counts.values()), default=0)
    step = BAR * len(series) + 8.0
    bars = [
        Bar(name, number * step + place * BAR, HEIGHT * int(count) / max(most, 1), int(count))
        for place, (name, found) in enumerate(counts.items())
        for number, count in enumerate(found)
    ]
    return Distribution(tuple(bars), tuple(labels), step, step * len(labels), most)


def _counted(values: np.ndarray, edges: Sequence[float]) -> np.ndarray:
    """How many values lie at or below the first edge, between each two, above the last."""
    return np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)


# error/bound: 1 is the limit.
OF_BOUND = (0, *(2.0**-k for k in range(10, -1, -1)))
OF_BOUND_LABELS = ("0", "2⁻¹⁰", "2⁻⁹", "2⁻⁸", "2⁻⁷", "2⁻⁶", "2⁻⁵", "2⁻⁴", "⅛", "¼", "½", "1", ">1")
# Errors in roundings of Σ|terms|.
ROUNDINGS = (0, 0.25, 0.5, 1, 2, 4, 8, 16, 32, 1024)
ROUNDINGS_LABELS = ("0", "¼", "½", "1", "2", "4", "8", "16", "32", "2¹⁰", ">")
