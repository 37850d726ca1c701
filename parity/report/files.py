"""The files of a run, each written whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from parity.findings import Findings
from parity.rows import ElementRow, Row, TimingRow, TrainingRow, WitnessRow, columns

# The files of a run: the type of each table's rows and where `Findings` has them.
TABLES = {
    "summary.csv": (Row, "rows"),
    "witnesses.csv": (WitnessRow, "witnesses"),
    "gradients.csv": (ElementRow, "elements"),
    "training.csv": (TrainingRow, "training"),
    "timings.csv": (TimingRow, "timings"),
}
REPORTS = (*TABLES, "run.json")


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


def to_csv(row_type: type, rows: Sequence[Any]) -> str:
    """Rows as CSV; floats by repr, which reads back to the same number."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = columns(row_type)
    writer.writerow(names)
    writer.writerows([getattr(row, name) for name in names] for row in rows)
    return text.getvalue()


def replace_files(texts: Mapping[Path, str]) -> list[Path]:
    """Write every text beside its place, then move them all into place, or none of them."""
    written: list[tuple[Path, Path]] = []
    backups: dict[Path, Path] = {}
    try:
        for path, text in texts.items():
            written.append((_write_beside(path, text), path))
        for temporary, path in written:
            if path.exists():
                backups[path] = Path(shutil.copy2(path, temporary.with_suffix(".old")))
        _move_all(written, backups)
    finally:
        for temporary in (*(temporary for temporary, _ in written), *backups.values()):
            temporary.unlink(missing_ok=True)
    return list(texts)


def _move_all(written: Sequence[tuple[Path, Path]], backups: Mapping[Path, Path]) -> None:
    """Move the new files into place; if one cannot be moved, put the old ones back."""
    try:
        for temporary, path in written:
            os.replace(temporary, path)
    except BaseException:
        for _, path in written:
            if path in backups:
                os.replace(backups[path], path)
            else:
                path.unlink(missing_ok=True)
        raise


def _write_beside(path: Path, text: str) -> Path:
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=path.parent, prefix=f".{path.name}.", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
            os.chmod(file.name, 0o644)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    return Path(file.name)
