"""Where no formula decides: at a kink, and between equal maxima, a convention chooses.

At such a place every value between those of the branches is as much a derivative as torch's.
What each function's gradient may then be, element by element:

| function | place | from … to |
|---|---|---|
| relu | x = 0 | 0 … dy |
| leaky_relu | x = 0 | slope·dy … dy |
| hardtanh | x at a limit | 0 … dy |
| perceptron_loss | s = 0 | 0 … −t·dy |
| max pooling, downsample | a maximum that others equal | 0 … dy of each such window |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from parity.bounds import sampling
from parity.cases.case import Array
from parity.witnesses.definitions.windows import is_inside, pool_windows
from parity.witnesses.pieces import cost, piece_with, shape_of
from parity.witnesses.problem import Problem

LARGEST = 100_000  # multiply-adds of a pooling whose windows are looked at one by one
MAPS_COST = 500_000  # the same of maps out of a large one


class Open(NamedTuple):
    """Where a convention decides, and the values that it chooses from."""

    places: Array
    low: Array
    high: Array
    where: str  # "at 0"
    slack: Array  # what rounding may add to them

    def holds(self, gradient: Array) -> Array:
        """The places at which a gradient is one of these values."""
        low, high = self.low - self.slack, self.high + self.slack
        return np.asarray(self.places & (low <= gradient) & (gradient <= high))


Rule = Callable[[Problem], Open]


def said_at(
    problem: Problem, tensor: str, pair: tuple[Array, Array], apart: Array
) -> tuple[str, tuple[int, ...] | None]:
    """What to say where every place at which both sides are apart is one of convention's.

    The second: a place that no convention explains, where there are others that one does.
    """
    if problem.function not in RULES or tensor == "y" or not apart.any():
        return "", None
    if cost(problem) > LARGEST and problem.function in POOLINGS:
        return _of_piece(problem, tensor, pair, apart)
    with np.errstate(invalid="ignore"):
        found = RULES[problem.function](problem)
        explained = found.holds(pair[0]) & found.holds(pair[1])
    left = apart & ~explained
    if left.any():
        return "", _first(left) if (apart & explained).any() else None
    return _sentence(problem, found, pair, _first(apart)), None


def chosen_at(problem: Problem, tensor: str, values: Array, apart: Array) -> Array:
    """Where a tensor is apart from another and has what a convention may choose.

    Of a large pooling only maps in which it is apart are looked at, and no more than a few.
    """
    found = np.zeros(values.shape, bool)
    if problem.function not in RULES or tensor == "y" or not apart.any():
        return found
    if cost(problem) <= LARGEST or problem.function not in POOLINGS:
        return _chosen(problem, values, apart)
    left = MAPS_COST
    for n, c in np.unique(np.argwhere(apart)[:, :2], axis=0).tolist():
        piece = piece_with(problem, tensor, (n, c, *(0 for _ in values.shape[2:])))
        left -= cost(piece.problem) if piece else MAPS_COST
        if piece is None or left < 0:
            break
        here = (slice(n, n + 1), slice(c, c + 1))
        found[here] = _chosen(piece.problem, values[here], apart[here])
    return found


def _chosen(problem: Problem, values: Array, apart: Array) -> Array:
    with np.errstate(invalid="ignore"):
        return apart & RULES[problem.function](problem).holds(values)


def _of_piece(
    problem: Problem, tensor: str, pair: tuple[Array, Array], apart: Array
) -> tuple[str, tuple[int, ...] | None]:
    """Of a large pooling the map in which both sides are apart first."""
    piece = piece_with(problem, tensor, _first(apart))
    if piece is None or cost(piece.problem) > LARGEST:
        return "", None
    shape = shape_of(piece.problem, tensor)
    of_map = [side.reshape(-1)[piece.there].reshape(shape) for side in (*pair, apart)]
    said, place = said_at(piece.problem, tensor, (of_map[0], of_map[1]), of_map[2])
    if place is None:
        return said, None
    there = piece.there[int(np.ravel_multi_index(place, shape))]
    return "", tuple(map(int, np.unravel_index(there, shape_of(problem, tensor))))


def _first(mask: Array) -> tuple[int, ...]:
    return tuple(map(int, np.unravel_index(int(np.argmax(mask)), mask.shape)))


def _sentence(
    problem: Problem, found: Open, pair: tuple[Array, Array], place: tuple[int, ...]
) -> str:
    ours, theirs = (float(side[place]) for side in pair)
    low, high = (float(edge[place]) + 0.0 for edge in (found.low, found.high))  # no −0
    return (
        f"{found.where} the convention decides, no formula is wrong: torch's is {theirs:.9g}, "
        f"this code gives {ours:.9g}, of {low:.9g} to {high:.9g}"
    )


# --- kinks --------------------------------------------------------------------------------


def _between(places: Array, one: Any, other: Any, where: str) -> Open:
    slack = np.finfo(np.asarray(one).dtype).eps * np.maximum(np.abs(one), np.abs(other))
    return Open(places, np.minimum(one, other), np.maximum(one, other), where, slack)


def _bent(problem: Problem) -> Open:
    x, dy = problem.arrays["x"], problem.dy
    default = 0.01 if problem.function == "leaky_relu" else 0.0
    slope = x.dtype.type(problem.options.get("negative_slope", default))
    return _between(x == 0, slope * dy, dy, "at 0")


def _clipped(problem: Problem) -> Open:
    x, dy = problem.arrays["x"], problem.dy
    low, high = (
        x.dtype.type(problem.options.get(n, d)) for n, d in (("min_val", -1), ("max_val", 1))
    )
    return _between((x == low) | (x == high), 0 * dy, dy, "at a limit")


def _missed(problem: Problem) -> Open:
    score, target = problem.arrays["score"], problem.arrays["target"]
    share = -target * problem.dy
    return _between(score == 0, 0 * share, share, "at 0")


# --- equal maxima -------------------------------------------------------------------------


def _tied(problem: Problem) -> Open:
    """What an element surely gets, and what windows that it shares may give it."""
    x, options = problem.arrays["x"], problem.options
    if problem.function == "downsample":
        return _tied_downsampled(problem)
    _, found = pool_windows(x.shape, options)
    tied = np.zeros(x.shape, bool)
    low, high, windows, largest = (np.zeros(x.shape) for _ in range(4))
    for h, places in found:
        inside = [u for u in places if is_inside(u, x.shape)]
        for n, c in np.ndindex(*x.shape[:2]):
            values, dy = [x[n, c, *u] for u in inside], float(problem.dy[n, c, *h])
            winners = [u for u, v in zip(inside, values, strict=True) if v == max(values)]
            for u in winners:
                tied[n, c, *u] |= len(winners) > 1
                low[n, c, *u] += min(dy, 0.0) if winners[1:] else dy
                high[n, c, *u] += max(dy, 0.0) if winners[1:] else dy
                windows[n, c, *u] += 1
                largest[n, c, *u] += abs(dy)
    slack = np.finfo(problem.dy.dtype).eps * windows * largest  # a rounding for each window
    return Open(tied, low, high, "at a tie", slack)


def _tied_downsampled(problem: Problem) -> Open:
    """Windows side by side; zeros of the padding take part, and what they get is lost."""
    x, options = problem.arrays["x"], sampling.as_pooling(problem.options)
    if not sampling.is_maximum(problem.options):
        nothing = np.zeros(x.shape)
        return Open(nothing > 0, nothing, nothing, "", nothing)
    window, hangs_over = options["kernel_size"], options["ceil_mode"]
    after = [-n % k if hangs_over else 0 for n, k in zip(x.shape[2:], window, strict=True)]
    padded = np.pad(x, [(0, 0), (0, 0), *((0, a) for a in after)])
    whole = problem._replace(
        function="max_pool2d", arrays={"x": padded}, options={"kernel_size": window}
    )
    found = _tied(whole)
    rows, columns = x.shape[2:]
    inside = (..., slice(rows), slice(columns))
    return found._replace(
        places=found.places[inside],
        low=found.low[inside],
        high=found.high[inside],
        slack=found.slack[inside],
    )


POOLINGS = (
    *("max_pool1d", "max_pool2d", "max_pool3d", "downsample"),
    *("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d", "global_max_pool"),
)
RULES: Mapping[str, Rule] = {
    "relu": _bent,
    "leaky_relu": _bent,
    "hardtanh": _clipped,
    "perceptron_loss": _missed,
    **dict.fromkeys(POOLINGS, _tied),
}
