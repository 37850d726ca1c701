"""The elements of a tensor as gradients.csv has them: all, or the worst and a sample."""

from __future__ import annotations

import numpy as np

from parity.bounds.bound import Bound
from parity.cases.case import Array, generator
from parity.results.closeness import ElementsBeside, ExactWitness
from parity.results.comparison import element_differences, ratios
from parity.results.rows import ElementRow, Row
from parity.results.settings import Settings
from parity.results.verdicts import EMPTY, IDENTICAL, OUTSIDE, WITHIN

WORST, SAMPLE = 20, 20  # of a tensor that is outside
MOST = 1_000_000  # of a tensor of which every element is wanted; the worst of a larger one

Maybe = float | None
Errors = tuple[Maybe, Maybe, Maybe, Maybe, Maybe]


def element_rows(
    row: Row,
    sides: tuple[Array, Array],
    bound: Bound,
    settings: Settings,
    exact: ExactWitness | None = None,
) -> list[ElementRow]:
    """One row for each element that is reported, in order."""
    ours, theirs = sides
    if ours.shape != theirs.shape or not ours.size:
        return []
    differences = element_differences(ours, theirs).reshape(-1)
    limits = np.broadcast_to(bound.limit, theirs.shape).reshape(-1)
    times = ratios(differences, limits)
    places, worst = chosen(times, row, settings)
    beside = exact.elements(row.tensor, sides, places) if exact else None
    outside = times[places] > 1
    if beside is not None:
        outside |= beside.outside
    overflow = np.broadcast_to(bound.overflow, theirs.shape).reshape(-1)[places]
    held = IDENTICAL if bound.exact else WITHIN
    verdicts = np.where(overflow, EMPTY, np.where(outside, OUTSIDE, held))
    every = _every(row, settings)
    return [
        ElementRow(
            row.case,
            row.function,
            row.tensor,
            row.argument,
            row.layer,
            row.dtype,
            str(tuple(map(int, np.unravel_index(place, theirs.shape)))),
            float(ours.reshape(-1)[place]),
            float(theirs.reshape(-1)[place]),
            *_errors(beside, k),
            float(differences[place]),
            float(limits[place]),
            str(verdicts[k]),
            "all" if every else "worst" if worst[k] else "sample",
        )
        for k, place in enumerate(places)
    ]


def _every(row: Row, settings: Settings) -> bool:
    return settings.all_elements or row.case in settings.elements


def chosen(times: Array, row: Row, settings: Settings) -> tuple[Array, Array]:
    """Flat places in order, and which of them are among the worst by error/bound.

    Of a tensor whose every element is wanted all; else the worst, and some of the others at
    random, which say what the rest is like.
    """
    worst_first = np.argsort(-times, kind="stable")
    if _every(row, settings):
        places = np.sort(worst_first[:MOST])
        return places, np.zeros(len(places), bool)
    worst, others = worst_first[:WORST], worst_first[WORST:]
    rng = generator(row.seed, row.case, row.tensor, row.dtype, "elements")
    some = rng.choice(others, min(SAMPLE, len(others)), replace=False)
    places = np.sort(np.concatenate([worst, some]))
    return places, np.isin(places, worst)


def _errors(beside: ElementsBeside | None, k: int) -> Errors:
    """The exact value, ULP and roundings of both sides; nothing where there is none."""
    if beside is None:
        return None, None, None, None, None
    return (
        _known(beside.exact[k]),
        _known(beside.ulp[0][k]),
        _known(beside.ulp[1][k]),
        _known(beside.roundings[0][k]),
        _known(beside.roundings[1][k]),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
