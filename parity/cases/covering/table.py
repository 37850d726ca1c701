"""A table of factors, the rows that cover all its pairs, and the case of a row."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias
from zlib import crc32

from parity.cases.case import FLOATS, Case
from parity.cases.dice import Arguments, Dice

Row: TypeAlias = Mapping[str, Any]  # a level of each factor
Pair: TypeAlias = tuple[tuple[str, Any], tuple[str, Any]]  # two levels, each with its factor

VALUES = "values"
# Kinds of values beside which little of a result can be judged: NaN spreads, sums overflow, errors
# of the smallest numbers are as large as these. They meet every level, but no pair rests on them.
HIDING = (
    *("special", "special dy", "several NaN", "largest", "subnormal", "wide values", "wide"),
    *("normal, dy special", "saturated, dy largest", "wide, dy wide", "subnormal, dy subnormal"),
    "minus_inf",
)
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

    @property
    def fingerprint(self) -> str:
        """What the rows depend on, in eight digits: levels, and pairs that don't go together."""
        return f"{crc32(repr((self.every, self.apart, HIDING)).encode()):08x}"


@cache
def rows(table: Table) -> tuple[Row, ...]:
    """Rows that hold every pair of levels but those apart; always the same ones.

    They are read from `rows.json`, where they are: to make them takes seconds.
    """
    numbers = stored().get(table.fingerprint) or made(table)
    return tuple(
        {name: levels[k] for (name, levels), k in zip(table.every.items(), row, strict=True)}
        for row in numbers
    )


STORED = Path(__file__).with_name("rows.json")  # `make pairs` writes it


@cache
def stored() -> dict[str, list[list[int]]]:
    """By a table's fingerprint, of each row the number of each factor's level."""
    found: dict[str, list[list[int]]] = json.loads(STORED.read_text())
    return found


def made(table: Table) -> list[list[int]]:
    """The rows of a table, made anew.

    A pair of two that are no values stands in a row whose values hide nothing.
    """
    numbered = {name: list(range(len(levels))) for name, levels in table.every.items()}
    kinds = table.every.get(VALUES, ())
    hiding = [number for number, kind in enumerate(kinds) if kind in HIDING]
    clear = [number for number in range(len(kinds)) if number not in hiding]
    found = _made(table, {**numbered, **({VALUES: clear} if kinds else {})}, 2)
    for number in hiding:
        found += _made(table, {**numbered, VALUES: [number]}, 1)
    return [[row[name] for name in table.every] for row in found]


def _made(table: Table, numbered: Mapping[str, list[int]], strength: int) -> list[dict[str, int]]:
    """Rows in which every two levels occur, or every one."""
    from covertable import make  # a run makes no rows

    apart = [_excluded(table, pair) for pair in table.apart]
    rows: list[dict[str, int]] = make(dict(numbered), strength=strength, constraints=apart)
    return rows


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
