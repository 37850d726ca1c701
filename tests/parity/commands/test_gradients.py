"""`parity gradients`: what it prints and writes, and how it ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from calling import Call

import refimpl

RNG = np.random.default_rng(20261120)
X, WEIGHT = RNG.normal(size=(2, 3, 5, 4)), RNG.normal(size=(4, 3, 2, 2))
DY = RNG.normal(size=(2, 4, 4, 3))
DX, DWEIGHT, _ = refimpl.conv2d_backward(DY, X, WEIGHT)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.savez("right.npz", x=X, weight=WEIGHT, dy=DY, dx=DX)
    np.savez("wrong.npz", x=X, weight=WEIGHT, dy=DY, dx=DX, dweight=DWEIGHT[:, :, ::-1, ::-1])
    np.savez("plain.npz", x=X, weight=WEIGHT)


def test_right_numbers(call: Call) -> None:
    """Exit code 0, and the files where they are said to be."""
    code, out, err = call("gradients", "conv2d", "right.npz")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1] == (
        "reports: reports/own/conv2d/gradients.csv, reports/own/conv2d/gradients.json"
    )
    assert Path("reports/own/conv2d/gradients.csv").read_text().count("\n") == 1 + 96 + 120 + 48


def test_wrong_numbers(call: Call) -> None:
    """Exit code 1."""
    code, out, _ = call("gradients", "conv2d_backward", "wrong.npz", "--out", "mine")
    assert code == 1
    assert "yours: dweight is wrong in all 48 elements" in out
    assert "looks like: dweight: comes out turned by 180°" in out


def test_options(call: Call) -> None:
    """The function's own and the command's in any order; negative numbers are values."""
    code, out, err = call(
        *("gradients", "conv2d", "--stride", "2,1", "plain.npz", "--dtype", "float32"),
        *("--padding=1", "--seed", 7, "--dtype", "float64", "--elements", 9),
    )
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "conv2d, stride=(2, 1), padding=1"
    assert "dy drawn from seed 7" in out
    assert "float32: " in out
    assert "float64: " in out
    assert "elements with smaller errors are left out; --elements all writes them" in out
    np.savez("scores.npz", x=RNG.normal(size=(3, 4)))
    assert call("gradients", "softmax", "scores.npz", "--axis", -2).code == 0


def test_matrices(call: Call) -> None:
    """One-channel examples as CSV, by their names or under a name."""
    np.savetxt("photo.csv", np.rint(9 * X[0, 0]), delimiter=",", fmt="%d")
    np.savetxt("weight.csv", np.rint(9 * WEIGHT[0, 0]), delimiter=",", fmt="%d")
    code, out, err = call("gradients", "conv2d", "x=photo.csv", "weight.csv", "--padding", "same")
    assert (code, err) == (0, "")
    assert "x: a matrix of 5 × 4 taken as (1, 1, 5, 4)" in out


WRONG = {
    ("conv2", "right.npz"): "no function is called 'conv2'",
    ("conv2d",): "conv2d: no file is given; conv2d takes x, weight",
    ("conv2d", "missing.npz"): "missing.npz: there is no such file",
    ("conv2d", "right.npz", "--strid", "2"): "there is no --strid; did you mean --stride",
    ("conv2d", "right.npz", "--stride", "0"): "conv2d: stride must be at least 1, but is 0",
    ("conv2d", "right.npz", "--elements", "few"): "elements must be a number from 1 on",
    ("conv2d", "right.npz", "--out", "right.npz"): "right.npz: is not a folder",
    ("relu", "right.npz"): "relu has no 'weight'",
}


@pytest.mark.parametrize("words", WRONG)
def test_one_sentence(call: Call, words: tuple[str, ...], tmp_path: Path) -> None:
    """Exit code 2, and nothing is written."""
    before = sorted(tmp_path.rglob("*"))
    code, out, err = call("gradients", *words)
    assert (code, out) == (2, "")
    assert err.startswith(f"parity: {WRONG[words]}")
    assert err.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_the_folder_of_a_run(call: Call) -> None:
    """It is refused before anything is computed."""
    Path("reports").mkdir()
    Path("reports/run.json").write_text("{}")
    code, out, err = call("gradients", "conv2d", "right.npz", "--out", "reports")
    assert (code, out) == (2, "")
    assert "holds the reports of a run (run.json)" in err


def test_a_folder_that_cannot_be_written(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found is printed; then one sentence."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("parity.results.writing._write_beside", full)
    code, out, err = call("gradients", "conv2d", "right.npz", "--out", "mine")
    assert code == 2
    assert "float64: 264 elements, each with its exact value" in out
    assert err == (
        "parity: the report could not be written, the old one stands: no space left on device\n"
    )
