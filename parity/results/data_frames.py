"""Rows as a pandas DataFrame: the columns of the CSV file, floats where a field may be empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_type_hints

from parity.results.rows import columns


def frame_of(row_type: type, rows: Sequence[Any]) -> Any:
    """A DataFrame with a row for each of `rows`, or with the columns alone.

    >>> from parity.results.rows import Refusal
    >>> frame_of(Refusal, [Refusal("relu[text]", "relu", True, "")]).to_dict("records")
    [{'case': 'relu[text]', 'function': 'relu', 'refused': True, 'message': ''}]
    """
    import pandas as pd

    names, types = columns(row_type), get_type_hints(row_type)
    found = pd.DataFrame([[getattr(row, name) for name in names] for row in rows], columns=names)
    plain = {int: "int64", bool: "bool"}
    others = [name for name in names if types[name] is not str]
    return found.astype({name: plain.get(types[name], "float64") for name in others})
