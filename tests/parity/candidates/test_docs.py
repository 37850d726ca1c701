"""What docs/check.md shows is what comes out."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest
from calling import Call

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "check.md"
BLOCK = re.compile(r"```console\n\$ parity (check .*?)\n(.*?)```", re.DOTALL)
BLOCKS = [
    found
    for found in BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    if "submissions" not in found[0]
]


def numberless(text: str) -> str:
    """Without the sizes of rounding errors, which another processor has otherwise."""
    lines = text.replace("\n\n", "\n").splitlines()
    return "\n".join(
        re.sub(r"\d+(\.\d+)?(e[+-]\d+)?", "#", line)
        if "roundings" in line or "times what" in line
        else line
        for line in lines
    ).strip()


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_commands(call: Call, command: str, shown: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every example, to the letter."""
    monkeypatch.chdir(ROOT)
    code, out, err = call(*shlex.split(command))
    assert err == ""
    assert numberless(out) == numberless(shown)
    assert code == int("WRONG" in shown.partition(":")[2].splitlines()[0])


def test_python() -> None:
    """The lines of Python run, too."""
    found = doctest.testfile(str(PAGE), module_relative=False, verbose=False)
    assert found.attempted > 3
    assert not found.failed
