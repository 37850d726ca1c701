"""`parity run --shapes` and `parity list --shapes`: what they print and write, and how they end."""

from __future__ import annotations

import csv
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from calling import Call
from junitparser import JUnitXml

import refimpl

MINE = "function,x,out_channels,kernel_size,stride,name\nconv,2x3x5x8,4,3,2,first\nrelu,,,,,\n"
RUN = ("run", "--shapes", "mine.csv", "--quick")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text(MINE)


def rows(folder: str = "reports/part") -> list[dict[str, str]]:
    with Path(folder, "summary.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def about(folder: str = "reports/part") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(folder, "run.json").read_text())
    return found


def wrong_where_oblong(monkeypatch: pytest.MonkeyPatch) -> None:
    """dx is that of the samples the other way round, where H ≠ W."""
    right = refimpl.conv2d_backward

    def wrong(dy: Any, x: Any, *rest: Any, **options: Any) -> Any:
        found = right(dy, x, *rest, **options)
        return found._replace(dx=found.dx[::-1]) if x.shape[2] != x.shape[3] else found

    monkeypatch.setattr(refimpl, "conv2d_backward", wrong)


def test_a_run_that_holds(call: Call) -> None:
    """A line for each layer and dtype; reports of a part, which say what the layers were."""
    code, out, err = call("run", "--shapes", "mine.csv")
    assert (code, err) == (0, "")
    table = [line.split() for line in out.splitlines()[2:6]]
    assert [line[0] for line in table] == ["first", "float64", "line", "float64"]
    assert {line[-1] for line in table} == {"holds"}
    assert "10 tensors (2 layer cases, 0 networks), 0 bad inputs: all hold" in out
    assert out.splitlines()[-1].endswith("in torch's side, all seen")
    assert {row["case"] for row in rows()} == {"conv2d[first]", "relu[line 3]"}
    assert about()["scope"] == "part: --shapes mine.csv of default"
    assert about()["shapes"] == "mine.csv"
    assert about()["layers"] == [
        "conv2d[first]: x 2x3x5x8, weight 4x3x3x3, stride=2 → y 2x4x2x3",
        "relu[line 3]: x 2x4x2x3 → y 2x4x2x3",
    ]


def test_a_disagreement(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1, and a command that shows it again, of torch and of a witness."""
    wrong_where_oblong(monkeypatch)
    Path("my net.csv").write_text(MINE)
    code, out, _ = call("run", "--shapes", "my net.csv")
    assert code == 1
    assert "FAIL conv2d_backward dx · case first · float32" in out
    assert "conv2d, refimpl’s numbers:" in out  # the diagnosis
    commands = {line.partition("again: ")[2] for line in out.splitlines() if "again: " in line}
    assert len(commands) > 1
    for command in commands:
        assert command.endswith(" --shapes 'my net.csv'")
        again = call(*shlex.split(command)[1:], "--out", "again")
        assert again.code == 1
        assert {row["case"] for row in rows("again")} == {"conv2d[first]"}
        assert about("again")["scope"].startswith("part: conv2d --shapes my net.csv --case 'first'")


def test_options(call: Call) -> None:
    """One layer; the functions of some words; one dtype; other reports."""
    assert call(*RUN, "--case", "line 3", "--dtype", "float64").code == 0
    assert [(row["case"], row["dtype"]) for row in rows()] == 2 * [("relu[line 3]", "float64")]
    assert call(*RUN[:1], "nn.Conv2d", *RUN[1:], "--jobs", 2, "--junit", "report.xml").code == 0
    assert {row["case"] for row in rows()} == {"conv2d[first]"}
    assert len(list(JUnitXml.fromfile("report.xml"))) > 0
    assert call(*RUN, "--elements", "first", "--case", "first").code == 0
    with Path("reports/part/gradients.csv").open(encoding="utf-8", newline="") as file:
        assert sum(1 for _ in csv.DictReader(file)) == 2 * (48 + 240 + 108)


def test_verbose(call: Call) -> None:
    """The functions with all columns, too."""
    out = call(*RUN, "--verbose").out
    assert "closer" in out
    assert "first" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("run", "--shapes", "gone.csv"), "gone.csv: there is no such file"),
        (("list", "--shapes", "gone.csv"), "gone.csv: there is no such file"),
        (("run", "--shapes", "bad.csv"), "bad.csv, line 2: conv2d: x has 3 channels, but "),
        (("list", "--shapes", "bad.csv"), "bad.csv, line 2: conv2d: x has 3 channels, but "),
        ((*RUN, "--case", "frist"), "no layer is called 'frist'; did you mean first?"),
        ((*RUN, "--elements", "frist"), "no layer is called 'frist'; did you mean first?"),
        (("run", "tanh", "--shapes", "mine.csv"), "no layer is of tanh: the layers are of conv2d"),
        (("list", "tanh", "--shapes", "mine.csv"), "no layer is of tanh: the layers are of "),
        ((*RUN, "--out", "whole"), "whole: holds the report of a whole run"),
    ],
)  # fmt: skip
def test_one_sentence(call: Call, words: tuple[str, ...], said: str, tmp_path: Path) -> None:
    """Exit code 2, and nothing is written."""
    Path("bad.csv").write_text("function,x,weight\nconv2d,2x3x8x9,4x2x3x3\n")
    Path("whole").mkdir()
    Path("whole/run.json").write_text('{"scope": "quick"}')
    before = sorted(tmp_path.rglob("*"))
    code, out, err = call(*words)
    assert (code, out) == (2, "")
    assert err.startswith(f"parity: {said}")
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_list(call: Call) -> None:
    """Every size, those too that are not in the file."""
    code, out, _ = call("list", "relu", "--shapes", "mine.csv")
    assert (code, out) == (0, "relu[line 3]: x 2x4x2x3 → y 2x4x2x3\n")
    assert len(call("list", "--shapes", "mine.csv").out.splitlines()) == 2
