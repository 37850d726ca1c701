"""A report in words, for a terminal and a notebook."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from parity.candidates.said import Said
from parity.candidates.words import cause_lines
from parity.own_data.judged import CONVENTION, Side, Tensor
from parity.own_data.question import DRAWN, Question
from parity.results.verdicts import EMPTY, OUTSIDE

SHOWN = 5  # wrong elements that are written out
HEAD = ("tensor", "elements", "side", "worst at", "value", "exact value", "roundings", "verdict")
RIGHT_ALIGNED = ("elements", "roundings")


class Part(Protocol):
    """What came out in one dtype."""

    @property
    def dtype(self) -> str: ...
    @property
    def tensors(self) -> tuple[Tensor, ...]: ...
    @property
    def said(self) -> tuple[str, ...]: ...
    @property
    def confirmed(self) -> bool | None: ...
    @property
    def causes(self) -> tuple[Said, ...]: ...


def lines(asked: Question, parts: Sequence[Part]) -> Iterator[str]:
    """What was asked, a table for each dtype, what is wrong and what it looks like."""
    yield from _asked(asked)
    for part in parts:
        yield ""
        yield from _part(part)


def _asked(asked: Question) -> Iterator[str]:
    options = "".join(f", {name}={value}" for name, value in asked.options.items())
    yield f"{asked.function}{options}"
    named = ", ".join(f"{name} {array.shape}" for name, array in asked.arrays.items())
    seed = f" from seed {asked.seed}" if asked.dy_is == DRAWN else ""
    yield f"  {named}; dy {asked.dy_is}{seed}"
    yield from (f"  {note}" for note in asked.notes)


def _part(part: Part) -> Iterator[str]:
    elements = sum(tensor.elements for tensor in part.tensors)
    exact = sum(int(np.count_nonzero(np.isfinite(t.exact))) for t in part.tensors)
    known = "each" if exact == elements else f"{exact} of them"
    yield f"{part.dtype}: {elements} elements, {known} with its exact value"
    yield from (f"  {said}" for said in part.said)
    yield from _table(part.tensors)
    yield from (f"{t.name}: {t.note}" for t in part.tensors if t.note)
    for tensor in part.tensors:
        yield from _outside(tensor)
    yield from cause_lines(part.causes, answers=True)
    yield from _vouched(part.confirmed)


def _vouched(confirmed: bool | None) -> Iterator[str]:
    if confirmed:
        yield "the exact values are confirmed by the definition"
    elif confirmed is False:
        yield "THE DEFINITION CONTRADICTS the exact values: nothing is decided"


# --- the table ----------------------------------------------------------------------------


def _table(tensors: Sequence[Tensor]) -> Iterator[str]:
    rows = [HEAD, *(row for tensor in tensors for row in _rows(tensor))]
    widths = [max(len(row[k]) for row in rows) for k in range(len(HEAD))]
    for row in rows:
        cells = (
            cell.rjust(width) if name in RIGHT_ALIGNED else cell.ljust(width)
            for name, cell, width in zip(HEAD, row, widths, strict=True)
        )
        yield "  ".join(cells).rstrip()


def _rows(tensor: Tensor) -> Iterator[tuple[str, ...]]:
    """A line for each side: its own worst element."""
    head = (tensor.name, str(tensor.elements))
    for who, side in tensor.sides.items():
        k = side.worst
        value, exact = apart(float(side.values[k]), float(tensor.exact[k]))
        roundings = "" if np.isnan(side.roundings[k]) else f"{side.roundings[k]:.2g}"
        yield (*head, who, str(tensor.index(k)), value, exact, roundings, _verdict(side))
        head = ("", "")


def _verdict(side: Side) -> str:
    """The verdict on a side, with how many elements it is about if not all.

    An element that a convention chooses is right, and worth knowing.
    """
    kinds, counts = np.unique(side.verdicts.astype(str), return_counts=True)
    found: Mapping[str, int] = dict(zip(kinds.tolist(), counts.tolist(), strict=True))
    for verdict in (OUTSIDE, CONVENTION):
        if verdict in found:
            return f"{found[verdict]} {verdict}"
    rest = [verdict for verdict in found if verdict != EMPTY]
    return rest[0] if rest else EMPTY


def apart(value: float, exact: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart, at least six.

    >>> apart(0.5, 0.25), apart(0.12345678, 0.12345681)
    (('0.5', '0.25'), ('0.12345678', '0.12345681'))
    """
    for digits in range(6, 18):
        a, b = f"{value:.{digits}g}", f"{exact:.{digits}g}"
        if a != b or value == exact:
            break
    return a, "" if np.isnan(exact) else b


# --- what is wrong ------------------------------------------------------------------------


def _outside(tensor: Tensor) -> Iterator[str]:
    for who, side in tensor.sides.items():
        if side.outside:
            yield f"{who}: {tensor.name} is wrong in {_how_many(side.outside, tensor.elements)}"
            yield from _elements(tensor, side)
        chosen = int(np.count_nonzero(side.verdicts == CONVENTION))
        if chosen:
            yield (
                f"{who}: {tensor.name} is not torch's in {chosen} of {tensor.elements} elements at "
                "ties or kinks, where a convention decides: right"
            )


def _elements(tensor: Tensor, side: Side) -> Iterator[str]:
    """The worst of them."""
    worst = np.argsort(-side.times, kind="stable")[: min(SHOWN, side.outside)]
    for k in sorted(worst.tolist()):
        value, exact = apart(float(side.values[k]), float(tensor.exact[k]))
        yield (
            f"  at {tensor.index(k)}: {value}, exact {exact}; "
            f"{side.roundings[k]:.3g} roundings of Σ|terms|, {side.times[k]:.3g} times over"
        )
    if side.outside > SHOWN:
        yield f"  … and {side.outside - SHOWN} more"


def _how_many(wrong: int, elements: int) -> str:
    """How many of how many, in words.

    >>> _how_many(3, 8), _how_many(8, 8), _how_many(1, 1)
    ('3 of 8 elements', 'all 8 elements', 'its one element')
    """
    if elements == 1:
        return "its one element"
    return f"{wrong} of {elements} elements" if wrong < elements else f"all {elements} elements"
