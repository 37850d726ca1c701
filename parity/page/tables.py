"""The files of a report folder, as the page reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Tables:
    """What lies in a report folder; an empty table where a file is missing.

    Cells are the file's own texts, so that the page shows the digits that were written;
    `numbers` reads a column as floats.
    """

    folder: Path
    about: dict[str, Any]
    summary: pd.DataFrame
    witnesses: pd.DataFrame
    elements: pd.DataFrame
    training: pd.DataFrame
    torch: pd.DataFrame
    mistakes: pd.DataFrame
    audit: pd.DataFrame
    candidates: list[dict[str, Any]] = field(default_factory=list)


FILES = {
    "summary": "summary.csv",
    "witnesses": "witnesses.csv",
    "elements": "gradients.csv",
    "training": "training.csv",
    "torch": "torch.csv",
    "mistakes": "mistakes.csv",
    "audit": "audit.csv",
}


def read_tables(folder: Path) -> Tables:
    """Everything in a report folder that the page shows.

    Raises: ValueError if there is no report of a run.
    """
    about = folder / "run.json"
    if not about.exists():
        raise ValueError(f"{folder}: has no run.json; `parity run --out {folder}` writes a report")
    return Tables(
        folder,
        json.loads(about.read_text(encoding="utf-8")),
        **{name: read_table(folder / file) for name, file in FILES.items()},
        candidates=_candidates(folder / "check.json"),
    )


def read_table(path: Path) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame()
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def _candidates(path: Path) -> list[dict[str, Any]]:
    """What `parity check --format json` wrote: one verdict, or several."""
    if not path.exists():
        return []
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if isinstance(found, list) else [found]


def numbers(column: pd.Series[str]) -> pd.Series[float]:
    """A column as floats; NaN where a field is empty."""
    return pd.to_numeric(column.where(column != ""), errors="coerce")
