"""What a picture is: grids of numbers step by step, or figures, and what they show."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from markupsafe import Markup

from parity.cases.case import Array
from parity.page.pictures.equations import Place, shown

Margin = tuple[tuple[int, int], tuple[int, int]]  # rows and columns before and behind
NO_MARGIN: Margin = ((0, 0), (0, 0))


class Cell(NamedTuple):
    """One number of a grid."""

    text: str
    marks: str = ""  # classes of style/pictures.css: window, here, margin
    pair: str = ""  # the letter that it shares with what it is multiplied by
    share: int | None = None  # how strongly it is coloured, −100 … 100


class Grid(NamedTuple):
    """An array as a table, its rows and columns numbered from 1 as in D2; a margin has none."""

    name: Markup
    rows: tuple[tuple[Cell, ...], ...]
    across: tuple[str, ...]
    down: tuple[str, ...]
    chosen: bool = False  # each step is about one of its cells, row by row


class Step(NamedTuple):
    """One position: grids, signs between them, a sentence in both languages, what is summed."""

    grids: tuple[Grid | str, ...]
    sentence: Markup
    sums: tuple[Markup, ...] = ()


class Figure(NamedTuple):
    """Something drawn, and its caption."""

    content: Markup
    caption: Markup


class Row(NamedTuple):
    """What it is about, and what each column shows of it."""

    name: Markup
    cells: tuple[Markup, ...]


@dataclass(frozen=True)
class Picture:
    """Something to see about some functions and statements: steps, figures, or a table.

    Title, texts and columns are English, and are translated where they are shown.
    """

    name: str
    title: str
    texts: tuple[str, ...]
    functions: tuple[str, ...]
    statements: tuple[str, ...]
    steps: tuple[Step, ...] = ()
    figures: tuple[Figure, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    values: Mapping[str, object] = field(default_factory=dict)  # of the texts' placeholders


def grid(
    name: str | Markup,
    array: Array,
    marks: Mapping[str, Collection[Place]] | None = None,
    pairs: Mapping[Place, str] | None = None,
    margin: Margin = NO_MARGIN,
    known: int | None = None,
    chosen: bool = False,
) -> Grid:
    """A matrix (H, W) as a table.

    marks: for each mark the places that carry it, counted from 0 in the array. margin: how much
    of the array lies around what is numbered. known: how many elements are shown, row by row.
    """
    marked = _marks_of(marks or {}, array.shape, margin)
    letters = pairs or {}
    seen = array.size if known is None else known
    texts = [shown(value) for value in array.flat[:seen]] + [""] * (array.size - seen)
    cells = [
        Cell(text, marked[place], letters.get(place, ""))
        for text, place in zip(texts, np.ndindex(array.shape), strict=True)
    ]
    return _table(name, cells, array.shape, margin, chosen)


def coloured(name: str | Markup, array: Array) -> Grid:
    """A matrix (H, W) as a table, each number coloured by its part of the largest."""
    largest = abs(array).max()
    cells = [Cell(shown(v, ".3f"), share=round(100 * v / largest)) for v in array.flat]
    return _table(name, cells, array.shape, NO_MARGIN, False)


def _table(
    name: str | Markup, cells: list[Cell], shape: tuple[int, ...], margin: Margin, chosen: bool
) -> Grid:
    H, W = shape
    rows = tuple(tuple(cells[h * W : (h + 1) * W]) for h in range(H))
    down, across = map(_numbers, shape, margin)
    caption = name if isinstance(name, Markup) else Markup("<code>{}</code>").format(name)
    return Grid(caption, rows, across, down, chosen)


def _marks_of(
    marks: Mapping[str, Collection[Place]], shape: tuple[int, ...], margin: Margin
) -> dict[Place, str]:
    """The marks of every place, "margin" for those around what is numbered."""
    down, across = map(_numbers, shape, margin)
    marked: dict[Place, str] = {}
    for h, w in np.ndindex(shape):
        around = [] if down[h] and across[w] else ["margin"]
        found = [mark for mark, places in marks.items() if (h, w) in places]
        marked[h, w] = " ".join(around + found)
    return marked


def _numbers(size: int, margin: tuple[int, int]) -> tuple[str, ...]:
    before, behind = margin
    inside = range(1, size - before - behind + 1)
    return ("",) * before + tuple(map(str, inside)) + ("",) * behind
