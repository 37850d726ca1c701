"""Layers out of files: what they become, and what is refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from parity.cases.case import Case, Classes, Draw, Probabilities, case_arrays
from parity.cases.functions import FUNCTIONS
from parity.own_data.errors import OwnDataError
from parity.own_data.layers import read_layers
from parity.suite.own_layers import OwnLayer

ROOT = Path(__file__).parents[3]
SHAPES = ROOT / "examples" / "shapes"


def layers(folder: Path, text: str, name: str = "mine.csv") -> list[OwnLayer]:
    """What is read of such a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_layers(path)


def only(folder: Path, text: str, name: str = "mine.csv") -> OwnLayer:
    (layer,) = layers(folder, text, name)
    return layer


# --- what they become ---------------------------------------------------------------------


@pytest.mark.parametrize("file", ["lenet.csv", "resnet18.toml"])
def test_the_y_that_is_said_is_the_y_that_comes(file: str) -> None:
    """Of the smaller layers: what refimpl gives of the numbers that are drawn."""
    small = [layer for layer in read_layers(SHAPES / file) if layer.products < 3e6]
    assert len(small) > 3
    for layer in small:
        arrays = case_arrays(layer.case, "float32", 1)
        assert FUNCTIONS[layer.case.function].forward(arrays, layer.case.options).shape == layer.y


def test_sizes_follow_from_the_layers_above() -> None:
    """LeNet's: only the first x is written."""
    found = {layer.case.name: layer for layer in read_layers(SHAPES / "lenet.csv")}
    assert found["C3"].shapes == {"x": (2, 6, 14, 14), "weight": (16, 6, 5, 5), "bias": (16,)}
    assert found["F5"].shapes == {"x": (2, 400), "weight": (120, 400), "bias": (120,)}
    assert found["loss"].shapes == {"logits": (2, 10), "target": (2,)}
    assert found["line 3"].case.function == "tanh"


@pytest.mark.parametrize("x", ["2x6x5x7", "2×6×5×7", '"(2, 6, 5, 7)"', '"2,6,5,7"', "2 6 5 7"])
def test_shapes_are_written_in_many_ways(tmp_path: Path, x: str) -> None:
    """Options, too."""
    layer = only(tmp_path, f'function,x,weight,stride,groups\nconv,{x},"4, 3, 3, 2",2x1,2\n')
    assert layer.shapes == {"x": (2, 6, 5, 7), "weight": (4, 3, 3, 2)}
    assert (layer.case.options, layer.y) == ({"stride": (2, 1), "groups": 2}, (2, 4, 2, 6))


def test_a_weight_by_its_outputs(tmp_path: Path) -> None:
    """Channels of a group; a kernel with a size for each axis."""
    text = "function,x,out_channels,kernel_size,groups,bias\nconv2d,2x6x5x7,4,3x2,2,true\n"
    assert only(tmp_path, text).shapes == {"x": (2, 6, 5, 7), "weight": (4, 3, 3, 2), "bias": (4,)}
    text = text.replace("conv2d", "conv_transpose2d")
    assert only(tmp_path, text).shapes == {"x": (2, 6, 5, 7), "weight": (6, 2, 3, 2), "bias": (4,)}
    text = "function,x,kernel_size\nweighted_pool2d,2x3x4x6,2\n"
    assert only(tmp_path, text).shapes["weight"] == (3, 2, 2)
    text = "function,x,out_channels,kernel_size\nconv1d,2x3x7,5,4\n"
    assert only(tmp_path, text).shapes["weight"] == (5, 3, 4)


def test_semicolons_tabs_comments_and_blank_lines(tmp_path: Path) -> None:
    """As other programs write tables; a line keeps its number."""
    text = "\ufeff# mine\nfunction;x\n\n;\nrelu;2x3\n"
    assert only(tmp_path, text).case == Case("relu", "line 5", {"x": Draw((2, 3))})
    assert only(tmp_path, "function\tx\nrelu\t2x3\n").y == (2, 3)


def test_toml(tmp_path: Path) -> None:
    """The same, in its own types."""
    text = """
    [[layer]]
    function = "nn.Conv1d"
    x = [2, 3, 9]
    out_channels = 4
    kernel_size = 2
    padding = [[1, 2]]
    stride = [2]
    bias = true

    [[layer]]
    name = "pool"
    function = "max_pool1d"
    kernel_size = 2
    ceil_mode = true
    """
    conv, pool = layers(tmp_path, text, "mine.toml")
    assert (conv.case.name, conv.case.options) == (
        "layer 1", {"stride": (2,), "padding": ((1, 2),)}
    )  # fmt: skip
    assert (conv.y, pool.y) == ((2, 4, 6), (2, 4, 3))
    assert pool.case.options == {"kernel_size": 2, "ceil_mode": True}


@pytest.mark.parametrize(
    ("text", "arrays"),
    [
        ("cross_entropy,3x5x2,", {"logits": Draw((3, 5, 2)), "target": Classes((3, 2), 5)}),
        ("cross_entropy,3x5,3x5", {"logits": Draw((3, 5)), "target": Probabilities((3, 5))}),
        ("bce,3x1,", {"logits": Draw((3, 1)), "target": Draw((3, 1), "certainty")}),
        ("mse,3x4,", {"output": Draw((3, 4)), "target": Draw((3, 4))}),
        ("perceptron_loss,3x4,", {"score": Draw((3, 4)), "target": Draw((3, 4), "labels")}),
    ],
)
def test_losses(tmp_path: Path, text: str, arrays: dict[str, object]) -> None:
    """Targets are drawn as the function needs them."""
    assert dict(only(tmp_path, f"function,x,target\n{text}\n").case.arrays) == arrays


def test_other_arguments(tmp_path: Path) -> None:
    """A mask and a branch are as large as x; maps that are joined are given."""
    found = layers(
        tmp_path,
        "function,x,b,kernel,mode\ndropout,2x3x4,,,\nadd,,,,\nconcatenate,2x3x4,2x5x4,,\n"
        "convolve2d,7x5,,3x2,valid\n",
    )
    drop, add, join, convolution = found
    assert drop.case.arrays["mask"] == Draw((2, 3, 4), "mask")
    assert add.shapes == {"x": (2, 3, 4), "other": (2, 3, 4)}
    assert join.y == (2, 8, 4)
    assert convolution.y == (5, 4)


def test_what_is_large(tmp_path: Path) -> None:
    """A convolution of VGG's has more numbers than exact values are asked of."""
    text = "function,x,out_channels,kernel_size,padding\nconv2d,2x64x224x220,64,3,1\n"
    assert only(tmp_path, text).large
    assert not any(layer.large for layer in read_layers(SHAPES / "resnet18.toml"))


# --- what is refused ----------------------------------------------------------------------

HEAD = "function,x,weight,out_channels,kernel_size,groups,stride,bias,name"


def row(**cells: str) -> str:
    return ",".join(cells.get(column, "") for column in HEAD.split(","))


CONV = {"function": "conv2d", "x": "2x3x8x9", "out_channels": "4", "kernel_size": "3"}
REFUSED = {
    "": "lists no layers; a first line",
    HEAD: "lists no layers; a first line",
    "x,stride\n2x3,1": "line 1: has no column `function`, but x, stride; ",
    "function,x,x\nrelu,2x3,2x3": "line 1: the column 'x' is there 2 times",
    "function,x,name\nrelu,2x3": "line 2: has 2 cells, but the columns are 3",
    "function,x\nrelu,2,3": 'line 2: has 3 cells, but the columns are 2; commas within a cell',
    'function,x\nrelu,"2x3': "line 2: cannot be read as CSV: unexpected end of data; is a quote",
    "function,x\n,2x3": "line 2: function is missing",
    "function,x\nrleu,2x3": "line 2: no function is called 'rleu'; did you mean relu or prelu",
    "function,x\ninstancenorm,2x3": "line 2: no function is called 'instancenorm': refimpl has",
    "function,x\npooling,2x3": "line 2: 'pooling' may be max_pool1d, ",
    "function,x\nrelu,2x0": "line 2: x '2x0': must be sizes from 1 on, as 2x3x224x224",
    "function,x\nrelu,two": "line 2: x 'two': must be sizes",
    "function,x\nrelu,": "line 2: x is missing, and there is no layer above",
    "function,x\nmse,2x3\nrelu,": "line 3: x is missing, and mse_loss[line 2] above gives one",
    "function,x,axis,sizes\nsplit,2x6,1,3\nrelu,,,": (
        "line 3: x is missing, and split[line 2] above gives several arrays; say its size"
    ),
    "function,x,strid\nconv2d,2x3x8x9,2": "line 2: conv2d has no 'strid'; did you mean stride?",
    "function,x,kernel_size\nrelu,2x3,2": "line 2: relu has no 'kernel_size'; it has x",
    "function,x,logits\nsoftmax_loss,2x3,2x3": "line 2: x and logits are the same here",
    "function,x\nmaxpool,2x3x8x9": "line 2: max_pool2d needs kernel_size",
    "function,x\nconv2d,2x3x8x9": "line 2: out_channels and kernel_size missing, or weight",
    "function,x\ncorrelate2d,8x9": "line 2: kernel is missing: correlate2d takes a, kernel, mode",
    "function,x\nrelu,70000x70000": "line 2: relu of 4900000000 numbers; at most 200000000",
    "function,x,name\nrelu,2x3,a'b": 'line 2: the name "a\'b" has a character that cannot stand',
    "function,x,name\nrelu,2x3,a\ntanh,2x3,a": "line 3: is called 'a', as mine.csv, line 2 is; ",
    f"{HEAD}\n{row(**CONV, weight='4x3x3x3')}": (
        "line 2: weight and out_channels are both given: 4x3x3x3 and 4; leave one out"
    ),
    f"{HEAD}\n{row(function='conv2d', x='2x3x8x9', weight='4x2x3x3')}": (
        "line 2: conv2d: x has 3 channels, but "
    ),
    f"{HEAD}\n{row(**CONV, groups='2')}": "line 2: x has 3 channels, which 2 groups do not divide",
    f"{HEAD}\n{row(**{**CONV, 'function': 'conv_transpose2d', 'x': '2x9x8x7'}, groups='3')}": (
        "line 2: out_channels is 4, which 3 groups do not divide"
    ),
    f"{HEAD}\n{row(**CONV, stride='2;1')}": "line 2: stride '2;1': must be a whole number, or one",
    f"{HEAD}\n{row(**CONV, stride='0')}": "line 2: conv2d: stride must be at least 1, but is 0",
    f"{HEAD}\n{row(**CONV, bias='yes')}": "line 2: bias 'yes': must be true, false, or a size",
    f"{HEAD}\n{row(**CONV, bias='5')}": "line 2: conv2d: bias must ",
    f"{HEAD}\n{row(**{**CONV, 'x': '3x8x9'})}": "line 2: conv2d: x must ",
    f"{HEAD}\n{row(**{**CONV, 'kernel_size': '30'})}": "line 2: conv2d: ",
    f"{HEAD}\n{row(**{**CONV, 'out_channels': '4.0'})}": "line 2: out_channels '4.0': must be a",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_one_sentence(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where, what, both values."""
    monkeypatch.chdir(tmp_path)
    Path("mine.csv").write_text(text, encoding="utf-8")
    with pytest.raises(OwnDataError) as raised:
        read_layers(Path("mine.csv"))
    said = str(raised.value).removeprefix("mine.csv")
    assert said.lstrip(":, ").startswith(REFUSED[text]), said
    assert "\n" not in said


REFUSED_TOML = {
    "[[layer]": "cannot be read as TOML: ",
    "stride = 2": "has 'stride' outside a layer",
    "layer = 2": "layer is no list of tables",
    "": "lists no layers; the lines [[layer]]",
    '[[layer]]\nfunction = "relu"\nx = [2, true]': "layer 1 (line 1): x '2,true': must be sizes",
    '[[layer]]\nfunction = "relu"\nx = {a = 1}': "layer 1 (line 1): x is a table",
    '[[layer]]\nfunction = "relu"\nx = [3]\n\n[[layer]]\nx = [2]': "layer 2 (line 5): function is",
    'layer = [{function = "rleu", x = [2]}]': "layer 1: no function is called 'rleu'",
}


@pytest.mark.parametrize("text", REFUSED_TOML)
def test_one_sentence_of_toml(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which layer, and the line in which it begins."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(OwnDataError) as raised:
        read_layers(Path("mine.toml"))
    said = str(raised.value).removeprefix("mine.toml")
    assert said.lstrip(":, ").startswith(REFUSED_TOML[text]), said


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.csv", None, "there is no such file"),
        ("mine.xlsx", b"", "is neither .csv nor .toml"),
        ("mine.csv", b"\xff\xfe\x00", "is no text in UTF-8"),
        ("mine.csv", b"function,x\n" * 100_000, "has 1100000 bytes, at most 1048576 are read"),
        ("folder.csv", "folder", "is a folder; a file is needed"),
    ],
)
def test_other_files(tmp_path: Path, name: str, content: bytes | str | None, said: str) -> None:
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        path.mkdir()
    with pytest.raises(OwnDataError) as raised:
        read_layers(path)
    assert str(raised.value).startswith(f"{path}: {said}")
