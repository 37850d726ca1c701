"""`parity.run`: what the command does, as an object, in a process that is left as it was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import threadpoolctl
import torch
from calling import Call
from planting import plant
from sweeping import environment

import parity
import refimpl
from parity.report.run_report import RunReport
from parity.suite import run as module
from parity.suite.run import run_task

PART = {"case": "maps", "quick": True}
FILES = ("summary", "witnesses", "gradients", "training", "torch")


@pytest.fixture
def report() -> RunReport:
    return parity.run("sigmoid", case="maps")


@pytest.fixture
def wrong(monkeypatch: pytest.MonkeyPatch) -> RunReport:
    """Of a function whose gradient is too large."""
    plant(monkeypatch, refimpl.activations, "sigmoid_backward", lambda dx: dx * 1.01)
    plant(monkeypatch, refimpl, "sigmoid_backward", lambda dx: dx * 1.01)
    return parity.run("sigmoid", case="maps", quick=True)


# --- the same as the command ----------------------------------------------------------------


def test_the_files_are_those_of_the_command(call: Call, tmp_path: Path) -> None:
    """To the byte, and each table is its frame."""
    words = ("sigmoid", "--case", "maps", "--elements", "maps")
    assert call("run", *words, "--jobs", 1, "--out", tmp_path / "a").code == 0
    report = parity.run("sigmoid", case="maps", elements="maps", out=tmp_path / "b")
    frames = (report.frame, report.witnesses, report.elements, report.training, report.torch)
    for name, frame in zip(FILES, frames, strict=True):
        file = f"{name}.csv"
        assert (tmp_path / "b" / file).read_bytes() == (tmp_path / "a" / file).read_bytes()
        read = pd.read_csv(tmp_path / "b" / file)
        assert list(read.columns) == list(frame.columns)
        assert len(read) == len(frame)
    assert len(report.frame) > 3
    assert report.frame["worst_ratio"].dtype == float
    abouts = [json.loads((tmp_path / d / "run.json").read_text()) for d in "ab"]
    for changing in ("finished", "seconds", "command"):
        assert all(about.pop(changing) for about in abouts)
    assert abouts[0]["sha256"].pop("timings.csv") != abouts[1]["sha256"].pop("timings.csv")
    assert abouts[0] == abouts[1]


def test_its_words_are_those_of_the_command(call: Call, tmp_path: Path) -> None:
    """The sentence at the end, and what stands under the table."""
    printed = call("run", "sigmoid", "--case", "maps", "--quick", "--out", tmp_path).out
    said = str(parity.run("sigmoid", **PART))
    summary = next(line for line in said.splitlines() if "all hold" in line).partition(";")[0]
    assert summary in printed
    assert said.splitlines()[-1] == printed.splitlines()[-1]


def test_the_command_is_said(report: RunReport) -> None:
    """It runs the same again, and the report says of what part it is."""
    assert report.about["command"] == ["parity", "run", "sigmoid", "--case", "maps", "--jobs", "1"]
    assert report.about["scope"] == "part: sigmoid --case 'maps' of default"


def test_several_processes() -> None:
    """The same rows in the same order; none is left when they have ended."""
    alone = parity.run(["relu", "tanh"], **PART)
    together = parity.run(["relu", "tanh"], **PART, jobs=np.int64(2))
    pd.testing.assert_frame_equal(alone.frame, together.frame)
    assert together.about["jobs"] == 2


def test_layers_of_a_file(tmp_path: Path) -> None:
    """Judged at their sizes."""
    file = tmp_path / "layers.csv"
    file.write_text("name,function,x,weight,bias\nfirst,linear,2x3,4x3,4\n")
    report = parity.run(shapes=file, quick=True)
    assert report
    assert set(report.frame["case"]) == {"linear[first]"}
    assert report.about["shapes"] == str(file)


# --- what it shows ----------------------------------------------------------------------------


def test_all_holds(report: RunReport) -> None:
    """True, in a few lines; nothing is raised."""
    assert report
    assert report.status == "holds"
    first, second = repr(report).splitlines()
    assert first.endswith(": all hold")
    assert second.startswith("planted: ")
    report.raise_if_wrong()
    assert ">HOLDS</strong>" in report._repr_html_()
    assert "<details><summary>" in report._repr_html_()


def test_a_disagreement(wrong: RunReport) -> None:
    """False; it is in every form of the report, with where to look."""
    assert not wrong
    assert wrong.status == "does not hold"
    fail = "FAIL sigmoid_backward dx · case maps"
    assert fail in repr(wrong)
    assert len(repr(wrong).splitlines()) <= 7
    for said in (str(wrong), wrong._repr_html_()):
        assert fail in said
    assert ">DOES NOT HOLD</strong>" in wrong._repr_html_()
    assert "<details open>" in wrong._repr_html_()
    assert set(wrong.frame.query("verdict == 'outside'")["tensor"]) == {"dx"}
    with pytest.raises(AssertionError, match="FAIL sigmoid_backward dx"):
        wrong.raise_if_wrong()


def test_a_run_that_cannot_vouch_for_itself() -> None:
    """It is neither right nor wrong: nothing was judged."""
    report = parity.run("conv2d", case="empty batch", quick=True)
    assert not report
    assert report.status == "cannot vouch for itself"
    assert "NOT JUDGED" in repr(report)


@pytest.mark.usefixtures("_figures_closed")
def test_its_picture(wrong: RunReport) -> None:
    """What is outside stands beyond the limit."""
    axes = wrong.plot()
    assert [text.get_text() for text in axes.get_yticklabels()] == ["sigmoid"]
    legend = axes.get_legend()
    assert legend is not None
    drawn = zip([text.get_text() for text in legend.get_texts()], axes.collections, strict=True)
    least = {kind: np.asarray(dots.get_offsets())[:, 0] for kind, dots in drawn}
    assert least["outside"].min() > 1 > least["holds"].max()


# --- the process that it runs in --------------------------------------------------------------


def state() -> dict[str, Any]:
    """What somebody's notebook has set."""
    return {
        "argv": list(sys.argv),
        "environment": dict(os.environ),
        "errors": np.geterr(),
        "random": np.random.get_state()[1].tolist(),  # noqa: NPY002
        "torch's random": torch.get_rng_state().tolist(),
        "torch": (torch.get_num_threads(), torch.get_default_dtype()),
        "tf32": (torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32),
        "threads": [pool["num_threads"] for pool in threadpoolctl.threadpool_info()],
        "refimpl": {name: id(found) for name, found in vars(refimpl).items()},
    }


@pytest.fixture
def _own_settings() -> Iterator[None]:
    """Others than Python, NumPy and torch come with."""
    before = torch.get_num_threads(), torch.backends.cudnn.allow_tf32
    torch.set_num_threads(2)
    torch.backends.cudnn.allow_tf32 = True
    with threadpoolctl.threadpool_limits(2), np.errstate(all="raise"):
        yield
    torch.set_num_threads(before[0])
    torch.backends.cudnn.allow_tf32 = before[1]


@pytest.mark.usefixtures("_own_settings")
def test_nothing_is_left_changed() -> None:
    """Threads, errors, random numbers, arguments: as they were."""
    before = state()
    assert parity.run("relu", **PART)
    assert state() == before


@pytest.mark.usefixtures("_own_settings")
def test_ctrl_c_leaves_nothing(tmp_path: Path) -> None:
    """Wherever it comes: settings as they were, no file, no process."""
    before, folder = state(), tmp_path / "out"
    for jobs in (1, 2):

        def interrupt(done: int, total: int) -> None:
            assert 0 < done <= total
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt) as kept:
            parity.run("relu", **PART, jobs=jobs, out=folder, progress=interrupt)
        assert state() == before, kept
    assert not folder.exists()
    at_work = [one for one in psutil.Process().children(recursive=True) if one.is_running()]
    assert not [one for one in at_work if "forkserver" in " ".join(one.cmdline())]


def test_ctrl_c_in_a_planted_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the run had put into refimpl is gone."""
    before, plant_it = state()["refimpl"], module.plant

    def interrupted(task: Any, settings: Any) -> Any:
        if state()["refimpl"] != before:
            raise KeyboardInterrupt
        return run_task(task, settings)

    monkeypatch.setattr(module, "plant", lambda task, how, judge: plant_it(task, how, interrupted))
    with pytest.raises(KeyboardInterrupt):
        parity.run("relu", **PART)
    assert state()["refimpl"] == before


def test_progress() -> None:
    """It is told every task, up to the last."""
    told: list[tuple[int, int]] = []
    parity.run("relu", **PART, progress=lambda done, total: told.append((done, total)))
    (total,) = {total for _, total in told}
    assert [done for done, _ in told] == list(range(1, total + 1))


UNGUARDED = "import parity\nprint(bool(parity.run('relu', case='maps', quick=True, jobs=2)))\n"


def test_a_script_without_a_guard(tmp_path: Path) -> None:
    """It cannot start processes, and is told how."""
    script = tmp_path / "script.py"
    script.write_text(UNGUARDED)
    call = [sys.executable, str(script)]
    ended = subprocess.run(call, capture_output=True, text=True, env=environment(), check=False)
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1] == (
        "RuntimeError: parity.run: jobs=2: a process ended before it had done its work; in a "
        'script call it behind `if __name__ == "__main__":`, or with jobs=1'
    )


# --- what cannot be meant ---------------------------------------------------------------------

WRONG = {
    "parity.run: full and quick are two different suites; give one of them": {
        "full": True,
        "quick": True,
    },
    "parity.run: names must be a text or a list of texts, but is 3": {"names": 3},
    "parity.run: names must be a text or a list of texts, but is [<built-in function len>]": {
        "names": [len]
    },
    "parity.run: case must be a text, the name of a case, but is 17": {"case": 17},
    "parity.run: seed must be a whole number, at least 0, but is -1": {"seed": -1},
    "parity.run: jobs must be a whole number, at least 1, but is 0": {"jobs": 0},
    "parity.run: jobs must be a whole number, at least 1, but is True": {"jobs": True},
    "parity.run: dtype must be float32 or float64, but is 'float16'": {"dtype": "float16"},
    "parity.run: quick must be True or False, but is 'yes'": {"quick": "yes"},
    "parity.run: out must be a path, but is 7": {"out": 7},
    "parity.run: progress must be a function of two numbers, done and total, but is 1": {
        "progress": 1
    },
    "no function or network is called 'rellu'; did you mean relu or prelu or elu?": {
        "names": "rellu"
    },
}


@pytest.mark.parametrize("said", WRONG)
def test_what_cannot_be_meant(said: str) -> None:
    """One sentence, before anything is computed."""
    with pytest.raises(ValueError) as raised:  # noqa: PT011
        parity.run(**WRONG[said])
    assert str(raised.value) == said


def test_places_for_reports(tmp_path: Path) -> None:
    """A whole report is not replaced by a part's, and a file is no folder."""
    (tmp_path / "run.json").write_text('{"scope": "default"}')
    whole = f"{tmp_path}: holds the report of a whole run, which that of a part would replace"
    report = parity.run("relu", **PART)
    for write in (report.write, lambda out: parity.run("relu", **PART, out=out)):
        with pytest.raises(ValueError, match="holds the report of a whole run") as raised:
            write(tmp_path)
        assert str(raised.value).startswith(whole)
        with pytest.raises(NotADirectoryError, match="is not a folder"):
            write(tmp_path / "run.json")
    assert os.listdir(tmp_path) == ["run.json"]
