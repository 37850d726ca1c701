"""README.md says what is true today; its Python examples run as doctests."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from pathlib import Path

import pytest
from typer.testing import CliRunner

import parity.documents.checks.every  # noqa: F401 (registers the evidence)
import refimpl
from parity.cases.case import FLOATS
from parity.cases.catalogue import BAD, GOOD
from parity.cases.covering.every import TABLES, pair_cases
from parity.cli import app
from parity.documents.audit import audit_row
from parity.documents.evidence import VERDICTS
from parity.documents.ledger import ledger
from parity.report.audit import describe
from parity.results.settings import DEFAULT_SEED
from parity.suite.generated import RANDOM_CASES
from parity.suite.tasks import select

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(
    r"^parity (run|list|diff|audit|sweep)([^#\n]*?)(?:  |$)", README, re.MULTILINE
)


@pytest.mark.parametrize(("command", "words"), COMMANDS)
def test_commands_are_accepted(command: str, words: str) -> None:
    """Each command of the README names options that exist, and cases that exist."""
    given = shlex.split(words)
    options = {word for word in given if word.startswith("--")}
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"}).output
    assert options <= set(re.findall(r"--[\w-]+", shown))
    if "--case" in given:
        assert select(given[:1], given[given.index("--case") + 1], FLOATS, seed=DEFAULT_SEED)


def test_there_are_commands() -> None:
    """The pattern above finds the README's commands."""
    assert len(COMMANDS) >= 8


def test_counts() -> None:
    """The numbers of cases are those of the catalogue."""
    assert f"{len(GOOD)} layer cases are data" in README
    pairs = sum(len(pair_cases(function, 1)) for function in TABLES)
    assert f"{pairs} more are generated" in README
    assert f"So are {RANDOM_CASES} random cases" in README
    assert f"{len(GOOD)} layer cases" in (ROOT / "CHANGELOG.md").read_text()
    assert f"{len(BAD)} bad inputs" in (ROOT / "CHANGELOG.md").read_text()


def test_the_ledger_as_shown() -> None:
    """The number of statements, the counts of verdicts, and one row as `parity audit` prints it."""
    rows = list(ledger().values())
    assert f"{len(rows)} statements, " in README
    assert f"{len(rows)} statements of the five documents" in (ROOT / "CHANGELOG.md").read_text()
    counts = Counter(row.verdict for row in rows)
    line = next(line for line in README.splitlines() if line.startswith("all  "))
    assert line.split()[1:6] == [str(n) for n in (len(rows), *(counts[v] for v in VERDICTS))]
    assert describe(audit_row(ledger()["D1.23"])) in README


def test_links_lead_somewhere() -> None:
    """Every relative link is a file of the project."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_error_text() -> None:
    """The error text that the README quotes is the one that refimpl gives."""
    quoted = re.search(r"`(conv2d: x has 3 channels[^`]+)`", README)
    assert quoted
    x, weight = ([[[[0.0] * 6] * 7] * 3] * 2, [[[[0.0] * 2] * 3] * 5] * 4)
    with pytest.raises(ValueError, match=re.escape(quoted[1])):
        refimpl.conv2d(x, weight)


def test_make_targets_exist() -> None:
    """Every make target that the README names is in the Makefile."""
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"(?:`|^|\$ )make (\w+)", README, re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
