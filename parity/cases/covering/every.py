"""The tables of all subjects, and the cases of a function."""

from __future__ import annotations

import json

from parity.cases.case import Case
from parity.cases.covering import (
    activations,
    adaptive_pooling,
    average_pooling,
    broadcasting,
    convolution,
    correlation,
    dense,
    dropout,
    joining,
    linear_models,
    losses,
    max_pooling,
    normalization,
    optimizers,
    padding,
    piecewise_activations,
    powers,
    rearranging,
    reductions,
    sampling,
    smooth_activations,
    transposed_convolution,
    weighted_pooling,
)
from parity.cases.covering.table import Table, case_of, made, rows

TABLES: dict[str, Table] = {
    name: table
    for subject in (
        convolution,
        transposed_convolution,
        correlation,
        padding,
        max_pooling,
        average_pooling,
        adaptive_pooling,
        weighted_pooling,
        sampling,
        dense,
        joining,
        rearranging,
        broadcasting,
        powers,
        reductions,
        activations,
        smooth_activations,
        piecewise_activations,
        dropout,
        losses,
        linear_models,
        normalization,
        optimizers,
    )
    for name, table in subject.TABLES.items()
}


def rows_as_json() -> str:
    """What `rows.json` has to hold, a row in a line."""
    tables = {
        table.fingerprint: ",\n".join(map(json.dumps, made(table))) for table in TABLES.values()
    }
    held = ",\n".join(f'"{key}": [\n{text}\n]' for key, text in sorted(tables.items()))
    return f"{{\n{held}\n}}\n"


def pair_cases(function: str, seed: int) -> tuple[Case, ...]:
    """A case for each row of the table of a function."""
    table = TABLES[function]
    return tuple(case_of(function, table, number, seed) for number in range(len(rows(table))))
