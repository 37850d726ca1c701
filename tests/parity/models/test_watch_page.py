"""What docs/watch.md shows is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from calling import Call
from pages import ROOT, sessions, shows, text

from parity.models.rules.every import RULES

PAGE = text("watch.md")
SESSIONS = sessions(PAGE)


def without_places(printed: str) -> str:
    """Which element is worst, how many are outside: another processor has others."""
    return re.sub(r"at \([\d, ]+\)", "at (…)", re.sub(r"\(\d+ of \d+ elements", "(…", printed))


def test_every_operation_that_is_understood_is_listed() -> None:
    listed = PAGE.partition("## Operations that it understands")[2].partition("\n## ")[0]
    names = re.findall(r"`(\w+)`", listed.partition(":\n\n")[2])
    assert sorted(names) == sorted(RULES)


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[c for c, _ in SESSIONS])
def test_sessions(
    call: Call, command: str, shown: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    _, *words = shlex.split(command)
    code, out, err = call(*words)
    assert err == ""
    assert code == ("wrong" in shown)
    assert shows(without_places(shown), without_places(out)) is None
