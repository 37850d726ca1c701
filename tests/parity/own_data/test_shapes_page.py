"""What docs/shapes.md shows is what comes out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from calling import Call

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "shapes.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```console\n\$ parity (.*?)\n(.*?)```", PAGE, re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])\d[\d.]*(?:e[-+]?\d+)?(?![\w.])")
LOST = re.compile(r"^torch loses digits|× refimpl’s error$")  # on this processor, if at all
MEASURED = re.compile(r" (?:float32|float64) |[\d.]+ s$|^exact values|^integers|^derivative")


def without_measured(text: str) -> list[str]:
    """Numbers that another processor has otherwise, and how wide they are, are left out."""
    lines = [line.rstrip() for line in text.strip().splitlines()]
    return [
        " ".join(NUMBER.sub("#", line).split()) if MEASURED.search(line) else line.strip()
        for line in lines
        if "error/" not in line and "bound" not in line and not LOST.search(line)
    ]


@pytest.mark.parametrize(("command", "shown"), BLOCKS, ids=[command for command, _ in BLOCKS])
def test_commands(
    call: Call, command: str, shown: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Every example, but for the sizes of rounding errors."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    lines = re.findall(r"`(function,[^`]*|conv2d,[^`]*)`", PAGE)
    Path("mine.csv").write_text("\n".join(lines))
    code, out, err = call(*shlex.split(command))
    assert without_measured(out + err) == without_measured(shown)
    assert code == (2 if shown.startswith("parity: ") else 0)


def test_there_are_commands() -> None:
    """The patterns above find them, and what is measured alone is left out."""
    assert len(BLOCKS) == 3
    assert without_measured("C1 conv2d float32 0.02 holds") != without_measured(
        "C1 conv2d float32 0.02 FAILS"
    )


@pytest.mark.parametrize(("kind", "file"), [("text", "lenet.csv"), ("toml", "resnet18.toml")])
def test_the_files_that_are_shown(kind: str, file: str) -> None:
    """As they are, or their beginning."""
    shown = re.findall(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)[0]
    assert shown in (ROOT / "examples" / "shapes" / file).read_text(encoding="utf-8")
