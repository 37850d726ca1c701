"""The files of a run, each written whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parity.results.about import PART
from parity.results.findings import Findings
from parity.results.rows import ElementRow, Row, TimingRow, TorchRow, TrainingRow, WitnessRow
from parity.results.writing import replace_files, to_csv

# The files of a run: the type of each table's rows and where `Findings` has them.
TABLES = {
    "summary.csv": (Row, "rows"),
    "witnesses.csv": (WitnessRow, "witnesses"),
    "gradients.csv": (ElementRow, "elements"),
    "torch.csv": (TorchRow, "torch"),
    "training.csv": (TrainingRow, "training"),
    "timings.csv": (TimingRow, "timings"),
}
REPORTS = (*TABLES, "run.json")


def is_whole(folder: Path) -> bool:
    """Whether a folder holds the report of a whole run; an older one does not say, and is."""
    try:
        about = json.loads((folder / "run.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not (isinstance(about, dict) and str(about.get("scope", "")).startswith(PART))


def check_place(out: Path, scope: str) -> None:
    """Refuse to put the report of a part of the suite in the place of a whole one's.

    Raises: ValueError.
    """
    if scope.startswith(PART) and is_whole(out):
        raise ValueError(
            f"{out}: holds the report of a whole run, which that of a part would replace; give "
            "another folder"
        )


def write_reports(
    findings: Findings, about: Mapping[str, Any], out: Path, junit: Path | None = None
) -> list[Path]:
    """Write all reports of a run; run.json last, with the digests of the CSV files.

    The new files are complete on disk before the first old one is replaced, so that a run that
    is killed leaves the last good report.
    """
    texts = {
        name: to_csv(row_type, getattr(findings, kind)) for name, (row_type, kind) in TABLES.items()
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    texts["run.json"] = json.dumps({**about, "sha256": digests}, indent=2) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    files = {out / name: text for name, text in texts.items()}
    if junit:
        from parity.report.junit import to_junit

        files[junit] = to_junit(findings)
    return replace_files(files)
