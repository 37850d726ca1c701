"""What changed between the summaries of two runs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pandas as pd

from parity.results.rows import Row, columns

KEY = ["case", "network", "layer", "tensor", "dtype", "device"]
NEEDED = [*KEY, "verdict", "max_abs_error"]
GROWTH = 10


class SummaryError(ValueError):
    """A file that is not a summary.csv."""


class Change(NamedTuple):
    """One tensor that is not as it was: its name, what changed, before and after."""

    tensor: str
    what: str  # "new", "gone", "verdict", "error"
    before: str
    after: str


def changes(before: Path, after: Path) -> list[Change]:
    """New and gone tensors, changed verdicts, and errors that grew at least tenfold.

    Raises: SummaryError if a file cannot be read as a summary.csv.
    """
    both = read_summary(before).merge(
        read_summary(after), on=KEY, how="outer", suffixes=("_a", "_b"), indicator=True, sort=True
    )
    found = []
    for row in both.to_dict("records"):
        name = " ".join(str(row[key]) for key in KEY if row[key] and key != "network")
        if row["_merge"] == "right_only":
            found.append(Change(name, "new", "", row["verdict_b"]))
        elif row["_merge"] == "left_only":
            found.append(Change(name, "gone", row["verdict_a"], ""))
        elif row["verdict_a"] != row["verdict_b"]:
            found.append(Change(name, "verdict", row["verdict_a"], row["verdict_b"]))
        elif _grew(row["max_abs_error_a"], row["max_abs_error_b"]):
            errors = (f"{row[f'max_abs_error_{side}']:.3g}" for side in "ab")
            found.append(Change(name, "error", *errors))
    return found


def _grew(before: float, after: float) -> bool:
    return after > before and after >= GROWTH * before


def read_summary(path: Path) -> pd.DataFrame:
    """A summary.csv, its key and what is compared."""
    try:
        frame = pd.read_csv(path, keep_default_na=False, dtype=str)
    except (OSError, ValueError) as error:
        raise SummaryError(
            f"{path}: cannot be read as a summary.csv ({str(error).strip()})"
        ) from None
    missing = [name for name in NEEDED if name not in frame.columns]
    if missing:
        raise SummaryError(
            f"{path}: is no summary.csv: it has no column {', '.join(missing)} "
            f"(a summary has {', '.join(columns(Row))})"
        )
    try:
        return frame[NEEDED].assign(max_abs_error=pd.to_numeric(frame["max_abs_error"]))
    except (ValueError, TypeError) as error:
        raise SummaryError(f"{path}: max_abs_error must hold numbers ({error})") from None
