"""`parity watch`: what it prints and writes, and how it ends."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from calling import Call

NETS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self, classes=4):
        super().__init__()
        self.conv = nn.Conv2d(3, 5, 3)
        self.norm = nn.BatchNorm2d(5)
        self.dense = nn.Linear(80, classes)

    def forward(self, x):
        return self.dense(self.norm(self.conv(x)).relu().flatten(1))


class Detached(Net):
    def forward(self, x):
        h = self.norm(self.conv(x))
        return self.dense((h * h.detach()).flatten(1))


class Half(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, dy):
        return dy * ctx.saved_tensors[0]


class Wrong(Net):
    def forward(self, x):
        return super().forward(Half.apply(self.conv.weight.sum() + x))


class Frozen(Net):
    def forward(self, x):
        with torch.no_grad():
            return super().forward(x)


class Raises(Net):
    def forward(self, x):
        raise RuntimeError("no such thing\\nas this")


class Needs(nn.Module):
    def __init__(self, size):
        super().__init__()


def made():
    return Net(7)


model = nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.Linear(4, 2))
number = 7
"""
SHAPE = ("--shape", "2,3,6,6")


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("nets.py").write_text(NETS)
    x = np.random.default_rng(0).normal(size=(2, 3, 6, 6)).astype(np.float32)
    np.savez("batch.npz", x=x, target=np.array([1, 3]))
    np.savez("other.npz", pictures=x)
    Path("none.npz").write_text("x")


def rows_of(folder: str) -> list[dict[str, str]]:
    """The table of a report."""
    return list(csv.DictReader(Path(folder, "summary.csv").read_text().splitlines()))


@pytest.mark.parametrize("name", ["Net", "made"])
def test_a_right_model(call: Call, name: str) -> None:
    """Exit code 0, and the files where they are said to be."""
    code, out, err = call("watch", f"nets.py:{name}", *SHAPE)
    assert (code, err) == (0, "")
    assert out.startswith("Net: right: ")
    folder = f"reports/watch/nets.{name}"
    assert out.splitlines()[-1] == (
        f"reports: {folder}/summary.csv, {folder}/operations.csv, {folder}/noticed.csv, "
        f"{folder}/watch.json"
    )
    rows = rows_of(folder)
    assert {"conv", "norm", "dense"} <= {row["layer"] for row in rows}
    assert {row["verdict"] for row in rows} <= {"within", "identical", "blind"}
    assert (
        json.loads(Path(folder, "watch.json").read_text())["asked"]["target"] == f"nets.py:{name}"
    )


def test_a_model_that_is_there_already(call: Call) -> None:
    assert call("watch", "nets.py:model", "--shape", "5,3").code == 0


def test_a_module(call: Call) -> None:
    assert call("watch", "nets:Net", *SHAPE).code == 0


def test_a_wrong_model(call: Call) -> None:
    """Exit code 1; the first wrong place comes first."""
    code, out, _ = call("watch", "nets.py:Wrong", *SHAPE)
    assert code == 1
    head, first, *_ = out.splitlines()
    assert head.startswith("Wrong: wrong: 1 of ")
    assert head.endswith("backward); the first:")
    assert first.startswith("  Wrong: dx of Half, backward: at (")
    assert "it is 0.5 times the derivative of what the forward ran" in first


def test_what_is_noticed_fails_if_strict(call: Call) -> None:
    code, out, _ = call("watch", "nets.py:Detached", *SHAPE)
    assert code == 0
    assert "no gradient goes back through detach()" in out
    assert call("watch", "nets.py:Detached", *SHAPE, "--strict").code == 1
    assert call("watch", "nets.py:Net", *SHAPE, "--strict").code == 0


def test_options(call: Call) -> None:
    """Own data, losses, steps, dtype, layout, eval mode."""
    for words in (
        ("--input", "batch.npz"),
        ("--input", "batch.npz", "--loss", "cross_entropy", "--steps", 2),
        (*SHAPE, "--loss", "mse", "--dtype", "float64", "--budget", 0),
        (*SHAPE, "--loss", "cross_entropy", "--channels-last"),
        (*SHAPE, "--eval", "--seed", 3),
    ):
        code, out, err = call("watch", "nets.py:Net", *words, "--out", "mine")
        assert (code, err) == (0, ""), (words, out)
    assert {row["function"] for row in rows_of("mine")} >= {"batch_norm", "conv2d"}


def test_the_same_seed_gives_the_same_tables(call: Call) -> None:
    for folder in ("a", "b"):
        assert call("watch", "nets.py:Net", *SHAPE, "--seed", 5, "--out", folder).code == 0
    assert Path("a/summary.csv").read_text() == Path("b/summary.csv").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nets.py", *SHAPE), "nets.py: say which model, FILE.py:NAME or MODULE:NAME"),
        (("nowhere.py:Net", *SHAPE), "nowhere.py: there is no such file"),
        (
            ("nets.py:Nett", *SHAPE),
            "nets.py has no Nett; it has Net, Detached, Half, Wrong, Frozen, Raises, Needs, made",
        ),
        (("no_such_module:Net", *SHAPE), "no_such_module: cannot be imported: ModuleNotFoundError"),
        (("nets.py:number", *SHAPE), "nets.py:number: cannot be called without arguments: TypeErr"),
        (("nets.py:Needs", *SHAPE), "nets.py:Needs: cannot be called without arguments: TypeErro"),
        (("nets.py:Net",), "give the model an input: --shape 2,3,224,224, or --input x.npz"),
        (
            ("nets.py:Net", "--shape", "2,three"),
            "--shape 2,three: must be sizes from 1 on, as in 2,3,224,224",
        ),
        (("nets.py:Net", *SHAPE, "--input", "batch.npz"), "--shape and --input: one of them says"),
        (("nets.py:Net", "--input", "none.npz"), "none.npz: is no .npz that NumPy can read"),
        (("nets.py:Net", "--input", "gone.npz"), "gone.npz: is no .npz that NumPy can read"),
        (
            ("nets.py:Net", "--input", "other.npz"),
            "other.npz: has pictures, but the model takes forward(x): name it as one of these",
        ),
        (
            ("nets.py:Net", "--input", "batch.npz", "--loss", "random"),
            "batch.npz: has a target, which --loss random does not take",
        ),
        (("nets.py:Net", *SHAPE, "--loss", "hinge"), "--loss must be random, cross_entropy, mse"),
        (("nets.py:Net", *SHAPE, "--steps", "0"), "--steps must be 1 or more, but is 0"),
        (
            ("nets.py:Net", "--shape", "2,7,6,6"),
            "the model does not run on (2, 7, 6, 6): RuntimeError: Given groups=1",
        ),
        (("nets.py:Raises", *SHAPE), "(2, 3, 6, 6): RuntimeError: no such thing as this"),
        (
            ("nets.py:Frozen", *SHAPE),
            "no gradient: nothing that the loss depends on wants one",
        ),
    ],
)
def test_wrong_calls(call: Call, words: tuple[str, ...], said: str) -> None:
    """One sentence, exit code 2, no report."""
    code, out, err = call("watch", *words)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1
    assert not Path("reports").exists()
