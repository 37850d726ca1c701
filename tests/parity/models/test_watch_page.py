"""What docs/watch.md shows is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from calling import Call
from pages import ROOT, sessions, shows, text

PAGE = text("watch.md")
SESSIONS = sessions(PAGE)


def without_places(printed: str) -> str:
    """Which element is worst, how many are outside: another processor has others."""
    return re.sub(r"at \([\d, ]+\)", "at (…)", re.sub(r"\(\d+ of \d+ elements", "(…", printed))


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
