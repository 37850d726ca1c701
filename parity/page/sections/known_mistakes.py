"""Known mistakes: which of them the suite would not see, and which groups of cases see each."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from parity.page.figures import rough
from parity.page.tables import Tables, read_table
from parity.page.unseen import known, of_circumstances, of_the_known, of_the_run, unrefused

TITLE = "Known mistakes"
CIRCUMSTANCES = "mistakes_circumstances.csv"
# What the columns of mistakes.csv are called: groups of cases, then who sees a mistake.
GROUPS = {
    "in_plain": "plain",
    "in_stride": "stride",
    "in_padding": "padding",
    "in_dilation": "dilation",
    "in_groups": "groups",
    "in_other_options": "other options",
    "in_small_axes": "axes of one place",
    "in_views": "views",
    "in_equal_numbers": "equal numbers",
    "in_far_numbers": "far numbers",
    "in_written_out": "written out",
}
WITNESSES = {
    "torch": "the bound against torch",
    "integers": "random integers, on which both must be equal",
    "balls": "the exact values",
    "derivative": "the forward's derivative",
}


class Cell(NamedTuple):
    """Of a group's cases, how many refuse a mistake, or the mistakes in a function."""

    refused: int
    cases: int

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.refused / self.cases if self.cases else 0.0

    @property
    def heat(self) -> int:
        """0 for nobody, then 1 to 5."""
        return 0 if not self.refused else min(5, 1 + int(self.share * 5))


def context(tables: Tables) -> dict[str, Any]:
    """What the template of the known mistakes names."""
    mistakes = tables.mistakes
    return {
        "of_the_known": list(of_the_known(mistakes)),
        "of_the_run": list(of_the_run(tables)),
        "circumstances": of_circumstances(read_table(tables.folder / CIRCUMSTANCES)),
        "device": tables.about.get("device", ""),
        "groups": {name: text for name, text in GROUPS.items() if name in mistakes},
        "witnesses": WITNESSES,
        "functions": [] if mistakes.empty else _functions(known(mistakes)),
    }


def _functions(mistakes: pd.DataFrame) -> list[dict[str, Any]]:
    """Each function, forward or backward, in the order of the table: its mistakes and their sum."""
    missed = set(unrefused(mistakes)["mistake"])
    return [
        _function(str(function), of_it.to_dict("records"), missed)
        for function, of_it in mistakes.groupby("function", sort=False)
    ]


def _function(name: str, mistakes: list[Any], missed: set[str]) -> dict[str, Any]:
    """One function: groups are those that it has cases of, cells the sums for all groups."""
    columns = {group: [cell_of(row[group]) for row in mistakes] for group in GROUPS}
    sums = {
        group: Cell(sum(cell.refused for cell in column), sum(cell.cases for cell in column))
        for group, column in columns.items()
    }
    filled = [group for group, cell in sums.items() if cell.cases]
    rows = [
        _mistake(row, row["mistake"] in missed, [columns[group][n] for group in filled])
        for n, row in enumerate(mistakes)
    ]
    return {
        "name": name,
        "rows": rows,
        "cells": list(sums.values()),
        "groups": [GROUPS[group] for group in filled],
        "fewest": min(rows, key=lambda row: int(row["refused"])),
        "missed": any(row["missed"] for row in rows),
    }


def _mistake(row: dict[str, Any], missed: bool, cells: list[Cell]) -> dict[str, Any]:
    """One mistake, as the template shows it."""
    return {
        **row,
        "missed": missed,
        "cells": cells,
        "formulas": row["formulas"].split(),
        "witnesses": row["witnesses"].split(),
        "smallest": row["smallest"].partition("[")[2].removesuffix("]"),
        "times": rough(row["median_margin"]),
    }


def cell_of(text: str) -> Cell:
    """A field of mistakes.csv.

    >>> cell_of("12 of 41"), cell_of("")
    (Cell(refused=12, cases=41), Cell(refused=0, cases=0))
    """
    refused, _, cases = text.partition(" of ")
    return Cell(int(refused), int(cases)) if text else Cell(0, 0)
