"""README.md says what is true today; its Python examples run as doctests."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from calling import Call
from pages import README, ROOT, blocks, sessions, shows, text

TEXT = README.read_text(encoding="utf-8")
SESSIONS = sessions(TEXT)
BUDGET = 10  # seconds that a check may take in CI


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with the examples beside it."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_its_length() -> None:
    """It can be read in one go."""
    assert len(TEXT.splitlines()) <= 200


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_sessions(call: Call, command: str, shown: str) -> None:
    """Each command prints what is shown."""
    program, *arguments = shlex.split(command)
    assert program == "parity"
    code, out, err = call(*arguments)
    assert err == ""
    assert shows(shown, out) is None
    assert code == int(any(word in shown for word in ("WRONG", " outside", ": wrong: ")))


def test_a_session_for_each_reader() -> None:
    """One for each of the five, who are led to it."""
    shown = [command.split()[1] for command, _ in SESSIONS]
    assert shown == ["check", "watch", "gradients", "run", "audit"]
    assert TEXT.partition("## Who it is for")[2].partition("\n## ")[0].count("](#") == 5


def ci_runs() -> list[str]:
    """What the first CI file runs that docs/ci.md shows."""
    block, *_ = blocks(text("ci.md"), "yaml")
    steps = yaml.safe_load(block)["jobs"]["parity"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def test_the_own_test(tmp_path: Path) -> None:
    """The test with the fixture, in a project of its own, as the CI file runs it."""
    (block,) = (block for block in blocks(TEXT, "python") if "parity_check" in block)
    (tmp_path / "layers.py").symlink_to(ROOT / "examples" / "layers" / "layers.py")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_layers.py").write_text(block, encoding="utf-8")
    python, *words = shlex.split(ci_runs()[-1])
    assert python == "python"
    command = [sys.executable, *words, "-p", "no:cacheprovider"]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "= 1 passed" in found.stdout, found.stdout


@pytest.mark.usefixtures("elsewhere")
def test_pandas(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The table is read, and what is plotted is a line of slope ½."""
    (command,) = (command for command, _ in SESSIONS if " gradients " in command)
    call(*shlex.split(command)[1:])
    (block,) = (block for block in blocks(TEXT, "python") if "pandas" in block)
    seen = []

    class Plot:
        """In the place of matplotlib."""

        def __init__(self, frame: pd.DataFrame) -> None:
            self.frame = frame

        def scatter(self, x: str, y: str) -> None:
            seen.append(self.frame[y] / self.frame[x])

    monkeypatch.setattr(pd.DataFrame, "plot", property(Plot))
    exec(block, {})
    (slopes,) = seen
    assert len(slopes) == 72
    assert (slopes - 0.5).abs().max() < 1e-4


def test_the_ci_file() -> None:
    """It can be read, and makes such a check as is shown."""
    runs = ci_runs()
    assert any(run.startswith("parity run conv2d ") for run in runs)
    assert re.search(r"'\./cnn-parity\[torch\]'", runs[0])


def test_the_check_is_quick(elsewhere: Path) -> None:
    """Start-up included, on one core of this machine, whoever else is at work on it."""
    command = [str(Path(sys.executable).with_name("parity")), *shlex.split(SESSIONS[3][0])[1:]]
    before = os.times()
    subprocess.run(command, cwd=elsewhere, check=True, capture_output=True)
    after = os.times()
    spent = after.children_user - before.children_user
    assert spent + after.children_system - before.children_system < BUDGET
    assert (elsewhere / "report.xml").exists()
