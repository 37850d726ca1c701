"""The files of a sweep: what the terminal shows, two tables and what they depend on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from parity.results.about import about_machine
from parity.results.writing import replace_files, to_csv
from parity.sweep.batch import Disagreement
from parity.sweep.coordinator import Plan
from parity.sweep.summary import as_text
from parity.sweep.tables import SweepRow
from parity.sweep.versions import versions


def write(
    out: Path,
    rows: Sequence[SweepRow],
    found: Sequence[Disagreement],
    about: dict[str, Any],
    lines: Sequence[str],
) -> list[Path]:
    """The reports, all of them or none."""
    texts = {
        "sweep.txt": as_text(rows, lines, about),
        "sweep.csv": to_csv(SweepRow, rows),
        "sweep_disagreements.csv": to_csv(Disagreement, found),
    }
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}
    texts["sweep.json"] = json.dumps({**about, "sha256": digests}, indent=2) + "\n"
    out.mkdir(parents=True, exist_ok=True)
    return replace_files({out / name: text for name, text in texts.items()})


def about_sweep(plan: Plan, workers: str, command: Sequence[str]) -> dict[str, Any]:
    """Which cases, what code, how many workers, and the machine."""
    return {
        "command": list(command),
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": plan.selection.seed,
        "first": plan.first,
        "cases": plan.cases,
        "functions": plan.selection.functions,
        "dtypes": plan.selection.dtypes,
        "code": versions(),
        "workers": workers,
        **about_machine(),
    }
