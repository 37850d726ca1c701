"""`parity sweep` as it is called: tables, files, exit codes, one line for an error."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from calling import Call
from planting import plant, raise_
from sweeping import here, stored

import refimpl
from parity.sweep import executor, session
from parity.sweep.executor import Pool
from parity.sweep.tables import SweepRow
from parity.sweep.versions import versions

NARROW = ("--function", "relu", "--function", "linear", "--seed", 7)


@pytest.fixture(autouse=True)
def _workers_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers of this process see planted mistakes."""

    def local(jobs: int) -> AbstractContextManager[Pool]:
        return here()

    monkeypatch.setattr(executor, "local", local)


def wrong(grads: Any) -> Any:
    return grads._replace(dx=grads.dx * np.asarray(1.0005, grads.dx.dtype))


def contents(out: Path, name: str) -> list[dict[str, str]]:
    with (out / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_sweep_that_holds(call: Call, tmp_path: Path) -> None:
    """Exit code 0; two tables, a sentence, the files and what belongs to them."""
    outcome = call("sweep", "--cases", 40, *NARROW, "--out", tmp_path)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[1].split()[:3] == ["function", "dtype", "cases"]
    assert re.fullmatch(r"40 of 40 cases: all hold; 40 judged now in \d+s, \d+/s", lines[-4])
    assert re.match(r"a case took [\d.]+ ms of a worker and [\d.]+ ms of the coord", lines[-3])
    assert lines[-2].startswith("memory, tenth by tenth, in MB: coordinator ")
    assert lines[-1].startswith(f"reports: {tmp_path / 'sweep.txt'}, ")
    names = ["sweep.csv", "sweep.json", "sweep.sqlite", "sweep.txt", "sweep_disagreements.csv"]
    assert sorted(os.listdir(tmp_path)) == names
    about = json.loads((tmp_path / "sweep.json").read_text())
    assert (about["seed"], about["cases"], about["judged"]) == (7, 40, 40)
    assert about["code"] == versions()
    assert 0 < about["coordinator_seconds"] < about["seconds"]
    assert 0 < about["worker_seconds"] <= about["seconds"]
    assert 0 < about["efficiency"] < about["efficiency_once_started"] <= 1
    text = (tmp_path / "sweep.txt").read_text()
    assert [line.rstrip() for line in lines[:-1]] == text.splitlines()[: len(lines) - 1]
    assert "cases     0 to 39 of seed 7" in text
    assert f"versions  {versions()}" in text
    for name in ("sweep.txt", "sweep.csv", "sweep_disagreements.csv"):
        digest = hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()
        assert about["sha256"][name] == digest
    rows = contents(tmp_path, "sweep.csv")
    assert list(rows[0]) == list(SweepRow.__dataclass_fields__)
    everything = [row for row in rows if row["function"] == row["elements"] == "all"]
    assert sum(int(row["cases"]) for row in everything) == 40


def test_more_cases_of_the_same_sweep(call: Call, tmp_path: Path) -> None:
    """What is stored is not judged again, and the tables are of all that was asked for."""
    call("sweep", "--cases", 30, *NARROW, "--out", tmp_path)
    outcome = call("sweep", "--cases", 45, *NARROW, "--out", tmp_path)
    assert f"{tmp_path / 'sweep.sqlite'} has 30 of 45 cases already" in outcome.out
    assert "45 of 45 cases: all hold; 15 judged now" in outcome.out
    fewer = call("sweep", "--cases", 10, *NARROW, "--out", tmp_path)
    assert "\n10 of 10 cases: all hold\n" in fewer.out


def test_time_is_over(call: Call, tmp_path: Path) -> None:
    """What is stored is reported; the same command continues."""
    outcome = call("sweep", "--cases", 30, *NARROW, "--time", "0s", "--out", tmp_path)
    assert outcome.code == 0
    assert "0 of 30 cases: nothing judged yet; the same command continues" in outcome.out


def test_a_planted_mistake(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 1; found, shrunk, stored, and repeated by the command that the message gives."""
    plant(monkeypatch, refimpl, "linear_backward", wrong)
    outcome = call("sweep", "--cases", 40, *NARROW, "--out", tmp_path)
    assert outcome.code == 1
    found = contents(tmp_path, "sweep_disagreements.csv")
    assert re.search(rf"40 of 40 cases: {len(found)} DO NOT HOLD", outcome.out)
    first = found[0]
    assert first["message"] in outcome.out
    again = f"parity sweep --seed 7 --function linear --function relu --only {first['number']}"
    assert f"again: {again}" in first["message"]
    assert re.search(r"smallest: x \(1,\), weight \(1, 1\)", first["message"])
    repeated = call(*again.split()[1:])
    assert repeated.code == 1
    assert first["message"] in repeated.out
    # A mistake that is still there is shown again, though no case is judged again.
    later = call("sweep", "--cases", 40, *NARROW, "--out", tmp_path)
    assert later.code == 1
    assert first["message"] in later.out
    monkeypatch.undo()
    assert call(*again.split()[1:]).code == 0


def test_many_disagreements(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first are written out, all are in the file."""
    monkeypatch.setattr(session, "SHOWN", 3)
    monkeypatch.setattr(refimpl, "relu_backward", lambda dy, x: dy + 1)
    options = ("--function", "relu", "--out", tmp_path)
    outcome = call("sweep", "--cases", 20, *options)
    assert outcome.out.count("FAIL relu_backward dx") == 3
    assert "… and more: all of them will be in sweep_disagreements.csv" in outcome.out
    assert len(contents(tmp_path, "sweep_disagreements.csv")) > 15


def test_blind_cases_are_said(call: Call, tmp_path: Path) -> None:
    """Among sums of wide values some bounds are infinite."""
    options = ("--function", "softmax_regression", "--function", "logistic_regression")
    outcome = call("sweep", "--cases", 150, *options, "--seed", 12, "--out", tmp_path)
    assert outcome.code == 0
    blind = re.search(r"150 of 150 cases: all hold; (\d+) blind: not counted; 150 ", outcome.out)
    assert blind
    rows = contents(tmp_path, "sweep.csv")
    everything = [row for row in rows if row["function"] == row["elements"] == "all"]
    assert int(blind[1]) == sum(int(row["blind"]) for row in everything)


def test_one_case(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its arguments and every tensor; no files."""
    monkeypatch.chdir(tmp_path)
    outcome = call("sweep", "--seed", 7, "--function", "linear", "--only", 3)
    assert outcome.code == 0
    said = outcome.out.splitlines()
    assert re.match(r"linear\[random 3\] float(32|64): x \(", said[0])
    assert [line.split()[0] for line in said[1:3]] == ["y", "dx"]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "option",
    [
        ("--first", 0),
        ("--cases", 10_000),
        ("--jobs", 2),
        ("--dask", "tcp://127.0.0.1:9"),
        ("--store", "a.sqlite"),
        ("--time", "1s"),
    ],
    ids=lambda option: option[0],
)
def test_one_case_has_no_use_for_what_many_take(call: Call, option: tuple[str, object]) -> None:
    """Refused, also where it is the default that is given."""
    outcome = call("sweep", "--only", 3, *option)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == (
        "parity: --only judges one case: it takes --seed, --function and --dtype alone\n"
    )


def test_ctrl_c(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence on what is stored, and no report; the exit code is a shell's."""
    monkeypatch.setattr(session, "sweep", lambda *_: raise_(KeyboardInterrupt()))
    outcome = call("sweep", "--cases", 20, *NARROW, "--out", tmp_path)
    store = tmp_path / "sweep.sqlite"
    assert outcome == (
        130,
        "",
        f"parity: interrupted: 0 of 20 cases are in {store}; the same command goes on, earlier "
        "reports stand\n",
    )
    assert list(tmp_path.iterdir()) == [store]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (("--function", "rleu"), "no function is called 'rleu'; did you mean relu or prelu?"),
        (("--time", "soon"), "--time must be like 90s, 15m or 1h30m, but is 'soon'"),
        (
            ("--first", 10**20, "--cases", 100),
            f"--first {10**20} and --cases 100 may together be at most {session.LAST} (2**63 - 1)",
        ),
        (
            ("--first", session.LAST, "--cases", 1),
            f"--first {session.LAST} and --cases 1 may together be at most {session.LAST} "
            "(2**63 - 1)",
        ),
        (
            ("--cases", 0),
            "--cases must be at least 1, but is 0; `parity sweep --help` shows what there is",
        ),
    ],
)
def test_a_wrong_call(call: Call, tmp_path: Path, options: tuple[object, ...], text: str) -> None:
    """Exit code 2 and one line."""
    outcome = call("sweep", "--out", tmp_path, *options)
    assert (outcome.code, outcome.out, outcome.err) == (2, "", f"parity: {text}\n")


def test_the_last_numbers_that_a_store_can_hold(call: Call, tmp_path: Path) -> None:
    """They are judged and stored as any others."""
    first = session.LAST - 3
    outcome = call("sweep", "--first", first, "--cases", 3, *NARROW, "--out", tmp_path)
    assert outcome.code == 0, outcome.err
    numbers = [row[0] for row in stored(tmp_path / "sweep.sqlite")]
    assert numbers == [first, first + 1, first + 2]


def test_a_store_of_another_seed(call: Call, tmp_path: Path) -> None:
    """Nothing is judged, nothing is written."""
    call("sweep", "--cases", 5, *NARROW, "--out", tmp_path)
    before = stored(tmp_path / "sweep.sqlite")
    outcome = call("sweep", "--cases", 5, *NARROW[:4], "--seed", 8, "--out", tmp_path)
    assert outcome.code == 2
    assert outcome.err == (
        f"parity: {tmp_path / 'sweep.sqlite'}: was made with seed 7, but 8 is asked for; "
        "give another --store\n"
    )
    assert stored(tmp_path / "sweep.sqlite") == before


def test_a_cluster_that_is_not_there(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line with the address."""
    monkeypatch.setattr(executor, "ANSWER", 0.2)
    outcome = call("sweep", "--cases", 5, "--dask", "tcp://127.0.0.1:9", "--out", tmp_path)
    assert outcome.code == 2
    assert outcome.err.startswith("parity: --dask tcp://127.0.0.1:9: no scheduler answers")
    assert outcome.err.count("\n") == 1
