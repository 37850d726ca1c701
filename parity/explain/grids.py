"""Arrays drawn as grids: one for each sample and channel, chosen places in brackets."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction
from typing import Any

import numpy as np

from parity.cases.case import Array
from parity.explain.folding import columns, padded
from parity.explain.formed import Index
from parity.explain.writing_out import number, place

BOLD, END = "\x1b[1;33m", "\x1b[0m"


def cell(value: Any) -> str:
    """An element as it stands in a grid; a text stands as it is."""
    if isinstance(value, str):
        return value
    return number(Fraction(int(value)) if isinstance(value, np.generic) else Fraction(value))


def maps(
    name: str, array: Array, width: int, marked: Collection[Index] = (), colour: bool = False
) -> list[list[str]]:
    """The maps of an array, each as a block of lines.

    >>> maps("x", np.array([[1, -2], [3, 4]]), 60, {(0, 1)})
    [['x', '  1 [−2]', '  3   4']]
    """
    texts = np.empty(array.shape, object)
    for index in np.ndindex(array.shape):
        texts[index] = cell(array[index])
    room = max((columns(t) for t in texts.ravel()), default=1)
    lead = array.shape[:-2]
    blocks = []
    for front in np.ndindex(lead):
        rows = _rows(texts[(*front, ...)], front, room, marked, width, colour)
        blocks.append([place(name, front), *rows])
    return blocks


def _rows(
    texts: Array, front: Index, room: int, marked: Collection[Index], width: int, colour: bool
) -> list[str]:
    if not texts.ndim:
        return [_cell(str(texts[()]), room, front in marked, colour)]
    rows = texts if texts.ndim == 2 else texts[None]
    lines = []
    for h, row in enumerate(rows):
        here = (*front, h) if texts.ndim == 2 else front
        cells = [_cell(str(t), room, (*here, w) in marked, colour) for w, t in enumerate(row)]
        lines += _broken(cells, room + 2, width)
    return lines


def _cell(text: str, room: int, is_marked: bool, colour: bool) -> str:
    body = padded(text, room, right=True)
    if not is_marked:
        return f" {body} "
    return f"{BOLD}[{body}]{END}" if colour else f"[{body}]"


def _broken(cells: list[str], size: int, width: int) -> list[str]:
    """A row on as many lines as it needs."""
    count = max(1, width // size)
    return ["".join(cells[k : k + count]).rstrip() for k in range(0, len(cells), count)] or [""]
