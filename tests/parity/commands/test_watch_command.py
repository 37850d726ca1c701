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


class Two(Net):
    def forward(self, x, mask, scale=None):
        h = self.norm(self.conv(x)) * mask[:, None, None, None]
        return self.dense((h if scale is None else h * scale).flatten(1))


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 4)

    def forward(self, tokens):
        return self.table(tokens).mean(1)


class Named(Net):
    def forward(self, pictures):
        return super().forward(pictures)


class Anything(Net):
    def forward(self, *xs, **options):
        return super().forward(xs[0] if xs else options["pictures"])


class Labelled(Net):
    def forward(self, x, target):
        return super().forward(x) * target[:, None]


class Late(Net):
    calls = 0

    def forward(self, x):
        self.calls += 1
        if self.calls == 3:
            raise RuntimeError("out of luck")
        return super().forward(x)


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
    np.savez("two.npz", x=x, mask=np.ones(2, np.float32))
    np.savez("three.npz", input=x, mask=np.ones(2, np.float32), scale=np.float32(2))
    np.savez("words.npz", tokens=np.array([[1, 8, 3], [0, 2, 2]]), target=np.array([1, 3]))
    np.savez("labelled.npz", x=x, target=np.ones(2, np.float32))
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
    assert out.splitlines()[-2] == (
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


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Two", ("--shape", "2,3,6,6", "--shape", "2")),
        ("Two", ("--shape", "x=2,3,6,6", "--shape", "mask=2")),
        ("Two", ("--shape", "2,3,6,6", "--shape", "scale=1", "--shape", "mask=2")),
        ("Two", ("--shape", "2,3,6,6", "--shape", "mask=2", "--integers", "mask=2")),
        ("Two", ("--input", "two.npz")),
        ("Two", ("--input", "three.npz")),
        ("Words", ("--shape", "2,5", "--integers", "9")),
        ("Words", ("--shape", "tokens=2,5", "--integers", "tokens=9")),
        ("Words", ("--input", "words.npz")),
        ("Named", ("--input", "other.npz")),
        ("Named", ("--input", "batch.npz")),
        ("Anything", ("--input", "batch.npz")),
        ("Anything", ("--input", "other.npz")),
        ("Anything", ("--shape", "2,3,6,6")),
        ("Labelled", ("--input", "labelled.npz")),
    ],
)
def test_inputs(call: Call, name: str, words: tuple[str, ...]) -> None:
    """By place, by name, drawn or stored; a target only where forward takes none of that name."""
    code, out, err = call("watch", f"nets.py:{name}", *words, "--no-page")
    assert (code, err) == (0, "")
    assert out.startswith(f"{name}: right: ")


def test_stored_inputs_are_those_that_the_model_gets(call: Call) -> None:
    """Each by its name: scale doubles what it scales."""
    for file in ("two", "three"):
        call("watch", "nets.py:Two", "--input", f"{file}.npz", "--no-page", "--out", file)
    ends = [
        [float(row["torch_value"]) for row in rows_of(file) if flattened(row)][-1]
        for file in ("two", "three")
    ]
    assert ends[1] == pytest.approx(2 * ends[0])


def flattened(row: dict[str, str]) -> bool:
    """The value that the dense layer gets: an element, at the same place in both."""
    return (row["function"], row["direction"]) == ("reshape", "forward")


def test_whole_numbers_are_drawn_below_their_limit(call: Call) -> None:
    """One more than the table has rows is too many: the model says so."""
    code, _, err = call("watch", "nets.py:Words", "--shape", "40,50", "--integers", "10")
    assert code == 2
    assert "the model does not run on (40, 50): IndexError: index out of range in self" in err


def test_steps(call: Call) -> None:
    """Those that are watched, each in the tables with its number; the same page has them."""
    words = ("--steps", 5, "--every", 2, "--loss", "cross_entropy")
    code, out, err = call("watch", "nets.py:Net", *SHAPE, *words)
    assert (code, err) == (0, "")
    assert out.startswith("Net: right: steps 0, 2, 4: ")
    folder = Path("reports/watch/nets.Net")
    assert out.splitlines()[-2].endswith(f"{folder}/steps.csv, {folder}/watch.json")
    assert {row["step"] for row in rows_of(str(folder))} == {"0", "2", "4"}
    asked = json.loads((folder / "watch.json").read_text())["asked"]
    assert (asked["steps"], asked["every"]) == ("5", "2")
    assert "Step by step" in (folder / "index.html").read_text()
    assert call("watch", "nets.py:Net", *SHAPE, "--steps", 2, "--no-page").code == 0  # anew
    assert {row["step"] for row in rows_of(str(folder))} == {"0", "1"}
    assert call("watch", "nets.py:Net", *SHAPE, "--no-page").code == 0
    assert "step" not in rows_of(str(folder))[0]
    assert not (folder / "steps.csv").exists()


def test_a_step_that_raises_leaves_those_before_it(call: Call) -> None:
    code, _, err = call("watch", "nets.py:Late", *SHAPE, "--steps", 5)
    assert code == 2
    assert "RuntimeError: out of luck" in err
    assert {row["step"] for row in rows_of("reports/watch/nets.Late")} >= {"0", "1"}


def test_the_loss_of_the_command_is_no_operation_of_the_model(call: Call) -> None:
    """Every row stands in a module, or is a parameter's."""
    assert call("watch", "nets.py:Net", *SHAPE, "--no-page", "--out", "mine").code == 0
    operations = csv.DictReader(Path("mine/operations.csv").read_text().splitlines())
    assert {row["module"] for row in operations} == {"Net", "conv", "norm", "dense"}


def test_what_is_meant(call: Call) -> None:
    """Named, it is listed and no failure, strict or not."""
    words = ("watch", "nets.py:Wrong", *SHAPE, "--no-page")
    assert call(*words).code == 1
    code, out, _ = call(*words, "--meant", "Half", "--strict")
    assert code == 0
    assert (
        "it is 0.5 times the derivative of what the forward ran, and meant by --meant Half" in out
    )


def test_two_models_of_one_name_have_two_folders(call: Call) -> None:
    Path("other").mkdir()
    Path("other/nets.py").write_text(NETS)
    for target in ("nets.py:Net", "other/nets.py:Net"):
        assert call("watch", target, *SHAPE, "--no-page").code == 0
    folders = sorted(path.name for path in Path("reports/watch").iterdir())
    assert folders == ["nets.Net", "other.nets.Net"]


def test_the_page(call: Call) -> None:
    """Made with the tables, and anew by `parity page`."""
    code, out, _ = call("watch", "nets.py:Wrong", *SHAPE)
    assert code == 1
    page = Path("reports/watch/nets.Wrong/index.html")
    assert out.splitlines()[-1].startswith(f"page: {page}, ")
    assert "What is wrong, the first place first" in page.read_text()
    page.unlink()
    assert call("page", "reports/watch/nets.Wrong").code == 0
    assert page.exists()
    assert call("watch", "nets.py:Wrong", *SHAPE, "--no-page", "--out", "mine").code == 1
    assert not Path("mine/index.html").exists()


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
            "nets.py has no Nett; it has Net, Detached, Half, Wrong, Frozen, Raises, Needs, Two, ",
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
            ("nets.py:Net", *SHAPE, "--every", "2"),
            "--every says which of --steps are watched: give it --steps of 2 or more",
        ),
        (
            ("nets.py:Net", *SHAPE, "--steps", "3", "--every", "0"),
            "--every says which of --steps are watched: must be 1 or more, and less than 3, but is",
        ),
        (
            ("nets.py:Net", *SHAPE, "--meant", "Spike"),
            "--meant names Spike: no autograd.Function or optimiser of that name ran",
        ),
        (
            ("nets.py:Two", *SHAPE),
            "--shape: gives no mask, but forward(x, mask, scale) needs it",
        ),
        (
            ("nets.py:Two", "--input", "batch.npz"),
            "batch.npz: gives no mask, but forward(x, mask, scale) needs it",
        ),
        (
            ("nets.py:Two", *SHAPE, "--shape", "2", "--shape", "1", "--shape", "1"),
            "--shape: gives 4 inputs without a name, but forward(x, mask, scale) takes 3 so",
        ),
        (
            ("nets.py:Two", *SHAPE, "--shape", "x=2"),
            "--shape: gives x by name and by place to forward(x, mask, scale)",
        ),
        (
            ("nets.py:Two", *SHAPE, "--shape", "masks=2"),
            "--shape: has masks, but the model takes forward(x, mask, scale): name it as one of",
        ),
        (("nets.py:Two", "--shape", "x=2", "--shape", "x=3"), "--shape x=…: is given twice"),
        (
            ("nets.py:Two", "--shape", "x=2", "--shape", "2"),
            "--shape without a name must stand before those with one",
        ),
        (
            ("nets.py:Two", "--shape", "a b=2"),
            "--shape a b=2: must be sizes, or NAME=sizes, as in mask=2,8",
        ),
        (
            ("nets.py:Words", "--shape", "2,5", "--integers", "tokens=9"),
            "--integers tokens=9: there is no --shape tokens=…, which it is of",
        ),
        (
            ("nets.py:Two", *SHAPE, "--shape", "2", "--integers", "9"),
            "--integers 9: of which of the 2 inputs? --integers NAME=N",
        ),
        (
            ("nets.py:Words", "--shape", "2,5", "--integers", "many"),
            "--integers many: must be how many there are, N or NAME=N, as in tokens=1000",
        ),
        (
            ("nets.py:Words", "--input", "words.npz", "--integers", "9"),
            "--integers is of inputs that are drawn; an --input is taken as stored",
        ),
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
