"""reports/README.md documents what the reports hold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parity.bench.checkers import CheckerRow
from parity.bench.exactness import ExactRow
from parity.bench.scaling import ScalingRow
from parity.bench.speed import BenchRow
from parity.bench.watching_costs import WatchCost
from parity.documents.audit import AuditRow
from parity.models.watch_tables import NoticedRow, OperationRow, StepRow
from parity.peers.group_verdicts import PeerRow
from parity.power.conditional import CircumstanceRow
from parity.power.survey import MistakeRow
from parity.report.files import TABLES
from parity.results.rows import Row, columns
from parity.results.verdicts import AGREES, INAPPLICABLE, UNDECIDED, VERDICTS
from parity.sweep.batch import Disagreement
from parity.sweep.coordinator import Progress
from parity.sweep.summary import measured
from parity.sweep.tables import SweepRow

TEXT = (Path(__file__).parents[3] / "reports" / "README.md").read_text()
FILES = {
    "audit.csv": AuditRow,
    "mistakes.csv": MistakeRow,
    "mistakes_circumstances.csv": CircumstanceRow,
    "peers.csv": PeerRow,
    "bench.csv": BenchRow,
    "bench_check.csv": CheckerRow,
    "bench_sweep.csv": ScalingRow,
    "bench_exact.csv": ExactRow,
    "bench_watch.csv": WatchCost,
    "sweep.csv": SweepRow,
    "sweep_disagreements.csv": Disagreement,
    **{name: row_type for name, (row_type, _) in TABLES.items()},
}


def documented(text: str, file: str) -> set[str]:
    """The names in the first column of a file's table."""
    section = text.split(f"\n## {file}")[1].split("\n## ")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize("file", FILES)
def test_every_column_is_documented(file: str) -> None:
    """The table of a file names its columns, all of them and no others."""
    assert documented(TEXT, file) == set(columns(FILES[file]))


def test_every_column_of_a_watch_is_documented() -> None:
    """Three tables in one section."""
    wanted = {*columns(OperationRow), *columns(NoticedRow), *columns(StepRow)}
    assert documented(TEXT, "watch/") == wanted


def test_what_a_sweep_took_is_documented() -> None:
    """Each key of sweep.json that says what the call itself took."""
    assert documented(TEXT, "sweep.json") == set(measured(Progress(9, 0, 0, 0.0)))


def test_an_undocumented_column_is_noticed() -> None:
    """Without the line of a column, the column is missed."""
    shortened = TEXT.replace("| `kinks` |", "| kinks |")
    assert documented(shortened, "summary.csv") == set(columns(Row)) - {"kinks"}


def test_every_verdict_is_documented() -> None:
    """Each verdict has its line."""
    for verdict in (*VERDICTS, AGREES, UNDECIDED, INAPPLICABLE):
        assert f"| `{verdict}` |" in TEXT
