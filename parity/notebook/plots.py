"""How far off numbers are, as a picture: error/bound on a logarithmic axis, a row for each name.

Matplotlib is imported when a picture is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from parity.environment.needs import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.floating[Any]]

WIDTH, ROW, FRAME = 7.0, 0.26, 1.3  # inches
MOST, LARGEST = 2000, 500  # dots of one kind in a row: these largest, others evenly by size
LEAST = 1e-8  # what is smaller is drawn as this
GOLDEN = 0.618034  # its multiples fill an interval evenly
LABEL = "error / bound, and 1 is the limit"
# What a kind of dots looks like; shape says what colour says.
LOOKS = {
    "refimpl": ("#0072b2", "o"),
    "torch": ("#d55e00", "s"),
    "yours": ("#8f4b8a", "^"),
    "holds": ("#0072b2", "o"),
    "right": ("#0072b2", "o"),
    "outside": ("#c4161c", "x"),
    "wrong": ("#c4161c", "x"),
    "expected": ("#8f4b8a", "^"),
    "blind or empty": ("#7f7f7f", "+"),
}


class Dots(NamedTuple):
    """Errors over their bounds, of one kind; NaN and ∞ stand at the right end."""

    kind: str  # one of LOOKS
    times: ArrayLike


def over_bounds(
    title: str, rows: Mapping[str, Sequence[Dots]], ax: Axes | None = None, apart: bool = False
) -> Axes:
    """A picture of the dots of each row, in `ax` or a figure of its own.

    apart: the kinds of a row stand under each other, not among each other.
    Raises: NeedError where Matplotlib is missing; ValueError where there is nothing to draw.
    """
    numbers = [np.asarray(d.times, float) for kinds in rows.values() for d in kinds]
    if not any(array.size for array in numbers):
        raise ValueError(f"{title}: nothing was judged, so that there is nothing to draw")
    need("matplotlib", ".plot()")
    left, right = _ends(np.concatenate([array.reshape(-1) for array in numbers]))
    axes = _empty(len(rows)) if ax is None else ax
    drawn = {}
    for kind, x, y in _places(rows, left, right, apart):
        colour, marker = LOOKS[kind]
        drawn[kind] = axes.scatter(x, y, s=12, c=colour, marker=marker, alpha=0.7, linewidths=1)
    _frame(axes, title, list(rows), left, right)
    if len(drawn) > 1:
        axes.legend(list(drawn.values()), list(drawn), fontsize="small")
    return axes


def _empty(rows: int) -> Axes:
    from matplotlib import pyplot

    _, axes = pyplot.subplots(figsize=(WIDTH, ROW * rows + FRAME), layout="constrained")
    return axes


def _ends(numbers: Floats) -> tuple[float, float]:
    """Where 0 stands, and where ∞ does: beyond all other numbers and the limit."""
    usual = np.clip(numbers[np.isfinite(numbers) & (numbers > 0)], LEAST, None)
    return float(np.min(usual, initial=0.1)) / 4, float(np.max(usual, initial=2.0)) * 4


def _places(
    rows: Mapping[str, Sequence[Dots]], left: float, right: float, apart: bool
) -> Iterator[tuple[str, Floats, Floats]]:
    """Where the dots of each kind in each row stand."""
    for row, kinds in enumerate(rows.values()):
        lanes = len(kinds) if apart else 1
        for lane, dots in enumerate(kinds):
            times = _fewer(np.asarray(dots.times, float).reshape(-1))
            x = np.where(times > 0, np.clip(times, left, right), left)
            x = np.where(np.isfinite(times), x, right)
            middle = row + 0.8 * ((lane % lanes + 0.5) / lanes - 0.5)
            spread = np.arange(1, len(x) + 1) * GOLDEN % 1 - 0.5
            yield dots.kind, x, middle + 0.6 / lanes * spread


def _fewer(times: Floats) -> Floats:
    """The largest, and of the others every so many by size."""
    if times.size <= MOST:
        return times
    ordered = np.sort(np.where(np.isnan(times), np.inf, times))
    rest = ordered[:-LARGEST]
    return np.concatenate([rest[:: -(-rest.size // (MOST - LARGEST))], ordered[-LARGEST:]])


def _frame(axes: Axes, title: str, names: Sequence[str], left: float, right: float) -> None:
    """The limit, the names of the rows, and what the ends of the axis stand for."""
    axes.axvline(1.0, color="#7f7f7f", linestyle="--", linewidth=1)
    axes.set_xscale("log")
    axes.set_xlim(left / 2, right * 2)
    whole = np.arange(np.ceil(np.log10(left * 8)), np.floor(np.log10(right / 2)) + 1)
    powers = 10.0 ** whole[:: -(-len(whole) // 8)]
    said = [rf"$10^{{{exponent:.0f}}}$" if exponent else "1" for exponent in np.log10(powers)]
    axes.set_xticks([left, *powers, right], ["0", *said, "∞"])
    axes.minorticks_off()
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel(LABEL)
    axes.set_title(title, loc="left", fontsize="medium")
