"""Fixtures of parity's tests."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import cache

import pytest
import typer.main
from calling import Call, Outcome

from parity import cli


@pytest.fixture(autouse=True, scope="session")
def _commands_built_once() -> Iterator[None]:
    """Typer builds all commands anew for each call; a user's process makes one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture
def _figures_closed() -> Iterator[None]:
    """Matplotlib keeps what is drawn."""
    yield
    from matplotlib import pyplot

    pyplot.close("all")


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
