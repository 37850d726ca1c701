"""A table of factors, the rows that cover all its pairs, and the case of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from parity.cases.case import FLOATS, Case
from parity.cases.dice import Arguments, Dice

Row: TypeAlias = Mapping[str, Any]  # a level of each factor
Pair: TypeAlias = tuple[tuple[str, Any], tuple[str, Any]]  # two levels, each with its factor

DTYPE, DY, BLOCKS = "dtype", "dy", "blocks of bytes"  # factors that are no arguments


@dataclass(frozen=True, eq=False)
class Table:
    """Factors of a function, the plain level of each first, and how a row becomes arguments.

    Sizes that no factor fixes are drawn. `apart` are pairs of levels that don't go together.
    """

    factors: Mapping[str, tuple[Any, ...]]
    arguments: Callable[[Row, Dice], Arguments]
    apart: tuple[Pair, ...] = ()

    @property
    def every(self) -> dict[str, tuple[Any, ...]]:
        """Its factors, and the dtype."""
        return {**self.factors, DTYPE: FLOATS}


@cache
def rows(table: Table) -> tuple[Row, ...]:
    """Rows that hold every pair of levels but those apart; always the same ones."""
    from covertable import make  # most commands make no rows

    numbered = {name: list(range(len(levels))) for name, levels in table.every.items()}
    found = make(numbered, constraints=[_excluded(table, pair) for pair in table.apart])
    return tuple({name: levels[row[name]] for name, levels in table.every.items()} for row in found)


def _excluded(table: Table, pair: Pair) -> dict[str, Any]:
    """A pair as a condition of covertable: one of its two levels is another."""
    conditions = [
        {"operator": "ne", "left": name, "value": table.every[name].index(level)}
        for name, level in pair
    ]
    return {"operator": "or", "conditions": conditions}


def case_of(function: str, table: Table, number: int, seed: int) -> Case:
    """The case of a row; its sizes depend on the seed."""
    row = rows(table)[number]
    made = table.arguments(row, Dice(seed, number, "pairs", function, plain=True))
    return Case(
        function,
        f"pairs {number}: {described(table, row)}",
        made.arrays,
        made.options,
        made.upstream,
        dtypes=(row[DTYPE],),
        upstream_layout=row.get(DY, "contiguous"),
        block_bytes=row.get(BLOCKS),
    )


def described(table: Table, row: Row) -> str:
    """What is not plain about a row.

    >>> table = Table({"stride": (1, (2, 1)), "dy": ("contiguous", "reversed")}, Arguments)
    >>> described(table, {"stride": (2, 1), "dy": "reversed"}), described(table, {"stride": 1})
    ('stride (2, 1), dy reversed', 'plain')
    """
    unusual = [
        f"{name} {row[name]}"
        for name, levels in table.factors.items()
        if name in row and row[name] != levels[0]
    ]
    return ", ".join(unusual) or "plain"
