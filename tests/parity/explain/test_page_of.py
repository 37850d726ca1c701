"""Every name has a page, which fits 40, 60 and 80 columns."""

from __future__ import annotations

import re

import pytest

import refimpl
from parity.documents.ledger import ledger
from parity.explain.folding import columns
from parity.explain.ideas import IDEAS
from parity.explain.page_of import Look, contents, lines_of
from parity.explain.setting_up import has_example
from parity.explain.sizes_said import SizeError
from parity.mistakes.catalogue import EVERY

KINDS = {
    "functions": tuple(refimpl.__all__),
    "statements": tuple(ledger()),
    "mistakes": tuple(EVERY),
    "ideas": tuple(idea.name for idea in IDEAS),
}
WIDTHS = (40, 60, 80)


def too_wide(lines: list[str], width: int) -> list[str]:
    """The lines that a terminal would fold."""
    return [line for line in lines if columns(line) > width]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_page_fits(kind: str, width: int) -> None:
    """Plain text: no line is too wide, none has colours or LaTeX."""
    for name in KINDS[kind]:
        lines = lines_of([name], Look(width=width))
        assert lines, name
        assert too_wide(lines, width) == [], name
        text = "\n".join(lines)
        assert "\x1b" not in text, name
        assert not re.search(r"\\[a-z]{2}", text), name


@pytest.mark.parametrize("width", WIDTHS)
def test_every_formula_in_symbols_fits(width: int) -> None:
    for name in filter(has_example, refimpl.__all__):
        assert too_wide(lines_of([name], Look(width=width), symbols=True), width) == [], name


@pytest.mark.parametrize("width", WIDTHS)
def test_the_contents_fit(width: int) -> None:
    """And have every function and idea, a name longer than the line on two."""
    lines = contents(Look(width=width))
    assert too_wide(lines, width) == []
    text = "".join(line.strip() for line in lines)
    assert all(name in text for name in (*refimpl.__all__, *KINDS["ideas"]))


def test_a_wide_line_is_seen() -> None:
    """The tests above can fail; a Chinese character counts two."""
    assert too_wide(["步幅", "abc", "abcd"], 3) == ["步幅", "abcd"]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("conv2d", ["    + x[0,0,0,1]·weight[0,0,0,1] = (−1)·0 =  0", "= 26"]),
        ("conv2d_backward", ["4 paths lead back to x[0,0,1,1]", "weight[0,0,1,1] =       4·3"]),
        ("max_pool2d_backward", ["x[0,0,0,0] is the maximum of no window"]),
        ("relu", ["y[1] = 0", "because x[1] = −3 < 0"]),
        ("softmax", ["y[0] = e^(x[0] − x[2]) / (e^(x[0] − x[2]) + e^(x[1]", "≈ 0.0420101"]),
        ("D1.23", ["erratum: false as printed", "∘ φ'(Nₚ), maximum: upsample(Δ_q)ᵤᵥ = (Δ_q)ᵢⱼ"]),
        ("dx-kernel-not-turned", ["dx[0,0,0,0] = dy[0,0,0,0]·weight[0,0,1,1] = 4·3 = 12"]),
        ("lenet", [">>> ", "refimpl/architectures.py"]),
        ("SOBEL_X", ["−1   0   1"]),
        ("transposed-convolution", ["conv_transpose2d(dy, weight)"]),
    ],
)  # fmt: skip
def test_what_a_page_says(name: str, lines: list[str]) -> None:
    text = "\n".join(lines_of([name], Look(width=80)))
    assert [line for line in lines if line not in text] == []


@pytest.mark.parametrize(
    ("name", "size", "at", "said"),
    [
        ("conv2d", "3x3 kernel 5x5", "", "conv2d: the window spans 5 along H, but the padded input "
         "has only 3 (3 and 0 of padding)"),
        ("conv2d", "4x4 kernel", "", "--size: kernel needs a value behind it"),
        ("conv2d", "4x4 stirde 2", "", "--size: 'stirde' is no size and no name, did you mean"),
        ("conv2d", "stride 2 stride 3", "", "--size: stride stands twice"),
        ("conv2d", "99x99", "", "--size: x would have 9801 elements, but a drawing has at"),
        ("conv2d", "4x4x4", "", "--size: the input has 2 axes, as in 4x4, but 4x4x4 was given"),
        ("conv2d", "groups 2", "", "--size: 2 groups cannot share 1 channels; give channels, too"),
        ("conv2d", "channels two", "", "--size: channels must be a whole number of at"),
        ("conv2d", "batch 0", "", "--size: batch must be a whole number of at least 1, but is 0"),
        ("conv2d", "kernel big", "", "--size: kernel must be 3x3 or the like, but is big"),
        ("max_pool2d", "3 padding 2", "", "max_pool2d: padding must be at most half of"),
        ("max_pool2d", "values odd", "", "--size: values must be one of different, equal"),
        ("conv2d", "", "5,0,0,0", "--at: y[5,0,0,0] is not there: y is (1, 1, 2, 2), its last "
         "place y[0,0,1,1]"),
        ("conv2d", "", "dq[0]", "--at: there is no dq, but y"),
        ("conv2d", "", "here", "--at must be a place like 0,0,1,1 or dx[0,0,1,1], but is 'here'"),
        ("lenet", "3x3", "", "lenet has no example of arrays, so it takes no --size"),
        ("D1.23", "3x3", "", "D1.23 is no function, so it takes no --size"),
        ("linear", "2x2", "", "--size: the input of a dense layer has one size"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_said(name: str, size: str, at: str, said: str) -> None:
    """In one sentence, refimpl's own where it has one."""
    with pytest.raises((SizeError, ValueError)) as caught:
        lines_of([name], Look(), size, at=at)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ("5x5 kernel 3x3 stride 2", "stride=2"),
        ("5×5 kernel=3 padding=same", "padding=same"),
        ("4x4 kernel 2x3, stride 1x2", "stride=1×2"),
        ("4 kernel 2 channels 2 outputs 2 groups 2 batch 2", "x 2×2×4×4"),
    ],
)
def test_sizes(size: str, text: str) -> None:
    assert text in "\n".join(lines_of(["conv2d"], Look(), size))


@pytest.mark.parametrize(
    ("name", "size", "text"),
    [
        ("cross_entropy", "2x3 weights yes", "(1 + 2)\n    ≈ 3.16985"),
        ("cross_entropy", "2x3 weights no", "target   y"),
        ("batch_norm", "2x2 training no", "1·((4 − 1) / √(5 + 1))"),
        ("batch_norm", "2x2x3", "sizes x 2×2×3, weight 2; training=True"),
        ("gelu", "5 approximate tanh", "0.044715·2³"),
        ("adam_step", "", "betas=(0.5, 0.9375), eps=0"),
    ],
)
def test_options_change_an_example(name: str, size: str, text: str) -> None:
    """What is computed follows them."""
    assert text in "\n".join(lines_of([name], Look(width=200), size))


def test_a_formula_keeps_its_lines() -> None:
    """A sentence goes on in its line, an option's formula begins one."""
    said = "\n".join(lines_of(["batch_norm"], Look(width=200)))
    assert "over all samples and places, K of them" in said
    said = "\n".join(lines_of(["local_response_norm"], Look(width=200)))
    assert "AlexNet's paper does not divide: its n = 5, α = 10⁻⁴" in said
    assert "\n  weight w: l_n = " in "\n".join(lines_of(["cross_entropy"], Look()))


def test_a_window_is_marked() -> None:
    """In brackets; in colours, too, where they are wanted."""
    plain, coloured = (lines_of(["conv2d"], Look(colour=colour)) for colour in (False, True))
    assert "[ 3][−1][ 2]  0" in "\n".join(plain)
    assert "\x1b[1;33m[ 3]\x1b[0m" in "\n".join(coloured)
    assert re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(coloured)) == "\n".join(plain)


def test_sizes_and_values_are_told_apart() -> None:
    """Sizes behind their word, options with =, a number by words."""
    (line,) = (li for li in lines_of(["squared_error_backward"], Look()) if li.startswith("Exam"))
    assert line == "Example: sizes output 3, target 3; dy one number"
    (line,) = (li for li in lines_of(["cross_entropy"], Look(), "2x3 reduction none")
               if li.startswith("Exam"))  # fmt: skip
    assert line == "Example: sizes logits 2×3, target 2; reduction=none"
    (line,) = (li for li in lines_of(["relu_backward"], Look("zh")) if li.startswith("例子"))
    assert line == "例子：大小 dy 5, x 5"


@pytest.mark.parametrize(
    ("look", "words", "hint"),
    [
        (Look(), ["步幅"], "中文: parity explain 步幅 --lang zh"),
        (Look("zh"), ["步幅"], "In English: parity explain 步幅 --lang en"),
        (Look(both=True), ["stride"], "中文: parity explain stride --lang zh"),
    ],
)
def test_the_other_language_is_named(look: Look, words: list[str], hint: str) -> None:
    """Behind a Chinese question, and where the terminal is Chinese; nowhere else."""
    assert lines_of(words, look)[-1] == hint
    assert "--lang" not in "\n".join(lines_of(["stride"], Look()))


def test_words_that_no_page_has_are_named() -> None:
    lines = lines_of(["learning", "rate", "schedule"], Look())
    assert "No page has schedule." in lines
    assert "No page has" not in "\n".join(lines_of(["learning", "rate"], Look()))
