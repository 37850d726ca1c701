"""Fixtures of parity's tests."""

from __future__ import annotations

import sys

import pytest
from calling import Call, Outcome

from parity import cli


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """`parity …` in this process, through its entry point."""
    for name in ("FORCE_COLOR", "NO_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)

    def parity(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["parity", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        assert isinstance(code, int)
        return Outcome(code, *capsys.readouterr())

    return parity
