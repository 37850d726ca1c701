"""The files of a report folder, as the page reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from parity.documents.audit import AuditRow
from parity.models.watch_report import WatchReport
from parity.peers.group_verdicts import PeerRow
from parity.power.survey import MistakeRow
from parity.results.rows import ElementRow, Row, TorchRow, TrainingRow, WitnessRow, columns


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
    peers: pd.DataFrame
    candidates: list[dict[str, Any]] = field(default_factory=list)
    watches: list[WatchReport] = field(default_factory=list)

    @property
    def of_a_run(self) -> bool:
        """Whether there is a run's report, not that of a model under watch alone."""
        return bool(self.about)


WATCH = "watch.json"
# The table's file, what a row of it is, and the command that writes it.
FILES = {
    "summary": ("summary.csv", Row, "run"),
    "witnesses": ("witnesses.csv", WitnessRow, "run"),
    "elements": ("gradients.csv", ElementRow, "run"),
    "training": ("training.csv", TrainingRow, "run"),
    "torch": ("torch.csv", TorchRow, "run"),
    "mistakes": ("mistakes.csv", MistakeRow, "mistakes"),
    "audit": ("audit.csv", AuditRow, "audit"),
    "peers": ("peers.csv", PeerRow, "peers"),
}


def read_tables(folder: Path) -> Tables:
    """Everything in a report folder that the page shows.

    Raises: ValueError if there is no report of a run nor of a model under watch, or one without the
    columns of today.
    """
    about = folder / "run.json"
    if not about.exists() and (folder / WATCH).exists():
        nothing = {name: pd.DataFrame() for name in FILES}
        return Tables(folder, {}, **nothing, candidates=[], watches=_read([folder]))
    if not about.exists():
        raise ValueError(
            f"{folder}: has no run.json and no {WATCH}; `parity run --out {folder}` writes a "
            "report, and so does `parity watch`"
        )
    return Tables(
        folder,
        json.loads(about.read_text(encoding="utf-8")),
        **{name: _known_table(folder / file, row, by) for name, (file, row, by) in FILES.items()},
        candidates=_candidates(folder / "check.json"),
        watches=_read(sorted(path.parent for path in (folder / "watch").glob(f"*/{WATCH}"))),
    )


def _read(folders: Iterable[Path]) -> list[WatchReport]:
    return [WatchReport.read(folder) for folder in folders]


def _known_table(path: Path, row_type: type, command: str) -> pd.DataFrame:
    """A table with the columns that its rows have today; an empty one where it is missing."""
    found = read_table(path)
    lacking = [name for name in columns(row_type) if name not in found.columns]
    if path.exists() and lacking:
        raise ValueError(
            f"{path}: lacks {', '.join(lacking)}, of another version or cut off; "
            f"`parity {command} --out {path.parent}` writes it anew"
        )
    return found


def read_table(path: Path) -> pd.DataFrame:
    """A CSV file, every cell as it is written; an empty table where it is missing."""
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
