"""Whole surveys of made-up libraries: each verdict is given where it is due, and only there."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from peers_made_up import adapter

from parity.peers.gathering import gather, question
from parity.peers.group_verdicts import PeerRow
from parity.peers.judged_cases import Truths
from parity.peers.libraries import Peer
from parity.peers.surveyed import rows, survey

TRUTHS = Truths()
FEW = ("conv2d", "max_pool2d", "avg_pool2d", "cross_entropy", "relu", "gelu", "maximum", "divide")
SIGNATURE = "def {name}(function, arrays, options):\n"


def surveyed(
    folder: Path, planted: str = "", functions: tuple[str, ...] = FEW, seconds: float = 60.0
) -> list[PeerRow]:
    """The rows of a library with something planted."""
    peer = Peer("made up", adapter(folder, planted))
    asked = question(functions, full=False, compiler=False)
    found = survey(gather(peer, sys.executable, asked, seconds=seconds), TRUTHS)
    return rows(found, "2026-11-30")


def of(found: list[PeerRow], function: str, group: str) -> PeerRow:
    """The row of a group."""
    return next(r for r in found if r.function == function and r.group == group)


def test_a_right_library_differs_nowhere(tmp_path: Path) -> None:
    """refimpl itself: within, identical, or a convention that is named."""
    found = surveyed(tmp_path)
    odd = [row for row in found if row.verdict in ("differs", "adapter")]
    assert odd == []
    assert {row.verdict for row in found} == {"within", "identical", "convention", "missing"}
    assert of(found, "max_pool2d", "ties: equal maxima").convention == (
        "the first maximum of a window gets dy"
    )
    assert {row.said for row in found if row.verdict == "missing"} == {"no padding by name"}
    assert of(found, "conv2d", "integers: 64 maps of 56×55, y").verdict == "identical"


TURNED = """
def forward(function, arrays, options):
    if function == "conv2d":
        arrays = {**arrays, "weight": arrays["weight"][..., ::-1, ::-1]}
    return _right_forward(function, arrays, options)
"""
LAST = """
def forward(function, arrays, options):
    y = _right_forward(function, arrays, options)
    return np.moveaxis(y, 1, -1) if function == "conv2d" else y
"""
READ_LAST = """
def forward(function, arrays, options):
    if function == "max_pool2d":
        N, C, H, W = arrays["x"].shape
        arrays = {"x": np.moveaxis(arrays["x"].reshape(N, H, W, C), -1, 1)}
    return _right_forward(function, arrays, options)
"""


@pytest.mark.parametrize(
    ("planted", "function", "said"),
    [
        (TURNED, "conv2d", "the kernel is turned by 180°"),
        (LAST, "conv2d", "the axes of y are mixed up: they are refimpl's (0, 2, 3, 1)"),
        (READ_LAST, "max_pool2d", "x is read as if its channels stood last"),
    ],
    ids=["flipped kernel", "NHWC comes out", "NHWC goes in"],
)
def test_a_wrong_adapter_is_ours(tmp_path: Path, planted: str, function: str, said: str) -> None:
    """It is recognised, and nothing is said of the library in that function."""
    found = surveyed(tmp_path, planted, (function, "relu"))
    own = [row for row in found if row.function == function]
    assert [(row.verdict, row.group, row.said) for row in own] == [("adapter", "self-test", said)]
    assert {row.verdict for row in found if row.function == "relu"} <= {
        *("within", "identical", "convention"),
    }


def test_of_other_wrong_numbers_nobody_knows_whose_they_are(tmp_path: Path) -> None:
    """A sum that forgets the bias, already in the tiny case: it differs, and that is said."""
    planted = """
def forward(function, arrays, options):
    if function == "conv2d":
        arrays = {n: a for n, a in arrays.items() if n != "bias"}
    return _right_forward(function, arrays, options)
"""
    found = surveyed(tmp_path, planted, ("conv2d",))
    row = of(found, "conv2d", "self-test")
    assert row.verdict == "differs"
    assert row.said.startswith("y is wrong in all ")
    assert row.said.endswith(" elements; the library or our adapter")
    assert of(found, "conv2d", "cases, float32").verdict == "differs"


COUNTING = """
def forward(function, arrays, options):
    if function == "avg_pool2d" and not options.get("divisor_override"):
        options = {**options, "count_include_pad": True}
    return _right_forward(function, arrays, options)
def backward(function, dy, arrays, options, wanted):
    if function == "avg_pool2d" and not options.get("divisor_override"):
        options = {**options, "count_include_pad": True}
    return _right_backward(function, dy, arrays, options, wanted)
"""
IN_FRONT = """
def front(arrays, options):
    if options.get("padding") != "same":
        return options
    sides = []
    stride, dilation = options["stride"], options["dilation"]
    stride = (stride,) * 2 if isinstance(stride, int) else stride
    dilation = (dilation,) * 2 if isinstance(dilation, int) else dilation
    for n, k, s, d in zip(arrays["x"].shape[2:], arrays["weight"].shape[2:], stride, dilation):
        total = max((-(-n // s) - 1) * s + d * (k - 1) + 1 - n, 0)
        sides.append((total - total // 2, total // 2))
    return {**options, "padding": tuple(sides)}
def forward(function, arrays, options):
    options = front(arrays, options) if function == "conv2d" else options
    return _right_forward(function, arrays, options)
def backward(function, dy, arrays, options, wanted):
    options = front(arrays, options) if function == "conv2d" else options
    return _right_backward(function, dy, arrays, options, wanted)
"""
TANH = """
def forward(function, arrays, options):
    if function == "gelu":
        options = {"approximate": "tanh"}
    return _right_forward(function, arrays, options)
def backward(function, dy, arrays, options, wanted):
    if function == "gelu":
        options = {"approximate": "tanh"}
    return _right_backward(function, dy, arrays, options, wanted)
"""


def test_conventions_are_recognised_in_cases(tmp_path: Path) -> None:
    """The exact answer to another problem, in value and gradients."""
    counted = surveyed(tmp_path, COUNTING, ("avg_pool2d",))
    row = of(counted, "avg_pool2d", "cases, float32")
    assert (row.verdict, row.convention) == ("convention", "padding is counted")
    row = of(
        counted, "avg_pool2d", "ceil_mode: the divisor of the last window, padding not counted"
    )
    assert row.convention == "padding is counted"
    front = surveyed(tmp_path, IN_FRONT, ("conv2d",))
    assert of(front, "conv2d", "same: stride 2").convention == "the odd zero stands in front"
    row = of(front, "conv2d", "cases, float32")
    assert (row.verdict, row.convention) == (
        "convention",
        "the odd zero of “same” stands in front",
    )


def test_a_wrong_number_differs(tmp_path: Path) -> None:
    """A bias gradient that is averaged: the smallest case, and what gives these numbers."""
    planted = """
def backward(function, dy, arrays, options, wanted):
    found = _right_backward(function, dy, arrays, options, wanted)
    if function == "conv2d" and arrays["x"].shape != (2, 3, 5, 6) and "dbias" in found:
        found["dbias"] = found["dbias"] / arrays["x"].shape[0]
    return found
"""
    row = of(surveyed(tmp_path, planted, ("conv2d",)), "conv2d", "cases, float32")
    assert row.verdict == "differs"
    assert row.held < row.answered
    assert "dbias is wrong in " in row.said
    assert row.said.endswith("looks like: dbias is 1/N of the right one")


def test_a_known_mistake_is_named(tmp_path: Path) -> None:
    """`=` for `+=` where windows overlap; the tiny case has none that do."""
    planted = """
def backward(function, dy, arrays, options, wanted):
    if function == "max_pool2d":
        from parity.mistakes.max_pooling import max_overlaps_overwritten
        return {"dx": max_overlaps_overwritten(dy, **arrays, **options)}
    return _right_backward(function, dy, arrays, options, wanted)
"""
    row = of(surveyed(tmp_path, planted, ("max_pool2d",)), "max_pool2d", "cases, float32")
    assert row.verdict == "differs"
    assert row.said.endswith(
        "looks like: an element that wins several windows keeps the last dy only (= for +=)"
    )


def test_a_slightly_wrong_number_differs(tmp_path: Path) -> None:
    """0.05 % in one element of y."""
    planted = """
def forward(function, arrays, options):
    y = np.array(_right_forward(function, arrays, options))
    if function == "relu" and y.size > 12:
        y.flat[np.argmax(np.abs(y))] *= 1.0005
    return y
"""
    row = of(surveyed(tmp_path, planted, ("relu",)), "relu", "cases, float32")
    assert (row.verdict, row.convention) == ("differs", "")


def test_a_gelu_by_tanh_is_a_convention(tmp_path: Path) -> None:
    """Whichever was asked."""
    found = surveyed(tmp_path, TANH, ("gelu",))
    row = of(found, "gelu", "cases, float32")
    assert (row.verdict, row.convention) == ("convention", "the approximation by tanh")
    assert of(found, "gelu", "defaults: approximate").convention == "approximate is 'tanh'"


def test_an_option_in_float32_is_a_convention(tmp_path: Path) -> None:
    """An ε of 1e-5 that passed through an attribute of float32."""
    planted = """
def forward(function, arrays, options):
    if function == "batch_norm":
        options = {**options, "eps": float(np.float32(options.get("eps", 1e-5)))}
    return _right_forward(function, arrays, options)
def backward(function, dy, arrays, options, wanted):
    if function == "batch_norm":
        options = {**options, "eps": float(np.float32(options.get("eps", 1e-5)))}
    return _right_backward(function, dy, arrays, options, wanted)
"""
    row = of(surveyed(tmp_path, planted, ("batch_norm",)), "batch_norm", "cases, float64")
    assert (row.verdict, row.convention) == ("convention", "eps is rounded to float32")


def test_float64_in_float32_differs(tmp_path: Path) -> None:
    """It is recognised from the digits."""
    planted = """
def answer(function, arrays, options, dy, wanted):
    wide = {n: a.astype(np.float32) if a.dtype == np.float64 else a for n, a in arrays.items()}
    found = _right_answer(function, wide, options, dy.astype(np.float32), wanted)
    return {n: a.astype(dy.dtype) for n, a in found.items()}
"""
    row = of(surveyed(tmp_path, planted, ("conv2d",)), "conv2d", "cases, float64")
    assert (row.verdict, row.convention) == ("differs", "float64 with the digits of float32")
    assert row.held < row.answered == row.cases


def test_sums_of_other_terms_are_named(tmp_path: Path) -> None:
    """A convolution by FFT: right beside the largest sum, and no integers come out exactly."""
    planted = """
def forward(function, arrays, options):
    y = np.array(_right_forward(function, arrays, options))
    if function == "conv2d":
        noise = np.cos(np.arange(y.size)).reshape(y.shape) * np.finfo(y.dtype).eps
        y = (y + noise * np.max(np.abs(y))).astype(y.dtype)
    return y
"""
    found = surveyed(tmp_path, planted, ("conv2d",))
    row = of(found, "conv2d", "cases, float32")
    assert row.verdict == "convention"
    assert row.convention.startswith("its sums add other terms, as Winograd and FFT do")
    assert of(found, "conv2d", "integers: 64 maps of 56×55, y").verdict == "differs"


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    """A function, an option, gradients; an error of the library by its text."""
    planted = """
def about():
    return {**_about(), "dtypes": ["float32"], "gradients": False}
def answer(function, arrays, options, dy, wanted):
    assert not wanted
    if function == "gelu":
        return {"missing": "no such function"}
    if function == "conv2d" and options.get("groups", 1) > 1:
        raise NotImplementedError("groups are not supported on the CPU")
    return _right_answer(function, arrays, options, dy, wanted)
""".replace("_about", "_right_about")
    planted = f"_right_about = about\n{planted}"
    found = surveyed(tmp_path, planted, ("conv2d", "gelu", "maximum"))
    assert {row.verdict for row in found if row.function == "gelu"} == {"missing"}
    assert of(found, "maximum", "ties: two equal numbers").said == "no gradients"
    row = of(found, "conv2d", "cases, float32")
    assert row.verdict == "within"
    assert row.answered < row.cases
    assert row.said == "raises NotImplementedError: groups are not supported on the CPU"
    assert not any("float64" in row.group for row in found)
