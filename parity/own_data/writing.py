"""A report as files: every row of the table, and what the numbers depend on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parity.own_data.elements import csv_parts
from parity.own_data.errors import OwnDataError
from parity.results.writing import replace_files

if TYPE_CHECKING:
    from parity.own_data.report import GradientReport

TABLE, ABOUT = "gradients.csv", "gradients.json"
OF_A_RUN = ("run.json", "summary.csv")  # where these are, gradients.csv belongs to a run


def check_folder(folder: Path) -> None:
    """Refuse a folder that holds the reports of a run. Raises: OwnDataError."""
    for name in OF_A_RUN:
        if (folder / name).exists():
            raise OwnDataError(
                f"{folder}: holds the reports of a run ({name}), whose {TABLE} would be lost; give "
                "another folder"
            )


def write(report: GradientReport, folder: Path, **more: Any) -> list[Path]:
    """Both files, whole or not at all; more: what else the JSON says. Raises: OSError."""
    check_folder(folder)
    folder.mkdir(parents=True, exist_ok=True)
    digest = sha256()
    asked = report.question
    parts = csv_parts(report.case, asked.function, report.tensors, report.rows)

    def table() -> Iterator[str]:
        for part in parts:
            digest.update(part.encode())
            yield part

    def about() -> Iterator[str]:
        """Asked for when the table has been written."""
        said = {**more, **report.about(), "sha256": {TABLE: digest.hexdigest()}}
        yield json.dumps(said, indent=2, ensure_ascii=False) + "\n"

    return replace_files({folder / TABLE: table(), folder / ABOUT: about()})
