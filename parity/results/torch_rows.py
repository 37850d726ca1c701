"""Where torch loses digits: a row for each tensor, and the worst of each function."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from parity.cases.case import Array
from parity.results.closeness import LostDigits
from parity.results.rows import Row, TorchRow


def torch_row(row: Row, sides: tuple[Array, Array], lost: LostDigits) -> TorchRow:
    """The row of one tensor, at its worst element."""
    ours, theirs = (side.reshape(-1)[lost.place] for side in sides)
    return TorchRow(
        row.function,
        lost.tensor,
        row.dtype,
        1,
        row.case,
        row.layer,
        str(tuple(map(int, np.unravel_index(lost.place, sides[1].shape)))),
        lost.arguments,
        lost.exact,
        float(ours),
        float(theirs),
        *lost.ulp,
        *lost.roundings,
        lost.ratio,
    )


def worst_of_each(rows: Sequence[TorchRow]) -> list[TorchRow]:
    """Of each function, tensor and dtype the row with the largest ratio, and how many there are."""
    alike: dict[tuple[str, str, str], list[TorchRow]] = defaultdict(list)
    for row in rows:
        alike[row.function, row.tensor, row.dtype].append(row)
    return [
        replace(max(found, key=lambda row: row.ratio), tensors=len(found))
        for found in alike.values()
    ]
