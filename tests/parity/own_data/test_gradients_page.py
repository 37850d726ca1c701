"""What docs/gradients.md shows is what comes out."""

from __future__ import annotations

import doctest
import re
import runpy
import shlex
from pathlib import Path

import numpy as np
import pytest
from calling import Call

from parity.own_data.element_rows import COLUMNS

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "gradients.md"
DICTIONARY = ROOT / "reports" / "README.md"
BLOCK = re.compile(r"```console\n\$ parity (gradients .*?)\n(.*?)```", re.DOTALL)
BLOCKS = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
LINE = re.compile(r"^(\w*) +(\d*) *(refimpl|torch|yours)  .*?  (\d* ?[a-z]+)$")


def placeless(text: str) -> list[str]:
    """Without the worst elements and their numbers, which another processor has otherwise."""
    lines = [re.sub(r"^  at .*", "  at #", line.rstrip()) for line in text.strip().splitlines()]
    return [" ".join(found.groups()) if (found := LINE.match(line)) else line for line in lines]


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_commands(
    call: Call, command: str, shown: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every example, but for the sizes of rounding errors."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    code, out, err = call(*shlex.split(command))
    assert err == ""
    head = "tensor "
    assert [line for line in placeless(out) if not line.startswith(head)] == [
        line for line in placeless(shown) if not line.startswith(head)
    ]
    assert code == int(" outside" in shown)
    assert any(LINE.match(line) for line in shown.splitlines())


def test_there_are_commands() -> None:
    """The pattern above finds them."""
    assert len(BLOCKS) == 2


def test_python() -> None:
    """The lines of Python run, too."""
    found = doctest.testfile(str(PAGE), module_relative=False, verbose=False)
    assert found.attempted > 4
    assert not found.failed


def test_the_data_are_what_the_example_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """examples/gradients.npz, up to how another processor rounds."""
    (tmp_path / "examples").mkdir()
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(ROOT / "examples" / "gradients.py"))
    with (
        np.load("examples/gradients.npz") as made,
        np.load(ROOT / "examples/gradients.npz") as kept,
    ):
        assert made.files == kept.files
        for name in made.files:
            np.testing.assert_allclose(made[name], kept[name], rtol=1e-4, atol=1e-5)


def test_every_column_is_explained() -> None:
    """In the dictionary, in order, and no other."""
    text = DICTIONARY.read_text(encoding="utf-8")
    section = text.partition("## gradients.csv of one's own data")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(COLUMNS)
