"""docs/explain.md shows what the command prints today."""

from __future__ import annotations

import shlex

import pytest
from calling import Call
from pages import sessions, shows, text

SESSIONS = sessions(text("explain.md"))


@pytest.mark.parametrize(("command", "shown"), SESSIONS, ids=[command for command, _ in SESSIONS])
def test_a_session(command: str, shown: str, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    _, out, err = call(*shlex.split(command)[1:])
    assert shows(shown, out + err) is None


def test_something_else_is_seen(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail."""
    monkeypatch.setenv("COLUMNS", "80")
    command, shown = SESSIONS[0]
    _, out, _ = call(*shlex.split(command)[1:])
    assert shows(shown.replace("= 17", "= 18"), out)
