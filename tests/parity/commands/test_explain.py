"""`parity explain`: what it says, in which width, and how it ends."""

from __future__ import annotations

import sys

import pytest
from calling import Call

from parity.commands.explain import in_colours


@pytest.fixture(autouse=True)
def _eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_function(call: Call) -> None:
    """Its call, formula, source, example and steps; exit code 0, plain text."""
    code, out, err = call("explain", "conv2d")
    assert (code, err) == (0, "")
    assert out.startswith("conv2d(x, weight, bias=None, stride=1")
    for said in (
        "Formula",
        "Source",
        "D2.23 (holds)",
        "Example: sizes x",
        "= 26",
        "Further",
    ):
        assert said in out
    assert "\x1b" not in out


def test_options(call: Call) -> None:
    """Sizes, one element, symbols, the width, Chinese."""
    _, out, _ = call("explain", "conv2d", "--size", "5x5 kernel 2 stride 2", "--at", "0,0,1,1")
    assert "stride=2" in out
    assert "y[0,0,1,1] =" in out
    _, out, _ = call("explain", "linear", "--symbols", "--width", 60)
    assert "y₁₁ = x₁₁·weight₁₁ + x₁₂·weight₁₂ + x₁₃·weight₁₃ + bias₁" in " ".join(out.split())
    assert max(map(len, out.splitlines())) <= 60
    _, out, _ = call("explain", "步幅", "--lang", "zh")
    assert out.startswith("步幅：窗口每次移动多远")


def test_a_question(call: Call) -> None:
    """Several words are one question; other pages are named below."""
    code, out, _ = call("explain", "why", "is", "the", "kernel", "turned")
    assert code == 0
    assert out.startswith("why the kernel is turned by 180°")
    assert "parity explain dx-kernel-not-turned" in out


def test_without_a_name(call: Call) -> None:
    """What there is."""
    code, out, _ = call("explain")
    assert code == 0
    assert "transposed-convolution" in out
    assert "max_pool2d_backward" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sofmax",), "parity: nothing is called 'sofmax'; did you mean softmax"),
        (("conv2d", "--size", "3x3 kernel 5x5"), "parity: conv2d: the window spans 5 along H"),
        (("conv2d", "--at", "9,9,9,9"), "parity: --at: y[9,9,9,9] is not there"),
        (("conv2d", "--lang", "de"), "parity: --lang must be en or zh, but is 'de'"),
        (("conv2d", "--width", "20"), "parity: --width must be at least 40, but is 20"),
    ],
)
def test_a_wrong_call(call: Call, arguments: tuple[str, ...], said: str) -> None:
    """One sentence, exit code 2."""
    code, out, err = call("explain", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith(said)
    assert err.count("\n") == 1


@pytest.mark.parametrize("question", ["spectral norm", "how do lstms work", "谱归一化"])
def test_what_refimpl_has_not(call: Call, question: str) -> None:
    """One sentence, exit code 2, and no page."""
    code, out, err = call("explain", *question.split())
    assert (code, out) == (2, "")
    assert err.startswith(f"parity: nothing answers {question!r}: ")
    assert err.count("\n") == 1


def test_a_chinese_terminal(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """LANG says that the other language may be wanted; LC_ALL goes before it."""
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    hint = "中文: parity explain stride --lang zh\n"
    assert call("explain", "stride")[1].endswith(hint)
    assert "parity explain --lang zh" in call("explain")[1]
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    assert hint not in call("explain", "stride")[1]


def test_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal, unless NO_COLOR says otherwise."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert not in_colours()
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert in_colours()
    monkeypatch.setenv("NO_COLOR", "1")
    assert not in_colours()
