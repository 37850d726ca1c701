"""`parity mistakes`: what it says, what it writes, how it ends."""

from __future__ import annotations

import csv
import os
from pathlib import Path

import numpy as np
import pytest
from calling import Call

from parity.mistakes.catalogue import MISTAKES
from parity.mistakes.mistake import Mistake
from parity.power import conditional, survey
from parity.power.survey import MistakeRow
from parity.results.rows import columns


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "mistakes.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plant(monkeypatch: pytest.MonkeyPatch, *known: Mistake) -> None:
    """These are all the mistakes that are known."""
    monkeypatch.setattr(survey, "EVERY", {one.name: one for one in known})


HARMLESS = Mistake(
    "harmless", "flatten", "is right", "that it is wrong", ("D1.19",), lambda x: x.reshape(
        len(x), int(np.prod(x.shape[1:]))
    )
)  # fmt: skip


def test_a_name(call: Call, tmp_path: Path) -> None:
    """The table, and all that is known of it; exit code 0."""
    code, out, err = call("mistakes", "add-halved", "--out", tmp_path)
    assert (code, err) == (0, "")
    known = MISTAKES["add-halved"]
    assert out.startswith("function, mistake")
    assert f"add-halved in add: {known.title}\n" in out
    assert f"  thought   {known.misconception}\n  violates  D4.16\n  refused   by " in out
    assert (
        "times the bound, the median of these cases\n  seen by   torch integers balls derivative\n"
        in out
    )
    assert "\n1 mistake, all refused; 1 control clean; " in out
    assert out.endswith(f"report: {tmp_path / 'mistakes.csv'}\n")
    control, row = rows(tmp_path)
    assert list(row) == columns(MistakeRow)
    assert (control["mistake"], control["control"], control["refused"]) == (
        "control-add",
        "True",
        "0",
    )
    assert (row["mistake"], row["title"], row["problem"]) == (known.name, known.title, "")


def test_a_function(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mistakes in the table, nothing behind it; a part is not written over the whole."""
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("mistakes", "--function", "flatten_backward")
    assert code == 0
    lines = out.splitlines()
    assert lines[1].split() == [
        *("flatten_backward", "0/16", "nobody", "control:", "the", "correct", "code")
    ]
    assert lines[2].split()[:2] == ["flatten-backward-by-columns", "11/16"]
    assert "thought" not in out
    assert "report: none of a part" in out
    assert list(tmp_path.iterdir()) == []


def test_all_of_them(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name, the report goes to reports/."""
    plant(monkeypatch, MISTAKES["flatten-channels-last"], MISTAKES["slightly-too-large-flatten"])
    monkeypatch.chdir(tmp_path)
    code, out, _ = call("mistakes", "--jobs", "1")
    assert code == 0
    assert "2 mistakes, all refused; 2 controls clean" in out
    assert len(rows(tmp_path / "reports")) == 4


def test_a_mistake_that_nobody_refuses(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Code that is right is reported as not refused; exit code 1; so are cases that see nothing."""
    plant(monkeypatch, HARMLESS)
    code, out, _ = call("mistakes", "--out", tmp_path, "--jobs", "1")
    assert code == 1
    assert "FAIL harmless in flatten: no case refuses it\n     again: parity mistakes harm" in out
    assert "1 mistake, 1 NOT REFUSED AS IT MUST BE; 1 control clean; " in out
    assert "FAIL case flatten[maps] sees no mistake: no known mistake shows in its shapes\n" in out
    assert "     again: parity mistakes --function flatten --seed " in out
    assert "cases BLIND" in out
    assert rows(tmp_path)[1]["problem"] == "no case refuses it"


def test_a_control_that_is_refused(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Correct code that something refuses; exit code 1."""
    monkeypatch.setattr("refimpl.add_backward", lambda dy, x, branch: (dy, -dy))
    code, out, _ = call("mistakes", "add-gradient-halved")
    assert code == 1
    assert "FAIL control-add_backward in add_backward: the correct code is refused by add[" in out
    assert "again: parity mistakes --function add_backward --seed " in out
    assert "1 control of which 1 NOT CLEAN" in out


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("add-halfed",), "parity: no known mistake is called 'add-halfed'"),
        (("--function", "rellu"), "parity: no function with known mistakes is called 'rellu'"),
    ],
)
def test_a_wrong_call(call: Call, arguments: tuple[str, ...], text: str) -> None:
    """One line on stderr, exit code 2."""
    code, out, err = call("mistakes", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(text)
    assert err.count("\n") == 1


def test_a_name_and_a_function_without_it(call: Call) -> None:
    """Nothing is left to run: a wrong call."""
    code, _, err = call("mistakes", "add-halved", "--function", "relu")
    assert code == 2
    assert err == "parity: none of these mistakes is in these functions\n"


def test_a_report_that_cannot_be_written(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old report stands; exit code 2."""
    call("mistakes", "add-halved", "--out", tmp_path)
    before = (tmp_path / "mistakes.csv").read_bytes()

    def full(*paths: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "replace", full)
    code, _, err = call("mistakes", "add-skip-left-out", "--out", tmp_path)
    assert code == 2
    assert "the old one stands: No space left on device" in err
    assert (tmp_path / "mistakes.csv").read_bytes() == before


def test_circumstances(call: Call, tmp_path: Path) -> None:
    """Each mistake only where something holds: a table, a line for each pair, a report."""
    code, out, err = call("mistakes", "add-halved", "--circumstances", "--out", tmp_path)
    assert (code, err) == (0, "")
    assert out.startswith("only where ")
    assert "add-halved only where float32: refused by 87 of 87 cases that show it" in out
    assert ": 5 refused, all that a case meets; 0 met by no case; " in out
    assert out.endswith(f"report: {tmp_path / 'mistakes_circumstances.csv'}\n")
    with (tmp_path / "mistakes_circumstances.csv").open(encoding="utf-8", newline="") as file:
        assert [row["mistake"] for row in csv.DictReader(file)] == ["add-halved"] * 5


def test_circumstances_that_nobody_sees(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pair that a case shows and none refuses; exit code 1."""
    monkeypatch.setattr(conditional, "worst_ratio", lambda prepared, tensors: (False, 0.5))
    code, out, _ = call("mistakes", "add-halved", "--circumstances", "--jobs", "1")
    assert code == 1
    assert "FAIL add-halved in add, only where: float32: refused by no case that shows it" in out
    assert "5 NOT REFUSED" in out
